/** The endpoints this project asks, each in one place. Lists are joined by bare commas: a blank silently drops the ids after it. */
import { Schema } from "effect"
import { CleanText } from "../../services/CleanText.ts"
import { type ChangePeriod, type Chart, CoinListRow, MarketRow } from "../../services/CoinGecko.ts"
import * as Endpoint from "./Endpoint.ts"

export const ping = Endpoint.make({
  name: "ping",
  path: (_: object) => "/ping",
  params: () => ({}),
  decode: Endpoint.one(Schema.Struct({ gecko_says: CleanText(200) }))
})

export const coinList = Endpoint.make({
  name: "coin_list",
  path: () => "/coins/list",
  params: (asked: { readonly includePlatform: boolean }) => ({ include_platform: String(asked.includePlatform) }),
  decode: Endpoint.rows(CoinListRow),
  // Seventeen thousand rows with platforms are some four megabytes.
  maxBytes: 32 * 1024 * 1024
})

/** The most rows a page of markets can have. */
export const marketsPage = 250

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
  decode: Endpoint.rows(MarketRow)
})

export const marketChart = Endpoint.make<{ readonly coin: string; readonly days: number }, Chart>({
  name: "market_chart",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/market_chart`,
  params: ({ days }, currency) => ({ vs_currency: currency, days: String(days), ...daily }),
  decode: Endpoint.chart,
  earliest: ({ days }, now) => now - days * 86_400_000
})

export const marketChartRange = Endpoint.make<{ readonly coin: string; readonly from: number; readonly to: number }, Chart>({
  name: "market_chart_range",
  path: ({ coin }) => `/coins/${encodeURIComponent(coin)}/market_chart/range`,
  params: ({ from, to }, currency) => ({ vs_currency: currency, from: seconds(from), to: seconds(to), ...daily }),
  decode: Endpoint.chart,
  earliest: ({ from }) => from
})

// helpers

/** Asked for, since without it a span of up to 90 days comes hourly; and in full, since prices are rounded otherwise. */
const daily = { interval: "daily", precision: "full" }

/** UNIX seconds: what every plan takes. */
const seconds = (millis: number) => String(Math.floor(millis / 1000))
