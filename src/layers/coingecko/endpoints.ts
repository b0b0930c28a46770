/** The endpoints this project asks, each in one place. Lists are joined by bare commas: a blank silently drops the ids after it. */
import { DateTime, Option, Schema } from "effect"
import { CleanText } from "../../services/CleanText.ts"
import {
  type Candle,
  Category,
  type CategoryOrder,
  type ChangePeriod,
  type Chart,
  CoinDetail,
  CoinListRow,
  Currencies,
  Exchange,
  GlobalAnswer,
  HistoryAnswer,
  KeyUsage,
  MarketRow,
  type OhlcDays,
  type Rows,
  SimplePrice
} from "../../services/CoinGecko.ts"
import * as Endpoint from "./Endpoint.ts"

export const ping = Endpoint.make({
  name: "ping",
  path: (_: object) => "/ping",
  params: () => ({}),
  policy: "evolve",
  decode: Endpoint.one(Schema.Struct({ gecko_says: CleanText(200) }))
})

export const keyUsage = Endpoint.make({
  name: "key_usage",
  path: (_: object) => "/key",
  params: () => ({}),
  policy: "evolve",
  decode: Endpoint.one(KeyUsage)
})

export const coinList = Endpoint.make({
  name: "coin_list",
  path: () => "/coins/list",
  params: (asked: { readonly includePlatform: boolean }) => ({ include_platform: String(asked.includePlatform) }),
  policy: "evolve",
  // no coin at all is an answer that went wrong: taken as one, it would delist them all
  decode: Endpoint.some(Endpoint.rows(CoinListRow), "no coin at all"),
  // Seventeen thousand rows with platforms are some four megabytes.
  maxBytes: 32 * 1024 * 1024
})

/** The most rows a page can have, and the most ids that are sent at once. */
export const largestPage = 250

export const markets = Endpoint.make({
  name: "markets",
  path: () => "/coins/markets",
  params: (asked: {
    readonly ids: ReadonlyArray<string>
    readonly perPage: number
    readonly page: number
    readonly priceChange: ReadonlyArray<ChangePeriod>
    readonly sparkline: boolean
  }, currency) => ({
    vs_currency: currency,
    ...(asked.ids.length > 0 && { ids: asked.ids.join(",") }),
    order: "market_cap_desc",
    per_page: String(asked.perPage),
    page: String(asked.page),
    precision: "full",
    ...(asked.sparkline && { sparkline: "true" }),
    ...(asked.priceChange.length > 0 && { price_change_percentage: asked.priceChange.join(",") })
  }),
  policy: "evolve",
  expects: ({ priceChange, sparkline }) => [
    ...priceChange.map((period) => `price_change_percentage_${period}_in_currency`),
    ...(sparkline ? ["sparkline_in_7d"] : [])
  ],
  decode: Endpoint.rows(MarketRow)
})

export const marketChart = Endpoint.make<
  { readonly coin: string; readonly days: number; readonly interval: "daily" | "automatic" },
  Chart
>({
  name: "market_chart",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/market_chart`,
  params: ({ days, interval }, currency) => ({ vs_currency: currency, days: String(days), ...daily(interval) }),
  policy: "evolve",
  decode: Endpoint.chart,
  earliest: ({ days }, now) => now - days * 86_400_000
})

export const marketChartRange = Endpoint.make<{ readonly coin: string; readonly from: number; readonly to: number }, Chart>({
  name: "market_chart_range",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/market_chart/range`,
  params: ({ from, to }, currency) => ({ vs_currency: currency, from: seconds(from), to: seconds(to), ...daily("daily") }),
  policy: "evolve",
  decode: Endpoint.chart,
  earliest: ({ from }) => from
})

export const coin = Endpoint.make({
  name: "coin",
  path: ({ coin }: { readonly coin: string }) => `/coins/${encodeURIComponent(coin)}`,
  params: () => ({ localization: "false", tickers: "false", market_data: "true", community_data: "false", developer_data: "false" }),
  policy: "evolve",
  decode: Endpoint.one(CoinDetail)
})

export const ohlc = Endpoint.make<OhlcAsked, Rows<Candle>>({
  name: "ohlc",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/ohlc`,
  params: ({ days, interval }, currency) => ({
    vs_currency: currency,
    days: String(days),
    precision: "full",
    ...(interval !== undefined && { interval })
  }),
  // a candle's figures have no names: where one more or less comes, none of them means for certain what it did
  policy: "freeze",
  decode: Endpoint.candles,
  earliest: ({ days }, now) => days === "max" ? 0 : now - days * 86_400_000
})

export const history = Endpoint.make<{ readonly coin: string; readonly day: string }, HistoryAnswer>({
  name: "history",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/history`,
  // dd-mm-yyyy is proven on every plan; the newer yyyy-mm-dd is not
  params: ({ day }) => ({ date: day.split("-").toReversed().join("-"), localization: "false" }),
  policy: "evolve",
  decode: Endpoint.one(HistoryAnswer),
  earliest: ({ day }, now) => Option.match(DateTime.make(`${day}T00:00:00Z`), { onNone: () => now, onSome: DateTime.toEpochMillis })
})

export const simplePrice = Endpoint.make({
  name: "simple_price",
  path: () => "/simple/price",
  params: ({ currencies, ids }: { readonly ids: ReadonlyArray<string>; readonly currencies: ReadonlyArray<string> }) => ({
    ids: ids.join(","),
    vs_currencies: currencies.join(","),
    include_market_cap: "true",
    include_24hr_vol: "true",
    include_24hr_change: "true",
    include_last_updated_at: "true",
    precision: "full"
  }),
  policy: "evolve",
  decode: Endpoint.one(SimplePrice)
})

export const supportedCurrencies = Endpoint.make({
  name: "supported_currencies",
  path: (_: object) => "/simple/supported_vs_currencies",
  params: () => ({}),
  policy: "evolve",
  decode: Endpoint.one(Currencies)
})

export const global = Endpoint.make({
  name: "global",
  path: (_: object) => "/global",
  params: () => ({}),
  policy: "evolve",
  decode: Endpoint.map(Endpoint.one(GlobalAnswer), ({ data }) => data)
})

export const trending = Endpoint.make({
  name: "trending",
  path: (_: object) => "/search/trending",
  params: () => ({}),
  // what is talked about for a day: nothing depends on its being complete
  policy: "discard",
  decode: Endpoint.trending
})

export const categories = Endpoint.make({
  name: "categories",
  path: () => "/coins/categories",
  params: ({ order }: { readonly order: CategoryOrder }) => ({ order }),
  policy: "evolve",
  decode: Endpoint.rows(Category)
})

export const exchanges = Endpoint.make({
  name: "exchanges",
  path: () => "/exchanges",
  params: ({ page, perPage }: { readonly page: number; readonly perPage: number }) => ({ per_page: String(perPage), page: String(page) }),
  policy: "evolve",
  decode: Endpoint.rows(Exchange)
})

// helpers

interface OhlcAsked {
  readonly coin: string
  readonly days: OhlcDays
  readonly interval: "hourly" | "daily" | undefined
}

/** Asked for, since without it a span of up to 90 days comes hourly; and in full, since prices are rounded otherwise. */
const daily = (interval: "daily" | "automatic") => ({ ...(interval === "daily" && { interval }), precision: "full" })

/** UNIX seconds: what every plan takes. */
const seconds = (millis: number) => String(Math.floor(millis / 1000))
