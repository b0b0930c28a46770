/** Values written out in SQL are the values that a parameter would have brought. */
import { assert, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { layerMemory } from "../../src/layers/DuckDb.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import { written } from "../../src/services/written.ts"

it.effect("text is text, whatever is in it, and the other values are themselves", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const text = "it's; DROP TABLE x -- $1 \"\\ \n\u{1F600}"
    const at = DateTime.makeUnsafe("2026-11-01T05:00:00.123Z")
    const query = sql`
      SELECT ${text} AS "te""xt", ${-1.5e-12}::DOUBLE AS n, ${12345678901234n} AS big, ${true} AS yes, ${null} AS none, ${at} AS at,
        ${text} IN ${sql.in(["a", text])} AS among`
    const [sqlText, parameters] = sql`${written(query)}`.compile()
    assert.deepStrictEqual(parameters, [])
    assert.notInclude(sqlText, "$2")
    const expected = [
      { "te\"xt": text, n: -1.5e-12, big: 12345678901234, yes: true, none: null, at: "2026-11-01T05:00:00.123Z", among: true }
    ]
    assert.deepStrictEqual(yield* sql`${written(query)}`, expected)
    assert.deepStrictEqual(yield* query, expected)
  }).pipe(Effect.provide(layerMemory)))

it.effect("a number has the type that a parameter has, and a minus before it is another's", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const numbers = [0.99, -0.5, -0, 1e-7, 1e21, 2 ** 60, 12345678901, 7, -7]
    const query = sql`SELECT ${
      sql.csv(numbers.map((_, i) => sql`typeof(${_}) AS ${sql(`type ${i}`)}, 1 -${_} AS ${sql(`less ${i}`)}`))
    }, 1 / ${-0} AS below`
    assert.deepStrictEqual(yield* sql`${written(query)}`, yield* query)
  }).pipe(Effect.provide(layerMemory)))

it.effect("what has no literal is refused", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    for (const value of [new Uint8Array(1), NaN, "half \uD800"]) {
      assert.throws(() => written(sql`SELECT ${value}`), /a value that cannot be written out/)
    }
    assert.throws(() => written(sql`INSERT INTO x ${sql.insert({ a: 1 })}`), /holds a \w+, which cannot be written out/)
  }).pipe(Effect.provide(layerMemory)))
