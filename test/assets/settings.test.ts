/** Which assets depend on which settings: those, and no other. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import { pipeline } from "../../src/program.ts"

const settingsUnder = (chosen: Parameters<typeof CoinGeckoTest.settings>[0]) =>
  Effect.gen(function*() {
    const { assets } = yield* pipeline
    const all = yield* Effect.forEach(assets,
      (asset) => Effect.map(Asset.settingsOf(asset) as Effect.Effect<Asset.Settings>, (_) => [asset.name, _] as const))
    return new Map(all)
  }).pipe(Effect.provide(CoinGeckoTest.settings(chosen)))

/** The assets that another choice makes stale, and what they are told. */
const changed = Effect.fnUntraced(function*(chosen: Parameters<typeof CoinGeckoTest.settings>[0]) {
  const [before, after] = [yield* settingsUnder({}), yield* settingsUnder(chosen)]
  return [...before].flatMap(([name, was]) => JSON.stringify(was) === JSON.stringify(after.get(name)) ? [] : [name]).toSorted()
})

const pictures = [
  "calendar_chart",
  "candle_chart",
  "coin_chart",
  "coin_comparison",
  "correlation_chart",
  "distribution_chart",
  "dominance_chart",
  "drawdown_chart",
  "market_overview",
  "market_report",
  "monthly_chart",
  "price_chart",
  "rolling_chart",
  "rsi_chart",
  "trend_chart",
  "volatility_chart"
]

it.effect("another risk-free rate changes the statistics, and what reads them follows by itself", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* changed({ riskFreeRate: 0.04 }), ["coin_statistics"])
    assert.deepStrictEqual((yield* settingsUnder({ riskFreeRate: 0.04 })).get("coin_statistics"), { CRYPTO_RISK_FREE_RATE: "0.04" })
  }))

it.effect("another universe changes the snapshot and the pictures that order and colour coins; no table of figures, no month's report", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* changed({ coins: ["bitcoin", "ethereum"] }), ["market_snapshot", ...pictures].toSorted())
    assert.deepStrictEqual((yield* settingsUnder({ coins: ["bitcoin", "ethereum"], top: 3 })).get("market_snapshot"), {
      CRYPTO_COINS: "bitcoin,ethereum"
    })
    assert.deepStrictEqual((yield* settingsUnder({ coins: ["bitcoin"], top: 3 })).get("market_snapshot"), { CRYPTO_COINS: "bitcoin" })
    assert.deepStrictEqual((yield* settingsUnder({ coins: [], top: 3 })).get("market_snapshot"), { CRYPTO_COINS: "top 3" })
    assert.deepStrictEqual(yield* changed({ historyDays: 9, rateLimit: 1, dataDir: "elsewhere" }), [])
  }))

it.effect("another window changes what looks back by it", () =>
  Effect.gen(function*() {
    const windows = { lines: Infinity, comparison: 90, overview: 30, months: 24 }
    assert.deepStrictEqual(yield* changed({ windows: { ...windows, months: 12 } }), ["monthly_chart"])
    assert.deepStrictEqual(yield* changed({ windows: { ...windows, comparison: 30 } }), ["market_report"])
    assert.deepStrictEqual(yield* changed({ windows: { ...windows, overview: 7 } }), ["market_overview", "market_report"])
    assert.deepStrictEqual(yield* changed({ windows: { ...windows, lines: 180 } }), [
      "coin_chart",
      "dominance_chart",
      "drawdown_chart",
      "index_chart",
      "price_chart",
      "rolling_chart",
      "rsi_chart",
      "trend_chart",
      "volatility_chart"
    ])
    assert.deepStrictEqual((yield* settingsUnder({ windows })).get("index_chart"), {
      CRYPTO_WINDOWS: "lines=all"
    })
  }))
