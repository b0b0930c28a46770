/** Which coins a chart shows, under which names. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Asset from "../../../src/engine/Asset.ts"
import { shown } from "../../../src/assets/charts/Shown.ts"
import { coinList } from "../../../src/assets/raw/coinList.ts"
import * as Run from "../../../src/engine/Run.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { colourOf } from "../../../src/services/chartColours.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

it.effect("the tracked come first and in their order, one name of two coins is told apart, and one that is not listed has its id", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([coinList])
    const sql = yield* DuckDb
    yield* sql`UPDATE coin_list SET name = CASE coin_id WHEN 'a' THEN 'Same' WHEN 'b' THEN 'Same' WHEN 'c' THEN 'Own' END`
    const coins = yield* Effect.provideService(coinList, Asset.Making, () => undefined)
    const rows = sql`(SELECT unnest(['a', 'b', 'c', 'd', 'e', 'e']) AS coin_id)`
    const universe = ["c", "b"]
    const coin = (at: number, id: string, name: string) => ({ id, name, key: `s${at}`, colour: colourOf(id, [...universe, "a", "d", "e"]) })
    assert.deepStrictEqual(yield* shown({ coins, rows }), {
      coins: [coin(0, "c", "Own"), coin(1, "b", "Same (b)"), coin(2, "a", "Same (a)"), coin(3, "d", "d"), coin(4, "e", "e")],
      of: 5
    })
    const named = (asked: { readonly only?: string | ReadonlyArray<string>; readonly most?: number }) =>
      Effect.map(shown({ coins, rows, ...asked }), (_) => [_.coins.map(({ id }) => id), _.of])
    assert.deepStrictEqual(yield* named({ most: 2 }), [["c", "b"], 5])
    assert.deepStrictEqual(yield* named({ only: "d" }), [["d"], 1])
    assert.deepStrictEqual(yield* named({ only: ["d", "b"] }), [["b", "d"], 2])
  }).pipe(Effect.provide(TestPipeline.layer({
    market: { a: [], b: [], c: [] },
    now: "2026-01-02T06:00:00Z",
    settings: { coins: ["c", "b"] }
  }))))
