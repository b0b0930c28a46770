/** That an asset is late is told once, and once that it is not any more, whatever happens to who looks. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import * as Asset from "../../../src/engine/Asset.ts"
import * as LateAlerts from "../../../src/engine/automation/LateAlerts.ts"
import * as Sensor from "../../../src/engine/automation/Sensor.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import { byDay, Day, inOne, publish } from "../world.ts"
import { alive, at, inMemory, pipelineOf, ticks } from "./world.ts"

const nothing = () => Effect.succeed([])
const a = Asset.make("a", { about: "", into: inOne, freshFor: "1 minute", lateAfter: "1 hour" }, nothing)
const b = Asset.make("b", { about: "", into: inOne, freshFor: "1 minute", lateAfter: "1 hour" }, nothing)
const free = Asset.make("free", { about: "", into: inOne, freshFor: "1 minute" }, nothing)

/** Who is told, as often as it answers; and the sensor that tells. */
const telling = (answer: (count: number) => Effect.Effect<void, string> = () => Effect.void) => {
  const told: Array<LateAlerts.Alert> = []
  const looks = LateAlerts.of([a, b, free], (alert) => Effect.suspend(() => answer(told.push(alert))))
  return { told, sensor: Sensor.make("late", { about: "", cursor: LateAlerts.Cursor, start: Effect.succeed({}), looks }) }
}
const says = (told: ReadonlyArray<LateAlerts.Alert>) => told.map((_) => _.says)
const cursor = Ledger.use((_) => _.standings).pipe(
  Effect.map((_) => _.find(({ name }) => name === "late")?.cursor ?? ""),
  Effect.flatMap(Schema.decodeEffect(Schema.fromJsonString(LateAlerts.Cursor)))
)
const ended = Ledger.use((_) => _.record({ _tag: "RunEnded", run: "r", state: "succeeded" }))
const nobody = Effect.never

describe("an asset that is late", () => {
  it.effect("is told once, and its recovery once, also when whoever looks dies in between", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      for (const _ of [a, free]) yield* publish(_, Partition.whole)
      const { sensor, told } = telling()
      const pipeline = yield* pipelineOf([], [sensor])
      yield* alive(pipeline, "2026-11-24T01:00:00Z", nobody)
      assert.deepStrictEqual(says(told), [], "at its deadline it is not late")
      yield* alive(pipeline, "2026-11-24T01:00:01Z", nobody)
      yield* alive(pipeline, "2026-11-24T01:30:00Z", nobody)
      assert.deepStrictEqual(says(told), ["late: a (since 2026-11-24 01:00 UTC)"])
      yield* alive(pipeline, "2026-11-24T03:00:00Z", nobody)
      assert.lengthOf(told, 1)
      yield* publish(a, Partition.whole)
      yield* alive(pipeline, "2026-11-24T03:30:00Z", nobody)
      yield* alive(pipeline, "2026-11-24T03:59:00Z", nobody)
      assert.deepStrictEqual(told, [
        {
          id: "a 2026-11-24 01:00 UTC late",
          kind: "late",
          assets: ["a"],
          since: Date.UTC(2026, 10, 24, 1),
          says: "late: a (since 2026-11-24 01:00 UTC)"
        },
        {
          id: "a 2026-11-24 01:00 UTC recovered",
          kind: "recovered",
          assets: ["a"],
          since: Date.UTC(2026, 10, 24, 1),
          says: "on time again: a (late since 2026-11-24 01:00 UTC)"
        }
      ])
      assert.deepStrictEqual(yield* ticks("late"), [
        "2026-11-24T01:00:00.001Z skipped late: a (since 2026-11-24 01:00 UTC)",
        "2026-11-24T03:00Z skipped on time again: a (late since 2026-11-24 01:00 UTC)"
      ])
      assert.deepStrictEqual(yield* cursor, {})
    })))

  it.effect("is told again, with the same id, while nobody hears it; and late for the second time it is other news", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      yield* publish(a, Partition.whole)
      const { sensor, told } = telling((count) => count === 1 ? Effect.fail("nobody there") : Effect.void)
      const pipeline = yield* pipelineOf([], [sensor])
      yield* alive(pipeline, "2026-11-24T02:00:00Z", nobody)
      yield* publish(a, Partition.whole)
      yield* alive(pipeline, "2026-11-24T04:00:00Z", nobody)
      assert.deepStrictEqual(told.map((_) => _.id), [
        "a 2026-11-24 01:00 UTC late",
        "a 2026-11-24 01:00 UTC late",
        "a 2026-11-24 01:00 UTC recovered",
        "a 2026-11-24 03:00 UTC late"
      ])
    })))

  it.effect("is told with those that became late meanwhile, and one that comes later for itself", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      for (const _ of [a, b]) yield* publish(_, Partition.whole)
      yield* at("2026-11-24T06:00:00Z")
      const { sensor, told } = telling()
      const pipeline = yield* pipelineOf([], [sensor])
      yield* alive(pipeline, "2026-11-24T06:01:00Z", nobody)
      yield* publish(a, Partition.whole)
      yield* alive(pipeline, "2026-11-24T06:02:00Z", nobody)
      yield* publish(b, Partition.whole)
      yield* alive(pipeline, "2026-11-24T06:03:00Z", nobody)
      assert.deepStrictEqual(says(told), [
        "late: a (since 2026-11-24 01:00 UTC), b (since 2026-11-24 01:00 UTC)",
        "on time again: a (late since 2026-11-24 01:00 UTC)",
        "on time again: b (late since 2026-11-24 01:00 UTC)"
      ])
    })))

  it.effect("is told the moment its deadline has passed, whether it has no key or the next key of one is due", () =>
    inMemory(Effect.gen(function*() {
      const daily = Asset.make("daily", { about: "", into: byDay, per: Day, lateAfter: "6 hours" }, nothing)
      const told: Array<string> = []
      const looks = LateAlerts.of([a, daily], ({ says }) => Effect.sync(() => void told.push(says)))
      yield* at("2026-11-24T00:10:00Z")
      yield* publish(a, Partition.whole)
      yield* publish(daily, Day.window("2026-11-23"))
      yield* alive(yield* pipelineOf([], [Sensor.make("late", { about: "", cursor: LateAlerts.Cursor, start: Effect.succeed({}), looks })]),
        "2026-11-24T12:00:00Z", nobody)
      assert.deepStrictEqual(yield* ticks("late"), [
        "2026-11-24T01:10:00.001Z skipped late: a (since 2026-11-24 01:10 UTC)",
        "2026-11-24T06:35:00.001Z skipped late: daily (since 2026-11-24 06:35 UTC)"
      ])
      assert.lengthOf(told, 2)
    })))

  it.effect("and was made by a run is told to be on time when that run has ended, not minutes later", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      yield* publish(a, Partition.whole)
      yield* at("2026-11-24T01:30:00Z")
      const { sensor } = telling()
      const making = Effect.sleep("2 minutes").pipe(Effect.andThen(publish(a, Partition.whole)), Effect.andThen(ended))
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T01:33:00Z", making)
      assert.deepStrictEqual((yield* ticks("late")).at(-1), "2026-11-24T01:32Z skipped on time again: a (late since 2026-11-24 01:00 UTC)")
    })))

  it.effect("with many others is one piece of news: ten of them by name, how many more, and since when the first of all is late", () =>
    inMemory(Effect.gen(function*() {
      const many = Array.from({ length: 12 }, (_, i) =>
        Asset.make(`a${i}`, { about: "", into: inOne, freshFor: "1 minute", lateAfter: "1 hour" }, nothing))
      for (const [i, asset] of many.entries()) {
        yield* at(`2026-11-24T00:${50 - i}:00Z`)
        yield* publish(asset, Partition.whole)
      }
      yield* at("2026-11-24T12:00:00Z")
      const sent = (assets: typeof many, told: LateAlerts.Cursor) =>
        Effect.gen(function*() {
          const alerts: Array<LateAlerts.Alert> = []
          const seen = yield* LateAlerts.of(assets, (alert) => Effect.sync(() => void alerts.push(alert))).look(told)
          return [alerts, Option.getOrUndefined(Option.map(seen, (_) => _.cursor))] as const
        })
      const since = (i: number) => Date.UTC(2026, 10, 24, 1, 50 - i)
      const [late, cursor] = yield* sent(many, {})
      const names = many.map((_) => _.name)
      const said = (i: number) => `a${i} (since 2026-11-24 01:${50 - i} UTC)`
      assert.deepStrictEqual(late, [{
        id: "a0 2026-11-24 01:50 UTC and 11 more late",
        kind: "late",
        assets: names,
        since: since(11),
        says: `late: ${Array.from({ length: 10 }, (_, i) => said(i)).join(", ")}, and 2 more`
      }])
      assert.deepStrictEqual(cursor, Object.fromEntries(names.map((name, i) => [name, since(i)])))
      const [[ten]] = yield* sent(many.slice(0, 10), {})
      assert.deepStrictEqual([ten?.id, ten?.says.includes("more")], ["a0 2026-11-24 01:50 UTC and 9 more late", false])
      const [[eleven]] = yield* sent(many.slice(0, 11), {})
      assert.match(eleven?.says ?? "", /, and 1 more$/)
      const [[two]] = yield* sent(many.slice(0, 2), {})
      assert.strictEqual(two?.id, "a0 2026-11-24 01:50 UTC and 1 more late")
      // who is late is told first, then who is not any more; and then there is nothing
      const [[first], after] = yield* sent(many.slice(0, 2), { gone: 5, a1: 6 })
      assert.deepStrictEqual([first?.id, after], ["a0 2026-11-24 01:50 UTC late", { gone: 5, a1: 6, a0: since(0) }])
      const [[second], last] = yield* sent(many.slice(0, 2), after ?? {})
      assert.deepStrictEqual([second?.kind, second?.assets, second?.since, last], ["recovered", ["gone"], 5, { a1: 6, a0: since(0) }])
      assert.deepStrictEqual(yield* sent(many.slice(0, 2), last ?? {}), [[], undefined])
    })))
})
