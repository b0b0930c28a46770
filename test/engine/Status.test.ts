/** What is said of an asset is what a plan of it would say, and which attempts failed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Status from "../../src/engine/Status.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { byDay, Coin, coinByDay, type Daily, Day, horizon, inOne, market, millis, noon, publish, setTime, source } from "./world.ts"

/** Noon of the 24th, and three days within the horizon: the 22nd to the 24th. */
const threeDays = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(horizon(3), Effect.provide(Memory.layer))
const days = (first: string, last = first) => Day.window(`2026-11-${first}`, `2026-11-${last}`)
const { asset } = source("a")

/** A status without what it is the status of. */
const of = <const Targets extends ReadonlyArray<Asset.Any>>(...targets: Targets) =>
  Effect.map(Status.of(targets), (_) =>
    _.map(({ asset, failures, waitsFor, ...rest }) => ({
      ...rest,
      asset: asset.name,
      failures: failures.map(({ at: _at, run: _run, window, ...rest }) => ({ ...rest, window: `${window}` })),
      waitsFor: waitsFor?.name
    })))
const states = <const Targets extends ReadonlyArray<Asset.Any>>(...targets: Targets) =>
  Effect.map(Status.of(targets), (_) =>
    _.map((status) => `${status.asset.name} ${status.state} ${[...Status.toSelection(status).is].join()}`))

describe("the state of an asset", () => {
  const none = {
    asset: "a",
    keys: 3,
    missing: 0,
    unavailable: 0,
    stale: {},
    late: undefined,
    failures: [],
    warnings: [],
    waitsFor: undefined
  }

  it.effect("never made, missing, fresh", () =>
    threeDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* of(asset), [{ ...none, state: "never made", missing: 3, madeAt: undefined }])
      yield* publish(asset, days("22"))
      const madeAt = millis("2026-11-24T12:00:00Z")
      assert.deepStrictEqual(yield* of(asset), [{ ...none, state: "missing", missing: 2, madeAt }])
      yield* publish(asset, days("23"))
      assert.deepStrictEqual(yield* states(asset), ["a missing missing"], "one day is enough")
      yield* TestClock.adjust("1 minute")
      yield* publish(asset, days("23", "24"))
      assert.deepStrictEqual(yield* of(asset), [{ ...none, state: "fresh", madeAt: madeAt + 60_000 }])
    })))

  it.effect("stale by reason, through what is upstream of upstream; when its freshness has passed, and late it is not for that", () =>
    threeDays(Effect.gen(function*() {
      const b = Asset.make("b", { about: "", from: { asset }, into: byDay, per: Day }, ({ asset }) => Effect.succeed(asset))
      const c = Asset.make("c", { about: "", from: { b }, into: byDay, per: Day, codeVersion: "2" }, ({ b }) => Effect.succeed(b))
      const quote = source("quote", { freshFor: "1 hour" }).asset
      for (const _ of [asset, b, quote]) yield* publish(_, days("22", "24"))
      yield* publish(c, days("22"), { codeVersion: "1" })
      yield* publish(c, days("23", "24"))
      yield* publish(asset, days("23", "24"))
      const stale = Effect.map(Status.of([asset, b, c, quote]), (_) => _.map((status) => [status.state, status.stale]))
      assert.deepStrictEqual(yield* stale, [
        ["fresh", {}],
        ["stale", { "upstream changed": 2 }],
        ["stale", { "code changed": 1, "after upstream": 2 }],
        ["fresh", {}]
      ])
      yield* TestClock.adjust("61 minutes")
      assert.deepStrictEqual(yield* states(b, c, quote), ["b stale stale", "c stale stale", "quote stale stale"])
      const changed = Effect.map(Status.of([b, c]), (_) => _.map((status) => Status.toSelection(status).changed))
      assert.deepStrictEqual(yield* changed, [false, true])
    })))

  it.effect("late comes before missing and behind failed, and tells since when and whose", () =>
    threeDays(Effect.gen(function*() {
      const fails = new Set<string>()
      const { prices } = market({ fails, lateAfter: "6 hours" })
      yield* Run.upToDate([prices])
      yield* setTime("2026-11-25T06:35:00Z")
      assert.deepStrictEqual(yield* states(prices), ["prices missing missing"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* states(prices), ["prices late missing,late"])
      fails.add("eth")
      yield* Run.upToDate([prices])
      assert.deepStrictEqual(yield* states(prices), ["prices failed failed,missing,late"])
      assert.deepStrictEqual((yield* of(prices))[0]?.late, { since: millis("2026-11-25T06:35:00Z"), subjects: ["eth"] })
      fails.clear()
      yield* TestClock.adjust("1 minute")
      yield* Run.upToDate([prices])
      assert.deepStrictEqual(yield* states(prices), ["prices fresh fresh"])
    })))

  it.effect("counts the keys of all subjects", () =>
    threeDays(Effect.gen(function*() {
      const { prices } = market({ lookback: 2 })
      yield* publish(prices, days("22", "24"), { subject: "btc" })
      yield* publish(prices, days("23"), { subject: "eth" })
      assert.deepStrictEqual((yield* Status.of([prices])).map(({ keys, missing, stale }) => [keys, missing, stale]), [[6, 2, {}]])
    })))

  it.effect("counts what is further back than the source serves, over all subjects, and no other asset's", () =>
    threeDays(Effect.gen(function*() {
      const far = Asset.make("far", { about: "", into: coinByDay, per: Day, of: Coin, reach: Effect.succeed(1) }, () => Effect.succeed([]))
      yield* publish(far, days("23"), { subject: "eth" })
      assert.deepStrictEqual((yield* Status.of([far, asset])).map((_) => [_.unavailable, _.missing]), [[3, 2], [0, 3]])
    })))

  it.effect("waits for what tells its subjects", () =>
    threeDays(Effect.gen(function*() {
      class Listed
        extends Subject.make<Listed>()("test/Listed", Effect.suspend(() => new Subject.Unknown({ subject: "coins", after: asset })))
      {}
      const each = Asset.make("each", { about: "", into: coinByDay, per: Day, of: Listed }, () => Effect.succeed([]))
      const [status] = yield* Status.of([each])
      assert.deepStrictEqual([status?.state, status?.keys, status?.waitsFor], ["never made", 0, asset])
    })))
})

describe("a failure", () => {
  const fails = new Set<string>()

  it.effect("stands until the same or another window makes it good, for its subject alone", () =>
    threeDays(Effect.gen(function*() {
      const { prices } = market({ fails })
      fails.add("eth")
      yield* Run.upToDate([prices])
      const failures = Effect.map(of(prices), (_) => _[0]?.failures)
      assert.deepStrictEqual(yield* failures, [{ window: "2026-11-22..2026-11-24", subject: "eth", note: "no such coin", checks: [] }])
      assert.deepStrictEqual(yield* states(prices), ["prices failed failed,missing"])
      yield* setTime("2026-11-25T12:00:00Z")
      yield* Run.upToDate([prices])
      assert.deepStrictEqual((yield* failures)?.map((_) => _.window), ["2026-11-22..2026-11-24", "2026-11-23..2026-11-25"])
      fails.clear()
      yield* TestClock.adjust("1 minute")
      yield* publish(prices, days("23", "25"), { subject: "eth" })
      assert.deepStrictEqual((yield* failures)?.map((_) => _.window), ["2026-11-22..2026-11-24"], "the 22nd was never made")
      yield* publish(prices, days("22", "24"), { subject: "eth" })
      yield* Run.upToDate([prices])
      assert.deepStrictEqual(yield* states(prices), ["prices fresh fresh"])
    })))

  it.effect("is none any more of a subject that left", () =>
    threeDays(Effect.gen(function*() {
      let there = ["btc", "eth"]
      class Left extends Subject.make<Left>()("test/Left", Effect.sync(() => there)) {}
      const prices = Asset.make("prices", { about: "", into: coinByDay, per: Day, of: Left }, () => Effect.fail("no such coin" as const))
      yield* Run.upToDate([prices])
      const failing = Effect.map(of(prices), (_) => _[0]?.failures.map((_) => _.subject))
      assert.deepStrictEqual(yield* failing, ["btc", "eth"])
      there = ["btc"]
      assert.deepStrictEqual(yield* failing, ["btc"])
    })))

  it.effect("ends with what is made in the very millisecond in which it began", () =>
    threeDays(Effect.gen(function*() {
      const { prices } = market({ fails })
      fails.add("eth")
      yield* Run.upToDate([prices])
      fails.clear()
      assert.deepStrictEqual(yield* states(prices), ["prices failed failed,missing"])
      yield* publish(prices, days("22", "24"), { subject: "eth" })
      assert.deepStrictEqual(yield* states(prices), ["prices fresh fresh"])
    })))

  it.effect("of a forced making is one, though what was made before is there; a success or a skip later ends it", () =>
    threeDays(Effect.gen(function*() {
      let broken = false
      const one = Asset.make("one", { about: "", into: inOne }, () =>
        broken ? Effect.fail("broken" as const) : Effect.succeed([{ value: 1 }]))
      yield* Run.upToDate([one])
      yield* TestClock.adjust("1 minute")
      broken = true
      yield* Run.upToDate([one], { force: true })
      assert.deepStrictEqual(yield* states(one), ["one failed failed"])
      const checks = Effect.map(Status.of([one]), (_) => _.map((status) => [...Status.toSelection(status).checks]))
      assert.deepStrictEqual(yield* checks, [[]], "no check was asked")
      broken = false
      yield* TestClock.adjust("1 minute")
      yield* Run.upToDate([one], { force: true })
      assert.deepStrictEqual(yield* states(one), ["one fresh fresh"])
    })))

  it.effect("by checks is told with what they found; a warning is no failure", () =>
    threeDays(Effect.gen(function*() {
      let value = 5
      const checks = [Check.within("value", 0, 9), Check.within("value", 0, 4, "warn")]
      const rows = Effect.map(Day, (_): ReadonlyArray<Daily> => _.keys.map((day) => ({ day, value })))
      const checked = Asset.make("checked", { about: "", into: byDay, per: Day, checks }, () => rows)
      const asked = Effect.map(Status.of([checked]), (_) => _.map((status) => [...Status.toSelection(status).checks]))
      yield* Run.upToDate([checked])
      assert.deepStrictEqual(yield* asked, [["warned"]])
      assert.deepStrictEqual((yield* of(checked)).map(({ state, warnings }) => [state, warnings]), [["fresh", [
        "within(value, 0, 4): 3 offenders"
      ]]])
      value = 10
      yield* TestClock.adjust("1 minute")
      yield* Run.upToDate([checked], { force: true })
      assert.deepStrictEqual(yield* asked, [["failed", "warned"]])
      assert.deepStrictEqual((yield* of(checked))[0]?.failures.map((_) => _.checks), [[{
        check: "within(value, 0, 9)",
        severity: "block",
        offenders: 3
      }]])
      value = 1
      yield* TestClock.adjust("1 minute")
      yield* Run.upToDate([checked], { force: true })
      assert.deepStrictEqual(yield* asked, [[]])
    })))
})
