/** Index, dominance, rolling correlation, distribution, ranking and comparison worked out by hand. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { indexedPrices } from "../../../src/assets/derived/indexedPrices.ts"
import { dominance } from "../../../src/assets/derived/dominance.ts"
import { marketIndex } from "../../../src/assets/derived/marketIndex.ts"
import { monthlyRanking } from "../../../src/assets/derived/monthlyRanking.ts"
import { returnDistribution } from "../../../src/assets/derived/returnDistribution.ts"
import { rollingCorrelation } from "../../../src/assets/derived/rollingCorrelation.ts"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { daily, type Row, rows, same, still, succeeds } from "./made.ts"
import { dayOf, isoOf } from "./naive.ts"

const run = <A, E, R>(market: CoinGeckoTest.Market, now: string, make: Effect.Effect<A, E, R>) =>
  make.pipe(Effect.provide(TestPipeline.layer({ market, now: `${now}T12:00:00Z`, settings: { historyDays: 200 } })))

/** Prices and caps of consecutive days. */
const capped = (first: string, points: ReadonlyArray<readonly [price: number | null, cap: number | null]>) =>
  points.map(([price, cap], i) => [isoOf(dayOf(first) + i), price, cap] as const)

const made = {
  index: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([marketIndex]))
    return yield* rows("market_index")
  }),
  dominance: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([dominance]))
    return yield* rows("dominance")
  }),
  rolling: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([rollingCorrelation]))
    const found = yield* rows("rolling_correlation")
    return (coin: string, day: string) => found.find((_) => _["coin_id"] === coin && _["day"] === day)
  }),
  bins: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([returnDistribution]))
    return yield* rows("return_distribution")
  }),
  ranking: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([monthlyRanking]))
    const found = yield* rows("monthly_ranking")
    return (coin: string, month: string) => found.find((_) => _["coin_id"] === coin && _["month"] === month)
  }),
  comparison: Effect.gen(function*() {
    succeeds(yield* Run.upToDate([indexedPrices]))
    return yield* rows("indexed_prices")
  })
}

const all = (found: ReadonlyArray<Row>, expected: ReadonlyArray<Row>) => {
  assert.lengthOf(found, expected.length)
  for (const [i, row] of expected.entries()) same(found[i], row)
}

it.effect("an index is chained from the returns of the coins that have one, equally or by the cap of the day before", () =>
  Effect.gen(function*() {
    const found = yield* run(
      {
        big: capped("2026-06-01", [[10, 300], [11, 330], [11, 330], [22, 1]]),
        small: capped("2026-06-01", [[10, 100], [9, 90], [18, 0], [18, 5]]),
        late: capped("2026-06-03", [[5, 7], [4, 8]])
      },
      "2026-06-04",
      made.index
    )
    all(found, [
      { day: "2026-06-01", equal_weight: 100, cap_weight: 100, breadth: null, coins: 0 },
      // +10 % of 300, −10 % of 100
      { day: "2026-06-02", equal_weight: 100, cap_weight: 105, breadth: 0.5, coins: 2 },
      // 0 of 330, +100 % of 90; no rise is no rise
      { day: "2026-06-03", equal_weight: 150, cap_weight: 105 * (1 + 90 / 420), breadth: 0.5, coins: 2 },
      // +100 % of 330, 0 of nothing, −20 % of 7
      { day: "2026-06-04", equal_weight: 150 * (1 + 0.8 / 3), cap_weight: 127.5 * (1 + (330 - 1.4) / 337), breadth: 1 / 3, coins: 3 }
    ])
  }))

it.effect("without a return, or a weight, there is no index from there on", () =>
  Effect.gen(function*() {
    const none = { equal_weight: null, cap_weight: null }
    all(yield* run({ coin: capped("2026-06-01", [[1, 1], [2, 1], [null, 1], [3, 1], [4, 1]]) }, "2026-06-05", made.index), [
      { day: "2026-06-01", equal_weight: 100, cap_weight: 100 },
      { day: "2026-06-02", equal_weight: 200, cap_weight: 200 },
      { day: "2026-06-04", ...none, breadth: null, coins: 0 },
      { day: "2026-06-05", ...none, breadth: 1, coins: 1 }
    ])
    all(yield* run({ coin: capped("2026-06-01", [[1, 1], [2, 0], [4, null], [0, 1], [1, 1]]) }, "2026-06-05", made.index), [
      { equal_weight: 100, cap_weight: 100 },
      { equal_weight: 200, cap_weight: 200 },
      { equal_weight: 400, cap_weight: null },
      { equal_weight: 0, cap_weight: null, breadth: 0 },
      { equal_weight: null, cap_weight: null, breadth: null, coins: 0 }
    ])
  }))

it.effect("a coin's share is of the caps that are there and above 0", () =>
  Effect.gen(function*() {
    const found = yield* run(
      {
        a: capped("2026-06-01", [[1, 30], [1, 1e13]]),
        b: capped("2026-06-01", [[1, 10], [1, 0]]),
        c: capped("2026-06-01", [[1, null], [1, 1e13]])
      },
      "2026-06-02",
      made.dominance
    )
    assert.deepStrictEqual(found, [
      { coin_id: "a", day: "2026-06-01", share: 0.75 },
      { coin_id: "a", day: "2026-06-02", share: 0.5 },
      { coin_id: "b", day: "2026-06-01", share: 0.25 },
      { coin_id: "b", day: "2026-06-02", share: null },
      { coin_id: "c", day: "2026-06-01", share: null },
      { coin_id: "c", day: "2026-06-02", share: 0.5 }
    ])
  }))

it.effect("rolling correlation wants all thirty, or ninety, returns of both", () =>
  Effect.gen(function*() {
    const saw = (days: number) => Array.from({ length: days }, (_, i) => 2 ** (i % 3))
    // returns (1, 1, −2) and (1, −2, 1), each in turn: products −3, squares 6
    const other = Array.from({ length: 92 }, (_, i) => [1, 2, 0.5][i % 3] ?? 0)
    const of = yield* run(
      {
        bitcoin: daily("2026-03-01", saw(92)),
        gap: daily("2026-03-01", saw(92).map((_, i) => i === 60 ? null : _)),
        other: daily("2026-03-01", other),
        still: daily("2026-03-01", still(2, 92))
      },
      "2026-05-31",
      made.rolling
    )
    same(of("other", "2026-03-30"), { correlation_30: null, correlation_90: null })
    same(of("other", "2026-03-31"), { correlation_30: -0.5, correlation_90: null })
    same(of("other", "2026-05-29"), { correlation_30: -0.5, correlation_90: null })
    same(of("other", "2026-05-30"), { correlation_30: -0.5, correlation_90: -0.5 })
    same(of("bitcoin", "2026-05-31"), { correlation_30: 1, correlation_90: 1 })
    // 30 April is missing: 2 May is the first to have a return again
    same(of("gap", "2026-04-29"), { correlation_30: 1 })
    same(of("gap", "2026-05-01"), { correlation_30: null })
    same(of("gap", "2026-05-30"), { correlation_30: null })
    same(of("gap", "2026-05-31"), { correlation_30: 1, correlation_90: null })
    same(of("still", "2026-05-31"), { correlation_30: null, correlation_90: null })
    const alone = yield* run({ other: daily("2026-03-01", other) }, "2026-05-31", made.rolling)
    same(alone("other", "2026-05-31"), { correlation_30: null, correlation_90: null })
    const beside = yield* run({ bitcoin: daily("2026-03-01", still(2, 92)), other: daily("2026-03-01", other) }, "2026-05-31", made.rolling)
    same(beside("other", "2026-05-31"), { correlation_30: null, correlation_90: null })
  }))

it.effect("no rounding takes a rolling correlation beyond 1 or −1", () =>
  Effect.gen(function*() {
    // plain Pearson of these is 1.0000000000000002 on half the days
    const wild = Array.from({ length: 122 }, (_, i) => i * 7919 % 1000 + 1)
    const of = yield* run(
      { bitcoin: daily("2026-02-01", wild), mirror: daily("2026-02-01", wild.map((_) => 1 / _)) },
      "2026-06-02",
      made.rolling
    )
    for (const day of ["2026-05-02", "2026-05-20", "2026-06-02"]) {
      same(of("bitcoin", day), { correlation_30: 1, correlation_90: 1 })
      same(of("mirror", day), { correlation_30: -1, correlation_90: -1 })
    }
    const found = ["bitcoin", "mirror"].flatMap((coin) => wild.map((_, i) => of(coin, isoOf(dayOf("2026-02-01") + i))))
    const beyond = found.filter((_) => Math.abs(Number(_?.["correlation_30"])) > 1 || Math.abs(Number(_?.["correlation_90"])) > 1)
    assert.deepStrictEqual(beyond, [])
  }))

it.effect("a return lies in the bin that begins at it or below; the ends are open", () =>
  Effect.gen(function*() {
    // +25 %, −20 %, +13 % (which a double has just below), 0, −50 %, +1 % and −0.5 %
    const found = yield* run(
      { coin: daily("2026-06-01", [1, 1.25, 1, 1.13, 1.13, 0.565, 0.57065, 0.56779675]), one: [["2026-06-01", 1]] },
      "2026-06-08",
      made.bins
    )
    assert.deepStrictEqual(found.map((_) => _["bin"]).toSorted((a, b) => Number(a) - Number(b)),
      Array.from({ length: 42 }, (_, i) => i - 21))
    assert.deepStrictEqual(found.filter((_) => _["days"] !== 0), [
      { coin_id: "coin", bin: -21, lower: null, upper: -0.2, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: -20, lower: -0.2, upper: -0.19, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: -1, lower: -0.01, upper: 0, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: 0, lower: 0, upper: 0.01, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: 1, lower: 0.01, upper: 0.02, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: 13, lower: 0.13, upper: 0.14, days: 1, share: 1 / 7 },
      { coin_id: "coin", bin: 20, lower: 0.2, upper: null, days: 1, share: 1 / 7 }
    ])
  }))

it.effect("months are ranked by return and by cap; a coin that did not close is in no rank", () =>
  Effect.gen(function*() {
    /** A coin's points on the first of February, March and April, and a day between. */
    const firsts = (points: ReadonlyArray<readonly [number, number | null]>) =>
      points.map(([price, cap], i) => [["2026-02-01", "2026-03-01", "2026-04-01"][i] ?? "", price, cap] as const)
    const of = yield* run(
      {
        a: firsts([[10, 50], [20, 90], [10, 40]]),
        b: firsts([[10, 60], [5, 60], [5, 60]]),
        c: firsts([[10, 10], [20, null], [30, 0]]),
        gone: firsts([[10, 5], [9, 5]]),
        even: firsts([[20, 1], [16, 5]])
      },
      "2026-04-02",
      made.ranking
    )
    const rest = { best: false, worst: false }
    same(of("a", "2026-02-01"), { monthly_return: 1, return_rank: 1, return_rank_change: null, best: true, worst: false })
    same(of("a", "2026-02-01"), { market_cap: 90, cap_rank: 1, cap_rank_change: 1 })
    same(of("b", "2026-02-01"), { monthly_return: -0.5, return_rank: 5, best: false, worst: true, cap_rank: 2, cap_rank_change: -1 })
    same(of("c", "2026-02-01"), { return_rank: 1, best: true, market_cap: null, cap_rank: null, cap_rank_change: null })
    same(of("gone", "2026-02-01"), { return_rank: 3, ...rest, cap_rank: 3, cap_rank_change: 1 })
    same(of("a", "2026-03-01"), {
      monthly_return: -0.5,
      return_rank: 3,
      return_rank_change: -2,
      worst: true,
      cap_rank: 2,
      cap_rank_change: -1
    })
    same(of("b", "2026-03-01"), { monthly_return: 0, return_rank: 2, return_rank_change: 3, ...rest, cap_rank: 1, cap_rank_change: 1 })
    same(of("c", "2026-03-01"), { monthly_return: 0.5, return_rank: 1, return_rank_change: 0, best: true, cap_rank: null })
    // of equal caps neither is before the other
    same(of("gone", "2026-02-01"), { cap_rank: 3 })
    same(of("even", "2026-02-01"), { cap_rank: 3, return_rank: 4 })
    same(of("gone", "2026-03-01"), {
      monthly_return: null,
      return_rank: null,
      return_rank_change: null,
      ...rest,
      cap_rank: null,
      market_cap: null
    })
  }))

it.effect("coins are compared from the first day that all of today's have in common", () =>
  Effect.gen(function*() {
    const found = yield* run(
      {
        a: daily("2026-06-01", [9, 10, 20, 5]),
        b: daily("2026-06-01", [0, 4, null, 6]),
        gone: daily("2026-06-03", [1]),
        zero: daily("2026-06-04", [0])
      },
      "2026-06-04",
      made.comparison
    )
    const base_day = "2026-06-02"
    all(found, [
      { coin_id: "a", day: "2026-06-02", base_day, price: 10, indexed: 100, place: 1, against_mean: 0, drawdown: 0, volatility: null },
      { coin_id: "a", day: "2026-06-03", base_day, price: 20, indexed: 200, place: 1, against_mean: 0, drawdown: 0, volatility: null },
      {
        coin_id: "a",
        day: "2026-06-04",
        indexed: 50,
        place: 2,
        against_mean: -0.5,
        drawdown: -0.75,
        // returns ln 2 and −ln 4: 1.5 ln 2 from their mean, either
        volatility: 1.5 * Math.LN2 * Math.sqrt(2 * 365)
      },
      { coin_id: "b", day: "2026-06-02", indexed: 100, place: 1, against_mean: 0 },
      { coin_id: "b", day: "2026-06-04", indexed: 150, place: 1, against_mean: 0.5, drawdown: 0, volatility: null }
    ])
    // where all are worth nothing, none is above or below the others
    const fallen = yield* run({ a: daily("2026-06-01", [10, 0, 5]) }, "2026-06-03", made.comparison)
    assert.deepStrictEqual(fallen.map((_) => [_["indexed"], _["against_mean"]]), [[100, 0], [0, null], [50, 0]])
  }))
