/**
 * The loop that runs a pipeline's schedules and sensors: it asks for runs, and runs none itself.
 *
 * It trusts nothing that it remembers. Each round reads where the ledger stands and tells it, in one transaction, what
 * follows: ticks, cursors, and the runs asked for. A round that was cut short, or that failed although it was recorded,
 * is done again from where the ledger then stands. One schedule or sensor that fails waits longer each time, and takes
 * no other down.
 */
import { Array as Arr, Clock, Duration, Effect, Option, Schedule as Recurrence, Stream } from "effect"
import * as Asset from "../Asset.ts"
import { type Event, Ledger } from "../Ledger.ts"
import type { Manifest } from "../Manifest.ts"
import type * as Pipeline from "../Pipeline.ts"
import * as Request from "../Request.ts"
import { explain } from "../Run.ts"
import * as Subject from "../Subject.ts"
import { bell } from "./Bell.ts"
import * as Cadence from "./Cadence.ts"
import * as Conditions from "./Conditions.ts"
import { follower } from "./Follower.ts"
import { Pulse, until } from "./Pulse.ts"
import * as Schedule from "./Schedule.ts"
import type * as Sensor from "./Sensor.ts"
import type { Standing, Tick } from "./Tick.ts"

/** Until it is interrupted. */
export const run = <R>(pipeline: Pipeline.Pipeline<Asset.Any, R>): Effect.Effect<never, never, R | Ledger | Manifest> =>
  Effect.gen(function*() {
    const sensors = sensorsOf(pipeline)
    const one = (sensor: Sensor.Sensor<R | Ledger | Manifest>) => supervised(sensor.name, Effect.forever(watched(sensor)))
    return yield* Effect.all([supervised("schedules", schedules(pipeline.schedules)), ...sensors.map(one)], { concurrency: "unbounded" })
      .pipe(Effect.andThen(Effect.never))
  })

/** What looks: the pipeline's sensors, the one that judges its conditions, and those that carry schedules that wait for an event. */
export const sensorsOf = <R>(pipeline: Pipeline.Pipeline<Asset.Any, R>): ReadonlyArray<Sensor.Sensor<R | Ledger | Manifest>> => [
  ...pipeline.sensors,
  ...[Conditions.sensorOf(pipeline)].flatMap((_) => _ ?? []),
  ...pipeline.schedules.flatMap((_) => Schedule.isAfter(_.cadence) ? [follower(_, _.cadence)] : [])
]

/** What a schedule or sensor is said to follow: when this text changes, its due times begin anew. */
export const cadenceText = (schedule: Schedule.Schedule): Effect.Effect<string> =>
  Schedule.isAfter(schedule.cadence) ? Effect.succeed(`after ${schedule.cadence.name}`) : Cadence.text(schedule.cadence)

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

/** One look of a sensor now, whether it is on or off. Answers its tick; nothing, if there was nothing new. */
export const look = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>) {
  const { cursor } = yield* standingOf(sensor, sensor.kind, sensor.looks)
  const from = cursor ?? (yield* begun(sensor))
  const seen = yield* sensor.look(from)
  if (seen._tag === "None") return undefined
  const due = yield* commit(sensor, seen.value, from)
  return due === undefined ? undefined : (yield* Ledger.use((_) => _.ticks({ source: sensor.name, from: due }))).at(-1)
})

/** When it is due next, as far as the clock can tell; nothing, if it is off, or waits for an event. */
export const nextDue = Effect.fnUntraced(function*(
  { cadence, name }: { readonly name: string; readonly cadence: Cadence.Cadence | Schedule.After | undefined },
  standing: Pick<Standing, "on" | "since" | "last">
) {
  if (cadence === undefined || Schedule.isAfter(cadence) || !standing.on) return undefined
  const now = yield* Clock.currentTimeMillis
  const dues = Cadence.dues(cadence, { name, since: standing.since, after: Math.max(standing.last ?? standing.since, now) })
  return Option.getOrUndefined(yield* Stream.runHead(dues))
})

// helpers

/** A schedule whose turn failed has another one so soon; the others have theirs meanwhile. */
const again = 30_000

/** A failure of the machinery itself is waited out and tried again; a defect of one part is no other part's. */
const supervised = <E, R>(name: string, part: Effect.Effect<never, E, R>): Effect.Effect<never, never, R> =>
  part.pipe(
    Effect.sandbox,
    Effect.tapError((cause) => Effect.logWarning(`${name}: ${explain(cause)}`)),
    Effect.retry(retrying),
    Effect.orDie
  )

const retrying = Recurrence.min([Recurrence.exponential("1 second"), Recurrence.spaced("1 minute")])

const schedules = Effect.fnUntraced(function*(all: ReadonlyArray<Schedule.Schedule>) {
  const pulse = Duration.toMillis(yield* Pulse)
  const rest = yield* bell(isNews)
  const timed = all.filter((_) => !Schedule.isAfter(_.cadence))
  while (true) {
    const next = yield* round(timed)
    yield* rest(Math.min(next, (yield* Clock.currentTimeMillis) + pulse))
  }
}, Effect.scoped)

/** After one of these a schedule may have something to do before the clock says so. */
const isNews = ({ _tag }: Event): boolean => _tag === "RequestEnded" || _tag === "CancelRequested" || _tag === "AutomationSet"

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
    yield* recordAll([before, ...yield* Effect.forEach(verdicts, (verdict) => events(schedule, since, verdict))])
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

/** What belongs together is told together, so many due times in one transaction: the oldest first, so what is cut short goes on where it was. */
const recordAll = (told: ReadonlyArray<ReadonlyArray<Event>>) =>
  Effect.forEach(Arr.chunksOf(told, 500), (some) => {
    const [first, ...rest] = some.flat()
    return first === undefined ? Effect.void : Ledger.use((_) => _.record(first, ...rest))
  }, { discard: true })

/** One sensor, from where its cursor stands until it fails or is switched. */
const watched = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>) {
  const standing = yield* standingOf(sensor, sensor.kind, sensor.looks)
  if (!standing.on) return yield* switched(standing)
  const { failures, last, name, since } = standing
  /** The cursor that is known to stand in the ledger. */
  let at = standing.cursor
  const looking = Effect.gen(function*() {
    if (failures > 0 && last !== null) yield* until(last + backOff(failures))
    const cursor = at ?? (yield* begun(sensor))
    at = cursor
    let from = cursor
    const stream = sensor.stream({ name, cursor, since, last: last ?? undefined })
    yield* Stream.runForEach(stream, (seen) => Effect.map(commit(sensor, seen, from), () => void (at = from = seen.cursor)))
    return yield* Effect.never
  })
  const exit = yield* Effect.exit(Effect.raceFirst(looking, switched(standing)))
  if (exit._tag === "Success") return
  const after = yield* standingNow(name)
  // it failed after what it saw was recorded, or somebody else let it look or switched it meanwhile: the next look is from there
  if (after?.since !== since || after.cursor !== at) return
  yield* Effect.logWarning(`sensor ${name}: ${explain(exit.cause)}`)
  const due = later(yield* Clock.currentTimeMillis, after.last)
  yield* Ledger.use((_) => _.record({ _tag: "Ticked", source: name, due, state: "failed", note: explain(exit.cause) }))
})

/** What happens from now on is seen, also if this process dies before the first look. */
const begun = Effect.fnUntraced(function*<R>({ name, start }: Sensor.Sensor<R>) {
  const cursor = yield* start
  yield* Ledger.use((_) => _.record({ _tag: "CursorSet", name, cursor }))
  return cursor
})

/** Returns when it is switched again, by this process or, somewhat later, by another. */
const switched = Effect.fnUntraced(function*({ name, on, since }: Standing) {
  const { heard } = yield* Ledger
  const here = Stream.runHead(Stream.filter(heard, (_) => _._tag === "AutomationSet" && _.name === name))
  const isAsItWas = Effect.map(Effect.andThen(Effect.sleep(yield* Pulse), standingNow(name)), (_) => _?.since === since && _.on === on)
  yield* Effect.raceFirst(here, Effect.repeat(isAsItWas, { while: (same) => same }))
})

const standingNow = (name: string) => Ledger.use((ledger) => Effect.map(ledger.standings, (_) => _.find((_) => _.name === name)))

/** Where it stands; it is told to the ledger now, if it was never switched or if its cadence is another one than then. */
const standingOf = Effect.fnUntraced(function*(
  item: { readonly name: string; readonly on: boolean },
  kind: "schedule" | "sensor",
  cadence: string
) {
  const known = yield* standingNow(item.name)
  if (known?.cadence === cadence && known.kind === kind) return known
  yield* Ledger.use((_) =>
    _.record({
      _tag: "AutomationSet",
      name: item.name,
      kind,
      on: known?.on ?? item.on,
      cadence,
      why: known === undefined ? "as defined" : `its cadence was ${known.cadence}`
    })
  )
  const told = yield* standingNow(item.name)
  return told ?? (yield* Effect.die(new Error(`the ledger was told where ${item.name} stands, and does not know`)))
})

/**
 * What was seen from a cursor, and what it asks for, as far as its run keys allow: if the cursor still stands there.
 * Answers the due time of its tick; nothing, if it was no news.
 */
const commit = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>, seen: Sensor.Seen, from: string) {
  const ledger = yield* Ledger
  const { cursor } = seen
  const sets = yield* Effect.forEach(seen.subjects, edited)
  const edits = sets.flatMap((_) => _.events)
  if (seen.quiet && seen.asks.length === 0 && edits.length === 0) {
    yield* ledger.record({ _tag: "CursorSet", name: sensor.name, cursor, from })
    return undefined
  }
  const now = yield* Clock.currentTimeMillis
  const requests: Array<Request.Requested> = []
  const refused: Array<string> = []
  for (const ask of seen.asks) {
    const runKey = ask.runKey === undefined ? null : `${sensor.name} ${ask.runKey}`
    const known = runKey === null ? [] : yield* ledger.requests({ runKey })
    const standing = Request.standing(known, sensor.runKeys, now)
    const twice = runKey !== null && requests.some((_) => _.runKey === runKey)
    if (standing !== undefined || twice) {
      refused.push(`${ask.runKey} was asked for before (${standing?.state ?? "at this look"})`)
      continue
    }
    requests.push({
      _tag: "RunRequested",
      id: yield* Asset.newId,
      trigger: `${sensor.kind} ${sensor.name}`,
      targets: ask.runs.map((_) => _.name),
      runKey,
      over: ask.over ?? null,
      subjects: ask.subjects ?? [],
      force: ask.force ?? false,
      only: ask.only ?? false,
      priority: ask.priority ?? 0,
      tags: { [sensor.kind]: sensor.name, ...ask.tags }
    })
  }
  const last = (yield* standingNow(sensor.name))?.last ?? null
  const due = later(seen.due, last)
  const missed = last === null ? [] : seen.missed.filter((_) => _ > last).map((due): Event => ({
    _tag: "Ticked",
    source: sensor.name,
    due,
    state: "missed",
    note: `nobody looked from ${Cadence.instant(last)} to ${Cadence.instant(now)}`
  }))
  const tick: Event = {
    _tag: "Ticked",
    source: sensor.name,
    due,
    state: requests.length > 0 ? "ran" : "skipped",
    note: [seen.note, ...sets.flatMap((_) => _.notes), ...refused].filter((_) => _ !== "").join("; "),
    requests: requests.map((_) => _.id),
    cursor,
    from
  }
  yield* recordAll([...missed.map((_) => [_]), [tick, ...edits, ...requests]])
  return due
})

/** What a sighting does to a kept set; a text that cannot be a key of it is left out and said. */
const edited = ({ of, ...edit }: Sensor.Change) =>
  Effect.map(Subject.edit(of, edit), ({ added, events, refused, removed }) => ({
    events,
    notes: [
      ...(added.length === 0 ? [] : [`added to ${of.key}: ${added.join(", ")}`]),
      ...(removed.length === 0 ? [] : [`deleted from ${of.key}: ${removed.join(", ")}`]),
      ...refused.map((_) => _.message)
    ]
  }))

/** Two ticks of one source are never of one instant. */
const later = (at: number, last: number | null): number => last === null ? at : Math.max(at, last + 1)

/** Half a minute, then twice as long each time, to an hour. */
const backOff = (failures: number): number => Math.min(30_000 * 2 ** (failures - 1), 3_600_000)
