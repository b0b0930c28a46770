/** `crypto simulate --from DAY --to DAY`: every tick and run that would occur, and none of them run. */
import { Clock, Console, DateTime, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import * as Simulate from "../engine/automation/Simulate.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { count, counted, jsonText, oneLine, plain, table } from "./plain.ts"
import { answered, reading } from "./reading.ts"
import type { World } from "./world.ts"

/** What `crypto simulate --json` prints; times are ISO 8601 in UTC. */
export const SimulateJson = Schema.Struct({
  from: Schema.String,
  /** It is not simulated any more. */
  to: Schema.String,
  ticks: Schema.Array(Schema.Struct({
    at: Schema.String,
    due: Schema.String,
    schedule: Schema.String,
    targets: Schema.Array(Schema.String),
    /** The schedule that it follows. */
    after: Schema.NullOr(Schema.String),
    steps: Schema.Array(Schema.String),
    calls: Schema.Int
  })),
  sensors: Schema.Array(Schema.Struct({
    sensor: Schema.String,
    when: Schema.String,
    /** Missing for those that look when something happens. */
    looks: Schema.NullOr(Schema.Int),
    calls: Schema.Int
  })),
  /** Calls to the source in all, those of sensors' looks among them. */
  calls: Schema.Int,
  /** As many calls as a month of 30 days would have at this rate. */
  callsInThirtyDays: Schema.Int,
  monthlyCredits: Schema.NullOr(Schema.Int)
})

const day = (name: string, about: string) => Flag.String(name).pipe(Flag.withMetavar("DAY"), Flag.withDescription(about), Flag.optional)

export const simulate = (root: Root, world: World) =>
  Command.make("simulate", {
    from: day("from", "From this day on, UTC [default: from now on]"),
    to: day("to", "To this day, UTC, which is among them [default: a week in all]"),
    steps: Flag.Boolean("steps").pipe(Flag.withDescription("Each step of each run"), Flag.withDefault(false)),
    json
  }, Effect.fn("crypto simulate")(function*(input) {
    const now = yield* Clock.currentTimeMillis
    const from = Option.isSome(input.from) ? yield* parsed("--from", input.from.value) : now
    const to = Option.isSome(input.to) ? (yield* parsed("--to", input.to.value)) + DAY : from + 7 * DAY
    if (from >= to) return yield* exit.usage("--from comes after --to: there is no day between them")
    if (to - from > 400 * DAY) return yield* exit.usage("that is more than 400 days: simulate a shorter time")
    const pipeline = yield* world.pipeline
    const found = Effect.gen(function*() {
      const { monthlyCredits } = yield* Settings
      return { ...yield* Simulate.simulate(pipeline, { from, to }), monthlyCredits: Option.getOrNull(monthlyCredits) }
    })
    const simulation = yield* answered(found).pipe(Effect.provide(reading(world, settingsOf(yield* root))))
    const said = told(simulation, from, to)
    if (input.json) return yield* Console.log(jsonText(said))
    const { columns } = yield* page
    const rows = said.ticks.flatMap((_) => [
      [_.at.slice(0, 16).replace("T", " "), _.schedule, does(_), _.calls === 0 ? "" : count(_.calls)],
      ...(input.steps ? _.steps.map((step) => ["", "", `  ${oneLine(step)}`, ""]) : [])
    ])
    if (rows.length > 0) yield* Console.log(table(["at (UTC)", "schedule", "what it would do", "calls"], rows, { columns, whole: [0, 1] }))
    for (const { calls, looks, sensor, when } of said.sensors) {
      yield* Console.error(plain(
        looks === null ? `${sensor} looks ${when}.` : `${sensor} looks ${when}: ${counted(looks, "look")}, ${counted(calls, "call")}.`
      ))
    }
    const credits = said.monthlyCredits === null ? "" : ` of ${count(said.monthlyCredits)} credits`
    yield* Console.error(
      `${counted(said.ticks.length, "tick")} and ${counted(said.calls, "call")} from ${said.from.slice(0, 16)} to ${said.to.slice(0, 16)}; `
        + `at this rate ${counted(said.callsInThirtyDays, "call")}${credits} in thirty days. Nothing was run.`
    )
    if (said.monthlyCredits !== null && said.callsInThirtyDays > said.monthlyCredits) {
      yield* Console.error("That is more than the month's credits: stop a sensor, or let it look less often.")
    }
  }, exit.ending)).pipe(
    Command.withDescription(
      "Every tick that schedules and conditions would have and every run they would ask for, on the state that the runs before would leave, with what each would cost. Nothing is run. Sensors are told by when they look: what they would see, nobody knows."
    ),
    Command.withShortDescription("Every tick and run that would occur, running none"),
    Command.withExamples([
      { command: "crypto simulate", description: "The coming week" },
      { command: "crypto simulate --from 2026-12-01 --to 2026-12-31 --steps", description: "A month, step by step" },
      { command: "crypto simulate --json", description: "For a script: does it stay within the month's credits?" }
    ])
  )

// helpers

const DAY = 86_400_000

const isoOf = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** Exactly YYYY-MM-DD, and a day that exists. */
const parsed = Effect.fnUntraced(function*(flag: string, text: string) {
  const found = /^\d{4}-\d\d-\d\d$/.test(text) ? DateTime.make(`${text}T00:00:00Z`) : Option.none()
  const millis = Option.getOrUndefined(Option.map(found, DateTime.toEpochMillis))
  if (millis !== undefined && isoOf(millis).startsWith(text)) return millis
  return yield* exit.usage(`${flag} ${oneLine(text)} is no day; a day reads like 2026-12-01`)
})

const told = (
  { happenings, lookings, monthlyCredits }: Simulate.Simulation & { readonly monthlyCredits: number | null },
  from: number,
  to: number
): typeof SimulateJson.Type => {
  const calls = [...happenings, ...lookings].reduce((sum, _) => sum + _.calls, 0)
  return {
    from: isoOf(from),
    to: isoOf(to),
    ticks: happenings.map((_) => ({ ..._, at: isoOf(_.at), due: isoOf(_.due), after: _.after ?? null })),
    sensors: lookings.map((_) => ({ ..._, looks: _.looks ?? null })),
    calls,
    callsInThirtyDays: Math.ceil(calls / ((to - from) / DAY) * 30),
    monthlyCredits
  }
}

const does = ({ after, steps, targets }: typeof SimulateJson.Type["ticks"][number]): string =>
  [
    `runs ${targets.join(", ")}`,
    ...(after === null ? [] : [`after ${after}`]),
    steps.length === 0 ? "nothing to make" : counted(steps.length, "step")
  ].join(", ")
