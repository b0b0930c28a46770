/** `crypto run TARGET…`: bring assets up to date. */
import { Clock, Console, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Ledger from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import * as Plan from "../engine/Plan.ts"
import * as Run from "../engine/Run.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { counted, jsonText, oneLine } from "./plain.ts"
import type { Screen } from "./progress/Screen.ts"
import { show } from "./progress/show.ts"
import { waitedAt } from "./progress/State.ts"
import { withinDepth } from "./run/depth.ts"
import { overOf } from "./run/over.ts"
import { resultsOf } from "./run/results.ts"
import * as summary from "./run/summary.ts"
import * as told from "./run/told.ts"
import type { World } from "./world.ts"

export { PlanJson, RunJson, StepJson } from "./run/told.ts"

const day = (name: string, about: string) => Flag.String(name).pipe(Flag.withMetavar("DAY"), Flag.withDescription(about), Flag.optional)
const isSet = (name: string, about: string) => Flag.Boolean(name).pipe(Flag.withDescription(about), Flag.withDefault(false))

const flags = {
  targets: Argument.String("target").pipe(Argument.withDescription("Assets, jobs or selections of them; all for everything"),
    Argument.variadic({ min: 1 })),
  partition: Flag.String("partition").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription("One key of the targets' partition: a day (2026-11-01) or a month (2026-11)"),
    Flag.optional
  ),
  from: day("from", "From this day on, UTC [default: as far back as CRYPTO_HISTORY_DAYS says]"),
  to: day("to", "To this day, UTC, which is among them [default: the newest that is due]"),
  only: isSet("only", "Leave upstream as it is"),
  force: isSet("force", "Make the targets again, fresh or not"),
  plan: isSet("plan", "Say what would run, why, and what it would cost; spend nothing"),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withDescription("Parts that are made at the same time [default 4]"),
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 64 })))),
    Flag.withDefault(4)
  ),
  json
}

/** `query` is how the command for queries is called, if there is one. */
export const run = (root: Root, world: World, query: string | undefined) =>
  Command.make("run", flags, Effect.fn("crypto run")(function*(input) {
    const chosen = settingsOf(yield* root)
    const program = Effect.gen(function*() {
      const settings = yield* Settings
      const targets = yield* Pipeline.select(yield* world.pipeline, input.targets)
      if (targets.length === 0) yield* Console.error(`${oneLine(input.targets.join(", "))} selects no asset now`)
      const over = yield* overOf(targets, input)
      yield* withinDepth(targets, over, input.only)
      const options = {
        only: input.only,
        force: input.force,
        concurrency: input.concurrency,
        trigger: "command line",
        ...(over === undefined ? {} : { over })
      }
      const recovered = yield* Ledger.reconcile
      if (recovered.length > 0) {
        yield* Console.error(
          `A run before this one was cut short: of its ${
            counted(recovered.length, "open part")
          }, what was published counts, and the rest is missing.`
        )
      }
      if (input.plan) {
        const plan = yield* Plan.make(targets, options)
        return yield* Console.log(input.json ? jsonText(told.ofPlan(plan)) : summary.planText(plan))
      }
      const begun = yield* Clock.currentTimeMillis
      const { reports, state } = yield* show(
        { plain: input.json, ...(settings.source === "sandbox" ? {} : { limit: settings.rateLimit }) },
        Effect.fnUntraced(function*(shown) {
          const reports: ReadonlyArray<Run.Report<unknown>> = yield* Run.upToDate(targets, {
            ...options,
            onPlan: shown.plan
          })
          return { reports, state: yield* shown.state }
        })
      )
      const now = yield* Clock.currentTimeMillis
      const code = exit.ofReports(reports)
      const touched = new Set([...targets, ...reports.flatMap((_) => _.results).map((_) => _.step.asset)])
      const assets = (yield* world.pipeline).assets.filter((_) => touched.has(_))
      const document: typeof told.RunJson.Type = {
        exitCode: code,
        source: settings.source,
        calls: state.calls,
        took: now - begun,
        waited: waitedAt(state, now),
        runs: told.ofReports(reports),
        results: yield* resultsOf(assets)
      }
      const asks = query === undefined ? undefined : [query, ...flagsOf(chosen)].join(" ")
      yield* Console.log(input.json ? jsonText(document) : summary.summary({ json: document, settings, query: asks }))
      if (code !== exit.code.done) return yield* new exit.Exit({ code, says: summary.failures(reports) })
    })
    // that the layer answers for all that the assets ask of the world is said where both were handed in
    const closed = program as Effect.Effect<void, unknown, Ledger.Ledger | Manifest | Screen | Settings>
    return yield* Effect.provide(closed, Layer.provideMerge(world.layer, SettingsLayer.layer(chosen)))
  }, exit.ending)).pipe(
    Command.withDescription("Bring assets up to date: what is missing or stale, upstream too, is made; what is fresh is read."),
    Command.withShortDescription("Bring assets up to date"),
    Command.withExamples([
      { command: "crypto run price_chart", description: "One chart, and what it comes from" },
      {
        command: "crypto run '+price_chart' 'status:failed+'",
        description: "With all that is upstream; what failed, and all downstream of it"
      },
      { command: "crypto run all --plan", description: "What would run, why, and what it would cost" },
      { command: "crypto run price_history --from 2026-01-01 --to 2026-01-31", description: "A month of prices" },
      { command: "crypto run all --source sandbox", description: "Everything, on the synthetic market" }
    ])
  )

// helpers

/** The flags that lead another command to the same data. */
const flagsOf = (chosen: SettingsLayer.Flags): ReadonlyArray<string> =>
  ([["--source", chosen.CRYPTO_SOURCE], ["--data-dir", chosen.CRYPTO_DATA_DIR], ["--seed", chosen.CRYPTO_SANDBOX_SEED]] as const).flatMap((
    [flag, value]
  ) => value === undefined ? [] : [flag, /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`])
