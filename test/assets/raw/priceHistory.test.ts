/** History that CoinGecko revises is updated, and how much of it is told. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { priceHistory } from "../../../src/assets/raw/priceHistory.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

it.effect("the days read again that came out otherwise are stored and counted; those that did not are not", () => {
  const market: Record<string, ReadonlyArray<CoinGeckoTest.Day>> = {
    a: [["2026-01-01", 1], ["2026-01-02", 2], ["2026-01-03", 3], ["2026-01-04", 4], ["2026-01-05", 5]],
    b: [["2026-01-01", 1], ["2026-01-02", 2], ["2026-01-03", 3], ["2026-01-04", 4], ["2026-01-05", 5]]
  }
  const notes = Effect.map(
    Run.upToDate([priceHistory]),
    (reports) =>
      reports.flatMap((_) => _.results).map(({ outcome, subject }) =>
        outcome._tag === "Made" ? [subject, outcome.publication.notes ?? []] : [subject, outcome._tag]
      )
  )
  return Effect.gen(function*() {
    assert.deepStrictEqual(yield* notes, [["a", []], ["b", []]])
    market["a"] = [["2026-01-01", 1], ["2026-01-02", 2.5], ["2026-01-03", 3, 30], ["2026-01-04", 4], ["2026-01-05", 5]]
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(yield* notes, [["a", ["2 stored days revised"]], ["b", []]])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT price, market_cap FROM price_history WHERE coin_id = 'a' ORDER BY day`, [
      { price: 1, market_cap: null },
      { price: 2.5, market_cap: null },
      { price: 3, market_cap: 30 },
      { price: 4, market_cap: null }
    ])
    market["a"] = [["2026-01-01", 1], ["2026-01-02", 2.5], ["2026-01-03", 3, 30], ["2026-01-05", 5]]
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(yield* notes, [["a", ["1 stored day revised"]], ["b", []]])
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: "2026-01-03T06:00:00Z", settings: { historyDays: 3 } })))
})
