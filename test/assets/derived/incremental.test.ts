/** What is made bit by bit is what is made at once; and what changes is what depends on it, no more. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { indexedPrices } from "../../../src/assets/derived/indexedPrices.ts"
import { coinStatistics } from "../../../src/assets/derived/coinStatistics.ts"
import { correlationMatrix } from "../../../src/assets/derived/correlationMatrix.ts"
import { dailyReturns } from "../../../src/assets/derived/dailyReturns.ts"
import { dominance } from "../../../src/assets/derived/dominance.ts"
import { marketIndex } from "../../../src/assets/derived/marketIndex.ts"
import { monthlyPrices } from "../../../src/assets/derived/monthlyPrices.ts"
import { monthlyRanking } from "../../../src/assets/derived/monthlyRanking.ts"
import { monthToDate } from "../../../src/assets/derived/monthToDate.ts"
import { priceTrends } from "../../../src/assets/derived/priceTrends.ts"
import { returnDistribution } from "../../../src/assets/derived/returnDistribution.ts"
import { rollingCorrelation } from "../../../src/assets/derived/rollingCorrelation.ts"
import { monthlyReport } from "../../../src/assets/reports/monthlyReport.ts"
import { priceHistory } from "../../../src/assets/raw/priceHistory.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { type Row, rows, same, succeeds } from "./made.ts"
import { dayOf, isoOf } from "./naive.ts"
import * as random from "./random.ts"

const assets = [
  indexedPrices,
  coinStatistics,
  correlationMatrix,
  dailyReturns,
  dominance,
  marketIndex,
  monthlyPrices,
  monthlyRanking,
  monthToDate,
  priceTrends,
  returnDistribution,
  rollingCorrelation
]
const first = dayOf("2025-09-20")
const length = 250
const millis = (day: number) => day * 86_400_000
const noon = (day: number) => `${isoOf(day)}T12:00:00Z`

const world = (market: CoinGeckoTest.Market, last: number) =>
  TestPipeline.layer({ market, now: noon(last), settings: { historyDays: length } })

/** Every table. */
const tables = Effect.forEach(assets, (_) => rows(_.name))
/** Every table, made at once. */
const atOnce = (market: CoinGeckoTest.Market, last: number) =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate(assets))
    return yield* tables
  }).pipe(Effect.provide(world(market, last)))

const alike = (found: ReadonlyArray<ReadonlyArray<Row>>, expected: ReadonlyArray<ReadonlyArray<Row>>) => {
  for (const [i, table] of expected.entries()) {
    assert.strictEqual(found[i]?.length, table.length, assets[i]?.name)
    for (const [n, row] of table.entries()) same(found[i]?.[n], row)
  }
}

it.effect("windows in any order, then what is missing, give the same tables as one window", () =>
  Effect.gen(function*() {
    const last = first + length - 1
    const market = random.toMarket(random.world(11, 4, first, length))
    const expected = yield* atOnce(market, last)
    const roll = random.dice(12)
    yield* Effect.gen(function*() {
      for (let i = 0; i < 5; i++) {
        const start = first + Math.floor(roll() * length)
        const end = start + Math.floor(roll() * 60)
        succeeds(yield* Run.upToDate(assets.filter(() => roll() < 0.5), { over: { start: millis(start), end: millis(end) } }))
      }
      succeeds(yield* Run.upToDate(assets))
      alike(yield* tables, expected)
      assert.deepStrictEqual((yield* Plan.make(assets)).steps, [])
    }).pipe(Effect.provide(world(market, last)))
  }))

it.effect("a day more is one short window of each daily table, and gives what all days at once give", () =>
  Effect.gen(function*() {
    const last = first + length - 10
    const market = random.toMarket(random.world(21, 3, first, length))
    yield* Effect.gen(function*() {
      succeeds(yield* Run.upToDate(assets))
      const days = 1 + Math.floor(random.dice(22)() * 4)
      for (let i = 1; i <= days; i++) {
        yield* TestClock.adjust("1 day")
        const reports = yield* Run.upToDate(assets)
        succeeds(reports)
        const made = reports.flatMap((_) => _.results).filter((_) => _.outcome._tag === "Made" && _.step.asset.per?.calendar.unit === "day")
        for (const { step } of made.filter((_) => _.step.asset !== priceHistory)) {
          assert.strictEqual(`${step.asset.name} ${step.window}`, `${step.asset.name} ${isoOf(last + i)}`)
        }
        assert.lengthOf(made.filter((_) => _.step.asset !== priceHistory), 5)
      }
      alike(yield* tables, yield* atOnce(market, last + days))
    }).pipe(Effect.provide(world(market, last)))
  }))

it.effect("a stored day that changes makes stale what reads it, and gives what the changed history at once gives", () =>
  Effect.gen(function*() {
    const last = dayOf("2026-05-10")
    const days = last - first + 1
    const drawn = random.toMarket(random.world(31, 3, first, days))
    const market = Object.fromEntries(Object.entries(drawn).map(([coin, points]) => [coin, [...points]]))
    const changed = "2026-01-15"
    const revise = (coin: string, day: string) => {
      const points = market[coin] ?? []
      const at = points.findIndex((_) => _[0] === day)
      const [, price, cap, volume] = points[at] ?? [day, 1]
      points.splice(at, at < 0 ? 0 : 1, [day, (price ?? 1) * 1.5, (cap ?? 1) * 1.5, volume ?? null])
    }
    yield* Effect.gen(function*() {
      succeeds(yield* Run.upToDate(assets))
      revise("bitcoin", changed)
      const over = { start: millis(dayOf(changed)), end: millis(dayOf(changed) + 1) }
      succeeds(yield* Run.upToDate([priceHistory], { over, force: true }))
      const plan = (yield* Plan.make(assets)).steps.filter((_) => !_.provisional)
      assert.deepStrictEqual(plan.map(Plan.label).toSorted(), [
        "coin_statistics (upstream changed)",
        "correlation_matrix (upstream changed)",
        "daily_returns 2026-01-15..2026-01-16 (upstream changed 2)",
        "dominance 2026-01-15 (upstream changed 1)",
        "indexed_prices (upstream changed)",
        "market_index 2026-01-15..2026-05-10 (upstream changed 116)",
        "month_to_date (upstream changed)",
        "monthly_prices 2026-01 (upstream changed 1)",
        "monthly_ranking 2026-01 (upstream changed 1)",
        "price_trends 2026-01-15..2026-05-10 (upstream changed 116)",
        "rolling_correlation 2026-01-15..2026-04-15 (upstream changed 91)"
      ])
      succeeds(yield* Run.upToDate(assets))
      alike(yield* tables, yield* atOnce(market, last))
      assert.deepStrictEqual((yield* Plan.make(assets)).steps, [])
      // the first of a month closes the one before
      revise("bitcoin", "2026-03-01")
      const march = { start: millis(dayOf("2026-03-01")), end: millis(dayOf("2026-03-01") + 1) }
      succeeds(yield* Run.upToDate([priceHistory], { over: march, force: true }))
      assert.deepStrictEqual((yield* Plan.make([monthlyPrices])).steps.map(Plan.label), [
        "monthly_prices 2026-02..2026-03 (upstream changed 2)"
      ])
      succeeds(yield* Run.upToDate([monthlyPrices]))
      // and the second does not
      revise("bitcoin", "2026-04-02")
      const april = { start: millis(dayOf("2026-04-02")), end: millis(dayOf("2026-04-02") + 1) }
      succeeds(yield* Run.upToDate([priceHistory], { over: april, force: true }))
      assert.deepStrictEqual((yield* Plan.make([monthlyPrices])).steps.map(Plan.label), ["monthly_prices 2026-04 (upstream changed 1)"])
    }).pipe(Effect.provide(TestPipeline.layer({ market, now: noon(last), settings: { historyDays: days } })))
  }))

it.effect("a month is made from its points and the one that closes it; its ranking and its report, from the month before as well", () => {
  const day = (at: number) => isoOf(dayOf("2025-12-01") + at)
  const market = { bitcoin: Array.from({ length: 124 }, (_, at): CoinGeckoTest.Day => [day(at), 100 + at, 5, 5]) }
  const stale = Effect.fnUntraced(function*(changed: string) {
    const start = dayOf(changed)
    market.bitcoin = market.bitcoin.map(([day, price]) => [day, (price ?? 0) + (day === changed ? 1 : 0), 5, 5])
    succeeds(yield* Run.upToDate([priceHistory], { over: { start: millis(start), end: millis(start + 1) }, force: true }))
    const months = (yield* Plan.make([monthlyPrices])).steps.map(Plan.label)
    succeeds(yield* Run.upToDate([monthlyPrices, dailyReturns]))
    const others = (yield* Plan.make([monthlyRanking, monthlyReport])).steps.map(Plan.label)
    succeeds(yield* Run.upToDate([monthlyRanking, monthlyReport]))
    return [...months, ...others]
  })
  return Effect.gen(function*() {
    succeeds(yield* Run.upToDate([monthlyRanking, monthlyReport]))
    assert.deepStrictEqual(yield* stale("2025-12-10"), [
      "monthly_prices 2025-12 (upstream changed 1)",
      "monthly_ranking 2025-12..2026-01 (upstream changed 2)",
      "monthly_report 2025-12 (upstream changed 1)",
      "monthly_report 2026-01 (upstream changed 1)"
    ])
    assert.deepStrictEqual(yield* stale("2026-02-02"), [
      "monthly_prices 2026-02 (upstream changed 1)",
      "monthly_ranking 2026-02..2026-03 (upstream changed 2)",
      "monthly_report 2026-02 (upstream changed 1)",
      "monthly_report 2026-03 (upstream changed 1)"
    ])
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: noon(dayOf("2026-04-02")), settings: { historyDays: 123 } })))
})
