import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { layer } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { folder } from "./process.ts"
import { reasonOf } from "./reasonOf.ts"

const stamp = { source: "sandbox", currency: "usd" }
/** DuckDB's own switch for tests: a checkpoint that fails half-way, as a full disk makes it, and takes the database down. */
const failing = { debug_checkpoint_abort: "before_header" }
const breaking = (path: string) => layer({ path, stamp, settings: failing })
const endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)"
const count = DuckDb.use((sql) => Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM t`, ([row]) => row?.n))

describe("a database that DuckDB gives up", () => {
  it.live("says so, and is opened again at the next use with all that was committed", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t AS SELECT i FROM range(1000) r(i)`
        for (const _ of [1, 2]) {
          const error = yield* Effect.flip(sql.checkpoint)
          assert.strictEqual(error.reason._tag, "ConnectionError")
          assert.match(error.message,
            /CHECKPOINT: DuckDB gave the database up: .*checkpoint.* What was committed is safe; it is opened again at the next use/)
          assert.strictEqual(yield* count, 1000)
        }
        yield* sql`INSERT INTO t VALUES (1)`
        assert.strictEqual(yield* count, 1001)
      }).pipe(Effect.provide(breaking(path)))
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql.checkpoint
        assert.strictEqual(yield* count, 1001)
      }).pipe(Effect.provide(layer({ path, stamp })))
    }))

  it.live("ends what runs on it with an error", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t AS SELECT i FROM range(1000) r(i)`
        const query = yield* Effect.forkChild(Effect.exit(sql.unsafe(endless)), { startImmediately: true })
        yield* Effect.sleep("50 millis")
        yield* Effect.flip(sql.checkpoint)
        assert.isTrue(Exit.isFailure(yield* Fiber.join(query)))
        assert.strictEqual(yield* count, 1000)
      }).pipe(Effect.provide(breaking(path)))
    }))

  it.live("in a COMMIT, by the checkpoint that DuckDB adds to it: an error, and the rows are whole or absent", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t (i INTEGER)`
        const reason = yield* reasonOf(sql.withTransaction(sql`INSERT INTO t SELECT i FROM range(10000) r(i)`))
        assert.strictEqual(reason?._tag, "Down")
        assert.include([0, 10000], yield* count)
      }).pipe(Effect.provide(layer({ path, stamp, settings: { ...failing, checkpoint_threshold: "1KB" } })))
    }))

  it.live("stays down the third time in ten minutes, and says why", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t AS SELECT i FROM range(1000) r(i)`
        for (const _ of [1, 2, 3]) yield* Effect.flip(sql.checkpoint)
        const error = yield* Effect.flip(count)
        assert.strictEqual(error.reason._tag, "UnknownError")
        assert.isFalse(error.isRetryable)
        assert.match(error.message, /gave the database up again and again, last with: IO Error: .*checkpoint/)
      }).pipe(Effect.provide(breaking(path)))
      assert.strictEqual(yield* Effect.provide(count, layer({ path, stamp })), 1000)
    }))

  it.effect("but not when they lie further apart", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t AS SELECT i FROM range(1000) r(i)`
        for (const _ of [1, 2, 3, 4]) {
          yield* Effect.flip(sql.checkpoint)
          yield* TestClock.adjust("6 minutes")
        }
        assert.strictEqual(yield* count, 1000)
      }).pipe(Effect.provide(breaking(path)))
    }))

  it.live("is not made anew when its file has gone meanwhile", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* sql`CREATE TABLE t AS SELECT i FROM range(1000) r(i)`
        yield* Effect.flip(sql.checkpoint)
        rmSync(path)
        assert.strictEqual((yield* reasonOf(count))?._tag, "Replaced")
      }).pipe(Effect.provide(breaking(path)))
    }))
})

describe("a database that is closed", () => {
  it.live("stops what still runs, and lets the file go", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      const scope = yield* Scope.make()
      const context = yield* Scope.provide(Layer.build(layer({ path, stamp })), scope)
      const query = yield* Effect.forkChild(Effect.exit(Effect.provideContext(DuckDb.use((sql) => sql.unsafe(endless)), context)), {
        startImmediately: true
      })
      yield* Effect.sleep("50 millis")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(query)))
      yield* Effect.scoped(Layer.build(layer({ path, stamp })))
    }))
})
