/** The built-in checks say the same of rows in memory and in DuckDB, and keep what they found. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import type { Key } from "../../src/engine/Partition.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Run from "../../src/engine/Run.ts"
import type * as Store from "../../src/engine/Store.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import * as Column from "../../src/services/Column.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import * as Table from "../../src/services/Table.ts"

class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}

const Row = Schema.Struct({
  coin: Schema.NullOr(Schema.String),
  day: Column.Day,
  seen: Column.Instant,
  low: Schema.NullOr(Schema.Finite),
  high: Schema.NullOr(Schema.Finite)
})
type Row = typeof Row.Type

/** A row of a day of January 2026. */
const row = (day: string, rest: Partial<Row> = {}): Row => ({
  coin: "btc",
  day: `2026-01-${day}`,
  seen: `2026-01-${day}T00:00:00.000Z`,
  low: 1,
  high: 2,
  ...rest
})
const days = (...names: ReadonlyArray<string>) => names.map((_) => row(_))

interface Found {
  readonly check: string
  readonly row: string
}

const world = TestPipeline.layer({ market: {}, now: "2026-01-10T06:00:00Z", settings: { historyDays: 5 } })
const worlds = Layer.merge(world, Layer.fresh(Memory.rows))
type World = Layer.Success<typeof worlds>

type Rows = ReadonlyArray<Row>
interface Kept {
  readonly byDay: Store.Store<Rows, unknown, Row, unknown, World> & { readonly keyed: true; readonly subjects: false }
  readonly inOne: Store.Store<Rows, unknown, Row, unknown, World> & { readonly keyed: false; readonly subjects: false }
  readonly offenders: Effect.Effect<ReadonlyArray<Found>, unknown, World>
}
const inMemory: Kept = {
  byDay: Memory.store<Row>()({ key: "day" }),
  inOne: Memory.store<Row>()(),
  offenders: Memory.Rows.useSync((_) => _.get(Memory.OFFENDERS) as unknown as ReadonlyArray<Found>)
}
const inDuckDb: Kept = {
  byDay: Table.make(Row, { key: "day" }),
  inOne: Table.make(Row),
  offenders: DuckDb.use((sql) => sql<Found>`SELECT "check", "row" FROM _offenders ORDER BY rowid`)
}

describe.each([["in memory", inMemory], ["in DuckDB", inDuckDb]])("rows %s", (_, { byDay, inOne, offenders }) => {
  /** What the checks of an asset by day say of rows, one making after another; each over the five days from the 6th. */
  const said = Effect.fnUntraced(function*(checks: ReadonlyArray<Check.Check<Row>>, ...makings: ReadonlyArray<Rows>) {
    let rows: Rows = []
    const asset = Asset.make("checked", { about: "", into: byDay, per: Day, checks },
      () => Effect.map(Day, (window) => rows.filter((_) => window.first <= _.day && _.day <= window.last)))
    const told: Array<ReadonlyArray<string>> = []
    for (rows of makings) told.push(findings(yield* Run.upToDate([asset], { force: true })))
    return told
  })
  const whole = Effect.fnUntraced(function*(checks: ReadonlyArray<Check.Check<Row>>, ...makings: ReadonlyArray<Rows>) {
    let rows: Rows = []
    const asset = Asset.make("whole", { about: "", into: inOne, checks }, () => Effect.succeed(rows))
    const told: Array<ReadonlyArray<string>> = []
    for (rows of makings) told.push(findings(yield* Run.upToDate([asset], { force: true })))
    return told
  })
  const findings = (reports: ReadonlyArray<Run.Report<unknown>>): ReadonlyArray<string> =>
    reports.flatMap((_) => _.results).flatMap(({ outcome }) =>
      outcome._tag === "Made"
        ? outcome.publication.warnings.map((_) => `warned ${Check.describe(_)}`)
        : outcome._tag === "Failed"
        ? outcome.cause.reasons.flatMap((_) =>
          "error" in _ && _.error instanceof Check.AuditFailed
            ? _.error.checks.map((_) => `refused ${_}`)
            : [String("defect" in _ ? _.defect : _)]
        )
        : [outcome._tag]
    )
  const test = <E>(says: string, of: Effect.Effect<void, E, Exclude<World, Key>>) =>
    it.effect(says, () => Effect.provide(of, Layer.fresh(worlds)))

  test("notNull, unique and within: the rows that break them", Effect.gen(function*() {
    const checks = [Check.notNull("coin", "low"), Check.unique("coin", "day"), Check.within("low", 0, 5)]
    assert.deepStrictEqual(
      yield* said(checks, days("06", "07"), [
        row("06"),
        row("06"),
        row("07", { coin: null }),
        row("08", { low: 5.1 }),
        row("09", { high: null })
      ]),
      [[], ["refused notNull(coin, low): 1 offender", "refused unique(coin, day): 2 offenders", "refused within(low, 0, 5): 1 offender"]]
    )
    assert.deepStrictEqual((yield* offenders).map((_) => [_.check, JSON.parse(_.row).day]), [
      ["notNull(coin, low)", "2026-01-07"],
      ["unique(coin, day)", "2026-01-06"],
      ["unique(coin, day)", "2026-01-06"],
      ["within(low, 0, 5)", "2026-01-08"]
    ])
  }))

  test("custom: a condition that a row lacks a value for lets it pass", Effect.gen(function*() {
    const check = Check.custom<Row>("high is not below low", {
      sql: "high >= low",
      holds: ({ high, low }) => high === null || low === null || high >= low
    })
    assert.deepStrictEqual(yield* said([check], [row("06", { low: 2 }), row("07", { low: null }), row("08", { low: 3 })]), [
      ["refused high is not below low: 1 offender"]
    ])
  }))

  test("rowCount: against what the same window had before, and not the first time", Effect.gen(function*() {
    const check = Check.rowCount({ drop: 0.5, rise: 1 })
    assert.strictEqual(check.name, "rowCount(−50 %, +100 %)")
    const two = days("06", "07")
    const five = days("06", "07", "08", "09", "10")
    assert.deepStrictEqual(
      yield* said([check], five, two, days("06", "07", "08"), two, days("06"), days("06", "07"), five),
      [[], ["refused rowCount(−50 %, +100 %): 1 offender"], [], [], [], [], ["refused rowCount(−50 %, +100 %): 1 offender"]]
    )
    assert.deepStrictEqual((yield* offenders).map((_) => JSON.parse(_.row)), [{ rows_before: 5, rows: 2 }, { rows_before: 2, rows: 5 }])
    assert.deepStrictEqual(yield* whole([Check.rowCount({ drop: 0 })], two, five, two), [[], [], ["refused rowCount(−0 %): 1 offender"]])
  }))

  test("noGaps: the days of the window that lie between the first and last of each, published before or now", Effect.gen(function*() {
    const check = Check.noGaps("day", { by: "coin" })
    const eth = (...names: ReadonlyArray<string>) => days(...names).map((_) => ({ ..._, coin: "eth" }))
    assert.deepStrictEqual(
      yield* said([check], [...days("06", "07", "08", "09"), ...eth("08", "09", "10")], [...days("06", "09"), ...eth("07", "09")]),
      [[], ["warned noGaps(day of each coin): 3 offenders"]]
    )
    const missing = (yield* offenders).map((_) => JSON.parse(_.row)).map((_) => `${_.coin} ${String(_.day).slice(0, 10)}`)
    assert.deepStrictEqual(missing.sort(), ["btc 2026-01-07", "btc 2026-01-08", "eth 2026-01-08"])
  }))

  test("noGaps: a hole beside the window is not told again, one at its edge is", Effect.gen(function*() {
    let rows = days("01", "03")
    const asset = Asset.make("series", { about: "", into: byDay, per: Day, checks: [Check.block(Check.noGaps("day"))] },
      () => Effect.map(Day, (window) => rows.filter((_) => window.first <= _.day && _.day <= window.last)))
    const over = (first: number, last: number) => ({
      force: true,
      over: { start: Date.UTC(2026, 0, first), end: Date.UTC(2026, 0, last + 1) }
    })
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], over(1, 3))), ["refused noGaps(day): 1 offender"])
    rows = days("01", "02", "03", "06")
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], over(1, 3))), [])
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], over(6, 6))), [])
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], over(4, 4))), ["refused noGaps(day): 1 offender"])
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], over(7, 8))), [])
  }))

  test("noGaps: of an asset without a partition, UTC days", Effect.gen(function*() {
    const seen = (...names: ReadonlyArray<string>) => names.map((_) => row("06", { seen: `2026-01-${_}:00:00.000Z` }))
    assert.deepStrictEqual(
      yield* whole([Check.noGaps("seen")], seen("06T10", "07T01", "06T23"), seen("06T10", "09T01"), []),
      [[], ["warned noGaps(seen): 2 offenders"], []]
    )
  }))

  test("recent: the newest of each is not too old, asked only of what makes the newest key", Effect.gen(function*() {
    const check = Check.recent("seen", "2 days", { by: "coin" })
    assert.strictEqual(check.name, "recent(seen of each coin, 2d)")
    const at = (coin: string, seen: string) => row("08", { coin, seen: `2026-01-${seen}.000Z` })
    assert.deepStrictEqual(
      yield* said([check], [at("btc", "08T06:00:00"), at("eth", "08T05:59:59"), at("eth", "01T00:00:00")], [], days("10")),
      [
        ["warned recent(seen of each coin, 2d): 1 offender"],
        [],
        []
      ]
    )
    const [offender] = (yield* offenders).map((_) => JSON.parse(_.row))
    assert.deepStrictEqual([offender.coin, String(offender.newest).slice(0, 10)], ["eth", "2026-01-08"])
    const asset = Asset.make("old", { about: "", into: byDay, per: Day, checks: [check] }, () => Effect.succeed(days("07")))
    const until = (day: number) => ({ over: { start: Date.UTC(2026, 0, 7), end: Date.UTC(2026, 0, day + 1) } })
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], until(9))), [])
    assert.deepStrictEqual(findings(yield* Run.upToDate([asset], { ...until(10), force: true })), [
      "warned recent(seen of each coin, 2d): 1 offender"
    ])
  }))

  test("onceADay: two instants of one UTC day", Effect.gen(function*() {
    const at = (coin: string, seen: string) => row("08", { coin, seen: `2026-01-${seen}.000Z` })
    const check = Check.warn(Check.onceADay("seen", { by: "coin" }))
    const rows = [at("btc", "08T00:00:00"), at("btc", "08T23:59:59"), at("btc", "09T00:00:00"), at("eth", "08T12:00:00")]
    assert.deepStrictEqual(yield* said([check], rows), [["warned onceADay(seen of each coin): 2 offenders"]])
    assert.deepStrictEqual(yield* said([Check.onceADay("seen")], rows), [["refused onceADay(seen): 3 offenders"]])
  }))

  test("of many offenders a hundred are kept of each check and step, and all are counted", Effect.gen(function*() {
    const rows = Array.from({ length: 250 }, () => row("06", { low: 9 }))
    assert.deepStrictEqual(yield* said([Check.within("low", 0, 5, "warn"), Check.warn(Check.unique("day"))], rows, rows), [
      ["warned within(low, 0, 5): 250 offenders", "warned unique(day): 250 offenders"],
      ["warned within(low, 0, 5): 250 offenders", "warned unique(day): 250 offenders"]
    ])
    assert.deepStrictEqual([...Map.groupBy(yield* offenders, (_) => _.check)].map(([check, of]) => [check, of.length]), [
      ["within(low, 0, 5)", 200],
      ["unique(day)", 200]
    ])
  }))
})

it("what was refused is told with its window and subject, where there are any, and how many offended", () => {
  const findings = [{ check: "unique(day)", severity: "block", offenders: 1 }, {
    check: "positive",
    severity: "block",
    offenders: 2
  }] as const
  const rest = "was made and not published, because of unique(day): 1 offender; positive: 2 offenders. " +
    "The rows published before are untouched; the table _offenders keeps what was refused."
  const message = (window: string, subject: string) => new Check.AuditFailed({ asset: "prices", window, subject, findings }).message
  assert.deepStrictEqual([message("2026-11-06", "btc"), message("", "")], [`prices btc 2026-11-06 ${rest}`, `prices ${rest}`])
})

it.effect("a check in SQL alone is none of rows in memory", () =>
  Effect.gen(function*() {
    const asset = Asset.make("a", { about: "", into: Memory.store<Row>()(), checks: [Check.custom("positive", { sql: "low > 0" })] },
      () => Effect.succeed(days("06")))
    const [report] = yield* Run.upToDate([asset])
    const outcome = report?.results[0]?.outcome
    assert.strictEqual(outcome?._tag === "Failed" ? Run.explain(outcome.cause) : "",
      "defect: a: the check \"positive\" is SQL alone, which rows in memory do not know")
  }).pipe(Effect.provide(Memory.layer)))
