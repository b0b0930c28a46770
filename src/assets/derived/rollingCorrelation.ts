import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb, type DuckDbClient } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/** Missing where either coin lacks one of the returns, or does not vary. */
export class RollingCorrelation extends Schema.Class<RollingCorrelation>("RollingCorrelation")({
  coin_id: CoinId,
  day,
  correlation_30: Column.figure("Pearson's r of the 30 log returns D−29 … D and bitcoin's, −1 to 1"),
  correlation_90: Column.figure("Pearson's r of the 90 log returns D−89 … D and bitcoin's, −1 to 1")
}) {}

/** What does not vary correlates with nothing. */
export const rollingCorrelation = Asset.make("rolling_correlation", {
  about: "How closely each coin's daily log returns moved with bitcoin's over the last 30 and 90 days, day by day",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.trailing(priceHistory, Day, 91) },
  into: Table.make(RollingCorrelation, { key: "day" }),
  per: Day,
  checks: [Check.unique("coin_id", "day"), Check.within("correlation_30", -1, 1), Check.within("correlation_90", -1, 1)],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const days = yield* Day
  return sql`
    WITH
      returns AS (
        SELECT
          coin_id,
          day,
          CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 AND price > 0 THEN ln(price / lag(price) OVER w) END AS log_return
        FROM ${prices}
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      ),
      paired AS (
        SELECT r.coin_id, r.day, r.log_return AS x, b.log_return AS y
        FROM returns r
        LEFT JOIN returns b ON b.coin_id = 'bitcoin' AND b.day = r.day
      ),
      rolled AS (
        SELECT coin_id, day, ${over(sql, 30)} AS correlation_30, ${over(sql, 90)} AS correlation_90
        FROM paired
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      )
    FROM rolled
    WHERE day BETWEEN ${days.first} AND ${days.last}`
}))

// helpers

const over = (sql: DuckDbClient, days: number) => {
  const frame = sql.literal(`(w RANGE INTERVAL ${days - 1} DAY PRECEDING)`)
  return sql`CASE
    WHEN count(x + y) OVER ${frame} = ${days}
      AND max(x) OVER ${frame} > min(x) OVER ${frame}
      AND max(y) OVER ${frame} > min(y) OVER ${frame}
    THEN greatest(-1, least(1, corr(x, y) OVER ${frame}))
  END`
}
