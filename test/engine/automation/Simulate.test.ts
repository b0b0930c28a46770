import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule as Recurrence, Schema } from "effect"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Condition from "../../../src/engine/automation/Condition.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../../src/engine/automation/Sensor.ts"
import { simulate } from "../../../src/engine/automation/Simulate.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import { Manifest } from "../../../src/engine/Manifest.ts"
import * as Job from "../../../src/engine/Job.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import { byDay, Day, horizon, inOne, market, publish } from "../world.ts"
import { at, inMemory, iso, millis } from "./world.ts"

const worldOf = (on = true) => {
  const { asked, prices } = market()
  const sums = Asset.make("sums", { about: "", into: byDay, per: Day, from: { prices } }, () => Effect.succeed([]))
  const daily = Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("40 0 * * *"), jitter: "10 minutes" })
  const follower = Schedule.make("follower", { about: "", runs: sums, cadence: Schedule.after(prices) })
  const off = Schedule.make("off", { about: "", runs: prices, cadence: Cadence.cron("0 * * * *"), on: false })
  const sensor = Sensor.make("sensor", {
    about: "",
    cursor: Schema.Null,
    start: Effect.succeed(null),
    calls: 2,
    on,
    looks: Sensor.polled(Cadence.every("6 hours"), "every 6 hours", () => Effect.die("nobody looks"))
  })
  const listens = Sensor.make("listens", {
    about: "",
    cursor: Schema.Null,
    start: Effect.succeed(null),
    calls: 3,
    on,
    looks: Sensor.heard({ text: "when told", interest: () => true }, () => Effect.die("nobody looks"))
  })
  const pipeline = Pipeline.make("test", { assets: [sums], schedules: [daily, follower, off], sensors: [sensor, listens] })
  return { asked, prices, daily, pipeline }
}
const window = { from: millis("2026-11-25T00:00:00Z"), to: millis("2026-11-27T00:00:00Z") }

describe("a simulation", () => {
  it.effect("tells what conditions would ask for: after what was made, and when time decides; at no cost but their own", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const sums = Asset.make("sums", { about: "", into: byDay, per: Day, from: { prices }, when: Condition.eager }, () =>
        Effect.succeed([]))
      const six = Asset.make("six", { about: "", into: inOne, when: Condition.cronPassed(Cadence.cron("0 6 * * *"), "six") }, () =>
        Effect.succeed([]))
      const daily = Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("40 0 * * *") })
      const pipeline = yield* Pipeline.make("test", { assets: [sums, six], schedules: [daily] })
      yield* at("2026-11-24T12:00:00Z")
      for (const subject of ["btc", "eth"]) yield* publish(prices, Day.window("2026-11-23", "2026-11-24"), { subject })
      const told = Effect.map(horizon(2)(simulate(pipeline, window)), (_) =>
        _.happenings.map((_) => [iso(_.at), _.schedule, _.targets, _.steps, _.calls]))
      const day = (date: string) => [
        [`2026-11-${date}T00:40Z`, "daily", ["prices"], [`prices 2026-11-${date}, 2 subjects (missing 2), 2 calls`], 2],
        [`2026-11-${date}T00:40Z`, "conditions", ["sums"], [`sums 2026-11-${date} (${date === "25" ? "never made" : "missing"} 1)`], 0],
        [`2026-11-${date}T06:00Z`, "conditions", ["six"], date === "25" ? ["six (never made)"] : [], 0]
      ]
      assert.deepStrictEqual(yield* told, [...day("25"), ...day("26")])
      assert.deepStrictEqual(yield* Ledger.use((_) => Effect.all([_.requests({}), _.ticks({}), _.standings])), [[], [], []])
      yield* Ledger.use((_) => _.record({ _tag: "AutomationSet", name: "conditions", kind: "sensor", on: false, cadence: "", why: "" }))
      assert.deepStrictEqual((yield* told).map(([, schedule]) => schedule), ["daily", "daily"])
    })))

  it.effect("tells each tick and what its run would make, on what the runs before would leave, and runs nothing", () =>
    inMemory(Effect.gen(function*() {
      const { asked, daily, pipeline, prices } = worldOf()
      yield* at("2026-11-24T12:00:00Z")
      for (const subject of ["btc", "eth"]) yield* publish(prices, Day.window("2026-11-23", "2026-11-24"), { subject })
      const { happenings, lookings } = yield* horizon(2)(simulate(yield* pipeline, window))
      assert.deepStrictEqual(happenings.map((_) => [iso(_.due), _.schedule, _.after, _.steps, _.calls]), [
        ["2026-11-25T00:40Z", "daily", undefined, ["prices 2026-11-25, 2 subjects (missing 2), 2 calls"], 2],
        [
          iso(Schedule.firesAt(daily, millis("2026-11-25T00:40:00Z"))),
          "follower",
          "daily",
          ["sums 2026-11-24..2026-11-25 (never made 2)"],
          0
        ],
        ["2026-11-26T00:40Z", "daily", undefined, ["prices 2026-11-26, 2 subjects (missing 2), 2 calls"], 2],
        [iso(Schedule.firesAt(daily, millis("2026-11-26T00:40:00Z"))), "follower", "daily", ["sums 2026-11-26 (missing 1)"], 0]
      ])
      assert.deepStrictEqual(happenings.map((_) => _.at), happenings.map((_) =>
        Schedule.firesAt(daily, _.schedule === "daily" ? _.due : _.due - (_.due % 86_400_000) + 2_400_000)
      ))
      assert.deepStrictEqual(lookings, [{ sensor: "sensor", when: "every 6 hours", looks: 8, calls: 16 }, {
        sensor: "listens",
        when: "when told",
        looks: undefined,
        calls: 0
      }])
      assert.deepStrictEqual(asked, [])
      assert.strictEqual((yield* Manifest.use((_) => _.newest([]))).seq, 2)
      assert.deepStrictEqual(yield* Ledger.use((_) => Effect.all([_.requests({}), _.ticks({}), _.standings])), [[], [], []])
    })))

  it.effect("tells what follows a run, whoever asked for that and in whatever order they stand; each by the run it follows", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const rates = Asset.make("rates", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
      const sums = Asset.make("sums", { about: "", into: byDay, per: Day, from: { prices }, when: Condition.eager }, () =>
        Effect.succeed([]))
      const means = Asset.make("means", { about: "", into: byDay, per: Day, from: { sums } }, () => Effect.succeed([]))
      const both = Job.make("both", { about: "", assets: [prices, sums] })
      const after = (name: string, runs: Asset.Any, waits: Asset.Any | Job.Any) =>
        Schedule.make(name, { about: "", runs, cadence: Schedule.after(waits) })
      const schedules = [
        after("never", means, both),
        after("second", rates, means),
        after("first", means, sums),
        Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("40 0 * * *") })
      ]
      const pipeline = yield* Pipeline.make("test", { assets: [means, rates], schedules, jobs: [both] })
      yield* at("2026-11-24T12:00:00Z")
      for (const subject of ["btc", "eth"]) yield* publish(prices, Day.window("2026-11-23", "2026-11-24"), { subject })
      const { happenings } = yield* horizon(2)(simulate(pipeline, { ...window, to: millis("2026-11-26T00:00:00Z") }))
      assert.deepStrictEqual(happenings.map((_) => [iso(_.at), _.schedule, _.after, _.targets]), [
        ["2026-11-25T00:40Z", "daily", undefined, ["prices"]],
        ["2026-11-25T00:40Z", "conditions", undefined, ["sums"]],
        ["2026-11-25T00:40Z", "first", "conditions", ["means"]],
        ["2026-11-25T00:40Z", "second", "first", ["rates"]]
      ])
    })))

  it.effect("tells what happens in its order, from the first instant on and without the last; at one instant the schedules come first", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const six = Condition.cronPassed(Cadence.cron("0 0,6 * * *"), "six")
      const own = Asset.make("own", { about: "", into: inOne, when: six }, () => Effect.succeed([]))
      const cron = (name: string, expression: string) => Schedule.make(name, { about: "", runs: prices, cadence: Cadence.cron(expression) })
      const schedules = [cron("six", "0 6 * * *"), cron("midnight", "0 0 * * *"), cron("early", "10 0 * * *")]
      const pipeline = yield* Pipeline.make("test", { assets: [prices, own], schedules })
      yield* at("2026-11-24T12:00:00Z")
      // of a time that is past, too, all is told that would happen
      const midnight = { _tag: "AutomationSet", name: "midnight", kind: "schedule", on: true, cadence: "", why: "" } as const
      const ticked = { _tag: "Ticked", source: "midnight", due: millis("2026-11-26T00:00:00Z"), state: "ran", note: "" } as const
      yield* Ledger.use((_) => _.record(midnight, ticked))
      const { happenings } = yield* horizon(2)(simulate(pipeline, window))
      const day = (date: string) => [
        [`2026-11-${date}T00:00Z`, "midnight"],
        [`2026-11-${date}T00:00Z`, "conditions"],
        [`2026-11-${date}T00:10Z`, "early"],
        [`2026-11-${date}T06:00Z`, "six"],
        [`2026-11-${date}T06:00Z`, "conditions"]
      ]
      assert.deepStrictEqual(happenings.map((_) => [iso(_.at), _.schedule]), [...day("25"), ...day("26")])
    })))

  it.effect("makes what expires nearer to a due time than to the next one, and for a condition nothing that it reads", () =>
    inMemory(Effect.gen(function*() {
      const list = Asset.make("list", { about: "", into: inOne, freshFor: "1 day" }, () => Effect.succeed([]))
      const { prices } = market()
      const sums = Asset.make("sums", { about: "", into: byDay, per: Day, from: { prices }, when: Condition.newlyMissing }, () =>
        Effect.succeed([]))
      const daily = Schedule.make("daily", { about: "", runs: list, cadence: Cadence.cron("40 0 * * *") })
      const pipeline = yield* Pipeline.make("test", { assets: [list, sums], schedules: [daily] })
      yield* at("2026-11-24T00:41:00Z")
      yield* publish(list, Partition.whole)
      const { happenings } = yield* horizon(2)(simulate(pipeline, window))
      assert.deepStrictEqual(happenings.map((_) => [iso(_.at), _.schedule, _.steps.map((_) => _.split(" (")[0]), _.calls]), [
        ["2026-11-25T00:35Z", "conditions", ["sums 2026-11-25"], 0],
        ["2026-11-25T00:40Z", "daily", ["list"], 0],
        ["2026-11-26T00:35Z", "conditions", ["sums 2026-11-26"], 0],
        ["2026-11-26T00:40Z", "daily", ["list"], 0]
      ])
    })))

  it.effect("goes on from the last tick there is, or from when it was switched on", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const every = (name: string) => Schedule.make(name, { about: "", runs: prices, cadence: Cadence.every("7 hours") })
      const often = Schedule.make("often", {
        about: "",
        runs: prices,
        cadence: Cadence.every("12 hours").pipe(Recurrence.upTo({ times: 5 }))
      })
      const schedules = [every("ticked"), every("switched"), every("unknown"), often]
      const pipeline = yield* Pipeline.make("test", { assets: [prices], schedules })
      const { record } = yield* Ledger
      const set = (name: string) => record({ _tag: "AutomationSet", name, kind: "schedule", on: true, cadence: "", why: "" })
      yield* at("2026-11-24T01:30:00Z")
      for (const name of ["ticked", "switched", "often"]) yield* set(name)
      yield* record({ _tag: "Ticked", source: "ticked", due: millis("2026-11-24T02:30:00Z"), state: "ran", note: "" })
      const { happenings } = yield* simulate(pipeline, { ...window, to: millis("2026-11-26T00:00:00Z") })
      const dues = (name: string) => happenings.filter((_) => _.schedule === name).map((_) => iso(_.due))
      const on25 = (...times: ReadonlyArray<string>) => times.map((_) => `2026-11-25T${_}Z`)
      assert.deepStrictEqual(dues("ticked"), on25("06:30", "13:30", "20:30"))
      assert.deepStrictEqual(dues("switched"), on25("05:30", "12:30", "19:30"))
      assert.deepStrictEqual(dues("unknown"), on25("05:30", "12:30", "19:30"), "from now on")
      // two of five are left: 01:30 and 13:30 of the 24th and 01:30 of the 25th came before
      assert.deepStrictEqual(dues("often"), on25("01:30", "13:30"))
    })))

  it.effect("knows what was made under an old name", () =>
    inMemory(Effect.gen(function*() {
      const old = Asset.make("old", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
      const prices = Asset.make("prices", { about: "", into: byDay, per: Day, aliases: ["old"] }, () => Effect.succeed([]))
      const daily = Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("40 0 * * *") })
      const pipeline = yield* Pipeline.make("test", { assets: [prices], schedules: [daily] })
      yield* at("2026-11-24T12:00:00Z")
      yield* publish(old, Day.window("2026-11-24"))
      const { happenings } = yield* horizon(2)(simulate(pipeline, { ...window, to: millis("2026-11-26T00:00:00Z") }))
      assert.deepStrictEqual(happenings.map((_) => _.steps), [["prices 2026-11-25 (missing 1)"]])
    })))

  it.effect("ends where a condition holds of what no run changes", () =>
    inMemory(Effect.gen(function*() {
      const prices = Asset.make("prices", { about: "", into: byDay, per: Day, when: Condition.failed }, () => Effect.succeed([]))
      const pipeline = yield* Pipeline.make("test", { assets: [prices] })
      yield* at("2026-11-24T12:00:00Z")
      yield* publish(prices, Day.window("2026-11-24"))
      yield* at("2026-11-24T13:00:00Z")
      const step = { id: "step", run: "by force", asset: "prices", window: "2026-11-24", subject: "" } as const
      yield* Ledger.use((_) =>
        _.record(
          { _tag: "StepStarted", ...step, why: "" },
          { _tag: "StepEnded", id: step.id, state: "failed", rows: 0, changed: 0, note: "" }
        )
      )
      const { happenings } = yield* horizon(1)(simulate(pipeline, window))
      assert.deepStrictEqual(happenings.map((_) => [iso(_.at), _.steps]), [["2026-11-25T00:00Z", []]])
    })))

  it.effect("tells a window that cannot be told, and goes on", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const over = (due: number) => {
        if (due < millis("2026-11-26T00:00:00Z")) throw new RangeError("no such key")
        return { start: millis("2026-11-26T00:00:00Z") }
      }
      const daily = Schedule.make("daily", { about: "", runs: prices, cadence: Cadence.cron("40 0 * * *"), over })
      const pipeline = yield* Pipeline.make("test", { assets: [prices], schedules: [daily] })
      yield* at("2026-11-24T12:00:00Z")
      const { happenings } = yield* horizon(2)(simulate(pipeline, window))
      assert.deepStrictEqual(happenings.map((_) => [iso(_.at), _.steps, _.calls]), [
        ["2026-11-25T00:40Z", ["its window cannot be told: defect: no such key"], 0],
        ["2026-11-26T00:40Z", ["prices 2026-11-26, 2 subjects (never made 2), 2 calls"], 2]
      ])
    })))

  it.effect("knows what was switched on and off", () =>
    inMemory(Effect.gen(function*() {
      const { pipeline } = worldOf(false)
      yield* at("2026-11-24T12:00:00Z")
      const set = { _tag: "AutomationSet", kind: "schedule", cadence: "", why: "" } as const
      yield* Ledger.use((_) => _.record({ ...set, name: "daily", on: false }, { ...set, name: "off", on: true }))
      const { happenings, lookings } = yield* horizon(2)(simulate(yield* pipeline, { ...window, to: millis("2026-11-25T03:00:00Z") }))
      assert.deepStrictEqual(happenings.filter((_) => _.schedule !== "follower").map((_) => [iso(_.due), _.schedule, _.steps.length]), [
        ["2026-11-25T00:00Z", "off", 1],
        ["2026-11-25T01:00Z", "off", 1],
        ["2026-11-25T02:00Z", "off", 0]
      ])
      assert.deepStrictEqual(lookings, [])
    })))
})
