import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import { alive, asked, at, daily, figures, inMemory, iso, millis, pipelineOf, prices, RunFor, ticks } from "./world.ts"

const down = "the process was down or asleep from 2026-11-24 08:00 UTC to 2026-11-27 12:00 UTC"
const everyMorning = ["2026-11-24T09:00Z", "2026-11-25T09:00Z", "2026-11-26T09:00Z", "2026-11-27T09:00Z"]

/** Up from Monday noon, down from Tuesday 08:00 to Friday 12:00. */
const downForDays = Effect.fnUntraced(function*(schedule: Schedule.Schedule) {
  yield* at("2026-11-23T12:00:00Z")
  const pipeline = yield* pipelineOf([schedule])
  yield* alive(pipeline, "2026-11-24T08:00:00Z")
  yield* at("2026-11-27T12:00:00Z")
  yield* alive(pipeline, "2026-11-27T12:05:00Z")
})

describe("down from Tuesday 08:00 to Friday 12:00, a schedule of 09:00 has four ticks, whatever it catches up on", () => {
  it.effect("latest: one run, for Friday", () =>
    inMemory(Effect.gen(function*() {
      yield* downForDays(daily({ catchUp: "latest" }))
      assert.deepStrictEqual(yield* ticks("daily"), [
        ...everyMorning.slice(0, 3).map((_) => `${_} missed ${down}`),
        "2026-11-27T09:00Z ran"
      ])
      assert.deepStrictEqual(yield* asked, ["2026-11-27T12:00Z schedule daily succeeded"])
    })))

  it.effect("all: four runs, the oldest first, each when the one before has ended", () =>
    inMemory(
      Effect.gen(function*() {
        yield* downForDays(daily({ catchUp: "all" }))
        assert.deepStrictEqual(yield* ticks("daily"), [
          "2026-11-24T09:00Z ran",
          ...everyMorning.slice(1).map((_) => `${_} ran waited for the one before it`)
        ])
        assert.deepStrictEqual(yield* asked, ["00", "01", "02", "03"].map((_) => `2026-11-27T12:${_}Z schedule daily succeeded`))
        const keys = yield* Ledger.use((_) => Effect.map(_.requests({}), (all) => all.map((_) => _.runKey)))
        assert.deepStrictEqual(keys, everyMorning.map((_) => `daily ${millis(_.replace("Z", ":00Z"))}`))
      }).pipe(Effect.provideService(RunFor, 60_000))
    ))

  it.effect("none: no run", () =>
    inMemory(Effect.gen(function*() {
      yield* downForDays(daily({ catchUp: "none" }))
      assert.deepStrictEqual(yield* ticks("daily"), everyMorning.map((_) => `${_} missed ${down}`))
      assert.deepStrictEqual(yield* asked, [])
    })))

  it.effect("the newest two: Thursday and Friday", () =>
    inMemory(Effect.gen(function*() {
      yield* downForDays(daily({ catchUp: { max: 2 }, over: (due) => ({ end: due }) }))
      assert.deepStrictEqual((yield* ticks("daily")).map((_) => _.split(" ").slice(0, 2).join(" ")), [
        "2026-11-24T09:00Z missed",
        "2026-11-25T09:00Z missed",
        "2026-11-26T09:00Z ran",
        "2026-11-27T09:00Z ran"
      ])
      const overs = yield* Ledger.use((_) => Effect.map(_.requests({}), (all) => all.map((_) => _.over)))
      assert.deepStrictEqual(overs, everyMorning.slice(2).map((_) => ({ end: millis(_.replace("Z", ":00Z")) })))
    })))
})

describe("a due time while the run before it is under way", () => {
  /** Runs of 90 minutes, due every hour; nothing is due after 03:00, so all can end. */
  const hourly = Effect.fnUntraced(function*(overlap: Schedule.Overlap) {
    yield* at("2026-11-24T00:30:00Z")
    const schedule = Schedule.make("hourly", { about: "", runs: prices, cadence: Cadence.cron("0 1-3 * * *"), overlap })
    yield* alive(yield* pipelineOf([schedule]), "2026-11-24T08:00:00Z")
    return [yield* ticks("hourly"), yield* asked]
  }, (_) => inMemory(Effect.provideService(_, RunFor, 90 * 60_000)))

  it.effect("is skipped", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* hourly("skip"), [
        ["2026-11-24T01:00Z ran", "2026-11-24T02:00Z skipped the run before it is still under way", "2026-11-24T03:00Z ran"],
        ["2026-11-24T01:00Z schedule hourly succeeded", "2026-11-24T03:00Z schedule hourly succeeded"]
      ])
    }))

  it.effect("or waits for its turn", () =>
    Effect.gen(function*() {
      const expected = [
        [
          "2026-11-24T01:00Z ran",
          "2026-11-24T02:00Z ran waited for the run before it",
          "2026-11-24T03:00Z ran waited for the run before it"
        ],
        ["2026-11-24T01:00Z", "2026-11-24T02:30Z", "2026-11-24T04:00Z"].map((_) => `${_} schedule hourly succeeded`)
      ]
      assert.deepStrictEqual(yield* hourly("bufferAll"), expected)
      assert.deepStrictEqual(yield* hourly("bufferOne"), expected)
    }))

  it.effect("waits unless one waits already", () =>
    inMemory(
      Effect.gen(function*() {
        yield* at("2026-11-24T00:30:00Z")
        const schedule = Schedule.make("hourly", { about: "", runs: prices, cadence: Cadence.cron("0 1-4 * * *"), overlap: "bufferOne" })
        yield* alive(yield* pipelineOf([schedule]), "2026-11-24T12:00:00Z")
        assert.deepStrictEqual(yield* ticks("hourly"), [
          "2026-11-24T01:00Z ran",
          "2026-11-24T02:00Z ran waited for the run before it",
          "2026-11-24T03:00Z skipped one waits already",
          "2026-11-24T04:00Z skipped one waits already"
        ])
      }).pipe(Effect.provideService(RunFor, 200 * 60_000))
    ))

  it.effect("runs beside it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* hourly("allow"), [
        ["2026-11-24T01:00Z ran", "2026-11-24T02:00Z ran", "2026-11-24T03:00Z ran"],
        ["2026-11-24T01:00Z", "2026-11-24T02:00Z", "2026-11-24T03:00Z"].map((_) => `${_} schedule hourly succeeded`)
      ])
    }))

  it.effect("cancels it, and runs when that has ended; of those that wait the newest", () =>
    inMemory(
      Effect.gen(function*() {
        const ledger = yield* Ledger
        yield* at("2026-11-24T00:30:00Z")
        const schedule = Schedule.make("hourly", { about: "", runs: prices, cadence: Cadence.cron("0 1-3 * * *"), overlap: "cancelOther" })
        const pipeline = yield* pipelineOf([schedule])
        // what runs takes long to hear that it is cancelled
        const stubborn = Effect.gen(function*() {
          for (let at = 1; at <= 2; at++) {
            yield* Effect.sleep(at === 1 ? "31 minutes" : "180 minutes")
            const [queued] = yield* ledger.requests({ states: ["queued"] })
            if (queued !== undefined) yield* ledger.begin(queued.id, [], "test", 1e15)
            const [running] = yield* ledger.requests({ states: ["running"] })
            if (at === 2 && running !== undefined)
              yield* ledger.record({
                _tag: "RequestEnded",
                request: running.id,
                state: "cancelled",
                note: ""
              })
          }
          return yield* Effect.never
        })
        yield* alive(pipeline, "2026-11-24T08:00:00Z", stubborn)
        assert.deepStrictEqual(yield* ticks("hourly"), [
          "2026-11-24T01:00Z ran",
          "2026-11-24T02:00Z skipped made way for the one of 2026-11-24 03:00 UTC",
          "2026-11-24T03:00Z ran waited for the run that it cancelled"
        ])
        assert.deepStrictEqual(yield* asked, ["2026-11-24T01:00Z schedule hourly cancelled", "2026-11-24T04:01Z schedule hourly queued"])
      })
    ))
})

describe("a schedule", () => {
  it.effect("does not fire again when the clock is set back, nor when it is switched off and on meanwhile", () =>
    inMemory(Effect.gen(function*() {
      const ledger = yield* Ledger
      yield* at("2026-11-24T08:30:00Z")
      const pipeline = yield* pipelineOf([daily()])
      yield* alive(pipeline, "2026-11-24T09:10:00Z")
      yield* at("2026-11-24T08:00:00Z")
      yield* alive(pipeline, "2026-11-24T09:30:00Z")
      yield* at("2026-11-24T08:00:00Z")
      const set = { _tag: "AutomationSet", name: "daily", kind: "schedule", cadence: "0 9 * * *", why: "by hand" } as const
      yield* ledger.record({ ...set, on: false }, { ...set, on: true })
      yield* alive(pipeline, "2026-11-25T09:10:00Z")
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z ran", "2026-11-25T09:00Z ran"])
      assert.lengthOf(yield* asked, 2)
    })))

  it.effect("whose cron was edited does not run the old ticks, and says so", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-23T08:30:00Z")
      yield* alive(yield* pipelineOf([daily()]), "2026-11-24T08:10:00Z")
      yield* at("2026-11-24T08:30:00Z")
      yield* alive(yield* pipelineOf([daily({ cadence: Cadence.cron("0 8 * * *") })]), "2026-11-25T08:10:00Z")
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-23T09:00Z ran", "2026-11-25T08:00Z ran"])
      const [standing] = yield* Ledger.use((_) => _.standings)
      assert.deepStrictEqual([standing?.cadence, standing?.why, iso(standing?.since ?? 0)], [
        "0 8 * * *",
        "its cadence was 0 9 * * *",
        "2026-11-24T08:30Z"
      ])
    })))

  it.effect("that is switched off has no ticks, and has none to make up for when it is switched on", () =>
    inMemory(Effect.gen(function*() {
      const ledger = yield* Ledger
      yield* at("2026-11-23T12:00:00Z")
      const pipeline = yield* pipelineOf([daily({ on: false })])
      yield* alive(pipeline, "2026-11-25T12:00:00Z")
      assert.deepStrictEqual(yield* ticks("daily"), [])
      yield* ledger.record({ _tag: "AutomationSet", name: "daily", kind: "schedule", on: true, cadence: "0 9 * * *", why: "by hand" })
      yield* alive(pipeline, "2026-11-26T12:00:00Z")
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-26T09:00Z ran"])
    })))

  it.effect("is heard at once when it is switched while the loop waits", () =>
    inMemory(Effect.gen(function*() {
      const ledger = yield* Ledger
      yield* at("2026-11-23T12:00:00Z")
      const pipeline = yield* pipelineOf([daily({ on: false })])
      const run = Effect.andThen(Effect.sleep("20 hours"),
        ledger.record({ _tag: "AutomationSet", name: "daily", kind: "schedule", on: true, cadence: "0 9 * * *", why: "by hand" }))
      yield* alive(pipeline, "2026-11-24T12:00:00Z", Effect.andThen(Effect.orDie(run), Effect.never))
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z ran"])
    })))

  it.effect("with jitter is acted upon somewhat later, the same each time, and keeps its due time", () =>
    inMemory(Effect.gen(function*() {
      const schedule = daily({ jitter: "30 minutes", catchUp: "none" })
      yield* at("2026-11-23T12:00:00Z")
      yield* alive(yield* pipelineOf([schedule]), "2026-11-26T12:00:00Z")
      const mornings = ["2026-11-24T09:00Z", "2026-11-25T09:00Z", "2026-11-26T09:00Z"]
      assert.deepStrictEqual(yield* ticks("daily"), mornings.map((_) => `${_} ran`))
      const acted = yield* Ledger.use((_) => Effect.map(_.requests({}), (all) => all.map((_) => _.requestedAt)))
      const late = acted.map((at, i) => at - millis((mornings[i] ?? "").replace("Z", ":00Z")))
      assert.deepStrictEqual(acted, mornings.map((_) => Schedule.firesAt(schedule, millis(_.replace("Z", ":00Z")))))
      assert.isTrue(late.every((_) => 0 <= _ && _ <= Duration.toMillis("30 minutes")) && new Set(late).size === 3)
    })))

  it.effect("whose window cannot be told has a failed tick that says why, and goes on", () =>
    inMemory(Effect.gen(function*() {
      const over = (due: number) => {
        if (due < millis("2026-11-25T00:00:00Z")) throw new RangeError("no such key")
        return { start: 0 }
      }
      yield* at("2026-11-23T12:00:00Z")
      yield* alive(yield* pipelineOf([daily({ over })]), "2026-11-25T12:00:00Z")
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z failed defect: no such key", "2026-11-25T09:00Z ran"])
    })))

  it.effect("that follows a job is due when a run has made what it waits for, and not when it failed", () =>
    inMemory(Effect.gen(function*() {
      const figuresAfter = Schedule.make("figures_after", { about: "", runs: figures, cadence: Schedule.after(prices) })
      yield* at("2026-11-23T12:00:00Z")
      const pipeline = yield* pipelineOf([daily(), figuresAfter])
      yield* alive(pipeline, "2026-11-25T12:00:00Z")
      assert.deepStrictEqual(yield* asked, [
        "2026-11-24T09:00Z schedule daily succeeded",
        "2026-11-24T09:00Z schedule figures_after succeeded",
        "2026-11-25T09:00Z schedule daily succeeded",
        "2026-11-25T09:00Z schedule figures_after succeeded"
      ])
      assert.deepStrictEqual((yield* ticks("figures_after")).map((_) => _.replace(/run of .*/, "…")), [
        "2026-11-24T09:00Z ran after run …",
        "2026-11-25T09:00Z ran after run …"
      ])
    })))
})
