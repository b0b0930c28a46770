/** The whole market, observed: kept as a log, fresh for ten minutes, and never 0 where CoinGecko says nothing. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { globalMarket } from "../../../src/assets/raw/globalMarket.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import type { GlobalMarket } from "../../../src/services/CoinGecko.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

const market: GlobalMarket = {
  active_cryptocurrencies: 17_000,
  markets: 1_400,
  total_market_cap: { usd: 3e12, idr: 4.9e16 },
  total_volume: { usd: 1e11, idr: 1.6e15 },
  market_cap_percentage: { btc: 57.5, eth: 12.25 },
  market_cap_change_percentage_24h_usd: -1.5,
  updated_at: Date.UTC(2026, 0, 3, 5, 50) / 1000
}

const world = (currency: string) =>
  Layer.mergeAll(
    TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z", settings: { currency } }),
    CoinGeckoTest.mock({ global: Effect.succeed(market) })
  )

it.effect("each observation is kept, in the settings' currency, and is fresh for ten minutes", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    assert.strictEqual(Plan.calls(yield* Plan.make([globalMarket])), 1)
    yield* Run.upToDate([globalMarket])
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual((yield* Plan.make([globalMarket])).steps, [])
    yield* TestClock.adjust("1 second")
    yield* Run.upToDate([globalMarket])
    assert.deepStrictEqual(
      yield* sql`SELECT * EXCLUDE (observed_at, updated_at), epoch_ms(updated_at) AS updated FROM global_market LIMIT 1`,
      [{
        active_cryptocurrencies: 17_000,
        markets: 1_400,
        total_market_cap: 4.9e16,
        total_volume: 1.6e15,
        bitcoin_dominance: 57.5,
        ethereum_dominance: 12.25,
        market_cap_change_percentage_24h_usd: -1.5,
        volume_change_percentage_24h_usd: null,
        market_cap_percentage: "{\"btc\":57.5,\"eth\":12.25}",
        updated: Date.UTC(2026, 0, 3, 5, 50)
      }]
    )
    assert.deepStrictEqual(yield* sql`SELECT epoch_ms(observed_at) AS at FROM global_market ORDER BY ALL`, [
      { at: Date.UTC(2026, 0, 3, 6) },
      { at: Date.UTC(2026, 0, 3, 6, 10, 1) }
    ])
  }).pipe(Effect.provide(world("idr"))))

it.effect("a total that is not told in the currency is missing, and the step says so", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const [report] = yield* Run.upToDate([globalMarket])
    const outcome = report?.results[0]?.outcome
    assert.deepStrictEqual(outcome?._tag === "Made" ? outcome.publication.notes : [], [
      "CoinGecko's total_market_cap is not told in vnd",
      "CoinGecko's total_volume is not told in vnd"
    ])
    assert.deepStrictEqual(yield* sql`SELECT total_market_cap AS cap, bitcoin_dominance AS btc FROM global_market`, [{
      cap: null,
      btc: 57.5
    }])
  }).pipe(Effect.provide(world("vnd"))))
