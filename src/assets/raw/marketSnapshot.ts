import { DateTime, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinGecko, CoinId, type MarketRow } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"

const Figure = Schema.NullOr(Schema.Finite)

/** The market of a coin at the moment it was asked for. Amounts in the file's currency, percentages in percent, what CoinGecko does not know is missing. */
export class Market extends Schema.Class<Market>("Market")({
  coin_id: CoinId,
  observed_at: Column.Instant,
  symbol: Schema.String,
  name: Schema.String,
  price: Figure,
  market_cap: Figure,
  market_cap_rank: Figure,
  fully_diluted_valuation: Figure,
  total_volume: Figure,
  high_24h: Figure,
  low_24h: Figure,
  price_change_percentage_24h: Figure,
  price_change_percentage_7d: Figure,
  price_change_percentage_30d: Figure,
  circulating_supply: Figure,
  total_supply: Figure,
  max_supply: Figure,
  ath: Figure,
  ath_date: Schema.NullOr(Schema.String),
  atl: Figure,
  atl_date: Schema.NullOr(Schema.String),
  last_updated: Schema.NullOr(Schema.String)
}) {}

/** CoinGecko's cache of this endpoint is 45 to 60 s; a snapshot is fresh for five minutes. */
const freshFor = "5 minutes"

/** Source: GET /coins/markets, one call for 250 coins. Snapshots are kept side by side; a reader sees the newest. */
export const marketSnapshot = Asset.make("market_snapshot", {
  about: "Price, market cap, volume and recent change of each tracked coin, at the moment of asking",
  into: Table.make(Market, { log: "observed_at" }),
  checks: [Check.unique("coin_id")],
  freshFor,
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const { coins, top } = yield* Settings
  const { rows } = yield* gecko.markets({ ...(coins.length > 0 ? { ids: coins } : { top }), priceChange: ["24h", "7d", "30d"] })
  const observed_at = DateTime.formatIso(yield* DateTime.now)
  return rows.map((row) => toMarket(row, observed_at))
}))

// helpers

const toMarket = (row: MarketRow, observed_at: string) =>
  new Market({
    coin_id: row.id,
    observed_at,
    symbol: row.symbol,
    name: row.name,
    price: row.current_price,
    market_cap: row.market_cap,
    market_cap_rank: row.market_cap_rank,
    fully_diluted_valuation: row.fully_diluted_valuation,
    total_volume: row.total_volume,
    high_24h: row.high_24h,
    low_24h: row.low_24h,
    price_change_percentage_24h: row.price_change_percentage_24h_in_currency ?? row.price_change_percentage_24h,
    price_change_percentage_7d: row.price_change_percentage_7d_in_currency ?? null,
    price_change_percentage_30d: row.price_change_percentage_30d_in_currency ?? null,
    circulating_supply: row.circulating_supply,
    total_supply: row.total_supply,
    max_supply: row.max_supply,
    ath: row.ath,
    ath_date: row.ath_date,
    atl: row.atl,
    atl_date: row.atl_date,
    last_updated: row.last_updated
  })
