import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulate } from "./simulation.ts"

it.effect.each(Array.from({ length: 25 }, (_, i) => i + 1))("whatever fails or dies, nothing is lost, doubled or left behind: seed %i",
  (seed) =>
    Effect.gen(function*() {
      const { faults, lives, ticks, wrong } = yield* simulate(seed)
      assert.deepStrictEqual(wrong, [])
      assert.isAbove(lives, 3)
      assert.isAbove(faults, 0)
      assert.isAbove(ticks["ran"] ?? 0, 3)
    }))
