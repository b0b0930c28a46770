/**
 * What is asked of CoinGecko and in which words it answers: rows as the API really sends them, nulls included.
 *
 * A row that does not fit is left out and named in `rejected`; the others stand. Fields that are new, missing or of another
 * type are told as `Drift` says. Rate limit, retries, the key and the error envelopes are the layer's: what fails here has
 * been tried as often as it makes sense. Each method says its path, its parameters, how fresh its answer is, and what is odd
 * about it; unless it says otherwise it is open to every plan, costs one credit a call, and speaks in the settings' currency,
 * in UTC, and with prices in full precision.
 *
 * Every method fails with `CoinGeckoError`, whose `reason` tells: Transport, Timeout, ServerError and RateLimited (tried
 * again first), Unauthorized, BeyondDepth, Forbidden, NotFound, BadRequest (final), BadBody and Drifted (the answer),
 * Budget, NoCallLog and NotKept (this side).
 */
import { Context, type Effect } from "effect"
import type {
  Candle,
  Category,
  CategoryOrder,
  ChangePeriod,
  CoinDetail,
  CoinListRow,
  Exchange,
  GlobalMarket,
  KeyUsage,
  MarketRow,
  TrendingCoin
} from "./CoinGeckoAnswer.ts"
import type { CoinGeckoError } from "./CoinGeckoError.ts"
import type { DailyPoint, Point } from "./dailyPoints.ts"

export * from "./CoinGeckoAnswer.ts"
export { CoinGeckoError } from "./CoinGeckoError.ts"
export { type DailyPoint, dailyPoints, NotDaily, type Point } from "./dailyPoints.ts"

/** A row that was left out: which, and why. */
export interface Rejected {
  readonly row: string
  readonly reason: string
}

export interface Rows<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly rejected: ReadonlyArray<Rejected>
}

export interface Chart {
  /** As sent, sorted by time, one for each instant; the last may be the running figure. */
  readonly points: ReadonlyArray<Point>
  /** What `dailyPoints` makes of them. */
  readonly days: ReadonlyArray<DailyPoint>
  readonly rejected: ReadonlyArray<Rejected>
}

/** What a coin was worth at 00:00 UTC of a day. Null is what CoinGecko does not know; a volume of 0 is what it says of 2013. */
export interface DayFigures {
  readonly price: number | null
  readonly marketCap: number | null
  /** Of the 24 hours before. */
  readonly totalVolume: number | null
}

export interface History {
  readonly coin: string
  readonly symbol: string
  readonly name: string
  readonly day: string
  /** In the settings' currency; missing where CoinGecko knows nothing of that day in it. */
  readonly figures: DayFigures | undefined
}

/** A coin's price now, in one currency. */
export interface Quote {
  readonly coin: string
  readonly currency: string
  readonly price: number | null
  readonly marketCap: number | null
  readonly volume24h: number | null
  /** Percent; null when CoinGecko's own figure is stale. */
  readonly change24h: number | null
  /** Epoch milliseconds. */
  readonly updatedAt: number | null
}

export interface Quotes {
  readonly quotes: ReadonlyArray<Quote>
  /** What was asked for and is not there: ids nobody knows, currencies that no coin is quoted in, and single pairs. */
  readonly absent: {
    readonly coins: ReadonlyArray<string>
    readonly currencies: ReadonlyArray<string>
    readonly pairs: ReadonlyArray<{ readonly coin: string; readonly currency: string }>
  }
}

export interface Trending {
  /** The most sought first. */
  readonly coins: ReadonlyArray<TrendingCoin>
  readonly rejected: ReadonlyArray<Rejected>
}

export class CoinGecko extends Context.Service<CoinGecko, {
  /** GET /ping: is somebody there, and is the key accepted? */
  readonly ping: Effect.Effect<string, CoinGeckoError>

  /**
   * GET /coins/list: every active coin, some seventeen thousand in one answer. Anew each 30 minutes (paid 5). Symbols are not
   * unique and not always lower case; a coin with a chain of its own has no platforms. A coin that is delisted is no longer here.
   */
  readonly coinList: (options?: { readonly includePlatform?: boolean }) => Effect.Effect<Rows<CoinListRow>, CoinGeckoError>

  /**
   * GET /coins/markets: the named coins, or else the `top` coins by market cap (by default as many as the settings say). One
   * call for each 250. Anew each 60 s (paid 45 s). An unknown id is absent, not an error. A market cap of 0 means an unverified
   * supply, and then there is no rank.
   */
  readonly markets: (options?: {
    readonly ids?: ReadonlyArray<string>
    readonly top?: number
    readonly priceChange?: ReadonlyArray<ChangePeriod>
    readonly sparkline?: boolean
  }) => Effect.Effect<Rows<MarketRow>, CoinGeckoError>

  /**
   * GET /coins/{id}/market_chart: daily points of the last `days` days: as many midnights, today's included, then the running
   * figure. Anew each 30 s; yesterday's close (the point of today's 00:00) is there from 00:10. Keyless and Demo serve 365
   * days (BeyondDepth). A volume is that of the 24 hours before its instant. Unknown coin: NotFound; finer points: NotDaily.
   */
  readonly marketChart: (options: { readonly coin: string; readonly days: number }) => Effect.Effect<Chart, CoinGeckoError>

  /**
   * GET /coins/{id}/market_chart/range: daily points from `from` to `to`, epoch milliseconds. Anew each 30 minutes up to 90 days,
   * each 12 hours beyond; the last UTC day is there from 00:35. Depth and errors as for `marketChart`.
   */
  readonly marketChartRange: (
    options: { readonly coin: string; readonly from: number; readonly to: number }
  ) => Effect.Effect<Chart, CoinGeckoError>

  /**
   * GET /coins/{id}: one coin in full: description, links, platforms, figures in every currency (the scalars in USD). Anew
   * each 60 s. Maps of a dead coin may be empty. The description is HTML. Unknown coin: NotFound.
   */
  readonly coin: (options: { readonly coin: string }) => Effect.Effect<CoinDetail, CoinGeckoError>

  /**
   * GET /coins/{id}/ohlc: candles without volume, oldest first, of 30 minutes (1 day), 4 hours (up to 30 days) or 4 days (more);
   * `interval` asks for hours or days instead and needs a paid plan, as does `max`. Anew each 15 minutes. Stamped with the
   * CLOSE, so the running candle lies in the future; an open is not the close before it; prices may be rounded.
   */
  readonly ohlc: (options: {
    readonly coin: string
    readonly days: OhlcDays
    readonly interval?: "hourly" | "daily"
  }) => Effect.Effect<Rows<Candle>, CoinGeckoError>

  /**
   * GET /coins/{id}/history: the coin at 00:00 UTC of `day` (ISO date), which is the close of the day before; there from 00:35.
   * A day before the listing, or one that CoinGecko lacks, is an answer without figures, never zeros. The set of currencies is
   * that of its day (26 in 2013, 55 in 2019). Keyless and Demo serve 365 days (BeyondDepth).
   */
  readonly history: (options: { readonly coin: string; readonly day: string }) => Effect.Effect<History, CoinGeckoError>

  /**
   * GET /simple/price: price, market cap, 24 h volume and change of many coins in many currencies (by default the settings'):
   * one call for each 250 coins. Anew each 60 s (paid 20 s). CoinGecko leaves out what it does not know, without a word:
   * here it is told in `absent`. A blank belongs to an id, so ` ethereum` is unknown.
   */
  readonly simplePrice: (options: {
    readonly coins: ReadonlyArray<string>
    readonly currencies?: ReadonlyArray<string>
  }) => Effect.Effect<Quotes, CoinGeckoError>

  /** GET /simple/supported_vs_currencies: the codes that `vs_currency` may have, lower case. Anew each 60 s (paid 30 s). */
  readonly supportedCurrencies: Effect.Effect<ReadonlyArray<string>, CoinGeckoError>

  /** GET /global: totals over the whole market, in every currency, and the shares of the ten largest. Anew each 10 minutes. */
  readonly global: Effect.Effect<GlobalMarket, CoinGeckoError>

  /** GET /search/trending: the fifteen coins most searched for in 24 hours. Anew each 10 minutes. Amounts written out are text. */
  readonly trending: Effect.Effect<Trending, CoinGeckoError>

  /** GET /coins/categories: every category with its market cap, 24 h volume and change. Anew each 5 minutes. Some have no figures. */
  readonly categories: (options?: { readonly order?: CategoryOrder }) => Effect.Effect<Rows<Category>, CoinGeckoError>

  /**
   * GET /exchanges: the `top` (100) exchanges by trust and volume, volumes in bitcoin. Anew each 60 s. One call for each 250;
   * a page past the end is empty, and ends it.
   */
  readonly exchanges: (options?: { readonly top?: number }) => Effect.Effect<Rows<Exchange>, CoinGeckoError>

  /**
   * GET /key: the plan's limit, and the credits used and left this month, as CoinGecko counts them. Paid plans only: on others
   * it is refused here (Unauthorized, 10005) without a call.
   */
  readonly keyUsage: Effect.Effect<KeyUsage, CoinGeckoError>
}>()("crypto/services/CoinGecko") {}

/** The spans `/coins/{id}/ohlc` knows, in days. */
export type OhlcDays = 1 | 7 | 14 | 30 | 90 | 180 | 365 | "max"
