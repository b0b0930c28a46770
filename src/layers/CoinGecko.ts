/**
 * CoinGecko over HTTP. `layer` asks the server of the settings through the shared call log; the others differ in one part each:
 * who answers, and whether anything is written to disk.
 */
import { Effect, Layer } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { CoinGecko, type MarketRow, type Rejected } from "../services/CoinGecko.ts"
import type { NoCallLog } from "../services/CoinGeckoError.ts"
import { Settings } from "../services/Settings.ts"
import * as CallLog from "./coingecko/CallLog.ts"
import * as CallLogFile from "./coingecko/CallLogFile.ts"
import * as Client from "./coingecko/Client.ts"
import * as endpoints from "./coingecko/endpoints.ts"
import * as RawStore from "./coingecko/RawStore.ts"

export * as CoinGeckoTest from "./coingecko/CoinGeckoTest.ts"
export { httpMock } from "./coingecko/httpMock.ts"

/** The service on top of any HTTP client, call log and raw store. */
export const layerParts: Layer.Layer<CoinGecko, never, Settings | HttpClient.HttpClient | CallLog.CallLog | RawStore.RawStore> = Layer
  .effect(
    CoinGecko,
    Effect.gen(function*() {
      const settings = yield* Settings
      const { call } = yield* Client.make

      const ping = Effect.map(call(endpoints.ping, {}), ({ gecko_says }) => gecko_says).pipe(Effect.withSpan("CoinGecko.ping"))

      const coinList = Effect.fn("CoinGecko.coinList")(function*(options: { readonly includePlatform?: boolean } = {}) {
        return yield* call(endpoints.coinList, { includePlatform: options.includePlatform ?? false })
      })

      const markets: CoinGecko["Service"]["markets"] = Effect.fn("CoinGecko.markets")(function*(options = {}) {
        const { ids, priceChange = [], sparkline = false, top = settings.top } = options
        const rows = new Map<string, MarketRow>()
        const rejected: Array<Rejected> = []
        for (const page of ids === undefined ? pagesOf(top) : chunksOf(ids)) {
          const answer = yield* call(endpoints.markets, { ...page, priceChange, sparkline })
          // Ranks move between two pages, so a coin may be on both.
          for (const row of answer.rows) if (!rows.has(row.id)) rows.set(row.id, row)
          rejected.push(...answer.rejected)
          if (ids === undefined && answer.rows.length + answer.rejected.length < page.perPage) break
        }
        const all = Array.from(rows.values())
        return { rows: ids === undefined ? all.slice(0, top) : all, rejected }
      })

      const marketChart = Effect.fn("CoinGecko.marketChart")(function*(asked: { readonly coin: string; readonly days: number }) {
        return yield* call(endpoints.marketChart, asked)
      })

      const marketChartRange = Effect.fn("CoinGecko.marketChartRange")(
        function*(asked: { readonly coin: string; readonly from: number; readonly to: number }) {
          return yield* call(endpoints.marketChartRange, asked)
        }
      )

      return CoinGecko.of({ ping, coinList, markets, marketChart, marketChartRange })
    })
  )

/** The real thing, also for a server of one's own that speaks CoinGecko's API. */
export const layer: Layer.Layer<CoinGecko, NoCallLog, Settings> = Layer.suspend(() =>
  layerParts.pipe(Layer.provide([client, CallLogFile.layer, RawStore.layer]))
)

/** Answered by a function of this process. The limit is then shared with nobody, so the call log stays in memory. */
export const layerFetch = (fetch: typeof globalThis.fetch): Layer.Layer<CoinGecko, never, Settings> =>
  layerParts.pipe(
    Layer.provide([client.pipe(Layer.provideMerge(Layer.succeed(FetchHttpClient.Fetch, fetch))), CallLog.layerMemory, RawStore.layer])
  )

/** Answered by any HTTP client, `httpMock` for one, with nothing written to disk: for tests. */
export const layerClient: Layer.Layer<CoinGecko, never, Settings | HttpClient.HttpClient> = Layer.suspend(() =>
  layerParts.pipe(Layer.provide([CallLog.layerMemory, RawStore.layerNone]))
)

// helpers

/** Redirects come back as they are, and are then refused. */
const client = FetchHttpClient.layer.pipe(Layer.provideMerge(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" })))

const pagesOf = (top: number) => {
  const perPage = Math.min(endpoints.marketsPage, Math.max(1, top))
  return Array.from({ length: Math.ceil(Math.max(0, top) / perPage) }, (_, index) => ({ ids: [], perPage, page: index + 1 }))
}

/** A URL of several thousand characters is refused by some servers on the way. */
const longestIds = 3000

const chunksOf = (ids: ReadonlyArray<string>) => {
  const chunks: Array<Array<string>> = []
  let length = 0
  for (const id of new Set(ids)) {
    const chunk = chunks.at(-1)
    if (chunk === undefined || chunk.length === endpoints.marketsPage || length + id.length + 1 > longestIds) {
      chunks.push([id])
      length = id.length
    } else {
      chunk.push(id)
      length += id.length + 1
    }
  }
  return chunks.map((chunk) => ({ ids: chunk, perPage: endpoints.marketsPage, page: 1 }))
}
