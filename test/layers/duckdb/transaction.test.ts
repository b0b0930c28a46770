import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option, Ref } from "effect"
import { SqlError } from "effect/sql"
import { layerMemory } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { ownTable } from "./ownTable.ts"
import { reasonOf } from "./reasonOf.ts"

const conflict = new SqlError.SqlError({ reason: new SqlError.SerializationError({ cause: "Conflict on update!" }) })

layer(layerMemory, { excludeTestServices: true })("a transaction", (it) => {
  it.effect("keeps all of it, or nothing", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("whole")
      yield* sql.withTransaction(Effect.andThen(add(1), add(2)))
      yield* Effect.exit(sql.withTransaction(Effect.andThen(add(3), Effect.fail("no"))))
      assert.deepStrictEqual(yield* all, [1, 2])
    }))

  // DuckDB answers COMMIT with success after both of these, and keeps nothing after the first, the earlier rows after the second
  it.effect.each<readonly [what: string, bad: string]>([
    ["a statement that fails as it runs", "SELECT error('boom')"],
    ["a statement that fails to bind", "SELECT * FROM no_such_table"],
    ["a parameter that does not fit", "SELECT $1"]
  ])("%s ends it, also when the error is caught", ([, bad]) =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("poisoned")
      const params = bad.includes("$1") ? [NaN] : []
      const tried = sql.withTransaction(Effect.gen(function*() {
        yield* add(1)
        yield* Effect.ignore(sql.unsafe(bad, params))
      }))
      const reason = yield* reasonOf(tried)
      assert.strictEqual(reason?._tag, "NotAllowed")
      assert.include(reason?._tag === "NotAllowed" ? reason.found : "", bad)
      assert.deepStrictEqual(yield* all, [])
    }))

  it.effect("refuses what follows a failure, instead of letting it look as if it counted", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("follows")
      const second = yield* Ref.make(Option.none<boolean>())
      yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
        yield* Effect.ignore(sql`SELECT * FROM no_such_table`)
        yield* Ref.set(second, Option.some(Exit.isSuccess(yield* Effect.exit(add(1)))))
      })))
      assert.deepStrictEqual(yield* Ref.get(second), Option.some(false))
      assert.deepStrictEqual(yield* all, [])
    }))

  it.effect("a statement that ran out of time inside it ends it, too", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("late")
      const slow = sql`SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)`
      const tried = sql.withTransaction(Effect.andThen(add(1), Effect.timeoutOption(slow, "30 millis")))
      assert.strictEqual((yield* reasonOf(tried))?._tag, "NotAllowed")
      assert.deepStrictEqual(yield* all, [])
    }))

  it.effect("a transaction inside another joins it: both are kept", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("joins")
      yield* sql.withTransaction(Effect.andThen(add(1), sql.withTransaction(add(2))))
      assert.deepStrictEqual(yield* all, [1, 2])
    }))

  it.effect("a transaction inside another that fails ends both, also when its error is caught", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("inner")
      const tried = sql.withTransaction(Effect.gen(function*() {
        yield* add(1)
        yield* Effect.ignore(sql.withTransaction(Effect.andThen(add(2), Effect.fail("inner"))))
      }))
      assert.strictEqual((yield* reasonOf(tried))?._tag, "NotAllowed")
      assert.deepStrictEqual(yield* all, [])
    }))

  it.effect("an interrupted one is rolled back, and the next has its turn", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("interrupted")
      const inside = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* add(1)
        yield* Deferred.succeed(inside, undefined)
        return yield* Effect.never
      })))
      yield* Deferred.await(inside)
      yield* Fiber.interrupt(fiber)
      yield* sql.withTransaction(add(2))
      assert.deepStrictEqual(yield* all, [2])
    }))

  it.effect("transactions take turns: a delete never wins silently over an update", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("turns")
      yield* add(1)
      const updated = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`UPDATE turns SET i = 10 WHERE i = 1`
        yield* Deferred.succeed(updated, undefined)
        yield* Effect.sleep("20 millis")
      })))
      yield* Deferred.await(updated)
      // would delete the old row under the update's feet; as the second of two it finds no such row
      yield* sql.withTransaction(sql`DELETE FROM turns WHERE i = 1`)
      yield* Fiber.join(first)
      assert.deepStrictEqual(yield* all, [10])
    }))

  it.effect("a statement outside of it that writes waits for its turn, one that reads does not", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("waits")
      yield* add(1)
      const updated = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`UPDATE waits SET i = 10 WHERE i = 1`
        yield* Deferred.succeed(updated, undefined)
        yield* Deferred.await(go)
      })))
      yield* Deferred.await(updated)
      const remove = yield* Effect.forkChild(sql`DELETE FROM waits WHERE i = 1`, { startImmediately: true })
      assert.deepStrictEqual(yield* all, [1])
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(first)
      yield* Fiber.join(remove)
      assert.deepStrictEqual(yield* all, [10])
    }))

  it.effect("two fibers of one process do not share a connection: a rollback takes back its own rows only", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("own")
      yield* Effect.all([
        Effect.exit(sql.withTransaction(Effect.andThen(add(1), Effect.fail("no")))),
        ...[2, 3, 4, 5].map((i) => add(i)),
        sql.withTransaction(add(6))
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* all, [2, 3, 4, 5, 6])
    }))

  it.effect("statements side by side inside one keep apart: each has its own answer", () =>
    Effect.gen(function*() {
      const { sql } = yield* ownTable("beside")
      const answers = yield* sql.withTransaction(
        Effect.forEach([1, 2, 3, 4], (i) => sql<{ n: number }>`SELECT sum(i) + ${i} AS n FROM range(10000) t(i)`, {
          concurrency: "unbounded"
        })
      )
      assert.deepStrictEqual(answers.flat().map((_) => _.n), [1, 2, 3, 4].map((i) => 49995000 + i))
    }))

  it.effect("statements side by side inside one go one after the other: what comes after a failure is refused", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("behind")
      const exits = yield* Ref.make<ReadonlyArray<boolean>>([])
      yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
        const both = yield* Effect.all([Effect.exit(sql`SELECT * FROM no_such_table`), Effect.exit(add(1))], { concurrency: "unbounded" })
        yield* Ref.set(exits, both.map(Exit.isSuccess))
      })))
      assert.deepStrictEqual(yield* Ref.get(exits), [false, false])
      assert.deepStrictEqual(yield* all, [])
    }))

  it.effect("one that conflicts is made again from its start, four times at most", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("again")
      const tries = yield* Ref.make(0)
      const until = (enough: number) =>
        sql.atomic(Effect.gen(function*() {
          const n = yield* Ref.updateAndGet(tries, (n) => n + 1)
          yield* add(n)
          if (n < enough) return yield* conflict
        }))
      yield* until(5)
      assert.deepStrictEqual(yield* all, [5])
      yield* Ref.set(tries, 0)
      const error = yield* Effect.flip(until(6))
      assert.strictEqual(error.reason._tag, "SerializationError")
      assert.strictEqual(yield* Ref.get(tries), 5)
      assert.deepStrictEqual(yield* all, [5])
    }))

  it.effect("nothing else is made again, and inside another transaction nothing is", () =>
    Effect.gen(function*() {
      const { sql } = yield* ownTable("once")
      const tries = yield* Ref.make(0)
      const count = Ref.update(tries, (n) => n + 1)
      yield* Effect.exit(sql.atomic(Effect.andThen(count, sql`SELECT * FROM no_such_table`)))
      assert.strictEqual(yield* Ref.get(tries), 1)
      yield* Effect.exit(sql.withTransaction(sql.atomic(Effect.andThen(count, conflict))))
      assert.strictEqual(yield* Ref.get(tries), 2)
    }))

  it.effect("a CHECKPOINT inside one is refused, rather than waiting for itself", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      assert.strictEqual((yield* reasonOf(sql.withTransaction(sql.checkpoint)))?._tag, "NotAllowed")
      yield* sql.checkpoint
    }))
})
