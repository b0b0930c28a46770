import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import { pipeline } from "../../../src/program.ts"

it.effect("what is opt-in is left out of all, and there when it is named", () =>
  Effect.gen(function*() {
    const defined = yield* pipeline
    const names = (expression: string) => Effect.map(Pipeline.selectDefined(defined, [expression]), (_) => _.map((asset) => asset.name))
    for (const everything of ["all", "*", "* and group:visualize"]) {
      const found = yield* names(everything)
      assert.notInclude(found, "candle_chart")
      assert.include(found, "price_chart")
    }
    assert.notInclude(yield* names("all"), "candles")
    assert.deepStrictEqual(yield* names("candle_chart"), ["candle_chart"])
    assert.includeMembers([...(yield* names("+candle_chart"))], ["candles", "coin_list", "candle_chart"])
  }))
