import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/**
 * The market as one number, of the coins that were tracked then: a coin that dropped out counts up to its last day. An
 * index is a chain of days: after a day without any return it is missing, since nobody knows where it would stand.
 */
export class MarketIndex extends Schema.Class<MarketIndex>("MarketIndex")({
  day,
  equal_weight: Column.figure("The day before's × (1 + mean simple return of the coins that have one on D); 100 on the first day"),
  cap_weight: Column.figure(
    "The day before's × (1 + mean simple return weighed by the market cap on D−1, where that is above 0); 100 on the first day"
  ),
  breadth: Column.figure("Share of the coins with a simple return on D whose return is above 0, a fraction"),
  coins: Column.Whole.annotate({ description: "Coins with a simple return on D" })
}) {}

export const marketIndex = Asset.make("market_index", {
  about: "The tracked coins as one market, day by day: equally weighted, weighted by market cap, and how many rose",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.upTo(priceHistory, Day) },
  into: Table.make(MarketIndex, { key: "day" }),
  per: Day,
  checks: [
    Check.unique("day"),
    Check.within("breadth", 0, 1),
    Check.within("equal_weight", 0, 1e9, "warn"),
    Check.within("cap_weight", 0, 1e9, "warn")
  ],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const days = yield* Day
  return sql`
    WITH
      moves AS (
        SELECT
          day,
          CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 THEN price / lag(price) OVER w - 1 END AS simple_return,
          CASE WHEN lag(market_cap) OVER w > 0 THEN lag(market_cap) OVER w END AS weight
        FROM ${prices}
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      ),
      steps AS (
        SELECT
          day,
          avg(simple_return) AS equal_step,
          sum(simple_return * weight) / sum(weight) FILTER (WHERE simple_return IS NOT NULL) AS cap_step,
          count(simple_return) FILTER (WHERE simple_return > 0) / nullif(count(simple_return), 0) AS breadth,
          count(simple_return) AS coins
        FROM moves
        GROUP BY day
      ),
      chained AS (
        SELECT
          day,
          CASE WHEN count(equal_step) OVER w = day - min(day) OVER w THEN 100 * coalesce(product(1 + equal_step) OVER w, 1) END AS equal_weight,
          CASE WHEN count(cap_step) OVER w = day - min(day) OVER w THEN 100 * coalesce(product(1 + cap_step) OVER w, 1) END AS cap_weight,
          breadth,
          coins
        FROM steps
        WINDOW w AS (ORDER BY day)
      )
    FROM chained
    WHERE day BETWEEN ${days.first} AND ${days.last}`
}))
