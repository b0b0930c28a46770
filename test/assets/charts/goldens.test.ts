/**
 * Every chart of the pipeline: its spec is the golden one, is sound without a warning, draws without a browser, and its
 * rows are the table's. After a change that is wanted: `npx vitest run --project quick test/assets/charts -u`, then look.
 */
import { assert, expect, layer } from "@effect/vitest"
import { Effect, Result } from "effect"
import { check, compile } from "../../../src/layers/chart/compile.ts"
import { png, svg } from "../../../src/layers/chart/picture.ts"
import { specOfPage, wordsOf } from "../../../src/layers/chart/page.ts"
import { safeSpec } from "../../../src/layers/chart/safeSpec.ts"
import { still } from "../../../src/layers/chart/still.ts"
import { pipeline } from "../../../src/program.ts"
import type { TopLevelSpec } from "../../../src/services/Chart.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { layer as world, specsOf } from "./drawnSpecs.ts"

/** Where a chart's rows are from: the table, and the columns of it that are drawn; `where` leaves out what cannot be. */
const origins: Readonly<Record<string, { readonly table: string; readonly columns: ReadonlyArray<string>; readonly where: string }>> = {
  price_chart: { table: "price_history", columns: ["coin_id", "day", "price"], where: "price > 0" },
  coin_comparison: { table: "indexed_prices", columns: ["coin_id", "day", "price", "indexed"], where: "true" },
  dominance_chart: { table: "dominance", columns: ["coin_id", "day", "share"], where: "share IS NOT NULL" },
  index_chart: { table: "market_index", columns: ["day", "equal_weight", "cap_weight", "breadth", "coins"], where: "true" },
  rolling_chart: {
    table: "rolling_correlation",
    columns: ["coin_id", "day", "correlation_30", "correlation_90"],
    where: "coin_id <> 'bitcoin' AND correlation_30 IS NOT NULL"
  },
  distribution_chart: { table: "return_distribution", columns: ["coin_id", "bin", "days", "share"], where: "true" },
  coin_chart: { table: "price_history", columns: ["coin_id", "day", "price"], where: "price > 0" },
  calendar_chart: { table: "daily_returns", columns: ["coin_id", "day", "simple_return"], where: "simple_return IS NOT NULL" },
  trend_chart: {
    table: "price_history p LEFT JOIN price_trends t USING (coin_id, day)",
    columns: ["coin_id", "day", "price", "total_volume", "sma_7", "sma_50", "sma_200", "bollinger_lower", "bollinger_upper", "cross"],
    where: "true"
  },
  volatility_chart: { table: "price_trends", columns: ["coin_id", "day", "volatility_30d"], where: "volatility_30d IS NOT NULL" },
  drawdown_chart: { table: "price_trends", columns: ["coin_id", "day", "drawdown"], where: "drawdown IS NOT NULL" },
  rsi_chart: { table: "price_trends", columns: ["coin_id", "day", "rsi_14"], where: "rsi_14 IS NOT NULL" },
  correlation_chart: { table: "correlation_matrix", columns: ["coin_a", "coin_b", "correlation", "days"], where: "true" },
  monthly_chart: { table: "monthly_prices", columns: ["coin_id", "month", "monthly_return"], where: "monthly_return IS NOT NULL" },
  candle_chart: { table: "candles", columns: ["coin_id", "closes", "open", "high", "low", "close"], where: "true" },
  market_overview: { table: "market_snapshot", columns: ["coin_id", "market_cap"], where: "true" }
}

const rowsOf = (spec: TopLevelSpec): ReadonlyArray<object> =>
  "data" in spec && spec.data !== null && spec.data !== undefined && "values" in spec.data && Array.isArray(spec.data.values)
    ? spec.data.values.filter((_) => typeof _ === "object" && _ !== null)
    : []

const pick = (row: object, columns: ReadonlyArray<string>) => {
  const all = new Map<string, unknown>(Object.entries(row))
  return JSON.stringify(columns.map((_) => all.get(_) ?? null))
}

layer(world)("every chart", (it) => {
  const drawn = Effect.gen(function*() {
    const { assets } = yield* pipeline
    const specs = yield* specsOf(assets.filter((_) => _.into.kind === "chart"))
    return { assets, specs: [...specs].toSorted(([a], [b]) => (a < b ? -1 : 1)) }
  })
  const assetOf = (base: string) => base.replace("charts/", "").split("--")[0] ?? ""

  it.effect("is a golden spec", () =>
    Effect.gen(function*() {
      const { assets, specs } = yield* drawn
      assert.deepStrictEqual(
        [...new Set(specs.map(([base]) => assetOf(base)))].toSorted(),
        assets.filter((_) => _.into.kind === "chart").map((_) => _.name).toSorted()
      )
      for (const [base, spec] of specs) {
        yield* Effect.promise(() =>
          expect(`${JSON.stringify(spec, null, 1)}\n`).toMatchFileSnapshot(`goldens/${base.replace("charts/", "")}.vl.json`)
        )
      }
    }))

  it.effect("is safe and sound without a warning, in a page and as a picture, and says what it shows", () =>
    Effect.gen(function*() {
      for (const [base, spec] of (yield* drawn).specs) {
        const safe = Result.getOrThrow(safeSpec(spec))
        check(safe)
        // what lacks a day has a hole there: nothing is put in its place
        assert.notInclude(JSON.stringify(compile(specOfPage(spec)).data), "\"impute\"", base)
        const words = wordsOf(spec)
        // of charts that are one a coin, two are drawn: one with a gap, one with the least of prices
        if (/--(bitcoin|late)-/.test(base)) continue
        const text = yield* Effect.promise(() => svg(compile(still(spec)), words))
        assert.match(text, /^<svg role="img"[^>]*><title>[^<]+<\/title><desc>[^<]{20,}<\/desc>/, base)
        assert.notMatch(text, /NaN|undefined|Infinity|\[object/, base)
        assert.deepStrictEqual([...png(text).subarray(1, 4)], [0x50, 0x4e, 0x47], base)
        assert.match(words.line, /\d{4}-\d\d-\d\d/, base)
        assert.include(words.line, "UTC", base)
        assert.include(words.attribution, "CoinGecko", base)
      }
    }))

  it.effect("shows the rows of its table, and no other", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const { specs } = yield* drawn
      for (const [name, of] of Map.groupBy(specs, ([base]) => assetOf(base))) {
        const origin = origins[name]
        if (origin === undefined) assert.fail(`say where the rows of ${name} are from`)
        const { columns, table, where } = origin
        const kept = yield* sql<object>`SELECT ${sql.csv(columns.map((_) => sql`${sql(_)}`))} FROM ${sql.literal(table)} WHERE ${
          sql.literal(where)
        }`
        const shown = of.flatMap(([, spec]) => rowsOf(spec))
        assert.deepStrictEqual(shown.map((_) => pick(_, columns)).toSorted(), kept.map((_) => pick(_, columns)).toSorted(), name)
      }
    }))
})
