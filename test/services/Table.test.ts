/** A table is written by write–audit–publish: what is refused changes nothing, what is published is whole, what is unchanged is not written. */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Latch, Schema } from "effect"
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import * as Column from "../../src/services/Column.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import * as Table from "../../src/services/Table.ts"
import { onDisk } from "../assets/onDisk.ts"

class Coin extends Subject.make<Coin>()("test/Coin", Effect.succeed(["a", "b"])) {}
class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}
const Row = Schema.Struct({ coin: Schema.String, day: Column.Day, price: Schema.NullOr(Schema.Finite) })
type Row = typeof Row.Type

const row = (day: string, price: number | null = 1, coin = "a"): Row => ({ coin, day: `2026-01-0${day}`, price })
const world = TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z", settings: { historyDays: 3 } })

/** An asset whose rows a test changes. */
const kept = (rows: { now: ReadonlyArray<Row> }) =>
  Asset.make("kept", {
    about: "",
    into: Table.make(Row, { key: "day" }),
    per: Day,
    checks: [Check.unique("coin", "day"), Check.notNull("coin"), Check.within("price", 0, 100), Check.within("price", 0, 10, "warn")]
  }, () => Effect.succeed(rows.now))

const make = (asset: ReturnType<typeof kept>) => Run.upToDate([asset], { force: true })
const stored = DuckDb.use((sql) => sql<Row>`FROM kept ORDER BY day, coin`)
const outcomes = (reports: ReadonlyArray<Run.Report<unknown>>) => reports.flatMap((_) => _.results.map(({ outcome }) => outcome))

it.effect("a blocking check keeps the old rows, and the offenders for reading", () => {
  const rows: { now: ReadonlyArray<Row> } = { now: [row("1"), row("2"), row("3")] }
  const asset = kept(rows)
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* make(asset)
    const before = yield* stored
    const bad: ReadonlyArray<readonly [ReadonlyArray<Row>, string, number]> = [
      [[row("1"), row("1"), row("2")], "unique(coin, day)", 2],
      [[row("1", 101), row("2")], "within(price, 0, 100)", 1],
      [[row("1"), { ...row("2"), day: "2025-12-31" }], "inside the window", 1],
      [[row("1"), { ...row("2"), day: "2026-01-04" }], "inside the window", 1]
    ]
    for (const [now, check, offenders] of bad) {
      yield* sql`DROP TABLE IF EXISTS _offenders`
      rows.now = now
      const [outcome] = outcomes(yield* make(asset))
      assert.strictEqual(outcome?._tag, "Failed", check)
      assert.deepStrictEqual(yield* stored, before)
      assert.deepStrictEqual(
        yield* sql`SELECT asset, "check", severity, count(*) AS n FROM _offenders WHERE severity = 'block' GROUP BY ALL`,
        [{ asset: "kept", check, severity: "block", n: offenders }]
      )
    }
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM _manifest`, [{ n: 1 }])
  }).pipe(Effect.provide(world))
})

it.effect("rows of another subject than the one that is made are refused, and that one's stay as they are", () => {
  const rows = { a: [row("1", 1, "a")], b: [row("1", 2, "b")] }
  const asset = Asset.make("kept", { about: "", into: Table.make(Row, { key: "day", subject: "coin" }), per: Day, of: Coin },
    () => Effect.map(Coin, (coin) => coin === "a" ? rows.a : rows.b))
  return Effect.gen(function*() {
    yield* Run.upToDate([asset], { force: true })
    rows.b = [row("1", 3, "b"), row("2", 9, "a")]
    const [report] = yield* Run.upToDate([asset], { force: true })
    assert.deepStrictEqual(report?.results.map(({ outcome, subject }) => [subject, outcome._tag]), [["a", "Made"], ["b", "Failed"]])
    assert.deepStrictEqual(yield* stored, [row("1", 1, "a"), row("1", 2, "b")])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT subject, "check", count(*) AS n FROM _offenders GROUP BY ALL`, [
      { subject: "b", check: "of the subject", n: 1 }
    ])
  }).pipe(Effect.provide(world))
})

it.effect("two tables are staged beside each other, and each keeps its first offenders and has a number of its own", () => {
  const small = (name: string) =>
    Asset.make(name, { about: "", into: Table.make(Row), checks: [Check.warn(Check.within("price", 0, 10))] }, () =>
      Effect.succeed([row("1", 11)]))
  const assets = [small("one"), small("two")]
  const together = Effect.gen(function*() {
    const both = yield* Latch.make(false)
    const staged = new Set<string>()
    const reports = yield* Effect.provideService(Run.upToDate(assets, { force: true }), Run.Plug,
      (at, { name }) => at !== "staged" ? Effect.void : Effect.andThen(staged.add(name).size === 2 ? both.open : Effect.void, both.await))
    assert.deepStrictEqual(outcomes(reports).map((_) => _._tag), ["Made", "Made"])
  })
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    // the first of the two makes the table of offenders, and the other conflicts with that
    yield* together
    yield* together
    assert.deepStrictEqual(yield* sql`SELECT asset, count(*) AS n FROM _offenders GROUP BY ALL ORDER BY ALL`, [
      { asset: "one", n: 2 },
      { asset: "two", n: 2 }
    ])
    assert.deepStrictEqual(yield* sql`SELECT seq FROM _manifest ORDER BY seq`, [1, 2, 3, 4].map((seq) => ({ seq })))
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM one UNION ALL SELECT count(*) FROM two`, [{ n: 1 }, { n: 1 }])
  }).pipe(Effect.provide(world))
})

it.effect("a warning publishes, is recorded, and no value is within any bounds", () => {
  const asset = kept({ now: [row("1", 11), row("2", null), row("3", 10)] })
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    const [outcome] = outcomes(yield* make(asset))
    assert.deepStrictEqual(outcome, {
      _tag: "Made",
      publication: {
        rows: 3,
        changed: [{ from: 20454, to: 20456 }],
        warnings: [{ check: "within(price, 0, 10)", severity: "warn", offenders: 1 }]
      }
    })
    assert.deepStrictEqual(yield* stored, [row("1", 11), row("2", null), row("3", 10)])
    assert.deepStrictEqual(yield* sql`SELECT warnings FROM _manifest`, [{ warnings: "[\"within(price, 0, 10): 1 offender\"]" }])
  }).pipe(Effect.provide(world))
})

it.effect("rows and manifest entry appear together or not at all", () => {
  const rows: { now: ReadonlyArray<Row> } = { now: [row("1"), row("2"), row("3")] }
  const asset = kept(rows)
  return Effect.gen(function*() {
    const manifest = yield* Manifest
    yield* make(asset)
    const before = yield* stored
    rows.now = [row("1", 7)]
    const dying = Manifest.of({ ...manifest, publish: (entry) => Effect.andThen(manifest.publish(entry), Effect.die("pulled")) })
    const [outcome] = outcomes(yield* make(asset).pipe(Effect.provideService(Manifest, dying)))
    assert.strictEqual(outcome?._tag, "Failed")
    assert.deepStrictEqual(yield* stored, before)
    assert.lengthOf(yield* manifest.log(["kept"]), 1)
  }).pipe(Effect.provide(world))
})

it.effect("only the keys that came out another than they were count as changed; a removed row is a change", () => {
  const rows: { now: ReadonlyArray<Row> } = { now: [row("1", 1), row("2", 2), row("3", 3)] }
  const asset = kept(rows)
  return Effect.gen(function*() {
    const manifest = yield* Manifest
    const changed = Effect.map(manifest.log(["kept"]), (_) => _.at(-1)?.changed)
    yield* make(asset)
    const hashes = Effect.map(manifest.log(["kept"]), (_) => _.map((entry) => entry.contentHash))
    yield* make(asset)
    assert.deepStrictEqual(yield* changed, [])
    rows.now = [row("3", 3), row("2", 2 + 1e-13), row("1", 1)]
    yield* make(asset)
    assert.deepStrictEqual(yield* changed, [], "neither the order nor what lies beyond 12 digits")
    const [first, second, third] = yield* hashes
    assert.deepStrictEqual([second, third], [first, first])
    rows.now = [row("1", 1), row("2", 2.00001), row("3", null)]
    yield* make(asset)
    assert.deepStrictEqual(yield* changed, [{ first: "2026-01-02", last: "2026-01-03" }])
    rows.now = [row("1", 1), row("3", null)]
    yield* make(asset)
    assert.deepStrictEqual(yield* changed, [{ first: "2026-01-02", last: "2026-01-02" }])
    assert.deepStrictEqual(yield* stored, [row("1", 1), row("3", null)])
  }).pipe(Effect.provide(world))
})

it.effect("numbers that are none never come in", () => {
  const asset = kept({ now: [row("1", NaN)] })
  return Effect.gen(function*() {
    const [outcome] = outcomes(yield* make(asset))
    assert.strictEqual(outcome?._tag, "Failed")
    assert.deepStrictEqual(yield* DuckDb.use((sql) => sql`SELECT table_name FROM duckdb_tables() WHERE table_name = 'kept'`), [])
  }).pipe(Effect.provide(world))
})

it.effect("a reader gets the window its edge names, and no other rows", () => {
  const asset = kept({ now: [row("1", 1), row("2", 2), row("3", 3)] })
  return Effect.gen(function*() {
    yield* make(asset)
    const seen = (from: string, to = from) =>
      Effect.gen(function*() {
        const table = yield* Asset.trailing(asset, Day, 2)
        return (yield* table.rows).map((_) => _.price)
      }).pipe(Effect.provideContext(Day.at(from, to)), Effect.provideService(Asset.Making, () => undefined))
    assert.deepStrictEqual(yield* seen("2026-01-02"), [1, 2])
    assert.deepStrictEqual(yield* seen("2026-01-01"), [1])
    assert.deepStrictEqual(yield* seen("2026-01-03"), [2, 3])
  }).pipe(Effect.provide(world))
})

it.effect("a row with a new column keeps its old rows, without a value there; an old column goes", () => {
  const older = Asset.make("kept", { about: "", into: Table.make(Row, { key: "day" }), per: Day },
    () => Effect.succeed([row("1", 1), row("2", 2)]))
  const Wider = Schema.Struct({ coin: Schema.String, day: Column.Day, volume: Schema.NullOr(Schema.Finite) })
  const newer = Asset.make("kept", { about: "", into: Table.make(Wider, { key: "day" }), per: Day },
    () => Effect.succeed([{ coin: "a", day: "2026-01-03", volume: 9 }]))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* Run.upToDate([older], { over: { end: Date.UTC(2026, 0, 3) } })
    yield* Run.upToDate([newer], { only: true })
    assert.deepStrictEqual(yield* sql`FROM kept ORDER BY day`, [
      { coin: "a", day: "2026-01-01", volume: null },
      { coin: "a", day: "2026-01-02", volume: null },
      { coin: "a", day: "2026-01-03", volume: 9 }
    ])
  }).pipe(Effect.provide(world))
})

it.effect("an asset that is renamed takes its rows along, and nothing of it is missing", () => {
  const into = Table.make(Row, { key: "day" })
  const older = Asset.make("older", { about: "", into, per: Day }, () => Effect.succeed([row("1", 1), row("2", 2), row("3", 3)]))
  const newer = Asset.make("newer", { about: "", aliases: ["oldest", "older"], into, per: Day }, () => Effect.succeed([row("3", 4)]))
  const reader = Asset.make("reader", { about: "", from: { newer }, into, per: Day }, ({ newer }) => Effect.succeed(newer))
  const tables = DuckDb.use((sql) =>
    Effect.map(sql<{ t: string }>`SELECT table_name AS t FROM duckdb_tables() WHERE table_name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY t`,
      (_) => _.map(({ t }) => t))
  )
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* Run.upToDate([older])
    assert.deepStrictEqual(Plan.print(yield* Plan.make([newer])), [])
    yield* Run.upToDate([reader])
    assert.deepStrictEqual(yield* tables, ["newer", "reader"])
    assert.deepStrictEqual(yield* sql`SELECT day, price FROM reader ORDER BY day`,
      [1, 2, 3].map((n) => ({ day: `2026-01-0${n}`, price: n })))
    assert.deepStrictEqual(Plan.print(yield* Plan.make([reader])), [])
    yield* Run.upToDate([newer], { force: true, over: { start: Date.UTC(2026, 0, 3) } })
    assert.deepStrictEqual(yield* sql`SELECT price FROM newer ORDER BY day`, [{ price: 1 }, { price: 2 }, { price: 4 }])
    assert.deepStrictEqual(Plan.print(yield* Plan.make([reader])), ["reader 2026-01-03 (upstream changed 1)"])
  }).pipe(Effect.provide(world))
})

it.effect("an asset that is renamed before its first reader takes its rows along when it is written", () => {
  const into = Table.make(Row, { key: "day" })
  const older = Asset.make("older", { about: "", into, per: Day }, () => Effect.succeed([row("1", 1), row("2", 2), row("3", 3)]))
  const newer = Asset.make("newer", { about: "", aliases: ["older"], into, per: Day }, () => Effect.succeed([row("3", 4)]))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* Run.upToDate([older])
    yield* Run.upToDate([newer], { force: true, over: { start: Date.UTC(2026, 0, 3) } })
    assert.deepStrictEqual(yield* sql`SELECT price FROM newer ORDER BY day`, [{ price: 1 }, { price: 2 }, { price: 4 }])
  }).pipe(Effect.provide(world))
})

it.effect("keys by a zone's clocks: dates are the zone's, instants lie in its days, and one changed row changes its day", () => {
  class Local extends Partition.daily<Local>()("test/NewYork", { zone: "America/New_York", start: "2026-10-30", end: "2026-11-03" }) {}
  class Week extends Partition.weekly<Week>()("test/SundayWeek", { weekStart: "sunday", start: "2026-10-18", end: "2026-11-02" }) {}
  const At = Schema.Struct({ at: Column.Instant, n: Schema.Finite })
  const On = Schema.Struct({ day: Column.Day, n: Schema.Finite })
  let more = 0
  const ats = Asset.make("ats", { about: "", into: Table.make(At, { key: "at" }), per: Local, checks: [Check.noGaps("at")] },
    () =>
      Effect.map(Local, (days) =>
        [
          { at: "2026-10-30T04:00:00.000Z", n: 1 },
          { at: "2026-11-01T03:59:59.000Z", n: 2 },
          { at: "2026-11-01T04:00:00.000Z", n: 3 + more },
          { at: "2026-11-02T04:59:59.000Z", n: 4 },
          { at: "2026-11-03T04:59:59.000Z", n: 5 }
        ].filter((_) => Date.parse(_.at) >= days.start.epochMilliseconds && Date.parse(_.at) < days.end.epochMilliseconds)))
  const ons = Asset.make("ons", { about: "", into: Table.make(On, { key: "day" }), per: Local, checks: [Check.noGaps("day")] },
    () => Effect.map(Local, (days) => days.keys.filter((_) => _ !== "2026-10-31").map((day) => ({ day, n: more }))))
  const weeks = Asset.make("weeks", { about: "", into: Table.make(On, { key: "day" }), per: Week, checks: [Check.noGaps("day")] },
    () =>
      Effect.map(Week, (weeks) =>
        weeks.keys.flatMap((day) => [
          { day, n: day === "2026-10-25" ? more : 1 },
          { day: `${day.slice(0, 8)}${Number(day.slice(8)) + 5}`, n: 2 }
        ])))
  return Effect.gen(function*() {
    const manifest = yield* Manifest
    const told = (name: string) =>
      Effect.map(manifest.log([name]), (_) => _.map(({ changed, warnings, window }) => [window, changed, warnings]))
    const keys = (first: string, last = first) => ({ first, last })
    yield* Run.upToDate([ats, ons, weeks])
    more = 1
    yield* Run.upToDate([ats, ons, weeks], { force: true })
    const all = keys("2026-10-30", "2026-11-02")
    assert.deepStrictEqual(yield* told("ats"), [
      [all, [all], []],
      [all, [keys("2026-11-01")], []]
    ], "31 October ends at 04:00 UTC, 1 November, a day of 25 hours, at 05:00")
    assert.deepStrictEqual(yield* told("ons"), [
      [all, [keys("2026-10-30"), keys("2026-11-01", "2026-11-02")], ["noGaps(day): 1 offender"]],
      [all, [keys("2026-10-30"), keys("2026-11-01", "2026-11-02")], ["noGaps(day): 1 offender"]]
    ])
    const two = keys("2026-10-18", "2026-10-25")
    assert.deepStrictEqual(yield* told("weeks"), [[two, [two], []], [two, [keys("2026-10-25")], []]])
    const read = Effect.flatMap(
      ats.pipe(Effect.provideContext(Local.at("2026-11-01")), Effect.provideService(Asset.Making, () => undefined)),
      (_) => _.rows
    )
    assert.deepStrictEqual((yield* read).map((_) => _.n), [4, 4])
  }).pipe(Effect.provide(TestPipeline.layer({ market: {}, now: "2026-11-05T06:00:00Z", settings: { historyDays: 30 } })))
})

it.effect("a log keeps every materialization, and shows the newest", () => {
  const Seen = Schema.Struct({ coin: Schema.String, at_time: Column.Instant, price: Schema.Finite })
  let n = 0
  const seen = Asset.make("seen", { about: "", into: Table.make(Seen, { log: "at_time" }) },
    () => Effect.sync(() => [{ coin: "a", at_time: `2026-01-03T06:0${++n}:00.000Z`, price: n }]))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* seen
    const table = yield* seen
    assert.deepStrictEqual(yield* table.rows, [{ coin: "a", at_time: "2026-01-03T06:02:00.000Z", price: 2 }])
    assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM seen`, [{ n: 2 }])
  }).pipe(Effect.provide(world))
})

it.effect("what a body asks of SQL fails its step alone", () => {
  const broken = Asset.make("broken", { about: "", into: Table.make(Row, { key: "day" }), per: Day },
    () => DuckDb.useSync((sql) => sql`SELECT 'a' AS coin, DATE '2026-01-01' AS day, 'none' AS price`))
  const fine = kept({ now: [row("1")] })
  return Effect.gen(function*() {
    const exit = yield* Effect.exit(Run.upToDate([broken, fine]))
    assert.isTrue(Exit.isSuccess(exit))
    if (Exit.isSuccess(exit)) assert.deepStrictEqual(outcomes(exit.value).map((_) => _._tag), ["Failed", "Made"])
    assert.deepStrictEqual((yield* Plan.make([broken])).steps.map(Plan.label), ["broken 2026-01-01..2026-01-03 (never made 3)"])
  }).pipe(Effect.provide(world))
})

it.effect("what is staged for an empty table becomes the table; where rows are, theirs is kept; nothing that was staged is left", () => {
  let said = "('2026-01-03', 3), ('2026-01-01', 1), ('2026-01-02', 2)"
  const asset = Asset.make("kept", { about: "", into: Table.make(Row, { key: "day" }), per: Day, checks: [Check.within("price", 0, 10)] },
    () =>
      Effect.gen(function*() {
        const sql = yield* DuckDb
        const { first, last } = yield* Day
        return sql`
          SELECT price, 'a' AS coin, day::DATE AS day FROM (VALUES ${sql.literal(said)}) made(day, price)
          WHERE day BETWEEN ${first} AND ${last}`
      }))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    const identity = Effect.map(sql<{ oid: number }>`SELECT table_oid AS oid FROM duckdb_tables() WHERE table_name = 'kept'`,
      ([_]) => _?.oid)
    const left = sql`SELECT table_name AS name FROM duckdb_tables() WHERE table_name LIKE '%kept' ORDER BY ALL`
    const lying = Effect.map(sql<{ price: number }>`FROM kept`, (_) => _.map(({ price }) => price))
    const remade = (from: number) => Run.upToDate([asset], { force: true, over: { start: Date.UTC(2026, 0, from) } })
    yield* sql`CREATE TABLE kept (coin VARCHAR, day DATE, price DOUBLE)`
    const empty = yield* identity
    const good = said
    said = "('2026-01-01', 11)"
    assert.deepStrictEqual(outcomes(yield* remade(1)).map((_) => _._tag), ["Failed"])
    assert.deepStrictEqual([yield* identity, yield* lying], [empty, []])
    said = good
    yield* remade(1)
    assert.deepStrictEqual(yield* lying, [1, 2, 3], "by what names them")
    const first = yield* identity
    assert.notStrictEqual(first, empty)
    yield* remade(1)
    said = "('2026-01-01', 4), ('2026-01-02', 5), ('2026-01-03', 6)"
    yield* remade(2)
    assert.deepStrictEqual([yield* identity, yield* lying], [first, [1, 5, 6]])
    yield* remade(1)
    assert.deepStrictEqual([yield* identity, yield* lying], [first, [4, 5, 6]])
    said = "('2026-01-01', 11)"
    assert.deepStrictEqual(outcomes(yield* remade(1)).map((_) => _._tag), ["Failed"])
    assert.deepStrictEqual([yield* identity, yield* lying], [first, [4, 5, 6]])
    assert.deepStrictEqual(yield* left, [{ name: "kept" }])
  }).pipe(Effect.provide(world))
})

it.effect("rows that follow from little lie as they were made: in one row group no order spares a reader anything", () => {
  const into = Table.make(Row)
  const few = Asset.make("few", { about: "", into }, () => Effect.succeed([row("1", 1), row("2", 2), row("3", 3)]))
  const turned = Asset.make("turned", { about: "", from: { few }, into },
    ({ few }) => DuckDb.useSync((sql) => sql`FROM ${few} ORDER BY day DESC`))
  const ordered = Asset.make("ordered", { about: "", into }, () => DuckDb.useSync((sql) => sql`FROM turned`))
  return Effect.gen(function*() {
    const sql = yield* DuckDb
    const lying = (name: string) => Effect.map(sql<{ price: number }>`FROM ${sql(name)}`, (_) => _.map(({ price }) => price))
    yield* Run.upToDate([turned])
    yield* Run.upToDate([ordered])
    assert.deepStrictEqual([yield* lying("turned"), yield* lying("ordered")], [[3, 2, 1], [1, 2, 3]])
  }).pipe(Effect.provide(world))
})

it.live("what was published is there after a kill: the log has a table that is new, one that was swapped, and what the manifest says of them", () => {
  let shift = 0
  const asset = (name: string) =>
    Asset.make(name, { about: "", into: Table.make(Row, { key: "day" }), per: Day }, () =>
      DuckDb.useSync((sql) =>
        sql`SELECT 'a' AS coin, unnest([DATE '2026-01-01', DATE '2026-01-02']) AS day, ${shift}::DOUBLE AS price`
      ))
  const [once, twice] = [asset("once"), asset("twice")]
  const over = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 0, 3) }
  const kept = Effect.gen(function*() {
    const sql = yield* DuckDb
    const tables = yield* sql`SELECT table_name AS name FROM duckdb_tables() WHERE table_name LIKE '%ce' ORDER BY ALL`
    const entries = (yield* Manifest.use((_) => _.log(["once", "twice"]))).map(({ asset, rows, seq }) => [seq, asset, rows])
    return [tables, yield* sql`FROM once`, yield* sql`FROM twice`, entries]
  })
  return Effect.gen(function*() {
    const [living, killed] = yield* Effect.acquireRelease(
      Effect.sync(() => [mkdtempSync(join(tmpdir(), "table-")), mkdtempSync(join(tmpdir(), "table-"))] as const),
      (folders) => Effect.sync(() => folders.forEach((_) => rmSync(_, { recursive: true })))
    )
    const before = yield* Effect.gen(function*() {
      yield* Run.upToDate([twice], { force: true, over })
      shift = 1
      yield* Run.upToDate([twice], { force: true, over })
      yield* Run.upToDate([once], { force: true, over })
      // as a kill would leave them: nothing was closed, and the log not taken into the file
      for (const file of ["crypto.duckdb", "crypto.duckdb.wal"]) copyFileSync(join(living, file), join(killed, file))
      return yield* kept
    }).pipe(Effect.provide(onDisk(living)))
    assert.deepStrictEqual(yield* Effect.provide(kept, onDisk(killed)), before)
    assert.deepStrictEqual(before.map((_) => _.length), [2, 2, 2, 3])
  }).pipe(Effect.scoped)
})

it.live("a large table that is made again and again, changed or not, does not grow its file without end", () => {
  const big = (shift: number) =>
    Asset.make("big", { about: "", into: Table.make(Schema.Struct({ name: Schema.String, level: Schema.Finite })) }, () =>
      DuckDb.useSync((sql) => sql`SELECT 'n' || i AS name, sin(i + ${shift}) AS level FROM range(130000) t(i)`))
  return Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "table-"))),
      (_) => Effect.sync(() => rmSync(_, { recursive: true }))
    )
    const size = Effect.sync(() => statSync(join(folder, "crypto.duckdb")).size)
    yield* Effect.gen(function*() {
      yield* Run.upToDate([big(0)])
      const once = yield* size
      for (const shift of [0, 1, 2, 3, 4]) yield* Run.upToDate([big(shift)], { force: true })
      assert.isAtMost(yield* size, 3 * once)
    }).pipe(Effect.provide(onDisk(folder)))
  }).pipe(Effect.scoped)
})
