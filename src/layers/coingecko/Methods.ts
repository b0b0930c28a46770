/** The methods of the service, each made of calls to its endpoint: pages, batches, and what CoinGecko leaves out without a word. */
import { Clock, Effect, Layer } from "effect"
import type { HttpClient } from "effect/http"
import {
  CoinGecko,
  CoinGeckoError,
  type DayFigures,
  type Exchange,
  type HistoryAnswer,
  type MarketRow,
  type Quote,
  type Quotes,
  type Rejected
} from "../../services/CoinGecko.ts"
import { Unauthorized } from "../../services/CoinGeckoError.ts"
import { Settings } from "../../services/Settings.ts"
import type * as CallLog from "./CallLog.ts"
import * as Client from "./Client.ts"
import * as endpoints from "./endpoints.ts"
import type * as RawStore from "./RawStore.ts"

/** The service on top of any HTTP client, call log and raw store. */
export const layer: Layer.Layer<CoinGecko, never, Settings | HttpClient.HttpClient | CallLog.CallLog | RawStore.RawStore> = Layer
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
        for (const page of ids === undefined ? pagesOf(top).map((_) => ({ ids: [], ..._ })) : chunksOf(ids).map(whole)) {
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
        return yield* call(endpoints.marketChart, { ...asked, interval: "daily" }).pipe(
          Effect.catchIf(refusesInterval, () => automatic(asked))
        )
      })

      /** A span of more than 90 days is daily by itself. */
      const automatic = Effect.fnUntraced(function*({ coin, days }: { readonly coin: string; readonly days: number }) {
        const { days: found, points, rejected } = yield* call(endpoints.marketChart, {
          coin,
          days: Math.max(days, shortestDaily),
          interval: "automatic"
        })
        const from = (yield* Clock.currentTimeMillis) - days * 86_400_000
        return { points: points.filter((_) => _.time > from), days: found.filter((_) => _.time > from), rejected }
      })

      const marketChartRange = Effect.fn("CoinGecko.marketChartRange")(
        function*(asked: { readonly coin: string; readonly from: number; readonly to: number }) {
          return yield* call(endpoints.marketChartRange, asked)
        }
      )

      const coin = Effect.fn("CoinGecko.coin")(function*(asked: { readonly coin: string }) {
        return yield* call(endpoints.coin, asked)
      })

      const ohlc: CoinGecko["Service"]["ohlc"] = Effect.fn("CoinGecko.ohlc")(function*({ coin, days, interval }) {
        return yield* call(endpoints.ohlc, { coin, days, interval })
      })

      const history: CoinGecko["Service"]["history"] = Effect.fn("CoinGecko.history")(function*(asked) {
        const { id, market_data, name, symbol } = yield* call(endpoints.history, asked)
        return { coin: id, symbol, name, day: asked.day, figures: figuresIn(settings.currency, market_data ?? undefined) }
      })

      const simplePrice: CoinGecko["Service"]["simplePrice"] = Effect.fn("CoinGecko.simplePrice")(function*({ coins, currencies }) {
        const wanted = [...new Set(coins)]
        const codes = [...new Set(currencies ?? [settings.currency])]
        const found = new Map<string, Readonly<Record<string, number | null>>>()
        for (const ids of chunksOf(wanted)) {
          const answer = yield* call(endpoints.simplePrice, { ids, currencies: codes })
          // an id with a comma in it is two to CoinGecko: what nobody asked for is not taken
          for (const id of ids) {
            const prices = Object.hasOwn(answer, id) ? answer[id] : undefined
            if (prices !== undefined) found.set(id, prices)
          }
        }
        return quotesOf(wanted, codes, found)
      })

      const supportedCurrencies = call(endpoints.supportedCurrencies, {}).pipe(Effect.withSpan("CoinGecko.supportedCurrencies"))

      const global = call(endpoints.global, {}).pipe(Effect.withSpan("CoinGecko.global"))

      const trending = call(endpoints.trending, {}).pipe(Effect.withSpan("CoinGecko.trending"))

      const categories: CoinGecko["Service"]["categories"] = Effect.fn("CoinGecko.categories")(
        function*({ order = "market_cap_desc" } = {}) {
          return yield* call(endpoints.categories, { order })
        }
      )

      const exchanges: CoinGecko["Service"]["exchanges"] = Effect.fn("CoinGecko.exchanges")(function*({ top = 100 } = {}) {
        const rows = new Map<string, Exchange>()
        const rejected: Array<Rejected> = []
        for (const page of pagesOf(top)) {
          const answer = yield* call(endpoints.exchanges, page)
          for (const row of answer.rows) if (!rows.has(row.id)) rows.set(row.id, row)
          rejected.push(...answer.rejected)
          if (answer.rows.length + answer.rejected.length < page.perPage) break
        }
        return { rows: [...rows.values()].slice(0, top), rejected }
      })

      const keyUsage = Effect.suspend(() =>
        settings.plan === "pro"
          ? call(endpoints.keyUsage, {})
          : new CoinGeckoError({ request: "GET /key", attempts: 0, reason: new Unauthorized({ code: 10005, detail: paidOnly }) })
      ).pipe(Effect.withSpan("CoinGecko.keyUsage"))

      return CoinGecko.of({
        ping,
        coinList,
        markets,
        marketChart,
        marketChartRange,
        coin,
        ohlc,
        history,
        simplePrice,
        supportedCurrencies,
        global,
        trending,
        categories,
        exchanges,
        keyUsage
      })
    })
  )

// helpers

const paidOnly = "the usage of a key is told on paid plans only"

/** Days from which on a chart is daily without being asked to be. */
const shortestDaily = 91

/** Some plan, some day, took no `interval`. */
const refusesInterval = ({ reason }: CoinGeckoError): boolean =>
  (reason._tag === "Unauthorized" && reason.code === 10005) || (reason._tag === "BadRequest" && /interval/i.test(reason.detail))

const pagesOf = (top: number) => {
  const perPage = Math.min(endpoints.largestPage, Math.max(1, top))
  return Array.from({ length: Math.ceil(Math.max(0, top) / perPage) }, (_, index) => ({ perPage, page: index + 1 }))
}

const whole = (ids: ReadonlyArray<string>) => ({ ids, perPage: endpoints.largestPage, page: 1 })

/** A URL of several thousand characters is refused by some servers on the way. */
const longestIds = 3000

const chunksOf = (ids: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const chunks: Array<Array<string>> = []
  let length = 0
  for (const id of new Set(ids)) {
    const chunk = chunks.at(-1)
    if (chunk === undefined || chunk.length === endpoints.largestPage || length + id.length + 1 > longestIds) {
      chunks.push([id])
      length = id.length
    } else {
      chunk.push(id)
      length += id.length + 1
    }
  }
  return chunks
}

/** A day of which one figure is known has figures; one of which none is has none. */
const figuresIn = (currency: string, data: HistoryAnswer["market_data"]): DayFigures | undefined => {
  if (data === undefined || data === null) return undefined
  const { current_price, market_cap, total_volume } = data
  const of = (amounts: Readonly<Record<string, number | null>>) => (Object.hasOwn(amounts, currency) ? amounts[currency] ?? null : null)
  const figures = { price: of(current_price), marketCap: of(market_cap), totalVolume: of(total_volume) }
  return figures.price === null && figures.marketCap === null && figures.totalVolume === null ? undefined : figures
}

const quotesOf = (
  coins: ReadonlyArray<string>,
  currencies: ReadonlyArray<string>,
  found: ReadonlyMap<string, Readonly<Record<string, number | null>>>
): Quotes => {
  const quotes: Array<Quote> = []
  const pairs: Array<{ readonly coin: string; readonly currency: string }> = []
  for (const [coin, amounts] of found) {
    const of = (field: string) => (Object.hasOwn(amounts, field) ? amounts[field] ?? null : null)
    const seconds = of("last_updated_at")
    for (const currency of currencies) {
      if (!Object.hasOwn(amounts, currency)) pairs.push({ coin, currency })
      else {
        quotes.push({
          coin,
          currency,
          price: of(currency),
          marketCap: of(`${currency}_market_cap`),
          volume24h: of(`${currency}_24h_vol`),
          change24h: of(`${currency}_24h_change`),
          updatedAt: seconds === null ? null : seconds * 1000
        })
      }
    }
  }
  const nowhere = found.size === 0 ? [] : currencies.filter((code) => pairs.filter((_) => _.currency === code).length === found.size)
  return {
    quotes,
    absent: {
      coins: coins.filter((_) => !found.has(_)),
      currencies: nowhere,
      pairs: pairs.filter((_) => !nowhere.includes(_.currency))
    }
  }
}
