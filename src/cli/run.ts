/** `crypto run TARGET…`: bring assets up to date. */
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Asset from "../engine/Asset.ts"
import type { Requested } from "../engine/Request.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { answered, named, reading } from "./reading.ts"
import { aimed, aimFlags, concurrency, isSet } from "./run/aim.ts"
import { refused } from "./run/depth.ts"
import { perform, PERSON } from "./run/perform.ts"
import { sayPlan, settle } from "./run/planned.ts"
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
      const { options, targets } = yield* aimed(world, input)
      yield* settle
      const asked: Requested = {
        _tag: "RunRequested",
        id: yield* Asset.newId,
        trigger: "command line",
        priority: PERSON,
        targets: input.targets,
        ...options
      }
      const { concurrency, json } = input
      // what was asked for by a first day beyond the source's reach is refused, not left out
      const before = options.over?.start === undefined ? {} : { before: refused }
      yield* perform(world, { asked, targets, concurrency, json, ...before })
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
