import { assert, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { join } from "node:path"
import * as Spare from "../../../src/layers/duckdb/spare.ts"
import { layer } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { folder } from "./process.ts"

const stamp = { source: "sandbox", currency: "usd" }

it.live("an instance that is begun early is the first one's that asks, and no other's", () =>
  Effect.gen(function*() {
    const { take } = yield* Spare.Spare
    const [first, second] = [yield* take, yield* take]
    assert.isTrue(Option.isSome(first))
    assert.isTrue(Option.isNone(second))
    if (Option.isNone(first)) return
    first.value.connection.closeSync()
    first.value.instance.closeSync()
  }).pipe(Effect.provide(Spare.layer)))

it.live("there is none, unless one was begun", () =>
  Effect.gen(function*() {
    assert.isTrue(Option.isNone(yield* (yield* Spare.Spare).take))
  }))

it.live("two data files that are opened have an instance each, as strict as any", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    const asked = Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE t AS SELECT 1 AS n`
      const error = yield* Effect.flip(sql`SET memory_limit = '1GB'`)
      assert.match(error.message, /configuration has been locked/)
      return yield* sql`SELECT current_setting('temp_directory') AS spills, (SELECT count(*) FROM duckdb_tables() WHERE NOT internal) AS tables`
    })
    const at = (path: string) => Effect.provide(asked, layer({ path, stamp }), { local: true })
    const found = yield* Effect.forEach(["a", "b"], (_) => at(join(dir, `${_}.duckdb`)), { concurrency: 2 })
    assert.deepStrictEqual(found, ["a", "b"].map((_) => [{ spills: join(dir, `${_}.duckdb.tmp`), tables: 2 }]))
  }).pipe(Effect.provide(Layer.fresh(Spare.layer)), Effect.scoped))

it.live("one that nobody took is closed with its scope", () =>
  Effect.gen(function*() {
    const { take } = yield* Effect.provide(Spare.Spare, Layer.fresh(Spare.layer))
    assert.isTrue(Option.isNone(yield* take))
  }))
