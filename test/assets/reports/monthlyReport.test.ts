/** A month's report says what its rows say, from them alone, worked out by hand; a closed month's is the same bytes a year later. */
import { assert, expect, it } from "@effect/vitest"
import { Effect, Ref } from "effect"
import { TestClock } from "effect/testing"
import { monthlyReport } from "../../../src/assets/reports/monthlyReport.ts"
import * as Run from "../../../src/engine/Run.ts"
import { documentPage } from "../../../src/layers/chart/document.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { facts, figures, type Market, points, rowsOf, succeeds, tables, words, world, Written, written } from "./written.ts"

const hostile = `<img src=x onerror="alert('1')">`

/** A January and a February, whose 28 days have 29 points. */
const market: Market = {
  bitcoin: points({ "2026-01-01": 80, "2026-02-01": 100, "2026-02-10": 120, "2026-02-20": 110 }, "2026-03-03", {
    cap: (price) => price * 1e9,
    volume: (day) => day > "2026-02-01" ? 2e6 : 1e6
  }),
  // two days are missing
  ethereum: points({ "2026-01-01": 16, "2026-02-01": 10, "2026-02-08": 5, "2026-02-15": 8 }, "2026-03-03", {
    cap: (price) => price * 4e9,
    volume: () => 1e6
  }).filter(([day]) => day !== "2026-02-20" && day !== "2026-02-21"),
  // nobody vouches for its supply, and nobody tells what was traded
  flat: points({ "2026-01-01": 0.000012 }, "2026-03-03", { cap: () => 0 }),
  // listed on the 14th
  late: points({ "2026-02-14": 2, "2026-02-21": 3 }, "2026-03-03", { cap: () => 7e9, volume: () => 10 }),
  // not seen again after the 10th
  stopped: points({ "2026-01-01": 40, "2026-02-01": 50, "2026-02-05": 60 }, "2026-02-11", { cap: () => 9e9, volume: () => 1e6 }),
  // listed on the first
  [hostile]: points({ "2026-02-01": 1, "2026-02-02": 1.5 }, "2026-03-03", { cap: () => 2e9, volume: () => 5 })
}

const february = written([monthlyReport], "monthly_report--2026-02")
const inMarch = (some: Market = market, settings: object = {}) =>
  world({ market: some, now: "2026-03-02T06:00:00Z", settings: { historyDays: 61, ...settings } })

it.effect("a month's report, in full", () =>
  Effect.gen(function*() {
    const document = yield* february
    assert.strictEqual(document.title, "Crypto market in February 2026")
    assert.strictEqual(document.rows, 6)
    assert.deepStrictEqual(document.live, ["{}", "{}", "{}"])
    assert.deepStrictEqual(words(document), [
      "Crypto market in February 2026",
      "2026-02-01 to 2026-03-01, 00:00 UTC, as of 2026-03-01 00:00 UTC · amounts in USD",
      "Data in CoinGecko's format from api.coingecko.test",
      "Every coin",
      "* The point that closes the month is missing; this is the latest one, and the figures go as far as it.",
      "Charts",
      "Best and worst",
      "Against the month before",
      "Coverage and caveats",
      "29 daily points make the month: 2026-02-01 to 2026-03-01, the last of them closing it. Points are missing of stopped (19), ethereum (2), late (13).",
      "A price is the one at 00:00 UTC; highs and lows are those of such points, not of what was traded between them.",
      "Where a figure needs a point that is missing, the figure is missing (n/a): nothing is filled.",
      "Volumes are CoinGecko's figures of the 24 hours before each point, summed; exchanges report them, and nobody can audit them.",
      "Coins go by CoinGecko's ids. The list is of coins with prices kept for the month; it is no index of the whole market.",
      "Formulas",
      "Mean and median are over the coins with a return, unweighted; those of the month before over such of them as had one then.\n" +
      "Market cap sums the coins with a cap at both ends. Volatility and volume are compared over the coins that have both."
    ])
    assert.deepStrictEqual(facts(document), [
      ["Coins", "6", "3 rose, 1 fell"],
      // of 50, 20, 10, 0 and −20; before: of 25, 25, 0 and −37.5
      ["Mean return", "+12.0 %", "month before +3.1 %"],
      ["Median return", "+10.0 %", "month before +12.5 %"],
      // 110 + 32 + 2 billion, before 100 + 40 + 2: not of flat's 0, nor where one end is missing
      ["Market cap at the close", "144B", "+1.4 % since the open (3 coins)"],
      ["Best coin", `${hostile} +50.0 %`, "over the month"],
      ["Worst coin", "ethereum −20.0 %", "over the month"],
      // all with a return but the one that is new
      ["Coins with both months", "4", "of 6"],
      // ethereum: −20 after −37.5; flat's 0 after 0 is no better
      ["Did better", "1", "than the month before"],
      // of stopped, bitcoin and flat: 116.1, 74.0 and 0; before: ln 1.25 · √(365/31) twice, and 0
      ["Mean volatility (a year)", "63.4 %", "month before 51.0 %"],
      // 56 + 9 million, before 31 + 31: not of ethereum, of which two days are not known
      ["Volume", "+4.8 %", "of the coins with both"]
    ])
    assert.deepStrictEqual(tables(document), [
      {
        caption: "Prices and returns in February 2026, best first",
        heads: [
          "Coin",
          "Open",
          "High",
          "Low",
          "Close",
          "Return",
          "Month before",
          "Volatility (a year)",
          "Deepest fall",
          "Volume",
          "Points"
        ],
        rows: [
          // of n returns all but one of which are 0, volatility is |ln r| · √(365/n)
          [hostile, "1", "1.5", "1", "1.5", "+50.0 %", "n/a", "146.4 %", "0.0 %", "140", "29 of 29"],
          ["stopped", "50", "60", "50", "60 *", "+20.0 %", "+25.0 %", "116.1 %", "0.0 %", "9M", "10 of 29"],
          // ln 1.2 and ln 110/120 among 28 returns
          ["bitcoin", "100", "120", "100", "110", "+10.0 %", "+25.0 %", "74.0 %", "−8.3 %", "56M", "29 of 29"],
          ["flat", "0.000012", "0.000012", "0.000012", "0.000012", "0.0 %", "0.0 %", "0.0 %", "0.0 %", "n/a", "29 of 29"],
          ["ethereum", "10", "10", "5", "8", "−20.0 %", "−37.5 %", "n/a", "−50.0 %", "n/a", "27 of 29"],
          ["late", "n/a", "3", "2", "3", "n/a", "n/a", "n/a", "0.0 %", "n/a", "16 of 29"]
        ]
      },
      {
        caption: "Single days, from 00:00 to 00:00 UTC; the day named is the one at whose start the return ends",
        heads: ["Coin and day", "Return"],
        rows: [
          ["ethereum, 2026-02-15", "+60.0 %"],
          [`${hostile}, 2026-02-02`, "+50.0 %"],
          ["late, 2026-02-21", "+50.0 %"],
          // the last of all that stayed where they were
          ["stopped, 2026-02-10", "0.0 %"],
          ["bitcoin, 2026-02-20", "−8.3 %"],
          ["ethereum, 2026-02-08", "−50.0 %"]
        ]
      }
    ])
    assert.deepStrictEqual(figures(document), [
      [
        "What 100 became in February 2026",
        "Prices indexed to 100 at the month's first point, 00:00 UTC, log scale",
        `Line chart of ${hostile}, stopped, bitcoin, flat, ethereum in February 2026, each beginning at 100.`
      ],
      [
        "This month and the month before",
        "Bars: return in February 2026; rings: return in the month before",
        `Bar chart of the return of each coin in February 2026, with the month before as a ring. ${hostile} +50.0 %, stopped +20.0 %, bitcoin +10.0 %, flat 0.0 %, ethereum −20.0 %.`
      ],
      [
        "Each coin, each day",
        "Daily returns from 2026-02-01 to 2026-03-01, under the day at whose start they end (00:00 UTC); blank where a point is missing",
        `Heatmap of the daily returns of ${hostile}, stopped, bitcoin, flat, ethereum, late in February 2026.`
      ]
    ])
    assert.notInclude(document.body.markup, "<img")
    assert.notMatch(document.body.markup, /NaN|undefined|Infinity|\[object/)
    yield* Effect.promise(() => expect(document.body.markup).toMatchFileSnapshot("goldens/monthly_report--2026-02.html"))
  }).pipe(Effect.provide(inMarch())))

it.effect("its charts draw the month's points and no other", () =>
  Effect.gen(function*() {
    yield* february
    const charts = yield* Ref.get(yield* Effect.map(Written, (_) => _.charts))
    const [indexed, compared, calendar] = charts.filter((_) => String(_.description).includes("in February 2026"))
    // ten days of stopped, 29 of three coins, 27 of ethereum
    assert.deepStrictEqual(
      Object.entries(Object.groupBy(rowsOf(indexed), (_) => String(_["coin_id"]))).map(([coin, own = []]) => [coin, own.length]),
      [[hostile, 29], ["bitcoin", 29], ["ethereum", 27], ["flat", 29], ["stopped", 10]]
    )
    assert.deepStrictEqual(
      rowsOf(indexed).filter((_) => _["coin_id"] === "ethereum").filter((_, at, all) => _["indexed"] !== all[at - 1]?.["indexed"]).map((
        _
      ) => [_["day"], _["price"], _["indexed"]]),
      [["2026-02-01", 10, 100], ["2026-02-08", 5, 50], ["2026-02-15", 8, 80]]
    )
    assert.deepStrictEqual(rowsOf(compared), [
      { coin_id: hostile, monthly_return: 0.5, before_return: null },
      { coin_id: "stopped", monthly_return: 60 / 50 - 1, before_return: 0.25 },
      { coin_id: "bitcoin", monthly_return: 110 / 100 - 1, before_return: 0.25 },
      { coin_id: "flat", monthly_return: 0, before_return: 0 },
      { coin_id: "ethereum", monthly_return: 8 / 10 - 1, before_return: 10 / 16 - 1 }
    ])
    const days = rowsOf(calendar).map((_) => [_["coin_id"], _["day"]].join())
    assert.deepStrictEqual(days, days.toSorted())
    // 28 each of three, 9 of stopped, 15 of late; ethereum has none on the missing days and on the one after
    assert.strictEqual(days.length, 3 * 28 + 9 + 15 + 25)
    assert.deepStrictEqual(
      rowsOf(calendar).filter((_) => _["simple_return"] !== 0).map((_) => [_["coin_id"], _["day"], _["simple_return"]]),
      [
        [hostile, "2026-02-02", 0.5],
        ["bitcoin", "2026-02-10", 120 / 100 - 1],
        ["bitcoin", "2026-02-20", 110 / 120 - 1],
        ["ethereum", "2026-02-08", -0.5],
        ["ethereum", "2026-02-15", 8 / 5 - 1],
        ["late", "2026-02-21", 0.5],
        ["stopped", "2026-02-05", 60 / 50 - 1]
      ]
    )
    for (const [name, spec] of Object.entries({ indexed, compared, calendar })) {
      yield* Effect.promise(() =>
        expect(`${JSON.stringify(spec, null, 1)}\n`).toMatchFileSnapshot(`goldens/monthly_report.${name}.vl.json`)
      )
    }
  }).pipe(Effect.provide(inMarch())))

it.effect("a price of nothing is a fall by all, and no point on a scale of logarithms", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(tables(yield* february).map((_) => _.rows.map((row) => row.slice(0, 6))), [
      [["fallen", "4", "4", "0", "2", "−50.0 %"]],
      [
        ["fallen, 2026-02-02", "0.0 %"],
        ["fallen, 2026-02-03", "0.0 %"],
        ["fallen, 2026-02-04", "0.0 %"],
        [
          "fallen, 2026-02-28",
          "0.0 %"
        ],
        ["fallen, 2026-03-01", "0.0 %"],
        ["fallen, 2026-02-10", "−100.0 %"]
      ]
    ])
    const charts = yield* Ref.get(yield* Effect.map(Written, (_) => _.charts))
    assert.deepStrictEqual([...new Set(rowsOf(charts[0]).map((_) => _["indexed"]))], [100, 50])
  }).pipe(Effect.provide(inMarch({ fallen: points({ "2026-02-01": 4, "2026-02-10": 0, "2026-02-12": 2 }, "2026-03-03") }))))

it.effect("a month with nothing before it, nothing missing and an even number of coins", () =>
  Effect.gen(function*() {
    const document = yield* february
    assert.deepStrictEqual(facts(document), [
      ["Coins", "2", "0 rose, 2 fell"],
      ["Mean return", "−30.0 %", "month before n/a"],
      ["Median return", "−30.0 %", "month before n/a"],
      ["Market cap at the close", "n/a", "n/a since the open (0 coins)"],
      ["Best coin", "a −10.0 %", "over the month"],
      ["Worst coin", "b −50.0 %", "over the month"]
    ])
    assert.includeMembers([...words(document)], [
      "Data provided by CoinGecko",
      "There are no figures of the month before.",
      "29 daily points make the month: 2026-02-01 to 2026-03-01, the last of them closing it. Every coin has all of them."
    ])
    assert.notInclude(document.body.markup, "*")
  }).pipe(
    Effect.provide(inMarch({
      a: points({ "2026-02-01": 10, "2026-02-02": 9 }, "2026-03-03"),
      b: points({ "2026-02-01": 10, "2026-02-02": 5 }, "2026-03-03")
    }, { source: "live" }))
  ))

it.effect("a coin that did not move, and of which no volume is known, is compared as far as it can be", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(facts(yield* february).slice(6), [
      ["Coins with both months", "1", "of 1"],
      ["Did better", "0", "than the month before"],
      ["Mean volatility (a year)", "0.0 %", "month before 0.0 %"],
      ["Volume", "n/a", "of the coins with both"]
    ])
  }).pipe(Effect.provide(inMarch({ quiet: points({ "2026-01-01": 1 }, "2026-03-03") }))))

it.effect("a market cap counts where it is above 0 at the open and at the close", () => {
  const capped = (open: number | null, close: number | null) =>
    points({ "2026-02-01": 1 }, "2026-03-03").map(([day, price]) => [day, price, day === "2026-03-01" ? close : open] as const)
  return Effect.gen(function*() {
    // 6 + 0.25 after 5 + 0.5
    assert.deepStrictEqual(facts(yield* february)[3], ["Market cap at the close", "6.25", "+13.6 % since the open (2 coins)"])
  }).pipe(Effect.provide(inMarch({
    grown: capped(5, 6),
    tiny: capped(0.5, 0.25),
    found: capped(0, 9),
    lost: capped(9, 0),
    unknown: capped(null, 9),
    forgotten: capped(9, null)
  })))
})

it.effect("a coin without a return is in the table, and neither risen nor fallen, best nor worst", () =>
  Effect.gen(function*() {
    const document = yield* february
    assert.deepStrictEqual(facts(document).slice(0, 6), [
      ["Coins", "1", "0 rose, 0 fell"],
      ["Mean return", "n/a", "month before n/a"],
      ["Median return", "n/a", "month before n/a"],
      ["Market cap at the close", "n/a", "n/a since the open (0 coins)"],
      ["Best coin", "n/a", "over the month"],
      ["Worst coin", "n/a", "over the month"]
    ])
    assert.deepStrictEqual(figures(document).map(([title]) => title), ["Each coin, each day"])
    assert.deepStrictEqual(tables(document).map((_) => _.rows), [
      [["late", "n/a", "3", "2", "3", "n/a", "n/a", "n/a", "0.0 %", "n/a", "16 of 29"]],
      [["late, 2026-02-21", "+50.0 %"], ["late, 2026-02-15", "0.0 %"], ["late, 2026-02-16", "0.0 %"], ["late, 2026-02-27", "0.0 %"], [
        "late, 2026-02-28",
        "0.0 %"
      ], ["late, 2026-03-01", "0.0 %"]]
    ])
    assert.include(words(document), "SYNTHETIC data (sandbox seed 9): not a real market")
    assert.include(words(document), "2026-02-01 to 2026-03-01, 00:00 UTC, as of 2026-03-01 00:00 UTC · amounts in EUR")
    assert.include(document.body.markup, `<p class="synthetic">SYNTHETIC data`)
  }).pipe(
    Effect.provide(
      inMarch({ late: points({ "2026-02-14": 2, "2026-02-21": 3 }, "2026-03-03") }, {
        source: "sandbox",
        sandboxSeed: "9",
        currency: "eur"
      })
    )
  ))

it.effect("points that do not lie a day apart make no chart and no best day, and say so", () =>
  Effect.gen(function*() {
    const document = yield* february
    assert.deepStrictEqual(figures(document), [])
    assert.deepStrictEqual(tables(document).map((_) => _.rows), [[
      ["rare", "n/a", "3", "2", "3 *", "n/a", "n/a", "n/a", "0.0 %", "n/a", "2 of 29"]
    ]])
    assert.includeMembers([...words(document)], ["There is no return to draw.", "No two points of a coin lie a day apart."])
  }).pipe(Effect.provide(inMarch({ rare: [["2026-02-03", 2], ["2026-02-05", 3]] }))))

it.effect("of four days, the three best and the one that is left", () =>
  Effect.gen(function*() {
    const document = yield* february
    assert.deepStrictEqual(tables(document)[1]?.rows, [
      ["young, 2026-02-27", "+100.0 %"],
      ["young, 2026-02-26", "0.0 %"],
      ["young, 2026-03-01", "−25.0 %"],
      ["young, 2026-02-28", "−50.0 %"]
    ])
  }).pipe(
    Effect.provide(
      inMarch({ young: points({ "2026-02-25": 2, "2026-02-27": 4, "2026-02-28": 2, "2026-03-01": 1.5 }, "2026-03-03") })
    )
  ))

it.effect("of more coins than the palette tells apart the lines are those of the six best and the six worst, and say so", () => {
  const ids = Array.from({ length: 13 }, (_, at) => `coin-${String(at + 1).padStart(2, "0")}`)
  return Effect.gen(function*() {
    const document = yield* february
    const [indexed] = figures(document)
    assert.deepStrictEqual(indexed?.slice(1), [
      "Prices indexed to 100 at the month's first point, 00:00 UTC, log scale · the best and the worst of 13 coins",
      `Line chart of ${[...ids.slice(0, 6), ...ids.slice(7)].join(", ")} in February 2026, each beginning at 100.`
    ])
    assert.deepStrictEqual(tables(document)[0]?.rows.map(([id]) => id), ids)
  }).pipe(
    Effect.provide(
      inMarch(Object.fromEntries(ids.map((id, at) => [id, points({ "2026-02-01": 100, "2026-02-02": 200 - at }, "2026-03-03")])))
    )
  )
})

it.effect("of twelve, each has its line", () => {
  const ids = Array.from({ length: 12 }, (_, at) => `coin-${String(at + 1).padStart(2, "0")}`)
  return Effect.gen(function*() {
    const [indexed] = figures(yield* february)
    assert.deepStrictEqual(indexed?.slice(1), [
      "Prices indexed to 100 at the month's first point, 00:00 UTC, log scale",
      `Line chart of ${ids.join(", ")} in February 2026, each beginning at 100.`
    ])
  }).pipe(
    Effect.provide(
      inMarch(Object.fromEntries(ids.map((id, at) => [id, points({ "2026-02-01": 100, "2026-02-02": 200 - at }, "2026-03-03")])))
    )
  )
})

it.effect("a closed month's report is the same bytes a year later, whatever has become of later months", () =>
  Effect.gen(function*() {
    const first = yield* february
    yield* TestClock.adjust("365 days")
    const sql = yield* DuckDb
    yield* sql`UPDATE price_history SET price = price * 2 WHERE day > '2026-03-01' OR day < '2026-01-01'`
    const { documents } = yield* Written
    yield* Ref.set(documents, new Map())
    const over = { start: Date.parse("2026-02-01"), end: Date.parse("2026-03-01") }
    succeeds(yield* Run.upToDate([monthlyReport], { over, only: true, force: true }))
    const again = (yield* Ref.get(documents)).get("reports/monthly_report--2026-02")
    assert.isDefined(again)
    if (again !== undefined) assert.strictEqual(documentPage(again), documentPage(first))
  }).pipe(Effect.provide(inMarch())))

it.effect("a month's report changes with a figure of the month", () =>
  Effect.gen(function*() {
    assert.notInclude((yield* february).body.markup, "987")
    const sql = yield* DuckDb
    yield* sql`UPDATE monthly_prices SET high = 987 WHERE month = '2026-02-01' AND coin_id = 'bitcoin'`
    const over = { start: Date.parse("2026-02-01"), end: Date.parse("2026-03-01") }
    succeeds(yield* Run.upToDate([monthlyReport], { over, only: true, force: true }))
    const again = (yield* Ref.get(yield* Effect.map(Written, (_) => _.documents))).get("reports/monthly_report--2026-02")
    assert.include(again?.body.markup ?? "", "<td>987</td>")
  }).pipe(Effect.provide(inMarch())))
