/**
 * A command line for any pipeline: the usual commands, and whatever commands are added to them. Data go to standard output,
 * everything else to standard error, and how it ended is in the exit code.
 *
 * ```ts
 * import { Asset, Cli, DuckDbLayer, LedgerLayer, ManifestLayer, Pipeline, Table } from "crypto-pipeline"
 * import { Effect, Layer, Schema } from "effect"
 *
 * const into = Table.make(Schema.Struct({ name: Schema.String }))
 * const stations = Asset.make("stations", { about: "Where weather is measured", into }, () => Effect.succeed([{ name: "Potsdam" }]))
 *
 * const file = DuckDbLayer.layer({ path: "weather.duckdb", stamp: { source: "stations", currency: "none" } })
 * const layer = Layer.merge(LedgerLayer.layer("weather.sqlite"), ManifestLayer.layer).pipe(Layer.provideMerge(file))
 * Cli.run(Pipeline.make("weather", { assets: [stations] }), { name: "weather", version: "1.0.0", about: "Weather, hour by hour", layer })
 * ```
 */
export { BackfillJson } from "./backfill/said.ts"
export { BackfillsJson } from "./backfills.ts"
export { ChartJson } from "./chart.ts"
export { CheckJson, VerdictJson } from "./check.ts"
export * from "./CommandLine.ts"
export { ConfigJson } from "./config.ts"
export { DoctorJson } from "./doctor.ts"
export { code, Exit } from "./exit.ts"
export { ExplainJson } from "./explain.ts"
export { exporting, ExportJson } from "./export.ts"
export { GcJson } from "./gc.ts"
export { GraphJson } from "./graph.ts"
export { type Group, type Later, later } from "./later.ts"
export { ListJson } from "./list.ts"
export { LogEventJson, LogsJson } from "./logs.ts"
export { PlanJson } from "./plan.ts"
export { Screen } from "./progress/Screen.ts"
export { query, QueryJson } from "./query.ts"
export { ReportJson } from "./report.ts"
export { RunJson } from "./run.ts"
export { RunsJson } from "./runs.ts"
export { sandbox } from "./sandbox.ts"
export { AutomationJson, HistoryJson, TickJson } from "./schedule.ts"
export { ShowJson } from "./show.ts"
export { SimulateJson } from "./simulate.ts"
export { SiteJson } from "./site.ts"
export { ProblemJson, StatusJson } from "./status.ts"
export { SubjectEditJson, SubjectsJson } from "./subject.ts"
