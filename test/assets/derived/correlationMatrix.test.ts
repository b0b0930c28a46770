/** Correlations worked out by hand. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { correlationMatrix } from "../../../src/assets/derived/correlationMatrix.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { daily, rows, same, still, succeeds } from "./made.ts"

const matrix = (market: CoinGeckoTest.Market) =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([correlationMatrix]))
    const found = yield* rows("correlation_matrix")
    const of = (a: string, b: string) => found.find((_) => _["coin_a"] === a && _["coin_b"] === b)
    return { found, of }
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: "2026-06-30T12:00:00Z", settings: { historyDays: 200 } })))

/** 30 returns: ten times +ln 2, ln 2, −2 ln 2. */
const saw = Array.from({ length: 31 }, (_, i) => 2 ** (i % 3))

it.effect("each pair is there in either order, and each coin with itself", () =>
  Effect.gen(function*() {
    const { found } = yield* matrix({ b: daily("2026-05-01", saw), a: daily("2026-05-01", saw.map((_) => 1 / _)) })
    assert.deepStrictEqual(found.map((_) => [_["coin_a"], _["coin_b"], Math.round(Number(_["correlation"]) * 1e12) / 1e12, _["days"]]), [
      ["a", "a", 1, 30],
      ["a", "b", -1, 30],
      ["b", "a", -1, 30],
      ["b", "b", 1, 30]
    ])
  }))

it.effect("r is Pearson's", () =>
  Effect.gen(function*() {
    // returns (1, 1, −2) and (1, −2, 1), each in turn, mean 0: products 1 − 2 − 2, squares 6
    const other = [1, ...Array.from({ length: 30 }, (_, i) => [2, 0.5, 1][i % 3] ?? 0)]
    const { of } = yield* matrix({ a: daily("2026-05-01", saw), b: daily("2026-05-01", other) })
    same(of("a", "b"), { correlation: -0.5, days: 30 })
    // whatever both grow by beside
    const grown = yield* matrix({
      a: daily("2026-05-01", saw.map((_, i) => _ * 1.3 ** i)),
      b: daily("2026-05-01", other.map((_, i) => _ * 0.8 ** i))
    })
    same(grown.of("a", "b"), { correlation: -0.5, days: 30 })
  }))

it.effect("29 days in common say nothing, and neither does a price that stands still", () =>
  Effect.gen(function*() {
    const { of } = yield* matrix({
      saw: daily("2026-05-01", saw),
      late: daily("2026-05-02", saw.slice(1)),
      still: daily("2026-05-01", still(1e-12, 31)),
      one: daily("2026-05-01", [1])
    })
    assert.deepStrictEqual(of("saw", "late"), { coin_a: "saw", coin_b: "late", correlation: null, days: 29 })
    assert.deepStrictEqual(of("late", "late"), { coin_a: "late", coin_b: "late", correlation: null, days: 29 })
    same(of("saw", "still"), { correlation: null, days: 30 })
    same(of("still", "still"), { correlation: null, days: 30 })
    same(of("still", "saw"), { correlation: null, days: 30 })
    same(of("one", "saw"), { correlation: null, days: 0 })
    same(of("one", "one"), { correlation: null, days: 0 })
  }))

it.effect("a price that stands still correlates with nothing, over whatever days", () =>
  Effect.gen(function*() {
    const { of } = yield* matrix({
      a_still: daily("2026-04-20", still(3, 50)),
      saw: daily("2026-05-01", saw),
      z_still: daily("2026-04-25", still(5, 40)),
      "saw-2": daily("2026-04-28", [1, 3, 2, ...saw])
    })
    for (const [a, b] of [["a_still", "saw"], ["saw", "a_still"], ["saw", "z_still"], ["a_still", "z_still"]] as const) {
      same(of(a, b), { correlation: null })
    }
    // the same saw, three days longer
    same(of("saw", "saw-2"), { correlation: 1, days: 30 })
  }))

it.effect("only the days that both have count: a gap takes two of them, a price of 0 too", () =>
  Effect.gen(function*() {
    const longer = [...saw, ...saw.slice(1)]
    // on the days that `gap` lacks, `whole` leaps; in common they move as one
    const { of } = yield* matrix({
      whole: daily("2026-04-01", longer.map((_, i) => i === 40 ? 1e6 : _)),
      gap: daily("2026-04-01", longer.map((_, i) => i === 40 ? null : _)),
      zero: daily("2026-04-01", longer.map((_, i) => i === 40 ? 0 : _))
    })
    same(of("whole", "whole"), { days: 60 })
    same(of("whole", "gap"), { correlation: 1, days: 58 })
    same(of("gap", "whole"), { correlation: 1, days: 58 })
    same(of("whole", "zero"), { correlation: 1, days: 58 })
    same(of("gap", "zero"), { correlation: 1, days: 58 })
  }))

it.effect("no rounding takes a correlation beyond 1 or −1", () =>
  Effect.gen(function*() {
    const wild = Array.from({ length: 12 }, (_, coin) => Array.from({ length: 122 }, (_, i) => i * (7919 + 2 * coin) % 1000 + 1))
    const { found, of } = yield* matrix(Object.fromEntries(wild.flatMap((prices, coin) => [
      [`a${coin}`, daily("2026-03-01", prices)],
      [`b${coin}`, daily("2026-03-01", prices.map((_) => 1 / _))]
    ])))
    for (const coin of wild.keys()) {
      same(of(`a${coin}`, `a${coin}`), { correlation: 1, days: 121 })
      same(of(`a${coin}`, `b${coin}`), { correlation: -1, days: 121 })
    }
    assert.deepStrictEqual(found.filter((_) => Math.abs(Number(_["correlation"])) > 1), [])
  }))
