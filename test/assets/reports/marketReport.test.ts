/** The market's report says what the newest snapshot and the history say, worked out by hand. */
import { assert, expect, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { marketReport } from "../../../src/assets/reports/marketReport.ts"
import { marketRow as row } from "../../../src/layers/coingecko/CoinGeckoTest.ts"
import type { MarketRow } from "../../../src/services/CoinGecko.ts"
import type { Settings } from "../../../src/services/Settings.ts"
import { facts, figures, type Market, points, rowsOf, tables, words, world, Written, written } from "./written.ts"

const report = written([marketReport], "market_report")
const now = (markets: ReadonlyArray<MarketRow>, market: Market, settings: Partial<Settings["Service"]> = {}) =>
  world({ markets, market, now: "2026-02-15T06:00:00Z", settings: { historyDays: 74, ...settings } })

const hostile = `</td><script>alert("1")</script>`

/** 2025-12-04 to 2026-02-15: 74 points and 73 returns, of which one is not 0. */
const market: Market = {
  bitcoin: points({ "2025-12-04": 100, "2026-02-10": 110 }, "2026-02-16"),
  gappy: points({ "2025-12-04": 10, "2026-02-10": 8 }, "2026-02-16").filter(([day]) => day !== "2026-02-01"),
  twice: points({ "2025-12-04": 100, "2026-02-10": 121 }, "2026-02-16"),
  ended: points({ "2025-12-04": 5 }, "2026-01-11"),
  evil: points({ "2026-02-14": 1 }, "2026-02-16")
}
const markets = [
  row("unknown"),
  row("evil", { name: hostile, current_price: 1.5e-9, total_volume: 5e8, price_change_percentage_24h: 0.02 }),
  row("twice", {
    name: "Twice",
    current_price: 121,
    market_cap: 2e11,
    total_volume: 1e10,
    price_change_percentage_24h: 9,
    // the currency's own comes first
    price_change_percentage_24h_in_currency: -3.21,
    price_change_percentage_30d_in_currency: 120
  }),
  row("ended", { name: "Ended", current_price: 5, market_cap: 0, price_change_percentage_24h: 0 }),
  row("bitcoin", {
    name: "Bitcoin",
    current_price: 67_200.49,
    market_cap: 1.3e12,
    total_volume: 3.2e10,
    price_change_percentage_24h: 1.234,
    price_change_percentage_7d_in_currency: -4.56,
    price_change_percentage_30d_in_currency: 0.01
  }),
  row("gappy", {
    name: "Gappy",
    current_price: 8,
    market_cap: 2e11,
    total_volume: 1e9,
    price_change_percentage_24h: 5.5,
    price_change_percentage_7d_in_currency: 0
  })
]

it.effect("the market's report, in full", () =>
  Effect.gen(function*() {
    const document = yield* report
    assert.strictEqual(document.title, "Crypto market report")
    assert.strictEqual(document.rows, 6)
    assert.deepStrictEqual(document.live, ["{}", "{}"])
    assert.deepStrictEqual(words(document), [
      "Crypto market report",
      "As of 2026-02-15 06:00 UTC · amounts in USD · history up to 2026-02-15 00:00 UTC",
      "Data in CoinGecko's format from api.coingecko.test",
      "Every coin",
      "Charts",
      "Coverage and caveats",
      "Days are missing in the history of gappy (1); what needs them is missing too (n/a).",
      "History ends earlier of ended (2026-01-10); figures are as of then.",
      "No history is kept of unknown (n/a).",
      "Prices, caps, volumes and changes are CoinGecko's at the moment of asking; the figures of risk are ours, from daily prices at 00:00 UTC.",
      "It is the market of the coins tracked, not of all there are.",
      "Formulas"
    ])
    assert.deepStrictEqual(facts(document), [
      // 1,300 + 200 + 200 billion
      ["Market cap of the coins tracked", "1.7T", "6 coins"],
      // 32 + 10 + 1 + 0.5 billion
      ["Volume, 24 h", "43.5B", "USD"],
      ["Bitcoin's share of that cap", "76.5 %", "of the coins tracked"],
      // bitcoin, gappy and, by 0.02 %, evil; ended stayed, and of unknown nothing is told
      ["Rose in 24 h", "3 of 5", "coins"],
      ["Most up, 24 h", "Gappy +5.5 %", ""],
      ["Most down, 24 h", "Twice −3.2 %", ""]
    ])
    assert.deepStrictEqual(tables(document), [{
      caption: "The market as of 2026-02-15 06:00 UTC, by size",
      heads: [
        "Coin",
        "Price",
        "24 h",
        "7 d",
        "30 d",
        "Market cap",
        "Volume, 24 h",
        "Volatility (30 d, a year)",
        "Deepest fall",
        "Sharpe",
        "Beta"
      ],
      rows: [
        // of one return that is not 0 among n, r: volatility |ln r| · √(365/n), Sharpe ± √(365/n), beta ln r / bitcoin's
        ["Bitcoin bitcoin", "67,200.5", "+1.2 %", "−4.6 %", "0.0 %", "1.3T", "32B", "33.2 %", "0.0 %", "2.24", "1.00"],
        // of equal caps the id's order; 71 returns, the last 30 of them not in a row
        ["Gappy gappy", "8", "+5.5 %", "0.0 %", "n/a", "200B", "1B", "n/a", "−20.0 %", "−2.27", "−2.34"],
        ["Twice twice", "121", "−3.2 %", "n/a", "+120.0 %", "200B", "10B", "66.5 %", "0.0 %", "2.24", "2.00"],
        // a cap of 0 is before none
        ["Ended ended", "5", "0.0 %", "n/a", "n/a", "0", "n/a", "0.0 %", "0.0 %", "n/a", "n/a"],
        [`${hostile} evil`, "1.5e-9", "0.0 %", "n/a", "n/a", "n/a", "500M", "n/a", "0.0 %", "n/a", "n/a"],
        ["unknown unknown", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a", "n/a"]
      ]
    }])
    assert.deepStrictEqual(figures(document).map(([title]) => title), ["Market overview: 6 coins", "What 100 became: coins compared"])
    assert.notInclude(document.body.markup, "<script")
    assert.notMatch(document.body.markup, /NaN|undefined|Infinity|\[object/)
    yield* Effect.promise(() => expect(document.body.markup).toMatchFileSnapshot("goldens/market_report.html"))
  }).pipe(Effect.provide(now(markets, market))))

it.effect("one coin, without a gap: it is the whole market, most down, and none rose", () =>
  Effect.gen(function*() {
    const document = yield* report
    assert.deepStrictEqual(facts(document), [
      ["Market cap of the coins tracked", "5", "1 coin"],
      ["Volume, 24 h", "n/a", "EUR"],
      ["Bitcoin's share of that cap", "100.0 %", "of the coins tracked"],
      ["Rose in 24 h", "0 of 1", "coins"],
      ["Most up, 24 h", "none rose", ""],
      ["Most down, 24 h", "bitcoin −10.0 %", ""]
    ])
    assert.deepStrictEqual(words(document).slice(1, 3), [
      "As of 2026-02-15 06:00 UTC · amounts in EUR · history up to 2026-02-15 00:00 UTC",
      "SYNTHETIC data (sandbox seed 4): not a real market"
    ])
    assert.include(document.body.markup, `<p class="synthetic">SYNTHETIC data`)
    assert.deepStrictEqual(words(document).slice(6, 8), [
      "No day is missing in any history.",
      "Prices, caps, volumes and changes are CoinGecko's at the moment of asking; the figures of risk are ours, from daily prices at 00:00 UTC."
    ])
  }).pipe(
    Effect.provide(
      now([row("bitcoin", { market_cap: 5, price_change_percentage_24h: -10 })], { bitcoin: market["bitcoin"] ?? [] }, {
        source: "sandbox",
        sandboxSeed: "4",
        currency: "eur"
      })
    )
  ))

it.effect("coins of which nothing is told have no figure, and nothing is made of it", () =>
  Effect.gen(function*() {
    const document = yield* report
    assert.deepStrictEqual(facts(document), [
      ["Market cap of the coins tracked", "n/a", "2 coins"],
      ["Volume, 24 h", "n/a", "USD"],
      ["Bitcoin's share of that cap", "n/a", "of the coins tracked"],
      ["Rose in 24 h", "0 of 0", "coins"],
      ["Most up, 24 h", "n/a", ""],
      ["Most down, 24 h", "n/a", ""]
    ])
    assert.deepStrictEqual(words(document).slice(1, 3), [
      "As of 2026-02-15 06:00 UTC · amounts in USD · no history yet",
      "Data provided by CoinGecko"
    ])
    assert.include(words(document), "No history is kept of bitcoin, other (n/a).")
  }).pipe(Effect.provide(now([row("other"), row("bitcoin")], { bitcoin: [], other: [] }, { source: "live" }))))

it.effect("who stayed where it was is neither most up nor most down", () => {
  const most = (changes: Readonly<Record<string, number>>) =>
    Effect.map(report, (document) => facts(document).slice(3, 6).map(([, figure]) => figure)).pipe(
      Effect.provide(now(
        Object.entries(changes).map(([id, by]) => row(id, { price_change_percentage_24h: by })),
        Object.fromEntries(Object.keys(changes).map((id) => [id, []]))
      ))
    )
  return Effect.gen(function*() {
    assert.deepStrictEqual(yield* most({ a: 0, b: 3 }), ["1 of 2", "b +3.0 %", "none fell"])
    assert.deepStrictEqual(yield* most({ a: 0, b: -3 }), ["0 of 2", "none rose", "b −3.0 %"])
    assert.deepStrictEqual(yield* most({ a: 0, b: 0 }), ["0 of 2", "none rose", "none fell"])
  })
})

it.effect("of a market cap of 0 nobody has a share; of one without bitcoin's, bitcoin has none", () => {
  const share = (caps: Readonly<Record<string, number | null>>) =>
    Effect.map(report, (document) => facts(document)[2]).pipe(
      Effect.provide(now(
        Object.entries(caps).map(([id, market_cap]) => row(id, { market_cap })),
        Object.fromEntries(Object.keys(caps).map((id) => [id, points({ "2026-02-14": 1 }, "2026-02-16")]))
      ))
    )
  return Effect.gen(function*() {
    const says = (figure: string) => ["Bitcoin's share of that cap", figure, "of the coins tracked"]
    assert.deepStrictEqual(yield* share({ bitcoin: 0, other: 0 }), says("n/a"))
    assert.deepStrictEqual(yield* share({ bitcoin: null, other: 5 }), says("n/a"))
    assert.deepStrictEqual(yield* share({ other: 5 }), says("n/a"))
    assert.deepStrictEqual(yield* share({ bitcoin: 1, other: 3 }), says("25.0 %"))
  })
})

it.effect("coins are compared over the days that the settings say, each from 100 at its first price in them that is above 0", () =>
  Effect.gen(function*() {
    yield* report
    const [, compared] = yield* Ref.get(yield* Effect.map(Written, (_) => _.charts))
    assert.deepStrictEqual(rowsOf(compared).map((_) => [_["coin_id"], _["day"], _["indexed"]]), [
      ["bitcoin", "2026-02-12", 100],
      ["bitcoin", "2026-02-13", 150],
      ["bitcoin", "2026-02-14", 150],
      ["bitcoin", "2026-02-15", 75],
      ["fallen", "2026-02-13", 100],
      ["fallen", "2026-02-14", 100],
      ["fallen", "2026-02-15", 100]
    ])
  }).pipe(
    Effect.provide(
      now([row("bitcoin"), row("fallen")], {
        bitcoin: points({ "2026-02-01": 7, "2026-02-12": 2, "2026-02-13": 3, "2026-02-15": 1.5 }, "2026-02-16"),
        fallen: points({ "2026-02-01": 0, "2026-02-13": 4 }, "2026-02-16")
      }, { windows: { lines: Infinity, comparison: 3, overview: 30, months: 24 } })
    )
  ))
