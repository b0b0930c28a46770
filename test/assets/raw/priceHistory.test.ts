/** Each day's point as CoinGecko serves it, within what was asked for; history that it revises is updated, and how much of it is told. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { priceHistory } from "../../../src/assets/raw/priceHistory.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { CoinGeckoError } from "../../../src/services/CoinGecko.ts"
import { Unauthorized } from "../../../src/services/CoinGeckoError.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

it.effect("the days read again that came out otherwise are stored and counted; those that did not are not", () => {
  const market: Record<string, ReadonlyArray<CoinGeckoTest.Day>> = {
    a: [["2026-01-01", 1], ["2026-01-02", 2], ["2026-01-03", 3], ["2026-01-04", 4], ["2026-01-05", 5]],
    b: [["2026-01-01", 1], ["2026-01-02", 2], ["2026-01-03", 3], ["2026-01-04", 4], ["2026-01-05", 5]]
  }
  const notes = Effect.map(
    Run.upToDate([priceHistory]),
    (reports) =>
      reports.flatMap((_) => _.results).map(({ outcome, subject }) =>
        outcome._tag === "Made" ? [subject, outcome.publication.notes ?? []] : [subject, outcome._tag]
      )
  )
  return Effect.gen(function*() {
    assert.deepStrictEqual(yield* notes, [["a", []], ["b", []]])
    market["a"] = [["2026-01-01", 1], ["2026-01-02", 2.5], ["2026-01-03", 3, 30], ["2026-01-04", 4], ["2026-01-05", 5]]
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(yield* notes, [["a", ["2 stored days revised"]], ["b", []]])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT price, market_cap FROM price_history WHERE coin_id = 'a' ORDER BY day`, [
      { price: 1, market_cap: null },
      { price: 2.5, market_cap: null },
      { price: 3, market_cap: 30 },
      { price: 4, market_cap: null }
    ])
    market["a"] = [["2026-01-01", 1], ["2026-01-02", 2.5], ["2026-01-03", 3, 30], ["2026-01-05", 5]]
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(yield* notes, [["a", ["1 stored day revised"]], ["b", []]])
  }).pipe(Effect.provide(TestPipeline.layer({ market, now: "2026-01-03T06:00:00Z", settings: { historyDays: 3 } })))
})

const point = (day: string, price: number, marketCap: number | null, totalVolume: number) => ({
  time: Date.parse(day),
  day,
  price,
  marketCap,
  totalVolume
})

it.effect("days that come and were not asked for are not kept, as today's before it is due; the first and the last are", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([priceHistory])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`FROM price_history ORDER BY day`, [
      { coin_id: "a", day: "2026-01-01", price: 1, market_cap: 10, total_volume: 100 },
      { coin_id: "a", day: "2026-01-02", price: 2, market_cap: null, total_volume: 0 }
    ])
  }).pipe(
    Effect.provide(Layer.mergeAll(
      TestPipeline.layer({ market: { a: [] }, now: "2026-01-03T00:10:00Z", settings: { historyDays: 2 } }),
      CoinGeckoTest.mock({
        marketChart: () =>
          Effect.succeed({
            points: [],
            rejected: [],
            days: [
              point("2025-12-31", 9, 9, 9),
              point("2026-01-01", 1, 10, 100),
              point("2026-01-02", 2, null, 0),
              point("2026-01-03", 9, 9, 9)
            ]
          })
      })
    ))
  ))

it.effect("as many days are asked for as there are from the first wanted to today; a free plan, for no more than its year", () => {
  const asked = (plan: "keyless" | "demo" | "pro", historyDays: number, now: string) =>
    Effect.gen(function*() {
      assert.strictEqual(Plan.calls(yield* Plan.make([priceHistory])), 1)
      yield* Run.upToDate([priceHistory])
      return yield* CoinGeckoTest.Calls.use((_) => _.all)
    }).pipe(Effect.provide(TestPipeline.layer({ market: { a: [["2026-01-01", 1]] }, now, settings: { historyDays, plan } })))
  return Effect.gen(function*() {
    // the year back from yesterday has 366 midnights with today's, of which a free plan serves 365
    assert.deepStrictEqual(yield* asked("demo", 365, "2026-01-02T00:10:00Z"), ["marketChart a 365"])
    assert.deepStrictEqual(yield* asked("pro", 365, "2026-01-02T00:10:00Z"), ["marketChart a 366"])
    assert.deepStrictEqual(yield* asked("demo", 364, "2026-01-02T00:10:00Z"), ["marketChart a 365"])
    assert.deepStrictEqual(yield* asked("demo", 363, "2026-01-02T00:10:00Z"), ["marketChart a 364"])
    assert.deepStrictEqual(yield* asked("demo", 365, "2026-01-02T00:35:00Z"), ["marketChart a 365"])
    assert.deepStrictEqual(yield* asked("pro", 400, "2026-01-02T06:00:00Z"), ["marketChart a 400"])
    // another server serves what it has to those who named no plan
    assert.deepStrictEqual(yield* asked("keyless", 400, "2026-01-02T06:00:00Z"), ["marketChart a 400"])
  })
})

it.effect("what is refused for another reason than that the coin is not there says that reason and no more", () =>
  Effect.gen(function*() {
    const [report] = yield* Run.upToDate([priceHistory])
    const [result] = report?.results ?? []
    assert.strictEqual(
      result?.outcome._tag === "Failed" ? Run.explain(result.outcome.cause) : result?.outcome._tag,
      new CoinGeckoError({ request: "GET /coins/a", attempts: 1, reason: new Unauthorized({ code: 10002, detail: "no key" }) }).message
    )
  }).pipe(
    Effect.provide(Layer.mergeAll(
      TestPipeline.layer({ market: { a: [] }, now: "2026-01-03T06:00:00Z", settings: { historyDays: 2 } }),
      CoinGeckoTest.mock({
        marketChart: () =>
          new CoinGeckoError({ request: "GET /coins/a", attempts: 1, reason: new Unauthorized({ code: 10002, detail: "no key" }) })
      })
    ))
  ))

it.effect("a day later the new day is asked for, and the two before it again", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([priceHistory])
    yield* TestClock.adjust("1 day")
    assert.deepStrictEqual(Plan.print(yield* Plan.make([priceHistory])), [
      "price_history 2026-01-08..2026-01-10, a (missing 1, read again 2), 1 call"
    ])
  }).pipe(
    Effect.provide(
      TestPipeline.layer({
        market: { a: Array.from({ length: 10 }, (_, at) => [`2026-01-${String(at + 1).padStart(2, "0")}`, 1] as const) },
        now: "2026-01-09T06:00:00Z",
        settings: { historyDays: 8 }
      })
    )
  ))
