import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { adHoc, kinds } from "../../../src/assets/charts/adHoc.ts"
import { priceTrends } from "../../../src/assets/derived/priceTrends.ts"
import { dailyReturns } from "../../../src/assets/derived/dailyReturns.ts"
import { coinList } from "../../../src/assets/raw/coinList.ts"
import { check, compile } from "../../../src/layers/chart/compile.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { layer as world, specsOf } from "./drawnSpecs.ts"

layer(world)("a chart that nobody defined", (it) => {
  const whole = { coins: [], kind: "price", log: false } as const

  it.effect("reads what is kept and makes nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adHoc(whole))
      assert.strictEqual(error.message, "price_history holds nothing yet: bring it up to date first (run price_history)")
      const sql = yield* DuckDb
      assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM price_history`, [{ n: 0 }])
    }))

  it.effect("is sound, of each kind, with the rows of the days asked for", () =>
    Effect.gen(function*() {
      yield* specsOf([coinList, priceTrends, dailyReturns])
      for (const kind of kinds) {
        const { spec } = yield* adHoc({ ...whole, kind })
        check(spec)
        compile(spec)
      }
      const two = yield* adHoc({ ...whole, coins: ["bitcoin", "ethereum"], from: "2025-12-08", to: "2025-12-12", log: true })
      check(two.spec)
      compile(two.spec)
      // ethereum lacks the 10th to the 12th
      assert.deepStrictEqual(two.points.map((_) => `${_.coin_id} ${_.day}`), [
        ...["08", "09", "10", "11", "12"].map((_) => `bitcoin 2025-12-${_}`),
        "ethereum 2025-12-08",
        "ethereum 2025-12-09"
      ])
      const indexed = yield* adHoc({ ...whole, kind: "indexed", coins: ["bitcoin"], from: "2025-12-08" })
      assert.deepInclude(indexed.points[0], { day: "2025-12-08", indexed: 100 })
    }))

  it.effect("says of which coin nothing is kept, and of which something is", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adHoc({ ...whole, coins: ["bitcoin", "nothing"] }))
      assert.include(error.message, "price_history holds nothing of nothing in these days. It holds: bitcoin, ethereum, late, tiny.")
    }))
})
