/**
 * What schedules and conditions would do over a stretch of time, without doing any of it: each tick, the run it would ask
 * for, and what that run's plan would cost, on the state that the runs before it would have left. Runs are taken to succeed
 * at once. What a sensor would see nobody can know: it is told when it would look.
 */
import { Clock, Effect, Stream } from "effect"
import * as Asset from "../Asset.ts"
import { Ledger, type LedgerFailed } from "../Ledger.ts"
import { Entry, inMemory, Manifest, namesOf } from "../Manifest.ts"
import type { Key } from "../Partition.ts"
import type * as Pipeline from "../Pipeline.ts"
import * as Plan from "../Plan.ts"
import { explain } from "../Run.ts"
import * as Cadence from "./Cadence.ts"
import * as Condition from "./Condition.ts"
import * as Conditions from "./Conditions.ts"
import * as Schedule from "./Schedule.ts"

/** A tick of a schedule, or of the sensor that judges conditions. */
export interface Happening {
  /** When it would be acted upon, in epoch milliseconds. */
  readonly at: number
  readonly due: number
  readonly schedule: string
  readonly targets: ReadonlyArray<string>
  /** What it follows, if it waits for an event. */
  readonly after: string | undefined
  /** The steps of its run, as a plan says them; none, when there would be nothing to make. */
  readonly steps: ReadonlyArray<string>
  readonly calls: number
}

export interface Looking {
  readonly sensor: string
  readonly when: string
  /** How often it would look; nothing, if that follows from what happens. */
  readonly looks: number | undefined
  readonly calls: number
}

export interface Simulation {
  readonly happenings: ReadonlyArray<Happening>
  readonly lookings: ReadonlyArray<Looking>
}

/** Of what is switched on, or would be when it is looked after for the first time: from `from`, up to and without `to`. */
export const simulate = <Target extends Asset.Any>(
  pipeline: Pipeline.Pipeline<Target, unknown>,
  over: { readonly from: number; readonly to: number }
): Effect.Effect<
  Simulation,
  LedgerFailed | Cadence.CadenceInvalid | Effect.Error<Target>,
  Exclude<Effect.Services<Target>, Key> | Ledger | Manifest
> => simulated(pipeline, over) as never // planning asks for no more than the targets do

// helpers

const simulated = Effect.fnUntraced(function*(pipeline: Pipeline.Any, { from, to }: { readonly from: number; readonly to: number }) {
  const standings = new Map((yield* Ledger.use((_) => _.standings)).map((_) => [_.name, _]))
  const isOn = (item: { readonly name: string; readonly on: boolean }) => standings.get(item.name)?.on ?? item.on
  /** Who was never looked after is looked after from now on. */
  const now = yield* Clock.currentTimeMillis
  const sinceOf = (name: string) => Math.min(standings.get(name)?.since ?? now, from)
  const dueTimes = (name: string, cadence: Cadence.Cadence) => {
    // each due time follows from the one before, also from one that has a tick already
    const since = sinceOf(name)
    const dues = Cadence.dues(cadence, { name, since, after: Math.min(standings.get(name)?.last ?? since, from - 1) })
    return Effect.map(Stream.runCollect(Stream.takeWhile(dues, (due) => due < to)), (_) => _.filter((due) => due >= from))
  }
  const schedules = pipeline.schedules.filter(isOn)
  const ticks = yield* Effect.forEach(schedules, Effect.fnUntraced(function*(schedule) {
    if (Schedule.isAfter(schedule.cadence)) return []
    const dues = yield* dueTimes(schedule.name, schedule.cadence)
    return dues.map((due) => ({ schedule, due, at: Schedule.firesAt(schedule, due) }))
  }))
  const judging = [Conditions.sensorOf(pipeline)].flatMap((_) => _ !== undefined && isOn(_) ? [_] : [])
  const sentences = judging.length === 0 ? [] : pipeline.assets.filter((_) => _.when !== undefined)
  const begun = yield* Conditions.cursorOf
  let cursor: Conditions.Cursor = begun.since === 0 ? { since: Math.min(now, from), asked: {} } : begun
  const followers = schedules.flatMap((schedule) => Schedule.isAfter(schedule.cadence) ? [{ schedule, waits: schedule.cadence }] : [])
  const layer = inMemory(yield* Manifest.use((_) => _.log(pipeline.assets.flatMap(namesOf))))
  const happenings = yield* Effect.gen(function*() {
    const all: Array<Happening> = []
    const at = <A, E, R>(instant: number, what: Effect.Effect<A, E, R>) =>
      Effect.flatMap(standingAt(instant), (clock) => Effect.provideService(what, Clock.Clock, clock))
    const act = Effect.fnUntraced(function*(schedule: Schedule.Schedule, instant: number, due: number, after?: string) {
      const { assets, name, over, targets } = schedule
      const wanted = yield* Effect.exit(Effect.sync(() => over(due)))
      const expiring = yield* Schedule.expiring(schedule, due, sinceOf(name))
      const options = expiring === undefined ? {} : { expiring }
      const { calls, made, steps } = wanted._tag === "Failure"
        ? { calls: 0, made: new Set<Asset.Any>(), steps: [`its window cannot be told: ${explain(wanted.cause)}`] }
        : yield* at(instant, ran(assets, wanted.value === undefined ? options : { ...options, over: wanted.value }))
      all.push({ at: instant, due, schedule: name, targets, after, steps, calls })
      return made
    })
    /** What follows a run, and what follows that; each once. */
    const followed = Effect.fnUntraced(function*(instant: number, by: string, made: ReadonlySet<Asset.Any>) {
      const ends = [{ by, made }]
      const waiting = new Set(followers)
      for (const end of ends) {
        for (const follower of [...waiting].filter(({ waits }) => waits.assets.every((_) => end.made.has(_)))) {
          waiting.delete(follower)
          const { schedule } = follower
          ends.push({ by: schedule.name, made: yield* act(schedule, instant, instant, end.by) })
        }
      }
    })
    /** What conditions ask for at an instant, until none holds; answers when time alone may make one hold. */
    const judged = Effect.fnUntraced(function*(instant: number) {
      while (true) {
        const found = yield* at(instant, Effect.forEach(sentences, (_) => Conditions.judge(pipeline, _, cursor)))
        const asking = found.filter((_) => _.asks)
        if (asking.length === 0) return Condition.soonest(found.map((_) => _.truth.at)) ?? Infinity
        for (const judged of asking) {
          const { facts, facts: { asset } } = judged
          const { calls, made, steps } = yield* at(instant, ran([asset], { only: true, ...Conditions.overOf(facts) }))
          all.push({ at: instant, due: instant, schedule: Conditions.name, targets: [asset.name], after: undefined, steps, calls })
          cursor = Conditions.asked(cursor, judged)
          yield* followed(instant, Conditions.name, made)
        }
      }
    })
    let wake = from
    for (const { at: instant, due, schedule } of [...ticks.flat().toSorted((a, b) => a.at - b.at), END]) {
      while (wake < Math.min(instant, to)) wake = Math.max(yield* judged(wake), wake + 1)
      if (schedule === undefined) break
      yield* followed(instant, schedule.name, yield* act(schedule, instant, due))
      wake = yield* judged(instant)
    }
    return all
  }).pipe(Effect.provide(layer), Effect.updateService(Ledger, (_) => Ledger.of({ ..._, requests: () => Effect.succeed([]) })))
  const lookings = yield* Effect.forEach(pipeline.sensors.filter(isOn), Effect.fnUntraced(function*({ cadence, calls, looks, name }) {
    const times = cadence === undefined ? undefined : (yield* dueTimes(name, cadence)).length
    const looking: Looking = { sensor: name, when: looks, looks: times, calls: (times ?? 0) * calls }
    return looking
  }))
  const simulation: Simulation = { happenings, lookings }
  return simulation
})

/** After the last tick. */
const END = { at: Infinity, due: Infinity, schedule: undefined }

/** A run that is asked for: what it would make, told to the imagined manifest. */
const ran = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, options: Plan.Options) {
  const manifest = yield* Manifest
  const plan: Plan.Plan<unknown, unknown> = yield* Plan.make<ReadonlyArray<Asset.Any>>(assets, options)
  // which subjects there are stands in what was really made: what tells them is not imagined
  const telling = new Set(plan.pending.map((_) => _.after))
  for (const step of plan.steps.filter((_) => !telling.has(_.asset))) {
    for (const subject of step.subjects) yield* manifest.publish(yield* entryOf(step, subject))
  }
  return { made: new Set(plan.steps.map((_) => _.asset)), steps: Plan.print(plan), calls: Plan.calls(plan) }
})

const entryOf = Effect.fnUntraced(function*({ asset, window }: Plan.Step, subject: string | undefined) {
  const { seq } = yield* Manifest.use((_) => _.newest([]))
  const keys = { first: window.first, last: window.last }
  const inputs = yield* Asset.settingsOf(asset)
  return new Entry({
    id: `imagined after ${seq}`,
    asset: asset.name,
    subject: subject ?? "",
    window: keys,
    changed: [keys],
    codeVersion: asset.codeVersion,
    sawUpTo: seq,
    inputs,
    rows: 0,
    contentHash: "",
    warnings: [],
    at: yield* Clock.currentTimeMillis
  })
})

/** A clock that stands still; what sleeps, sleeps by the real one. */
const standingAt = (at: number) =>
  Effect.map(Clock.Clock, (clock): Clock.Clock => ({
    currentTimeMillisUnsafe: () => at,
    currentTimeMillis: Effect.succeed(at),
    currentTimeNanosUnsafe: () => BigInt(at) * 1_000_000n,
    currentTimeNanos: Effect.succeed(BigInt(at) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }))
