import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Automation from "../../../src/engine/automation/Automation.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Failures from "../../../src/engine/automation/Failures.ts"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../../src/engine/automation/Sensor.ts"
import * as Updates from "../../../src/engine/automation/Updates.ts"
import { type Event, Ledger } from "../../../src/engine/Ledger.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import * as Request from "../../../src/engine/Request.ts"
import * as Subject from "../../../src/engine/Subject.ts"
import { publish } from "../world.ts"
import { alive, asked, at, daily, figures, inMemory, iso, millis, pipelineOf, prices, runner, ticks } from "./world.ts"

const record = (...events: readonly [Event, ...ReadonlyArray<Event>]) => Ledger.use((_) => _.record(...events))
const cursors = Effect.map(Ledger.use((_) => _.standings), (_) => _.map(({ cursor, name }) => `${name} ${cursor}`))

/** Counts its looks; asks as the test says. */
const counter = (
  asks: (count: number) => Partial<Sensor.Sighting<number>> | "fail" | "die" | "interrupt",
  options: { readonly every?: Cadence.Cadence; readonly runKeys?: Request.KeyPolicy; readonly name?: string } = {}
) =>
  Sensor.make(options.name ?? "counter", {
    about: "",
    cursor: Schema.Int,
    start: Effect.succeed(0),
    runKeys: options.runKeys ?? "untilSuccess",
    looks: Sensor.polled(options.every ?? Cadence.every("1 hour"), "every hour", Effect.fnUntraced(function*(cursor: number) {
      const sighting = asks(cursor + 1)
      if (sighting === "fail") return yield* Effect.fail("no answer")
      if (sighting === "die") return yield* Effect.die(new TypeError("no function"))
      if (sighting === "interrupt") return yield* Effect.interrupt
      return { cursor: cursor + 1, note: `look ${cursor + 1}`, ...sighting }
    }))
  })

describe("a sensor", () => {
  it.effect("looks when it is switched on and at its cadence, asks for runs, and says why not", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:30:00Z")
      const sensor = counter((count) => count === 2 ? { asks: [{ runs: [prices] }, { runs: [figures], over: { start: 5 } }] } : {})
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T03:00:00Z")
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:30Z skipped look 1",
        "2026-11-24T01:30Z ran look 2",
        "2026-11-24T02:30Z skipped look 3"
      ])
      const requests = yield* Ledger.use((_) => _.requests({}))
      assert.deepStrictEqual(requests.map(({ over, tags, targets, trigger }) => [trigger, targets, over, tags]), [
        ["sensor counter", ["prices"], null, { sensor: "counter" }],
        ["sensor counter", ["figures"], { start: 5 }, { sensor: "counter" }]
      ])
      const [tick] = yield* Ledger.use((_) => _.ticks({ states: ["ran"] }))
      assert.deepStrictEqual(tick?.requests, requests.map((_) => _.id))
      assert.deepStrictEqual(yield* cursors, ["counter 3"])
    })))

  it.effect("edits a kept set in the transaction of its cursor and of the runs it asks for; what cannot be in it is said", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:30:00Z")
      class Station extends Subject.kept<Station>()("station") {}
      const sightings: ReadonlyArray<Partial<Sensor.Sighting<number>>> = [
        { subjects: [{ of: Station, add: ["bern", "be\u202ern", "chur"] }], asks: [{ runs: [prices], subjects: ["bern", "chur"] }] },
        { subjects: [{ of: Station, add: ["bern"], remove: ["chur", "nowhere"] }], quiet: true },
        { subjects: [{ of: Station, add: ["bern"] }], quiet: true }
      ]
      const sensor = counter((count) => sightings[count - 1] ?? {})
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T02:40:00Z")
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:30Z ran look 1; added to station: bern, chur; \"be\\u202ern\" is no key for station: it holds characters that nobody sees and that could steer a terminal",
        "2026-11-24T01:30Z skipped look 2; deleted from station: chur"
      ])
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => _.subjects), [["bern", "chur"]])
      assert.deepStrictEqual(yield* Station.list, ["bern"])
      assert.deepStrictEqual(yield* cursors, ["counter 3"])
    })))

  it.effect("edits no set when its cursor has moved on meanwhile", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:30:00Z")
      class Station extends Subject.kept<Station>()("station") {}
      const sensor = counter(() => ({ subjects: [{ of: Station, add: ["bern"] }] }))
      const slow = {
        ...sensor,
        look: (cursor: string) => Effect.tap(sensor.look(cursor), () => record({ _tag: "CursorSet", name: "counter", cursor: "7" }))
      }
      assert.strictEqual((yield* Effect.exit(Automation.look(slow)))._tag, "Failure")
      assert.deepStrictEqual(yield* Station.list, [])
      assert.deepStrictEqual(yield* cursors, ["counter 7"])
    })))

  it.effect("goes on from its cursor after a restart, and does not look before it is due", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:30:00Z")
      const pipeline = yield* pipelineOf([], [counter(() => ({}))])
      for (const restart of ["2026-11-24T00:40:00Z", "2026-11-24T00:50:00Z", "2026-11-24T01:50:00Z"]) yield* alive(pipeline, restart)
      yield* at("2026-11-24T09:10:00Z")
      yield* alive(pipeline, "2026-11-24T09:20:00Z")
      // due at 02:30 … 08:30: one look, and a record for each of the others
      const missed = ["02", "03", "04", "05", "06", "07"].map((_) =>
        `2026-11-24T${_}:30Z missed nobody looked from 2026-11-24 01:30 UTC to 2026-11-24 09:10 UTC`
      )
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:30Z skipped look 1",
        "2026-11-24T01:30Z skipped look 2",
        ...missed,
        "2026-11-24T09:10Z skipped look 3"
      ])
    })))

  it.effect("that fails keeps its cursor, says why, looks again later each time, and takes no other down", () =>
    inMemory(Effect.gen(function*() {
      let tries = 0
      yield* at("2026-11-24T00:00:00Z")
      const failing = counter((count) => count === 1 ? {} : tries++ < 2 ? "fail" : count === 3 ? "die" : {})
      const pipeline = yield* pipelineOf([daily({ cadence: Cadence.cron("0 3 * * *") })], [failing, counter(() => ({}), { name: "other" })])
      yield* alive(pipeline, "2026-11-24T03:05:00Z")
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:00Z skipped look 1",
        "2026-11-24T01:00Z failed no answer",
        "2026-11-24T02:00Z failed no answer",
        "2026-11-24T03:00Z skipped look 2"
      ])
      assert.deepStrictEqual(yield* cursors, ["counter 2", "daily null", "other 4"])
      yield* alive(pipeline, "2026-11-24T04:05:00Z")
      assert.deepStrictEqual((yield* ticks("counter")).slice(4), ["2026-11-24T04:00Z failed defect: no function"])
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T03:00Z ran"])
      assert.lengthOf(yield* ticks("other"), 5)
    })))

  it.effect("that is interrupted from within has failed like any other, and takes no other down", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf([daily({ cadence: Cadence.cron("0 3 * * *") })], [
        counter((count) => count === 2 ? "interrupt" : {}),
        counter(() => ({}), { name: "other" })
      ])
      yield* alive(pipeline, "2026-11-24T03:05:00Z")
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:00Z skipped look 1",
        ...["01", "02", "03"].map((_) => `2026-11-24T${_}:00Z failed interrupted`)
      ])
      assert.deepStrictEqual(yield* ticks("daily"), ["2026-11-24T03:00Z ran"])
      assert.lengthOf(yield* ticks("other"), 4)
    })))

  it.effect("that fails is not waited for any longer once somebody switches it off and on", () =>
    inMemory(Effect.gen(function*() {
      let isMended = false
      const set = { _tag: "AutomationSet", name: "counter", kind: "sensor", cadence: "every hour", why: "by hand" } as const
      const mended = Effect.gen(function*() {
        // it failed at 00:00:00, 00:30, 01:30, 03:30, 07:30, and would look at 15:30 next
        yield* Effect.sleep("9 minutes")
        isMended = true
        yield* record({ ...set, on: false })
        yield* Effect.sleep("1 second")
        yield* record({ ...set, on: true })
        return yield* Effect.never
      })
      yield* at("2026-11-24T00:00:00Z")
      const sensor = counter(() => isMended ? {} : "fail", { every: Cadence.every("1 second") })
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T00:09:02Z", mended)
      assert.deepStrictEqual((yield* ticks("counter")).slice(-3), [
        "2026-11-24T00:07:30.000Z failed no answer",
        "2026-11-24T00:09:01.000Z skipped look 1",
        "2026-11-24T00:09:02.000Z skipped look 2"
      ])
    })))

  it.effect("that did not fail is not waited for after a restart", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf([], [counter(() => ({}), { every: Cadence.every("10 seconds") })])
      yield* alive(pipeline, "2026-11-24T00:00:05Z")
      yield* alive(pipeline, "2026-11-24T00:00:15Z")
      assert.deepStrictEqual(yield* ticks("counter"), ["2026-11-24T00:00Z skipped look 1", "2026-11-24T00:00:10.000Z skipped look 2"])
    })))

  it.effect("backs off from half a minute to an hour, also over restarts", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf([], [counter(() => "fail", { every: Cadence.every("1 second") })])
      for (const until of ["00:01:10", "00:05:00", "01:00:00", "04:30:00"]) yield* alive(pipeline, `2026-11-24T${until}Z`)
      const failed = (yield* Ledger.use((_) => _.ticks({}))).toReversed().map((_) => _.due)
      const waits = failed.slice(1).map((due, i) => (due - (failed[i] ?? 0)) / 1000)
      assert.deepStrictEqual(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
    })))

  it.effect("whose cursor cannot be read says so and how to begin anew", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      yield* record({
        _tag: "AutomationSet",
        name: "counter",
        kind: "sensor",
        on: true,
        cadence: "every hour",
        why: "",
        cursor: "\"seven\""
      })
      yield* alive(yield* pipelineOf([], [counter(() => ({}))]), "2026-11-24T00:00:10Z")
      const [tick] = yield* ticks("counter")
      assert.match(tick ?? "",
        /failed the cursor "seven" is none of counter's: Expected .*; crypto sensor start counter --reset begins anew/)
    })))

  it.effect("that listens looks at once and then as often as it says, when it hears of nothing", () =>
    inMemory(Effect.gen(function*() {
      const looked: Array<string> = []
      const look = () => Effect.andThen(Clock.currentTimeMillis, (now) => Effect.sync(() => (looked.push(iso(now)), Option.none())))
      const looks = Sensor.heard({ text: "now and then", interest: () => false, every: "20 minutes" }, look)
      const sensor = Sensor.make("idle", { about: "", cursor: Schema.Int, start: Effect.succeed(0), looks })
      yield* at("2026-11-24T00:00:00Z")
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T00:50:00Z")
      assert.deepStrictEqual(looked, ["00:00", "00:20", "00:40"].map((_) => `2026-11-24T${_}Z`))
    })))

  it.effect("that somebody lets look by hand goes on from there, and asks for nothing twice", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const sensor = counter((count) => ({ asks: [{ runs: [prices], runKey: `item ${count}` }] }), { runKeys: { ttl: 0 } })
      const byHand = Effect.andThen(Effect.sleep("30 minutes"), Automation.look(sensor))
      yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T02:40:00Z", Effect.andThen(Effect.orDie(byHand), Effect.never))
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:00Z ran look 1",
        "2026-11-24T00:30Z ran look 2",
        "2026-11-24T01:30Z ran look 3",
        "2026-11-24T02:30Z ran look 4"
      ])
    })))

  it.effect("that is switched off is interrupted, and goes on where it was when it is switched on", () =>
    inMemory(Effect.gen(function*() {
      const set = { _tag: "AutomationSet", name: "counter", kind: "sensor", cadence: "every hour", why: "by hand" } as const
      yield* at("2026-11-24T00:00:00Z")
      const switching = Effect.gen(function*() {
        yield* Effect.sleep("90 minutes")
        yield* record({ ...set, on: false })
        yield* Effect.sleep("3 hours")
        yield* record({ ...set, on: true })
        return yield* Effect.never
      })
      yield* alive(yield* pipelineOf([], [counter(() => ({}))]), "2026-11-24T05:35:00Z", switching)
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:00Z skipped look 1",
        "2026-11-24T01:00Z skipped look 2",
        "2026-11-24T04:30Z skipped look 3",
        "2026-11-24T05:30Z skipped look 4"
      ])
    })))

  it.effect("is heard at once when it is switched while it looks, or waits to be", () =>
    inMemory(Effect.gen(function*() {
      const set = { _tag: "AutomationSet", name: "counter", kind: "sensor", cadence: "every hour", why: "by hand" } as const
      yield* at("2026-11-24T00:00:00Z")
      const switching = Effect.gen(function*() {
        yield* Effect.sleep("33 minutes")
        yield* record({ ...set, name: "other", on: false }, { ...set, on: false })
        yield* Effect.sleep("3 hours")
        yield* record({ ...set, on: true })
        return yield* Effect.never
      })
      yield* alive(yield* pipelineOf([], [counter(() => ({}))]), "2026-11-24T03:35:00Z", switching)
      assert.deepStrictEqual(yield* ticks("counter"), ["2026-11-24T00:00Z skipped look 1", "2026-11-24T03:33Z skipped look 2"])
    })))

  it.effect("that another process switches is heard of within a pulse", () =>
    inMemory(Effect.gen(function*() {
      const set = { _tag: "AutomationSet", name: "counter", kind: "sensor", cadence: "every hour", why: "by hand" } as const
      yield* at("2026-11-24T00:00:00Z")
      const switching = Effect.gen(function*() {
        yield* Effect.sleep("33 minutes")
        yield* record({ ...set, on: false })
        yield* Effect.sleep("3 hours")
        yield* record({ ...set, on: true })
        yield* Effect.sleep("14 minutes")
        // both in one moment: it counts from there anew
        yield* record({ ...set, on: false }, { ...set, on: true })
        return yield* Effect.never
      })
      const deaf = Effect.updateService(Ledger, (ledger: Ledger["Service"]) => Ledger.of({ ...ledger, heard: Stream.never }))
      const pipeline = yield* pipelineOf([], [counter(() => ({}))])
      yield* deaf(alive(pipeline, "2026-11-24T04:55:00Z", switching))
      assert.deepStrictEqual(yield* ticks("counter"), [
        "2026-11-24T00:00Z skipped look 1",
        "2026-11-24T03:40Z skipped look 2",
        "2026-11-24T03:50Z skipped look 3",
        "2026-11-24T04:50Z skipped look 4"
      ])
    })))

  it.effect("that fails after another process let it look, or switched it, says nothing of it and goes on from there", () =>
    inMemory(Effect.gen(function*() {
      const set = { _tag: "AutomationSet", name: "counter", kind: "sensor", on: true, cadence: "every hour", why: "by hand" } as const
      const deaf = Effect.updateService(Ledger, (ledger: Ledger["Service"]) => Ledger.of({ ...ledger, heard: Stream.never }))
      yield* at("2026-11-24T00:00:00Z")
      let tries = 0
      const sensor = counter(() => ({}))
      const unlucky = {
        ...sensor,
        stream: (from: Sensor.From<string>) =>
          tries++ === 0
            ? Stream.fromEffect(Effect.andThen(Automation.look(sensor), Effect.fail("no answer")))
            : tries === 2
            ? Stream.fromEffect(Effect.andThen(Effect.sleep(1), Effect.andThen(record(set), Effect.fail("no answer"))))
            : sensor.stream(from)
      }
      yield* deaf(alive(yield* pipelineOf([], [unlucky]), "2026-11-24T00:30:00Z"))
      assert.deepStrictEqual(yield* ticks("counter"), ["2026-11-24T00:00Z skipped look 1", "2026-11-24T00:00:00.001Z skipped look 2"])
      assert.strictEqual(tries, 3)
    })))

  it.effect("has no two ticks of one instant", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const sensor = counter(() => ({}))
      const dues = [yield* Automation.look(sensor), yield* Automation.look(sensor), yield* Automation.look(sensor)].map((_) => _?.due)
      assert.deepStrictEqual(dues, [0, 1, 2].map((_) => millis("2026-11-24T00:00:00Z") + _))
    })))

  it.effect("that looks by hand answers its tick, and none when it was no news or there was nothing", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      class Station extends Subject.kept<Station>()("station") {}
      const sightings: ReadonlyArray<Partial<Sensor.Sighting<number>>> = [
        { asks: [{ runs: [prices] }] },
        { quiet: true },
        { quiet: true, subjects: [{ of: Station, add: ["bern"] }] },
        { quiet: true, asks: [{ runs: [prices] }] }
      ]
      const sensor = counter((count) => sightings[count - 1] ?? {})
      const looks = yield* Effect.forEach([1, 2, 3, 4], () => Automation.look(sensor))
      assert.deepStrictEqual(looks.map((_) => _ === undefined ? "" : `${_.state} ${_.note}`), [
        "ran look 1",
        "",
        "skipped look 3; added to station: bern",
        "ran look 4"
      ])
      assert.deepStrictEqual(yield* cursors, ["counter 4"])
      assert.isUndefined(yield* Automation.look({ ...sensor, look: () => Effect.succeedNone }))
      assert.lengthOf(yield* ticks("counter"), 3)
    })))

  it.effect("asks for what it says, and for no more: its targets, once, as they are stale", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const said = { over: { start: 1 }, subjects: ["btc"], force: true, only: true, priority: 7, tags: { by: "test" } }
      yield* Automation.look(counter(() => ({ asks: [{ runs: [prices, figures] }, { runs: [prices], runKey: "K", ...said }] })))
      const now = millis("2026-11-24T00:00:00Z")
      const bare = {
        _tag: "RunRequested",
        id: "",
        trigger: "sensor counter",
        targets: ["prices", "figures"],
        tags: { sensor: "counter" }
      } as const
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => ({ ..._, id: "" })), [
        { ...Request.asked(bare, now) },
        {
          ...Request.asked({ ...bare, ...said, targets: ["prices"], runKey: "counter K", tags: { sensor: "counter", by: "test" } }, now)
        }
      ])
    })))

  it("is on, costs nothing, and asks for what succeeded no more, where nobody says otherwise", () => {
    const looks = Sensor.polled(Cadence.every("1 hour"), "every hour", (cursor: number) => Effect.succeed({ cursor, note: "" }))
    const options = { about: "Looks", cursor: Schema.Int, start: Effect.succeed(0), looks }
    const said = ({ about, calls, kind, looks, on, runKeys }: Sensor.Sensor) => ({ about, calls, kind, looks, on, runKeys })
    const plain = { about: "Looks", kind: "sensor", looks: "every hour", calls: 0, on: true, runKeys: "untilSuccess" } as const
    assert.deepStrictEqual(said(Sensor.make("plain", options)), plain)
    const other = { kind: "schedule", calls: 3, on: false, runKeys: "once" } as const
    assert.deepStrictEqual(said(Sensor.make("other", { ...options, ...other })), { ...plain, ...other })
  })

  it.effect("that comes late at the very time of another due time tells of each between", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf([], [counter(() => ({}))])
      yield* alive(pipeline, "2026-11-24T00:10:00Z")
      yield* at("2026-11-24T04:00:00Z")
      yield* alive(pipeline, "2026-11-24T04:10:00Z")
      assert.deepStrictEqual((yield* ticks("counter")).map((_) => _.split(" ").slice(0, 2).join(" ")), [
        "2026-11-24T00:00Z skipped",
        "2026-11-24T01:00Z missed",
        "2026-11-24T02:00Z missed",
        "2026-11-24T03:00Z missed",
        "2026-11-24T04:00Z skipped"
      ])
    })))

  it.effect("that wakes late, since the machine slept, looks once, and tells what it missed; moments late is in time", () =>
    inMemory(Effect.gen(function*() {
      const clock = yield* Clock.Clock
      let slept = 0
      const nowUnsafe = () => clock.currentTimeMillisUnsafe() + slept
      const now = Effect.sync(nowUnsafe)
      const sleepy: Clock.Clock = {
        currentTimeMillisUnsafe: nowUnsafe,
        currentTimeMillis: now,
        currentTimeNanosUnsafe: () => BigInt(nowUnsafe()) * 1_000_000n,
        currentTimeNanos: Effect.sync(() => BigInt(nowUnsafe()) * 1_000_000n),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (_) => clock.sleep(_)
      }
      const hour = 3_600_000
      const looks = Sensor.polled(Cadence.every("1 hour"), "every hour", (cursor: number) =>
        Effect.map(now, (at) => ({ cursor: cursor + 1, note: `${at}` })))
      const seen = looks.stream({ name: "", cursor: 0, since: 0, last: 0 }).pipe(Stream.take(3), Stream.runCollect)
      const fiber = yield* Effect.forkChild(Effect.provideService(seen, Clock.Clock, sleepy), { startImmediately: true })
      yield* TestClock.setTime(hour - 1)
      slept = 599_999
      yield* TestClock.setTime(hour)
      slept = 5 * hour
      yield* TestClock.setTime(hour + 600_000)
      yield* TestClock.setTime(2 * hour + 599_999)
      slept += 600_000
      yield* TestClock.setTime(2 * hour + 600_000)
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map(({ due, missed, note }) => [due, missed, note]), [
        [hour, [], `${hour + 599_999}`],
        [6 * hour + 600_000, [2, 3, 4, 5].map((_) => _ * hour), `${6 * hour + 600_000}`],
        [7 * hour + 1_200_000, [], `${7 * hour + 1_200_000}`]
      ])
    })))

  it.effect("that listens looks again at once after it saw something, when no time is said that has to pass between", () =>
    inMemory(Effect.gen(function*() {
      const looks = Sensor.heard({ text: "at once", interest: () => false }, (cursor: number) =>
        Effect.succeedSome({ cursor: cursor + 1, note: "" }))
      const fiber = yield* Effect.forkChild(
        looks.stream({ name: "", cursor: 0, since: 0, last: 0 }).pipe(Stream.take(3), Stream.runCollect)
      )
      yield* TestClock.adjust(0)
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map((_) => [_.cursor, _.due]), [[1, 0], [2, 0], [3, 0]])
    })))

  it.effect("that listens passes nothing over that time makes new while it looks", () =>
    inMemory(Effect.gen(function*() {
      const looked: Array<number> = []
      const looks = Sensor.heard({
        text: "every second",
        interest: () => false,
        next: () => Effect.map(Clock.currentTimeMillis, (now) => 1000 * Math.floor(now / 1000) + 1000)
      }, (cursor: number) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          looked.push(now)
          if (looked.length === 1) yield* TestClock.setTime(1000)
          return now < 1000 ? Option.none() : Option.some({ cursor, note: "" })
        }))
      const seen = looks.stream({ name: "", cursor: 0, since: 0, last: undefined }).pipe(Stream.take(1), Stream.runCollect)
      const fiber = yield* Effect.forkChild(seen)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual((yield* Fiber.join(fiber)).map((_) => _.due), [1000])
      assert.deepStrictEqual(looked, [0, 1000])
    })))
})

describe("a run key", () => {
  /** Asks for the same thing every hour; the first two runs fail. */
  const keyed = Effect.fnUntraced(function*(runKeys: Request.KeyPolicy) {
    yield* at("2026-11-24T00:00:00Z")
    let runs = 0
    const sensor = counter(() => ({ asks: [{ runs: [prices], runKey: "K" }] }), { runKeys })
    yield* alive(yield* pipelineOf([], [sensor]), "2026-11-24T04:10:00Z", runner(() => ++runs <= 2 ? "failed" : "succeeded"))
    return { asked: (yield* asked).map((_) => _.slice(11)), ticks: (yield* ticks("counter")).map((_) => _.slice(11)) }
  }, inMemory)

  it.effect("runs once, whatever came of it", () =>
    Effect.gen(function*() {
      const { asked, ticks } = yield* keyed("once")
      assert.deepStrictEqual(asked, ["00:00Z sensor counter failed"])
      assert.deepStrictEqual(ticks[1], "01:00Z skipped look 2; K was asked for before (failed)")
    }))

  it.effect("or until it succeeds", () =>
    Effect.gen(function*() {
      const { asked, ticks } = yield* keyed("untilSuccess")
      assert.deepStrictEqual(asked, ["00:00Z", "01:00Z", "02:00Z"].map((_, i) => `${_} sensor counter ${i < 2 ? "failed" : "succeeded"}`))
      assert.deepStrictEqual(ticks.slice(2), [
        "02:00Z ran look 3",
        "03:00Z skipped look 4; K was asked for before (succeeded)",
        "04:00Z skipped look 5; K was asked for before (succeeded)"
      ])
    }))

  it.effect("or again after a time", () =>
    Effect.gen(function*() {
      const { asked } = yield* keyed({ ttl: "2 hours" })
      assert.deepStrictEqual(asked, ["00:00Z sensor counter failed", "02:00Z sensor counter failed", "04:00Z sensor counter succeeded"])
    }))

  it.effect("is told apart within one look, and from that of another sensor", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const asks = () => ({ asks: [{ runs: [prices], runKey: "K" }, { runs: [prices], runKey: "K" }, { runs: [prices], runKey: "L" }] })
      yield* alive(yield* pipelineOf([], [counter(asks), counter(asks, { name: "other" })]), "2026-11-24T00:10:00Z")
      assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => _.runKey).sort(), [
        "counter K",
        "counter L",
        "other K",
        "other L"
      ])
    })))
})

describe("an asset-updated sensor", () => {
  const watching = Effect.fnUntraced(function*(minimum: "0 seconds" | "1 hour" = "0 seconds") {
    const seen: Array<ReadonlyArray<number>> = []
    const sensor = Sensor.make("updates", {
      about: "",
      cursor: Schema.Int,
      start: Updates.start,
      looks: Updates.of([prices], (entries) =>
        Effect.sync(() => {
          seen.push(entries.map((_) => _.seq))
          return { asks: [{ runs: [figures], runKey: `${entries.at(-1)?.seq}` }], note: `${entries.length} times` }
        }), { minimum })
    })
    return { seen, pipeline: yield* pipelineOf([], [sensor]) }
  })
  const made = Effect.andThen(publish(prices, Partition.whole),
    record({ _tag: "StepEnded", id: "", state: "succeeded", rows: 0, changed: 0, note: "" }))

  it.effect("sees each of a hundred materializations between two looks, in order, once", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      yield* publish(prices, Partition.whole)
      const { pipeline, seen } = yield* watching()
      yield* alive(pipeline, "2026-11-24T00:10:00Z")
      assert.deepStrictEqual(seen, [], "what was there before is no news")
      for (let i = 0; i < 100; i++) {
        yield* publish(prices, Partition.whole)
        yield* publish(figures, Partition.whole)
      }
      yield* alive(pipeline, "2026-11-24T00:20:00Z")
      yield* alive(pipeline, "2026-11-24T00:30:00Z")
      assert.deepStrictEqual(seen, [Array.from({ length: 100 }, (_, i) => 2 + 2 * i)])
      assert.deepStrictEqual(yield* ticks("updates"), ["2026-11-24T00:10Z ran 100 times"])
    })))

  it.effect("wakes as something is made, and not before its minimum interval has passed", () =>
    inMemory(Effect.gen(function*() {
      yield* at("2026-11-24T00:00:00Z")
      const { pipeline, seen } = yield* watching("1 hour")
      const making = Effect.andThen(Effect.sleep("5 minutes"), made).pipe(Effect.repeat({ times: 5 }), Effect.andThen(Effect.never))
      yield* alive(pipeline, "2026-11-24T02:00:00Z", making)
      assert.deepStrictEqual(seen, [[1], [2, 3, 4, 5, 6]])
      assert.deepStrictEqual(yield* ticks("updates"), ["2026-11-24T00:05Z ran 1 times", "2026-11-24T01:05Z ran 5 times"])
    })))
})

describe("a run-failure sensor", () => {
  const ended = (run: string, state: "succeeded" | "partial" | "failed" | "interrupted" | "lost", target = "prices") =>
    record(
      { _tag: "RunStarted", run, targets: [target], trigger: "test" },
      { _tag: "StepStarted", run, id: `${run} step`, asset: target, window: "2026-11-24", subject: "btc", why: "" },
      {
        _tag: "StepEnded",
        id: `${run} step`,
        state: state === "succeeded" ? "succeeded" : "failed",
        rows: 0,
        changed: 0,
        note: "no answer"
      },
      { _tag: "RunEnded", run, state }
    )

  it.effect("tells of a failure once, and that it is over once", () =>
    inMemory(Effect.gen(function*() {
      const sent: Array<Failures.Alert> = []
      const sensor = Sensor.make("failures", {
        about: "",
        cursor: Failures.Cursor,
        start: Failures.start,
        looks: Failures.of((alert) => Effect.sync(() => void sent.push(alert)))
      })
      yield* at("2026-11-24T00:00:00Z")
      yield* ended("r0", "failed")
      const pipeline = yield* pipelineOf([], [sensor])
      yield* alive(pipeline, "2026-11-24T01:00:00Z")
      yield* ended("r1", "succeeded")
      yield* ended("r2", "failed")
      yield* ended("r3", "partial", "figures")
      yield* at("2026-11-24T01:30:00Z")
      yield* ended("r4", "failed")
      yield* ended("r5", "interrupted")
      yield* alive(pipeline, "2026-11-24T02:00:00Z")
      yield* ended("r6", "lost")
      yield* ended("r7", "succeeded")
      yield* ended("r8", "succeeded")
      yield* alive(pipeline, "2026-11-24T03:00:00Z")
      const common = { trigger: "test", at: millis("2026-11-24T01:00:00Z"), targets: ["prices"] }
      assert.deepStrictEqual(sent, [
        { id: "r2 failed", kind: "failed", run: "r2", says: "prices failed; prices btc 2026-11-24: no answer", ...common },
        {
          id: "r3 failed",
          kind: "failed",
          run: "r3",
          says: "figures succeeded in part; figures btc 2026-11-24: no answer",
          ...common,
          targets: ["figures"]
        },
        {
          id: "r7 recovered",
          kind: "recovered",
          run: "r7",
          says: "prices is well again: it had failed since 2026-11-24 01:00 UTC",
          ...common,
          at: millis("2026-11-24T02:00:00Z")
        }
      ])
      assert.deepStrictEqual((yield* ticks("failures")).map((_) => _.replace(/^\S+ /, "").slice(0, 40)), [
        "skipped prices failed; prices btc 2026-1",
        "skipped figures succeeded in part; figur",
        "skipped prices: still failing since 2026",
        "skipped prices: run r5 was interrupted",
        "skipped prices: still failing since 2026",
        "skipped prices is well again: it had fai"
      ])
      // what is no news leaves no tick, and is not read again
      const [standing] = yield* Ledger.use((_) => _.standings)
      assert.deepStrictEqual(JSON.parse(standing?.cursor ?? ""), {
        seq: 9,
        failing: { figures: { run: "r3", at: millis("2026-11-24T01:00:00Z") } }
      })
    })))

  it.effect("names five of the steps that failed, says how many more did, and what a run was cut short by", () =>
    inMemory(Effect.gen(function*() {
      const said: Array<string> = []
      const looks = Failures.of((alert) => Effect.sync(() => void said.push(alert.says)))
      const steps = (run: string, count: number) =>
        Effect.forEach(Array.from({ length: count }, (_, i) => `${run}${i}`), (id) =>
          record({ _tag: "StepStarted", run, id, asset: id, window: "", subject: "", why: "" }, {
            _tag: "StepEnded",
            id,
            state: "failed",
            rows: 0,
            changed: 0,
            note: "no"
          }))
      for (const [run, state, count] of [["a", "failed", 5], ["b", "failed", 6], ["c", "lost", 0]] as const) {
        yield* record({ _tag: "RunStarted", run, targets: [run, "prices"], trigger: "test" })
        yield* steps(run, count)
        yield* record({ _tag: "StepStarted", run, id: run, asset: "well", window: "", subject: "", why: "" }, {
          _tag: "StepEnded",
          id: run,
          state: "succeeded",
          rows: 0,
          changed: 0,
          note: ""
        })
        yield* record({ _tag: "RunEnded", run, state })
      }
      for (const seq of [0, 1, 2]) yield* looks.look({ seq, failing: {} })
      assert.deepStrictEqual(said, [
        "a, prices failed; a0: no; a1: no; a2: no; a3: no; a4: no",
        "b, prices failed; b0: no; b1: no; b2: no; b3: no; b4: no; and 1 more",
        "c, prices was cut short: its process died"
      ])
    })))

  it.effect("hears of a run's end at once, as a schedule does that follows it", () => {
    const looks = Failures.of(() => Effect.void)
    const sensor = Sensor.make("failures", { about: "", cursor: Failures.Cursor, start: Failures.start, looks })
    const follower = Schedule.make("follower", { about: "", runs: figures, cadence: Schedule.after(prices) })
    // each by itself: what one of them tells is nothing for the other to hear
    const heard = Effect.fnUntraced(
      function*(name: string, schedules: ReadonlyArray<Schedule.Schedule>, sensors: ReadonlyArray<Sensor.Sensor<Ledger>>) {
        yield* at("2026-11-24T00:00:00Z")
        const ending = Effect.gen(function*() {
          yield* Effect.sleep("31 minutes")
          yield* record({ _tag: "RunStarted", run: "r", targets: ["prices"], trigger: "test" })
          yield* record({ _tag: "StepStarted", run: "r", id: "s", asset: "prices", window: "", subject: "", why: "" })
          yield* record({ _tag: "StepEnded", id: "s", state: "succeeded", rows: 0, changed: 0, note: "" })
          yield* Effect.sleep("2 minutes")
          yield* record({ _tag: "RunEnded", run: "r", state: "partial" })
          return yield* Effect.never
        })
        yield* alive(yield* pipelineOf(schedules, sensors), "2026-11-24T00:50:00Z", ending)
        return yield* ticks(name)
      },
      inMemory
    )
    return Effect.gen(function*() {
      assert.deepStrictEqual(yield* heard("failures", [], [sensor]), ["2026-11-24T00:33Z skipped prices succeeded in part"])
      assert.deepStrictEqual(yield* heard("follower", [follower], []), ["2026-11-24T00:33Z ran after run r"])
    })
  })

  it.effect("says when the run ended, not when it began; where that is not known, when it began", () =>
    inMemory(Effect.gen(function*() {
      const at: Array<number> = []
      const looks = Failures.of((alert) => Effect.sync(() => void at.push(alert.at)))
      yield* TestClock.setTime(1000)
      yield* record({ _tag: "RunStarted", run: "r", targets: ["prices"], trigger: "test" })
      yield* TestClock.setTime(2000)
      yield* record({ _tag: "RunEnded", run: "r", state: "failed" })
      yield* looks.look({ seq: 0, failing: {} })
      const untold = Effect.updateService(Ledger, (ledger: Ledger["Service"]) =>
        Ledger.of({ ...ledger, ends: (...of) => Effect.map(ledger.ends(...of), (_) => _.map((_) => ({ ..._, endedAt: null }))) }))
      yield* untold(looks.look({ seq: 0, failing: {} }))
      assert.deepStrictEqual(at, [2000, 1000])
    })))

  it.effect("tries again what could not be sent, under the same name", () =>
    inMemory(Effect.gen(function*() {
      const sent: Array<string> = []
      const sensor = Sensor.make("failures", {
        about: "",
        cursor: Failures.Cursor,
        start: Failures.start,
        looks: Failures.of(Effect.fnUntraced(function*(alert) {
          sent.push(`${alert.id} ${iso(yield* Clock.currentTimeMillis)}`)
          if (sent.length < 3) return yield* Effect.fail("nobody there")
        }))
      })
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf([], [sensor])
      yield* alive(pipeline, "2026-11-24T01:00:00Z")
      yield* ended("r1", "failed")
      yield* alive(pipeline, "2026-11-24T02:00:00Z")
      assert.deepStrictEqual(sent,
        ["2026-11-24T01:00Z", "2026-11-24T01:00:30.000Z", "2026-11-24T01:01:30.000Z"].map((_) => `r1 failed ${_}`))
      assert.deepStrictEqual((yield* ticks("failures")).map((_) => _.split(" ")[1]), ["failed", "failed", "skipped"])
    })))
})
