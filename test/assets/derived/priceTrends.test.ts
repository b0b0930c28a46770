/** Trends worked out by hand. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { priceTrends } from "../../../src/assets/derived/priceTrends.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { daily, type Row, rows, same, still, succeeds } from "./made.ts"
import { dayOf, isoOf } from "./naive.ts"

const first = "2025-01-01"

/** The rows of coins from 1 January 2025 on, by the number of the day, the first being 1. */
const trendsOf = (market: CoinGeckoTest.Market) =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([priceTrends]))
    const found = yield* rows("price_trends")
    return (coin: string) => (nth: number): Row | undefined =>
      found.find((_) => _["coin_id"] === coin && _["day"] === isoOf(dayOf(first) + nth - 1))
  }).pipe(Effect.provide(TestPipeline.layer({
    market,
    now: `${Object.values(market).map((_) => _.at(-1)?.[0] ?? first).sort().at(-1)}T12:00:00Z`,
    settings: { historyDays: Math.max(...Object.values(market).map((_) => _.length)) }
  })))
const trends = (days: ReadonlyArray<CoinGeckoTest.Day>) => Effect.map(trendsOf({ coin: days }), (of) => of("coin"))

const nothing = {
  sma_7: null,
  sma_30: null,
  sma_50: null,
  sma_90: null,
  sma_200: null,
  ema_7: null,
  ema_30: null,
  ema_90: null,
  volatility_30d: null,
  rsi_14: null,
  bollinger_lower: null,
  bollinger_middle: null,
  bollinger_upper: null,
  momentum_30: null,
  volume_trend: null,
  cross: null,
  trend: null
}

it.effect("of one day nothing is known but that it is no fall", () =>
  Effect.gen(function*() {
    const of = yield* trends(daily(first, [5]))
    assert.deepStrictEqual(of(1), { coin_id: "coin", day: first, ...nothing, drawdown: 0 })
  }))

it.effect("a price that stands still, however small, has no volatility, an RSI of 50, no trend and no cross", () =>
  Effect.gen(function*() {
    const prices = [0.1, 1e-12, 1e13]
    const all = yield* trendsOf(Object.fromEntries(prices.map((_) => [`at ${_}`, daily(first, still(_, 202))])))
    for (const price of prices) {
      const of = all(`at ${price}`)
      for (const nth of [200, 201, 202]) {
        same(of(nth), {
          sma_7: price,
          sma_30: price,
          sma_50: price,
          sma_90: price,
          sma_200: price,
          ema_7: price,
          ema_30: price,
          ema_90: price,
          volatility_30d: 0,
          drawdown: 0,
          rsi_14: 50,
          bollinger_lower: price,
          bollinger_middle: price,
          bollinger_upper: price,
          momentum_30: 0,
          volume_trend: null,
          cross: null,
          trend: "sideways"
        })
      }
      same(of(199), { sma_200: null, sma_90: price })
      same(of(30), { sma_30: price, volatility_30d: null, momentum_30: null })
      same(of(31), { volatility_30d: 0, momentum_30: 0, trend: null })
    }
  }))

it.effect("averages begin with their last day, decay from there, and begin anew after a gap", () =>
  Effect.gen(function*() {
    const of = yield* trends(daily(first, [1, 2, 3, 4, 5, 6, 7, 8, null, 20, 21, 22, 23, 24, 25, 26, 30]))
    same(of(6), { sma_7: null, ema_7: null })
    same(of(7), { sma_7: 4, ema_7: 4 })
    // 8/4 + 3/4 · 4
    same(of(8), { sma_7: 5, ema_7: 5, drawdown: 0 })
    assert.isUndefined(of(9))
    same(of(10), { sma_7: null, ema_7: null })
    same(of(15), { sma_7: null, ema_7: null })
    same(of(16), { sma_7: 23, ema_7: 23 })
    // 30/4 + 3/4 · 23
    same(of(17), { sma_7: 171 / 7, ema_7: 24.75 })
  }))

it.effect("an exponential average over years is what the recursion gives", () =>
  Effect.gen(function*() {
    // ema_7 weighs by blocks of 2,000 days
    const prices = Array.from({ length: 4100 }, (_, i) => i < 3990 ? 1e9 : 1 + (i % 5))
    const of = yield* trends(daily(first, prices))
    for (const [k, column] of [[7, "ema_7"], [30, "ema_30"], [90, "ema_90"]] as const) {
      let average = NaN
      prices.forEach((price, i) => {
        if (i === k - 1) average = 1e9
        else if (i >= k) average = average + 2 / (k + 1) * (price - average)
        if ([k - 1, 1998, 1999, 2000, 3998, 3999, 4000, 4099].includes(i)) {
          const found = Number(of(i + 1)?.[column])
          assert.isBelow(Math.abs(found / average - 1), 1e-11, `${column} ${i}`)
        }
      })
    }
    // a fall long ago still weighs in: after 110 days' moves, Wilder's averages know of it
    assert.isAbove(Number(of(4100)?.["rsi_14"]), 0)
  }))

it.effect("RSI is 100 with no loss, and Wilder's average goes on from there", () =>
  Effect.gen(function*() {
    const up = Array.from({ length: 15 }, (_, i) => 10 + i)
    const all = yield* trendsOf({ up: daily(first, [...up, 23, 25]), down: daily(first, up.toReversed()) })
    const of = all("up")
    same(of(14), { rsi_14: null })
    same(of(15), { rsi_14: 100 })
    // gain 1 · 13/14, loss 1/14
    same(of(16), { rsi_14: 100 - 100 / 14 })
    // gain (13 · 13/14 + 2)/14 = 197/196, loss 13/196
    same(of(17), { rsi_14: 100 - 100 / (1 + 197 / 13) })
    same(all("down")(15), { rsi_14: 0 })
  }))

it.effect("RSI begins anew 14 changes after a gap", () =>
  Effect.gen(function*() {
    const up = Array.from({ length: 15 }, (_, i) => 10 + i)
    const of = yield* trends(daily(first, [...up, null, ...up.toReversed()]))
    same(of(15), { rsi_14: 100 })
    same(of(30), { rsi_14: null })
    same(of(31), { rsi_14: 0 })
  }))

it.effect("bands lie two deviations of the population from the middle", () =>
  Effect.gen(function*() {
    // ten at 9 and ten at 11: mean 10, deviation 1
    const of = yield* trends(daily(first, Array.from({ length: 21 }, (_, i) => i % 2 === 0 ? 9 : 11)))
    same(of(19), { bollinger_lower: null, bollinger_middle: null, bollinger_upper: null })
    same(of(20), { bollinger_lower: 8, bollinger_middle: 10, bollinger_upper: 12 })
  }))

it.effect("volatility is that of thirty log returns, a year; one day without a price above 0 takes it away", () =>
  Effect.gen(function*() {
    // 15 returns of ln 2 and 15 of −ln 2: mean 0, sum of squares 30 ln² 2
    const swing = Array.from({ length: 31 }, (_, i) => i % 2 === 0 ? 1 : 2)
    const of = yield* trends(daily(first, [...swing, 0, ...swing]))
    same(of(30), { volatility_30d: null })
    same(of(31), { volatility_30d: Math.LN2 * Math.sqrt(30 / 29 * 365), momentum_30: 0 })
    same(of(32), { volatility_30d: null, momentum_30: -1, drawdown: -1 })
    same(of(62), { volatility_30d: null, momentum_30: null })
    same(of(63), { volatility_30d: Math.LN2 * Math.sqrt(30 / 29 * 365) })
  }))

it.effect("a drawdown is measured from the highest price so far, gaps or not", () =>
  Effect.gen(function*() {
    const all = yield* trendsOf({ coin: daily(first, [8, 10, null, 5, 20, 15]), none: daily(first, [0, 0, 1]) })
    const of = all("coin")
    same(of(1), { drawdown: 0 })
    same(of(4), { drawdown: -0.5 })
    same(of(5), { drawdown: 0 })
    same(of(6), { drawdown: -0.25 })
    same(all("none")(2), { drawdown: null })
    same(all("none")(3), { drawdown: 0 })
  }))

it.effect("momentum is over thirty calendar days, whatever lies between", () =>
  Effect.gen(function*() {
    const all = yield* trendsOf({
      coin: daily(first, [...Array.from({ length: 31 }, (_, i) => i + 4), null, 99]),
      fallen: daily(first, [0, ...still(1, 31)])
    })
    const of = all("coin")
    same(of(30), { momentum_30: null })
    same(of(31), { momentum_30: 34 / 4 - 1 })
    same(of(33), { momentum_30: 99 / 6 - 1 })
    same(all("fallen")(31), { momentum_30: null })
    same(all("fallen")(32), { momentum_30: 0 })
  }))

it.effect("the volume trend wants thirty volumes, and something traded", () =>
  Effect.gen(function*() {
    const volumes = (of: (nth: number) => number | null, days: number) =>
      Array.from({ length: days }, (_, i) => [isoOf(dayOf(first) + i), 1, null, of(i + 1)] as const)
    // seven at 8 and 23 at 1: 8 / (79/30)
    const of = yield* trendsOf({
      more: volumes((nth) => nth > 23 ? 8 : 1, 30),
      unknown: volumes((nth) => nth === 2 ? null : 1, 30),
      none: volumes(() => 0, 30)
    })
    same(of("more")(29), { volume_trend: null })
    same(of("more")(30), { volume_trend: 8 / (79 / 30) - 1 })
    same(of("unknown")(30), { volume_trend: null })
    same(of("none")(30), { volume_trend: null })
  }))

it.effect("the averages cross on the day they do, and only there", () =>
  Effect.gen(function*() {
    // day 201: sma_50 = 100 + 1/50, sma_200 = 100 + 1/200; day 203: both have a day at 50, it weighs four times in sma_50
    const all = yield* trendsOf({
      coin: daily(first, [...still(100, 200), 101, 101, 50, 50]),
      up: daily(first, [...still(100, 199), 101]),
      down: daily(first, [...still(100, 199), 99]),
      fall: daily(first, [...still(100, 200), 99]),
      little: daily(first, [...still(100, 199), 100.00001]),
      less: daily(first, [...still(100, 199), 99.99999])
    })
    const of = all("coin")
    same(of(200), { cross: null })
    same(of(201), { cross: "golden", sma_50: 100.02, sma_200: 100.005 })
    same(of(202), { cross: null })
    same(of(203), { cross: "death" })
    same(of(204), { cross: null })
    // on the first day that has both averages, nothing is known of the day before
    same(all("up")(200), { cross: null, trend: "up" })
    same(all("down")(200), { cross: null, trend: "down" })
    same(all("little")(200), { trend: "up" })
    same(all("less")(200), { trend: "down" })
    // from equal, a fall is a cross as well
    same(all("fall")(201), { cross: "death" })
  }))

it.effect("a trend has the price, the month and the quarter in order", () =>
  Effect.gen(function*() {
    const of = yield* trends(daily(first, [...still(100, 60), ...still(110, 30), 115, 100, 80, ...still(80, 40), 70, 95, 120]))
    same(of(89), { trend: null })
    same(of(90), { trend: "sideways" })
    same(of(91), { trend: "up" })
    same(of(92), { trend: "sideways" })
    same(of(133), { trend: "sideways" })
    same(of(134), { trend: "down" })
    same(of(135), { trend: "sideways" })
    // the month and the quarter are alike, whatever the price
    const even = yield* trends(daily(first, Array.from({ length: 92 }, (_, i) => 1 + i % 2)))
    for (const nth of [91, 92]) same(even(nth), { sma_30: 1.5, sma_90: 1.5, trend: "sideways" })
  }))
