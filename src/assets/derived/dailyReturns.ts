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

/** The return over the calendar day before `day`, as a fraction; missing where either day's price is missing or not above 0. */
export class DailyReturn extends Schema.Class<DailyReturn>("DailyReturn")({
  coin_id: CoinId,
  day,
  simple_return: Column.figure("p(D) / p(D−1) − 1, a fraction"),
  log_return: Column.figure("ln(p(D) / p(D−1))")
}) {}

/** Formula: p(D) / p(D−1) − 1 and its logarithm, D−1 being the calendar's day before, not the row's. */
export const dailyReturns = Asset.make("daily_returns", {
  about: "How far each coin's price moved since the calendar day before, simple and log",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.trailing(priceHistory, Day, 2) },
  into: Table.make(DailyReturn, { key: "day" }),
  per: Day,
  checks: [Check.unique("coin_id", "day"), Check.within("simple_return", -1, 10, "warn")],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const days = yield* Day
  return sql`
    SELECT
      p.coin_id,
      p.day,
      p.price / b.price - 1 AS simple_return,
      CASE WHEN p.price > 0 THEN ln(p.price / b.price) END AS log_return
    FROM ${prices} p
    LEFT JOIN ${prices} b ON b.coin_id = p.coin_id AND b.day = p.day - 1 AND b.price > 0
    WHERE p.day BETWEEN ${days.first} AND ${days.last}`
}))
