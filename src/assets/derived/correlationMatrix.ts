import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/** Two coins, in either order, and a coin with itself. */
export class Correlation extends Schema.Class<Correlation>("Correlation")({
  coin_a: CoinId.annotate({ description: "CoinGecko's id of the one coin" }),
  coin_b: CoinId.annotate({ description: "CoinGecko's id of the other; each pair is there both ways round, and each coin with itself" }),
  correlation: Column.figure("Pearson's r of the log returns over the days both coins have one, −1 to 1; missing under 30 of them"),
  days: Column.Whole.annotate({ description: "Days on which both coins have a log return" })
}) {}

/**
 * What does not vary correlates with nothing.
 *
 * A join in SQL would have a row a pair of coins and day: for a thousand coins over ten years that is minutes and
 * gigabytes. So the series come here, and each pair is a loop over two arrays.
 */
export const correlationMatrix = Asset.make("correlation_matrix", {
  about: "How closely the daily log returns of each two coins move together, over all days both have",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.every(priceHistory, Day) },
  into: Table.make(Correlation),
  checks: [Check.unique("coin_a", "coin_b"), Check.within("correlation", -1, 1)],
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const found = yield* sql<{ coin_id: string; length: number; days: ReadonlyArray<number>; returns: ReadonlyArray<number> }>`
    WITH returns AS (
      SELECT
        coin_id,
        day - min(day) OVER () AS nth,
        CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 AND price > 0 THEN ln(price / lag(price) OVER w) END AS log_return
      FROM ${prices}
      WINDOW w AS (PARTITION BY coin_id ORDER BY day)
    )
    SELECT
      coin_id,
      (SELECT max(nth) + 1 FROM returns) AS length,
      coalesce(list(nth ORDER BY nth) FILTER (WHERE log_return IS NOT NULL), []) AS days,
      coalesce(list(log_return ORDER BY nth) FILTER (WHERE log_return IS NOT NULL), []) AS returns
    FROM returns
    GROUP BY coin_id
    ORDER BY coin_id`
  const series = found.map(({ coin_id, days, length, returns }) => toSeries(coin_id, days, returns, length))
  const rows: Array<Correlation> = []
  for (const [i, a] of series.entries()) {
    // a thousand coins take seconds: others have their turn
    yield* Effect.yieldNow
    for (const b of series.slice(i)) {
      const pair = correlate(a, b)
      rows.push(new Correlation({ coin_a: a.coin, coin_b: b.coin, ...pair }))
      if (a !== b) rows.push(new Correlation({ coin_a: b.coin, coin_b: a.coin, ...pair }))
    }
  }
  return rows
}))

// helpers

/** A coin's log returns by day, and how far they lie from their mean; NaN where there is none. */
interface Series {
  readonly coin: string
  readonly values: Float64Array
  readonly centred: Float64Array
  /** The days that have one, as text. */
  readonly days: string
  readonly sums: Sums
}

/** Of the days that two series share: how many, the sums of squares and of products, and how far each series reaches. */
interface Sums {
  readonly n: number
  readonly xx: number
  readonly yy: number
  readonly xy: number
  readonly spread: number
}

const toSeries = (coin: string, days: ReadonlyArray<number>, returns: ReadonlyArray<number>, length: number): Series => {
  const mean = returns.reduce((sum, _) => sum + _, 0) / returns.length
  const values = new Float64Array(length).fill(NaN)
  days.forEach((day, i) => values[day] = returns[i] ?? NaN)
  return { coin, values, centred: values.map((_) => _ - mean), days: days.join(), sums: shared(values, values) }
}

/** So few days say nothing. */
const least = 30

const correlate = (a: Series, b: Series): { readonly correlation: number | null; readonly days: number } => {
  // of two series over the same days, all but the products is known
  const { n, spread, xx, xy, yy } = a.days === b.days
    ? { ...a.sums, yy: b.sums.xx, xy: product(a.centred, b.centred), spread: Math.min(a.sums.spread, b.sums.spread) }
    : shared(a.values, b.values)
  const correlation = n < least || spread === 0 ? null : Math.max(-1, Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy)))
  return { correlation, days: n }
}

const product = (x: Float64Array, y: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < x.length; i++) {
    const term = (x[i] ?? NaN) * (y[i] ?? NaN)
    if (term === term) sum += term
  }
  return sum
}

const shared = (x: Float64Array, y: Float64Array): Sums => {
  let [n, sumX, sumY, minX, maxX, minY, maxY] = [0, 0, 0, Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < x.length; i++) {
    const u = x[i] ?? NaN
    const v = y[i] ?? NaN
    if (u !== u || v !== v) continue
    n++
    sumX += u
    sumY += v
    if (u < minX) minX = u
    if (u > maxX) maxX = u
    if (v < minY) minY = v
    if (v > maxY) maxY = v
  }
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const u = (x[i] ?? NaN) - sumX / n
    const v = (y[i] ?? NaN) - sumY / n
    if (u !== u || v !== v) continue
    xx += u * u
    yy += v * v
    xy += u * v
  }
  return { n, xx, yy, xy, spread: Math.min(maxX - minX, maxY - minY) }
}
