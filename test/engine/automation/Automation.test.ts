import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Schedule as Recurrence } from "effect"
import * as Automation from "../../../src/engine/automation/Automation.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import { Ledger, LedgerFailed } from "../../../src/engine/Ledger.ts"
import * as Job from "../../../src/engine/Job.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import * as Request from "../../../src/engine/Request.ts"
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

  it.effect("that follows a run asks for its targets by their names, over the window of that time; by several runs at once, once", () =>
    inMemory(Effect.gen(function*() {
      const ledger = yield* Ledger
      const both = Job.make("both", { about: "", assets: [prices, figures] })
      const after = Schedule.make("after", {
        about: "",
        runs: both,
        cadence: Schedule.after(prices),
        over: (due) => ({ end: due }),
        priority: 3
      })
      const bare = Schedule.make("bare", { about: "", runs: prices, cadence: Schedule.after(both) })
      yield* at("2026-11-24T08:30:00Z")
      const ends = (
        run: string,
        state: "succeeded" | "partial" | "failed",
        ...made: ReadonlyArray<readonly [string, "succeeded" | "failed"]>
      ) =>
        Effect.gen(function*() {
          yield* ledger.record({ _tag: "RunStarted", run, targets: ["x"], trigger: "test" })
          for (const [asset, state] of made) {
            const id = `${run} ${asset}`
            yield* ledger.record({ _tag: "StepStarted", run, id, asset, window: "", subject: "", why: "" })
            yield* ledger.record({ _tag: "StepEnded", id, state, rows: 0, changed: 0, note: "" })
          }
          yield* ledger.record({ _tag: "RunEnded", run, state })
        })
      yield* ends("before", "succeeded", ["prices", "succeeded"])
      const happens = Effect.gen(function*() {
        yield* Effect.sleep("1 minute")
        // nobody hears of the first three before the fourth is told
        yield* Effect.all([
          ends("r1", "failed", ["prices", "succeeded"]),
          ends("r2", "partial", ["prices", "failed"], ["figures", "succeeded"]),
          ends("r3", "succeeded", ["prices", "succeeded"]),
          ends("r4", "partial", ["figures", "succeeded"], ["prices", "succeeded"])
        ])
        return yield* Effect.never
      })
      const pipeline = yield* Pipeline.make("test", { assets: [figures], jobs: [both], schedules: [after, bare] })
      yield* alive(pipeline, "2026-11-24T09:00:00Z", happens)
      const requests = (yield* ledger.requests({})).map(({ over, priority, runKey, tags, targets, trigger }) => ({
        over,
        priority,
        runKey,
        tags,
        targets,
        trigger
      }))
      const told = millis("2026-11-24T08:31:00Z")
      const byWhom = (name: string) => ({ trigger: `schedule ${name}`, tags: { schedule: name } })
      assert.deepStrictEqual(requests.toSorted((a, b) => a.trigger < b.trigger ? -1 : 1), [
        { over: { end: told }, priority: 3, runKey: "after r3", targets: ["both"], ...byWhom("after") },
        { over: null, priority: 0, runKey: "bare r4", targets: ["prices"], ...byWhom("bare") }
      ])
      assert.deepStrictEqual(yield* ticks("after"), ["2026-11-24T08:31Z ran after runs r3, r4"])
      assert.deepStrictEqual(yield* ticks("bare"), ["2026-11-24T08:31Z ran after run r4"])
    })))

  it.effect("that follows other runs than before has none to make up for", () =>
    inMemory(Effect.gen(function*() {
      const { record } = yield* Ledger
      const after = (of: typeof prices | typeof figures) => Schedule.make("after", { about: "", runs: prices, cadence: Schedule.after(of) })
      const ends = (run: string, asset: string) =>
        record(
          { _tag: "RunStarted", run, targets: [asset], trigger: "test" },
          { _tag: "StepStarted", run, id: run, asset, window: "", subject: "", why: "" },
          { _tag: "StepEnded", id: run, state: "succeeded", rows: 0, changed: 0, note: "" },
          { _tag: "RunEnded", run, state: "succeeded" }
        )
      yield* at("2026-11-24T08:00:00Z")
      yield* alive(yield* pipelineOf([after(prices)]), "2026-11-24T09:00:00Z")
      yield* ends("r1", "figures")
      yield* alive(yield* pipelineOf([after(figures)]), "2026-11-24T10:00:00Z")
      assert.deepStrictEqual(yield* ticks("after"), [])
      yield* ends("r2", "figures")
      yield* alive(yield* pipelineOf([after(figures)]), "2026-11-24T11:00:00Z")
      assert.deepStrictEqual(yield* ticks("after"), ["2026-11-24T10:00Z ran after run r2"])
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

describe("a round", () => {
  it.effect("answers when the next due time is acted upon: of all schedules, the soonest", () =>
    inMemory(Effect.gen(function*() {
      const late = daily({ cadence: Cadence.cron("0 10 * * *"), jitter: "30 minutes" })
      const schedules = [{ ...late, name: "late" }, daily(), { ...daily({ on: false, cadence: Cadence.cron("0 8 * * *") }), name: "off" }]
      const round = Effect.map(Automation.round(schedules), iso)
      yield* at("2026-11-24T07:30:00Z")
      assert.strictEqual(yield* round, "2026-11-24T09:00Z")
      assert.strictEqual(yield* Ledger.use((_) => _.watched), millis("2026-11-24T07:30:00Z"))
      yield* at("2026-11-24T09:00:00Z")
      assert.strictEqual(yield* round, iso(Schedule.firesAt({ ...late, name: "late" }, millis("2026-11-24T10:00:00Z"))))
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z ran"])
      assert.strictEqual(yield* Automation.round([]), Infinity)
      assert.strictEqual(yield* Automation.round([{ ...daily(), name: "off" }]), Infinity, "it was switched off")
      assert.strictEqual(yield* Automation.round([{ ...daily({ cadence: Schedule.after(prices) }), name: "follows" }]), Infinity)
      const once = { ...daily({ cadence: Cadence.cron("0 9 * * *").pipe(Recurrence.upTo({ times: 1 })) }), name: "once" }
      assert.strictEqual(iso(yield* Automation.round([once])), "2026-11-25T09:00Z")
      yield* at("2026-11-25T09:00:00Z")
      assert.strictEqual(yield* Automation.round([once]), Infinity)
      assert.deepStrictEqual(yield* ticks("once"), ["2026-11-25T09:00Z ran"])
    })))

  it.effect("in which one fails takes it up again after half a minute; the others have their turns", () =>
    inMemory(Effect.gen(function*() {
      const broken = Schedule.make("broken", { about: "", runs: prices, cadence: Recurrence.forever })
      yield* at("2026-11-24T08:30:00Z")
      assert.strictEqual(iso(yield* Automation.round([broken, daily()])), "2026-11-24T08:30:30.000Z")
      yield* at("2026-11-24T09:00:00Z")
      assert.strictEqual(iso(yield* Automation.round([broken, daily()])), "2026-11-24T09:00:30.000Z")
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z ran"])
    })))

  it.effect("tells many due times in order, five hundred to a transaction", () =>
    inMemory(Effect.gen(function*() {
      const minutely = [Schedule.make("minutely", { about: "", runs: prices, cadence: Cadence.cron("* * * * *"), catchUp: "none" })]
      yield* at("2026-11-24T00:00:00Z")
      yield* Automation.round(minutely)
      yield* at("2026-11-24T20:00:30Z")
      const recorded: Array<number> = []
      const counting = Effect.updateService(Ledger, (ledger: Ledger["Service"]) =>
        Ledger.of({
          ...ledger,
          record: (...events) => {
            const minutes = events.flatMap((_) => _._tag === "Ticked" ? [(_.due - millis("2026-11-24T00:00:00Z")) / 60_000] : [])
            if (minutes.length > 0) recorded.push(minutes[0] ?? 0, minutes.length)
            return ledger.record(...events)
          }
        }))
      assert.strictEqual(iso(yield* counting(Automation.round(minutely))), "2026-11-24T20:01Z")
      // before the first of them stands what has to make way: nothing here
      assert.deepStrictEqual(recorded, [1, 499, 500, 500, 1000, 201])
      const states = yield* Ledger.use((_) => Effect.map(_.ticks({}), (all) => all.map((_) => _.state)))
      // the last five were in time, and run one after another
      assert.deepStrictEqual(states, [...Array<string>(4).fill("waiting"), "ran", ...Array<string>(1195).fill("missed")])
    })))
})

describe("what a schedule asks for", () => {
  const schedule = daily({ over: (due) => ({ end: due }), priority: 4 })
  const found = Ledger.use((_) => Effect.map(_.requests({}), (all) => all.map((_) => ({ ..._, id: "" }))))

  it.effect("is its targets over the due time's window, once, and again what expires before half the time to the next", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T08:30:00Z")
      yield* Automation.round([schedule])
      const due = millis("2026-11-24T09:00:00Z")
      yield* at("2026-11-24T09:00:00Z")
      yield* Automation.round([schedule])
      const request: Request.Requested = {
        _tag: "RunRequested",
        id: "",
        trigger: "schedule daily",
        targets: ["prices"],
        runKey: `daily ${due}`,
        over: { end: due },
        expiring: { before: due + 12 * 3_600_000, madeBefore: due },
        priority: 4,
        tags: { schedule: "daily" }
      }
      assert.deepStrictEqual(yield* found, [{ ...Request.asked(request, due) }])
    })))

  it.effect("by hand is asked for beside its due times, for now, and leaves no tick", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T08:30:00Z")
      const now = millis("2026-11-24T08:30:00Z")
      const request = yield* Automation.ask(schedule)
      assert.deepStrictEqual({ ...request, id: "" }, {
        _tag: "RunRequested",
        id: "",
        trigger: "schedule daily",
        targets: ["prices"],
        over: { end: now },
        priority: 4,
        tags: { schedule: "daily", by: "hand" }
      })
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => _.id), [request.id])
      assert.deepStrictEqual((yield* Automation.ask(daily())).over, null)
      assert.deepStrictEqual(yield* ticks("daily"), [])
    })))
})

describe("the loop", () => {
  it.effect("acts as soon as it hears that a run has ended, was taken back, or that something was switched", () =>
    inMemory(Effect.gen(function*() {
      const ledger = yield* Ledger
      // pulses are at full tens of minutes
      yield* at("2026-11-24T08:30:00Z")
      const often = Schedule.make("often", { about: "", runs: prices, cadence: Cadence.cron("0,3,6 9 * * *"), overlap: "bufferAll" })
      const set = { _tag: "AutomationSet", name: "off", kind: "schedule", on: true, cadence: "16 9 * * *", why: "by hand" } as const
      const happens = Effect.gen(function*() {
        yield* Effect.sleep("31 minutes")
        const [first] = yield* ledger.requests({})
        yield* ledger.begin(first?.id ?? "", [], "test", 1e15)
        yield* Effect.sleep("6 minutes")
        yield* ledger.record({ _tag: "RequestEnded", request: first?.id ?? "", state: "succeeded", note: "" })
        yield* Effect.sleep("5 minutes")
        const [second] = yield* ledger.requests({ states: ["queued"] })
        yield* ledger.record({ _tag: "CancelRequested", request: second?.id ?? "" })
        yield* Effect.sleep("3 minutes")
        yield* ledger.record(set)
        return yield* Effect.never
      })
      const off = Schedule.make("off", { about: "", runs: figures, cadence: Cadence.cron("16 9 * * *"), on: false })
      yield* alive(yield* pipelineOf([often, off]), "2026-11-24T09:25:00Z", happens)
      assert.deepStrictEqual(yield* asked, [
        "2026-11-24T09:00Z schedule often succeeded",
        "2026-11-24T09:07Z schedule often cancelled",
        "2026-11-24T09:12Z schedule often queued",
        "2026-11-24T09:16Z schedule off queued"
      ])
    })))

  it.effect("waits a ledger out that does not answer: a second, then twice as long each time, to a minute", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T08:30:00Z")
      const tries: Array<number> = []
      const failing = Effect.updateService(Ledger, (ledger: Ledger["Service"]) =>
        Ledger.of({
          ...ledger,
          watched: Effect.gen(function*() {
            tries.push(((yield* Clock.currentTimeMillis) - millis("2026-11-24T08:30:00Z")) / 1000)
            return tries.length < 9 ? yield* new LedgerFailed({ doing: "read", cause: "locked" }) : yield* ledger.watched
          })
        }))
      yield* failing(alive(yield* pipelineOf([daily()]), "2026-11-24T09:00:00Z"))
      assert.deepStrictEqual(tries.slice(0, 9), [0, 1, 3, 7, 15, 31, 63, 123, 183])
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T09:00Z ran"])
    })))
})

describe("the next due time", () => {
  const since = millis("2026-11-20T12:00:00Z")
  const next = (standing: { readonly on?: boolean; readonly last?: number | null }, cadence: Schedule.Schedule["cadence"] | undefined) =>
    Effect.map(Automation.nextDue({ name: "daily", cadence }, { on: true, since, last: null, ...standing }), (_) =>
      _ === undefined ? undefined : iso(_))
  const nine = Cadence.cron("0 9 * * *")

  it.effect("is the first after now that has no tick yet", () =>
    Effect.gen(function*() {
      yield* at("2026-11-24T09:00:00Z")
      assert.strictEqual(yield* next({}, nine), "2026-11-25T09:00Z")
      assert.strictEqual(yield* next({ last: millis("2026-11-22T09:00:00Z") }, nine), "2026-11-25T09:00Z")
      // the clock was set back
      assert.strictEqual(yield* next({ last: millis("2026-11-26T09:00:00Z") }, nine), "2026-11-27T09:00Z")
      yield* at("2026-11-19T09:00:00Z")
      assert.strictEqual(yield* next({}, nine), "2026-11-21T09:00Z")
      assert.strictEqual(yield* next({}, Cadence.every("7 hours")), "2026-11-20T19:00Z")
    }))

  it.effect("is none of what is off, follows a run, or has come to its end", () =>
    Effect.gen(function*() {
      yield* at("2026-11-24T09:00:00Z")
      assert.isUndefined(yield* next({ on: false }, nine))
      assert.isUndefined(yield* next({}, Schedule.after(prices)))
      assert.isUndefined(yield* next({}, undefined))
      assert.isUndefined(yield* next({}, nine.pipe(Recurrence.upTo({ times: 3 }))))
    }))
})
