import { assert, it, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Ref } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as DuckDbLayer from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { ownTable } from "./ownTable.ts"
import { reasonOf } from "./reasonOf.ts"

layer(DuckDbLayer.layerMemory, { excludeTestServices: true })("a transaction that stages and publishes", (it) => {
  it.effect("stages beside another that stages; whoever is ready first publishes first", () =>
    Effect.gen(function*() {
      const [one, two] = [yield* ownTable("one"), yield* ownTable("two")]
      const begun = yield* Deferred.make<void>()
      const published = yield* Deferred.make<void>()
      const slow = yield* Effect.forkChild(one.sql.staging(
        "one",
        Effect.gen(function*() {
          yield* one.sql`CREATE TEMP TABLE of_one AS SELECT 1 AS i`
          yield* Deferred.succeed(begun, undefined)
          yield* Deferred.await(published)
          return 1
        }),
        () => one.sql`INSERT INTO one FROM of_one`
      ))
      yield* Deferred.await(begun)
      yield* two.sql.staging("two", Effect.succeed(2), (i) => two.add(i))
      assert.deepStrictEqual([yield* one.all, yield* two.all], [[], [2]])
      yield* Deferred.succeed(published, undefined)
      yield* Fiber.join(slow)
      assert.deepStrictEqual([yield* one.all, yield* two.all], [[1], [2]])
    }))

  it.effect("publishes in its turn: what writes waits until it has committed, and it waits for what writes", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("turn")
      yield* add(1)
      const updated = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(sql.staging("turn", Effect.void, () =>
        Effect.gen(function*() {
          yield* sql`UPDATE turn SET i = 10 WHERE i = 1`
          yield* Deferred.succeed(updated, undefined)
          yield* Deferred.await(go)
        })))
      yield* Deferred.await(updated)
      const staged = yield* Deferred.make<void>()
      const rest = yield* Effect.forkChild(
        Effect.all([
          sql`DELETE FROM turn WHERE i = 1`,
          sql.staging("elsewhere", Deferred.succeed(staged, undefined), () => sql`INSERT INTO turn VALUES (2)`)
        ], { concurrency: "unbounded", discard: true }),
        { startImmediately: true }
      )
      yield* Deferred.await(staged)
      assert.deepStrictEqual(yield* all, [1])
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(first)
      yield* Fiber.join(rest)
      assert.deepStrictEqual(yield* all, [2, 10])
    }))

  it.effect("of one table they come one after the other: the second finds what the first published", () =>
    Effect.gen(function*() {
      const { sql, name, add, all } = yield* ownTable("queue")
      const next = sql.staging(name, Effect.map(all, (_) => (_.at(-1) ?? 0) + 1), add)
      yield* Effect.all([next, next, next, next], { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* all, [1, 2, 3, 4])
    }))

  it.effect("sees what was there when it began, however long it stages", () =>
    Effect.gen(function*() {
      const { sql, add, all } = yield* ownTable("snapshot")
      yield* add(1)
      const counted = sql<{ n: number }>`SELECT count(*) AS n FROM snapshot`
      const begun = yield* Deferred.make<void>()
      const added = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(sql.staging(
        "reader",
        Effect.gen(function*() {
          const before = yield* counted
          yield* Deferred.succeed(begun, undefined)
          yield* Deferred.await(added)
          return [...before, ...(yield* counted)]
        }),
        (staged) => Effect.map(counted, (_) => [...staged, ..._].map(({ n }) => n))
      ))
      yield* Deferred.await(begun)
      yield* add(2)
      yield* Deferred.succeed(added, undefined)
      assert.deepStrictEqual(yield* Fiber.join(fiber), [1, 1, 1])
      assert.deepStrictEqual(yield* all, [1, 2])
    }))

  it.effect("keeps nothing when either part fails, and leaves the turn to others", () =>
    Effect.gen(function*() {
      const { sql, name, add, all } = yield* ownTable("fails")
      yield* Effect.exit(sql.staging(name, Effect.andThen(sql`CREATE TABLE half AS SELECT 1 AS i`, Effect.fail("no")), () => Effect.void))
      yield* Effect.exit(sql.staging(name, Effect.succeed(2), (i) => Effect.andThen(add(i), Effect.fail("no"))))
      yield* sql.staging(name, Effect.succeed(3), add)
      assert.deepStrictEqual(yield* all, [3])
      assert.deepStrictEqual(yield* sql`SELECT 1 FROM duckdb_tables() WHERE table_name = 'half'`, [])
    }))

  it.effect("is rolled back when interrupted, also while it waits for its turn", () =>
    Effect.gen(function*() {
      const { sql, name, add, all } = yield* ownTable("interrupted")
      const taken = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const other = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(Deferred.succeed(taken, undefined), Deferred.await(go))))
      yield* Deferred.await(taken)
      const staged = yield* Deferred.make<void>()
      const waiting = yield* Effect.forkChild(sql.staging(name, Effect.as(Deferred.succeed(staged, undefined), 1), add))
      yield* Deferred.await(staged)
      yield* Fiber.interrupt(waiting)
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(other)
      yield* sql.staging(name, Effect.succeed(2), add)
      assert.deepStrictEqual(yield* all, [2])
    }))

  it.effect("is made again from its start when it conflicts with what was committed meanwhile", () =>
    Effect.gen(function*() {
      const { sql, name, add, all } = yield* ownTable("conflict")
      const tries = yield* Ref.make(0)
      yield* sql.staging(
        name,
        Effect.gen(function*() {
          const n = yield* Ref.updateAndGet(tries, (_) => _ + 1)
          yield* sql`FROM conflict`
          // a transaction of its own, in the midst of this one
          if (n === 1) yield* Effect.promise(() => Effect.runPromise(sql`CREATE TABLE met (i INTEGER)`))
          return n
        }),
        (n) => Effect.andThen(sql`CREATE TABLE IF NOT EXISTS met (i INTEGER)`, add(n))
      )
      assert.deepStrictEqual([yield* all, yield* Ref.get(tries)], [[2], 2])
    }))

  it.effect("inside another transaction it joins that, which has its turn already", () =>
    Effect.gen(function*() {
      const { sql, name, add, all } = yield* ownTable("joins")
      yield* sql.withTransaction(Effect.andThen(add(1), sql.staging(name, Effect.succeed(2), add)))
      assert.deepStrictEqual(yield* all, [1, 2])
      const tried = sql.withTransaction(Effect.andThen(add(3), Effect.ignore(sql.staging(name, Effect.fail("no"), () => Effect.void))))
      assert.strictEqual((yield* reasonOf(tried))?._tag, "NotAllowed")
      assert.deepStrictEqual(yield* all, [1, 2])
    }))
})

it.live("a checkpoint waits for those that stage, beside which DuckDB makes none; further ones wait for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "staging-"))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    const go = yield* Deferred.make<void>()
    const staged = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
    const stage = (name: string) => sql`CREATE TABLE ${sql(name)} (i INTEGER)`
    const both = yield* Effect.forkChild(
      Effect.forEach(staged,
        (begun, i) =>
          sql.staging(`t${i}`, stage(`t${i}`).pipe(Effect.andThen(Deferred.succeed(begun, undefined)), Effect.andThen(Deferred.await(go))),
            () => Effect.void), { concurrency: "unbounded" })
    )
    yield* Effect.forEach(staged, (_) => Deferred.await(_))
    const checkpoints = yield* Effect.forkChild(Effect.exit(Effect.all([sql.checkpoint, sql.checkpoint], { concurrency: "unbounded" })), {
      startImmediately: true
    })
    const third = yield* Effect.forkChild(sql.staging("t2", stage("t2"), () => Effect.void), { startImmediately: true })
    yield* Deferred.succeed(go, undefined)
    assert.isTrue(Exit.isSuccess(yield* Fiber.join(checkpoints)))
    yield* Fiber.join(both)
    yield* Fiber.join(third)
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM duckdb_tables() WHERE table_name IN ('t0', 't1', 't2')`, [{ n: 3 }])
  }).pipe(
    Effect.provide(DuckDbLayer.layer({ path: join(folder, "a.duckdb"), stamp: { source: "test", currency: "usd" } })),
    Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true })))
  )
})
