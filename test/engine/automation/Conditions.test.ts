/** What is known of an asset when its condition is judged. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Condition from "../../../src/engine/automation/Condition.ts"
import * as Conditions from "../../../src/engine/automation/Conditions.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import { byDay, Day, horizon, inOne, market, publish } from "../world.ts"
import { alive, asked, at, inMemory, millis, RunFor, runner, ticks } from "./world.ts"

const nothing = () => Effect.succeed([])
const never: Conditions.Cursor = { since: 0, asked: {} }
const factsOf = Effect.fnUntraced(function*(asset: Asset.Any, cursor = never) {
  const pipeline = yield* Pipeline.make("test", { assets: [asset] })
  return (yield* Conditions.judge(pipeline, asset, cursor)).facts
})
const noon = "2026-11-24T12:00:00Z"

describe("of the asset itself", () => {
  it.effect("the newest key is the one that is due, with its time, since when it is due and when the next one is", () =>
    inMemory(Effect.gen(function*() {
      const prices = Asset.make("prices", { about: "", into: byDay, per: Day }, nothing)
      yield* at("2026-11-24T00:34:59.999Z")
      assert.deepStrictEqual((yield* factsOf(prices)).newest, {
        key: "2026-11-23",
        start: millis("2026-11-23T00:00:00Z"),
        end: millis("2026-11-24T00:00:00Z"),
        dueSince: millis("2026-11-23T00:35:00Z"),
        nextDue: millis("2026-11-24T00:35:00Z")
      })
      yield* at("2026-11-24T00:35:00Z")
      const facts = yield* factsOf(prices)
      assert.strictEqual(facts.newest?.key, "2026-11-24")
      assert.deepStrictEqual(Conditions.overOf(facts), {
        over: { start: millis("2026-11-24T00:00:00Z"), end: millis("2026-11-25T00:00:00Z") }
      })
      class Kind extends Partition.fixed<Kind>()("test/Kind", ["a", "b"]) {}
      const kinds = Asset.make("kinds", { about: "", into: byDay, per: Kind }, nothing)
      for (const asset of [Asset.make("total", { about: "", into: inOne }, nothing), kinds]) {
        const timeless = yield* factsOf(asset)
        assert.deepStrictEqual([timeless.newest, Conditions.overOf(timeless)], [undefined, {}])
      }
    })))

  it.effect("after the last key of all comes none, and nobody waits for it", () =>
    inMemory(Effect.gen(function*() {
      class Ended extends Partition.daily<Ended>()("test/Ended", { end: "2026-11-21" }) {}
      const ended = Asset.make("ended", { about: "", into: byDay, per: Ended, when: Condition.onMissing }, nothing)
      yield* at("2026-11-21T12:00:00Z")
      const { newest } = yield* factsOf(ended)
      assert.deepStrictEqual([newest?.key, newest?.nextDue], ["2026-11-20", undefined])
      yield* publish(ended, Ended.window("2026-11-20"))
      yield* alive(yield* Pipeline.make("test", { assets: [ended] }), noon)
      assert.deepStrictEqual(yield* ticks("conditions"), [])
    })))

  it.effect("it was handled when it was made or asked for, or first looked at: whichever came last", () =>
    inMemory(Effect.gen(function*() {
      const prices = Asset.make("prices", { about: "", into: inOne }, nothing)
      const handled = (cursor: Conditions.Cursor) => Effect.map(factsOf(prices, cursor), (_) => [_.madeAt, _.handledAt])
      assert.deepStrictEqual(yield* handled(never), [undefined, 0])
      assert.deepStrictEqual(yield* handled({ since: 5, asked: { another: 7 } }), [undefined, 5])
      assert.deepStrictEqual(yield* handled({ since: 5, asked: { prices: 7 } }), [undefined, 7])
      yield* at("1970-01-01T00:00:09Z")
      yield* publish(prices, Partition.whole)
      assert.deepStrictEqual(yield* handled({ since: 5, asked: { prices: 7 } }), [9000, 9000])
      assert.deepStrictEqual(yield* handled({ since: 5, asked: { prices: 9001 } }), [9000, 9001])
    })))

  it.effect("it failed if it fell short in the last run that tried or made it, for one subject at least, whichever was quicker", () =>
    inMemory(Effect.gen(function*() {
      const { record } = yield* Ledger
      const { prices } = market()
      const failed = Effect.map(factsOf(prices), (_) => _.failedAt)
      const second = (second: number) => at(`1970-01-01T00:00:0${second}Z`)
      const begins = (run: string) => record({ _tag: "RunStarted", run, targets: ["prices"], trigger: "test" })
      const ends = (run: string) => record({ _tag: "RunEnded", run, state: "failed" })
      const fails = (run: string, subject: string, asset = "prices") =>
        record({ _tag: "StepStarted", run, id: `${run} ${subject}`, asset, window: "1970-01-01", subject, why: "" }, {
          _tag: "StepEnded",
          id: `${run} ${subject}`,
          state: "failed",
          rows: 0,
          changed: 0,
          note: ""
        })
      const makes = (subject: string) => publish(prices, Day.window("1970-01-01"), { subject })
      yield* second(1)
      yield* fails("r0", "btc", "another")
      assert.isUndefined(yield* failed)
      yield* begins("r1")
      yield* fails("r1", "btc")
      yield* second(2)
      yield* makes("eth")
      yield* second(3)
      assert.strictEqual(yield* failed, 1000, "while the run goes on")
      yield* makes("eth")
      yield* ends("r1")
      yield* second(4)
      assert.strictEqual(yield* failed, 1000)
      yield* makes("eth")
      assert.isUndefined(yield* failed, "a later run made some of it")
      yield* begins("r2")
      yield* fails("r2", "btc")
      assert.strictEqual(yield* failed, 4000)
      // nobody knows of its run any more
      yield* second(5)
      yield* fails("forgotten", "eth")
      yield* makes("eth")
      assert.strictEqual(yield* failed, 5000)
      yield* second(6)
      yield* makes("eth")
      assert.isUndefined(yield* failed)
    })))

  it.effect("its code changed if what was made last was made by another version, and is as it was while nothing was", () =>
    inMemory(Effect.gen(function*() {
      const prices = Asset.make("prices", { about: "", into: inOne, codeVersion: "2" }, nothing)
      const changed = Effect.map(factsOf(prices), (_) => _.codeChanged)
      assert.isFalse(yield* changed)
      yield* publish(prices, Partition.whole, { codeVersion: "1" })
      assert.isTrue(yield* changed)
      yield* publish(prices, Partition.whole)
      assert.isFalse(yield* changed)
    })))

  it.effect("it is missing while one subject lacks the newest key, or one of the keys that lie in no time", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      class Kind extends Partition.fixed<Kind>()("test/Kind", ["a", "b", "c"]) {}
      const kinds = Asset.make("kinds", { about: "", into: byDay, per: Kind }, nothing)
      const missing = (asset: Asset.Any) => Effect.map(factsOf(asset), (_) => _.missing)
      yield* at(noon)
      assert.isTrue(yield* missing(prices))
      yield* publish(prices, Day.window("2026-11-24"), { subject: "btc" })
      assert.isFalse(yield* missing(prices))
      yield* publish(prices, Day.window("2026-11-23"), { subject: "eth" })
      assert.isTrue(yield* missing(prices))
      yield* publish(kinds, Kind.window("b", "c"))
      assert.isTrue(yield* missing(kinds))
      yield* publish(kinds, Kind.window("a"))
      assert.isFalse(yield* missing(kinds))
    })))

  it.effect("what was made under its old name is its own", () =>
    inMemory(Effect.gen(function*() {
      const old = Asset.make("old", { about: "", into: byDay, per: Day }, nothing)
      const prices = Asset.make("prices", { about: "", into: byDay, per: Day, aliases: ["old"] }, nothing)
      const sums = Asset.make("sums", { about: "", into: byDay, per: Day, from: { prices } }, nothing)
      yield* at(noon)
      yield* publish(old, Day.window("2026-11-24"))
      const { madeAt, missing } = yield* factsOf(prices)
      assert.deepStrictEqual([madeAt, missing], [millis(noon), false])
      assert.deepStrictEqual((yield* factsOf(sums)).upstream, [
        { name: "prices", changedAt: millis(noon), missing: false, inProgress: false }
      ])
    })))
})

describe("of what it reads", () => {
  it.effect("each asset counts once, by the keys that the newest one is made from, for every subject from its own first one on", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const total = Asset.make("total", { about: "", into: inOne, from: { prices: Asset.every(prices, Day) } }, nothing)
      const sums = Asset.make("sums", {
        about: "",
        into: byDay,
        per: Day,
        from: { now: prices, before: Asset.offset(prices, Day, -1) }
      }, nothing)
      const upstream = (asset: Asset.Any) =>
        Effect.map(horizon(5)(factsOf(asset)), (_) => _.upstream.map((_) => [_.name, _.changedAt, _.missing]))
      yield* at("2026-11-24T01:00:00Z")
      assert.deepStrictEqual(yield* upstream(total), [["prices", undefined, true]])
      yield* publish(prices, Day.window("2026-11-01", "2026-11-24"), { subject: "btc" })
      yield* at("2026-11-24T02:00:00Z")
      yield* publish(prices, Day.window("2026-11-22", "2026-11-23"), { subject: "eth" })
      assert.deepStrictEqual(yield* upstream(total), [["prices", millis("2026-11-24T02:00:00Z"), true]])
      assert.deepStrictEqual(yield* upstream(sums), [["prices", millis("2026-11-24T02:00:00Z"), true]])
      yield* at("2026-11-24T03:00:00Z")
      yield* publish(prices, Day.window("2026-11-24"), { subject: "eth" })
      yield* at("2026-11-24T04:00:00Z")
      yield* publish(prices, Day.window("2026-11-22"), { subject: "eth" })
      assert.deepStrictEqual(yield* upstream(total), [["prices", millis("2026-11-24T04:00:00Z"), false]])
      assert.deepStrictEqual(yield* upstream(sums), [["prices", millis("2026-11-24T03:00:00Z"), false]])
      // a hole is missing, however far back
      yield* publish(prices, Day.window("2026-11-15"), { subject: "eth" })
      assert.deepStrictEqual((yield* upstream(total)).map(([, , missing]) => missing), [true])
    })))
})

describe("what holds of how things stand", () => {
  const byHand = (id: string) => Ledger.use((_) => _.record({ _tag: "RunRequested", id, trigger: "a person", targets: ["prices"] }))
  /** Every run takes a minute, and fails. */
  const failing = (pipeline: Pipeline.Pipeline<Asset.Any, never>, until: string) =>
    Effect.provideService(alive(pipeline, until, runner(() => "failed")), RunFor, 60_000)
  const lived = Effect.fnUntraced(function*(when: Condition.Condition) {
    const prices = Asset.make("prices", { about: "", into: byDay, per: Day, when }, nothing)
    const pipeline = yield* Pipeline.make("test", { assets: [prices] })
    yield* at("2026-11-24T12:00:00Z")
    yield* publish(prices, Day.window("2026-11-24"))
    yield* failing(pipeline, "2026-11-24T13:00:00Z")
    yield* byHand("first")
    yield* failing(pipeline, "2026-11-24T14:00:00Z")
    yield* publish(prices, Day.window("2026-11-24"))
    yield* failing(pipeline, "2026-11-24T15:00:00Z")
    yield* byHand("second")
    yield* failing(pipeline, "2026-11-25T06:00:00Z")
    return yield* asked
  })

  it.effect("is asked for once, and again once something was made or another key is the newest: no failure is tried in a loop", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* lived(Condition.failed), [
        "2026-11-24T13:00Z a person failed",
        "2026-11-24T13:01Z sensor conditions failed",
        "2026-11-24T15:00Z a person failed",
        "2026-11-24T15:01Z sensor conditions failed",
        "2026-11-25T01:02Z sensor conditions failed"
      ])
    })))

  it.effect("is asked for once beside what happened: what its condition asked for and failed is tried once more", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* lived(Condition.or(Condition.onMissing, Condition.failed)), [
        "2026-11-24T13:00Z a person failed",
        "2026-11-24T13:01Z sensor conditions failed",
        "2026-11-24T15:00Z a person failed",
        "2026-11-24T15:01Z sensor conditions failed",
        "2026-11-25T00:35Z sensor conditions failed",
        "2026-11-25T00:36Z sensor conditions failed"
      ])
    })))

  it.effect("is asked for again by another code version, and each time that something else happens", () =>
    inMemory(Effect.gen(function*() {
      const prices = (codeVersion: string, when: Condition.Condition) =>
        Asset.make("prices", { about: "", into: inOne, codeVersion, when }, nothing)
      const judged = Effect.fnUntraced(function*(asset: Asset.Any, cursor: Conditions.Cursor) {
        return yield* Conditions.judge(yield* Pipeline.make("test", { assets: [asset] }), asset, cursor)
      })
      const { codeChanged, missing, not } = Condition
      yield* at(noon)
      yield* publish(prices("1", missing), Partition.whole)
      const first = yield* judged(prices("2", codeChanged), never)
      const cursor = Conditions.asked(never, first)
      assert.deepStrictEqual(cursor, { since: 0, asked: { prices: millis(noon) }, stood: { prices: ` ${millis(noon)} 2` } })
      const asks = Effect.fnUntraced(function*(...of: Parameters<typeof judged>) {
        const { asks, truth } = yield* judged(...of)
        return [truth.holds, asks]
      })
      assert.deepStrictEqual(
        [
          yield* asks(prices("2", codeChanged), never),
          yield* asks(prices("2", codeChanged), cursor),
          yield* asks(prices("2", not(missing)), cursor),
          yield* asks(prices("2", missing), never),
          yield* asks(prices("3", codeChanged), cursor)
        ],
        [[true, true], [true, false], [true, false], [false, false], [true, true]]
      )
      // as long as it stood so, whatever its condition asked for meanwhile because of what happened
      const nine = Condition.cronPassed(Cadence.cron("0 9 * * *"), "nine")
      yield* at("2026-11-25T10:00:00Z")
      const each = yield* judged(prices("2", Condition.and(nine, codeChanged)), cursor)
      assert.isTrue(each.asks)
      assert.deepStrictEqual(Conditions.asked(cursor, each), { ...cursor, asked: { prices: millis("2026-11-25T10:00:00Z") } })
    })))
})

describe("the cursor", () => {
  it.effect("is as far as the sensor has told", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* Conditions.cursorOf, never)
      const set = { _tag: "AutomationSet", kind: "sensor", on: true, cadence: "", why: "" } as const
      const { record } = yield* Ledger
      yield* record({ ...set, name: "another", cursor: "7" })
      yield* record({ ...set, name: Conditions.name })
      assert.deepStrictEqual(yield* Conditions.cursorOf, never)
      yield* record({ _tag: "CursorSet", name: Conditions.name, cursor: `{"since":3,"asked":{"prices":4}}` })
      assert.deepStrictEqual(yield* Conditions.cursorOf, { since: 3, asked: { prices: 4 } })
    })))
})
