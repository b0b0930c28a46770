/** What schedules that go by the clock do: a round of them, and one of them by hand. */
import { Clock, Effect, Stream } from "effect"
import * as Asset from "../Asset.ts"
import { type Event, Ledger } from "../Ledger.ts"
import type * as Request from "../Request.ts"
import { explain } from "../Run.ts"
import * as Cadence from "./Cadence.ts"
import * as Schedule from "./Schedule.ts"
import { standingOf, tell } from "./standings.ts"
import type { Tick } from "./Tick.ts"

/** A round of every schedule that goes by the clock. Answers when the next one is due, as far as can be told. */
export const round = Effect.fnUntraced(function*(schedules: ReadonlyArray<Schedule.Schedule>) {
  const ledger = yield* Ledger
  const now = yield* Clock.currentTimeMillis
  const seen = yield* ledger.watched
  let next = Infinity
  for (const schedule of schedules) {
    const due = Effect.catchCause(turn(schedule, now, seen), (cause) =>
      Effect.as(Effect.logWarning(`schedule ${schedule.name}: ${explain(cause)}`), now + again))
    next = Math.min(next, yield* due)
  }
  yield* ledger.record({ _tag: "Watched" })
  return next
})

/** Asks for a schedule's run now, beside its due times: it leaves no tick. Answers the request. */
export const ask = Effect.fnUntraced(function*(schedule: Schedule.Schedule) {
  const now = yield* Clock.currentTimeMillis
  const request: Request.Requested = {
    _tag: "RunRequested",
    id: yield* Asset.newId,
    trigger: triggerOf(schedule),
    targets: schedule.targets,
    over: schedule.over(now) ?? null,
    priority: schedule.priority,
    tags: { schedule: schedule.name, by: "hand" }
  }
  yield* Ledger.use((_) => _.record(request))
  return request
})

/** What a schedule or sensor is said to follow: when this text changes, its due times begin anew. */
export const cadenceText = (schedule: Schedule.Schedule): Effect.Effect<string> =>
  Schedule.isAfter(schedule.cadence) ? Effect.succeed(`after ${schedule.cadence.name}`) : Cadence.text(schedule.cadence)

// helpers

/** A schedule whose turn failed has another one so soon; the others have theirs meanwhile. */
const again = 30_000

/** One schedule, now. */
const turn = Effect.fnUntraced(function*(schedule: Schedule.Schedule, now: number, seen: number | undefined) {
  const ledger = yield* Ledger
  const { cadence, name } = schedule
  if (Schedule.isAfter(cadence)) return Infinity
  const { last, on, since } = yield* standingOf(schedule, "schedule", yield* cadenceText(schedule))
  if (!on) return Infinity
  yield* takeTurns(schedule, since)
  const upcoming = yield* Cadence.dues(cadence, { name, since, after: last ?? since }).pipe(
    Stream.takeUntil((due) => Schedule.firesAt(schedule, due) > now),
    Stream.runCollect
  )
  const dues = upcoming.filter((due) => Schedule.firesAt(schedule, due) <= now)
  if (dues.length > 0) {
    const open = yield* openOf(schedule)
    const waiting = yield* ledger.ticks({ source: name, states: ["waiting"] })
    const { makeWay, verdicts } = Schedule.decide(schedule, { dues, now, seen, busy: open.length > 0, waiting: waiting.length })
    const before = makeWay ? [...open.map(cancel), ...waiting.map((_) => wayMade(_, verdicts))] : []
    yield* tell([before, ...yield* Effect.forEach(verdicts, (verdict) => events(schedule, since, verdict))])
  }
  const next = upcoming.at(dues.length)
  return next === undefined ? Infinity : Schedule.firesAt(schedule, next)
})

/** The oldest tick that waits asks for its run, once nothing of its schedule is under way. */
const takeTurns = Effect.fnUntraced(function*(schedule: Schedule.Schedule, since: number) {
  const ledger = yield* Ledger
  const first = (yield* ledger.ticks({ source: schedule.name, states: ["waiting"] })).at(-1)
  if (first === undefined || (yield* openOf(schedule)).length > 0) return
  const { asks, ...outcome } = yield* asked(schedule, since, first.due, first.note.replace(/^waits/, "waited"))
  yield* ledger.record({ _tag: "TickSettled", source: schedule.name, due: first.due, ...outcome }, ...asks)
})

/** Newest first. */
const openOf = (schedule: Schedule.Schedule) =>
  Ledger.use((ledger) =>
    Effect.map(ledger.requests({ states: ["queued", "running"] }), (_) => _.filter(({ trigger }) => trigger === triggerOf(schedule)))
  )

const triggerOf = ({ name }: Schedule.Schedule): string => `schedule ${name}`

const cancel = ({ id }: Request.Request): Event => ({ _tag: "CancelRequested", request: id })

const wayMade = ({ due, source }: Tick, verdicts: ReadonlyArray<Schedule.Verdict>): Event => {
  const to = verdicts.find((_) => _.state === "waiting")
  return { _tag: "TickSettled", source, due, state: "skipped", note: `made way for the one of ${Cadence.instant(to?.due ?? due)}` }
}

/** The tick, and the run it asks for. */
const events = Effect.fnUntraced(function*(schedule: Schedule.Schedule, since: number, { due, note, state }: Schedule.Verdict) {
  const { asks, ...outcome } = state === "ran" ? yield* asked(schedule, since, due, note) : { asks: [], state, note }
  const tick: Event = { _tag: "Ticked", source: schedule.name, due, ...outcome }
  return [tick, ...asks]
})

/** The run of a due time, and what is told of it; where its window cannot be told, why not. */
const asked = Effect.fnUntraced(function*(schedule: Schedule.Schedule, since: number, due: number, note: string) {
  const { name, over, priority, targets } = schedule
  const wanted = yield* Effect.exit(Effect.sync(() => over(due)))
  if (wanted._tag === "Failure") return { state: "failed", note: explain(wanted.cause), asks: [] } as const
  const request: Request.Requested = {
    _tag: "RunRequested",
    id: yield* Asset.newId,
    trigger: triggerOf(schedule),
    targets,
    runKey: `${name} ${due}`,
    over: wanted.value ?? null,
    expiring: (yield* Schedule.expiring(schedule, due, since)) ?? null,
    priority,
    tags: { schedule: name }
  }
  return { state: "ran", note, requests: [request.id], asks: [request] } as const
})
