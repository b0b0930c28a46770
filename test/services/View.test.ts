/** A view keeps no rows; what reads it is stale when it says something else, and not when its upstream merely changed. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import * as Column from "../../src/services/Column.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import * as Table from "../../src/services/Table.ts"
import * as View from "../../src/services/View.ts"

class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}
const Price = Schema.Struct({ coin: Schema.String, day: Column.Day, price: Schema.Finite })
const Peak = Schema.Struct({ coin: Schema.String, high: Schema.Finite })
const world = TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z", settings: { historyDays: 3 } })

const figures = new Map([["2026-01-01", 3], ["2026-01-02", 9], ["2026-01-03", 4]])
const prices = Asset.make("prices", { about: "", into: Table.make(Price, { key: "day" }), per: Day },
  () => Effect.map(Day, (days) => days.keys.map((day) => ({ coin: "o'clock", day, price: figures.get(day) ?? 0 }))))
const most = 100
const peak = Asset.make("peak", {
  about: "",
  from: { prices: Asset.every(prices, Day) },
  into: View.make(Peak),
  checks: [Check.within("high", 0, 50), Check.within("high", 0, 10, "warn")]
}, ({ prices }) =>
  DuckDb.useSync((sql) =>
    sql`
    SELECT coin, max(price) AS high
    FROM ${prices}
    WHERE price < ${most} AND coin = ${"o'clock"} AND coin NOT IN ${sql.in(["a", "b'c"])}
    GROUP BY coin`
  ))
const reader = Asset.make("reader", { about: "", from: { peak }, into: Table.make(Peak) }, ({ peak }) => Effect.succeed(peak))

const kinds = DuckDb.use((sql) =>
  sql`
  SELECT table_name AS name, table_type AS kind FROM information_schema.tables WHERE table_name IN ('peak', '_staged_peak')`
)
const rows = (name: string) => DuckDb.use((sql) => sql`FROM ${sql(name)}`)

it.effect("asks its query whenever it is read, and keeps no rows", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* Run.upToDate([reader])
    assert.deepStrictEqual(yield* kinds, [{ name: "peak", kind: "VIEW" }])
    assert.deepStrictEqual(yield* rows("peak"), [{ coin: "o'clock", high: 9 }])
    yield* sql`UPDATE prices SET price = 20 WHERE day = '2026-01-01'`
    assert.deepStrictEqual(yield* rows("peak"), [{ coin: "o'clock", high: 20 }])
    assert.deepStrictEqual(yield* rows("reader"), [{ coin: "o'clock", high: 9 }])
  }).pipe(Effect.provide(world)))

it.effect("is looked through: a change upstream that it does not show makes nothing of its readers", () =>
  Effect.gen(function*() {
    yield* Run.upToDate([reader])
    assert.deepStrictEqual(Plan.print(yield* Plan.make([reader])), [])
    const outcomes = Effect.map(Run.upToDate([reader], { force: [prices] }),
      (_) => _.flatMap((report) => report.results.map(({ outcome, step }) => `${step.asset.name} ${outcome._tag}`)))
    figures.set("2026-01-01", 5)
    yield* Run.upToDate([prices], { force: true })
    assert.deepStrictEqual(Plan.print(yield* Plan.make([reader])), ["peak (upstream changed)", "reader (after upstream)"])
    assert.deepStrictEqual(yield* outcomes, ["peak Made", "reader Skipped"])
    figures.set("2026-01-01", 11)
    yield* Run.upToDate([prices], { force: true })
    assert.deepStrictEqual(yield* outcomes, ["peak Made", "reader Made"])
    assert.deepStrictEqual(yield* rows("reader"), [{ coin: "o'clock", high: 11 }])
    figures.set("2026-01-01", 3)
    yield* TestClock.adjust("1 day")
    figures.set("2026-01-04", 12)
    yield* Run.upToDate([reader])
    assert.deepStrictEqual(yield* rows("reader"), [{ coin: "o'clock", high: 12 }], "a day more is seen")
  }).pipe(Effect.provide(world)))

it.effect("whose checks do not hold means what it meant before", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const [first] = yield* Run.upToDate([peak])
    assert.deepStrictEqual(first?.results.at(-1)?.outcome._tag, "Made")
    yield* sql`UPDATE prices SET price = 60 WHERE day = '2026-01-01'`
    const [refused] = yield* Run.upToDate([peak], { force: true })
    const outcome = refused?.results.at(-1)?.outcome
    assert.match(outcome?._tag === "Failed" ? Run.explain(outcome.cause) : "", /within\(high, 0, 50\): 1 offender/)
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM _manifest WHERE asset = 'peak'`, [{ n: 1 }])
  }).pipe(Effect.provide(world)))

it.effect("takes the place of a table of its name, and is empty before it is first made", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const read = peak.pipe(Effect.provideService(Asset.Making, () => undefined))
    assert.deepStrictEqual(yield* (yield* read).rows, [])
    yield* sql`DROP VIEW peak`
    yield* sql`CREATE TABLE peak (coin VARCHAR)`
    yield* Run.upToDate([peak])
    assert.deepStrictEqual(yield* kinds, [{ name: "peak", kind: "VIEW" }])
    assert.deepStrictEqual((yield* (yield* read).rows).map((_) => _.coin), ["o'clock"])
    const table = Asset.make("peak", { about: "", into: Table.make(Peak) }, () => Effect.succeed([{ coin: "x", high: 1 }]))
    yield* Run.upToDate([table], { force: true })
    assert.deepStrictEqual(yield* kinds, [{ name: "peak", kind: "BASE TABLE" }], "and a table the place of a view")
  }).pipe(Effect.provide(world)))

it.effect("holds no value that cannot be written out", () =>
  Effect.gen(function*() {
    const asset = Asset.make("odd", { about: "", into: View.make(Peak) },
      () => DuckDb.useSync((sql) => sql`SELECT 'a' AS coin, ${new Uint8Array(1)} AS high`))
    const [report] = yield* Run.upToDate([asset])
    const outcome = report?.results[0]?.outcome
    assert.match(outcome?._tag === "Failed" ? Run.explain(outcome.cause) : "", /The SQL holds a value that cannot be written out/)
  }).pipe(Effect.provide(world)))
