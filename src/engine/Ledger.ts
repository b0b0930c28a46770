/**
 * The ledger is what happened: requests, runs and steps, told as events by who asks for them and by the run that does them.
 *
 * It lives in another file than the rows, so a step is told in three commits: started (ledger), published (manifest,
 * with the rows), ended (ledger). A process may die between any two. `reconcile` reads the manifest and ends every
 * step that was left open; what was never published is simply missing, so the next plan has it again.
 */
import { Context, Effect, Schema, type Stream } from "effect"
import type * as Tick from "./automation/Tick.ts"
import { Finding } from "./Check.ts"
import { Manifest } from "./Manifest.ts"
import type { Ended, Request, Requested, State as RequestState } from "./Request.ts"
import type { Member } from "./Subject.ts"

export const StepState = Schema.Literals([
  "started",
  "succeeded",
  "failed",
  "skipped",
  "blocked",
  "interrupted",
  /** Its source asked to come back later, and its request does. */
  "deferred"
])
export const RunState = Schema.Literals(["started", "succeeded", "partial", "failed", "interrupted", "lost", "deferred"])

export type Event =
  | Tick.Event
  | Requested
  /** One that waits has ended with it; one that runs is told to stop. */
  | { readonly _tag: "CancelRequested"; readonly request: string }
  /** Back into the queue, until its time. What it was to make by force, and has made, is not made by force once more. */
  | { readonly _tag: "RequestDeferred"; readonly request: string; readonly notBefore: number; readonly note: string }
  /** What it held is free with it. */
  | { readonly _tag: "RequestEnded"; readonly request: string; readonly state: Ended; readonly note: string }
  | {
    readonly _tag: "RunStarted"
    readonly run: string
    readonly targets: ReadonlyArray<string>
    readonly trigger: string
    /** The request it is done for. */
    readonly request?: string | null
  }
  | {
    readonly _tag: "StepStarted"
    readonly run: string
    readonly id: string
    readonly asset: string
    readonly window: string
    readonly subject: string
    readonly why: string
  }
  | {
    readonly _tag: "StepEnded"
    readonly id: string
    readonly state: Exclude<typeof StepState.Type, "started">
    readonly rows: number
    /** Keys whose content is not what it was. */
    readonly changed: number
    readonly note: string
    /** What checks found: refused with a failure, let through with a success. */
    readonly checks?: ReadonlyArray<Finding>
  }
  | { readonly _tag: "RunEnded"; readonly run: string; readonly state: Exclude<typeof RunState.Type, "started"> }
  /** From now on they are in the set; those that are in it already stay as they are. */
  | { readonly _tag: "SubjectsAdded"; readonly set: string; readonly keys: ReadonlyArray<string> }
  /** From now on they are not; that they were is not forgotten. */
  | { readonly _tag: "SubjectsDeleted"; readonly set: string; readonly keys: ReadonlyArray<string> }

export class RunRow extends Schema.Class<RunRow>("crypto/engine/Ledger/RunRow")({
  id: Schema.String,
  targets: Schema.Array(Schema.String),
  /** Who asked: a person at the command line, a schedule, a sensor, a test. */
  trigger: Schema.String,
  /** The request it was done for; a run that nobody has to ask for has none. */
  request: Schema.NullOr(Schema.String),
  state: RunState,
  startedAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite)
}) {}

export class StepRow extends Schema.Class<StepRow>("crypto/engine/Ledger/StepRow")({
  /** The id under which the step's slice is published, if it is. */
  id: Schema.String,
  run: Schema.String,
  asset: Schema.String,
  window: Schema.String,
  subject: Schema.String,
  why: Schema.String,
  state: StepState,
  rows: Schema.Int,
  changed: Schema.Int,
  note: Schema.String,
  checks: Schema.Array(Finding),
  startedAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite)
}) {}

/** Which runs are meant: those whose id begins so, those of a state, those that had a step of any of the assets. */
export interface Where {
  readonly id?: string | undefined
  readonly state?: typeof RunState.Type | undefined
  readonly assets?: ReadonlyArray<string> | undefined
}

/** The ledger could not be read or written: without it nobody knows what happens, so nothing may. */
export class LedgerFailed extends Schema.TaggedError<LedgerFailed>()("LedgerFailed", { doing: Schema.String, cause: Schema.Defect() }) {
  override get message() {
    return `the ledger could not ${this.doing}: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

/** Something that only so many running requests may have at the same time. */
export interface Lease {
  readonly name: string
  readonly limit: number
}

/** Which requests: those that meet every condition given. */
export interface Which {
  readonly ids?: ReadonlyArray<string>
  readonly states?: ReadonlyArray<typeof RequestState.Type>
  readonly runKey?: string
  /** With this tag, of whatever value. */
  readonly tag?: string
  /** At most so many, the newest. */
  readonly limit?: number
}

export class Ledger extends Context.Service<Ledger, {
  /** All of them together or none, durable when it returns, and stamped with the clock. */
  readonly record: (...events: readonly [Event, ...ReadonlyArray<Event>]) => Effect.Effect<void, LedgerFailed>
  /** Newest first. */
  readonly runs: (limit: number, where?: Where) => Effect.Effect<ReadonlyArray<RunRow>, LedgerFailed>
  /** In the order in which they began. */
  readonly steps: (run: string) => Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed>
  /** Of each slice of these assets whose last attempt failed, that attempt: oldest first. */
  readonly failures: (assets: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed>
  /** The newest steps of an asset, newest first. */
  readonly stepsOf: (asset: string, limit: number) => Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed>
  /** What began and did not end. */
  readonly open: Effect.Effect<{ readonly runs: ReadonlyArray<RunRow>; readonly steps: ReadonlyArray<StepRow> }, LedgerFailed>
  /** In the order in which they were asked for. */
  readonly requests: (which: Which) => Effect.Effect<ReadonlyArray<Request>, LedgerFailed>
  /** Steps that were begun and not made: failed, blocked, deferred or cut short, whatever was made since. */
  readonly unmade: Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed>
  /** The runs that were done for a request, in the order in which they began. */
  readonly runsOf: (request: string) => Effect.Effect<ReadonlyArray<RunRow>, LedgerFailed>
  /**
   * A waiting request begins and has all these leases, or, if one of them is taken, or the request no longer waits or
   * is another owner's, it waits on as it did. They are its until it ends or is deferred. One that is only now asked for is
   * recorded with that.
   */
  readonly begin: (
    request: string | Requested,
    leases: ReadonlyArray<Lease>,
    owner: string,
    until: number
  ) => Effect.Effect<boolean, LedgerFailed>
  /** A sign of life: what this owner runs is its own for longer. */
  readonly hold: (owner: string, until: number) => Effect.Effect<void, LedgerFailed>
  /**
   * What ended before these instants: runs with their steps and requests, and ticks; how many there are, and gone if it is
   * meant. What is open stays, what says that the last try of a slice failed, and an end that somebody who is on has yet to see.
   */
  readonly forget: (
    before: { readonly runs: number; readonly ticks: number },
    isMeant: boolean
  ) => Effect.Effect<{ readonly runs: number; readonly ticks: number }, LedgerFailed>
  /** Which request has which leases. */
  readonly leases: Effect.Effect<ReadonlyArray<{ readonly name: string; readonly request: string }>, LedgerFailed>
  /** Every schedule and sensor that was ever switched, by name. */
  readonly standings: Effect.Effect<ReadonlyArray<Tick.Standing>, LedgerFailed>
  /** Newest first. */
  readonly ticks: (which: Tick.Which) => Effect.Effect<ReadonlyArray<Tick.Tick>, LedgerFailed>
  /** When somebody last looked after schedules and sensors. */
  readonly watched: Effect.Effect<number | undefined, LedgerFailed>
  /** The runs that ended, numbered in the order in which their ends were told: those after a number, so many at most. */
  readonly ends: (after: number, limit: number) => Effect.Effect<ReadonlyArray<RunRow & { readonly seq: number }>, LedgerFailed>
  /** The number of the newest end. */
  readonly newestEnd: Effect.Effect<number, LedgerFailed>
  /** What is in a kept set, or was, in the order in which it came in first. */
  readonly subjects: (set: string) => Effect.Effect<ReadonlyArray<Member>, LedgerFailed>
  /** What is recorded from now on, by this process. Who is slow may hear less; the rows above have it all. */
  readonly heard: Stream.Stream<Event>
}>()("crypto/engine/Ledger") {}

/** All of them together; nothing, when there are none. */
export const recordAll = ([first, ...rest]: ReadonlyArray<Event>): Effect.Effect<void, LedgerFailed, Ledger> =>
  first === undefined ? Effect.void : Ledger.use((_) => _.record(first, ...rest))

/** Run once at start, by the owner of the data, while no run is under way: whoever had begun one is gone. Returns the steps it ended. */
export const reconcile: Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed, Ledger | Manifest> = Effect.gen(function*() {
  const ledger = yield* Ledger
  const { runs } = yield* ledger.open
  const steps = yield* settle(runs.map((_) => _.id), "lost: its process died before it was published")
  for (const { id, owner } of yield* ledger.requests({ states: ["queued", "running"] })) {
    if (owner !== null) yield* ledger.record({ _tag: "RequestEnded", request: id, state: "lost", note: "its process died" })
  }
  return steps
})

/** Runs that nobody goes on with have ended, and so have their steps: the manifest says which of them were published. Returns the steps it ended. */
export const settle = Effect.fnUntraced(function*(runs: ReadonlyArray<string>, why: string) {
  const ledger = yield* Ledger
  const manifest = yield* Manifest
  const ended = new Set(runs)
  const steps = (yield* ledger.open).steps.filter((_) => ended.has(_.run))
  for (const { id } of steps) {
    const published = yield* manifest.has(id)
    yield* ledger.record({
      _tag: "StepEnded",
      id,
      state: published ? "succeeded" : "failed",
      rows: 0,
      changed: 0,
      note: published ? "recovered: its rows were published" : why
    })
  }
  for (const run of runs) yield* ledger.record({ _tag: "RunEnded", run, state: "lost" })
  return steps
})
