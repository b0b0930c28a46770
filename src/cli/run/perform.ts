/** A request done here and now, in its turn, while somebody looks on; then what came of it. `run` does one, and so does `runs retry`. */
import { Clock, Console, Effect } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import type * as Plan from "../../engine/Plan.ts"
import * as Queue from "../../engine/Queue.ts"
import type { Request, Requested } from "../../engine/Request.ts"
import * as Run from "../../engine/Run.ts"
import { Settings } from "../../services/Settings.ts"
import * as exit from "../exit.ts"
import { jsonText, oneLine } from "../plain.ts"
import { show } from "../progress/show.ts"
import { waitedAt } from "../progress/State.ts"
import type { World } from "../world.ts"
import { resultsOf } from "./results.ts"
import * as summary from "./summary.ts"
import * as told from "./told.ts"

export interface Performance {
  readonly asked: Requested
  readonly targets: ReadonlyArray<Asset.Any>
  readonly concurrency: number
  readonly json: boolean
  /** What may still refuse a plan before anything is spent on it. */
  readonly before?: (plan: Plan.Plan) => Effect.Effect<void, exit.Exit, Settings>
}

/** Somebody waits for it, so it comes before what a clock asked for. */
export const PERSON = 10

export const perform = Effect.fnUntraced(function*(
  world: World,
  { asked, before, concurrency, json, targets }: Performance
) {
  const settings = yield* Settings
  const queue = yield* Queue.Queue
  const begun = yield* Clock.currentTimeMillis
  const { reports, state } = yield* show(
    { plain: json, ...(settings.source === "sandbox" ? {} : { limit: settings.rateLimit }) },
    Effect.fnUntraced(function*(shown) {
      const onPlan = (plan: Plan.Plan) => Effect.andThen(before === undefined ? Effect.void : before(plan), shown.plan(plan))
      const reports: ReadonlyArray<Run.Report<unknown>> = yield* queue.attend(
        asked,
        (request, close) =>
          Effect.flatMap(Queue.optionsOf(request), (options) =>
            Effect.map(
              Run.upToDate(targets, { ...options, concurrency, onPlan, closing: (reports) => close(Queue.endingOf(reports)) }),
              (reports) => [reports, Queue.endingOf(reports)] as const
            )),
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
  const asks = !world.commands.includes("query") ? undefined : `${world.typed} query`
  yield* Console.log(json ? jsonText(document) : summary.summary({ json: document, settings, query: asks }))
  if (code !== exit.code.done) return yield* new exit.Exit({ code, says: summary.failures(reports) })
})

// helpers

/** What it makes is being made. */
const waitsFor = (by: ReadonlyArray<Request>): string =>
  `Waiting for ${by.length === 0 ? "its turn" : by.map((_) => `${_.trigger} (${_.targets.join(", ")})`).map(oneLine).join("; ")}`
