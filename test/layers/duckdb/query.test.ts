import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import { layer as duckDb, layerMemory } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { reasonOf } from "./reasonOf.ts"

const stamp = { source: "memory", currency: "usd" }
const endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)"
/** A million rows, whose 900,000th fails: the driver's streams end there as if the result were whole. */
const failsLate = "SELECT i, CASE WHEN i = 900000 THEN error('boom') ELSE 'x' END AS x FROM range(1000000) t(i)"

layer(layerMemory, { excludeTestServices: true })("a query", (it) => {
  it.effect.each([0, 1, 50])("interrupted after %i ms is stopped, and the next one answers", (millis) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const fiber = yield* Effect.forkChild(sql.unsafe(endless), { startImmediately: true })
      yield* Effect.sleep(millis)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    }))

  it.effect("stops at a timeout round it, and what comes next is not disturbed", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(sql.unsafe(endless), "50 millis")))
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    }))

  it.effect("that fails at row 900,000 fails its stream", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const exit = yield* Effect.exit(Stream.runCount(sql.unsafe(failsLate).stream))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(yield* Stream.runCount(sql`SELECT i FROM range(5000) t(i)`.stream), 5000)
    }))

  it.effect("a stream and other queries side by side are whole", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const n = yield* sql`SELECT i FROM range(20000) t(i)`.stream.pipe(
        Stream.mapEffect((row, index) => index % 5000 === 0 ? Effect.as(sql`SELECT 1`, row) : Effect.succeed(row)),
        Stream.runCount
      )
      assert.strictEqual(n, 20000)
    }))

  it.effect("a hundred at once all answer", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const rows = yield* Effect.forEach(Array.from({ length: 100 }, (_, i) => i), (i) => sql<{ i: number }>`SELECT ${i}::INTEGER AS i`, {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(rows.flat().map((_) => _.i), Array.from({ length: 100 }, (_, i) => i))
    }))

  it.effect("with parameters is one statement; without, the last of several answers", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      assert.deepStrictEqual(yield* sql`CREATE OR REPLACE TABLE several AS SELECT 1 AS n; INSERT INTO several VALUES (2); FROM several`, [
        { n: 1 },
        { n: 2 }
      ])
      const error = yield* Effect.flip(sql`DROP TABLE several; SELECT ${1}`)
      assert.match(error.message, /Cannot prepare multiple statements/)
      assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM several WHERE n > ${1}`, [{ n: 1 }])
    }))

  it.effect("an error says what was asked and what came", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const error = yield* Effect.flip(sql`SELECT *
        FROM   no_such_table`)
      assert.strictEqual(error.reason._tag, "SqlSyntaxError")
      assert.match(error.message, /^SELECT \* FROM no_such_table: Catalog Error: Table with name no_such_table does not exist!/)
      assert.notInclude(error.message, "LINE 1")
    }))
})

layer(duckDb({ path: ":memory:", stamp, timeout: "2 seconds", maxRows: 10 }), { excludeTestServices: true })("a database with limits",
  (it) => {
    it.effect("stops a statement at its deadline and says so", () =>
      Effect.gen(function*() {
        const sql = yield* DuckDb
        const error = yield* Effect.flip(sql.unsafe(endless))
        assert.strictEqual(error.reason._tag, "StatementTimeoutError")
        assert.strictEqual(error.message, `${endless}: stopped after 2 s. Ask for less, or give it longer`)
        assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      }))

    it.effect("refuses a result of more rows than it may have, instead of cutting it", () =>
      Effect.gen(function*() {
        const sql = yield* DuckDb
        assert.strictEqual((yield* sql`SELECT i FROM range(10) t(i)`).length, 10)
        const many = sql`SELECT i FROM range(11) t(i)`
        assert.deepStrictEqual(yield* reasonOf(many), { _tag: "TooLarge", rows: 11, limit: 10 })
        assert.deepStrictEqual(yield* reasonOf(Stream.runCount(many.stream)), { _tag: "TooLarge", rows: 11, limit: 10 })
      }))
  })

layer(layerMemory)("under a test's clock", (it) => {
  it.effect("a day that passes does not end the query it waits for", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const fiber = yield* Effect.forkChild(
        sql<{ n: number }>`SELECT count(*) AS n FROM range(3000000) t(i) WHERE md5(i::VARCHAR) LIKE 'a%'`,
        {
          startImmediately: true
        }
      )
      yield* TestClock.adjust("1 day")
      const [row] = yield* Fiber.join(fiber)
      assert.isAbove(row?.n ?? 0, 0)
    }))
})

layer(Layer.fresh(layerMemory), { excludeTestServices: true })("a small pool of threads", (it) => {
  it.effect("leaves files their threads while queries run", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const { stat } = yield* Effect.promise(() => import("node:fs/promises"))
      const queries = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 30 }, (_, i) => i), () => sql.unsafe(endless), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* Effect.sleep("50 millis")
      const answered = yield* Effect.timeoutOption(Effect.promise(() => stat(".")), "2 seconds")
      yield* Fiber.interrupt(queries)
      assert.isTrue(Option.isSome(answered))
    }))
})
