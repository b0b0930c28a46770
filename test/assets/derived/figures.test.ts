/** Each table's figures equal those of `naive.ts`, on markets drawn at random with all that can be wrong with them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
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
import * as Run from "../../../src/engine/Run.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { type Row, rows as table, succeeds } from "./made.ts"
import * as naive from "./naive.ts"
import * as random from "./random.ts"

/** To 1e-9: relative to the value, or to `scale` where that is larger. */
const agrees = (found: unknown, expected: unknown, scale: number, says: string) => {
  if (typeof found === "number" && typeof expected === "number") {
    if (Math.abs(found - expected) > 1e-9 * Math.max(scale, Math.abs(expected)))
      assert.fail(`${says}: found ${found}, expected ${expected}`)
  } else if (found !== expected) assert.fail(`${says}: found ${String(found)}, expected ${String(expected)}`)
}

/** Columns in the currency: their error is measured against the price. */
const prices = /^(sma|ema|bollinger|open|high|low|close|price|market_cap|volume$)/

const rowAgrees = (found: Row, expected: Row, price: number, says: string) => {
  for (const [column, value] of Object.entries(expected)) agrees(found[column], value, prices.test(column) ? price : 1, `${says} ${column}`)
  assert.sameMembers(Object.keys(found).filter((_) => !["coin_id", "day", "month", "coin_a", "coin_b"].includes(_)), Object.keys(expected))
}

const first = naive.dayOf("2024-11-10")
const length = 460
const riskFreeRate = 0.037
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

describe.each([1, 2])("on a random market, seed %i", (seed) => {
  const world = random.world(seed, 5, first, length)
  const last = first + length - 1
  const series = (coin: unknown) => world.get(String(coin)) ?? new Map<number, naive.Point>()

  it.effect("every figure agrees with its definition to 1e-9", () =>
    Effect.gen(function*() {
      const reports = yield* Run.upToDate(assets)
      succeeds(reports)
      const points = [...world].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([coin, s]) =>
        [...s.keys()].map((day) => ({ coin, day, s }))
      )

      const returns = yield* table("daily_returns")
      const trends = yield* table("price_trends")
      assert.deepStrictEqual(trends.map((_) => [_["coin_id"], _["day"]]), points.map(({ coin, day }) => [coin, naive.isoOf(day)]))
      assert.lengthOf(returns, points.length)
      for (const [i, { coin, day, s }] of points.entries()) {
        const says = `${coin} ${naive.isoOf(day)}`
        rowAgrees(returns[i] ?? {}, { simple_return: naive.simple(s, day), log_return: naive.log(s, day) }, 1, says)
        const expected = naive.priceTrend(s, day)
        rowAgrees(trends[i] ?? {}, expected, Math.abs(expected.sma_7 ?? 0), says)
      }

      const statistics = yield* table("coin_statistics")
      assert.lengthOf(statistics, world.size)
      for (const row of statistics) rowAgrees(row, naive.coinStatistic(world, String(row["coin_id"]), riskFreeRate), 1,
          String(row["coin_id"]))

      const matrix = yield* table("correlation_matrix")
      assert.lengthOf(matrix, world.size ** 2)
      for (const row of matrix) {
        rowAgrees(row, naive.correlation(series(row["coin_a"]), series(row["coin_b"])), 1,
          `${String(row["coin_a"])} ${String(row["coin_b"])}`)
      }

      const monthly = yield* table("monthly_prices")
      const ended = [...world].flatMap(([coin, s]) =>
        naive.months(s).filter((_) => _ >= first && naive.nextMonth(_) <= last).map((month) => [coin, month] as const)
      )
      assert.sameDeepMembers(monthly.map((_) => [_["coin_id"], _["month"]]), ended.map(([coin, month]) => [coin, naive.isoOf(month)]))
      const running = yield* table("month_to_date")
      assert.sameMembers(running.map((_) => _["month"]), running.map(() => `${naive.isoOf(last).slice(0, 7)}-01`))
      assert.isAbove(running.length, 2)
      for (const row of [...monthly, ...running]) {
        const expected = naive.monthlyPrice(series(row["coin_id"]), naive.dayOf(String(row["month"])))
        rowAgrees(row, expected, 0, `${String(row["coin_id"])} ${String(row["month"])}`)
      }

      const ranking = yield* table("monthly_ranking")
      const closes = (month: number) => month >= first && naive.nextMonth(month) <= last
      assert.sameDeepMembers(ranking.map((_) => [_["coin_id"], _["month"]]), ended.map(([coin, month]) => [coin, naive.isoOf(month)]))
      for (const row of ranking) {
        const expected = naive.ranking(world, String(row["coin_id"]), naive.dayOf(String(row["month"])), closes)
        rowAgrees(row, expected, 0, `${String(row["coin_id"])} ${String(row["month"])}`)
      }

      const [rolled, shares] = [yield* table("rolling_correlation"), yield* table("dominance")]
      assert.deepStrictEqual([rolled.length, shares.length], [points.length, points.length])
      for (const [i, { coin, day }] of points.entries()) {
        const says = `${coin} ${naive.isoOf(day)}`
        const [correlation_30, correlation_90] = [naive.rolling(world, coin, day, 30), naive.rolling(world, coin, day, 90)]
        rowAgrees(rolled[i] ?? {}, { correlation_30, correlation_90 }, 1, says)
        rowAgrees(shares[i] ?? {}, naive.dominance(world, coin, day), 0, says)
      }

      const index = yield* table("market_index")
      const steps = naive.index(world)
      assert.lengthOf(index, steps.length)
      for (const [i, { day, ...expected }] of steps.entries()) rowAgrees(index[i] ?? {}, expected, 0, naive.isoOf(day))

      const bins = yield* table("return_distribution")
      assert.deepStrictEqual(
        bins.toSorted((a, b) => a["coin_id"] === b["coin_id"] ? Number(a["bin"]) - Number(b["bin"]) : 0).map(({ coin_id: _, ...bin }) =>
          bin
        ),
        [...world].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([, s]) => naive.distribution(s))
      )

      const compared = yield* table("indexed_prices")
      const comparison = naive.comparison(world).toSorted((a, b) => a.coin === b.coin ? a.day - b.day : a.coin < b.coin ? -1 : 1)
      assert.deepStrictEqual(compared.map((_) => [_["coin_id"], _["day"]]), comparison.map(({ coin, day }) => [coin, naive.isoOf(day)]))
      for (const [i, { coin, day, row }] of comparison.entries()) rowAgrees(compared[i] ?? {}, row, row.price ?? 0,
          `${coin} ${naive.isoOf(day)}`)
    }).pipe(Effect.provide(TestPipeline.layer({
      market: random.toMarket(world),
      now: `${naive.isoOf(last)}T06:00:00Z`,
      settings: { historyDays: length, riskFreeRate }
    }))))
})
