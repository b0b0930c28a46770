/** Each table's figures equal those of `naive.ts`, on markets drawn at random with all that can be wrong with them. */
import { assert, layer } from "@effect/vitest"
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
import type * as Asset from "../../../src/engine/Asset.ts"
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
/** An asset's table, made from what it needs. */
const made = <T extends Asset.Any>(asset: T) =>
  Effect.gen(function*() {
    succeeds(yield* Run.upToDate([asset]))
    return yield* table(asset.name)
  })

for (const seed of [1, 2]) {
  const world = random.world(seed, 5, first, length)
  const last = first + length - 1
  const series = (coin: unknown) => world.get(String(coin)) ?? new Map<number, naive.Point>()
  const points = [...world].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([coin, s]) => [...s.keys()].map((day) => ({ coin, day, s })))
  const ended = [...world].flatMap(([coin, s]) =>
    naive.months(s).filter((_) => _ >= first && naive.nextMonth(_) <= last).map((month) => [coin, month] as const)
  )

  layer(TestPipeline.layer({
    market: random.toMarket(world),
    now: `${naive.isoOf(last)}T06:00:00Z`,
    settings: { historyDays: length, riskFreeRate }
  }))(`on a random market, seed ${seed}, each figure agrees with its definition to 1e-9`, (it) => {
    it.effect("daily_returns", () =>
      Effect.gen(function*() {
        const returns = yield* made(dailyReturns)
        assert.lengthOf(returns, points.length)
        for (const [i, { coin, day, s }] of points.entries()) {
          rowAgrees(returns[i] ?? {}, { simple_return: naive.simple(s, day), log_return: naive.log(s, day) }, 1,
            `${coin} ${naive.isoOf(day)}`)
        }
      }))

    it.effect("price_trends", () =>
      Effect.gen(function*() {
        const trends = yield* made(priceTrends)
        assert.deepStrictEqual(trends.map((_) => [_["coin_id"], _["day"]]), points.map(({ coin, day }) => [coin, naive.isoOf(day)]))
        for (const [i, { coin, day, s }] of points.entries()) {
          const expected = naive.priceTrend(s, day)
          rowAgrees(trends[i] ?? {}, expected, Math.abs(expected.sma_7 ?? 0), `${coin} ${naive.isoOf(day)}`)
        }
      }))

    it.effect("coin_statistics", () =>
      Effect.gen(function*() {
        const statistics = yield* made(coinStatistics)
        assert.lengthOf(statistics, world.size)
        for (const row of statistics) {
          rowAgrees(row, naive.coinStatistic(world, String(row["coin_id"]), riskFreeRate), 1, String(row["coin_id"]))
        }
      }))

    it.effect("correlation_matrix", () =>
      Effect.gen(function*() {
        const matrix = yield* made(correlationMatrix)
        assert.lengthOf(matrix, world.size ** 2)
        for (const row of matrix) {
          rowAgrees(row, naive.correlation(series(row["coin_a"]), series(row["coin_b"])), 1,
            `${String(row["coin_a"])} ${String(row["coin_b"])}`)
        }
      }))

    it.effect("monthly_prices", () =>
      Effect.gen(function*() {
        const monthly = yield* made(monthlyPrices)
        assert.sameDeepMembers(monthly.map((_) => [_["coin_id"], _["month"]]), ended.map(([coin, month]) => [coin, naive.isoOf(month)]))
        for (const row of monthly) {
          const expected = naive.monthlyPrice(series(row["coin_id"]), naive.dayOf(String(row["month"])))
          rowAgrees(row, expected, 0, `${String(row["coin_id"])} ${String(row["month"])}`)
        }
      }))

    it.effect("month_to_date", () =>
      Effect.gen(function*() {
        const running = yield* made(monthToDate)
        assert.sameMembers(running.map((_) => _["month"]), running.map(() => `${naive.isoOf(last).slice(0, 7)}-01`))
        assert.isAbove(running.length, 2)
        for (const row of running) {
          const expected = naive.monthlyPrice(series(row["coin_id"]), naive.dayOf(String(row["month"])))
          rowAgrees(row, expected, 0, `${String(row["coin_id"])} ${String(row["month"])}`)
        }
      }))

    it.effect("monthly_ranking", () =>
      Effect.gen(function*() {
        const ranking = yield* made(monthlyRanking)
        const closes = (month: number) => month >= first && naive.nextMonth(month) <= last
        assert.sameDeepMembers(ranking.map((_) => [_["coin_id"], _["month"]]), ended.map(([coin, month]) => [coin, naive.isoOf(month)]))
        for (const row of ranking) {
          const expected = naive.ranking(world, String(row["coin_id"]), naive.dayOf(String(row["month"])), closes)
          rowAgrees(row, expected, 0, `${String(row["coin_id"])} ${String(row["month"])}`)
        }
      }))

    it.effect("rolling_correlation", () =>
      Effect.gen(function*() {
        const rolled = yield* made(rollingCorrelation)
        assert.lengthOf(rolled, points.length)
        for (const [i, { coin, day }] of points.entries()) {
          const [correlation_30, correlation_90] = [naive.rolling(world, coin, day, 30), naive.rolling(world, coin, day, 90)]
          rowAgrees(rolled[i] ?? {}, { correlation_30, correlation_90 }, 1, `${coin} ${naive.isoOf(day)}`)
        }
      }))

    it.effect("dominance", () =>
      Effect.gen(function*() {
        const shares = yield* made(dominance)
        assert.lengthOf(shares, points.length)
        for (const [i, { coin, day }] of points.entries()) {
          rowAgrees(shares[i] ?? {}, naive.dominance(world, coin, day), 0, `${coin} ${naive.isoOf(day)}`)
        }
      }))

    it.effect("market_index", () =>
      Effect.gen(function*() {
        const index = yield* made(marketIndex)
        const steps = naive.index(world)
        assert.lengthOf(index, steps.length)
        for (const [i, { day, ...expected }] of steps.entries()) rowAgrees(index[i] ?? {}, expected, 0, naive.isoOf(day))
      }))

    it.effect("return_distribution", () =>
      Effect.gen(function*() {
        const bins = yield* made(returnDistribution)
        assert.deepStrictEqual(
          bins.toSorted((a, b) => a["coin_id"] === b["coin_id"] ? Number(a["bin"]) - Number(b["bin"]) : 0).map((
            { coin_id: _, ...bin }
          ) => bin),
          [...world].toSorted(([a], [b]) => a < b ? -1 : 1).flatMap(([, s]) => naive.distribution(s))
        )
      }))

    it.effect("indexed_prices", () =>
      Effect.gen(function*() {
        const compared = yield* made(indexedPrices)
        const comparison = naive.comparison(world).toSorted((a, b) => a.coin === b.coin ? a.day - b.day : a.coin < b.coin ? -1 : 1)
        assert.deepStrictEqual(compared.map((_) => [_["coin_id"], _["day"]]), comparison.map(({ coin, day }) => [coin, naive.isoOf(day)]))
        for (const [i, { coin, day, row }] of comparison.entries()) {
          rowAgrees(compared[i] ?? {}, row, row.price ?? 0, `${coin} ${naive.isoOf(day)}`)
        }
      }))
  })
}
