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
    const { found, kept } = yield* Effect.provide(
      Effect.all({ found: left, kept: swapped }),
      layer({ path, stamp: { source: "sandbox", currency: "usd" } })
    )
    assert.isAtLeast(found.length, acked, `round ${round}: ${acked} batches were acknowledged`)
    assert.deepStrictEqual(found, found.map((_, i) => ({ k: i + 1, rows: 500, first: 0, last: 499 })), `round ${round}`)
    assert.deepStrictEqual(kept, { tables: ["batches", "rows", "swapped", "swaps"], torn: 0 }, `round ${round}`)
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

/** What is not as `swaps` says: batches that `swapped` lacks or has in part. */
const swapped = DuckDb.use((sql) =>
  Effect.gen(function*() {
    yield* sql`CREATE TABLE IF NOT EXISTS swapped (k INTEGER, i INTEGER)`
    const tables = yield* sql<{ name: string }>`
      SELECT table_name AS name FROM duckdb_tables() WHERE table_name <> '_meta' ORDER BY ALL`
    const [torn] = yield* sql<{ n: number }>`
      SELECT count(*) AS n FROM (SELECT unnest(range(1, (SELECT k + 1 FROM swaps))) AS k)
      FULL JOIN (SELECT k, count(DISTINCT i) AS rows FROM swapped GROUP BY k) USING (k)
      WHERE rows IS DISTINCT FROM 500 OR k > (SELECT k FROM swaps)`
    return { tables: tables.map((_) => _.name), torn: torn?.n }
  })
)
