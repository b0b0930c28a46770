import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { rounds } from "./crash.ts"
import { folder } from "./process.ts"

it.live("killed at any moment, sixty times: every acknowledged batch is there, and every batch is whole", () =>
  Effect.gen(function*() {
    assert.isAbove(yield* rounds(join(yield* folder, "x.duckdb"), 60), 60)
  }))
