import { DateTime, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { Note } from "../../engine/Note.ts"
import { CoinGecko } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"

const figure = (description: string) => Schema.NullOr(Schema.Finite).annotate({ description })

/** The whole market at the moment it was asked for. What CoinGecko does not know is missing, never 0. */
export class WholeMarket extends Schema.Class<WholeMarket>("WholeMarket")({
  observed_at: Column.Instant.annotate({ description: "When it was asked for (UTC)" }),
  updated_at: Column.Instant.annotate({ description: "When CoinGecko last made these figures (UTC)" }),
  active_cryptocurrencies: figure("Coins that are traded"),
  markets: figure("Exchanges that CoinGecko follows"),
  total_market_cap: figure("Sum of all market caps, in the file's currency"),
  total_volume: figure("Volume of the last 24 hours over all coins, in the file's currency"),
  bitcoin_dominance: figure("Bitcoin's share of the total market cap, percent"),
  ethereum_dominance: figure("Ether's share of the total market cap, percent"),
  market_cap_change_percentage_24h_usd: figure("Change of the total market cap in USD over 24 hours, percent"),
  volume_change_percentage_24h_usd: figure("Change of the 24 h volume in USD against the 24 hours before, percent"),
  market_cap_percentage: Schema.String.annotate({
    description: "Symbol to share of the total market cap in percent, of the ten largest, as JSON"
  })
}) {}

/** Observations are kept side by side; a reader sees the newest. */
export const globalMarket = Asset.make("global_market", {
  about: "The whole market at the moment of asking: total market cap and volume, their change, and how much of it is bitcoin",
  group: "extract",
  source: "GET /global, one call; CoinGecko makes it anew each 10 minutes",
  into: Table.make(WholeMarket, { log: "observed_at" }),
  checks: [Check.within("bitcoin_dominance", 0, 100, "warn"), Check.within("total_market_cap", 0, 1e18, "warn")],
  freshFor: "10 minutes",
  lateAfter: deadlines.market,
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const { currency } = yield* Settings
  const gecko = yield* CoinGecko
  const market = yield* gecko.global
  const observed_at = DateTime.formatIso(yield* DateTime.now)
  const note = yield* Note
  for (const field of ["total_market_cap", "total_volume"] as const) {
    if (!Object.hasOwn(market[field], currency)) yield* note(`CoinGecko's ${field} is not told in ${currency}`)
  }
  return [
    new WholeMarket({
      observed_at,
      updated_at: DateTime.formatIso(DateTime.makeUnsafe(market.updated_at * 1000)),
      active_cryptocurrencies: market.active_cryptocurrencies,
      markets: market.markets,
      total_market_cap: market.total_market_cap[currency] ?? null,
      total_volume: market.total_volume[currency] ?? null,
      bitcoin_dominance: market.market_cap_percentage["btc"] ?? null,
      ethereum_dominance: market.market_cap_percentage["eth"] ?? null,
      market_cap_change_percentage_24h_usd: market.market_cap_change_percentage_24h_usd,
      volume_change_percentage_24h_usd: market.volume_change_percentage_24h_usd ?? null,
      market_cap_percentage: JSON.stringify(market.market_cap_percentage)
    })
  ]
}))
