import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { Link, load } from "../../../src/layers/duckdb/native.ts"

const endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)"
const link = Effect.acquireRelease(
  Effect.gen(function*() {
    const duck = yield* load
    const instance = yield* Effect.promise(() => duck.DuckDBInstance.create(":memory:"))
    return { instance, link: new Link(yield* Effect.promise(() => instance.connect())) }
  }),
  ({ instance, link }) =>
    Effect.sync(() => {
      link.close()
      instance.closeSync()
    })
)

it.live("a query that is stopped before it has begun is stopped all the same: DuckDB forgets the first request", () =>
  Effect.gen(function*() {
    const { link: one } = yield* link
    const millis: Array<number> = []
    for (let n = 0; n < 20; n++) {
      const fiber = yield* Effect.forkChild(one.run((connection) => connection.run(endless)), { startImmediately: true })
      const [took] = yield* Effect.timed(Fiber.interrupt(fiber))
      millis.push(Duration.toMillis(took))
    }
    // the middle one: a busy machine may hold up any single one
    assert.isBelow(millis.sort((a, b) => a - b)[10] ?? Infinity, 200)
    const result = yield* one.run((connection) => connection.run("SELECT 1"))
    assert.strictEqual(result.rowCount, 1)
  }))

it.live("work in JavaScript is told to stop", () =>
  Effect.gen(function*() {
    const { link: one } = yield* link
    const fiber = yield* Effect.forkChild(
      one.run(async (_, stopping) => {
        while (!stopping()) await new Promise((resume) => setTimeout(resume, 1))
      }),
      { startImmediately: true }
    )
    const [took] = yield* Effect.timed(Fiber.interrupt(fiber))
    assert.isBelow(Duration.toMillis(took), 200)
  }))
