import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { dailyPoints, type Point } from "../../src/services/dailyPoints.ts"

const now = Date.UTC(2026, 10, 23, 9, 30)
const at = (iso: string, price: number | null = 1): Point => ({ time: Date.parse(iso), price, marketCap: null, totalVolume: null })
const days = (points: ReadonlyArray<Point>, when = now) =>
  Result.map(dailyPoints(points, when), (_) => _.map((day) => [day.day, day.price]))

describe("daily points", () => {
  it("belong to the date of their stamp; the running figure at the end is none", () => {
    assert.deepStrictEqual(
      days([at("2026-11-22T00:00:00Z", 1), at("2026-11-23T00:00:00Z", 2), at("2026-11-23T09:29:58Z", 3)]),
      Result.succeed([["2026-11-22", 1], ["2026-11-23", 2]])
    )
  })
  it("keep today's midnight when it is the last point, but not within the ten minutes in which it is still the running figure", () => {
    const points = [at("2026-11-22T00:00:00Z", 1), at("2026-11-23T00:00:00Z", 2)]
    assert.deepStrictEqual(days(points), Result.succeed([["2026-11-22", 1], ["2026-11-23", 2]]))
    assert.deepStrictEqual(days(points, Date.UTC(2026, 10, 23, 0, 9)), Result.succeed([["2026-11-22", 1]]))
  })
  it("of two on one date the one nearest midnight wins, whatever their order", () => {
    const points = [at("2026-11-20T00:05:00Z", 9), at("2026-11-20T00:00:00Z", 1), at("2026-11-21T00:00:00Z", 2)]
    assert.deepStrictEqual(days(points), Result.succeed([["2026-11-20", 1], ["2026-11-21", 2]]))
    assert.deepStrictEqual(days(points.toReversed()), Result.succeed([["2026-11-20", 1], ["2026-11-21", 2]]))
  })
  it("a row that is recorded off midnight is its date's; a null leaves its day missing; nothing is filled", () => {
    const points = [
      at("2026-11-18T00:05:28Z", 1),
      at("2026-11-19T00:00:00Z", null),
      at("2026-11-21T00:00:00Z", 3),
      at("2026-11-22T00:00:00Z", 4)
    ]
    assert.deepStrictEqual(days(points), Result.succeed([["2026-11-18", 1], ["2026-11-21", 3], ["2026-11-22", 4]]))
  })
  it("a coin that is no longer traded ends with a row near midnight, which is its day's, or with its last update, which is none", () => {
    assert.deepStrictEqual(days([at("2026-10-01T00:00:00Z", 1), at("2026-10-02T00:05:28Z", 2)]),
      Result.succeed([["2026-10-01", 1], ["2026-10-02", 2]]))
    assert.deepStrictEqual(days([at("2026-10-01T00:00:00Z", 1), at("2026-10-02T00:15:00Z", 2)]), Result.succeed([["2026-10-01", 1]]))
  })
  it("hourly points are refused, never thinned", () => {
    const hourly = Array.from({ length: 72 }, (_, i) => at(new Date(Date.UTC(2026, 10, 19, i)).toISOString()))
    const result = dailyPoints(hourly, now)
    assert.isTrue(Result.isFailure(result))
    if (Result.isFailure(result)) assert.include(result.failure.message, "24 points on 2026-11-19")
  })
})
