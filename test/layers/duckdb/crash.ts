/** Kills a writer again and again, at any moment, and looks at what is left. */
import { assert } from "@effect/vitest"
import { Effect, Random } from "effect"
import { layer } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { owner } from "./process.ts"

/** Every batch that was acknowledged is there and whole; of the others, each is whole or absent. */
export const rounds = Effect.fnUntraced(function*(path: string, times: number) {
  let acked = 0
  for (let round = 0; round < times; round++) {
    const writer = yield* owner("write", path)
    yield* writer.said((line) => line === "held")
    yield* Effect.sleep(yield* Random.nextIntBetween(5, 250))
    yield* writer.kill
    acked = Math.max(acked, ...writer.lines.filter((line) => line.startsWith("acked ")).map((line) => Number(line.slice(6))))
    const found = yield* Effect.provide(left, layer({ path, stamp: { source: "sandbox", currency: "usd" } }))
    assert.isAtLeast(found.length, acked, `round ${round}: ${acked} batches were acknowledged`)
    assert.deepStrictEqual(found, found.map((_, i) => ({ k: i + 1, rows: 500, first: 0, last: 499 })), `round ${round}`)
    acked = found.length
  }
  return acked
})

// helpers

const left = DuckDb.use((sql) =>
  sql<{ k: number; rows: number; first: number; last: number }>`
  SELECT k, count(i) AS rows, min(i) AS first, max(i) AS last
  FROM batches FULL JOIN rows USING (k)
  GROUP BY k
  ORDER BY k`
)
