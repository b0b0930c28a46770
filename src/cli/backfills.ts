/** `crypto backfills`: those there were, and how they get on; `pause` and `resume` one. */
import { Console, DateTime, Effect, Layer, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import * as Asset from "../engine/Asset.ts"
import * as Backfill from "../engine/Backfill.ts"
import * as Request from "../engine/Request.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { ended, find, follow } from "./backfill/follow.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText, table } from "./plain.ts"
import { answered, looking } from "./reading.ts"
import { day } from "./run/over.ts"
import { settle } from "./run/planned.ts"
import type { World } from "./world.ts"

/** What `crypto backfills --json` prints, newest first. */
export const BackfillsJson = Schema.Array(Schema.Struct({
  backfill: Schema.String,
  /** `paused`: somebody stopped it; `cut short`: its process died. Either goes on with `crypto backfills resume`. */
  state: Schema.Literals(["running", "queued", "deferred", "paused", "succeeded", "partial", "failed", "cut short"]),
  targets: Schema.Array(Schema.String),
  /** Days, both in it. */
  from: Schema.String,
  to: Schema.String,
  batches: Schema.Int,
  succeeded: Schema.Int,
  /** ISO 8601 in UTC. */
  askedAt: Schema.String
}))

const which = Argument.String("backfill").pipe(
  Argument.withDescription("A backfill's id, or how it begins; latest for the newest"),
  Argument.withDefault("latest")
)

export const backfills = (root: Root, world: World) =>
  Command.make("backfills", { json }, Effect.fn("crypto backfills")(function*({ json }) {
    const found = yield* Effect.provide(Backfill.all, looking(world, settingsOf(yield* root)))
    const said = found.toReversed().map(told)
    if (json) return yield* Console.log(jsonText(said))
    if (said.length === 0) return yield* Console.error(`There were none yet. '${world.typed} backfill --help' says how to begin one.`)
    const rows = said.map((
      _
    ) => [
      _.backfill,
      _.state,
      `${_.from}..${_.to}`,
      `${_.succeeded}/${_.batches}`,
      _.targets.join(", "),
      _.askedAt.slice(0, 16).replace("T", " ")
    ])
    yield* Console.log(table(["backfill", "state", "days", "batches", "targets", "asked (UTC)"], rows))
  }, exit.ending)).pipe(
    Command.withSubcommands([pause(root, world), resume(root, world)]),
    Command.withDescription("The backfills there were, newest first, and how many of their batches succeeded."),
    Command.withShortDescription("The backfills there were; pause or resume one"),
    Command.withExamples([
      { command: "crypto backfills", description: "How they get on" },
      { command: "crypto backfills pause", description: "Hold the newest: what runs is stopped, what it had published stays" },
      { command: "crypto backfills resume", description: "Go on, also after a crash" }
    ])
  )

// helpers

const pause = (root: Root, world: World) =>
  Command.make("pause", { which }, Effect.fn("crypto backfills pause")(function*({ which }) {
    yield* Effect.gen(function*() {
      const backfill = yield* find(world, which)
      if (!["running", "queued", "deferred"].includes(backfill.state))
        return yield* exit.usage(
          `it has nothing to hold: it is ${backfill.state}`
        )
      yield* Backfill.pause(backfill)
      yield* Console.error(`Paused. '${world.typed} backfills resume ${backfill.id}' goes on from there.`)
    }).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Holds a backfill, in whatever process it runs: what waits does not begin, what runs is stopped, what was published stays."
    ),
    Command.withShortDescription("Hold a backfill"),
    Command.withExamples([{ command: "crypto backfills pause latest", description: "The newest" }])
  )

const resume = (root: Root, world: World) =>
  Command.make("resume", { which }, Effect.fn("crypto backfills resume")(function*({ which }) {
    const chosen = settingsOf(yield* root)
    const program = Effect.gen(function*() {
      yield* settle
      const backfill = yield* find(world, which)
      if (backfill.state === "succeeded") return yield* exit.usage("it succeeded: there is nothing to go on with")
      if (backfill.state === "running") return yield* exit.usage("it is running")
      yield* Backfill.resume(backfill, (request) => Effect.map(Asset.newId, (id) => Request.again(request, id, "backfill")))
      yield* ended(world, yield* follow(world, backfill.id))
    })
    return yield* Effect.provide(answered(program), Layer.provideMerge(world.layer, SettingsLayer.layer(chosen)))
  }, exit.ending)).pipe(
    Command.withDescription("Goes on with a backfill that was held or cut short: what it had published is not made again."),
    Command.withShortDescription("Go on with a backfill"),
    Command.withExamples([{ command: "crypto backfills resume latest", description: "The newest" }])
  )

const told = ({ batches, id, state }: Backfill.Backfill): typeof BackfillsJson.Type[number] => ({
  backfill: id,
  state,
  targets: batches[0]?.targets ?? [],
  from: day(Math.min(...batches.map((_) => _.over?.start ?? 0))),
  to: day(Math.max(...batches.map((_) => _.over?.end ?? 0)) - 1),
  batches: batches.length,
  succeeded: batches.filter((_) => _.state === "succeeded").length,
  askedAt: DateTime.formatIso(DateTime.makeUnsafe(Math.min(...batches.map((_) => _.requestedAt))))
})
