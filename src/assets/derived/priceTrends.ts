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

/** A window of k days is D−k+1 … D on the calendar: where one of its days is missing, so is the value. */
export class PriceTrend extends Schema.Class<PriceTrend>("PriceTrend")({
  coin_id: CoinId,
  day,
  sma_7: Column.figure("Mean of the 7 prices D−6 … D, in the file's currency"),
  sma_30: Column.figure("Mean of the 30 prices D−29 … D, in the file's currency"),
  sma_50: Column.figure("Mean of the 50 prices D−49 … D, in the file's currency"),
  sma_90: Column.figure("Mean of the 90 prices D−89 … D, in the file's currency"),
  sma_200: Column.figure("Mean of the 200 prices D−199 … D, in the file's currency"),
  ema_7: Column.figure("p(D) / 4 + 3 / 4 of the day before's, in the file's currency; seeded with sma_7 7 days after a gap"),
  ema_30: Column.figure("2 p(D) / 31 + 29 / 31 of the day before's, in the file's currency; seeded with sma_30 30 days after a gap"),
  ema_90: Column.figure("2 p(D) / 91 + 89 / 91 of the day before's, in the file's currency; seeded with sma_90 90 days after a gap"),
  volatility_30d: Column.figure("Sample standard deviation of the 30 log returns D−29 … D, × √365: a fraction a year"),
  drawdown: Column.figure("p(D) / the highest price up to and with D, − 1: a fraction, 0 or below; gaps do not matter"),
  rsi_14: Column.figure(
    "Wilder's relative strength index: 100 − 100 / (1 + average gain / average loss), 0 to 100; seeded after 14 changes"
  ),
  bollinger_lower: Column.figure("bollinger_middle − 2 population standard deviations of the 20 prices, in the file's currency"),
  bollinger_middle: Column.figure("Mean of the 20 prices D−19 … D, in the file's currency"),
  bollinger_upper: Column.figure("bollinger_middle + 2 population standard deviations of the 20 prices, in the file's currency"),
  momentum_30: Column.figure("p(D) / p(D−30) − 1, a fraction"),
  volume_trend: Column.figure("Mean volume of the 7 days D−6 … D / of the 30 days D−29 … D − 1, a fraction"),
  cross: Schema.NullOr(Schema.Literals(["golden", "death"])).annotate({
    description: "golden on the day sma_50 rises above sma_200, death on the day it falls below; else missing"
  }),
  trend: Schema.NullOr(Schema.Literals(["up", "down", "sideways"])).annotate({
    description: "up if p > sma_30 > sma_90, down if p < sma_30 < sma_90, else sideways"
  })
}) {}

/**
 * Averages count as above or below each other from the twelfth digit on: of a price that stands still no two are.
 * What decays (the exponential averages, Wilder's average gain and loss) follows from every price since the last gap.
 */
export const priceTrends = Asset.make("price_trends", {
  about: "Each coin's moving averages, volatility, drawdown, RSI, Bollinger bands, momentum and trend, day by day",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.upTo(priceHistory, Day) },
  into: Table.make(PriceTrend, { key: "day" }),
  per: Day,
  checks: [
    Check.unique("coin_id", "day"),
    Check.within("drawdown", -1, 0),
    Check.within("rsi_14", 0, 100),
    Check.within("volatility_30d", 0, 50, "warn")
  ],
  lateAfter: deadlines.figures,
  codeVersion: "2"
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const days = yield* Day
  const [ema7, ema30, ema90, wilder] = [decaying(sql, 3 / 4), decaying(sql, 29 / 31), decaying(sql, 89 / 91), decaying(sql, 13 / 14)]
  return sql`
    WITH
      stretches AS (
        SELECT
          *,
          (day - DATE '1970-01-01') - row_number() OVER w AS stretch,
          max(price) OVER w AS peak,
          any_value(price) OVER (w RANGE BETWEEN INTERVAL 30 DAYS PRECEDING AND INTERVAL 30 DAYS PRECEDING) AS month_before
        FROM ${prices}
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      ),
      changes AS (
        SELECT
          *,
          row_number() OVER w AS n,
          price - lag(price) OVER w AS change,
          CASE WHEN price > 0 AND lag(price) OVER w > 0 THEN ln(price / lag(price) OVER w) END AS log_return
        FROM stretches
        WINDOW w AS (PARTITION BY coin_id, stretch ORDER BY day)
      ),
      averages AS (
        SELECT
          *,
          CASE WHEN n >= 7 THEN avg(price) OVER (w ROWS 6 PRECEDING) END AS sma_7,
          CASE WHEN n >= 20 THEN avg(price) OVER (w ROWS 19 PRECEDING) END AS sma_20,
          CASE WHEN n >= 20 THEN stddev_pop(price) OVER (w ROWS 19 PRECEDING) END AS deviation_20,
          CASE WHEN n >= 30 THEN avg(price) OVER (w ROWS 29 PRECEDING) END AS sma_30,
          CASE WHEN n >= 50 THEN avg(price) OVER (w ROWS 49 PRECEDING) END AS sma_50,
          CASE WHEN n >= 90 THEN avg(price) OVER (w ROWS 89 PRECEDING) END AS sma_90,
          CASE WHEN n >= 200 THEN avg(price) OVER (w ROWS 199 PRECEDING) END AS sma_200,
          CASE WHEN count(log_return) OVER (w ROWS 29 PRECEDING) = 30
            THEN stddev_samp(log_return) OVER (w ROWS 29 PRECEDING) * sqrt(365) END AS volatility_30d,
          CASE WHEN count(total_volume) OVER (w ROWS 29 PRECEDING) = 30
            THEN avg(total_volume) OVER (w ROWS 6 PRECEDING) / nullif(avg(total_volume) OVER (w ROWS 29 PRECEDING), 0) - 1
          END AS volume_trend,
          price / nullif(month_before, 0) - 1 AS momentum_30,
          avg(greatest(change, 0)) OVER (w ROWS 13 PRECEDING) AS gain_14,
          avg(greatest(-change, 0)) OVER (w ROWS 13 PRECEDING) AS loss_14
        FROM changes
        WINDOW w AS (PARTITION BY coin_id, stretch ORDER BY day)
      ),
      seeded AS (
        SELECT
          *,
          ${ema7.weighed(sql`CASE WHEN n < 7 THEN 0 WHEN n = 7 THEN sma_7 ELSE price / 4 END`)} AS in_ema_7,
          ${ema30.weighed(sql`CASE WHEN n < 30 THEN 0 WHEN n = 30 THEN sma_30 ELSE price * 2 / 31 END`)} AS in_ema_30,
          ${ema90.weighed(sql`CASE WHEN n < 90 THEN 0 WHEN n = 90 THEN sma_90 ELSE price * 2 / 91 END`)} AS in_ema_90,
          ${wilder.weighed(sql`CASE WHEN n < 15 THEN 0 WHEN n = 15 THEN gain_14 ELSE greatest(change, 0) / 14 END`)} AS in_gain,
          ${wilder.weighed(sql`CASE WHEN n < 15 THEN 0 WHEN n = 15 THEN loss_14 ELSE greatest(-change, 0) / 14 END`)} AS in_loss,
          CASE WHEN sma_50 > sma_200 * (1 + 1e-12) THEN 1 WHEN sma_50 < sma_200 * (1 - 1e-12) THEN -1 WHEN n >= 200 THEN 0 END AS side
        FROM averages
      ),
      decayed AS (
        SELECT
          *,
          CASE WHEN n >= 7 THEN ${ema7.sum(sql`in_ema_7`)} END AS ema_7,
          CASE WHEN n >= 30 THEN ${ema30.sum(sql`in_ema_30`)} END AS ema_30,
          CASE WHEN n >= 90 THEN ${ema90.sum(sql`in_ema_90`)} END AS ema_90,
          CASE WHEN n >= 15 THEN ${wilder.sum(sql`in_gain`)} END AS gain,
          CASE WHEN n >= 15 THEN ${wilder.sum(sql`in_loss`)} END AS loss,
          lag(side) OVER w AS side_before
        FROM seeded
        WINDOW w AS (PARTITION BY coin_id, stretch ORDER BY day)
      )
    SELECT
      coin_id,
      day,
      sma_7,
      sma_30,
      sma_50,
      sma_90,
      sma_200,
      ema_7,
      ema_30,
      ema_90,
      volatility_30d,
      price / nullif(peak, 0) - 1 AS drawdown,
      CASE WHEN loss > 0 THEN 100 - 100 / (1 + gain / loss) WHEN gain > 0 THEN 100 WHEN gain = 0 THEN 50 END AS rsi_14,
      sma_20 - 2 * deviation_20 AS bollinger_lower,
      sma_20 AS bollinger_middle,
      sma_20 + 2 * deviation_20 AS bollinger_upper,
      momentum_30,
      volume_trend,
      CASE WHEN side = 1 AND side_before <= 0 THEN 'golden' WHEN side = -1 AND side_before >= 0 THEN 'death' END AS "cross",
      CASE
        WHEN sma_90 IS NULL THEN NULL
        WHEN price > sma_30 * (1 + 1e-12) AND sma_30 > sma_90 * (1 + 1e-12) THEN 'up'
        WHEN price < sma_30 * (1 - 1e-12) AND sma_30 < sma_90 * (1 - 1e-12) THEN 'down'
        ELSE 'sideways'
      END AS trend
    FROM decayed
    WHERE day BETWEEN ${days.first} AND ${days.last}`
}))

// helpers

/**
 * y(n) = x(n) + decay · y(n−1) without recursion: x is weighed by how far it lies behind the begin of its block of days,
 * summed over the block so far and the block before, and weighed back. A block is so long that what lies before both
 * weighs less than 1e-250, and no longer, so that no weight overflows.
 */
const decaying = (sql: DuckDbClient, decay: number) => {
  const block = sql.literal(`${Math.floor(-250 * Math.LN10 / Math.log(decay))}`)
  return {
    weighed: (x: ReturnType<typeof sql.literal>) => sql`(${x}) / pow(${decay}, n % ${block})`,
    sum: (x: ReturnType<typeof sql.literal>) =>
      sql`pow(${decay}, n % ${block}) * (
        sum(${x}) OVER (w ROWS n % ${block} PRECEDING)
        + pow(${decay}, ${block}) * coalesce(sum(${x}) OVER (w ROWS BETWEEN n % ${block} + ${block} PRECEDING AND n % ${block} + 1 PRECEDING), 0)
      )`
  }
}
