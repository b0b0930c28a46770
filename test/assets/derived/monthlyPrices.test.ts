/** Months worked out by hand. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { monthlyPrices } from "../../../src/assets/derived/monthlyPrices.ts"
import { monthToDate } from "../../../src/assets/derived/monthToDate.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { daily, rows, same, still, succeeds } from "./made.ts"

const world = (market: CoinGeckoTest.Market, now: string) =>
  TestPipeline.layer({ market, now: `${now}T12:00:00Z`, settings: { historyDays: 100 } })
const months = (market: CoinGeckoTest.Market, now = "2026-03-02") =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([monthlyPrices, monthToDate]))
    return [yield* rows("monthly_prices"), yield* rows("month_to_date")] as const
  }).pipe(Effect.provide(world(market, now)))

it.effect("a month opens on its first and closes on the next month's first, which opens that", () =>
  Effect.gen(function*() {
    // February has 28 days: 29 points close it
    const february = [4, ...still(8, 13), ...still(2, 13), 1, 6]
    const points = [
      ...daily("2026-02-01", february).map(([day, price], i) => [day, price, null, i] as const),
      ["2026-03-02", 9, null, 100] as const
    ]
    const [ended, running] = yield* months({ coin: points })
    const [row, ...rest] = ended
    assert.deepStrictEqual(rest, [])
    // returns ln 2, −ln 4, −ln 2 and ln 6, and 24 of 0
    const moves = [Math.log(2), -Math.log(4), -Math.log(2), Math.log(6)]
    const mean = Math.log(1.5) / 28
    const squares = moves.reduce((sum, _) => sum + (_ - mean) ** 2, 24 * mean ** 2)
    same(row, {
      coin_id: "coin",
      month: "2026-02-01",
      open: 4,
      high: 8,
      low: 1,
      close: 6,
      monthly_return: 0.5,
      volatility: Math.sqrt(squares / 27 * 365),
      // 1 + … + 28: the volume stamped on the first is the month before's
      volume: 406,
      max_drawdown: 1 / 8 - 1,
      days: 29,
      closed: true
    })
    assert.lengthOf(running, 1)
    same(running[0], {
      month: "2026-03-01",
      open: 6,
      high: 9,
      low: 6,
      close: 9,
      monthly_return: 0.5,
      volatility: null,
      volume: 100,
      max_drawdown: 0,
      days: 2,
      closed: false
    })
  }))

it.effect("a coin listed within the month has no open and no return, and nothing is said of the days before", () =>
  Effect.gen(function*() {
    const points = daily("2026-02-25", [1, 2, 4, 2, 3]).map(([day, price]) => [day, price, null, 1] as const)
    const [[row]] = yield* months({ coin: points }, "2026-03-01")
    same(row, {
      month: "2026-02-01",
      open: null,
      high: 4,
      low: 1,
      close: 3,
      monthly_return: null,
      volatility: null,
      volume: null,
      max_drawdown: -0.5,
      days: 5,
      closed: true
    })
  }))

it.effect("a coin without the closing point stays open at its latest; a gap takes volatility and volume away", () =>
  Effect.gen(function*() {
    const flat = daily("2026-02-01", still(5, 29)).map(([day, price]) => [day, price, null, 1] as const)
    const [ended] = yield* months({
      delisted: flat.slice(0, 10),
      halved: flat.map(([day, , cap, volume]) => [day, day < "2026-02-10" ? 1 : 0.5, cap, volume] as const),
      gap: flat.filter(([day]) => day !== "2026-02-10"),
      unclosed: [...flat.slice(0, 28), ["2026-03-02", 7, null, 1]],
      unknown: flat.map(([day, price, cap, volume]) => [day, price, cap, day === "2026-02-10" ? null : volume] as const),
      zero: flat.map(([day, price, cap, volume]) => [day, day < "2026-02-03" ? 0 : price, cap, volume] as const)
    })
    const of = (coin: string) => ended.find((_) => _["coin_id"] === coin)
    same(of("delisted"), { open: 5, close: 5, monthly_return: 0, volatility: 0, volume: 9, days: 10, closed: false })
    same(of("halved"), { max_drawdown: -0.5, monthly_return: -0.5 })
    same(of("gap"), { open: 5, close: 5, monthly_return: 0, volatility: null, volume: null, days: 28, closed: true })
    same(of("unclosed"), { close: 5, high: 5, volume: 27, days: 28, closed: false })
    same(of("unknown"), { volatility: 0, volume: null, days: 29, closed: true })
    same(of("zero"), { open: 0, low: 0, monthly_return: null, volatility: null, max_drawdown: 0, volume: 28 })
  }))

it.effect("a month is made when its closing point is due; a new day leaves closed months alone, and remakes the running one", () =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([monthlyPrices, monthToDate]))
    const before = yield* rows("monthly_prices")
    assert.deepStrictEqual(before.map((_) => _["month"]), ["2026-01-01"])
    assert.deepStrictEqual((yield* Plan.make([monthlyPrices, monthToDate])).steps, [])
    yield* TestClock.adjust("1 day")
    const made = yield* Run.upToDate([monthlyPrices, monthToDate])
    const outcomes = made.flatMap((_) => _.results).filter((_) => _.step.asset.per?.calendar.unit !== "day")
    assert.deepStrictEqual(outcomes.map((_) => `${_.outcome._tag} ${_.step.asset.name}`), ["Made month_to_date"])
    assert.deepStrictEqual(yield* rows("monthly_prices"), before)
    assert.deepStrictEqual((yield* rows("month_to_date")).map((_) => [_["month"], _["days"], _["closed"]]), [["2026-02-01", 28, false]])
    // the first of March, from 00:35
    yield* TestClock.setTime(Date.UTC(2026, 2, 1, 0, 34))
    assert.notInclude((yield* Plan.make([monthlyPrices])).steps.map((_) => `${_.asset.name} ${_.window}`), "monthly_prices 2026-02")
    yield* TestClock.adjust("1 minute")
    assert.include((yield* Plan.make([monthlyPrices])).steps.map((_) => `${_.asset.name} ${_.window}`), "monthly_prices 2026-02")
    succeeds(yield* Run.upToDate([monthlyPrices, monthToDate]))
    assert.deepStrictEqual((yield* rows("monthly_prices")).map((_) => [_["month"], _["close"], _["closed"]]), [
      ["2026-01-01", 31, true],
      ["2026-02-01", 59, true]
    ])
  }).pipe(Effect.provide(world({ coin: daily("2026-01-01", Array.from({ length: 70 }, (_, i) => i)) }, "2026-02-27"))))
