/**
 * A request is a run that somebody asked for: what to bring up to date, who asked, how urgent it is, and what became of
 * it. It waits in the ledger until its turn, so it outlives the process that was asked.
 *
 * Whoever asks records a `RunRequested`, together with whatever the request follows from (a tick, a cursor): both are
 * there or neither is. One that ended does not run again; another try is another request, which names it as its parent.
 */
import { Duration, Schema } from "effect"

export const State = Schema.Literals([
  "queued",
  "running",
  "succeeded",
  "partial",
  "failed",
  /** Taken back by someone, before it began or while it ran. */
  "cancelled",
  /** Its process was told to stop. */
  "interrupted",
  /** Its process died. */
  "lost"
])

/** States that last. */
export type Ended = Exclude<typeof State.Type, "queued" | "running">

/** A stretch of time, [start, end) in epoch milliseconds, either side open. */
export const Over = Schema.Struct({ start: Schema.optionalKey(Schema.Finite), end: Schema.optionalKey(Schema.Finite) })

/** In epoch milliseconds. */
export const Expiring = Schema.Struct({ before: Schema.Finite, madeBefore: Schema.Finite })

/** Of the keys that there is a reason to make: all; those that were never made; those whose last try fell short. */
export const Which = Schema.Literals(["stale", "missing", "failed"])
export type Which = typeof Which.Type

export class Request extends Schema.Class<Request>("crypto/engine/Request")({
  id: Schema.String,
  /** What makes it the same wish as another one: who asks has a `KeyPolicy` for that. */
  runKey: Schema.NullOr(Schema.String),
  /** Who asked: `command line`, `schedule daily_prices`, `sensor price_movement`. */
  trigger: Schema.String,
  /** Selection expressions, as `crypto run` takes them. */
  targets: Schema.Array(Schema.String),
  over: Schema.NullOr(Over),
  /** As a plan takes it: what expires before an instant, and was made before another, is made as well. */
  expiring: Schema.NullOr(Expiring),
  /** Of the targets' subjects, these; all of them, when none is named. */
  subjects: Schema.Array(Schema.String),
  /** Make the targets again, fresh or not; what was made since `forcedSince` is not made once more. */
  force: Schema.Boolean,
  forcedSince: Schema.NullOr(Schema.Finite),
  /** Leave upstream as it is. */
  only: Schema.Boolean,
  which: Which,
  /** Higher ones begin first; equal ones in the order in which they were asked for. */
  priority: Schema.Int,
  tags: Schema.Record(Schema.String, Schema.String),
  /** The request that this one takes up again. */
  parent: Schema.NullOr(Schema.String),
  state: State,
  note: Schema.String,
  requestedAt: Schema.Finite,
  /** It does not begin before. */
  notBefore: Schema.NullOr(Schema.Finite),
  beganAt: Schema.NullOr(Schema.Finite),
  endedAt: Schema.NullOr(Schema.Finite),
  /** Which process runs it, or attends to it while it waits; and until when that is believed without a further sign of life. */
  owner: Schema.NullOr(Schema.String),
  heldUntil: Schema.NullOr(Schema.Finite),
  /** When somebody took it back; while it runs, its run has yet to hear of it. */
  cancelledAt: Schema.NullOr(Schema.Finite)
}) {}

/** What a ledger is told when somebody asks for a run. */
export interface Requested {
  readonly _tag: "RunRequested"
  readonly id: string
  readonly trigger: string
  readonly targets: ReadonlyArray<string>
  readonly runKey?: string | null
  readonly over?: typeof Over.Type | null
  readonly expiring?: typeof Expiring.Type | null
  readonly subjects?: ReadonlyArray<string>
  readonly force?: boolean
  readonly forcedSince?: number | null
  readonly only?: boolean
  readonly which?: Which
  readonly priority?: number
  readonly tags?: Readonly<Record<string, string>>
  readonly parent?: string | null
  readonly notBefore?: number | null
  /** Whoever waits for it here and does it when its turn has come: nobody else lets it begin. */
  readonly owner?: string | null
}

/** The last instant that there is: until then waits what somebody holds. */
export const NEVER = 8.64e15

/** Its source asked to come back later, and it waits for that. */
export const isDeferred = ({ note, notBefore, state }: Request): boolean =>
  state === "queued" && note !== "" && notBefore !== null && notBefore < NEVER

/** What the request asked for, asked for again: what came of it stays made, also when it was to be made by force. */
export const again = (request: Request, id: string, trigger: string): Requested => {
  const { expiring, force, only, over, priority, runKey, subjects, tags, targets, which } = request
  const forcedSince = force ? request.forcedSince ?? request.requestedAt : null
  return {
    _tag: "RunRequested",
    id,
    trigger,
    targets,
    runKey,
    over,
    subjects,
    expiring,
    force,
    forcedSince,
    only,
    which,
    priority,
    tags,
    parent: request.id
  }
}

/** The request as it stands when it has just been asked for. */
export const asked = (event: Requested, now: number): Request =>
  new Request({
    id: event.id,
    runKey: event.runKey ?? null,
    trigger: event.trigger,
    targets: event.targets,
    over: event.over ?? null,
    expiring: event.expiring ?? null,
    subjects: event.subjects ?? [],
    force: event.force ?? false,
    forcedSince: event.forcedSince ?? null,
    only: event.only ?? false,
    which: event.which ?? "stale",
    priority: event.priority ?? 0,
    tags: event.tags ?? {},
    parent: event.parent ?? null,
    state: "queued",
    note: "",
    requestedAt: now,
    notBefore: event.notBefore ?? null,
    beganAt: null,
    endedAt: null,
    owner: event.owner ?? null,
    heldUntil: null,
    cancelledAt: null
  })

/**
 * Whether a run key that was used may be used again: never; until a run of it succeeded (also while one is under way);
 * or once so much time has passed since it was asked for.
 */
export type KeyPolicy = "once" | "untilSuccess" | { readonly ttl: Duration.Input }

/** The request, of those with one run key, that stands in the way of another: nothing, if it may be asked for now. */
export const standing = (known: ReadonlyArray<Request>, policy: KeyPolicy, now: number): Request | undefined => {
  const stands = (request: Request): boolean => {
    if (policy === "once") return true
    if (policy === "untilSuccess") return ["queued", "running", "succeeded"].includes(request.state)
    return now - request.requestedAt < Duration.toMillis(Duration.fromInputUnsafe(policy.ttl))
  }
  return known.find(stands)
}

/** The order in which requests begin. */
export const byTurn = (a: Request, b: Request): number => b.priority - a.priority
