/** `crypto logs RUN`: what a run did, as it happened. It reads the ledger alone, so also of a run that goes on in another process. */
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { instant } from "../engine/automation/Cadence.ts"
import { Ledger, type RunRow, type StepRow } from "../engine/Ledger.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { type Ink, page } from "./page.ts"
import { counted, duration, few, jsonText, oneLine } from "./plain.ts"
import { looking } from "./reading.ts"
import { colour, RunJson, told } from "./runs.ts"
import type { World } from "./world.ts"

/** Something that happened in a run; with `--follow --json` each is a line of its own. */
export const LogEventJson = Schema.Struct({
  /** ISO 8601 in UTC. */
  at: Schema.String,
  what: Schema.Literals(["run started", "step started", "step ended", "run ended"]),
  /** How it ended, or started. */
  state: Schema.String,
  /** Empty for the run itself. */
  asset: Schema.String,
  window: Schema.String,
  subject: Schema.String,
  rows: Schema.Int,
  /** Keys whose content is not what it was. */
  changed: Schema.Int,
  /** Milliseconds since what ended began. */
  took: Schema.NullOr(Schema.Finite),
  /** Why it began; why it failed, was skipped or blocked; what its checks warn of. */
  note: Schema.String
})

/** What `crypto logs RUN --json` prints. */
export const LogsJson = Schema.Struct({ run: RunJson, events: Schema.Array(LogEventJson) })

const flags = {
  run: Argument.String("run").pipe(
    Argument.withDescription("A run's id, or how it begins; latest for the newest"),
    Argument.withDefault("latest")
  ),
  follow: Flag.Boolean("follow").pipe(
    Flag.withAlias("f"),
    Flag.withDescription("Go on until the run ends; with --json, one event a line"),
    Flag.withDefault(false)
  ),
  json
}

export const logs = (root: Root, world: World) =>
  Command.make("logs", flags, Effect.fn("crypto logs")(function*({ follow, json, run }) {
    const { ink } = yield* page
    yield* Effect.gen(function*() {
      const found = yield* find(world, run)
      if (!follow) {
        const { events, said } = yield* seen(world, found.id)
        return yield* Console.log(json
          ? jsonText({ run: said, events: events.map(({ id: _, ...event }) => event) })
          : [head(said), ...events.map(line(ink))].join("\n"))
      }
      const print = (event: Event) => Console.log(json ? jsonLine(event) : line(ink)(event))
      if (!json) yield* Console.log(head((yield* seen(world, found.id)).said))
      const printed = new Set<string>()
      while (true) {
        const { events, said } = yield* seen(world, found.id)
        for (const event of events) {
          const key = `${event.what} ${event.id}`
          if (printed.has(key)) continue
          printed.add(key)
          yield* print(event)
        }
        if (said.state === "lost" && said.endedAt === null) {
          return yield* Console.error("Its process is gone. The next run settles what it had published, and makes the rest.")
        }
        if (said.endedAt !== null) return
        yield* Effect.sleep("250 millis")
      }
    }).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
  }, exit.ending)).pipe(
    Command.withDescription(
      "What a run did, as it happened, with UTC times: each part's beginning, its reason, how it ended, and what its checks warn of."
    ),
    Command.withShortDescription("What a run did, step by step"),
    Command.withExamples([
      { command: "crypto logs", description: "The newest run" },
      { command: "crypto logs latest --follow", description: "Look at a run that another terminal is at" },
      { command: "crypto logs 0mi2k --json", description: "One run, by how its id begins, for a script" }
    ])
  )

// helpers

type Event = typeof LogEventJson.Type & { readonly id: string }

const find = Effect.fnUntraced(function*(world: World, asked: string) {
  const ledger = yield* Ledger
  const newest = yield* ledger.runs(3)
  const [first] = newest
  if (first === undefined)
    return yield* exit.usage(
      `nothing has run here yet: there is nothing to tell. Begin with run, or say where the data are: '${world.typed} --help' tells the flags`
    )
  if (asked === "latest") return first
  const meant = yield* ledger.runs(3, { id: asked })
  const [one, ...more] = meant
  if (one === undefined)
    return yield* exit.usage(
      `there is no run ${oneLine(asked)}. The newest are ${newest.map((_) => _.id).join(", ")}; '${world.typed} runs' lists more`
    )
  if (more.length > 0 && one.id !== asked)
    return yield* exit.usage(`${oneLine(asked)} begins the ids of several runs (${meant.map((_) => _.id).join(", ")}): give more of it`)
  return one
})

const seen = Effect.fnUntraced(function*(world: World, id: string) {
  const ledger = yield* Ledger
  // whether somebody is at it is asked first: a run that ends in between has ended
  const isAlive = Option.isSome(yield* world.owner)
  const [row] = yield* ledger.runs(1, { id })
  if (row === undefined) return yield* Effect.die(`run ${id} left the ledger`)
  const steps = yield* ledger.steps(id)
  const said = yield* told(row, isAlive)
  return { said, events: eventsOf(row, steps, said.deferred) }
})

/** In the order of time; what happened in one millisecond, in the order of the ledger. */
const eventsOf = (run: RunRow, steps: ReadonlyArray<StepRow>, deferred: typeof RunJson.Type["deferred"]): ReadonlyArray<Event> => {
  const nothing = { asset: "", window: "", subject: "", rows: 0, changed: 0, took: null, note: "" }
  const whole = { ...nothing, id: run.id }
  const started = {
    ...whole,
    millis: run.startedAt,
    what: "run started",
    state: "started",
    note: `${few(run.targets, "asset")}, by ${run.trigger}`
  } as const
  const parts = steps.flatMap(({ asset, changed, endedAt, id, note, rows, startedAt, state, subject, why, window }) => {
    const part = { ...nothing, id, asset, window, subject }
    return [
      { ...part, millis: startedAt, what: "step started", state: "started", note: why } as const,
      ...(endedAt === null
        ? []
        : [{ ...part, millis: endedAt, what: "step ended", state, rows, changed, took: endedAt - startedAt, note } as const])
    ]
  })
  const again = deferred === null ? "" : `until ${instant(Date.parse(deferred.until))}: ${deferred.why}`
  const ended = run.endedAt === null
    ? []
    : [{ ...whole, millis: run.endedAt, what: "run ended", state: run.state, took: run.endedAt - run.startedAt, note: again } as const]
  return [started, ...parts.toSorted((a, b) => a.millis - b.millis), ...ended].map(({ millis, ...event }) => ({
    at: DateTime.formatIso(DateTime.makeUnsafe(millis)),
    ...event
  }))
}

const head = ({ run, startedAt, targets }: typeof RunJson.Type): string =>
  `run ${run} of ${startedAt.slice(0, 10)} (times are UTC): ${few(targets, "asset")}`

const line = (ink: Ink) => (event: Event): string => {
  const { asset, at, note, state, subject, took, what, window } = event
  const who = asset === "" ? "run" : [asset, subject, window].filter((_) => _ !== "").join(" ")
  const begun = what.endsWith("started")
  const warns = !begun && state === "succeeded" && note !== ""
  const mark = begun ? " " : warns ? ink.warn("!") : marks(ink, state)
  const made = what === "step ended" && state === "succeeded" ? [counted(event.rows, "row"), counted(event.changed, "changed key")] : []
  const told = [
    ...made,
    ...(took === null ? [] : [duration(took)]),
    ...(note === "" ? [] : [warns ? `warning: ${oneLine(note)}` : oneLine(note)])
  ]
  const text = `${oneLine(who)}: ${state}${told.length === 0 ? "" : ` (${told.join(", ")})`}`
  return `${ink.dim(at.slice(11, 23))} ${mark} ${begun ? ink.dim(text) : text}`
}

const marks = (ink: Ink, state: string): string =>
  state === "succeeded" ? ink.good("✓") : state === "skipped" ? ink.dim("=") : colour(ink, state)("✗")

const jsonLine = ({ id: _, ...event }: Event): string => jsonText(event).replace(/\n\s*/g, "")
