/** The example is a pipeline like any other: it is planned, run, and tested with its own source and in memory. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { DuckDb, Run, Status } from "../../src/index.ts"
import { floods, Gauges, GaugeSilent, layer, peaks, program, readings, worst } from "../../examples/river.ts"

/** Noon of Tuesday 3 November 2026: of the four weeks before, the clocks were set back in the second. */
const november = TestClock.setTime(Date.UTC(2026, 10, 3, 12))
const world = Layer.fresh(layer())

it.effect("says the plan, runs it, and finds nothing to do the second time", () =>
  Effect.gen(function*() {
    yield* november
    yield* program
    assert.deepStrictEqual((yield* TestConsole.logLines).slice(0, 2), [
      "readings 2026-10-06..2026-11-02, 2 subjects (never made 56), 2 calls\n" +
      "peaks 2026-10-06..2026-11-02 (never made 28)\n" +
      "floods 2026-10-12..2026-10-26 (never made 3)\n" +
      "worst (never made)",
      "run succeeded, 5 parts made"
    ])
    yield* program
    assert.strictEqual((yield* TestConsole.logLines)[4], "nothing to do")
  }).pipe(Effect.provide(world)))

it.effect("knows the day of 25 hours, and the weeks by their Mondays", () =>
  Effect.gen(function*() {
    yield* november
    yield* Run.upToDate([peaks, worst])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT day, hours FROM peaks WHERE gauge = 'bonn' AND hours <> 24`, [{
      day: "2026-10-25",
      hours: 25
    }])
    assert.deepStrictEqual(yield* sql`SELECT DISTINCT week FROM floods ORDER BY week`,
      ["12", "19", "26"].map((_) => ({ week: `2026-10-${_}` })))
    assert.deepStrictEqual(
      yield* sql`FROM worst ORDER BY gauge`,
      yield* sql`
        SELECT gauge, max_by(week, days * 100000 + datediff('day', DATE '2026-01-01', week)) AS week, max(days) AS days
        FROM floods GROUP BY gauge ORDER BY gauge`
    )
  }).pipe(Effect.provide(world)))

it.effect("a silent gauge leaves the other written, and is asked again", () => {
  let silent = true
  const gauges = Layer.succeed(Gauges, {
    names: ["bonn", "dresden"],
    level: (gauge) => silent && gauge === "bonn" ? new GaugeSilent({ gauge }) : Effect.succeed(6)
  })
  return Effect.gen(function*() {
    yield* november
    const [report] = yield* Run.upToDate([peaks, worst])
    assert.strictEqual(report?.state, "partial")
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT gauge, days FROM worst`, [{ gauge: "dresden", days: 7 }])
    assert.deepStrictEqual((yield* Status.of([readings, peaks, floods])).map((_) => _.state), ["failed", "stale", "stale"])
    silent = false
    yield* TestClock.adjust("1 minute")
    yield* Run.upToDate([peaks, worst])
    assert.deepStrictEqual(yield* sql`SELECT gauge, days FROM worst ORDER BY gauge`,
      ["bonn", "dresden"].map((gauge) => ({ gauge, days: 7 })))
    assert.deepStrictEqual((yield* Status.of([readings, peaks, floods, worst])).map((_) => _.state), ["fresh", "fresh", "fresh", "fresh"])
  }).pipe(Effect.provide(Layer.provideMerge(gauges, world)))
})
