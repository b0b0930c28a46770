import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { layerMemory } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { reasonOf } from "./reasonOf.ts"

const count = (table: string) =>
  DuckDb.use((sql) => Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(table)}`, ([row]) => row?.n))

layer(layerMemory, { excludeTestServices: true })("append", (it) => {
  it.effect("keeps every value of every type, over several chunks", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`
        CREATE TABLE kinds (n BIGINT, i INTEGER, x DOUBLE, s VARCHAR, b BOOLEAN, d DATE, t TIMESTAMPTZ, u TIMESTAMP, raw BLOB, tags VARCHAR[])`
      const n = 5000
      const column = <A>(f: (i: number) => A) => Array.from({ length: n }, (_, i) => f(i))
      const added = yield* sql.append("kinds", {
        // in another order than the table's
        tags: column((i) => i % 2 === 0 ? ["a", null] : []),
        n: column((i) => i % 2 === 0 ? BigInt(i) : i),
        i: column((i) => -i),
        x: column((i) => i % 7 === 0 ? null : i / 3),
        s: column((i) => `n${i}\0é`),
        b: column((i) => i % 3 === 0),
        d: column(() => "2024-02-29"),
        t: column((i) => i % 2 === 0 ? "2026-01-02T03:04:05.678+02:00" : new Date("2026-01-02T01:04:05.678Z")),
        u: column(() => "2026-01-02T01:04:05Z"),
        raw: column((i) => new Uint8Array([i % 256]))
      })
      assert.strictEqual(added, n)
      const row = (i: number) => Effect.map(sql`FROM kinds WHERE n = ${i}`, ([row]) => row)
      const common = { d: "2024-02-29", t: "2026-01-02T01:04:05.678Z", u: "2026-01-02T01:04:05.000Z" }
      assert.deepStrictEqual(yield* row(4998), {
        n: 4998,
        i: -4998,
        x: null,
        s: "n4998\0é",
        b: true,
        ...common,
        raw: new Uint8Array([134]),
        tags: ["a", null]
      })
      assert.deepStrictEqual(yield* row(2047), {
        n: 2047,
        i: -2047,
        x: 2047 / 3,
        s: "n2047\0é",
        b: false,
        ...common,
        raw: new Uint8Array([255]),
        tags: []
      })
      const [sums] = yield* sql`SELECT count(*) AS n, sum(n) AS s, count(x) AS x, count(DISTINCT s) AS d FROM kinds`
      assert.deepStrictEqual(sums, { n: 5000, s: 12497500, x: 4285, d: 5000 })
    }))

  it.effect.each<readonly [type: string, value: unknown, found: string]>([
    ["DOUBLE", "1.5", "the string \"1.5\""],
    ["DOUBLE", NaN, "NaN"],
    ["DOUBLE", Infinity, "Infinity"],
    ["DOUBLE", undefined, "undefined"],
    ["DOUBLE", 5n, "the number 5"],
    ["INTEGER", 1.5, "the number 1.5"],
    ["INTEGER", 2147483648, "the number 2147483648"],
    ["BIGINT", 2 ** 53, "the number 9007199254740992"],
    ["BIGINT", 2n ** 63n, "the number 9223372036854775808"],
    ["BOOLEAN", 1, "the number 1"],
    ["VARCHAR", 1, "the number 1"],
    ["VARCHAR", "\udc00", "a string with half a surrogate pair"],
    ["DATE", "2026-02-30", "the string \"2026-02-30\""],
    ["DATE", "2026-2-3", "the string \"2026-2-3\""],
    ["DATE", new Date(0), "an object"],
    ["TIMESTAMPTZ", "2026-01-02", "the string \"2026-01-02\""],
    ["TIMESTAMPTZ", "2026-01-02T03:04:05", "the string \"2026-01-02T03:04:05\""],
    ["TIMESTAMPTZ", "2026-02-30T03:04:05Z", "the string \"2026-02-30T03:04:05Z\""],
    ["TIMESTAMPTZ", 5, "the number 5"],
    ["VARCHAR[]", "a", "the string \"a\""],
    ["VARCHAR[]", [1], "the number 1"]
  ])("into %s refuses %s, and keeps nothing of the rest", ([type, value, found]) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE OR REPLACE TABLE picky (ok INTEGER, v ${sql.literal(type)})`
      const values = Array.from<unknown>({ length: 3000 }).fill(null)
      values[2999] = value
      const error = yield* Effect.flip(sql.append("picky", { ok: values.map((_, i) => i), v: values }))
      assert.include(error.message, `append to picky, column v, row 3000: found ${found}, but `)
      assert.strictEqual(yield* count("picky"), 0)
    }))

  it.effect("outside of a transaction, too, it keeps all or nothing, however many there are", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE many (a INTEGER)`
      // the driver's appender writes what it has at 204,800 rows
      const values = Array.from<unknown>({ length: 300_000 }).fill(1)
      values[299_999] = "x"
      assert.strictEqual((yield* reasonOf(sql.append("many", { a: values })))?._tag, "BadValue")
      assert.strictEqual(yield* count("many"), 0)
      assert.strictEqual(yield* sql.append("many", { a: values.with(299_999, 1) }), 300_000)
      assert.strictEqual(yield* count("many"), 300_000)
    }))

  it.effect("a column too many, too few or too short is an error, and so is a type without a way in", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE shape (a INTEGER, b INTEGER)`
      for (const columns of [{ a: [1] }, { a: [1], b: [1], c: [1] }, { a: [1], b: [1, 2] }, { a: [1], B: [1] }]) {
        assert.strictEqual((yield* reasonOf(sql.append("shape", columns)))?._tag, "BadValue", JSON.stringify(columns))
      }
      assert.strictEqual(yield* count("shape"), 0)
      yield* sql`CREATE TABLE money (m DECIMAL(10, 2))`
      assert.strictEqual((yield* reasonOf(sql.append("money", { m: [1] })))?._tag, "BadValue")
      yield* Effect.flip(sql.append("no_such_table", { a: [1] }))
    }))

  it.effect("no rows are no rows", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE none (a INTEGER)`
      assert.strictEqual(yield* sql.append("none", { a: [] }), 0)
      assert.strictEqual(yield* count("none"), 0)
    }))

  it.effect("joins the transaction it is in, sees its temporary tables, and goes when that fails", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE target (a INTEGER)`
      const staged = (values: ReadonlyArray<unknown>) =>
        Effect.gen(function*() {
          yield* sql`CREATE TEMP TABLE "staged ""x""" (a INTEGER)`
          yield* sql.append("staged \"x\"", { a: values })
          yield* sql`INSERT INTO target FROM "staged ""x"""`
        })
      yield* sql.withTransaction(staged([1, 2]))
      assert.strictEqual(yield* count("target"), 2)
      yield* Effect.exit(sql.withTransaction(Effect.andThen(staged([3]), Effect.fail("no"))))
      assert.strictEqual(yield* count("target"), 2)
      // a refused value ends the transaction like any failed statement, also when it is caught
      const tried = sql.withTransaction(
        Effect.andThen(sql`INSERT INTO target VALUES (4)`, Effect.ignore(sql.append("target", { a: ["x"] })))
      )
      assert.strictEqual((yield* reasonOf(tried))?._tag, "NotAllowed")
      assert.strictEqual(yield* count("target"), 2)
    }))

  it.effect("interrupted half-way, it keeps nothing and lets others work on", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE large (a INTEGER, s VARCHAR)`
      const n = 400_000
      const started = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(
        Deferred.succeed(started, undefined),
        sql.append("large", { a: Array.from({ length: n }, (_, i) => i), s: Array.from({ length: n }, (_, i) => `s${i}`) })
      )))
      yield* Deferred.await(started)
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.strictEqual(yield* count("large"), 0)
    }))
})
