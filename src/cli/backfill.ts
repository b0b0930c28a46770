/** `crypto backfill SELECTION --from --to`: a stretch of time brought up to date in batches that can be held and taken up again. */
import { Clock, Console, Effect, Layer, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Asset from "../engine/Asset.ts"
import * as Backfill from "../engine/Backfill.ts"
import { Ledger } from "../engine/Ledger.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { ended, follow } from "./backfill/follow.ts"
import { type BackfillJson, ofPlan, text } from "./backfill/said.ts"
import { billOf } from "./bill.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText } from "./plain.ts"
import { answered } from "./reading.ts"
import { isSet, subject } from "./run/aim.ts"
import { settle } from "./run/planned.ts"
import { meant } from "./run/subjects.ts"
import type { World } from "./world.ts"

export { BackfillJson } from "./backfill/said.ts"

const flags = {
  targets: Argument.String("target").pipe(Argument.withDescription("Assets, jobs or selections of them"), Argument.variadic({ min: 1 })),
  from: Flag.String("from").pipe(Flag.withMetavar("DAY"), Flag.withDescription("From this day on, UTC")),
  to: Flag.String("to").pipe(
    Flag.withMetavar("DAY"),
    Flag.withDescription("To this day, UTC, which is among them [default: today]"),
    Flag.optional
  ),
  subject,
  newestFirst: isSet("newest-first", "The newest batch first [then a batch is 365 days by default]"),
  batch: Flag.Int("batch").pipe(
    Flag.withMetavar("DAYS"),
    Flag.withDescription("Days of a batch [default: all in one, which costs the fewest calls]"),
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })))),
    Flag.optional
  ),
  onlyMissing: isSet("only-missing", "What was never made, and not what is stale"),
  onlyFailed: isSet("only-failed", "What was tried and fell short"),
  plan: isSet("plan", "Say what would run, what it would cost and how long it would take; spend nothing"),
  json
}

export const backfill = (root: Root, world: World) =>
  Command.make("backfill", flags, Effect.fn("crypto backfill")(function*(input) {
    const chosen = settingsOf(yield* root)
    const which = input.onlyFailed ? "failed" : input.onlyMissing ? "missing" : "stale"
    if (input.onlyFailed && input.onlyMissing) return yield* exit.usage("--only-missing and --only-failed are two choices: give one")
    const program = Effect.gen(function*() {
      const targets = yield* Pipeline.select(yield* world.pipeline, input.targets)
      const { over, subjects } = yield* meant(world, targets, { ...input, partition: Option.none(), from: Option.some(input.from) })
      const now = yield* Clock.currentTimeMillis
      const start = over?.start ?? 0
      const end = over?.end ?? (Math.floor(now / DAY) + 1) * DAY
      yield* settle
      const size = Option.getOrElse(input.batch, () => input.newestFirst ? 365 : undefined)
      const { newestFirst } = input
      const planned = yield* Backfill.plan(targets, {
        start,
        end,
        newestFirst,
        which,
        subjects,
        size: size === undefined ? undefined : size * DAY
      })
      const said = ofPlan(planned, yield* billOf(world, planned.batches.flatMap((_) => _.steps)))
      const print = (backfill: string | null) => Console.log(jsonText({ backfill, plan: said } satisfies typeof BackfillJson.Type))
      if (input.plan) return yield* input.json ? print(null) : Console.log(`${text(said)} Nothing was spent.`)
      yield* Console.error(text(said))
      const id = yield* Asset.newId
      const ids = yield* Effect.forEach(planned.batches, () => Asset.newId)
      const [first, ...rest] = Backfill.requests(id, ids, planned, { targets: input.targets, trigger: "backfill", which, subjects })
      if (first === undefined) {
        if (input.json) yield* print(null)
        return
      }
      yield* Ledger.use((_) => _.record(first, ...rest))
      const done = yield* follow(world, id)
      if (input.json) yield* print(id)
      yield* ended(world, done)
    })
    return yield* Effect.provide(answered(program), Layer.provideMerge(world.layer, SettingsLayer.layer(chosen)))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Brings a stretch of time up to date in batches, which wait for what is more urgent. What runs is what was printed. Ctrl-C pauses it; no window is fetched twice, however it is cut short."
    ),
    Command.withShortDescription("Bring a stretch of time up to date, in batches"),
    Command.withExamples([
      { command: "crypto backfill price_history --from 2026-01-01 --plan", description: "What it would take" },
      { command: "crypto backfill all --from 2020-01-01 --newest-first", description: "Ten years, a year at a time, this year first" },
      { command: "crypto backfill all --from 2026-01-01 --only-failed", description: "What fell short before" }
    ])
  )

// helpers

const DAY = 86_400_000
