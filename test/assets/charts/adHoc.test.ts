import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { adHoc, type Asked, kinds } from "../../../src/assets/charts/adHoc.ts"
import { priceTrends } from "../../../src/assets/derived/priceTrends.ts"
import { dailyReturns } from "../../../src/assets/derived/dailyReturns.ts"
import { coinList } from "../../../src/assets/raw/coinList.ts"
import { check, compile } from "../../../src/layers/chart/compile.ts"
import type { TopLevelSpec } from "../../../src/services/Chart.ts"
import { tidyNumber } from "../../../src/services/chartFrame.ts"
import { shareSaid } from "../../../src/services/chartLines.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { layer as world, specsOf } from "./drawnSpecs.ts"

layer(world)("a chart that nobody defined", (it) => {
  const whole = { coins: [], kind: "price", log: false } as const

  it.effect("reads what is kept and makes nothing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(adHoc(whole))
      assert.strictEqual(error.message, "price_history holds nothing yet: bring it up to date first (run price_history)")
      const sql = yield* DuckDb
      assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM price_history`, [{ n: 0 }])
    }))

  it.effect("is sound, of each kind, with the rows of the days asked for", () =>
    Effect.gen(function*() {
      yield* specsOf([coinList, priceTrends, dailyReturns])
      for (const kind of kinds) {
        const { spec } = yield* adHoc({ ...whole, kind })
        check(spec)
        compile(spec)
      }
      const two = yield* adHoc({ ...whole, coins: ["bitcoin", "ethereum"], from: "2025-12-08", to: "2025-12-12", log: true })
      check(two.spec)
      compile(two.spec)
      // ethereum lacks the 10th to the 12th
      assert.deepStrictEqual(two.points.map((_) => `${_.coin_id} ${_.day}`), [
        ...["08", "09", "10", "11", "12"].map((_) => `bitcoin 2025-12-${_}`),
        "ethereum 2025-12-08",
        "ethereum 2025-12-09"
      ])
      const indexed = yield* adHoc({ ...whole, kind: "indexed", coins: ["bitcoin"], from: "2025-12-08" })
      assert.deepInclude(indexed.points[0], { day: "2025-12-08", indexed: 100 })
    }))

  it.effect("says in words what it shows: one coin by its name, several by their number, an axis with its unit", () =>
    Effect.gen(function*() {
      const texts = (asked: Partial<Asked>) =>
        Effect.map(adHoc({ ...whole, ...asked }), ({ spec, subtitle, title }) => [title, subtitle, ...axisOf(spec)])
      const day = "2025-12-08"
      assert.deepStrictEqual(yield* texts({ coins: ["bitcoin"], from: day, to: day }), [
        "Price of bitcoin",
        "2025-12-08 to 2025-12-08, as of 2025-12-08 00:00 UTC · no day missing",
        "Price (USD)",
        "linear",
        tidyNumber("datum['s0']")
      ])
      // also the coin that costs next to nothing
      assert.deepStrictEqual(yield* texts({ log: true }), [
        "Price: 4 coins",
        "2025-11-20 to 2026-01-02, as of 2026-01-02 00:00 UTC · 3 of 151 days missing, shown as gaps",
        "Price (USD, log scale)",
        "log",
        tidyNumber("datum['s0']")
      ])
      assert.deepStrictEqual(yield* texts({ kind: "drawdown", coins: ["bitcoin", "ethereum"] }), [
        "Below the highest price so far: 2 coins",
        "2025-11-20 to 2026-01-02, as of 2026-01-02 00:00 UTC · 3 of 88 days missing, shown as gaps",
        "Drawdown",
        "linear",
        shareSaid("datum['s0']")
      ])
      const labels = (kind: Asked["kind"]) => Effect.map(adHoc({ ...whole, kind }), (_) => labelsOf(_.spec))
      assert.deepStrictEqual(yield* Effect.all([labels("drawdown"), labels("rsi"), labels("volatility")]), [
        "abs(datum.value) <= 0 ? '0%' : format(datum.value, '+,.4~%')",
        tidyNumber("datum.value"),
        "format(datum.value, ',.4~%')"
      ])
    }))

  it.effect("of what 100 became begins at each coin's first price above nothing", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`UPDATE price_history SET price = 0 WHERE coin_id = 'late' AND day = '2025-12-15'`
      const { points } = yield* adHoc({ ...whole, kind: "indexed" })
      const first = (coin: string) => points.filter((_) => _.coin_id === coin).slice(0, 1).map((_) => `${_.day} ${_["indexed"]}`)
      assert.deepStrictEqual([first("late"), first("tiny")], [["2025-12-16 100"], ["2025-11-20 100"]])
    }))

  it.effect("says of which coin nothing is kept, and of which something is", () =>
    Effect.gen(function*() {
      const said = (asked: Partial<Asked>) => Effect.map(Effect.flip(adHoc({ ...whole, ...asked })), (_) => _.message)
      const kept = "It holds: bitcoin, ethereum, late, tiny. CRYPTO_COINS says which coins are tracked"
      assert.deepStrictEqual(
        [
          yield* said({ coins: ["bitcoin", "nothing"] }),
          yield* said({ coins: ["bitcoin"], from: "2031-01-01" }),
          yield* said({ from: "2031-01-01" })
        ],
        [
          `price_history holds nothing of nothing in these days. ${kept}`,
          `price_history holds nothing of bitcoin in these days. ${kept}`,
          `price_history holds nothing of any coin in these days. ${kept}`
        ]
      )
    }))
})

/** Of the y axis its title and its scale, and how the first coin's figure is written under the pointer. */
const axisOf = (spec: TopLevelSpec): ReadonlyArray<unknown> => [
  at(spec, "layer", 0, "encoding", "y", "axis", "title"),
  at(spec, "layer", 0, "encoding", "y", "scale", "type") ?? "linear",
  at(spec, "layer", 1, "transform", 1, "calculate")
]

const labelsOf = (spec: TopLevelSpec): unknown => at(spec, "layer", 0, "encoding", "y", "axis", "labelExpr")

const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce((_, name) => Reflect.get(Object(_), name), value)
