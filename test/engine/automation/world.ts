/** A pipeline that is only asked for, a ledger in memory, and a runner that ends what is asked for after a while. */
import { Context, DateTime, Duration, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Automation from "../../../src/engine/automation/Automation.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import { Pulse } from "../../../src/engine/automation/Pulse.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import type * as Sensor from "../../../src/engine/automation/Sensor.ts"
import { Ledger, type LedgerFailed } from "../../../src/engine/Ledger.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import * as Memory from "../../../src/layers/Memory.ts"
import { inOne } from "../world.ts"

export const millis = (iso: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))
export const iso = (at: number) => DateTime.formatIso(DateTime.makeUnsafe(at)).replace(":00.000Z", "Z")

export const prices = Asset.make("prices", { about: "", into: inOne }, () => Effect.succeed([]))
export const figures = Asset.make("figures", { about: "", into: inOne, from: { prices } }, () => Effect.succeed([]))

export const daily = (options: Partial<Parameters<typeof Schedule.make>[1]> = {}) =>
  Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("0 9 * * *"), ...options })

export const pipelineOf = <R = never>(schedules: ReadonlyArray<Schedule.Schedule>, sensors: ReadonlyArray<Sensor.Sensor<R>> = []) =>
  Pipeline.make("test", { assets: [figures], schedules, sensors })

/** How long what is asked for takes, in milliseconds; `never` when nobody runs it. */
export const RunFor = Context.Reference<number | "never">("test/RunFor", { defaultValue: () => 0 })

/** Runs one request at a time of each trigger, each for so long; it makes what it is asked for, or as the test says. */
export const runner = (
  ends: (request: { readonly id: string; readonly runKey: string | null }) => "succeeded" | "failed" = () => "succeeded"
) =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const duration = yield* RunFor
    if (duration === "never") return yield* Effect.never
    const one = Effect.fnUntraced(function*(id: string) {
      const [request] = yield* ledger.requests({ ids: [id] })
      if (request === undefined || !(yield* ledger.begin(id, [], "test", 1e15))) return
      yield* ledger.record({ _tag: "RunStarted", run: `run of ${id}`, targets: request.targets, trigger: request.trigger, request: id })
      const step = { _tag: "StepStarted", run: `run of ${id}`, id: `step of ${id}`, window: "", subject: "", why: "" } as const
      yield* ledger.record({ ...step, asset: request.targets[0] ?? "" })
      if (duration > 0) yield* Effect.sleep(duration)
      const state = ends(request)
      yield* ledger.record(
        { _tag: "StepEnded", id: `step of ${id}`, state, rows: 0, changed: 0, note: "" },
        { _tag: "RunEnded", run: `run of ${id}`, state },
        { _tag: "RequestEnded", request: id, state: request.cancelledAt === null ? state : "cancelled", note: "" }
      )
    })
    const queued = Effect.map(ledger.requests({ states: ["queued"] }), (_) => _.map(({ id }) => id))
    yield* Stream.fromIterableEffect(queued).pipe(
      Stream.merge(ledger.heard.pipe(Stream.filter((_) => _._tag === "RunRequested"), Stream.map((_) => _.id))),
      Stream.mapEffect(one, { concurrency: "unbounded" }),
      Stream.runDrain
    )
  })

export const at = (time: string) => TestClock.setTime(millis(time))

/** A process that looks after a pipeline until a time, then dies. The runner is part of it. */
export const alive = <R = never, R2 = Ledger>(
  pipeline: Pipeline.Pipeline<Asset.Any, R>,
  until: string,
  run: Effect.Effect<unknown, LedgerFailed, R2 | Ledger> = runner()
) =>
  Effect.gen(function*() {
    yield* Effect.forkScoped(run, { startImmediately: true })
    yield* Effect.forkScoped(Automation.run(pipeline), { startImmediately: true })
    yield* at(until)
  }).pipe(Effect.scoped)

export const ticks = (source: string) =>
  Ledger.use((ledger) =>
    Effect.map(ledger.ticks({ source }), (_) =>
      _.toReversed().map(({ due, note, state }) => [iso(due), state, ...(note === "" ? [] : [note])].join(" ")))
  )

/** What was asked for, in order: who, and how it ended. */
export const asked = Ledger.use((ledger) =>
  Effect.map(ledger.requests({}), (_) => _.map(({ requestedAt, state, trigger }) => `${iso(requestedAt)} ${trigger} ${state}`))
)

export const inMemory = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.provide(self, Layer.fresh(Layer.mergeAll(Memory.layer, Layer.succeed(Pulse, Duration.minutes(10)))))
