import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/** A coin's part of a day's market; of the coins that were tracked then. */
export class Dominance extends Schema.Class<Dominance>("Dominance")({
  coin_id: CoinId,
  day,
  share: Column.figure("Market cap / sum of the market caps of all tracked coins that day, 0 to 1; missing where its own is missing or 0")
}) {}

export const dominance = Asset.make("dominance", {
  about: "Each coin's share of the market cap of all tracked coins, day by day",
  source: "price_history",
  group: "transform",
  from: { prices: priceHistory },
  into: Table.make(Dominance, { key: "day" }),
  per: Day,
  checks: [Check.unique("coin_id", "day"), Check.within("share", 0, 1)],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  return sql`
    SELECT
      coin_id,
      day,
      CASE WHEN market_cap > 0 THEN market_cap / sum(market_cap) OVER (PARTITION BY day) END AS share
    FROM ${prices}`
}))
