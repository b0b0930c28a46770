import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Link, load } from "../../../src/layers/duckdb/native.ts"

const endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)"
const link = Effect.acquireRelease(
  Effect.gen(function*() {
    const duck = yield* load
    const instance = yield* Effect.promise(() => duck.DuckDBInstance.create(":memory:"))
    return { instance, link: new Link(yield* Effect.promise(() => instance.connect())) }
  }),
  ({ instance, link }) =>
    Effect.andThen(
      Effect.promise(() => link.stop()),
      Effect.sync(() => {
        link.close()
        instance.closeSync()
      })
    )
)

it.live("a query that is stopped before it has begun is stopped all the same: DuckDB forgets the first request", () =>
  Effect.gen(function*() {
    const { link: one } = yield* link
    for (let n = 0; n < 20; n++) {
      let settled = false
      const fiber = yield* Effect.forkChild(
        one.run((connection) =>
          connection.run(endless).finally(() => {
            settled = true
          })
        ),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(fiber)
      assert.isTrue(settled, "an interruption is over when nothing runs any more")
    }
    const result = yield* one.run((connection) => connection.run("SELECT 1"))
    assert.strictEqual(result.rowCount, 1)
  }))

it.live("work in JavaScript is told to stop, and has stopped when the interruption is over", () =>
  Effect.gen(function*() {
    const { link: one } = yield* link
    let stopped = false
    const fiber = yield* Effect.forkChild(
      one.run(async (_, stopping) => {
        while (!stopping()) await new Promise((resume) => setTimeout(resume, 1))
        stopped = true
      }),
      { startImmediately: true }
    )
    yield* Fiber.interrupt(fiber)
    assert.isTrue(stopped)
  }))
