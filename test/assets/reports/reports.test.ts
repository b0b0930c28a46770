/** Reports say what their rows say, from their month alone, and a closed month's is the same bytes a year later. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import { marketReport } from "../../../src/assets/reports/marketReport.ts"
import { monthlyReport } from "../../../src/assets/reports/monthlyReport.ts"
import * as Run from "../../../src/engine/Run.ts"
import { documentPage } from "../../../src/layers/chart/document.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { type Document, Report } from "../../../src/services/Report.ts"

const days = (from: string, count: number) =>
  Array.from({ length: count }, (_, at) => new Date(Date.parse(from) + at * 86_400_000).toISOString().slice(0, 10))

/** 2025-10-31 … 2026-01-02: a November and a December; ethereum lacks two days of December. */
const market = {
  bitcoin: days("2025-10-31", 64).map((day, at) => [day, 100 + at, 1000 + at, 10] as const),
  ethereum: days("2025-10-31", 64).filter((day) => day !== "2025-12-10" && day !== "2025-12-11").map((day, at) =>
    [day, 50 - at / 4, 500, 5] as const
  )
}

const kept = Effect.fnUntraced(function*<A, E, R>(use: (kept: Ref.Ref<ReadonlyMap<string, Document>>) => Effect.Effect<A, E, R>) {
  const all = yield* Ref.make<ReadonlyMap<string, Document>>(new Map())
  const catching = Report.of({
    page: (document) => Effect.succeed(documentPage(document)),
    keep: (base, document) => Effect.as(Ref.update(all, (_) => new Map([..._, [base, document]])), { files: [] })
  })
  return yield* Effect.provide(
    use(all),
    TestPipeline.layer({ market, now: "2026-01-02T06:00:00Z", settings: { historyDays: 64 } }).pipe(
      Layer.merge(Layer.succeed(Report, catching))
    )
  )
})

const december = { start: Date.parse("2025-12-01"), end: Date.parse("2026-01-01") }

const succeeded = (reports: ReadonlyArray<Run.Report<unknown>>) =>
  assert.deepStrictEqual(
    reports.flatMap((_) => _.results).flatMap(({ outcome }) => (outcome._tag === "Failed" ? [Run.explain(outcome.cause)] : [])),
    []
  )

it.effect("a closed month's report is the same bytes a year later, whatever has become of later months", () =>
  kept((all) =>
    Effect.gen(function*() {
      succeeded(yield* Run.upToDate([monthlyReport]))
      const first = (yield* Ref.get(all)).get("reports/monthly_report--2025-12")
      assert.isDefined(first)
      yield* TestClock.adjust("365 days")
      const sql = yield* DuckDb
      yield* sql`UPDATE price_history SET price = price * 2 WHERE day > '2026-01-01' OR day < '2025-11-01'`
      yield* Ref.set(all, new Map())
      succeeded(yield* Run.upToDate([monthlyReport], { over: december, only: true, force: true }))
      const again = (yield* Ref.get(all)).get("reports/monthly_report--2025-12")
      assert.isDefined(again)
      if (first !== undefined && again !== undefined) assert.strictEqual(documentPage(again), documentPage(first))
    })
  ))

it.effect("a month's report changes with a figure of the month", () =>
  kept((all) =>
    Effect.gen(function*() {
      succeeded(yield* Run.upToDate([monthlyReport]))
      const first = (yield* Ref.get(all)).get("reports/monthly_report--2025-12")
      const sql = yield* DuckDb
      yield* sql`UPDATE monthly_prices SET high = 987 WHERE month = '2025-12-01' AND coin_id = 'bitcoin'`
      succeeded(yield* Run.upToDate([monthlyReport], { over: december, only: true, force: true }))
      const again = (yield* Ref.get(all)).get("reports/monthly_report--2025-12")
      assert.notInclude(first?.body.markup ?? "987", "987")
      assert.include(again?.body.markup ?? "", "<td>987</td>")
    })
  ))

it.effect("a month's report says what the rows say, and names what is missing", () =>
  kept((all) =>
    Effect.gen(function*() {
      succeeded(yield* Run.upToDate([monthlyReport]))
      const markup = (yield* Ref.get(all)).get("reports/monthly_report--2025-12")?.body.markup ?? ""
      const sql = yield* DuckDb
      const rows = yield* sql<{ coin_id: string; monthly_return: number; days: number }>`
        SELECT coin_id, monthly_return, days FROM monthly_prices WHERE month = '2025-12-01' ORDER BY coin_id`
      assert.deepStrictEqual(rows.map((_) => [_.coin_id, _.days]), [["bitcoin", 32], ["ethereum", 30]])
      assert.include(markup, "December 2025")
      assert.include(markup, "as of 2026-01-01 00:00 UTC")
      // 131 → 162 over the month; the November before it 101 → 131
      assert.include(markup, `+${((162 / 131 - 1) * 100).toFixed(1)} %`)
      assert.include(markup, `+${((131 / 101 - 1) * 100).toFixed(1)} %`)
      assert.include(markup, "Points are missing of ethereum (2).")
      assert.include(markup, "<dt>monthly_return</dt><dd>close / open − 1, a fraction</dd>")
      assert.notMatch(markup, /NaN|undefined|\[object/)
    })
  ))

it.effect("the market's report is as of its snapshot", () =>
  kept((all) =>
    Effect.gen(function*() {
      succeeded(yield* Run.upToDate([marketReport]))
      const document = (yield* Ref.get(all)).get("reports/market_report")
      assert.include(document?.body.markup ?? "", "As of 2026-01-02 06:00 UTC")
      assert.include(document?.body.markup ?? "", "ethereum (2)")
      assert.notMatch(document?.body.markup ?? "", /NaN|undefined|\[object/)
    })
  ))
