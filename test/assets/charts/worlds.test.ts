/** What charts say and leave out where the market is another one: one coin for years, or more coins than there is room for. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { calendarChart } from "../../../src/assets/charts/calendarChart.ts"
import { candleChart } from "../../../src/assets/charts/candleChart.ts"
import { coinChart } from "../../../src/assets/charts/coinChart.ts"
import { coinComparison } from "../../../src/assets/charts/coinComparison.ts"
import { correlationChart } from "../../../src/assets/charts/correlationChart.ts"
import { dominanceChart } from "../../../src/assets/charts/dominanceChart.ts"
import { indexChart } from "../../../src/assets/charts/indexChart.ts"
import { marketOverview } from "../../../src/assets/charts/marketOverview.ts"
import { monthlyChart } from "../../../src/assets/charts/monthlyChart.ts"
import { priceChart } from "../../../src/assets/charts/priceChart.ts"
import { rollingChart } from "../../../src/assets/charts/rollingChart.ts"
import { trendChart } from "../../../src/assets/charts/trendChart.ts"
import { correlationMatrix } from "../../../src/assets/derived/correlationMatrix.ts"
import { dominance } from "../../../src/assets/derived/dominance.ts"
import { monthlyPrices } from "../../../src/assets/derived/monthlyPrices.ts"
import { priceTrends } from "../../../src/assets/derived/priceTrends.ts"
import { candles } from "../../../src/assets/raw/candles.ts"
import { coinList } from "../../../src/assets/raw/coinList.ts"
import { marketSnapshot } from "../../../src/assets/raw/marketSnapshot.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { specsOf, world } from "./drawnSpecs.ts"

const now = "2026-01-02T06:00:00Z"
/** The days up to 2026-01-02, the oldest first. */
const days = (count: number) =>
  Array.from({ length: count }, (_, at) => new Date(Date.UTC(2026, 0, 3) - (count - at) * 86_400_000).toISOString().slice(0, 10))
const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce((_, name) => Reflect.get(Object(_), name), value)

const of = (specs: ReadonlyMap<string, unknown>, asset: string) =>
  [...specs].filter(([base]) => base.includes(asset)).map(([, spec]) => spec)
const lines = (text: unknown) => Array.isArray(text) ? text.slice(0, -1).join(" ") : text
const titles = (specs: ReadonlyMap<string, unknown>, asset: string) => of(specs, asset).map((_) => at(_, "title", "text"))
const rowsOf = (spec: unknown) => {
  const rows = at(spec, "data", "values")
  return Array.isArray(rows) ? rows.map((_) => Object(_)) : []
}

it.effect("one coin is called by its name", () =>
  Effect.gen(function*() {
    yield* specsOf([coinList])
    const sql = yield* DuckDb
    yield* sql`UPDATE coin_list SET name = 'Bitcoin'`
    const specs = yield* specsOf([
      priceChart,
      coinChart,
      calendarChart,
      trendChart,
      candleChart,
      coinComparison,
      rollingChart,
      marketOverview
    ])
    assert.deepStrictEqual(
      ["price_chart", "coin_chart", "calendar_chart", "trend_chart", "candle_chart"].flatMap((_) => titles(specs, _)),
      [
        "Price of Bitcoin",
        "Price of Bitcoin",
        "Daily returns of Bitcoin",
        "Bitcoin: price, averages and volume",
        "Candles of Bitcoin, 1 day each"
      ]
    )
    assert.deepStrictEqual(of(specs, "price_chart").flatMap(rowsOf).map((_) => _.coin), days(4).map(() => "Bitcoin"))
    // there is nothing that bitcoin could be compared with
    assert.match(of(specs, "rolling_chart").map((_) => lines(at(_, "title", "subtitle"))).join(), /^No figures yet/)
    assert.deepStrictEqual(of(specs, "coin_comparison").map((_) => lines(at(_, "title", "subtitle"))), [
      "2025-12-30 to 2026-01-02, as of 2026-01-02 00:00 UTC · no day missing · each coin begins at 100"
    ])
    assert.deepStrictEqual(of(specs, "market_overview").flatMap((_) => [at(_, "title", "text"), lines(at(_, "title", "subtitle"))]), [
      "Market overview: 1 coin",
      "Market cap in USD and price change in percent, as of 2026-01-02 06:00 UTC · lines: daily prices since 2025-12-30, each on a scale of its own"
    ])
    // what did not move has neither risen nor fallen
    assert.match(
      of(specs, "calendar_chart").map((_) => lines(at(_, "title", "subtitle"))).join(),
      /best 2025-12-31 \(0\.0 %\), worst 2025-12-31 \(0\.0 %\)/
    )
  }).pipe(Effect.provide(world({ market: { bitcoin: days(4).map((day) => [day, 100]) }, now, settings: { historyDays: 4 } }))))

it.effect("the youngest of the coins compared is called by its name, and begins with its first price above nothing", () =>
  Effect.gen(function*() {
    yield* specsOf([coinList])
    const sql = yield* DuckDb
    yield* sql`UPDATE coin_list SET name = upper(coin_id)`
    const specs = yield* specsOf([coinComparison])
    assert.deepStrictEqual(of(specs, "coin_comparison").map((_) => lines(at(_, "title", "subtitle"))), [
      "2026-01-01 to 2026-01-02, as of 2026-01-02 00:00 UTC · no day missing · each coin begins at 100 on the first day that all have: NEW is the youngest, other prices go back to 2025-12-30"
    ])
  }).pipe(Effect.provide(world({
    market: { new: days(4).map((day, at) => [day, at < 2 ? 0 : 0.5]), old: days(4).map((day) => [day, 100]) },
    now,
    settings: { historyDays: 4 }
  }))))

it.effect("two coins of one name are told apart by their ids", () =>
  Effect.gen(function*() {
    yield* specsOf([marketSnapshot])
    const sql = yield* DuckDb
    yield* sql`UPDATE market_snapshot SET name = CASE coin_id WHEN 'other' THEN 'Own' ELSE 'Same' END`
    const specs = yield* specsOf([marketOverview])
    assert.deepStrictEqual(of(specs, "market_overview").flatMap(rowsOf).map((_) => [_.coin_id, _.coin]), [
      ["first", "Same (first)"],
      ["other", "Own"],
      ["second", "Same (second)"]
    ])
  }).pipe(Effect.provide(world({
    market: { first: [["2026-01-02", 1, 3]], other: [["2026-01-02", 1, 2]], second: [["2026-01-02", 1, 1]] },
    now,
    settings: { historyDays: 1 }
  }))))

it.effect("on a single day each share is a bar as wide as the plot, and a price whose trend is not known is drawn", () =>
  Effect.gen(function*() {
    yield* specsOf([dominance, priceTrends])
    const sql = yield* DuckDb
    yield* sql`DELETE FROM price_trends`
    const specs = yield* specsOf([dominanceChart, trendChart])
    assert.deepStrictEqual(of(specs, "dominance_chart").map((_) => at(_, "layer", 0, "mark", "width", "expr")), [
      "max(1, ceil(width / 1) + 0.4)"
    ])
    assert.deepStrictEqual(of(specs, "trend_chart").flatMap(rowsOf).map((_) => [_.price, _.sma_7, _.cross]), [[7, null, null]])
  }).pipe(Effect.provide(world({ market: { bitcoin: [["2026-01-02", 7, 9]] }, now, settings: { historyDays: 1 } }))))

it.effect.each([
  [[], "did not cross"],
  [[["2026-01-01", "death"]], "crossed once in a death cross on 2026-01-01"],
  [
    [["2025-12-31", "death"], ["2026-01-02", "golden"]],
    "crossed 2 times, the last time in a golden cross on 2026-01-02"
  ]
] as const)("to those who cannot see the crosses %j it says that the averages %s", ([crosses, said]) =>
  Effect.gen(function*() {
    yield* specsOf([priceTrends])
    const sql = yield* DuckDb
    for (const [day, cross] of crosses) yield* sql`UPDATE price_trends SET "cross" = ${cross} WHERE day = ${day}`
    const specs = yield* specsOf([trendChart])
    assert.deepStrictEqual(
      of(specs, "trend_chart").map((_) => /The 50 and 200-day averages (.*)\./.exec(String(at(_, "description")))?.[1]),
      [said]
    )
  }).pipe(Effect.provide(world({ market: { bitcoin: days(3).map((day) => [day, 7]) }, now, settings: { historyDays: 3 } }))))

it.effect("lines go back as far as the window says, counted from the newest day", () =>
  Effect.gen(function*() {
    const specs = yield* specsOf([priceChart])
    assert.deepStrictEqual(of(specs, "price_chart").flatMap(rowsOf).map((_) => _.day), ["2025-12-31", "2026-01-01", "2026-01-02"])
  }).pipe(Effect.provide(world({
    market: { bitcoin: days(5).map((day) => [day, 7]) },
    now,
    settings: { historyDays: 5, windows: { lines: 3, comparison: 90, overview: 30, months: 24 } }
  }))))

it.effect("a calendar of more than a year has a block a year, each week from its Monday", () =>
  Effect.gen(function*() {
    const specs = yield* specsOf([calendarChart])
    const squares = new Map(of(specs, "calendar_chart").flatMap(rowsOf).map((_) => [_.day, [_.block, _.week, _.weekday]]))
    assert.strictEqual(squares.size, 499)
    assert.deepStrictEqual(
      ["2024-12-30", "2024-12-31", "2025-01-01", "2025-01-05", "2025-01-06", "2025-12-31", "2026-01-01", "2026-01-02"].map((_) =>
        squares.get(_)
      ),
      [
        ["2024", 52, 1],
        ["2024", 52, 2],
        ["2025", 0, 3],
        ["2025", 0, 7],
        ["2025", 1, 1],
        ["2025", 52, 3],
        ["2026", 0, 4],
        ["2026", 0, 5]
      ]
    )
  }).pipe(Effect.provide(world({ market: { bitcoin: days(500).map((day, at) => [day, 100 + at]) }, now, settings: { historyDays: 500 } }))))

it.effect.each([
  [20, 40, "2025–26"],
  [0, 20, "2025"]
] as const)("a calendar of the days %i to %i of forty, three weeks of Mondays, is one block, called %s",
  ([from, to, said]) =>
    Effect.gen(function*() {
      const specs = yield* specsOf([calendarChart])
      const rows = of(specs, "calendar_chart").flatMap(rowsOf)
      assert.deepStrictEqual([...new Set(rows.map((_) => _.block))], [said])
      assert.deepStrictEqual([rows[0]?.week, rows.at(-1)?.week], [0, 2])
    }).pipe(Effect.provide(world({
      market: { bitcoin: days(40).slice(from, to).map((day, at) => [day, 100 + at]) },
      now,
      settings: { historyDays: 40 }
    }))))

it.effect("of three days on a pixel an index keeps the first and the last", () =>
  Effect.gen(function*() {
    const specs = yield* specsOf([indexChart])
    assert.deepStrictEqual(of(specs, "index_chart").flatMap(rowsOf).map((_) => _.day), days(2280).filter((_, at) => at % 3 !== 1))
  }).pipe(
    Effect.provide(
      world({ market: { bitcoin: days(2280).map((day) => [day, 100]) }, now, settings: { historyDays: 2280 } })
    )
  ))

it.effect("candles say how long one lasts", () =>
  Effect.gen(function*() {
    yield* specsOf([candles])
    const sql = yield* DuckDb
    for (const [coin, hours] of [["a", 0.5], ["b", 1], ["c", 4], ["d", 24], ["e", 384]] as const) {
      yield* sql`
        UPDATE candles SET closes = TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_minutes(CAST(${hours * 60} * day(closes) AS INTEGER))
        WHERE coin_id = ${coin}`
    }
    yield* sql`DELETE FROM candles WHERE coin_id = 'f' AND closes < (SELECT max(closes) FROM candles WHERE coin_id = 'f')`
    const specs = yield* specsOf([candleChart])
    assert.deepStrictEqual(titles(specs, "candle_chart").toSorted(), [
      "Candles of a, 30 minutes each",
      "Candles of b, 1 hour each",
      "Candles of c, 4 hours each",
      "Candles of d, 1 day each",
      "Candles of e, 16 days each",
      "One candle of f"
    ])
    // as wide as the plot for one, a part of it for more
    const widths = of(specs, "candle_chart").map((_) => at(_, "layer", 1, "mark", "width", "expr"))
    assert.strictEqual(widths.filter((_) => _ === "max(2, width / 1 * 0.6)").length, 1)
  }).pipe(Effect.provide(world({
    market: Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((coin) => [coin, days(4).map((day) => [day, 100] as const)])),
    now,
    settings: { historyDays: 4 }
  }))))

it.effect("of more coins, pairs and months than there is room for some are shown, and it is said of how many", () =>
  Effect.gen(function*() {
    yield* specsOf([marketSnapshot, correlationMatrix, monthlyPrices])
    const sql = yield* DuckDb
    const many = Array.from({ length: 41 }, (_, at) => `x${at + 10}`)
    const more = ["x51", "x52", "x53", "x54"]
    const caps = (coin: string) => coin === "a" || coin === "b" ? 9 : coin === "c" ? 0 : coin === "d" ? null : 5
    yield* sql`UPDATE market_snapshot SET market_cap = IF(coin_id = 'flat', 7, 6)`
    for (const coin of [...many, ...more, "d", "c", "b", "a"]) {
      yield* sql`
        INSERT INTO market_snapshot
        SELECT * REPLACE (${coin} AS coin_id, ${coin} AS name, ${
        caps(coin)
      }::DOUBLE AS market_cap) FROM market_snapshot WHERE coin_id = 'flat'`
    }
    yield* sql`DELETE FROM correlation_matrix`
    yield* sql`DELETE FROM monthly_prices`
    for (const coin of many) {
      yield* sql`
        INSERT INTO correlation_matrix BY NAME
        SELECT ${coin} AS coin_a, other AS coin_b, IF(other = 'x11', 0.5, IF(other = 'x12', -0.5, NULL)) AS correlation, 9 AS days
        FROM unnest([${sql.csv(many.slice(0, 21).map((_) => sql`${_}`))}]) AS others(other) WHERE other <> ${coin}`
      yield* sql`
        INSERT INTO monthly_prices BY NAME
        SELECT ${coin} AS coin_id, (DATE '2025-12-01' - to_months(CAST(ago AS INTEGER)))::DATE AS month, ago / 100.0 AS monthly_return
        FROM range(25) AS months(ago)`
    }
    const specs = yield* specsOf([marketOverview, correlationChart, monthlyChart, priceChart])
    const words = (name: string) => of(specs, name).flatMap((_) => [lines(at(_, "title", "subtitle")), at(_, "description")])
    const shown = many.slice(0, 20).join(", ")
    assert.deepStrictEqual(titles(specs, "market_overview"), ["Market overview: 50 coins"])
    assert.deepStrictEqual(["market_overview", "correlation_chart", "monthly_chart"].flatMap(words), [
      "Market cap in USD and price change in percent, as of 2026-01-02 06:00 UTC · the 50 largest of 51 · lines: daily prices since 2025-12-03, each on a scale of its own",
      // equal ones by their ids, one without a market cap after one that is worth nothing
      `Market cap of a, b, flat, one, ${
        many.concat(more).join(", ")
      }, c in USD, with the price change over 24 hours, 7 days and 30 days, as of 2026-01-02 06:00 UTC.`,
      "Pearson correlation of daily log returns, 2025-11-30 to 2026-01-02 (UTC) · pairs with fewer than 30 common days are blank · the first 20 of 41 tracked coins",
      `Heatmap of the correlation of daily log returns of ${shown}. Closest: x10 and x11 (0.50); least close: x11 and x12 (−0.50).`,
      "2024-01 to 2025-12, as of 2026-01-01 00:00 UTC; from the first of a month to the first of the next · months whose first or last price is missing are blank · the last 24 of 25 months · the first 40 of 41 tracked coins",
      `Table of monthly returns of ${
        many.slice(0, 40).join(", ")
      }, 2024-01 to 2025-12. Best: x10 in 2024-01 (23.0 %); worst: x49 in 2025-12 (0.0 %).`
    ])
    assert.deepStrictEqual(["correlation_chart", "monthly_chart"].map((_) => of(specs, _).flatMap(rowsOf).length), [20 * 19, 40 * 24])
    const drawn = of(specs, "market_overview").flatMap((_) => rowsOf(at(_, "vconcat", 2)))
    const prices = of(specs, "price_chart")
    assert.match(prices.map((_) => lines(at(_, "title", "subtitle"))).join(), /^2025-11-30 to 2026-01-02, as of 2026-01-02 00:00 UTC/)
    assert.deepStrictEqual([...new Set(prices.flatMap(rowsOf).map((_) => `${_.coin_id} ${_.price}`))], ["flat 5", "one 1", "one 2"])
    // a price of nothing is no price; one that stays lies in the middle
    assert.deepStrictEqual(
      [...new Set(drawn.map((_) => `${_.coin_id} ${_.price}: ${_.relative}`))].toSorted(),
      ["flat 5: 0.5", "one 1: 0", "one 2: 1"]
    )
  }).pipe(Effect.provide(world({
    market: { flat: days(34).slice(0, -1).map((day) => [day, 5]), one: days(34).map((day, at) => [day, (at + 1) % 3]) },
    now,
    settings: { historyDays: 34 }
  }))))
