/** Candles are as fine as the plan serves them for the days that are wanted, and closed. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { candles } from "../../../src/assets/raw/candles.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import * as CoinGeckoTest from "../../../src/layers/coingecko/CoinGeckoTest.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

const now = Date.UTC(2026, 0, 2, 6)

it.effect("a paid plan is asked for days, another for a month or a year; what has not closed yet is left out", () =>
  Effect.gen(function*() {
    const asked: Array<unknown> = []
    const gecko = CoinGeckoTest.mock({
      ohlc: (of) =>
        Effect.sync(() => {
          asked.push(of)
          const candle = { open: 1, high: 4, low: 1, close: 2 }
          return { rows: [now - 1, now, now + 1].map((closes) => ({ ...candle, closes })), rejected: [] }
        })
    })
    const made = (plan: "pro" | "demo", historyDays: number) =>
      Effect.gen(function*() {
        const calls = Plan.calls(yield* Plan.make([candles]))
        yield* Run.upToDate([candles])
        const sql = yield* DuckDb
        return { calls, rows: yield* sql`SELECT coin_id, closes, open, high, low, close FROM candles ORDER BY closes` }
      }).pipe(Effect.provide(
        TestPipeline.layer({ market: { a: [] }, now: "2026-01-02T06:00:00Z", settings: { plan, historyDays } }).pipe(Layer.merge(gecko))
      ))
    const rows = ["2026-01-02T05:59:59.999Z", "2026-01-02T06:00:00.000Z"].map((closes) => ({
      coin_id: "a",
      closes,
      open: 1,
      high: 4,
      low: 1,
      close: 2
    }))
    assert.deepStrictEqual(yield* made("pro", 365), { calls: 1, rows })
    for (const days of [30, 31]) yield* made("demo", days)
    assert.deepStrictEqual(asked, [
      { coin: "a", days: 180, interval: "daily" },
      { coin: "a", days: 30 },
      { coin: "a", days: 365 }
    ])
  }))
