/** What sensors do: look from where their cursors stand, again and again or once by hand, and tell what they saw. */
import { Clock, Effect, Stream } from "effect"
import * as Asset from "../Asset.ts"
import { type Event, Ledger } from "../Ledger.ts"
import * as Request from "../Request.ts"
import { explain } from "../Run.ts"
import * as Subject from "../Subject.ts"
import { instant } from "./Cadence.ts"
import { Pulse, until } from "./Pulse.ts"
import type * as Sensor from "./Sensor.ts"
import { standingNow, standingOf, tell } from "./standings.ts"
import type { Standing } from "./Tick.ts"

/** One sensor, from where its cursor stands until it fails or is switched. */
export const watched = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>) {
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

/** One look of a sensor now, whether it is on or off. Answers its tick; nothing, if there was nothing new. */
export const look = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>) {
  const { cursor } = yield* standingOf(sensor, sensor.kind, sensor.looks)
  const from = cursor ?? (yield* begun(sensor))
  const seen = yield* sensor.look(from)
  if (seen._tag === "None") return undefined
  const due = yield* commit(sensor, seen.value, from)
  return due === undefined ? undefined : (yield* Ledger.use((_) => _.ticks({ source: sensor.name, from: due }))).at(-1)
})

// helpers

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
    const { runs, ...rest } = ask
    requests.push({
      ...rest,
      _tag: "RunRequested",
      id: yield* Asset.newId,
      trigger: `${sensor.kind} ${sensor.name}`,
      targets: runs.map((_) => _.name),
      runKey,
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
    note: `nobody looked from ${instant(last)} to ${instant(now)}`
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
  yield* tell([...missed.map((_) => [_]), [tick, ...edits, ...requests]])
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
