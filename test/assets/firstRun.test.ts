import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { dailyReturns } from "../../src/assets/derived/dailyReturns.ts"
import { priceChart } from "../../src/assets/charts/priceChart.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"

const market = {
  bitcoin: [["2026-01-01", 100, 1000, 10], ["2026-01-02", 110, 1100, 10], ["2026-01-03", 99, 990, 10], ["2026-01-04", 198, 1980, 10]],
  ethereum: [["2026-01-01", 10], ["2026-01-03", 20], ["2026-01-04", 10]]
} as const

it.effect("a first run makes what is missing, a second nothing, a day later one short window a coin", () =>
  Effect.gen(function*() {
    const plan = yield* Plan.make([dailyReturns])
    assert.deepStrictEqual(Plan.print(plan), [
      "price_history 2026-01-01..2026-01-03, 2 subjects (never made 6), 2 calls",
      "daily_returns 2026-01-01..2026-01-03 (never made 3)"
    ])
    const reports = yield* Run.upToDate([dailyReturns, priceChart])
    assert.deepStrictEqual(reports.map((_) => _.state), ["succeeded"])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`FROM daily_returns ORDER BY ALL`, [
      { coin_id: "bitcoin", day: "2026-01-01", simple_return: null, log_return: null },
      { coin_id: "bitcoin", day: "2026-01-02", simple_return: 110 / 100 - 1, log_return: Math.log(110 / 100) },
      { coin_id: "bitcoin", day: "2026-01-03", simple_return: 99 / 110 - 1, log_return: Math.log(99 / 110) },
      { coin_id: "ethereum", day: "2026-01-01", simple_return: null, log_return: null },
      { coin_id: "ethereum", day: "2026-01-03", simple_return: null, log_return: null }
    ])
    assert.deepStrictEqual((yield* Plan.make([dailyReturns])).steps, [])
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(Plan.print(yield* Plan.make([dailyReturns])), [
      "price_history 2026-01-02..2026-01-04, 2 subjects (missing 2, read again 4), 2 calls",
      "daily_returns 2026-01-02..2026-01-03 (after upstream 2)",
      "daily_returns 2026-01-04 (missing 1)"
    ])
    const later = yield* Run.upToDate([dailyReturns])
    assert.deepStrictEqual(later.flatMap((_) =>
      _.results.map(({ outcome, step, subject }) => `${outcome._tag} ${step.asset.name} ${step.window} ${subject ?? ""}`)
    ), [
      "Made price_history 2026-01-02..2026-01-04 bitcoin",
      "Made price_history 2026-01-02..2026-01-04 ethereum",
      "Skipped daily_returns 2026-01-02..2026-01-03 ",
      "Made daily_returns 2026-01-04 "
    ])
    const calls = yield* CoinGeckoTest.Calls.use((_) =>
      _.all
    )
    assert.deepStrictEqual(calls.toSorted(), [
      "coinList",
      "marketChart bitcoin 3",
      "marketChart bitcoin 3",
      "marketChart ethereum 3",
      "marketChart ethereum 3"
    ])
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: "2026-01-03T06:00:00Z", settings: { historyDays: 3 } }))))

it.effect("a return needs both days' prices above zero: a price of 0 is a fall to nothing, and nothing follows from it", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([dailyReturns])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`FROM daily_returns ORDER BY day`, [
      { coin_id: "fallen", day: "2026-01-01", simple_return: null, log_return: null },
      { coin_id: "fallen", day: "2026-01-02", simple_return: -1, log_return: null },
      { coin_id: "fallen", day: "2026-01-03", simple_return: null, log_return: null }
    ])
  }).pipe(Effect.provide(TestPipeline.layer({
    market: { fallen: [["2026-01-01", 5], ["2026-01-02", 0], ["2026-01-03", 7]] },
    now: "2026-01-03T06:00:00Z",
    settings: { historyDays: 3 }
  }))))

it.effect("in the first half hour of a day, a year of history asks a free plan for no day that it refuses", () =>
  Effect.gen(function*() {
    const plan = yield* Plan.make([dailyReturns])
    assert.deepStrictEqual(Plan.print(plan)[0], "price_history 2025-01-03..2026-01-02, bitcoin (never made 365), 1 call")
    yield* Run.upToDate([dailyReturns])
    assert.deepStrictEqual(yield* CoinGeckoTest.Calls.use((_) => _.all), ["marketChart bitcoin 365"])
    yield* TestClock.adjust("30 minutes")
    yield* Run.upToDate([dailyReturns])
    assert.deepStrictEqual((yield* CoinGeckoTest.Calls.use((_) => _.all)).slice(1), ["marketChart bitcoin 3"])
  }).pipe(Effect.provide(TestPipeline.layer({
    market: { bitcoin: [["2026-01-02", 1], ["2026-01-03", 2]] },
    now: "2026-01-03T00:10:00Z",
    settings: { plan: "demo" }
  }))))
