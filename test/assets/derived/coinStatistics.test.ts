/** Statistics worked out by hand. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { coinStatistics } from "../../../src/assets/derived/coinStatistics.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { daily, rows, same, still, succeeds } from "./made.ts"

const statistics = (market: CoinGeckoTest.Market, riskFreeRate = 0, now = "2026-06-30") =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([coinStatistics]))
    const found = yield* rows("coin_statistics")
    return (coin: string) => found.find((_) => _["coin_id"] === coin)
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: `${now}T12:00:00Z`, settings: { historyDays: 1200, riskFreeRate } })))

const year = Math.sqrt(365)

it.effect("one day has a drawdown of nothing, and no returns", () =>
  Effect.gen(function*() {
    const of = yield* statistics({ one: [["2026-06-01", 5]] })
    assert.deepStrictEqual(of("one"), {
      coin_id: "one",
      first_day: "2026-06-01",
      last_day: "2026-06-01",
      days: 1,
      gaps: 0,
      coverage: 1,
      return_1: null,
      return_7: null,
      return_30: null,
      return_90: null,
      return_365: null,
      volatility_30d: null,
      volatility_90d: null,
      volatility_all: null,
      max_drawdown: 0,
      peak_day: "2026-06-01",
      trough_day: "2026-06-01",
      recovery_day: null,
      sharpe: null,
      sortino: null,
      best_day: null,
      best_return: null,
      worst_day: null,
      worst_return: null,
      beta: null,
      correlation_btc: null
    })
  }))

it.effect("two days have one return, best and worst, and no deviation", () =>
  Effect.gen(function*() {
    const of = yield* statistics({ two: daily("2026-06-01", [4, 3]), up: daily("2026-06-01", [4, 5]) }, 3.65)
    same(of("two"), {
      days: 2,
      return_1: -0.25,
      volatility_all: null,
      max_drawdown: -0.25,
      peak_day: "2026-06-01",
      trough_day: "2026-06-02",
      recovery_day: null,
      sharpe: null,
      // e = −0.25 − 0.01, and so is its root mean square
      sortino: -year,
      best_day: "2026-06-02",
      best_return: -0.25,
      worst_day: "2026-06-02",
      worst_return: -0.25
    })
    same(of("up"), { return_1: 0.25, max_drawdown: 0, trough_day: "2026-06-01", recovery_day: "2026-06-02", sortino: null })
  }))

it.effect("a price that stands still has no Sharpe or Sortino ratio; against a risk-free rate it loses", () =>
  Effect.gen(function*() {
    const market = { still: daily("2026-05-01", still(1e-12, 40)) }
    same((yield* statistics(market))("still"), {
      return_1: 0,
      return_30: 0,
      return_90: null,
      volatility_30d: 0,
      volatility_90d: null,
      volatility_all: 0,
      max_drawdown: 0,
      recovery_day: "2026-05-02",
      sharpe: null,
      sortino: null,
      best_day: "2026-05-02",
      worst_day: "2026-05-02",
      best_return: 0
    })
    same((yield* statistics(market, 0.73))("still"), { sharpe: null, sortino: -year })
  }))

it.effect("ratios are of the mean excess return to its deviation, all of it or the downside", () =>
  Effect.gen(function*() {
    // returns +0.5, −0.5, +1: mean 1/3, deviation √(((1/6)² + (5/6)² + (2/3)²)/2) = √(7/12)
    const of = yield* statistics({ coin: daily("2026-06-01", [4, 6, 3, 6]) })
    same(of("coin"), {
      sharpe: 1 / 3 / Math.sqrt(7 / 12) * year,
      // the downside is 0.25 in three
      sortino: 1 / 3 / Math.sqrt(0.25 / 3) * year,
      best_day: "2026-06-04",
      best_return: 1,
      worst_day: "2026-06-03",
      worst_return: -0.5
    })
    // less 0.1 a day: mean 7/30, the deviation as before, downside 0.6² in three
    same((yield* statistics({ coin: daily("2026-06-01", [4, 6, 3, 6]) }, 36.5))("coin"), {
      sharpe: 7 / 30 / Math.sqrt(7 / 12) * year,
      sortino: 7 / 30 / Math.sqrt(0.36 / 3) * year
    })
  }))

it.effect("returns and volatility count calendar days back from the last; a gap takes them away, and is counted", () =>
  Effect.gen(function*() {
    const swing = Array.from({ length: 91 }, (_, i) => i % 2 === 0 ? 1 : 2)
    const of = yield* statistics({
      whole: daily("2026-01-01", swing),
      // the day 30 days before the last is missing
      gap: daily("2026-01-01", swing.map((_, i) => i === 60 ? null : _)),
      short: daily("2026-01-01", swing.slice(0, 90)),
      fallen: daily("2026-01-01", [0, 3])
    })
    same(of("whole"), {
      return_1: -0.5,
      return_7: -0.5,
      return_30: 0,
      return_90: 0,
      volatility_30d: Math.LN2 * Math.sqrt(30 / 29) * year,
      volatility_90d: Math.LN2 * Math.sqrt(90 / 89) * year,
      volatility_all: Math.LN2 * Math.sqrt(90 / 89) * year,
      coverage: 1
    })
    same(of("gap"), { days: 90, gaps: 1, coverage: 90 / 91, return_30: null, return_90: 0, volatility_30d: null, volatility_90d: null })
    same(of("gap"), { volatility_all: Math.LN2 * Math.sqrt(88 / 87) * year })
    same(of("short"), { return_30: 0, return_90: null, volatility_90d: null, last_day: "2026-03-31" })
    same(of("fallen"), { return_1: null, best_return: null, max_drawdown: 0, peak_day: "2026-01-02" })
  }))

it.effect("a year's return needs 366 points", () =>
  Effect.gen(function*() {
    const of = yield* statistics({
      enough: daily("2025-01-01", [2, ...still(4, 364), 3]),
      short: daily("2025-01-02", [2, ...still(4, 363), 3])
    })
    same(of("enough"), { days: 366, last_day: "2026-01-01", return_365: 0.5 })
    same(of("short"), { days: 365, last_day: "2026-01-01", return_365: null })
  }))

it.effect("the worst fall is measured from the first day of its peak to the first of its trough, until it is made good", () =>
  Effect.gen(function*() {
    const of = yield* statistics({
      healed: daily("2026-06-01", [6, 10, 10, 5, 8, 5, 9, 10, 7]),
      open: daily("2026-06-01", [8, 4, 8, 9, 10, 4, 9]),
      gone: daily("2026-06-01", [8, 0, 4, 8]),
      twice: daily("2026-06-01", [10, 5, 20, 10]),
      one: daily("2026-06-08", [1, 0.5]),
      nothing: daily("2026-06-08", [0, 0])
    })
    same(of("twice"), { max_drawdown: -0.5, peak_day: "2026-06-01", trough_day: "2026-06-02", recovery_day: "2026-06-03" })
    same(of("one"), { max_drawdown: -0.5, peak_day: "2026-06-08", trough_day: "2026-06-09", recovery_day: null, return_1: -0.5 })
    same(of("nothing"), { max_drawdown: null, peak_day: null, trough_day: null, recovery_day: null, return_1: null, sharpe: null })
    same(of("healed"), { max_drawdown: -0.5, peak_day: "2026-06-02", trough_day: "2026-06-04", recovery_day: "2026-06-08" })
    same(of("open"), { max_drawdown: -0.6, peak_day: "2026-06-05", trough_day: "2026-06-06", recovery_day: null })
    same(of("gone"), { max_drawdown: -1, trough_day: "2026-06-02", recovery_day: "2026-06-04", volatility_all: null, best_return: 1 })
  }))

it.effect("beta and correlation are with bitcoin, over thirty days in common or more", () =>
  Effect.gen(function*() {
    const bitcoin = Array.from({ length: 31 }, (_, i) => i % 3 === 0 ? 1 : 2)
    const of = yield* statistics({
      bitcoin: daily("2026-05-01", bitcoin),
      twice: daily("2026-05-01", bitcoin.map((_) => 7 * _ ** 2)),
      against: daily("2026-05-01", bitcoin.map((_) => 1 / _)),
      still: daily("2026-05-01", still(3, 31)),
      short: daily("2026-05-02", bitcoin.slice(1))
    })
    same(of("bitcoin"), { beta: 1, correlation_btc: 1 })
    same(of("twice"), { beta: 2, correlation_btc: 1 })
    same(of("against"), { beta: -1, correlation_btc: -1 })
    same(of("still"), { beta: 0, correlation_btc: null })
    same(of("short"), { beta: null, correlation_btc: null })
    const calm = yield* statistics({ bitcoin: daily("2026-05-01", still(3, 31)), coin: daily("2026-05-01", bitcoin) })
    same(calm("coin"), { beta: null, correlation_btc: null })
    const without = yield* statistics({ coin: daily("2026-05-01", bitcoin) })
    same(without("coin"), { beta: null, correlation_btc: null })
  }))

it.effect("no rounding takes a correlation with bitcoin beyond 1 or −1", () =>
  Effect.gen(function*() {
    // plain Pearson of these is 1.0000000000000002
    const wild = Array.from({ length: 200 }, (_, i) => i * 7919 % 1000 + 1)
    const of = yield* statistics({ bitcoin: daily("2025-12-01", wild), mirror: daily("2025-12-01", wild.map((_) => 1 / _)) })
    assert.strictEqual(of("bitcoin")?.["correlation_btc"], 1)
    assert.strictEqual(of("mirror")?.["correlation_btc"], -1)
  }))
