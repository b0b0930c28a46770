/**
 * A backfill is a stretch of time brought up to date in batches, each a request of its own: so it waits its turn between
 * what is more urgent, it can be held and taken up again, and what a kill leaves undone is simply still asked for.
 *
 * Which keys a batch makes follows from the manifest when it begins, per asset and subject: a window that was published
 * is not made twice, however often the backfill was cut short, and neither a new start date nor a new name loses any.
 */
import { Effect } from "effect"
import type * as Asset from "./Asset.ts"
import { type Event, Ledger, recordAll } from "./Ledger.ts"
import { calendarOf, type Key, parseWindow } from "./Partition.ts"
import { type Manifest, namesOf } from "./Manifest.ts"
import * as Plan from "./Plan.ts"
import * as Requests from "./Request.ts"
import type { Request, Requested, Which } from "./Request.ts"
import * as Span from "./Span.ts"

/** What one batch does: all its steps, in the order of the plan. */
export interface Batch {
  /** [start, end) in epoch milliseconds. */
  readonly start: number
  readonly end: number
  readonly steps: ReadonlyArray<Plan.Step>
  readonly calls: number
}

export interface Options {
  readonly start: number
  readonly end: number
  /** Milliseconds of one batch; else all is one. */
  readonly size?: number | undefined
  readonly newestFirst?: boolean
  readonly which?: Which
  /** Of the targets' subjects, these; all of them, when none is named. */
  readonly subjects?: ReadonlyArray<string>
}

export interface Planned {
  readonly batches: ReadonlyArray<Batch>
  /** What the source does not serve: it is in no batch. */
  readonly unavailable: ReadonlyArray<Plan.Unavailable>
  /** What can be planned only when something else has been made. */
  readonly pending: ReadonlyArray<Plan.Pending>
}

/** In the order in which they would be made; a batch in which there is nothing to do is none. */
export const plan = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets,
  options: Options
): Effect.Effect<Planned, Effect.Error<Targets[number]>, Exclude<Effect.Services<Targets[number]>, Key> | Manifest | Ledger> =>
  planned(targets, options) as never // the plans are of these targets

/** The requests of a backfill, in order. `number` of how many is told in the tag `batch`. */
export const requests = (
  id: string,
  ids: ReadonlyArray<string>,
  { batches }: Pick<Planned, "batches">,
  of: Pick<Requested, "targets" | "trigger" | "which" | "subjects">
): ReadonlyArray<Requested> =>
  batches.map(({ end, start }, i) => ({
    _tag: "RunRequested",
    id: ids[i] ?? `${id}-${i + 1}`,
    ...of,
    over: { start, end },
    priority: PATIENT,
    tags: { [TAG]: id, batch: `${i + 1}/${batches.length}` }
  }))

/** The tag of a backfill's requests: its value is the backfill's id. */
export const TAG = "backfill"

/** `paused`: somebody stopped it; `cut short`: its process died. Either goes on when it is taken up. */
export type State = "running" | "queued" | "deferred" | "paused" | "succeeded" | "partial" | "failed" | "cut short"

export interface Backfill {
  readonly id: string
  readonly state: State
  /** The newest try of each batch, in order. */
  readonly batches: ReadonlyArray<Request>
}

/** All there were, oldest first. */
export const all = Effect.gen(function*() {
  const ledger = yield* Ledger
  const found = yield* ledger.requests({ tag: TAG })
  return [...Map.groupBy(found, (_) => _.tags[TAG] ?? "")].map(([id, tries]): Backfill => {
    const newest = new Map(tries.map((_) => [_.tags["batch"], _]))
    const batches = [...newest.values()].sort((a, b) => numberOf(a) - numberOf(b))
    return { id, state: stateOf(batches), batches }
  })
})

/** What waits is held, and what runs is stopped: nothing of it begins until it is taken up. */
export const pause = ({ batches }: Backfill) =>
  recordAll(batches.flatMap(({ id, state }): ReadonlyArray<Event> =>
    state === "queued"
      ? [{ _tag: "RequestDeferred", request: id, notBefore: Requests.NEVER, note: "paused" }]
      : state === "running"
      ? [{ _tag: "CancelRequested", request: id }]
      : []
  ))

/** What was held goes on, and what did not succeed is asked for again. */
export const resume = Effect.fnUntraced(function*({ batches }: Backfill, again: (request: Request) => Effect.Effect<Requested>) {
  const ledger = yield* Ledger
  for (const request of batches) {
    if (request.state === "queued") yield* ledger.record({ _tag: "RequestDeferred", request: request.id, notBefore: 0, note: "" })
    else if (request.endedAt !== null && request.state !== "succeeded") yield* ledger.record(yield* again(request))
  }
})

/** Of what a plan would make, the part that is meant. */
export const narrowing = Effect.fnUntraced(function*(which: Which) {
  if (which === "stale") return undefined
  if (which === "missing")
    return (_: Asset.Any, __: string | undefined, reason: Plan.Reason, spans: Span.Spans) => absent.has(reason) ? spans : Span.empty
  const ledger = yield* Ledger
  const failed = yield* ledger.unmade
  const keys = new Map<string, Span.Spans>()
  return (asset: Asset.Any, subject: string | undefined, reason: Plan.Reason, spans: Span.Spans) => {
    if (reason === "after upstream") return spans
    const key = `${asset.name} ${subject ?? ""}`
    const known = keys.get(key) ?? Span.of(
      failed.filter((_) => namesOf(asset).includes(_.asset) && _.subject === (subject ?? ""))
        .flatMap((_) => parseWindow(calendarOf(asset), _.window) ?? [])
    )
    keys.set(key, known)
    return Span.intersect(spans, known)
  }
})

// helpers

/** Behind everything that has a date. */
const PATIENT = -10
const DAY = 86_400_000

const absent: ReadonlySet<Plan.Reason> = new Set<Plan.Reason>(["never made", "missing", "after upstream"])

const planned = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, options: Options) {
  const narrow = yield* narrowing(options.which ?? "stale")
  const batches: Array<Batch> = []
  const seen = new Set<Asset.Any>()
  const unavailable: Array<Plan.Unavailable> = []
  let pending: ReadonlyArray<Plan.Pending> = []
  for (const { end, start } of stretches(options)) {
    const plan: Plan.Plan<unknown, unknown> = yield* Plan.make(targets, {
      over: { start, end },
      subjects: options.subjects ?? [],
      ...(narrow === undefined ? {} : { narrow })
    })
    // what lies in no time is made with the first batch
    const steps = plan.steps.filter((_) => _.asset.per !== undefined || !seen.has(_.asset))
    for (const { asset } of steps) seen.add(asset)
    pending = plan.pending
    unavailable.push(...plan.unavailable)
    if (steps.length > 0 || pending.length > 0) batches.push({ start, end, steps, calls: steps.reduce((sum, _) => sum + _.calls, 0) })
  }
  const found: Planned = { batches, unavailable, pending }
  return found
})

/** Cut at midnights, from the end that comes first. */
const stretches = ({ end, newestFirst = false, size, start }: Options): ReadonlyArray<{ readonly start: number; readonly end: number }> => {
  const step = Math.max(DAY, Math.round((size ?? Infinity) / DAY) * DAY)
  const out: Array<{ readonly start: number; readonly end: number }> = []
  if (newestFirst) { for (let to = end; to > start; to -= step) out.push({ start: Math.max(start, to - step), end: to }) }
  else for (let from = start; from < end; from += step) out.push({ start: from, end: Math.min(end, from + step) })
  return out
}

const numberOf = ({ tags }: Request): number => Number.parseInt(tags["batch"] ?? "", 10)

const stateOf = (batches: ReadonlyArray<Request>): State => {
  const some = (...states: ReadonlyArray<Request["state"]>) => batches.some((_) => states.includes(_.state))
  if (some("running")) return "running"
  if (batches.some((_) => _.state === "queued" && _.notBefore === Requests.NEVER)) return "paused"
  if (batches.some(Requests.isDeferred)) return "deferred"
  if (some("queued")) return "queued"
  if (some("lost")) return "cut short"
  if (some("cancelled", "interrupted")) return "paused"
  return some("failed") ? "failed" : some("partial") ? "partial" : "succeeded"
}
