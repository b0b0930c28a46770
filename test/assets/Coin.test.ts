/** Which coins are tracked: those that were named, or the largest of the newest snapshot. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Coin } from "../../src/assets/Coin.ts"
import { marketSnapshot } from "../../src/assets/raw/marketSnapshot.ts"
import * as Run from "../../src/engine/Run.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"

const market = Object.fromEntries(["a", "b", "c", "d", "e"].map((coin) => [coin, [["2026-01-02", 1, 1]] as const]))
const world = (settings: { readonly coins: ReadonlyArray<string>; readonly top?: number }) =>
  Effect.provide(TestPipeline.layer({ market, now: "2026-01-02T06:00:00Z", settings }))

describe("the coins that are tracked", () => {
  it.effect("are those that were named, each once, also one alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Coin.list.pipe(world({ coins: ["x", "y", "x"] })), ["x", "y"])
      assert.deepStrictEqual(yield* Coin.list.pipe(world({ coins: ["x"] })), ["x"])
    }))

  it.effect("are known once there is a snapshot, and then the first of the newest by rank, by market cap, by id", () =>
    Effect.gen(function*() {
      const unknown = yield* Effect.flip(Coin.list)
      assert.strictEqual(unknown.message, "coins: which ones there are is known once market_snapshot has been made")
      yield* Run.upToDate([marketSnapshot])
      const sql = yield* DuckDb
      yield* sql`INSERT INTO market_snapshot SELECT * REPLACE ('f' AS coin_id) FROM market_snapshot WHERE coin_id = 'e'`
      yield* sql`
        UPDATE market_snapshot SET
          market_cap_rank = CASE coin_id WHEN 'b' THEN 1 WHEN 'a' THEN 2 WHEN 'f' THEN 0 END,
          market_cap = CASE coin_id WHEN 'c' THEN 5 WHEN 'd' THEN 9 END,
          observed_at = observed_at - IF(coin_id = 'f', INTERVAL 1 DAY, INTERVAL 0 DAY)`
      yield* sql`INSERT INTO market_snapshot SELECT * REPLACE ('aa' AS coin_id) FROM market_snapshot WHERE coin_id = 'e'`
      assert.deepStrictEqual(yield* Coin.list, ["b", "a", "d", "c", "aa"], "e is the sixth, and f was the first a day before")
    }).pipe(world({ coins: [], top: 5 })))
})
