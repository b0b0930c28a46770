/**
 * A schedule is what is to run, when it falls due, and what becomes of the due times that cannot be had: because nobody
 * was there, or because the run before is still under way. All of it is data; what is done about it is in `Automation`.
 */
import { Duration, Effect, Hash, Option, Stream } from "effect"
import type * as Asset from "../Asset.ts"
import type * as Job from "../Job.ts"
import type * as Partition from "../Partition.ts"
import type * as Request from "../Request.ts"
import { type Cadence, dues, instant } from "./Cadence.ts"

/** Which of the due times that passed while nobody was there run after all: the newest so many, oldest first. */
export type CatchUp = "none" | "latest" | "all" | { readonly max: number }

/** What a due time does while a run of the same schedule is under way. */
export type Overlap =
  /** It is skipped. */
  | "skip"
  /** It waits, unless one waits already. */
  | "bufferOne"
  /** It waits for its turn. */
  | "bufferAll"
  /** It cancels that run, and runs when that has ended. */
  | "cancelOther"
  /** It runs beside it. */
  | "allow"

/** Due whenever a run that made all of these has succeeded. */
export interface After {
  readonly _tag: "After"
  readonly name: string
  readonly assets: ReadonlyArray<Asset.Any>
}

export interface Schedule {
  readonly name: string
  readonly about: string
  readonly runs: ReadonlyArray<Runs>
  /** Their names, as a request takes them. */
  readonly targets: ReadonlyArray<string>
  /** All that they are made of. */
  readonly assets: ReadonlyArray<Asset.Any>
  readonly cadence: Cadence | After
  readonly catchUp: CatchUp
  readonly overlap: Overlap
  /** It runs up to so many milliseconds after it is due, the same for the same due time: so that not all begin at once. */
  readonly jitter: number
  /** Whether it is on until somebody switches it. */
  readonly on: boolean
  /** The keys that a due time asks for; by default all that are missing or stale. */
  readonly over: (due: number) => typeof Request.Over.Type | undefined
  readonly priority: number
}

type Runs = Job.Any | Asset.Any

export const make = (name: string, options: {
  readonly about: string
  readonly runs: Runs | ReadonlyArray<Runs>
  readonly cadence: Cadence | After
  readonly catchUp?: CatchUp
  readonly overlap?: Overlap
  readonly jitter?: Duration.Input
  readonly on?: boolean
  readonly over?: (due: number) => typeof Request.Over.Type | undefined
  readonly priority?: number
}): Schedule => {
  const runs = [options.runs].flat()
  return {
    name,
    about: options.about,
    runs,
    targets: runs.map((_) => _.name),
    assets: runs.flatMap(assetsOf),
    cadence: options.cadence,
    catchUp: options.catchUp ?? "latest",
    overlap: options.overlap ?? "skip",
    jitter: Duration.toMillis(Duration.fromInputUnsafe(options.jitter ?? 0)),
    on: options.on ?? true,
    over: options.over ?? (() => undefined),
    priority: options.priority ?? 0
  }
}

/** `cadence: Schedule.after(priceHistoryJob)` */
export const after = (runs: Runs): After => ({ _tag: "After", name: runs.name, assets: assetsOf(runs) })

/** The newest key of a partition that is due at a tick: `over: Schedule.newest(Day)`. */
export const newest = (per: Partition.Any) => (due: number): typeof Request.Over.Type => {
  const key = per.newest(due)
  return { start: per.calendar.startOf(key), end: per.calendar.startOf(key + 1) }
}

/**
 * What expires nearer to this due time than to the next one is made now: else a weekly run of what is fresh for a week
 * would find it seconds too fresh, and leave it for another week. What was made since it was due is fresh enough.
 */
export const expiring = Effect.fnUntraced(function*({ cadence, name }: Pick<Schedule, "cadence" | "name">, due: number, since: number) {
  if (isAfter(cadence)) return undefined
  const next = yield* Stream.runHead(dues(cadence, { name, since, after: due }))
  return Option.match(next, { onNone: () => undefined, onSome: (_) => ({ before: Math.ceil((due + _) / 2), madeBefore: due }) })
})

export const isAfter = (cadence: Cadence | After): cadence is After => "_tag" in cadence

/** When a due time is acted upon. */
export const firesAt = (schedule: Pick<Schedule, "name" | "jitter">, due: number): number =>
  due + (Hash.string(`${schedule.name} ${due}`) >>> 0) % (schedule.jitter + 1)

export interface Situation {
  /** Those without a tick whose time has come, in order. */
  readonly dues: ReadonlyArray<number>
  readonly now: number
  /** When somebody last looked. */
  readonly seen: number | undefined
  /** Whether a run of this schedule waits to begin or is under way. */
  readonly busy: boolean
  /** How many of its ticks wait. */
  readonly waiting: number
}

export interface Verdict {
  readonly due: number
  readonly state: "ran" | "waiting" | "skipped" | "missed"
  readonly note: string
}

/** What becomes of each due time; and whether what is under way, and what waits, has to make way. */
export const decide = (
  schedule: Schedule,
  situation: Situation
): { readonly verdicts: ReadonlyArray<Verdict>; readonly makeWay: boolean } => {
  const { busy, dues, now, seen, waiting } = situation
  const chosen = new Set(caughtUp(schedule, dues, now))
  const taken = busy || waiting > 0
  let isAsked = false
  let queued = waiting
  let makeWay = false
  const verdictOf = (due: number): Verdict => {
    if (!chosen.has(due)) return { due, state: "missed", note: missed(due, now, seen) }
    const wait = (note: string): Verdict => {
      queued++
      return { due, state: "waiting", note }
    }
    if (schedule.overlap === "allow" || (!taken && !isAsked)) {
      isAsked = true
      return { due, state: "ran", note: "" }
    }
    // those that are caught up on wait for one another, whatever becomes of what falls due meanwhile
    if (!taken || makeWay) return wait("waits for the one before it")
    switch (schedule.overlap) {
      case "skip":
        return { due, state: "skipped", note: "the run before it is still under way" }
      case "bufferOne":
        return queued > 0 ? { due, state: "skipped", note: "one waits already" } : wait("waits for the run before it")
      case "bufferAll":
        return wait("waits for the run before it")
      case "cancelOther":
        makeWay = true
        return wait("waits for the run that it cancelled")
    }
  }
  return { verdicts: dues.map(verdictOf), makeWay }
}

// helpers

const assetsOf = (runs: Runs): ReadonlyArray<Asset.Any> => "assets" in runs ? runs.assets : [runs]

/** A look that comes no later than this was in time. */
const grace = 5 * 60_000

const caughtUp = (schedule: Schedule, dues: ReadonlyArray<number>, now: number): ReadonlyArray<number> => {
  const { catchUp } = schedule
  if (catchUp === "all") return dues
  if (catchUp === "none") return dues.filter((due) => now - firesAt(schedule, due) <= grace)
  return dues.slice(-(catchUp === "latest" ? 1 : catchUp.max))
}

const missed = (due: number, now: number, seen: number | undefined): string =>
  seen !== undefined && seen < due
    ? `the process was down or asleep from ${instant(seen)} to ${instant(now)}`
    : `nobody looked before ${instant(now)}, when a newer one was due`
