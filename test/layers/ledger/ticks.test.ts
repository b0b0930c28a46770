/** Ticks, cursors and the runs they ask for are told together; both ledgers keep one contract. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Event, Ledger } from "../../../src/engine/Ledger.ts"
import { layer } from "../../../src/layers/Ledger.ts"
import * as Memory from "../../../src/layers/Memory.ts"

const record = (...events: readonly [Event, ...ReadonlyArray<Event>]) => Ledger.use((_) => _.record(...events))
const set = (name: string, options: { readonly on?: boolean; readonly cursor?: string | null; readonly why?: string } = {}): Event => ({
  _tag: "AutomationSet",
  name,
  kind: "schedule",
  on: true,
  cadence: "0 9 * * *",
  why: "by hand",
  ...options
})
const ticked = (
  source: string,
  due: number,
  options: { readonly state?: "failed" | "waiting" | "missed"; readonly cursor?: string } = {}
): Event => ({
  _tag: "Ticked",
  source,
  due,
  state: "ran",
  note: "",
  ...options
})
const asked = (id: string): Event => ({ _tag: "RunRequested", id, trigger: "schedule a", targets: ["prices"] })
const standings = Ledger.use((_) => _.standings)
const ticks = Effect.map(Ledger.use((_) => _.ticks({})), (_) => _.map(({ due, source, state }) => `${source} ${due} ${state}`))
const requests = Effect.map(Ledger.use((_) => _.requests({})), (_) => _.map(({ id }) => id))

describe.each([["in memory", Layer.fresh(Memory.ledger)], ["in SQLite", Layer.fresh(layer(":memory:"))]])("a ledger %s", (_, ledger) => {
  it.effect("says where schedules and sensors stand, as they were switched last", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust(1000)
      yield* record(set("b"), set("a", { on: false, cursor: "{\"seq\":7}" }))
      yield* TestClock.adjust(1000)
      yield* record(set("a", { why: "again" }))
      const common = { kind: "schedule", on: true, cadence: "0 9 * * *", last: null, failures: 0 }
      assert.deepStrictEqual((yield* standings).map((_) => ({ ..._ })), [
        { name: "a", since: 2000, why: "again", cursor: "{\"seq\":7}", ...common },
        { name: "b", since: 1000, why: "by hand", cursor: null, ...common }
      ] as never)
      yield* record(set("a", { cursor: null }))
      assert.isNull((yield* standings)[0]?.cursor)
    }).pipe(Effect.provide(ledger)))

  it.effect("tells a tick, its cursor and its run together, or none of them", () =>
    Effect.gen(function*() {
      yield* record(set("a"))
      yield* record(ticked("a", 10, { cursor: "1" }), asked("r1"))
      const state = Effect.all([ticks, requests, Effect.map(standings, (_) => _.map(({ cursor, last }) => [last, cursor]))])
      assert.deepStrictEqual(yield* state, [["a 10 ran"], ["r1"], [[10, "1"]]])
      for (const due of [10, 9]) {
        const error = yield* Effect.flip(record(asked("r2"), ticked("a", due, { cursor: "2" }), asked("r3")))
        assert.match(error.message, /a has told of its tick of 1970-01-01T00:00:00\.\d\d\dZ, or of a later one, before/)
      }
      yield* Effect.flip(record(ticked("a", 12), asked("r4"), ticked("a", 11)))
      assert.match((yield* Effect.flip(record(ticked("nobody", 12), asked("r5")))).message, /nobody/)
      assert.deepStrictEqual(yield* state, [["a 10 ran"], ["r1"], [[10, "1"]]])
      yield* record(ticked("a", 11), ticked("a", 12))
      assert.deepStrictEqual(yield* state, [["a 12 ran", "a 11 ran", "a 10 ran"], ["r1"], [[12, "1"]]])
    }).pipe(Effect.provide(ledger)))

  it.effect("tells nothing from a cursor that stands no longer where it was", () =>
    Effect.gen(function*() {
      yield* record(set("a", { cursor: "1" }))
      const from = (from: string, due: number, cursor: string): Event => ({
        _tag: "Ticked",
        source: "a",
        due,
        state: "ran",
        note: "",
        cursor,
        from
      })
      yield* record(from("1", 10, "2"), asked("r1"))
      assert.match((yield* Effect.flip(record(from("1", 20, "2"), asked("r2")))).message,
        /a is at another cursor than the one that this follows from/)
      const quiet = (from: string, cursor: string): Event => ({ _tag: "CursorSet", name: "a", from, cursor })
      assert.match((yield* Effect.flip(record(quiet("1", "3")))).message, /a is at another cursor/)
      yield* record(quiet("2", "3"))
      yield* record(from("3", 30, "4"), from("4", 40, "5"))
      assert.deepStrictEqual([yield* ticks, yield* requests, (yield* standings)[0]?.cursor], [
        ["a 40 ran", "a 30 ran", "a 10 ran"],
        ["r1"],
        "5"
      ])
    }).pipe(Effect.provide(ledger)))

  it.effect("settles a tick that waited, once", () =>
    Effect.gen(function*() {
      yield* record(set("a"), ticked("a", 10, { state: "waiting" }), ticked("a", 20, { state: "waiting" }))
      const settled: Event = { _tag: "TickSettled", source: "a", due: 10, state: "ran", note: "waited", requests: ["r1"] }
      yield* TestClock.adjust(5)
      yield* record(settled, asked("r1"))
      assert.match((yield* Effect.flip(record(settled, asked("r2")))).message, /a has told of its tick/)
      assert.deepStrictEqual((yield* Ledger.use((_) => _.ticks({ source: "a", states: ["waiting"] }))).map((_) => _.due), [20])
      const [, first] = yield* Ledger.use((_) => _.ticks({ source: "a" }))
      assert.deepStrictEqual({ ...first }, { source: "a", due: 10, state: "ran", note: "waited", requests: ["r1"], at: 5 } as never)
      assert.deepStrictEqual(yield* requests, ["r1"])
    }).pipe(Effect.provide(ledger)))

  it.effect("finds ticks by source, state and time, newest first, so many", () =>
    Effect.gen(function*() {
      yield* record(set("a"), set("b"), ticked("a", 10), ticked("b", 10, { state: "failed" }), ticked("a", 30, { state: "missed" }),
        ticked("a", 40))
      const found = (which: Parameters<Ledger["Service"]["ticks"]>[0]) =>
        Effect.map(Ledger.use((_) => _.ticks(which)), (_) => _.map(({ due, source }) => `${source} ${due}`))
      assert.deepStrictEqual(yield* found({}), ["a 40", "a 30", "a 10", "b 10"])
      assert.deepStrictEqual(yield* found({ source: "a", limit: 2 }), ["a 40", "a 30"])
      assert.deepStrictEqual(yield* found({ states: ["failed", "missed"] }), ["a 30", "b 10"])
      assert.deepStrictEqual(yield* found({ from: 10, before: 40 }), ["a 30", "a 10", "b 10"])
      assert.deepStrictEqual(yield* found({ source: "c" }), [])
    }).pipe(Effect.provide(ledger)))

  it.effect("counts failures in a row", () =>
    Effect.gen(function*() {
      yield* record(set("a"), ticked("a", 1, { state: "failed" }), ticked("a", 2, { state: "failed" }))
      assert.deepStrictEqual((yield* standings).map((_) => _.failures), [2])
      yield* record(ticked("a", 3))
      assert.deepStrictEqual((yield* standings).map((_) => _.failures), [0])
      yield* record(ticked("a", 4, { state: "failed" }), set("a"))
      assert.deepStrictEqual((yield* standings).map((_) => _.failures), [0])
    }).pipe(Effect.provide(ledger)))

  it.effect("switched anew counts from then, and from a tick that lies ahead when the clock was set back", () =>
    Effect.gen(function*() {
      yield* record(set("a"), ticked("a", 5000))
      yield* TestClock.adjust(6000)
      yield* record(set("a"))
      assert.deepStrictEqual((yield* standings).map((_) => [_.since, _.last]), [[6000, null]])
      yield* TestClock.setTime(4000)
      yield* record(set("a"))
      assert.deepStrictEqual((yield* standings).map((_) => [_.since, _.last]), [[4000, 5000]])
    }).pipe(Effect.provide(ledger)))

  it.effect("numbers the ends of runs in the order in which they are told, each once", () =>
    Effect.gen(function*() {
      const started = (run: string): Event => ({ _tag: "RunStarted", run, targets: ["prices"], trigger: "test" })
      const ended = (run: string): Event => ({ _tag: "RunEnded", run, state: "succeeded" })
      yield* record(started("r1"), started("r2"), started("r3"))
      assert.strictEqual(yield* Ledger.use((_) => _.newestEnd), 0)
      yield* record(ended("r3"), ended("r1"))
      yield* TestClock.setTime(-1000)
      yield* record(ended("r3"), ended("r2"), ended("r9"))
      const ends = (after: number, limit = 9) =>
        Effect.map(Ledger.use((_) => _.ends(after, limit)), (_) => _.map(({ id, seq, state }) => `${seq} ${id} ${state}`))
      assert.deepStrictEqual(yield* ends(0), ["1 r3 succeeded", "2 r1 succeeded", "3 r2 succeeded"])
      assert.deepStrictEqual(yield* ends(1, 1), ["2 r1 succeeded"])
      assert.deepStrictEqual(yield* ends(3), [])
      assert.strictEqual(yield* Ledger.use((_) => _.newestEnd), 3)
    }).pipe(Effect.provide(ledger)))

  it.effect("knows when it was watched last", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* Ledger.use((_) => _.watched))
      for (const at of [1000, 3000]) {
        yield* TestClock.setTime(at)
        yield* record({ _tag: "Watched" })
        assert.strictEqual(yield* Ledger.use((_) => _.watched), at)
      }
    }).pipe(Effect.provide(ledger)))

  it.effect("lets be heard what it recorded, and not what it refused", () =>
    Effect.gen(function*() {
      const { heard } = yield* Ledger
      const hearing = yield* Effect.forkScoped(Stream.runCollect(Stream.take(heard, 3)), { startImmediately: true })
      yield* record(set("a"), ticked("a", 10))
      yield* Effect.flip(record(ticked("a", 10)))
      yield* record(asked("r1"))
      assert.deepStrictEqual((yield* Fiber.join(hearing)).map((_) => _._tag), ["AutomationSet", "Ticked", "RunRequested"])
    }).pipe(Effect.provide(ledger)))
})
