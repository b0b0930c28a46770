/** `crypto check [SELECTION…]`: the checks, on what is published now. Nothing is made, and nothing is changed. */
import { Clock, Console, Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import { historyOf } from "../engine/Manifest.ts"
import { calendarOf, Window } from "../engine/Partition.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { clip, count, counted, few, jsonText, oneLine, table } from "./plain.ts"
import { answered, reading, selected } from "./reading.ts"
import type { World } from "./world.ts"

/** What one check says. */
export const VerdictJson = Schema.Struct({
  asset: Schema.String,
  check: Schema.String,
  /** Does it keep rows from being published, or only warn? */
  severity: Schema.Literals(["block", "warn"]),
  offenders: Schema.Int,
  /** The first of them: rows of the asset, or what the check says of it. */
  rows: Schema.Array(Schema.Json)
})

/** What `crypto check --json` prints. */
export const CheckJson = Schema.Struct({
  /** 1 when a check that blocks found something. */
  exitCode: Schema.Int,
  checks: Schema.Array(VerdictJson),
  /** Of these nothing is published yet. */
  neverMade: Schema.Array(Schema.String)
})

const flags = {
  selection: Argument.String("selection").pipe(
    Argument.withDescription("Assets, jobs or selections of them [default: all]"),
    Argument.variadic()
  ),
  json
}

export const check = (root: Root, world: World) =>
  Command.make("check", flags, Effect.fn("crypto check")(function*({ json, selection }) {
    const data = reading(world, settingsOf(yield* root))
    const assets = yield* selected(world, selection, data)
    const verdicts = yield* Effect.provide(answered(Effect.forEach(assets, verdictsOf)), data)
    const checks = verdicts.flatMap((_) => _ ?? [])
    const neverMade = assets.flatMap((asset, i) => verdicts[i] === undefined ? [asset.name] : [])
    const broken = checks.filter((_) => _.severity === "block" && _.offenders > 0)
    const said: typeof CheckJson.Type = { exitCode: broken.length > 0 ? exit.code.failed : exit.code.done, checks, neverMade }
    if (json) yield* Console.log(jsonText(said))
    else if (checks.length > 0) yield* Console.log(yield* toText(checks))
    if (!json && neverMade.length > 0) yield* Console.error(`Nothing to check yet of ${few(neverMade, "asset")}: never made.`)
    if (broken.length > 0) {
      const who = [...new Set(broken.map((_) => _.asset))].join(" ")
      const says = `${counted(broken.length, "check")} that would block found offenders in what is published. ` +
        `Make it again with '${world.typed} run ${who} --force', or look at the rows.`
      return yield* new exit.Exit({ code: said.exitCode, says })
    }
  }, exit.ending)).pipe(
    Command.withDescription(
      "Every check of the assets, on what is published now, without making anything: what each finds, with the first offenders. Ends with 1 when one that blocks finds something."
    ),
    Command.withShortDescription("The checks, on what is published now"),
    Command.withExamples([
      { command: "crypto check", description: "All of them" },
      { command: "crypto check price_history", description: "Those of one table" },
      { command: "crypto check --json", description: "For a script, with up to a hundred offenders of each" }
    ])
  )

// helpers

type Said = typeof VerdictJson.Type

/** Nothing, when nothing is published. */
const verdictsOf = Effect.fnUntraced(function*(asset: Asset.Any) {
  const calendar = calendarOf(asset)
  const entries = (yield* historyOf([asset])).get(asset) ?? []
  const keys = entries.flatMap(({ window }) => [calendar.ordinalOf(window.first), calendar.ordinalOf(window.last)]).flatMap((_) => _ ?? [])
  if (keys.length === 0) return undefined
  if (asset.into.audit === undefined || asset.checks.length === 0) return []
  const now = yield* Clock.currentTimeMillis
  const first = keys.reduce((least, _) => Math.min(least, _), Infinity)
  const last = keys.reduce((most, _) => Math.max(most, _), asset.per?.newest(now) ?? 0)
  const found = yield* asset.into.audit(asset, new Window(calendar, first, last))
  return found.map(({ check, offenders, rows, severity }): Said => ({
    asset: asset.name,
    check,
    severity,
    offenders,
    rows: rows.map((_) => Schema.decodeSync(Schema.fromJsonString(Schema.Json))(_))
  }))
})

/** So many offenders are shown to people; a script gets what there is. */
const shown = 5

const toText = Effect.fnUntraced(function*(checks: ReadonlyArray<Said>) {
  const { columns, ink } = yield* page
  const result = (_: Said) => _.offenders === 0 ? "passed" : _.severity === "warn" ? "warns" : "failed"
  const rows = checks.map((_) => [_.asset, _.check, _.severity, result(_), _.offenders === 0 ? "" : count(_.offenders)])
  const paint = (cell: string, said: Said | undefined) =>
    said === undefined ? ink.dim(cell) : said.offenders === 0 ? ink.good(cell) : said.severity === "warn" ? ink.warn(cell) : ink.bad(cell)
  const offending = checks.filter((_) => _.offenders > 0).flatMap(({ asset, check, offenders, rows }) => [
    "",
    ink.bold(`${oneLine(asset)}: ${oneLine(check)}`),
    ...rows.slice(0, shown).map((_) => `  ${clip(oneLine(JSON.stringify(_)), columns - 2)}`),
    ...(offenders > shown ? [`  and ${count(offenders - shown)} more`] : [])
  ])
  return [
    table(["asset", "check", "kind", "result", "offenders"], rows, {
      columns,
      ink: (cell, row, column) => row === undefined ? ink.dim(cell) : column === 3 ? paint(cell, checks[row]) : cell
    }),
    ...offending
  ].join("\n")
})
