/** The last words of a run: what was made, what failed and why, where the results are, and what to do next. */
import * as Plan from "../../engine/Plan.ts"
import * as Run from "../../engine/Run.ts"
import type { Settings } from "../../services/Settings.ts"
import { count, counted, duration, oneLine, plain, table } from "../plain.ts"
import type { Result } from "./results.ts"
import type { RunJson } from "./told.ts"

export interface Told {
  readonly json: typeof RunJson.Type
  readonly settings: Settings["Service"]
  /** `npx crypto query --source sandbox`, if there is such a command. */
  readonly query: string | undefined
}

export const summary = ({ json, query, settings }: Told): string => {
  const { results } = json
  const tables = results.filter((_) => _.kind === "table")
  const charts = results.filter((_) => _.files.length > 0)
  return plain([
    made(json),
    ...(tables.length === 0 ? [] : [`Tables in ${settings.duckdbPath}\n${indent(tableOf(tables))}`]),
    ...(charts.length === 0
      ? []
      : [`${kindsOf(charts)} in ${settings.dataDir}\n${charts.map((_) => chartLine(settings.dataDir, _)).join("\n")}`]),
    spent(json, settings),
    ...next(results, settings, query)
  ].join("\n\n"))
}

/** Each failure once, with whom it concerns. */
export const failures = (reports: ReadonlyArray<Run.Report<unknown>>): string => {
  const said = reports.flatMap((_) => _.results).flatMap(({ outcome, step, subject }) => {
    const who = [step.asset.name, subject ?? ""].filter((_) => _ !== "").join(" ")
    if (outcome._tag === "Failed") return [`failed: ${who}: ${Run.explain(outcome.cause)}`]
    if (outcome._tag === "Blocked") return [`not made: ${who}, because of ${outcome.by}`]
    return []
  })
  const isPartial = reports.every((_) => _.state !== "failed")
  return plain(
    [...new Set(said), isPartial ? "Everything else is written." : "What was made is kept: run it again to go on from there."].join("\n")
  )
}

/** What will run, in a few lines. */
export const planned = (plan: Plan.Plan<unknown, unknown>): ReadonlyArray<string> => {
  const most = 12
  const lines = Plan.print(plan).map(oneLine)
  const shown = lines.length > most ? [...lines.slice(0, most - 1), `and ${count(lines.length - most + 1)} more`] : lines
  const later = plan.pending.length === 0 ? "" : `; ${count(plan.pending.length)} to be planned later`
  return [
    `Plan: ${counted(plan.steps.length, "step")}, ${counted(Plan.calls(plan), "call")} to the source${later}`,
    ...shown.map((_) => `  ${_}`)
  ]
}

// helpers

const indent = (text: string): string => text.split("\n").map((_) => `  ${_}`).join("\n")

const made = ({ runs }: typeof RunJson.Type): string => {
  const steps = runs.flatMap((_) => _.steps)
  if (steps.length === 0) return "Everything is up to date: nothing had to be made."
  const rows = [...Map.groupBy(steps, (_) => _.asset)].map(([asset, of]) => {
    const number = (...outcomes: ReadonlyArray<string>) => count(of.filter((_) => outcomes.includes(_.outcome)).length)
    const sum = (field: "rows" | "changed") => count(of.reduce((sum, _) => sum + _[field], 0))
    return [asset, number("made"), number("skipped"), number("failed", "blocked"), sum("rows"), sum("changed")]
  })
  const warnings = steps.filter((_) => _.outcome === "made" && _.note !== "").map((_) =>
    `warning: ${[_.asset, _.subject ?? ""].join(" ").trim()}: ${_.note}`
  )
  return [table(["asset", "made", "unchanged", "failed", "rows", "changed keys"], rows), ...warnings].join("\n")
}

const tableOf = (tables: ReadonlyArray<Result>): string =>
  table(
    ["table", "rows", "from", "to", "as of (UTC)"],
    tables.map((_) => [_.asset, _.rows === null ? "" : count(_.rows), _.first ?? "", _.last ?? "", _.asOf.slice(0, 16).replace("T", " ")])
  )

/** What the files are: charts, reports or both. */
const kindsOf = (results: ReadonlyArray<Result>): string => {
  const kinds = [...new Set(results.map((_) => `${_.kind}s`))].join(" and ")
  return kinds.charAt(0).toUpperCase() + kinds.slice(1)
}

const chartLine = (dataDir: string, { files }: Result): string => {
  const [first = ""] = files
  const base = first.slice(0, first.indexOf(".", first.lastIndexOf("/") + 1))
  const beside = files.filter((_) => _ !== first && _.startsWith(`${base}.`)).map((_) => _.slice(base.length))
  const older = files.filter((_) => !_.startsWith(`${base}.`)).length
  return `  ${dataDir}/${first}${
    beside.length > 0 ? `  (also ${beside.join(", ")}${older > 0 ? `; ${counted(older, "more file")}` : ""})` : ""
  }`
}

const spent = ({ calls, took, waited }: typeof RunJson.Type, { sandboxSeed, source }: Settings["Service"]): string =>
  [
    `${counted(calls, "call")} to the source, ${duration(took)}${waited >= 1000 ? ` (${duration(waited)} of them waiting)` : ""}.`,
    ...(source === "sandbox" ? [`All data are SYNTHETIC: the sandbox's market, seed ${sandboxSeed}.`] : [])
  ].join("\n")

const next = (results: ReadonlyArray<Result>, { dataDir }: Settings["Service"], query: string | undefined): ReadonlyArray<string> => {
  const chart = results.findLast((_) => _.files.length > 0)?.files[0]
  const rows = results.findLast((_) => _.kind === "table")
  const lines = [
    ...(chart === undefined ? [] : [`open ${dataDir}/${chart} in a browser`]),
    ...(query === undefined || rows === undefined ? [] : [`${query} "FROM ${rows.asset} LIMIT 5"`])
  ]
  return lines.length === 0 ? [] : [`Next:\n${lines.map((_) => `  ${_}`).join("\n")}`]
}
