/**
 * A tick is what became of one due time: of a schedule's, or of a sensor's look at the world. Each due time since its
 * schedule was switched on has exactly one.
 *
 * A tick, the runs it asked for and the cursor it moved are told to the ledger together, and a ledger refuses a tick
 * that is not later than the last one of its source: so whatever is retried, nothing is asked for twice.
 */
import { Schema } from "effect"

export const State = Schema.Literals([
  /** It asked for a run, or for several. */
  "ran",
  /** It will ask when the run before it has ended. */
  "waiting",
  /** There was no need, or no room. */
  "skipped",
  /** Nobody was there when it fell due. */
  "missed",
  /** It could not be told what to ask for. */
  "failed"
])

export class Tick extends Schema.Class<Tick>("crypto/engine/Tick")({
  /** The schedule or sensor. */
  source: Schema.String,
  due: Schema.Finite,
  state: State,
  /** Why it was skipped, missed, or failed; what it saw. */
  note: Schema.String,
  /** Ids of the requests. */
  requests: Schema.Array(Schema.String),
  /** When it was told. */
  at: Schema.Finite
}) {}

/** Where a schedule or a sensor stands. */
export class Standing extends Schema.Class<Standing>("crypto/engine/Tick/Standing")({
  name: Schema.String,
  kind: Schema.Literals(["schedule", "sensor"]),
  on: Schema.Boolean,
  /** Due times count from here: it was switched, or its cadence changed. */
  since: Schema.Finite,
  why: Schema.String,
  /** The cadence that counts since then. */
  cadence: Schema.String,
  /** The newest due time with a tick; nothing, if there is none since it was switched. */
  last: Schema.NullOr(Schema.Finite),
  /** As its schema encodes it, in JSON. */
  cursor: Schema.NullOr(Schema.String),
  /** Failed ticks in a row. */
  failures: Schema.Int
}) {}

export type Event =
  /** From now on. A cursor that is not given stays as it is. */
  | {
    readonly _tag: "AutomationSet"
    readonly name: string
    readonly kind: "schedule" | "sensor"
    readonly on: boolean
    readonly cadence: string
    readonly why: string
    readonly cursor?: string | null
  }
  | {
    readonly _tag: "Ticked"
    readonly source: string
    readonly due: number
    readonly state: typeof State.Type
    readonly note: string
    readonly requests?: ReadonlyArray<string>
    readonly cursor?: string
    /** The cursor that it follows from: where another one stands, nothing is told. */
    readonly from?: string
  }
  /** What became of a tick that waited. */
  | {
    readonly _tag: "TickSettled"
    readonly source: string
    readonly due: number
    readonly state: "ran" | "skipped" | "failed"
    readonly note: string
    readonly requests?: ReadonlyArray<string>
  }
  /** Where a sensor begins, told before it looks for the first time; or where it is after a look that was no news. */
  | { readonly _tag: "CursorSet"; readonly name: string; readonly cursor: string; readonly from?: string }
  /** Somebody looks after schedules and sensors at this moment. */
  | { readonly _tag: "Watched" }

/** Which ticks: those that meet every condition given, newest first. */
export interface Which {
  readonly source?: string
  readonly states?: ReadonlyArray<typeof State.Type>
  /** Due from here on. */
  readonly from?: number
  /** Due before this. */
  readonly before?: number
  readonly limit?: number
}

export const isEvent = (event: { readonly _tag: string }): event is Event => tags.has(event._tag)

// helpers

const tags: ReadonlySet<string> = new Set<Event["_tag"]>(["AutomationSet", "Ticked", "TickSettled", "CursorSet", "Watched"])
