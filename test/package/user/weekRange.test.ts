import { assert, it } from "@effect/vitest"
import { Asset, Column, Day, DuckDb, priceHistory, Run, Table, TestPipeline } from "crypto-pipeline"
import { Effect, Schema } from "effect"

const Range = Schema.Struct({ coin_id: Schema.String, day: Column.Day, low: Schema.Finite, high: Schema.Finite })

const weekRange = Asset.make("week_range", {
  about: "Lowest and highest price of the last seven days",
  from: { prices: Asset.trailing(priceHistory, Day, 7) },
  into: Table.make(Range, { key: "day" }),
  per: Day
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  const days = yield* Day
  return sql`
    SELECT a.coin_id, a.day, min(b.price) AS low, max(b.price) AS high
    FROM ${prices} a JOIN ${prices} b ON b.coin_id = a.coin_id AND b.day BETWEEN a.day - 6 AND a.day
    WHERE a.day BETWEEN ${days.first} AND ${days.last}
    GROUP BY ALL`
}))

it.effect("knows the week's range", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([weekRange])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`FROM week_range WHERE day = '2026-01-03'`, [
      { coin_id: "bitcoin", day: "2026-01-03", low: 90, high: 120 }
    ])
  }).pipe(Effect.provide(TestPipeline.layer({
    now: "2026-01-03T06:00:00Z",
    market: { bitcoin: [["2026-01-01", 90], ["2026-01-02", 120], ["2026-01-03", 100]] }
  }))))
