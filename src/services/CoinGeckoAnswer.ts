/**
 * The answers of CoinGecko in the shape in which they are really sent: recorded ones first, then its own documentation.
 *
 * What CoinGecko does not know is null, never 0. A field with a default may be missing in an answer, which is told as
 * drift; an optional one comes and goes with what was asked. Amounts are in the currency asked for, percentages in
 * percent (3.1 is 3.1 %), and all times are UTC.
 */
import { Effect, Schema } from "effect"
import { CleanText, cleanText } from "./CleanText.ts"

/** Mostly [a-z0-9-], but `bitCNY` and `hive_dollar` exist: never folded, never cleaned, refused when it would have to be. */
export const CoinId = Schema.String.check(Schema.makeFilter(
  (id) => (id !== "" && id.length <= 200 && cleanText(id, 200) === id) || "Expected a plain non-empty id of at most 200 characters"
)).annotate({ description: "CoinGecko's id of the coin" })

const Figure = Schema.NullOr(Schema.Finite)
/** A figure that some answers leave out. */
const Extra = Figure.pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
const Label = CleanText(200)
const Address = CleanText(2000)
const Instant = Schema.NullOr(CleanText(40)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
/** A field that is there only when it was asked for, or that came and went over the years. */
const Sometimes = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))
/** Code of a currency, lower case, to an amount in it. The codes are those of `supported_vs_currencies`, or of their day. */
const PerCurrency = Schema.Record(CleanText(20), Figure)
const InstantPerCurrency = Schema.Record(CleanText(20), Schema.NullOr(CleanText(40)))

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

const Change = Schema.optionalKey(Figure)

/** What an investor of the coin's sale has gained, where there was one. */
const Roi = Schema.Struct({ times: Schema.Finite, currency: CleanText(20), percentage: Schema.Finite })

/** A row of `/coins/markets`. A market cap of 0, and no rank, means that nobody vouches for the supply. */
export const MarketRow = Schema.Struct({
  id: CoinId,
  symbol: CleanText(100),
  name: CleanText(200),
  image: Sometimes(Address),
  current_price: Figure,
  market_cap: Figure,
  market_cap_rank: Extra,
  market_cap_rank_with_rehypothecated: Sometimes(Schema.Finite),
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
  roi: Sometimes(Roi),
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

/** The figures of a coin in every currency. A map may be empty for a coin that is dead; the scalars are in USD. */
const MarketData = Schema.Struct({
  current_price: PerCurrency,
  market_cap: PerCurrency,
  total_volume: PerCurrency,
  fully_diluted_valuation: Sometimes(PerCurrency),
  market_cap_fdv_ratio: Sometimes(Schema.Finite),
  high_24h: Sometimes(PerCurrency),
  low_24h: Sometimes(PerCurrency),
  ath: Sometimes(PerCurrency),
  ath_change_percentage: Sometimes(PerCurrency),
  ath_date: Sometimes(InstantPerCurrency),
  atl: Sometimes(PerCurrency),
  atl_change_percentage: Sometimes(PerCurrency),
  atl_date: Sometimes(InstantPerCurrency),
  price_change_24h: Extra,
  price_change_percentage_24h: Extra,
  price_change_percentage_7d: Extra,
  price_change_percentage_14d: Extra,
  price_change_percentage_30d: Extra,
  price_change_percentage_60d: Extra,
  price_change_percentage_200d: Extra,
  price_change_percentage_1y: Extra,
  market_cap_change_24h: Extra,
  market_cap_change_percentage_24h: Extra,
  price_change_24h_in_currency: Sometimes(PerCurrency),
  price_change_percentage_1h_in_currency: Sometimes(PerCurrency),
  price_change_percentage_24h_in_currency: Sometimes(PerCurrency),
  price_change_percentage_7d_in_currency: Sometimes(PerCurrency),
  price_change_percentage_14d_in_currency: Sometimes(PerCurrency),
  price_change_percentage_30d_in_currency: Sometimes(PerCurrency),
  price_change_percentage_60d_in_currency: Sometimes(PerCurrency),
  price_change_percentage_200d_in_currency: Sometimes(PerCurrency),
  price_change_percentage_1y_in_currency: Sometimes(PerCurrency),
  market_cap_change_24h_in_currency: Sometimes(PerCurrency),
  market_cap_change_percentage_24h_in_currency: Sometimes(PerCurrency),
  market_cap_rank: Extra,
  market_cap_rank_with_rehypothecated: Sometimes(Schema.Finite),
  total_supply: Extra,
  max_supply: Extra,
  max_supply_infinite: Sometimes(Schema.Boolean),
  circulating_supply: Extra,
  outstanding_supply: Sometimes(Schema.Finite),
  outstanding_token_value_usd: Sometimes(Schema.Finite),
  total_value_locked: Sometimes(Schema.Unknown),
  mcap_to_tvl_ratio: Sometimes(Schema.Finite),
  fdv_to_tvl_ratio: Sometimes(Schema.Finite),
  roi: Sometimes(Roi),
  last_updated: Instant,
  sparkline_7d: Sometimes(Schema.Struct({ price: Schema.Array(Figure) }))
})

/** `/coins/{id}`, asked without tickers and without translations. */
export const CoinDetail = Schema.Struct({
  id: CoinId,
  symbol: CleanText(100),
  name: Label,
  web_slug: Sometimes(Label),
  asset_platform_id: Sometimes(Label),
  platforms: Schema.Record(CleanText(100), Schema.NullOr(Label)).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  detail_platforms: Sometimes(
    Schema.Record(CleanText(100), Schema.Struct({ decimal_place: Figure, contract_address: Schema.NullOr(Label) }))
  ),
  block_time_in_minutes: Sometimes(Schema.Finite),
  hashing_algorithm: Sometimes(Label),
  /** May hold null where a category was withdrawn. */
  categories: Schema.Array(Schema.NullOr(Label)).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  preview_listing: Sometimes(Schema.Boolean),
  public_notice: Sometimes(Address),
  additional_notices: Sometimes(Schema.Array(Schema.NullOr(Address))),
  has_supply_breakdown: Sometimes(Schema.Boolean),
  localization: Schema.optionalKey(Schema.Unknown),
  /** HTML with line breaks, by language: not to be shown as it is. */
  description: Sometimes(Schema.Record(CleanText(20), Schema.NullOr(CleanText(100_000)))),
  links: Schema.optionalKey(Schema.Unknown),
  image: Sometimes(Schema.Record(CleanText(20), Schema.NullOr(Address))),
  country_origin: Sometimes(Label),
  /** ISO date, or null. */
  genesis_date: Sometimes(CleanText(40)),
  sentiment_votes_up_percentage: Sometimes(Schema.Finite),
  sentiment_votes_down_percentage: Sometimes(Schema.Finite),
  watchlist_portfolio_users: Sometimes(Schema.Finite),
  market_cap_rank: Extra,
  market_cap_rank_with_rehypothecated: Sometimes(Schema.Finite),
  market_data: MarketData,
  /** Gone since 2026-08-28. */
  community_data: Schema.optionalKey(Schema.Unknown),
  developer_data: Schema.optionalKey(Schema.Unknown),
  status_updates: Schema.optionalKey(Schema.Unknown),
  categories_details: Schema.optionalKey(Schema.Unknown),
  ico_data: Schema.optionalKey(Schema.Unknown),
  tickers: Schema.optionalKey(Schema.Unknown),
  last_updated: Instant
})
export type CoinDetail = typeof CoinDetail.Type

/** A candle of `/coins/{id}/ohlc`. The running one ends in the future. */
export interface Candle {
  /** When it CLOSES, epoch milliseconds. */
  readonly closes: number
  /** The first price inside it, not the close before it. */
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** `/coins/{id}/history`: a coin at one midnight. */
export const HistoryAnswer = Schema.Struct({
  id: CoinId,
  symbol: CleanText(100),
  name: Label,
  localization: Schema.optionalKey(Schema.Unknown),
  image: Schema.optionalKey(Schema.Unknown),
  /** Missing for a day of which CoinGecko knows nothing: before the listing, and in a hole. */
  market_data: Schema.optionalKey(
    Schema.NullOr(Schema.Struct({ current_price: PerCurrency, market_cap: PerCurrency, total_volume: PerCurrency }))
  ),
  /** Gone since 2026-08. */
  community_data: Schema.optionalKey(Schema.Unknown),
  developer_data: Schema.optionalKey(Schema.Unknown),
  public_interest_stats: Schema.optionalKey(Schema.Unknown)
})
export type HistoryAnswer = typeof HistoryAnswer.Type

/** `/simple/price`: id, then code or `code_market_cap`, `code_24h_vol`, `code_24h_change`, and `last_updated_at` in unix SECONDS. */
export const SimplePrice = Schema.Record(CleanText(200), PerCurrency)

/** `/simple/supported_vs_currencies`: some sixty codes, lower case, crypto, fiat, metals and `sats`. `usdt` is none of them. */
export const Currencies = Schema.Array(CleanText(20))

/** `/global`, without the envelope. Totals exceed 2^53 in rupiah and dong: a double is all there is. */
export const GlobalMarket = Schema.Struct({
  active_cryptocurrencies: Figure,
  upcoming_icos: Sometimes(Schema.Finite),
  ongoing_icos: Sometimes(Schema.Finite),
  ended_icos: Sometimes(Schema.Finite),
  markets: Extra,
  total_market_cap: PerCurrency,
  total_volume: PerCurrency,
  /** Upper or lower case symbol to percent of the total; the ten largest. */
  market_cap_percentage: Schema.Record(CleanText(100), Figure),
  market_cap_change_percentage_24h_usd: Extra,
  /** Unknown before 2024. */
  volume_change_percentage_24h_usd: Sometimes(Schema.Finite),
  /** Unix SECONDS. */
  updated_at: Schema.Finite
})
export type GlobalMarket = typeof GlobalMarket.Type
export const GlobalAnswer = Schema.Struct({ data: GlobalMarket })

/** Of `/search/trending`: amounts written out, `"$521,967,819"`, are left as the text they are. */
export const TrendingCoin = Schema.Struct({
  id: CoinId,
  coin_id: Sometimes(Schema.Finite),
  name: Label,
  symbol: CleanText(100),
  market_cap_rank: Extra,
  thumb: Sometimes(Address),
  small: Sometimes(Address),
  large: Sometimes(Address),
  slug: Sometimes(Label),
  price_btc: Extra,
  /** 0 is the most sought. */
  score: Extra,
  /** Missing before 2023. */
  data: Sometimes(Schema.Struct({
    price: Extra,
    price_btc: Sometimes(Label),
    price_change_percentage_24h: Sometimes(PerCurrency),
    market_cap: Sometimes(Label),
    market_cap_btc: Sometimes(Label),
    total_volume: Sometimes(Label),
    total_volume_btc: Sometimes(Label),
    sparkline: Sometimes(Address),
    content: Sometimes(Schema.Unknown)
  }))
})
export type TrendingCoin = typeof TrendingCoin.Type
/** A coin of the answer is wrapped in an `item`. */
export const TrendingItem = Schema.Struct({ item: TrendingCoin })

/** A row of `/coins/categories`. Categories called "ecosystem" have no figures. */
export const Category = Schema.Struct({
  id: CoinId,
  name: Label,
  market_cap: Figure,
  market_cap_change_24h: Figure,
  content: Sometimes(CleanText(100_000)),
  top_3_coins_id: Schema.Array(Schema.NullOr(Label)).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  top_3_coins: Sometimes(Schema.Array(Schema.NullOr(Address))),
  volume_24h: Figure,
  updated_at: Instant
})
export type Category = typeof Category.Type

/** The orders `/coins/categories` knows. */
export const CategoryOrder = Schema.Literals([
  "market_cap_desc",
  "market_cap_asc",
  "name_desc",
  "name_asc",
  "market_cap_change_24h_desc",
  "market_cap_change_24h_asc"
])
export type CategoryOrder = typeof CategoryOrder.Type

/** A row of `/exchanges`. Volumes are in bitcoin. */
export const Exchange = Schema.Struct({
  id: CoinId,
  name: Label,
  year_established: Extra,
  country: Sometimes(Label),
  description: Sometimes(CleanText(100_000)),
  url: Sometimes(Address),
  image: Sometimes(Address),
  has_trading_incentive: Sometimes(Schema.Boolean),
  trust_score: Extra,
  trust_score_rank: Extra,
  trade_volume_24h_btc: Figure,
  /** Gone since 2024. */
  trade_volume_24h_btc_normalized: Sometimes(Schema.Finite)
})
export type Exchange = typeof Exchange.Type

/** `/key`: what the key may do, and has done this month. */
export const KeyUsage = Schema.Struct({
  plan: Label,
  rate_limit_request_per_minute: Schema.Finite,
  monthly_call_credit: Schema.Finite,
  current_total_monthly_calls: Schema.Finite,
  current_remaining_monthly_calls: Schema.Finite,
  /** New in 2025: the part of this key, where an account has several. */
  api_key_rate_limit_request_per_minute: Sometimes(Schema.Finite),
  api_key_monthly_call_credit: Sometimes(Schema.Finite),
  api_key_current_total_monthly_calls: Sometimes(Schema.Finite)
})
export type KeyUsage = typeof KeyUsage.Type
