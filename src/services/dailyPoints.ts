/**
 * Daily points out of a chart: each belongs to the UTC date of its stamp, the trailing "now" point is none, of two on one date
 * the one nearest 00:00 wins, a price of null leaves its day missing, and a chart that is not daily is refused, never thinned.
 *
 * The point stamped 00:00 of day D is the price at the start of D. Real daily points are not always at midnight: CoinGecko's
 * history has rows at 00:05 and at 23:29.
 */
import { Data, DateTime, Result } from "effect"

export interface Point {
  /** Epoch milliseconds. */
  readonly time: number
  readonly price: number | null
  readonly marketCap: number | null
  readonly totalVolume: number | null
}

export interface DailyPoint {
  /** ISO date, UTC. */
  readonly day: string
  readonly time: number
  readonly price: number
  readonly marketCap: number | null
  readonly totalVolume: number | null
}

export class NotDaily extends Data.TaggedError("NotDaily")<{ readonly detail: string }> {
  override get message() {
    return this.detail
  }
}

/** `points` in any order; `now` in epoch milliseconds, for telling the "now" point from a day's. */
export const dailyPoints = (points: ReadonlyArray<Point>, now: number): Result.Result<ReadonlyArray<DailyPoint>, NotDaily> => {
  const sorted = points.toSorted((a, b) => a.time - b.time)
  const last = sorted.at(-1)
  const kept = last !== undefined && isNowPoint(last.time, now) ? sorted.slice(0, -1) : sorted
  const byDate = Map.groupBy(kept, (point) => point.time - offset(point.time))
  const problem = notDaily(kept, byDate)
  if (problem !== undefined) return Result.fail(new NotDaily({ detail: problem }))
  return Result.succeed(
    Array.from(byDate).flatMap(([midnight, [first, ...others]]) => {
      if (first === undefined) return []
      const { marketCap, price, time, totalVolume } = others.reduce((a, b) => (offset(b.time) < offset(a.time) ? b : a), first)
      return price === null ? [] : [{ day: DateTime.formatIsoDateUtc(DateTime.makeUnsafe(midnight)), time, price, marketCap, totalVolume }]
    })
  )
}

// helpers

const minute = 60_000
const date = 24 * 60 * minute

/** How far a recorded daily row may be from its midnight and still be ordinary (00:05:28 is the farthest but two). */
const tolerance = 10 * minute

/** Today's 00:00 point is published from 00:10 on; a point stamped 00:00 before that is the running figure. */
const published = 10 * minute

const offset = (time: number) => ((time % date) + date) % date

/**
 * The last point of a chart is the running figure, unless it is at midnight. A row slightly off midnight is a day's row, but not
 * in the last day: there it cannot be told from a running figure of just after midnight that a cache gave out later. A coin that
 * is no longer traded ends with its last update, at any hour of any day.
 */
const isNowPoint = (time: number, now: number) => {
  if (offset(time) === 0) return now - time < published
  return offset(time) > tolerance || time > now - date
}

/** Hourly or finer: three points on one date, or more than a tenth of them (and more than one) off midnight. */
const notDaily = (points: ReadonlyArray<Point>, byDate: ReadonlyMap<number, ReadonlyArray<Point>>): string | undefined => {
  const crowded = Array.from(byDate.values()).find((sameDate) => sameDate.length > 2)
  if (crowded !== undefined) return `${crowded.length} points on ${iso(crowded[0])}`
  const off = points.filter((point) => offset(point.time) > tolerance)
  if (off.length > Math.max(1, points.length / 10))
    return `${off.length} of ${points.length} points are not near 00:00 UTC, such as ${iso(off[0])}`
  return undefined
}

const iso = (point: Point | undefined) => (point === undefined ? "no date" : DateTime.formatIso(DateTime.makeUnsafe(point.time)))
