/** What is fresh for a week and scheduled weekly is made every week, although each run ends a little later than it was due. */
import { assert, it } from "@effect/vitest"
import { Clock, Duration, Effect, Layer, Stream } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Cadence from "../../src/engine/automation/Cadence.ts"
import { Pulse } from "../../src/engine/automation/Pulse.ts"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import { simulate } from "../../src/engine/automation/Simulate.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Queue from "../../src/engine/Queue.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { metadataWeekly } from "../../src/schedules/index.ts"
import * as Job from "../../src/engine/Job.ts"
import { alive, at, iso, millis } from "../engine/automation/world.ts"
import { inOne, publish } from "../engine/world.ts"

/** A list that is fresh for a week, takes longer each time, and remembers when it was made. */
const world = () => {
  const made: Array<string> = []
  const list = Asset.make("list", { about: "", into: inOne, freshFor: "7 days" }, Effect.fnUntraced(function*() {
    yield* Effect.sleep(Duration.seconds(20 - 3 * made.length))
    made.push(iso(yield* Clock.currentTimeMillis).slice(0, 10))
    return [{ value: made.length }]
  }))
  const job = Job.make("list_job", { about: "", assets: [list] })
  const daily = Schedule.make("daily", { about: "", runs: job, cadence: Cadence.cron("0 8 * * *") })
  /** Does what is asked for, as a queue would. */
  const running = Effect.gen(function*() {
    const { begin, heard, record, requests } = yield* Ledger
    yield* Stream.runForEach(Stream.filter(heard, (_) => _._tag === "RunRequested"), Effect.fnUntraced(function*({ id }) {
      const [request] = yield* requests({ ids: [id] })
      if (request === undefined || !(yield* begin(id, [], "test", 1e15))) return
      const reports = yield* Run.upToDate([list], yield* Queue.optionsOf(request))
      const { note } = Queue.endingOf(reports)
      yield* record({ _tag: "RequestEnded", request: id, state: "succeeded", note })
    }))
  })
  const pipelineOf = (schedule: Schedule.Schedule) => Pipeline.make("test", { assets: [list], jobs: [job], schedules: [schedule] })
  return { list, made, running: Effect.orDie(running), weekly: pipelineOf(metadataWeekly(job)), daily: pipelineOf(daily) }
}

const inMonth = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.provide(Effect.andThen(at("2026-10-30T12:00:00Z"), test),
    Layer.fresh(Layer.merge(Memory.layer, Layer.succeed(Pulse, Duration.days(1)))))

it.effect("a weekly list is made on each Sunday of a month, and once", () =>
  inMonth(Effect.gen(function*() {
    const { made, running, weekly } = world()
    yield* alive(yield* weekly, "2026-11-30T00:00:00Z", running)
    assert.deepStrictEqual(made, ["2026-11-01", "2026-11-08", "2026-11-15", "2026-11-22", "2026-11-29"])
    assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({ limit: 1 }))).map((_) => _.expiring), [
      { before: millis("2026-12-02T12:00:00Z"), madeBefore: millis("2026-11-29T00:00:00Z") }
    ])
  })))

it.effect("a daily schedule of it makes it once a week too, at the due time that is nearest to the end of its freshness", () =>
  inMonth(Effect.gen(function*() {
    const { daily, made, running } = world()
    yield* alive(yield* daily, "2026-11-22T00:00:00Z", running)
    assert.deepStrictEqual(made, ["2026-10-31", "2026-11-07", "2026-11-14", "2026-11-21"])
  })))

it.effect("what somebody made a day before is fresh enough for Sunday, and what is older than half a week is not; a simulation says the same", () =>
  inMonth(Effect.gen(function*() {
    const { list, weekly } = world()
    const pipeline = yield* weekly
    const sundays = Effect.map(simulate(pipeline, { from: millis("2026-10-31T00:00:00Z"), to: millis("2026-11-09T00:00:00Z") }), (_) =>
      _.happenings.map(({ due, steps }) => `${iso(due).slice(0, 10)} ${steps.join()}`))
    yield* publish(list, Partition.whole)
    assert.deepStrictEqual(yield* sundays, ["2026-11-01 ", "2026-11-08 list (expired)"])
    yield* at("2026-11-09T00:00:00Z")
    assert.deepStrictEqual(
      (yield* simulate(pipeline, { from: millis("2026-11-02T00:00:00Z"), to: millis("2026-12-07T00:00:00Z") })).happenings.map((_) =>
        _.steps.length
      ),
      [1, 1, 1, 1, 1]
    )
  })))

it.effect("what was made since it was due is not made once more by the same run's second plan, however soon it expires", () =>
  inMonth(Effect.gen(function*() {
    const { list } = world()
    const due = millis("2026-11-01T00:00:00Z")
    const planned = Effect.map(Plan.make([list], { expiring: { before: due + 30 * 86_400_000, madeBefore: due } }), Plan.print)
    yield* at("2026-10-31T23:59:59Z")
    yield* publish(list, Partition.whole)
    assert.deepStrictEqual(yield* planned, ["list (expired)"])
    yield* at("2026-11-01T00:00:00Z")
    yield* publish(list, Partition.whole)
    assert.deepStrictEqual(yield* planned, [])
  })))
