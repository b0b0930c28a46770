/** `crypto report`: the market now, or a month, as one HTML file. What it needs is brought up to date first. */
import { Console, Effect, FileSystem, Layer, Option, Path, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { Manifest } from "../engine/Manifest.ts"
import * as Run from "../engine/Run.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Settings } from "../services/Settings.ts"
import { placed } from "./chart/placed.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText, oneLine } from "./plain.ts"
import { show } from "./progress/show.ts"
import { answered } from "./reading.ts"
import { opened } from "./report/opened.ts"
import { aimed, isSet } from "./run/aim.ts"
import { settle } from "./run/planned.ts"
import { resultsOf } from "./run/results.ts"
import * as summary from "./run/summary.ts"
import type { World } from "./world.ts"

/** What `crypto report --json` prints. */
export const ReportJson = Schema.Struct({
  asset: Schema.String,
  /** Where the report lies. */
  file: Schema.String
})

const flags = {
  month: Flag.String("month").pipe(
    Flag.withMetavar("MONTH"),
    Flag.withDescription("A month that has ended (2026-10) [default: the market now]"),
    Flag.optional
  ),
  open: isSet("open", "Open it in the browser"),
  out: Flag.String("out").pipe(Flag.withMetavar("FILE"), Flag.withDescription("A copy, under a name of your own"), Flag.optional),
  json
}

export const report = (root: Root, world: World) =>
  Command.make("report", flags, Effect.fn("crypto report")(function*(input) {
    const program = Effect.gen(function*() {
      const settings = yield* Settings
      const path = yield* Path.Path
      const name = Option.isSome(input.month) ? "monthly_report" : "market_report"
      const { options, targets } = yield* aimed(world, {
        targets: [name],
        partition: input.month,
        subject: [],
        from: Option.none(),
        to: Option.none(),
        only: false,
        force: false
      }).pipe(Effect.mapError((_) => _ instanceof exit.Exit ? exit.usage(_.says.replace("--partition", "--month")) : _))
      yield* settle
      const reports = yield* show(
        { plain: input.json, ...(settings.source === "sandbox" ? {} : { limit: settings.rateLimit }) },
        (shown) => Run.upToDate(targets, { ...options, concurrency: 4, trigger: "command line", onPlan: shown.plan })
      )
      const code = exit.ofReports(reports)
      if (code !== exit.code.done) return yield* new exit.Exit({ code, says: summary.failures(reports) })
      const made = (yield* resultsOf(targets)).flatMap((_) => _.files)
      const file = made.find((_) => Option.isNone(input.month) || _.endsWith(`--${input.month.value}.html`))
      const rows = yield* rowsOf(name, Option.getOrElse(input.month, () => ""))
      if (file === undefined || rows === 0) {
        return yield* new exit.Exit({
          code: exit.code.budget,
          says: Option.isNone(input.month)
            ? "There is no market to report of: market_snapshot has no coin"
            : `There is nothing to report of ${oneLine(input.month.value)}: no price of that month is kept, or can be had with this plan`
        })
      }
      const kept = path.resolve(settings.dataDir, file)
      const shown = Option.isNone(input.out)
        ? kept
        : yield* placed(input.out.value, yield* FileSystem.FileSystem.use((_) => _.readFile(kept)))
      if (input.open) yield* opened(shown)
      yield* Console.log(input.json ? jsonText({ asset: name, file: shown }) : shown)
    })
    return yield* Effect.provide(answered(program), Layer.provideMerge(world.layer, SettingsLayer.layer(settingsOf(yield* root))))
  }, exit.ending)).pipe(
    Command.withDescription(
      "The market now, or a month that has ended, as one HTML file that opens without a network and prints well. What it needs is brought up to date first."
    ),
    Command.withShortDescription("The market now, or a month, in one page"),
    Command.withExamples([
      { command: "crypto report --open", description: "The market now, in the browser" },
      { command: "crypto report --month 2026-10 --out october.html", description: "A month, to a file" }
    ])
  )

// helpers

/** What a report says something of: coins. */
const rowsOf = Effect.fnUntraced(function*(name: string, month: string) {
  const log = yield* Manifest.use((_) => _.log([name]))
  return log.findLast((_) => _.window.first === month)?.rows
})
