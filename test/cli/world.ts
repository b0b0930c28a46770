/** A small pipeline and a command line on it, for the tests of commands: rain by city and day, and the wettest day. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ConfigProvider, Effect, FileSystem, Layer, Schema } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import * as Job from "../../src/engine/Job.ts"
import type { Ledger } from "../../src/engine/Ledger.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as ManifestLayer from "../../src/layers/Manifest.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as Column from "../../src/services/Column.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import { Settings } from "../../src/services/Settings.ts"
import * as Table from "../../src/services/Table.ts"

class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}
class City extends Subject.make<City>()("test/City", Effect.succeed(["oslo", "rome"])) {}

class NoGauge extends Schema.TaggedError<NoGauge>()("NoGauge", { city: Schema.String }) {
  override get message() {
    return `no rain gauge\x1b[2J in ${this.city}`
  }
}

/** Rain six hours after it is due, the wettest day a day after it was made. */
interface Promised {
  readonly promised?: boolean
}

interface Rain {
  readonly day: string
  readonly city: string
  readonly mm: number
}

/** Rain by city and day, a call each city, and the wettest day. `fails` names the cities whose source is broken. */
export const world = (fails: ReadonlyArray<string> = [], { promised = false }: Promised = {}) => {
  const asked: Array<string> = []
  const rain = Asset.make("rain", {
    about: "Rain of each city",
    into: Memory.store<Rain>()({ key: "day", subject: "city" }),
    per: Day,
    of: City,
    calls: () => 1,
    lateAfter: promised ? "6 hours" : Infinity,
    reach: Settings.useSync(({ source }) => source === "sandbox" ? Infinity : 365)
  }, Effect.fnUntraced(function*() {
    const city = yield* City
    const days = yield* Day
    asked.push(`${city} ${days}`)
    if (fails.includes(city)) return yield* new NoGauge({ city })
    return days.keys.map((day) => ({ day, city, mm: Number(day.slice(8)) }))
  }))
  const wettest = Asset.make("wettest", {
    about: "The wettest day",
    from: { rain: Asset.every(rain, Day) },
    into: Memory.store<{ readonly mm: number }>()(),
    lateAfter: promised ? "1 day" : Infinity
  }, ({ rain }) => Effect.succeed([{ mm: Math.max(...rain.map((_) => _.mm)) }]))
  const pipeline = Pipeline.make("weather", {
    assets: [rain, wettest],
    jobs: [Job.make("daily_job", { about: "Every day", assets: [wettest] })]
  })
  return { asked, pipeline }
}

const Written = Effect.map(
  Effect.all([TestConsole.logLines, TestConsole.errorLines]),
  ([out, err]) => ({ out: out.map(String).join("\n"), err: err.map(String).join("\n") })
)

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly screen: string
}

type More = Partial<Pick<Cli.Options<never, never>, "owner" | "kept" | "ledger" | "usage" | "commands">>
type Typed = (...args: ReadonlyArray<string>) => Effect.Effect<Ran>

/** What is typed at a command line, with what it wrote; it finds no .env, and of the environment only what is given. */
export const typing = (
  commandLine: ReturnType<typeof Cli.make>,
  env: Record<string, string>,
  /** No .env of whoever runs the tests. */
  files: Layer.Layer<FileSystem.FileSystem> = FileSystem.layerNoop({})
): Typed => {
  const screen: Array<string> = []
  const platform = Layer.mergeAll(
    NodeServices.layer,
    files,
    ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
    Layer.succeed(Cli.Screen, { animates: false, columns: () => 80, rows: () => 24, write: (text) => void screen.push(text) })
  )
  return (...args) =>
    Effect.gen(function*() {
      const before = yield* Written
      const drawn = screen.length
      const ended = yield* Effect.result(commandLine(args))
      const { err, out } = yield* Written
      return {
        code: ended._tag === "Success" ? 0 : ended.failure.code,
        out: out.slice(before.out.length).replace(/^\n/, ""),
        err: err.slice(before.err.length).replace(/^\n/, ""),
        screen: screen.slice(drawn).join("")
      }
    }).pipe(Effect.provide(platform))
}

/** Noon of 24 November 2026, with a history of three days. */
const noon = Effect.as(TestClock.setTime(Date.UTC(2026, 10, 24, 12)), Layer.succeed(Partition.Horizon, 3))
const about = { name: "weather", version: "1.2.3", about: "Weather", flags: ["source", "data-dir", "seed"] as const }

/** A command line on a world of its own, in memory. */
export const inWorld = <A, E>(
  fails: ReadonlyArray<string>,
  test: (weather: Typed, asked: Array<string>) => Effect.Effect<A, E, Ledger>,
  env: Record<string, string> = {},
  { promised, ...more }: More & Promised = {}
) =>
  Effect.gen(function*() {
    const { asked, pipeline } = world(fails, promised === undefined ? {} : { promised })
    const layer = Layer.succeedContext(yield* Layer.build(Layer.merge(Memory.layer, yield* noon)))
    return yield* Effect.provide(test(typing(Cli.make(pipeline, { ...about, layer, ...more }), env), asked), layer)
  })

const Measured = Schema.Struct({
  city: Schema.String,
  day: Column.Day,
  mm: Schema.NullOr(Schema.Finite).annotate({ description: "rain of the day, in mm" }),
  note: Schema.String
})

/** Rain of each city in a DuckDB table; `rows` are what the source says, and may be changed. */
export const inTables = <A, E>(
  rows: Array<typeof Measured.Type>,
  test: (weather: Typed) => Effect.Effect<A, E, DuckDb | Ledger>,
  more: (data: Layer.Layer<DuckDb>) => More = () => ({})
) =>
  Effect.gen(function*() {
    const rain = Asset.make("rain", {
      about: "Rain of each city",
      group: "extract",
      owner: "met office",
      source: "the gauges",
      tags: { wet: "", unit: "mm" },
      into: Table.make(Measured, { key: "day", subject: "city" }),
      per: Day,
      of: City,
      checks: [Check.within("mm", 0, 500), Check.warn(Check.notNull("mm")), Check.rowCount({ drop: 0.5 })]
    }, Effect.fnUntraced(function*() {
      const [city, days] = [yield* City, yield* Day]
      return rows.filter((_) => _.city === city && days.keys.includes(_.day))
    }))
    const wettest = Asset.make("wettest", {
      about: "The wettest day",
      from: { rain: Asset.every(rain, Day) },
      into: Table.make(Schema.Struct({ mm: Schema.NullOr(Schema.Finite) }))
    }, Effect.fnUntraced(function*({ rain }) {
      const sql = yield* DuckDb
      return sql`SELECT max(mm) AS mm FROM ${rain}`
    }))
    const tables = ManifestLayer.layer.pipe(Layer.provideMerge(DuckDbLayer.layerMemory))
    const layer = Layer.succeedContext(
      yield* Layer.build(Layer.mergeAll(tables, Layer.fresh(LedgerLayer.layer(":memory:")), yield* noon))
    )
    const commandLine = Cli.make(Pipeline.make("weather", { assets: [rain, wettest] }), { ...about, layer, ...more(layer) })
    return yield* Effect.provide(test(typing(commandLine, {})), layer)
  })
