/** What changed is told key by key, by whatever calendar, as whoever counts the rows of each key one by one would tell it. */
import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import * as Asset from "../../../src/engine/Asset.ts"
import type { Calendar } from "../../../src/engine/Calendar.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import * as Span from "../../../src/engine/Span.ts"
import { layerMemory } from "../../../src/layers/DuckDb.ts"
import * as Column from "../../../src/services/Column.ts"
import { DuckDb, type DuckDbClient } from "../../../src/services/DuckDb.ts"
import { auditOf } from "../../../src/services/table/audit.ts"
import { compared } from "../../../src/services/table/compared.ts"
import { ddl, type Shape, slicing, stagedName } from "../../../src/services/table/Shape.ts"
import * as Table from "../../../src/services/Table.ts"
import { written } from "../../../src/services/written.ts"

class Hour extends Partition.hourly<Hour>()("test/Hour") {}
class IndianHour extends Partition.hourly<IndianHour>()("test/IndianHour", { zone: "Asia/Kolkata" }) {}
class ParisHour extends Partition.hourly<ParisHour>()("test/ParisHour", { zone: "Europe/Paris" }) {}
class Day extends Partition.daily<Day>()("test/Day") {}
class HavanaDay extends Partition.daily<HavanaDay>()("test/HavanaDay", { zone: "America/Havana" }) {}
class KathmanduDay extends Partition.daily<KathmanduDay>()("test/KathmanduDay", { zone: "Asia/Kathmandu" }) {}
class Week extends Partition.weekly<Week>()("test/Week") {}
class SundayWeek extends Partition.weekly<SundayWeek>()("test/SundayWeek", { weekStart: "sunday" }) {}
class ParisWeek extends Partition.weekly<ParisWeek>()("test/ParisWeek", { weekStart: "saturday", zone: "Europe/Paris" }) {}
class Month extends Partition.monthly<Month>()("test/Month") {}
class ParisMonth extends Partition.monthly<ParisMonth>()("test/ParisMonth", { zone: "Europe/Paris" }) {}
class Coin extends Partition.fixed<Coin>()("test/Coin", ["btc", "eth", "o'clock", "\"quoted\", and more", "x", "ütf-8"]) {}

const On = Schema.Struct({ k: Column.Day, n: Schema.Finite })
const At = Schema.Struct({ k: Column.Instant, n: Schema.Finite })
const Of = Schema.Struct({ k: Schema.String, n: Schema.Finite })
const body = () => Effect.succeed([])
const about = ""
/** Every calendar, kept by every kind of column that may hold its keys. */
const assets: ReadonlyArray<readonly [Asset.Any, Schema.Top]> = [
  [Asset.make("hours", { about, into: Table.make(At, { key: "k" }), per: Hour }, body), At],
  [Asset.make("indian_hours", { about, into: Table.make(At, { key: "k" }), per: IndianHour }, body), At],
  [Asset.make("paris_hours", { about, into: Table.make(At, { key: "k" }), per: ParisHour }, body), At],
  [Asset.make("days", { about, into: Table.make(On, { key: "k" }), per: Day }, body), On],
  [Asset.make("day_instants", { about, into: Table.make(At, { key: "k" }), per: Day }, body), At],
  [Asset.make("havana_days", { about, into: Table.make(On, { key: "k" }), per: HavanaDay }, body), On],
  [Asset.make("havana_instants", { about, into: Table.make(At, { key: "k" }), per: HavanaDay }, body), At],
  [Asset.make("kathmandu_instants", { about, into: Table.make(At, { key: "k" }), per: KathmanduDay }, body), At],
  [Asset.make("weeks", { about, into: Table.make(On, { key: "k" }), per: Week }, body), On],
  [Asset.make("week_instants", { about, into: Table.make(At, { key: "k" }), per: Week }, body), At],
  [Asset.make("sunday_weeks", { about, into: Table.make(On, { key: "k" }), per: SundayWeek }, body), On],
  [Asset.make("sunday_instants", { about, into: Table.make(At, { key: "k" }), per: SundayWeek }, body), At],
  [Asset.make("paris_weeks", { about, into: Table.make(On, { key: "k" }), per: ParisWeek }, body), On],
  [Asset.make("paris_week_instants", { about, into: Table.make(At, { key: "k" }), per: ParisWeek }, body), At],
  [Asset.make("months", { about, into: Table.make(On, { key: "k" }), per: Month }, body), On],
  [Asset.make("month_instants", { about, into: Table.make(At, { key: "k" }), per: Month }, body), At],
  [Asset.make("paris_months", { about, into: Table.make(On, { key: "k" }), per: ParisMonth }, body), On],
  [Asset.make("paris_month_instants", { about, into: Table.make(At, { key: "k" }), per: ParisMonth }, body), At],
  [Asset.make("coins", { about, into: Table.make(Of, { key: "k" }), per: Coin }, body), Of],
  [Asset.make("whole", { about, into: Table.make(On) }, body), On]
]

const upTo = (maximum: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum })))
/** A row somewhere in the window: at so many thousandths of its time, or where the key there begins or ends; and a value of few. */
const Place = Schema.Struct({ at: Schema.Union([upTo(1000), upTo(40)]), edge: Schema.Literals(["begins", "ends", "none"]), n: upTo(2) })
const Rows = Schema.Array(Place).pipe(Schema.check(Schema.isMaxLength(30)))
const Case = {
  asset: upTo(assets.length - 1),
  /** Where the window begins, in thousandths of the years from 1960 to 2040; and how many keys it has. */
  from: upTo(1000),
  size: Schema.Union([upTo(40), upTo(3)]),
  before: Schema.NullOr(Rows),
  /** What is kept is staged again. */
  kept: Schema.Array(upTo(29)).pipe(Schema.check(Schema.isMaxLength(30))),
  staged: Rows
}

interface Row {
  readonly k: string
  readonly n: number
}

layer(layerMemory, { excludeTestServices: true })("what is staged beside what is there", (it) => {
  it.effect.prop("is another where the rows of a key are, and only there", Case,
    ({ asset: which, before, from, kept, size, staged }) =>
      Effect.gen(function*() {
        const sql = yield* DuckDb
        const [asset, row] = assets[which] ?? assets[0] ?? assert.fail()
        const shape: Shape = { columns: Column.of(row), key: asset.per === undefined ? undefined : "k", subject: undefined, log: undefined }
        const window = windowOf(asset, from, size)
        const rows = (places: ReadonlyArray<typeof Place.Type>) => places.map((_): Row => ({ k: within(window, row === On, _), n: _.n }))
        const there = before === null ? undefined : rows(before)
        const comes = [...kept.flatMap((i) => there?.[i] ?? []), ...rows(staged)]
        const step = { asset, window, subject: undefined, id: "", sawUpTo: 0, inputs: {} }
        const fill = sql`${filled(sql, asset.name, shape, there ?? [])}; ${filled(sql, stagedName(step), shape, comes)}`
        yield* sql`${written(fill)}`
        const found = yield* compared(sql, step, shape, there === undefined ? undefined : slicing(sql, asset, shape, step),
          yield* auditOf(sql, step, shape))
        const [old, now] = [byKey(window.calendar, row === On, there ?? []), byKey(window.calendar, row === On, comes)]
        const changed = [...new Set([...old.keys(), ...now.keys()])].filter((_) => old.get(_) !== now.get(_))
        const hashes = yield* sql<{ h: string }>`SELECT hash(k, n * 4097 - n * 4096)::VARCHAR AS h FROM ${sql(stagedName(step))}`
        assert.deepStrictEqual(found, {
          offending: [],
          rows: comes.length,
          hash: createHash("md5").update(`${hashes.reduce((sum, _) => sum + BigInt(_.h), 0n)}`).digest("hex"),
          changed: Span.ofKeys(changed),
          revised: Span.ofKeys(changed.filter((_) => old.has(_)))
        }, `${asset.name} ${window}`)
      }), { arbitrary: { runs: 60 } })

  it.effect("rows outside the window have no key in it: they are offenders, on a first write and on a later one", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      for (const [asset, row] of assets) {
        if (asset.per === undefined) continue
        const shape: Shape = { columns: Column.of(row), key: "k", subject: undefined, log: undefined }
        const window = windowOf(asset, 500, 2)
        const step = { asset, window, subject: undefined, id: "", sawUpTo: 0, inputs: {} }
        const at = (ordinal: number) =>
          within(new Partition.Window(window.calendar, ordinal, ordinal), row === On, { at: 0, edge: "begins", n: 0 })
        const [inIt, before, after] = [{ k: at(window.from), n: 1 }, { k: at(window.from - 1), n: 1 }, { k: at(window.to + 1), n: 1 }]
        const fill = sql`${filled(sql, asset.name, shape, [inIt])}; ${filled(sql, stagedName(step), shape, [before, inIt, after])}`
        yield* sql`${written(fill)}`
        for (const here of [undefined, slicing(sql, asset, shape, step)]) {
          const found = yield* compared(sql, step, shape, here, yield* auditOf(sql, step, shape))
          assert.deepStrictEqual(found.offending.map((_) => _.finding), [{ check: "inside the window", severity: "block", offenders: 2 }],
            asset.name)
          assert.deepStrictEqual(found.changed, here === undefined ? Span.ofKeys([window.from]) : [])
        }
      }
    }))
})

// helpers

const filled = (sql: DuckDbClient, name: string, shape: Shape, rows: ReadonlyArray<Row>) =>
  sql`
    CREATE OR REPLACE TABLE ${sql(name)} (${ddl(sql, shape)});
    INSERT INTO ${sql(name)} SELECT * FROM (VALUES ${
    sql.csv([{ k: "", n: 0 }, ...rows].map(({ k, n }) => sql`(${k}, ${n})`))
  }) _(k, n) WHERE k <> ''`

const [first, last] = [Date.UTC(1960, 0, 1), Date.UTC(2040, 0, 1)]

const windowOf = ({ per }: Asset.Any, from: number, size: number): Partition.Window => {
  if (per === undefined) return Partition.whole
  const { calendar } = per
  if (calendar.unit === "static") return new Partition.Window(calendar, from % 3, Math.min(5, from % 3 + size))
  const ordinal = calendar.ordinalAt(first + (last - first) * from / 1000)
  return new Partition.Window(calendar, ordinal, ordinal + size)
}

/** What a key's column holds there. */
const within = (window: Partition.Window, dates: boolean, { at, edge }: typeof Place.Type): string => {
  const { calendar, from, size, to } = window
  if (calendar.unit === "static") return calendar.keyOf(from + at % size)
  if (calendar.unit === "whole") return iso(last + at * 86_400_000).slice(0, 10)
  const startOf = dates ? (ordinal: number) => Date.parse(calendar.dateOf(ordinal)) : calendar.startOf
  const [start, end] = [startOf(from), startOf(to + 1)]
  const there = Math.min(end - 1, start + Math.floor((end - start) * at / 1000))
  const key = (dates ? calendar.ordinalOn(iso(there).slice(0, 10)) : calendar.ordinalAt(there)) ?? assert.fail(iso(there))
  const millis = edge === "begins" ? startOf(key) : edge === "ends" ? startOf(key + 1) - 1 : there
  return dates ? iso(millis).slice(0, 10) : iso(millis)
}

const iso = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** The rows of each key, as one text. */
const byKey = (calendar: Calendar, dates: boolean, rows: ReadonlyArray<Row>): ReadonlyMap<number, string> => {
  const ordinal = ({ k }: Row) =>
    (calendar.unit === "static" ?
      calendar.ordinalOf(k)
      : calendar.unit === "whole" ?
      0
      : dates ?
      calendar.ordinalOn(k)
      : calendar.ordinalAt(Date.parse(k))) ?? assert.fail(k)
  return new Map([...Map.groupBy(rows, ordinal)].map(([at, some]) => [at, some.map(({ k, n }) => `${k} ${n}`).sort().join()]))
}
