import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { leaves } from "./leaves.ts"

it.effect("a year of all schedules leaves one tick for each due time, and a run for each", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* leaves("2026-01-01", "2027-01-01"), { due: 365 * 2 + 52 + 12, follows: 365 * 2 + 52 + 12 })
  }))
