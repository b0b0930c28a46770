/** `crypto runs`: the runs there were. It reads the ledger alone, so also while another process is at it. */
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { instant } from "../engine/automation/Cadence.ts"
import { Ledger, type RunRow, RunState, type StepRow } from "../engine/Ledger.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { type Ink, page } from "./page.ts"
import { count, duration, few, jsonText, oneLine, table } from "./plain.ts"
import { looking } from "./reading.ts"
import { again } from "./runs/again.ts"
import { cancel } from "./runs/cancel.ts"
import type { World } from "./world.ts"

/** One run. */
export const RunJson = Schema.Struct({
  run: Schema.String,
  /** `lost`: it was cut short, and its process is gone. `deferred`: its source asked to come back later, and its request does. */
  state: RunState,
  /** Who asked for it. */
  trigger: Schema.String,
  targets: Schema.Array(Schema.String),
  /** ISO 8601 in UTC. */
  startedAt: Schema.String,
  endedAt: Schema.NullOr(Schema.String),
  /** Of one that is deferred and waits: until when, in ISO 8601 in UTC, and what it was told. */
  deferred: Schema.NullOr(Schema.Struct({ until: Schema.String, why: Schema.String })),
  /** How many parts came out how, and the rows they made. */
  made: Schema.Int,
  skipped: Schema.Int,
  failed: Schema.Int,
  blocked: Schema.Int,
  interrupted: Schema.Int,
  rows: Schema.Int
})

/** What `crypto runs --json` prints, newest first. */
export const RunsJson = Schema.Array(RunJson)

const flags = {
  limit: Flag.Int("limit").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("Runs at most [default 20]"),
    Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })))),
    Flag.withDefault(20)
  ),
  state: Flag.Literals("state", RunState.literals).pipe(Flag.withDescription("Only those of this state"), Flag.optional),
  asset: Flag.String("asset").pipe(Flag.withMetavar("SELECTION"), Flag.withDescription("Only those that had to do with these assets"),
    Flag.optional),
  json
}

export const runs = (root: Root, world: World) =>
  Command.make("runs", flags, Effect.fn("crypto runs")(function*({ asset, json, limit, state }) {
    const said = yield* Effect.gen(function*() {
      const ledger = yield* Ledger
      const assets = Option.isNone(asset)
        ? undefined
        : (yield* Pipeline.selectDefined(yield* world.pipeline, [asset.value])).map((_) => _.name)
      const rows = yield* ledger.runs(limit, { state: Option.getOrUndefined(state), assets })
      const isAlive = Option.isSome(yield* world.owner)
      return yield* Effect.forEach(rows, (row) => told(row, isAlive))
    }).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
    if (json) return yield* Console.log(jsonText(said))
    if (said.length === 0) {
      return yield* Console.error(
        Option.isSome(asset) || Option.isSome(state)
          ? "There are no such runs: leave a condition out."
          : `Nothing has run here yet. Begin with '${world.typed} run all'.`
      )
    }
    const { columns, ink } = yield* page
    const rows = said.map((
      _
    ) => [_.run, _.state, _.startedAt.slice(0, 19).replace("T", " "), took(_), outcome(_), few(_.targets, "asset"), _.trigger])
    yield* Console.log(table(["run", "state", "started (UTC)", "took", "parts", "targets", "asked by"], rows, {
      columns,
      whole: [0, 1, 2],
      ink: (cell, row, column) => row === undefined ? ink.dim(cell) : column === 1 ? colour(ink, said[row]?.state)(cell) : cell
    }))
    for (const { deferred, run } of said) {
      if (deferred !== null) yield* Console.error(`${run} goes on at ${instant(Date.parse(deferred.until))}: ${oneLine(deferred.why)}`)
    }
  }, exit.ending)).pipe(
    Command.withSubcommands([cancel(root, world), again(root, world, "retry"), again(root, world, "resume")]),
    Command.withDescription("The runs there were, newest first: how each ended, how long it took, and what came of its parts."),
    Command.withShortDescription("The runs there were, newest first"),
    Command.withExamples([
      { command: "crypto runs --limit 5", description: "The last five" },
      {
        command: "crypto runs resume latest",
        description: "Take up the newest where it was cut short: what it had published is not made again"
      },
      { command: "crypto runs --state failed --asset price_history", description: "Those that failed and had to do with the prices" }
    ])
  )

/** A run as the ledger has it; one that is open while nobody has the data was lost. */
export const told = Effect.fnUntraced(function*(row: RunRow, isAlive: boolean) {
  const ledger = yield* Ledger
  const steps = yield* ledger.steps(row.id)
  const waits = row.state === "deferred" && row.request !== null ? yield* ledger.requests({ ids: [row.request], states: ["queued"] }) : []
  const number = (state: StepRow["state"]) => steps.filter((_) => _.state === state).length
  const said: typeof RunJson.Type = {
    run: row.id,
    state: row.state === "started" && !isAlive ? "lost" : row.state,
    trigger: row.trigger,
    targets: row.targets,
    startedAt: isoOf(row.startedAt),
    endedAt: row.endedAt === null ? null : isoOf(row.endedAt),
    deferred: waits.flatMap(({ note, notBefore }) => notBefore === null ? [] : [{ until: isoOf(notBefore), why: note }])[0] ?? null,
    made: number("succeeded"),
    skipped: number("skipped"),
    failed: number("failed") + number("deferred"),
    blocked: number("blocked"),
    interrupted: number("interrupted"),
    rows: steps.reduce((sum, _) => sum + _.rows, 0)
  }
  return said
})

/** Of a state: well, badly, or neither. */
export const colour = (ink: Ink, state: string | undefined) =>
  state === "succeeded" ? ink.good : state === "failed" || state === "lost" ? ink.bad : ink.warn

// helpers

const isoOf = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const took = ({ endedAt, startedAt }: typeof RunJson.Type): string =>
  endedAt === null ? "" : duration(Date.parse(endedAt) - Date.parse(startedAt))

/** `12 made, 1 failed` */
const outcome = (run: typeof RunJson.Type): string =>
  (["made", "skipped", "failed", "blocked", "interrupted"] as const)
    .flatMap((_) => run[_] === 0 ? [] : [`${count(run[_])} ${_}`])
    .join(", ")
