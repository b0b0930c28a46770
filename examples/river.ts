/**
 * A pipeline that is not about coins, on one page: the levels of rivers, hour by hour by Berlin's clocks; each day's peak;
 * the weeks in which a gauge stood above its mark; and the worst of them.
 *
 *     node examples/river.ts          # in memory: the plan, the run, and what came of it
 *     node examples/river.ts DIR      # kept in DIR: the second time there is nothing left to do
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Context, Effect, Layer, Schema } from "effect"
import {
  Asset,
  Check,
  Column,
  DuckDb,
  DuckDbLayer,
  Job,
  LedgerLayer,
  ManifestLayer,
  Partition,
  Pipeline,
  Plan,
  Run,
  Subject,
  Table,
  View
} from "../src/index.ts"

const zone = "Europe/Berlin"
/** A day's readings are there a quarter of an hour after it has ended. */
export class Day extends Partition.daily<Day>()("river/Day", { zone, due: "15 minutes" }) {}
export class Week extends Partition.weekly<Week>()("river/Week", { zone, due: "15 minutes" }) {}

/** The source: what a gauge shows at an instant, in metres. Here it is made up; elsewhere a layer would ask for it. */
export class Gauges extends Context.Service<Gauges, {
  readonly names: ReadonlyArray<string>
  readonly level: (gauge: string, millis: number) => Effect.Effect<number, GaugeSilent>
}>()("river/Gauges") {
  static readonly layer = Layer.succeed(Gauges, {
    names: ["bonn", "dresden"],
    level: (gauge, millis) => Effect.succeed(4 + Math.sin(millis / 4e8 + gauge.length) * 2 + Math.sin(millis / 3e7) / 4)
  })
}
export class GaugeSilent extends Schema.TaggedError<GaugeSilent>()("GaugeSilent", { gauge: Schema.String }) {
  override get message() {
    return `the gauge of ${this.gauge} does not answer`
  }
}
/** Each gauge is read by itself: one that is silent leaves the others written. */
export class Gauge extends Subject.make<Gauge>()("river/Gauge", Gauges.useSync((_) => _.names)) {}

const Reading = Schema.Struct({ gauge: Schema.String, read_at: Column.Instant, level: Schema.Finite })
export const readings = Asset.make("readings", {
  about: "The level of each gauge at every full hour, in metres",
  group: "source",
  into: Table.make(Reading, { key: "read_at", subject: "gauge" }),
  per: Day,
  of: Gauge,
  checks: [Check.unique("read_at"), Check.within("level", 0, 12), Check.noGaps("read_at")],
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gauges = yield* Gauges
  const gauge = yield* Gauge
  const { end, start } = yield* Day
  const hours = Array.from({ length: (end.epochMilliseconds - start.epochMilliseconds) / 3.6e6 },
    (_, i) => start.epochMilliseconds + i * 3.6e6)
  return yield* Effect.forEach(hours,
    (at) => Effect.map(gauges.level(gauge, at), (level) => ({ gauge, read_at: new Date(at).toISOString(), level })))
}))

const Peak = Schema.Struct({ gauge: Schema.String, day: Column.Day, peak: Schema.Finite, hours: Column.Whole })
export const peaks = Asset.make("peaks", {
  about: "The highest level of each day, and from how many readings it is known",
  group: "figures",
  from: { readings },
  into: Table.make(Peak, { key: "day" }),
  per: Day,
  checks: [Check.unique("gauge", "day"), Check.warn(Check.within("hours", 23, 25))]
}, ({ readings }) =>
  DuckDb.useSync((sql) =>
    sql`
    SELECT gauge, (read_at AT TIME ZONE ${zone})::DATE AS day, max(level) AS peak, count(*) AS hours
    FROM ${readings}
    GROUP BY ALL`
  ))

const Flood = Schema.Struct({ gauge: Schema.String, week: Column.Day, days: Column.Whole })
export const floods = Asset.make("floods", {
  about: "On how many days of each week a gauge stood above 5 m",
  group: "figures",
  from: { peaks: Asset.within(peaks, Day, Week) },
  into: Table.make(Flood, { key: "week" }),
  per: Week
}, ({ peaks }) =>
  DuckDb.useSync((sql) =>
    sql`
    SELECT gauge, date_trunc('week', day)::DATE AS week, count(*) FILTER (peak > 5) AS days
    FROM ${peaks}
    GROUP BY ALL`
  ))

export const worst = Asset.make("worst", {
  about: "Of each gauge the week with the most days above its mark, the latest of equals",
  group: "figures",
  from: { floods: Asset.every(floods, Week) },
  into: View.make(Flood)
}, ({ floods }) =>
  DuckDb.useSync((sql) =>
    sql`
    FROM ${floods} QUALIFY row_number() OVER (PARTITION BY gauge ORDER BY days DESC, week DESC) = 1`
  ))

export const pipeline = Pipeline.make("river", {
  assets: [worst],
  jobs: [Job.make("flood_job", { about: "What the weeks were like", assets: [peaks, floods, worst] })]
})

/** Brings everything up to date and says so. */
export const program = Effect.gen(function*() {
  const targets = yield* Pipeline.select(yield* pipeline, ["flood_job"])
  const plan = Plan.print(yield* Plan.make(targets))
  yield* Console.log(plan.length === 0 ? "nothing to do" : plan.join("\n"))
  const reports = yield* Run.upToDate(targets)
  yield* Console.log(
    reports.map((_) => `run ${_.state}, ${_.results.filter((_) => _.outcome._tag === "Made").length} parts made`).join("\n")
  )
  const sql = yield* DuckDb
  for (const row of yield* sql`FROM worst ORDER BY gauge`) yield* Console.log(JSON.stringify(row))
})

/** Four weeks, in a folder or in memory. */
export const layer = (folder?: string) => {
  const [path, ledger] = folder === undefined ? [":memory:", ":memory:"] : [`${folder}/river.duckdb`, `${folder}/river.ledger.sqlite`]
  return Layer.mergeAll(Gauges.layer, LedgerLayer.layer(ledger), Layer.succeed(Partition.Horizon, 28), ManifestLayer.layer).pipe(
    Layer.provideMerge(DuckDbLayer.layer({ path, stamp: { source: "gauges", currency: "none" } }))
  )
}

if (import.meta.main) NodeRuntime.runMain(Effect.provide(program, layer(process.argv[2])))
