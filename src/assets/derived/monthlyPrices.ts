import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb, type DuckDbClient } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, Month } from "../partitions.ts"
import { type DailyPrice, priceHistory } from "../raw/priceHistory.ts"

/** A coin's month M, from the point M-01 to the point (M+1)-01, which closes it: the last close is the next open. */
export class MonthlyPrice extends Schema.Class<MonthlyPrice>("MonthlyPrice")({
  coin_id: CoinId,
  month: Column.Day.annotate({ description: "The first day of the month" }),
  open: Column.figure("p(M-01), in the file's currency; missing where that point is"),
  high: Schema.Finite.annotate({ description: "The highest of the month's points, in the file's currency" }),
  low: Schema.Finite.annotate({ description: "The lowest of the month's points, in the file's currency" }),
  close: Schema.Finite.annotate({ description: "p((M+1)-01), in the file's currency; where that point is not there, the latest one" }),
  monthly_return: Column.figure("close / open − 1, a fraction"),
  volatility: Column.figure(
    "Sample standard deviation of the log returns stamped M-02 to the close's day, × √365: a fraction a year; missing if one is"
  ),
  volume: Column.figure("Sum of the volumes stamped M-02 to the close's day, in the file's currency; missing if one is"),
  max_drawdown: Column.figure("The lowest p / highest price of the month so far, − 1: a fraction, 0 or below; over the points there are"),
  days: Column.Whole.annotate({ description: "Points there are, of those of M-01 to (M+1)-01" }),
  closed: Schema.Boolean.annotate({ description: "Is the point (M+1)-01 there?" })
}) {}

/** Whatever is missing, the highest point is no lower than any other. */
export const inOrder = Check.custom<MonthlyPrice>("open, close, low and high in order", {
  sql: "low <= close AND close <= high AND coalesce(low <= open AND open <= high, true)"
})

/** A month is made when it has ended; the one that is running is in `month_to_date`. */
export const monthlyPrices = Asset.make("monthly_prices", {
  about: "Each coin's open, high, low, close, return, volatility, volume and drawdown of each month that has ended",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.within(priceHistory, Day, Month, 1) },
  into: Table.make(MonthlyPrice, { key: "month" }),
  per: Month,
  checks: [
    Check.unique("coin_id", "month"),
    Check.within("monthly_return", -1, 20, "warn"),
    Check.within("max_drawdown", -1, 0),
    inOrder
  ],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const { first, last } = yield* Month
  return sql`FROM ${byMonth(sql, prices)} WHERE month BETWEEN ${`${first}-01`} AND ${`${last}-01`}`
}))

/** The rows of the months that the prices lie in: a closing point alone makes none. */
export const byMonth = (sql: DuckDbClient, prices: Table.Rows<DailyPrice>) =>
  sql`(
    WITH
      returns AS (
        SELECT *, CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 AND price > 0 THEN ln(price / lag(price) OVER w) END AS log_return
        FROM ${prices}
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      ),
      points AS (
        SELECT *, date_trunc('month', day)::DATE AS month FROM returns
        UNION ALL BY NAME
        SELECT *, (day - INTERVAL 1 MONTH)::DATE AS month FROM returns WHERE date_trunc('month', day) = day
      ),
      peaks AS (
        SELECT *, max(price) OVER (PARTITION BY coin_id, month ORDER BY day) AS peak
        FROM points
      )
    SELECT
      coin_id,
      month,
      any_value(price) FILTER (WHERE day = month) AS open,
      max(price) AS high,
      min(price) AS low,
      max_by(price, day) AS close,
      max_by(price, day) / nullif(any_value(price) FILTER (WHERE day = month), 0) - 1 AS monthly_return,
      CASE WHEN count(log_return) FILTER (WHERE day > month) = max(day) - month
        THEN stddev_samp(log_return) FILTER (WHERE day > month) * sqrt(365) END AS volatility,
      CASE WHEN count(total_volume) FILTER (WHERE day > month) = max(day) - month
        THEN sum(total_volume) FILTER (WHERE day > month) END AS volume,
      min(price / nullif(peak, 0) - 1) AS max_drawdown,
      count(*) AS days,
      max(day) = (month + INTERVAL 1 MONTH)::DATE AS closed
    FROM peaks
    GROUP BY coin_id, month
    HAVING min(day) < month + INTERVAL 1 MONTH
  )`
