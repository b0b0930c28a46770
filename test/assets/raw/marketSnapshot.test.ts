/** The market of now: one call, as CoinGecko tells it, in the file's currency; what it does not know is missing. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { marketSnapshot } from "../../../src/assets/raw/marketSnapshot.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import type { MarketRow, Rejected } from "../../../src/services/CoinGecko.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

const bitcoin: MarketRow = {
  id: "bitcoin",
  symbol: "btc",
  name: "Bitcoin",
  current_price: 1,
  market_cap: 2,
  market_cap_rank: 3,
  fully_diluted_valuation: 4,
  total_volume: 5,
  high_24h: 6,
  low_24h: 7,
  price_change_24h: 8,
  price_change_percentage_24h: 9,
  market_cap_change_24h: 10,
  market_cap_change_percentage_24h: 11,
  circulating_supply: 12,
  total_supply: 13,
  max_supply: 14,
  ath: 15,
  ath_change_percentage: 16,
  ath_date: "2025-10-06T18:57:42.558Z",
  atl: 17,
  atl_change_percentage: 18,
  atl_date: "2013-07-06T00:00:00.000Z",
  last_updated: "2026-01-03T05:59:10.000Z",
  price_change_percentage_24h_in_currency: 0,
  price_change_percentage_7d_in_currency: 19,
  price_change_percentage_30d_in_currency: 20
}

/** As CoinGecko tells of a coin that nobody trades. */
const unknown: MarketRow = {
  ...bitcoin,
  id: "unknown",
  current_price: null,
  market_cap: null,
  price_change_percentage_24h: -1.5,
  price_change_percentage_24h_in_currency: null,
  price_change_percentage_7d_in_currency: null,
  price_change_percentage_30d_in_currency: null
}

const world = (
  answer: { readonly rows: ReadonlyArray<MarketRow>; readonly rejected?: ReadonlyArray<Rejected> },
  asked: Array<unknown> = [],
  coins: ReadonlyArray<string> = []
) =>
  Layer.mergeAll(
    TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z", settings: { coins, top: 7 } }),
    CoinGeckoTest.mock({
      markets: (of) =>
        Effect.sync(() => {
          asked.push(of)
          return { rejected: [], ...answer }
        })
    })
  )

const notes = (reports: ReadonlyArray<Run.Report<unknown>>) =>
  reports.flatMap((_) => _.results).flatMap(({ outcome }) => outcome._tag === "Made" ? outcome.publication.notes ?? [] : [outcome._tag])

it.effect("a coin is kept as it is told, its change in the file's currency before that in another", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(notes(yield* Run.upToDate([marketSnapshot])), [])
    const sql = yield* DuckDb
    const kept = {
      coin_id: "bitcoin",
      observed_at: "2026-01-03T06:00:00.000Z",
      symbol: "btc",
      name: "Bitcoin",
      price: 1,
      market_cap: 2,
      market_cap_rank: 3,
      fully_diluted_valuation: 4,
      total_volume: 5,
      high_24h: 6,
      low_24h: 7,
      price_change_percentage_24h: 0,
      price_change_percentage_7d: 19,
      price_change_percentage_30d: 20,
      circulating_supply: 12,
      total_supply: 13,
      max_supply: 14,
      ath: 15,
      ath_date: "2025-10-06T18:57:42.558Z",
      atl: 17,
      atl_date: "2013-07-06T00:00:00.000Z",
      last_updated: "2026-01-03T05:59:10.000Z"
    }
    assert.deepStrictEqual(yield* sql`FROM market_snapshot ORDER BY coin_id`, [kept, {
      ...kept,
      coin_id: "unknown",
      price: null,
      market_cap: null,
      price_change_percentage_24h: -1.5,
      price_change_percentage_7d: null,
      price_change_percentage_30d: null
    }])
  }).pipe(Effect.provide(world({ rows: [unknown, bitcoin] }))))

it.effect("the coins that were named are asked for, or else the largest, in one call, and again after five minutes", () => {
  const asked: Array<unknown> = []
  const twice = Effect.gen(function*() {
    const plan = yield* Plan.make([marketSnapshot])
    assert.strictEqual(Plan.calls(plan), 1)
    yield* Run.upToDate([marketSnapshot])
    yield* TestClock.adjust("5 minutes")
    yield* Run.upToDate([marketSnapshot])
    assert.lengthOf(asked, 1)
    yield* TestClock.adjust("1 second")
    yield* Run.upToDate([marketSnapshot])
    return asked.splice(0)
  })
  const priceChange = ["24h", "7d", "30d"]
  return Effect.gen(function*() {
    const named = yield* twice.pipe(Effect.provide(world({ rows: [bitcoin] }, asked, ["bitcoin"])))
    assert.deepStrictEqual(named, [{ ids: ["bitcoin"], priceChange }, { ids: ["bitcoin"], priceChange }])
    const largest = yield* twice.pipe(Effect.provide(world({ rows: [bitcoin] }, asked)))
    assert.deepStrictEqual(largest, [{ top: 7, priceChange }, { top: 7, priceChange }])
  })
})

it.effect("one coin that was named and is not there is told", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(notes(yield* Run.upToDate([marketSnapshot])), ["CoinGecko has no market for gone"])
  }).pipe(Effect.provide(world({ rows: [bitcoin] }, [], ["gone", "bitcoin"]))))

it.effect("coins that were named and are not there are told; one whose row could not be read is there", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(notes(yield* Run.upToDate([marketSnapshot])), ["CoinGecko has no market for gone, lost"])
  }).pipe(
    Effect.provide(
      world({ rows: [bitcoin], rejected: [{ row: "odd", reason: "its price is a text" }] }, [], ["gone", "bitcoin", "odd", "lost"])
    )
  ))
