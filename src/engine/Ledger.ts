/**
 * The ledger is what happened: runs and steps, told as events by the run that does them.
 *
 * It lives in another file than the rows, so a step is told in three commits: started (ledger), published (manifest,
 * with the rows), ended (ledger). A process may die between any two. `reconcile` reads the manifest and ends every
 * step that was left open; what was never published is simply missing, so the next plan has it again.
 */
import { Context, Effect, Schema } from "effect"
import { Manifest } from "./Manifest.ts"

export const StepState = Schema.Literals(["started", "succeeded", "failed", "skipped", "blocked", "interrupted"])
export const RunState = Schema.Literals(["started", "succeeded", "partial", "failed", "interrupted", "lost"])

export type Event =
  | { readonly _tag: "RunStarted"; readonly run: string; readonly targets: ReadonlyArray<string>; readonly trigger: string }
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
  }
  | { readonly _tag: "RunEnded"; readonly run: string; readonly state: Exclude<typeof RunState.Type, "started"> }

export class RunRow extends Schema.Class<RunRow>("crypto/engine/Ledger/RunRow")({
  id: Schema.String,
  targets: Schema.Array(Schema.String),
  /** Who asked: a person at the command line, a schedule, a sensor, a test. */
  trigger: Schema.String,
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
  startedAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite)
}) {}

/** The ledger could not be read or written: without it nobody knows what happens, so nothing may. */
export class LedgerFailed extends Schema.TaggedError<LedgerFailed>()("LedgerFailed", { doing: Schema.String, cause: Schema.Defect() }) {
  override get message() {
    return `the ledger could not ${this.doing}: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

export class Ledger extends Context.Service<Ledger, {
  /** All of them together or none, durable when it returns, and stamped with the clock. */
  readonly record: (...events: readonly [Event, ...ReadonlyArray<Event>]) => Effect.Effect<void, LedgerFailed>
  /** Newest first. */
  readonly runs: (limit: number) => Effect.Effect<ReadonlyArray<RunRow>, LedgerFailed>
  /** In the order in which they began. */
  readonly steps: (run: string) => Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed>
  /** What began and did not end. */
  readonly open: Effect.Effect<{ readonly runs: ReadonlyArray<RunRow>; readonly steps: ReadonlyArray<StepRow> }, LedgerFailed>
}>()("crypto/engine/Ledger") {}

/** Run once at start, by the owner of the data, while no run is under way. Returns the steps it ended. */
export const reconcile: Effect.Effect<ReadonlyArray<StepRow>, LedgerFailed, Ledger | Manifest> = Effect.gen(function*() {
  const ledger = yield* Ledger
  const manifest = yield* Manifest
  const { runs, steps } = yield* ledger.open
  for (const { id } of steps) {
    const published = yield* manifest.has(id)
    yield* ledger.record({
      _tag: "StepEnded",
      id,
      state: published ? "succeeded" : "failed",
      rows: 0,
      changed: 0,
      note: published ? "recovered: its rows were published" : "lost: its process died before it was published"
    })
  }
  for (const { id } of runs) yield* ledger.record({ _tag: "RunEnded", run: id, state: "lost" })
  return steps
})
