import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { riskFreeRate } from "../settings.ts"

const day = (description: string) => Schema.NullOr(Column.Day).annotate({ description })

/** A coin's whole history in figures, as of L, its last day. A figure is missing where a day or a price above 0 that it needs is. */
export class CoinStatistic extends Schema.Class<CoinStatistic>("CoinStatistic")({
  coin_id: CoinId,
  first_day: Column.Day.annotate({ description: "The first day with a price" }),
  last_day: Column.Day.annotate({ description: "L, the last day with a price" }),
  days: Column.Whole.annotate({ description: "Days with a price" }),
  gaps: Column.Whole.annotate({ description: "Calendar days without a price between the first and the last" }),
  coverage: Schema.Finite.annotate({ description: "days / (days + gaps), a fraction" }),
  return_1: Column.figure("p(L) / p(L−1) − 1, a fraction"),
  return_7: Column.figure("p(L) / p(L−7) − 1, a fraction"),
  return_30: Column.figure("p(L) / p(L−30) − 1, a fraction"),
  return_90: Column.figure("p(L) / p(L−90) − 1, a fraction"),
  return_365: Column.figure(
    "p(L) / p(L−365) − 1, a fraction; needs 366 points, and a free plan serves 365: missing until a day more has been kept"
  ),
  volatility_30d: Column.figure("Sample standard deviation of the 30 log returns L−29 … L, × √365: a fraction a year"),
  volatility_90d: Column.figure("Sample standard deviation of the 90 log returns L−89 … L, × √365: a fraction a year"),
  volatility_all: Column.figure("Sample standard deviation of all log returns there are, × √365: a fraction a year"),
  max_drawdown: Column.figure("The lowest p / highest price so far, − 1: a fraction, 0 or below"),
  peak_day: day("The first day of the highest price that the trough is measured from"),
  trough_day: day("The first day at max_drawdown"),
  recovery_day: day("The first day after trough_day at or above the price of peak_day; missing if none"),
  sharpe: Column.figure(
    "mean(e) / sample standard deviation(e) × √365, e = simple return − CRYPTO_RISK_FREE_RATE / 365, over all returns there are"
  ),
  sortino: Column.figure("mean(e) / √mean(min(e, 0)²) × √365, e as for sharpe"),
  best_day: day("The first day with best_return"),
  best_return: Column.figure("The highest simple return of a day, a fraction"),
  worst_day: day("The first day with worst_return"),
  worst_return: Column.figure("The lowest simple return of a day, a fraction"),
  beta: Column.figure("cov(log return, bitcoin's) / var(bitcoin's), sample, over the days both have; missing under 30 of them"),
  correlation_btc: Column.figure("Pearson correlation of the log returns with bitcoin's over the days both have; missing under 30 of them")
}) {}

/** A series that does not vary has no Sharpe ratio, beta or correlation. */
export const coinStatistics = Asset.make("coin_statistics", {
  about: "Each coin's returns, volatility, drawdown, Sharpe and Sortino ratios, beta and coverage as of its last day",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.every(priceHistory, Day) },
  settings: riskFreeRate,
  into: Table.make(CoinStatistic),
  checks: [
    Check.unique("coin_id"),
    Check.within("coverage", 0, 1),
    Check.within("max_drawdown", -1, 0),
    Check.within("correlation_btc", -1, 1),
    Check.within("coverage", 0.99, 1, "warn")
  ],
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const { riskFreeRate: rate } = yield* Settings
  const since = (days: number) =>
    sql`
    any_value(price) FILTER (WHERE day = s.last_day) / nullif(any_value(price) FILTER (WHERE day = s.last_day - ${days}), 0) - 1`
  const volatility = (days: number) =>
    sql`
    CASE WHEN count(log_return) FILTER (WHERE day > s.last_day - ${days}) = ${days}
      THEN stddev_samp(log_return) FILTER (WHERE day > s.last_day - ${days}) * sqrt(365) END`
  return sql`
    WITH
      returns AS (
        SELECT
          coin_id,
          day,
          price,
          max(price) OVER w AS peak,
          CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 THEN price / lag(price) OVER w - 1 END AS simple_return,
          CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 AND price > 0 THEN ln(price / lag(price) OVER w) END AS log_return
        FROM ${prices}
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      ),
      spans AS (
        SELECT
          coin_id,
          min(day) AS first_day,
          max(day) AS last_day,
          count(*) AS days,
          min(price / nullif(peak, 0) - 1) AS max_drawdown,
          max(simple_return) AS best_return,
          min(simple_return) AS worst_return
        FROM returns
        GROUP BY coin_id
      ),
      troughs AS (
        SELECT coin_id, min(day) AS trough_day, min_by(peak, day) AS peak
        FROM returns
        JOIN spans USING (coin_id)
        WHERE price / nullif(peak, 0) - 1 = max_drawdown
        GROUP BY coin_id
      ),
      paired AS (
        SELECT r.coin_id, r.log_return, b.log_return AS bitcoin
        FROM returns r
        JOIN returns b ON b.coin_id = 'bitcoin' AND b.day = r.day
        WHERE r.log_return IS NOT NULL AND b.log_return IS NOT NULL
      ),
      market AS (
        SELECT
          coin_id,
          CASE WHEN max(bitcoin) > min(bitcoin) THEN covar_samp(log_return, bitcoin) / var_samp(bitcoin) END AS beta,
          CASE WHEN max(bitcoin) > min(bitcoin) AND max(log_return) > min(log_return)
            THEN greatest(-1, least(1, corr(log_return, bitcoin))) END AS correlation_btc
        FROM paired
        GROUP BY coin_id
        HAVING count(*) >= 30
      )
    SELECT
      s.coin_id,
      s.first_day,
      s.last_day,
      s.days,
      s.last_day - s.first_day + 1 - s.days AS gaps,
      s.days / (s.last_day - s.first_day + 1) AS coverage,
      ${since(1)} AS return_1,
      ${since(7)} AS return_7,
      ${since(30)} AS return_30,
      ${since(90)} AS return_90,
      ${since(365)} AS return_365,
      ${volatility(30)} AS volatility_30d,
      ${volatility(90)} AS volatility_90d,
      stddev_samp(log_return) * sqrt(365) AS volatility_all,
      s.max_drawdown,
      min(day) FILTER (WHERE price = t.peak) AS peak_day,
      t.trough_day,
      min(day) FILTER (WHERE day > t.trough_day AND price >= t.peak) AS recovery_day,
      CASE WHEN max(simple_return) > min(simple_return)
        THEN avg(simple_return - ${rate} / 365) / stddev_samp(simple_return) * sqrt(365) END AS sharpe,
      avg(simple_return - ${rate} / 365)
        / nullif(sqrt(avg(least(simple_return - ${rate} / 365, 0) ** 2) FILTER (WHERE simple_return IS NOT NULL)), 0)
        * sqrt(365) AS sortino,
      min(day) FILTER (WHERE simple_return = s.best_return) AS best_day,
      s.best_return,
      min(day) FILTER (WHERE simple_return = s.worst_return) AS worst_day,
      s.worst_return,
      m.beta,
      m.correlation_btc
    FROM returns r
    JOIN spans s USING (coin_id)
    LEFT JOIN troughs t USING (coin_id)
    LEFT JOIN market m USING (coin_id)
    GROUP BY ALL`
}))
