/**
 * The loop that runs a pipeline's schedules and sensors: it asks for runs, and runs none itself.
 *
 * It trusts nothing that it remembers. Each round reads where the ledger stands and tells it, in one transaction, what
 * follows: ticks, cursors, and the runs asked for. A round that was cut short, or that failed although it was recorded,
 * is done again from where the ledger then stands. One schedule or sensor that fails waits longer each time, and takes
 * no other down.
 */
import { Clock, Duration, Effect, Option, Schedule as Recurrence, Stream } from "effect"
import type * as Asset from "../Asset.ts"
import type { Event, Ledger } from "../Ledger.ts"
import type { Manifest } from "../Manifest.ts"
import type * as Pipeline from "../Pipeline.ts"
import { explain } from "../Run.ts"
import { bell } from "./Bell.ts"
import * as Cadence from "./Cadence.ts"
import * as Conditions from "./Conditions.ts"
import { follower } from "./Follower.ts"
import { watched } from "./looks.ts"
import { Pulse } from "./Pulse.ts"
import { round } from "./rounds.ts"
import * as Schedule from "./Schedule.ts"
import type * as Sensor from "./Sensor.ts"
import type { Standing } from "./Tick.ts"

export { look } from "./looks.ts"
export { ask, cadenceText, round } from "./rounds.ts"

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
