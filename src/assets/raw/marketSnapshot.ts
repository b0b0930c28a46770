import { DateTime, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { Note } from "../../engine/Note.ts"
import { CoinGecko, CoinId, type MarketRow } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { universe } from "../settings.ts"

const figure = (description: string) => Schema.NullOr(Schema.Finite).annotate({ description })
const said = (description: string) => Schema.NullOr(Schema.String).annotate({ description })

/** The market of a coin at the moment it was asked for. Amounts in the file's currency, percentages in percent, what CoinGecko does not know is missing. */
export class Market extends Schema.Class<Market>("Market")({
  coin_id: CoinId,
  observed_at: Column.Instant.annotate({ description: "When it was asked for (UTC)" }),
  symbol: Schema.String.annotate({ description: "Ticker; several coins may share one" }),
  name: Schema.String.annotate({ description: "The coin's name" }),
  price: figure("Price now, in the file's currency"),
  market_cap: figure("Price times circulating supply, in the file's currency; 0 where nobody vouches for the supply"),
  market_cap_rank: figure("1 is the largest market cap; none where nobody vouches for the supply"),
  fully_diluted_valuation: figure("Price times total supply, in the file's currency"),
  total_volume: figure("Volume of the last 24 hours, in the file's currency"),
  high_24h: figure("Highest price of the last 24 hours, in the file's currency"),
  low_24h: figure("Lowest price of the last 24 hours, in the file's currency"),
  price_change_percentage_24h: figure("Change of the price over 24 hours, percent"),
  price_change_percentage_7d: figure("Change of the price over 7 days, percent"),
  price_change_percentage_30d: figure("Change of the price over 30 days, percent"),
  circulating_supply: figure("Coins in circulation"),
  total_supply: figure("Coins that exist, less those destroyed"),
  max_supply: figure("Coins that can ever exist; none where there is no bound"),
  ath: figure("Highest price of all time, in the file's currency"),
  ath_date: said("When that was (UTC)"),
  atl: figure("Lowest price of all time, in the file's currency"),
  atl_date: said("When that was (UTC)"),
  last_updated: said("When CoinGecko last made these figures (UTC)")
}) {}

/** CoinGecko's cache of this endpoint is 45 to 60 s; a snapshot is fresh for five minutes. */
const freshFor = "5 minutes"

/** Snapshots are kept side by side; a reader sees the newest. */
export const marketSnapshot = Asset.make("market_snapshot", {
  about: "Price, market cap, volume and recent change of each tracked coin, at the moment of asking",
  group: "extract",
  source: "GET /coins/markets, one call for 250 coins",
  settings: universe,
  into: Table.make(Market, { log: "observed_at" }),
  checks: [Check.unique("coin_id")],
  freshFor,
  lateAfter: deadlines.market,
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const { coins, top } = yield* Settings
  const { rejected, rows } = yield* gecko.markets({ ...(coins.length > 0 ? { ids: coins } : { top }), priceChange: ["24h", "7d", "30d"] })
  const absent = coins.filter((coin) => !rows.some((_) => _.id === coin) && !rejected.some((_) => _.row === coin))
  if (absent.length > 0) yield* (yield* Note)(`CoinGecko has no market for ${absent.join(", ")}`)
  const observed_at = DateTime.formatIso(yield* DateTime.now)
  return rows.map((row) => toMarket(row, observed_at))
}))

/** The largest first, and those last of whose supply nobody knows anything. */
export const bySize = Effect.fnUntraced(function*(market: Table.Rows<Market>) {
  const sql = yield* DuckDb
  return yield* sql<Market>`FROM ${market} ORDER BY market_cap DESC NULLS LAST, coin_id`
})

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
