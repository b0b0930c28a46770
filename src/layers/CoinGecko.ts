/**
 * CoinGecko over HTTP. `layer` asks the server of the settings through the shared call log; the others differ in one part each:
 * who answers, and whether anything is written to disk.
 */
import { Layer } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import type { CoinGecko } from "../services/CoinGecko.ts"
import type { NoCallLog } from "../services/CoinGeckoError.ts"
import type { Settings } from "../services/Settings.ts"
import * as CallLog from "./coingecko/CallLog.ts"
import * as CallLogFile from "./coingecko/CallLogFile.ts"
import { layer as layerParts } from "./coingecko/Methods.ts"
import * as RawStore from "./coingecko/RawStore.ts"

export * as CoinGeckoTest from "./coingecko/CoinGeckoTest.ts"
export { httpMock } from "./coingecko/httpMock.ts"

/** The service on top of any HTTP client, call log and raw store. */
export { layer as layerParts } from "./coingecko/Methods.ts"

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
