import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { simulate } from "./simulation.ts"

const hundreds = Array.from({ length: 10 }, (_, i) => i * 100)

it.effect.each(hundreds)("whatever fails or dies, nothing is lost, doubled or left behind: a hundred seeds after %i",
  (first) =>
    Effect.gen(function*() {
      for (let seed = first + 1; seed <= first + 100; seed++) {
        const { wrong } = yield* simulate(seed)
        assert.deepStrictEqual(wrong, [], `seed ${seed}`)
      }
    }))
