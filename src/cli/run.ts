/** `crypto run TARGET…`: bring assets up to date. */
import { Clock, Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Asset from "../engine/Asset.ts"
import type * as Plan from "../engine/Plan.ts"
import * as Queue from "../engine/Queue.ts"
import type { Request } from "../engine/Request.ts"
import * as Run from "../engine/Run.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText, oneLine } from "./plain.ts"
import { show } from "./progress/show.ts"
import { waitedAt } from "./progress/State.ts"
import { answered, named, reading } from "./reading.ts"
import { aimed, aimFlags, concurrency, isSet } from "./run/aim.ts"
import { refused } from "./run/depth.ts"
import { sayPlan, settle } from "./run/planned.ts"
import { resultsOf } from "./run/results.ts"
import * as summary from "./run/summary.ts"
import * as told from "./run/told.ts"
import type { World } from "./world.ts"

export { RunJson, StepJson } from "./run/told.ts"

const flags = {
  ...aimFlags,
  plan: isSet("plan", "Say what would run, why, and what it would cost; spend nothing"),
  concurrency,
  json
}

export const run = (root: Root, world: World) =>
  Command.make("run", flags, Effect.fn("crypto run")(function*(input) {
    const chosen = settingsOf(yield* root)
    yield* named(world, input.targets)
    if (input.plan) return yield* Effect.provide(answered(sayPlan(world, input, input.json)), reading(world, chosen))
    const program = Effect.gen(function*() {
      const settings = yield* Settings
      const { options, targets } = yield* aimed(world, input)
      yield* settle
      const queue = yield* Queue.Queue
      const begun = yield* Clock.currentTimeMillis
      const { reports, state } = yield* show(
        { plain: input.json, ...(settings.source === "sandbox" ? {} : { limit: settings.rateLimit }) },
        Effect.fnUntraced(function*(shown) {
          // what was asked for by a first day beyond the source's reach is refused, not left out
          const onPlan = (plan: Plan.Plan) =>
            options.over?.start === undefined ? shown.plan(plan) : Effect.andThen(refused(plan), shown.plan(plan))
          const reports: ReadonlyArray<Run.Report<unknown>> = yield* queue.attend(
            { _tag: "RunRequested", id: yield* Asset.newId, trigger: "command line", priority: PERSON, targets: input.targets, ...options },
            (request) =>
              Effect.map(
                Run.upToDate(targets, { ...Queue.optionsOf(request), concurrency: input.concurrency, onPlan }),
                (reports) => [reports, Queue.endingOf(reports)] as const
              ),
            (by) => Console.error(waitsFor(by))
          )
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
      const asks = !world.commands.includes("query") ? undefined : [world.typed, "query", ...flagsOf(chosen)].join(" ")
      yield* Console.log(input.json ? jsonText(document) : summary.summary({ json: document, settings, query: asks }))
      if (code !== exit.code.done) return yield* new exit.Exit({ code, says: summary.failures(reports) })
    })
    return yield* Effect.provide(answered(program), Layer.provideMerge(world.layer, SettingsLayer.layer(chosen)))
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

/** Somebody waits for it, so it comes before what a clock asked for. */
const PERSON = 10

/** What it makes is being made. */
const waitsFor = (by: ReadonlyArray<Request>): string =>
  `Waiting for ${by.length === 0 ? "its turn" : by.map((_) => `${_.trigger} (${_.targets.join(", ")})`).map(oneLine).join("; ")}`

/** The flags that lead another command to the same data. */
const flagsOf = (chosen: SettingsLayer.Flags): ReadonlyArray<string> =>
  ([["--source", chosen.CRYPTO_SOURCE], ["--data-dir", chosen.CRYPTO_DATA_DIR], ["--seed", chosen.CRYPTO_SANDBOX_SEED]] as const).flatMap((
    [flag, value]
  ) => value === undefined ? [] : [flag, /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`])
