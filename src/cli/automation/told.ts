/** Schedules, sensors and their ticks, as the commands tell them. */
import { Clock, DateTime, Effect, Schema } from "effect"
import * as Automation from "../../engine/automation/Automation.ts"
import * as Conditions from "../../engine/automation/Conditions.ts"
import type { Cadence } from "../../engine/automation/Cadence.ts"
import * as Schedule from "../../engine/automation/Schedule.ts"
import type * as Sensor from "../../engine/automation/Sensor.ts"
import { State, type Tick } from "../../engine/automation/Tick.ts"
import { Ledger } from "../../engine/Ledger.ts"
import type * as Pipeline from "../../engine/Pipeline.ts"
import * as Selection from "../../engine/Selection.ts"
import * as exit from "../exit.ts"
import type { World } from "../world.ts"

export type Kind = "schedule" | "sensor"

/** One tick; times are ISO 8601 in UTC. */
export const TickJson = Schema.Struct({
  source: Schema.String,
  due: Schema.String,
  state: State,
  /** Why it was skipped, missed or failed; what was seen. */
  note: Schema.String,
  /** Ids of what was asked for. */
  requests: Schema.Array(Schema.String),
  at: Schema.String
})

/** What `crypto schedule history --json` and `crypto sensor history --json` print, newest first. */
export const HistoryJson = Schema.Array(TickJson)

/** What `crypto schedule list --json` and `crypto sensor list --json` print. */
export const AutomationJson = Schema.Array(Schema.Struct({
  name: Schema.String,
  on: Schema.Boolean,
  about: Schema.String,
  when: Schema.String,
  /** The next due time that is known; an event's is not. */
  next: Schema.NullOr(Schema.String),
  /** Since when it is switched as it is, and why; nothing, if nobody looked after it yet. */
  since: Schema.NullOr(Schema.String),
  why: Schema.String,
  last: Schema.NullOr(TickJson),
  /** Failed ticks in a row. */
  failures: Schema.Int,
  /** What a schedule runs, and its policies. */
  targets: Schema.optionalKey(Schema.Array(Schema.String)),
  catchUp: Schema.optionalKey(Schema.String),
  overlap: Schema.optionalKey(Schema.String),
  /** Calls to the source that a sensor's look costs. */
  calls: Schema.optionalKey(Schema.Int),
  /** Where a sensor is, in JSON. */
  cursor: Schema.optionalKey(Schema.NullOr(Schema.String))
}))

export interface Item {
  readonly name: string
  readonly kind: Kind
  readonly about: string
  readonly on: boolean
  readonly when: string
  readonly cadence: Cadence | Schedule.After | undefined
  /** What schedules and sensors have of their own. */
  readonly own: Pick<typeof AutomationJson.Type[number], "targets" | "catchUp" | "overlap" | "calls">
}

export const itemsOf = Effect.fnUntraced(function*(pipeline: Pipeline.Any, kind: Kind) {
  const schedules = kind === "sensor" ? [] : yield* Effect.forEach(pipeline.schedules, ofSchedule)
  return [
    ...schedules,
    ...(kind === "schedule" ? [] : [...pipeline.sensors, ...[Conditions.sensorOf(pipeline)].flatMap((_) => _ ?? [])].map(ofSensor))
  ]
})

/** Those that are named; all, when none is. */
export const named = Effect.fnUntraced(function*(world: World, kind: Kind, names: ReadonlyArray<string>) {
  const items = yield* itemsOf(yield* world.pipeline, kind)
  for (const name of names) {
    if (items.some((_) => _.name === name)) continue
    const near = Selection.nearest(name, items.map((_) => _.name))
    const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `There are: ${items.map((_) => _.name).join(", ") || "none"}.`
    return yield* exit.usage(`There is no ${kind} called "${name}". ${hint}`)
  }
  return names.length === 0 ? items : items.filter((_) => names.includes(_.name))
})

export const toldOf = Effect.fnUntraced(function*(item: Item) {
  const ledger = yield* Ledger
  const now = yield* Clock.currentTimeMillis
  const known = (yield* ledger.standings).find((_) => _.name === item.name)
  const [last] = yield* ledger.ticks({ source: item.name, limit: 1 })
  const standing = known ?? { on: item.on, since: now, last: null, failures: 0, why: "as defined", cursor: null }
  const next = yield* Automation.nextDue(item, standing)
  const said: typeof AutomationJson.Type[number] = {
    name: item.name,
    on: standing.on,
    about: item.about,
    when: item.when,
    next: next === undefined ? null : isoOf(next),
    since: known === undefined ? null : isoOf(known.since),
    why: standing.why,
    last: last === undefined ? null : ofTick(last),
    failures: standing.failures,
    ...item.own,
    ...(item.kind === "sensor" ? { cursor: standing.cursor } : {})
  }
  return said
})

export const ofTick = ({ at, due, note, requests, source, state }: Tick): typeof TickJson.Type => ({
  source,
  due: isoOf(due),
  state,
  note,
  requests,
  at: isoOf(at)
})

/** `2026-11-25 08:00:00`, in UTC. */
export const clock = (iso: string): string => iso.slice(0, 19).replace("T", " ")

// helpers

const isoOf = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const ofSchedule = (schedule: Schedule.Schedule) =>
  Effect.map(Automation.cadenceText(schedule), (when): Item => ({
    name: schedule.name,
    kind: "schedule",
    about: schedule.about,
    on: schedule.on,
    when,
    cadence: schedule.cadence,
    own: {
      targets: schedule.targets,
      catchUp: typeof schedule.catchUp === "string" ? schedule.catchUp : `max ${schedule.catchUp.max}`,
      overlap: schedule.overlap
    }
  }))

const ofSensor = (sensor: Sensor.Any): Item => ({
  name: sensor.name,
  kind: "sensor",
  about: sensor.about,
  on: sensor.on,
  when: sensor.looks,
  cadence: sensor.cadence,
  own: { calls: sensor.calls }
})
