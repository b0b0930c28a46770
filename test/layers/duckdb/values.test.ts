import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Exit } from "effect"
import { SqlClient } from "effect/sql"
import { layerMemory } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { reasonOf } from "./reasonOf.ts"

layer(layerMemory, { excludeTestServices: true })("values", (it) => {
  it.effect("come out as JSON has them", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const rows = yield* sql`
        SELECT
          DATE '2026-02-28' AS d, DATE '0044-03-15' AS old, DATE 'infinity' AS never,
          TIMESTAMP '2026-01-02 03:04:05.6789' AS t, TIMESTAMPTZ '2026-01-02 03:04:05.678+02' AS z,
          TIMESTAMP '1969-12-31 23:59:59.9999' AS early, TIMESTAMP_NS '2026-01-02 03:04:05.123456789' AS ns,
          TIMESTAMP_S '2026-01-02 03:04:05' AS s, TIMESTAMP_MS '2026-01-02 03:04:05.678' AS ms,
          9007199254740991::BIGINT AS big, -9007199254740991::HUGEINT AS huge, 7::UBIGINT AS ubig, count(*) AS n,
          0.1::DECIMAL(3, 1) AS dec, 1.2345e-9::DOUBLE AS tiny, 'NaN'::DOUBLE AS nan, '-inf'::DOUBLE AS inf, 0.1::FLOAT AS f,
          [1, NULL, 3] AS list, [1, 2]::INTEGER[2] AS pair, {'a': 1, 'b': [DATE '2026-01-01']} AS struct,
          MAP {'x': DATE '2026-01-01', '__proto__': DATE '2026-01-02'} AS map, 'ab'::BLOB AS blob, 'é"₿' AS text, '{"a":1}'::JSON AS json,
          TIME '01:02:03' AS time, INTERVAL 1 DAY AS interval, '101'::BIT AS bit, 'a'::ENUM('a') AS enum,
          union_value(a := 5) AS u, true AS yes, NULL AS nothing`
      assert.deepStrictEqual(rows, [{
        d: "2026-02-28",
        old: "0044-03-15",
        never: "infinity",
        t: "2026-01-02T03:04:05.678Z",
        z: "2026-01-02T01:04:05.678Z",
        early: "1969-12-31T23:59:59.999Z",
        ns: "2026-01-02T03:04:05.123Z",
        s: "2026-01-02T03:04:05.000Z",
        ms: "2026-01-02T03:04:05.678Z",
        big: 9007199254740991,
        huge: -9007199254740991,
        ubig: 7,
        n: 1,
        dec: 0.1,
        tiny: 1.2345e-9,
        nan: NaN,
        inf: -Infinity,
        f: Math.fround(0.1),
        list: [1, null, 3],
        pair: [1, 2],
        struct: { a: 1, b: ["2026-01-01"] },
        map: Object.fromEntries([["x", "2026-01-01"], ["__proto__", "2026-01-02"]]),
        blob: new Uint8Array([97, 98]),
        text: "é\"₿",
        json: "{\"a\":1}",
        time: "01:02:03",
        interval: "1 day",
        bit: "101",
        enum: "a",
        u: 5,
        yes: true,
        nothing: null
      }])
    }))

  it.effect("a whole number that a number cannot hold is an error, or a bigint where that was asked for", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const big = sql`SELECT 9007199254740993::BIGINT AS b`
      assert.deepStrictEqual(yield* reasonOf(big), {
        _tag: "BadValue",
        found: "9007199254740993 in the result",
        expected: "a whole number below 2^53 (or cast it to VARCHAR in SQL)"
      })
      assert.deepStrictEqual(yield* Effect.provideService(big, SqlClient.SafeIntegers, true), [{ b: 9007199254740993n }])
    }))

  it.effect("a column called __proto__ is a column, and names that repeat are told apart", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const [row] = yield* sql`SELECT 1 AS "__proto__", 2 AS a, 3 AS a`
      assert.deepStrictEqual(Object.entries(row ?? {}), [["__proto__", 1], ["a", 2], ["a:1", 3]])
    }))

  it.effect("go in and come back as they were", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const instant = "2026-01-02T03:04:05.678Z"
      const bytes = new Uint8Array([0, 255])
      const values = [
        "a\0b'\"",
        5,
        -0,
        1.5,
        1e300,
        -9007199254740991,
        4294967296,
        7n,
        true,
        null,
        new Date(instant),
        DateTime.makeUnsafe(instant),
        bytes
      ]
      const rows = yield* sql.unsafe<Record<string, unknown>>(`SELECT ${values.map((_, i) => `$${i + 1} AS v${i}`).join(", ")}`, values)
      assert.deepStrictEqual(
        rows.map((row) => Object.values(row)),
        [["a\0b'\"", 5, -0, 1.5, 1e300, -9007199254740991, 4294967296, 7, true, null, instant, instant, bytes]]
      )
      assert.isTrue(Object.is(Object.values(rows[0] ?? {})[2], -0))
    }))

  it.effect("an array keeps its nulls, its fractions and its emptiness", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const list = (value: ReadonlyArray<unknown>) =>
        Effect.map(sql.unsafe<{ l: unknown; t: string }>("SELECT $1 AS l, typeof($1) AS t", [value]), ([row]) => row)
      assert.deepStrictEqual(yield* list([null, "a"]), { l: [null, "a"], t: "VARCHAR[]" })
      assert.deepStrictEqual(yield* list([1, 1.5]), { l: [1, 1.5], t: "DOUBLE[]" })
      assert.deepStrictEqual(yield* list([1, 4294967296]), { l: [1, 4294967296], t: "BIGINT[]" })
      assert.deepStrictEqual((yield* list([]))?.l, [])
      assert.deepStrictEqual((yield* list([null]))?.l, [null])
      assert.deepStrictEqual(yield* reasonOf(list([1, "a"])), {
        _tag: "BadValue",
        found: "parameter $1 = an array of INTEGER and VARCHAR",
        expected: "an array of one kind"
      })
    }))

  it.effect("an ISO string fits a DATE and a TIMESTAMPTZ: inserted, compared, listed", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE iso (day DATE, at_ TIMESTAMPTZ, x DOUBLE)`
      yield* sql`INSERT INTO iso ${
        sql.insert([
          { day: "2026-01-02", at_: "2026-01-02T03:04:05.678Z", x: 5 },
          { day: "2026-01-03", at_: "2026-01-02T03:04:05.678+02:00", x: 1.5 }
        ])
      }`
      const days = (rows: ReadonlyArray<unknown>) => rows
      assert.deepStrictEqual(yield* sql`FROM iso ORDER BY day`, [
        { day: "2026-01-02", at_: "2026-01-02T03:04:05.678Z", x: 5 },
        { day: "2026-01-03", at_: "2026-01-02T01:04:05.678Z", x: 1.5 }
      ])
      assert.deepStrictEqual(days(yield* sql`SELECT x FROM iso WHERE day >= ${"2026-01-03"}`), [{ x: 1.5 }])
      assert.deepStrictEqual(days(yield* sql`SELECT x FROM iso WHERE at_ < ${"2026-01-02T02:00:00Z"} AND ${sql.in("day", ["2026-01-03"])}`),
        [{ x: 1.5 }])
      assert.deepStrictEqual(days(yield* sql`SELECT x FROM iso WHERE at_ = ${new Date("2026-01-02T03:04:05.678Z")}`), [{ x: 5 }])
      // read back into SQL, a day stays the day it is, whatever the zone of the machine
      assert.deepStrictEqual(yield* sql`SELECT (at_::DATE)::VARCHAR AS d FROM iso WHERE x = 5`, [{ d: "2026-01-02" }])
    }))

  it.effect("what DuckDB would bend is refused: NaN, undefined, half a surrogate pair, an object, an invalid Date", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      for (const value of [NaN, Infinity, undefined, "\ud800", {}, new Date(NaN), () => 1, Symbol("x")]) {
        const reason = yield* reasonOf(sql.unsafe("SELECT $1", [value]))
        assert.strictEqual(reason?._tag, "BadValue", String(value))
      }
    }))

  it.effect("a statement cut at a NUL is refused, whole", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      assert.strictEqual((yield* reasonOf(sql.unsafe("SELECT 1\0; DROP TABLE nothing")))?._tag, "NotAllowed")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sql.unsafe("CREATE TABLE half (i INT)\0"))))
      assert.deepStrictEqual(yield* sql`SELECT table_name FROM duckdb_tables() WHERE table_name = 'half'`, [])
    }))
})
