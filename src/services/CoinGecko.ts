/**
 * What is asked of CoinGecko and in which words it answers: rows as the API really sends them, nulls included.
 *
 * A row that does not fit is left out and named in `rejected`; the others stand. Rate limit, retries, the key and the error
 * envelopes are the layer's: what fails here has been tried as often as it makes sense.
 */
import { Context, Effect, Schema } from "effect"
import { CleanText, cleanText } from "./CleanText.ts"
import type { CoinGeckoError } from "./CoinGeckoError.ts"
import type { DailyPoint, Point } from "./dailyPoints.ts"

export { CoinGeckoError } from "./CoinGeckoError.ts"
export { type DailyPoint, dailyPoints, NotDaily, type Point } from "./dailyPoints.ts"

/** Mostly [a-z0-9-], but `bitCNY` and `hive_dollar` exist: never folded, never cleaned, refused when it would have to be. */
export const CoinId = Schema.String.check(Schema.makeFilter(
  (id) => (id !== "" && id.length <= 200 && cleanText(id, 200) === id) || "Expected a plain non-empty id of at most 200 characters"
))

/** A row of `/coins/list`. Symbols are not unique: key on the id. */
export const CoinListRow = Schema.Struct({
  id: CoinId,
  symbol: CleanText(100),
  name: CleanText(200),
  platforms: Schema.Record(CleanText(100), Schema.NullOr(CleanText(200))).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
})
export type CoinListRow = typeof CoinListRow.Type

/** The periods `/coins/markets` knows for price changes. */
export const ChangePeriod = Schema.Literals(["1h", "24h", "7d", "14d", "30d", "200d", "1y"])
export type ChangePeriod = typeof ChangePeriod.Type

const Figure = Schema.NullOr(Schema.Finite)
/** A figure that some answers leave out. */
const Extra = Figure.pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
const Instant = Schema.NullOr(CleanText(40)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
const Change = Schema.optionalKey(Figure)

/** A row of `/coins/markets`. Amounts are in the settings' currency, percentages in percent. */
export const MarketRow = Schema.Struct({
  id: CoinId,
  symbol: CleanText(100),
  name: CleanText(200),
  current_price: Figure,
  market_cap: Figure,
  market_cap_rank: Extra,
  fully_diluted_valuation: Extra,
  total_volume: Figure,
  high_24h: Extra,
  low_24h: Extra,
  price_change_24h: Extra,
  price_change_percentage_24h: Extra,
  market_cap_change_24h: Extra,
  market_cap_change_percentage_24h: Extra,
  circulating_supply: Extra,
  total_supply: Extra,
  max_supply: Extra,
  ath: Extra,
  ath_change_percentage: Extra,
  ath_date: Instant,
  atl: Extra,
  atl_change_percentage: Extra,
  atl_date: Instant,
  last_updated: Instant,
  price_change_percentage_1h_in_currency: Change,
  price_change_percentage_24h_in_currency: Change,
  price_change_percentage_7d_in_currency: Change,
  price_change_percentage_14d_in_currency: Change,
  price_change_percentage_30d_in_currency: Change,
  price_change_percentage_200d_in_currency: Change,
  price_change_percentage_1y_in_currency: Change,
  sparkline_in_7d: Schema.optionalKey(Schema.NullOr(Schema.Struct({ price: Schema.Array(Figure) })))
})
export type MarketRow = typeof MarketRow.Type

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

export class CoinGecko extends Context.Service<CoinGecko, {
  readonly ping: Effect.Effect<string, CoinGeckoError>

  /** Every active coin, some seventeen thousand. */
  readonly coinList: (options?: { readonly includePlatform?: boolean }) => Effect.Effect<Rows<CoinListRow>, CoinGeckoError>

  /** The named coins, or else the `top` coins by market cap (by default as many as the settings say). One call for each 250. */
  readonly markets: (options?: {
    readonly ids?: ReadonlyArray<string>
    readonly top?: number
    readonly priceChange?: ReadonlyArray<ChangePeriod>
    readonly sparkline?: boolean
  }) => Effect.Effect<Rows<MarketRow>, CoinGeckoError>

  /** Daily points of the last `days` days: as many midnights, today's included, then the running figure. */
  readonly marketChart: (options: { readonly coin: string; readonly days: number }) => Effect.Effect<Chart, CoinGeckoError>

  /** Daily points from `from` to `to`, epoch milliseconds. */
  readonly marketChartRange: (
    options: { readonly coin: string; readonly from: number; readonly to: number }
  ) => Effect.Effect<Chart, CoinGeckoError>
}>()("crypto/services/CoinGecko") {}
