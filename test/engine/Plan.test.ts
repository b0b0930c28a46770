import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Plan from "../../src/engine/Plan.ts"
import { staleKeys } from "../../src/engine/plan/reasons.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Status from "../../src/engine/Status.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import {
  byDay,
  byMonth,
  Coin,
  coinByDay,
  Day,
  horizon,
  inOne,
  market,
  millis,
  Month,
  noon,
  planned,
  publish,
  setTime,
  source,
  told
} from "./world.ts"

const nothing: ReadonlyArray<never> = []
/** Noon of the 24th, and five days within the horizon: the 20th to the 24th. */
const fiveDays = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(horizon(5), Effect.provide(Memory.layer))
const days = (first: string, last = first) => Day.window(`2026-11-${first}`, `2026-11-${last}`)

describe("reasons", () => {
  const { asset } = source("a")

  it.effect("renamed: what is kept in files, which are called as their asset; rows move to its new name", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(asset, days("20", "24"))
      const renamed = (into: typeof byDay) => Asset.make("b", { about: "", aliases: ["a"], into, per: Day }, () => Effect.succeed(nothing))
      assert.deepStrictEqual(yield* planned([renamed({ ...byDay, files: () => [] })]), ["b 2026-11-20..2026-11-24 (renamed 5)"])
      assert.deepStrictEqual(yield* planned([renamed(byDay)]), [])
    })))

  it.effect("never made: all that is due within the horizon", () =>
    fiveDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-20..2026-11-24 (never made 5)"])
    })))

  it.effect("missing: what lies around what is there; nothing, when all is there", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(asset, days("21", "22"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-20 (missing 1)", "a 2026-11-23..2026-11-24 (missing 2)"])
      yield* publish(asset, days("20", "24"))
      assert.deepStrictEqual(yield* planned([asset]), nothing)
    })))

  it.effect("missing a day later: the one day that has become due", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(asset, days("20", "24"))
      yield* setTime("2026-11-25T00:34:59Z")
      assert.deepStrictEqual(yield* planned([asset]), nothing)
      yield* setTime("2026-11-25T00:35:00Z")
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-25 (missing 1)"])
    })))

  it.effect("code changed: what an older version made, and only that", () =>
    fiveDays(Effect.gen(function*() {
      const second = source("a", { codeVersion: "2" }).asset
      yield* publish(asset, days("20", "24"))
      yield* publish(second, days("22"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-22 (code changed 1)"])
      assert.deepStrictEqual(yield* planned([second]), [
        "a 2026-11-20..2026-11-21 (code changed 2)",
        "a 2026-11-23..2026-11-24 (code changed 2)"
      ])
    })))

  it.effect("a setting: what was made with another value, and only what depends on it; what does not know its value is made once", () =>
    fiveDays(Effect.gen(function*() {
      const chosen = { rate: "0" }
      const into = Memory.store<{ readonly day: string; readonly value: number }>()({ key: "day" })
      const prices = Asset.make("prices", { about: "", into, per: Day }, () =>
        Effect.map(Day, (_) => _.keys.map((day) => ({ day, value: 1 }))))
      const settings = Effect.sync(() => ({ RATE: chosen.rate, TOP: "10" }))
      const ratio = Asset.make("ratio", { about: "", from: { prices }, settings, into, per: Day }, ({ prices }) => Effect.succeed(prices))
      const chart = Asset.make("chart", { about: "", from: { ratio: Asset.every(ratio, Day) }, into: inOne }, () => Effect.succeed([]))
      yield* Run.upToDate([chart], { trigger: "test" })
      assert.deepStrictEqual(yield* planned([chart]), nothing)
      chosen.rate = "0.04"
      assert.deepStrictEqual(yield* planned([chart]), [
        "ratio 2026-11-20..2026-11-24 (setting RATE changed 0 → 0.04: 5)",
        "chart (after upstream)"
      ])
      const [status] = yield* Status.of([ratio])
      assert.deepStrictEqual([status?.state, status?.stale], ["stale", { "setting RATE changed 0 → 0.04": 5 }])
      const [report] = yield* Run.upToDate([chart], { trigger: "test" })
      assert.deepStrictEqual(told(report), ["Made ratio 2026-11-20..2026-11-24", "Skipped chart"], "it came out as it was")
      assert.deepStrictEqual(yield* planned([chart]), nothing)
      // made before settings were inputs
      yield* publish(ratio, days("22", "23"), { changed: false })
      assert.deepStrictEqual(yield* planned([chart]), [
        "ratio 2026-11-22..2026-11-23 (setting RATE not remembered: 2)",
        "chart (after upstream)"
      ])
    })))

  it.effect("expired: made longer ago than its freshness, not when exactly as long", () =>
    fiveDays(Effect.gen(function*() {
      const quote = source("a", { freshFor: "1 hour" }).asset
      yield* publish(quote, days("20", "23"))
      yield* TestClock.adjust("1 minute")
      yield* publish(quote, days("24"))
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual(yield* planned([quote]), nothing)
      yield* TestClock.adjust("1 milli")
      assert.deepStrictEqual(yield* planned([quote]), ["a 2026-11-20..2026-11-23 (expired 4)"])
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-25 (missing 1)"], "what has no freshness does not expire")
    })))

  it.effect("expired: also what expires before an instant, if it was made before another", () =>
    fiveDays(Effect.gen(function*() {
      const hour = 3_600_000
      const quote = source("a", { freshFor: "1 hour" }).asset
      const made = yield* Clock.currentTimeMillis
      yield* publish(quote, days("20", "24"))
      const expired = ["a 2026-11-20..2026-11-24 (expired 5)"]
      const at = (before: number, madeBefore: number) =>
        planned([quote], { expiring: { before: made + before, madeBefore: made + madeBefore } })
      assert.deepStrictEqual(yield* at(hour + 1, 1), expired)
      assert.deepStrictEqual(yield* at(hour, 1), nothing)
      assert.deepStrictEqual(yield* at(hour + 1, 0), nothing)
    })))

  it.effect("forced: not once more what was made at an instant or later", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(asset, days("20", "22"))
      yield* TestClock.adjust(1)
      const forcedSince = yield* Clock.currentTimeMillis
      yield* publish(asset, days("23"))
      yield* TestClock.adjust(1)
      yield* publish(asset, days("24"))
      assert.deepStrictEqual(yield* planned([asset], { force: true, forcedSince }), ["a 2026-11-20..2026-11-22 (forced 3)"])
    })))

  it.effect("forced: all that is wanted, and only of the targets", () =>
    fiveDays(Effect.gen(function*() {
      const b = Asset.make("b", { about: "", from: { asset }, into: byDay, per: Day }, ({ asset }) => Effect.succeed(asset))
      yield* publish(asset, days("20", "24"))
      yield* publish(b, days("20", "24"))
      assert.deepStrictEqual(yield* planned([b]), nothing)
      assert.deepStrictEqual(yield* planned([b], { force: false }), nothing)
      assert.deepStrictEqual(yield* planned([b], { force: true }), ["b 2026-11-20..2026-11-24 (forced 5)"])
      assert.deepStrictEqual(yield* planned([asset, b], { force: [b] }), ["b 2026-11-20..2026-11-24 (forced 5)"])
      assert.deepStrictEqual(yield* planned([b], { force: [asset] }), nothing)
    })))

  it.effect("several: each key is counted under the first that holds for it, and neighbours share a step", () =>
    fiveDays(Effect.gen(function*() {
      const second = source("a", { codeVersion: "2", freshFor: "1 hour" }).asset
      yield* publish(asset, days("21", "22"))
      yield* publish(second, days("23"))
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* planned([second]), ["a 2026-11-20..2026-11-24 (missing 2, code changed 2, expired 1)"])
      assert.deepStrictEqual(yield* planned([second], { force: true }), ["a 2026-11-20..2026-11-24 (forced 5)"])
    })))
})

describe("what changed upstream", () => {
  const { asset: a } = source("a")
  const read = ({ a }: { readonly a: ReadonlyArray<{ readonly day: string; readonly value: number }> }) => Effect.succeed(a)
  const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day }, read)
  const trailing = Asset.make("trailing_b", { about: "", from: { a: Asset.trailing(a, Day, 2) }, into: byDay, per: Day }, read)
  const running = Asset.make("running_b", { about: "", from: { a: Asset.upTo(a, Day) }, into: byDay, per: Day }, read)
  const total = Asset.make("total_b", { about: "", from: { a: Asset.every(a, Day) }, into: inOne }, () => Effect.succeed([]))
  const readers: ReadonlyArray<readonly [Asset.Any, Partition.Window]> = [
    [b, days("20", "24")],
    [trailing, days("20", "24")],
    [running, days("20", "24")],
    [total, Partition.whole]
  ]
  const made = Effect.gen(function*() {
    yield* publish(a, days("19", "24"))
    for (const [reader, window] of readers) yield* publish(reader, window)
  })
  const stale = planned([b, trailing, running, total])

  it.effect("one changed day makes stale exactly what reads it", () =>
    fiveDays(Effect.gen(function*() {
      yield* made
      assert.deepStrictEqual(yield* stale, nothing)
      yield* publish(a, days("22"))
      assert.deepStrictEqual(yield* stale, [
        "b 2026-11-22 (upstream changed 1)",
        "trailing_b 2026-11-22..2026-11-23 (upstream changed 2)",
        "running_b 2026-11-22..2026-11-24 (upstream changed 3)",
        "total_b (upstream changed)"
      ])
      yield* publish(trailing, days("22"))
      yield* publish(total, Partition.whole)
      assert.deepStrictEqual(yield* stale, [
        "b 2026-11-22 (upstream changed 1)",
        "trailing_b 2026-11-23 (upstream changed 1)",
        "running_b 2026-11-22..2026-11-24 (upstream changed 3)"
      ])
    })))

  it.effect("what was made again and came out as it was makes nothing stale", () =>
    fiveDays(Effect.gen(function*() {
      yield* made
      yield* publish(a, days("20", "24"), { changed: false })
      assert.deepStrictEqual(yield* stale, nothing)
    })))

  it.effect("what its maker had seen is no news, what came later is", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(a, days("20", "24"))
      yield* publish(b, days("20", "24"), { saw: 1 })
      assert.deepStrictEqual(yield* planned([b]), nothing)
      yield* publish(b, days("20", "21"), { saw: 0 })
      assert.deepStrictEqual(yield* planned([b]), ["b 2026-11-20..2026-11-21 (upstream changed 2)"])
    })))

  it.effect("a change beyond the horizon makes nothing that nobody wants", () =>
    fiveDays(Effect.gen(function*() {
      yield* made
      yield* publish(b, days("15", "19"))
      yield* publish(a, days("15", "19"))
      assert.deepStrictEqual(yield* planned([b]), nothing)
      assert.deepStrictEqual(yield* planned([trailing]), ["trailing_b 2026-11-20 (upstream changed 1)"], "it reads the 19th")
    })))

  it.effect("staleKeys tells them for a window", () =>
    fiveDays(Effect.gen(function*() {
      yield* made
      yield* publish(a, days("21", "22"))
      assert.deepStrictEqual(
        (yield* staleKeys(trailing, days("22", "24"), undefined)).map(({ from, to }) => `${new Partition.Window(Day.calendar, from, to)}`),
        [
          "2026-11-22..2026-11-23"
        ]
      )
      assert.deepStrictEqual(yield* staleKeys(trailing, days("24"), undefined), nothing)
    })))
})

describe("what is made after its upstream", () => {
  const { asset: a } = source("a")
  const pass = ({ a }: { readonly a: ReadonlyArray<{ readonly day: string; readonly value: number }> }) => Effect.succeed(a)
  const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day }, pass)
  const c = Asset.make("c", { about: "", from: { a: Asset.trailing(b, Day, 2) }, into: byDay, per: Day }, pass)
  const d = Asset.make("d", { about: "", from: { a, c: Asset.trailing(c, Day, 2), b }, into: byDay, per: Day }, pass)

  it.effect("is provisional where that is the only reason, and waits for the steps it reads", () =>
    fiveDays(Effect.gen(function*() {
      for (const asset of [a, b, c]) yield* publish(asset, days("19", "24"))
      const again = source("a", { codeVersion: "2" }).asset
      const reader = Asset.make("b", { about: "", from: { a: again }, into: byDay, per: Day }, pass)
      yield* publish(again, days("19", "22"), { changed: false })
      const { steps } = yield* Plan.make([reader])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.provisional, _.after.map((_) => _.asset.name)]), [
        ["a 2026-11-23..2026-11-24 (code changed 2)", false, []],
        ["b 2026-11-23..2026-11-24 (after upstream 2)", true, ["a"]]
      ])
    })))

  it.effect("follows through: what reads that is made after it, too", () =>
    fiveDays(Effect.gen(function*() {
      for (const asset of [b, c, d]) yield* publish(asset, days("19", "24"))
      yield* publish(a, days("19", "23"))
      yield* publish(b, days("19", "24"))
      yield* publish(c, days("19", "24"))
      yield* publish(d, days("19", "24"))
      const { steps } = yield* Plan.make([d])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.provisional]), [
        ["a 2026-11-24 (missing 1)", false],
        ["b 2026-11-24 (after upstream 1)", true],
        ["c 2026-11-24 (after upstream 1)", true],
        ["d 2026-11-24 (after upstream 1)", true]
      ])
    })))

  it.effect("a diamond is planned once, sources first", () =>
    fiveDays(Effect.gen(function*() {
      const { steps } = yield* Plan.make([d, b, d])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.after.map((_) => _.asset.name)]), [
        ["a 2026-11-20..2026-11-24 (never made 5)", []],
        ["b 2026-11-20..2026-11-24 (never made 5)", ["a"]],
        ["c 2026-11-20..2026-11-24 (never made 5)", ["b"]],
        ["d 2026-11-20..2026-11-24 (never made 5)", ["a", "c", "b"]]
      ])
    })))

  it.effect("a step waits only for the steps whose keys it reads", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(a, days("22"))
      const { steps } = yield* Plan.make([c])
      yield* publish(c, days("20"))
      const later = yield* Plan.make([c])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.after.map(Plan.label)]), [
        ["a 2026-11-20..2026-11-21 (missing 2)", []],
        ["a 2026-11-23..2026-11-24 (missing 2)", []],
        ["b 2026-11-20..2026-11-24 (never made 5)", ["a 2026-11-20..2026-11-21 (missing 2)", "a 2026-11-23..2026-11-24 (missing 2)"]],
        ["c 2026-11-20..2026-11-24 (never made 5)", ["b 2026-11-20..2026-11-24 (never made 5)"]]
      ])
      assert.deepStrictEqual(later.steps.slice(3).map(Plan.label), [
        "c 2026-11-20 (after upstream 1)",
        "c 2026-11-21..2026-11-24 (missing 4)"
      ])
    })))

  it.effect("only: upstream is left as it is", () =>
    fiveDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* planned([c], { only: true }), ["c 2026-11-20..2026-11-24 (never made 5)"])
      const { steps } = yield* Plan.make([c, a], { only: true })
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.after.length]), [
        ["a 2026-11-20..2026-11-24 (never made 5)", 0],
        ["c 2026-11-20..2026-11-24 (never made 5)", 0]
      ])
      yield* publish(b, days("20", "24"))
      yield* publish(c, days("20", "24"), { saw: 0 })
      assert.deepStrictEqual(yield* planned([c], { only: true }), ["c 2026-11-20..2026-11-24 (upstream changed 5)"])
    })))
})

describe("what is wanted", () => {
  const { asset: a } = source("a")
  const monthly = Asset.make("monthly", { about: "", from: { a: Asset.within(a, Day, Month, 1) }, into: byMonth, per: Month },
    () => Effect.succeed([]))
  const trailing = Asset.make("trailing", { about: "", from: { a: Asset.trailing(a, Day, 3) }, into: byDay, per: Day },
    ({ a }) => Effect.succeed(a))
  const total = Asset.make("total", { about: "", from: { a: Asset.every(a, Day) }, into: inOne }, () => Effect.succeed([]))
  const running = Asset.make("running", { about: "", from: { a: Asset.upTo(a, Day) }, into: byDay, per: Day }, ({ a }) => Effect.succeed(a))
  const over = (start?: string, end?: string): Plan.Options => ({
    over: { ...(start === undefined ? {} : { start: millis(start) }), ...(end === undefined ? {} : { end: millis(end) }) }
  })

  it.effect("a month reads its days and the one that closes it", () =>
    Effect.gen(function*() {
      yield* noon
      assert.deepStrictEqual(yield* planned([monthly]).pipe(horizon(60)), [
        "a 2026-10-01..2026-11-01 (never made 32)",
        "monthly 2026-10 (never made 1)"
      ])
    }).pipe(Effect.provide(Memory.layer)))

  it.effect("upstream, too, only as far back as the horizon", () =>
    fiveDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* planned([trailing]), [
        "a 2026-11-20..2026-11-24 (never made 5)",
        "trailing 2026-11-20..2026-11-24 (never made 5)"
      ])
      assert.deepStrictEqual(yield* planned([total]), ["a 2026-11-20..2026-11-24 (never made 5)", "total (never made)"])
      assert.deepStrictEqual((yield* planned([running]))[0], "a 2026-11-20..2026-11-24 (never made 5)")
    })))

  it.effect("over: the targets' keys between start and end, and what those read", () =>
    fiveDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* planned([trailing], over("2026-11-23T00:00:00Z")), [
        "a 2026-11-21..2026-11-24 (never made 4)",
        "trailing 2026-11-23..2026-11-24 (never made 2)"
      ])
      assert.deepStrictEqual(yield* planned([trailing], over(undefined, "2026-11-22T00:00:00Z")), [
        "a 2026-11-20..2026-11-21 (never made 2)",
        "trailing 2026-11-20..2026-11-21 (never made 2)"
      ])
      assert.deepStrictEqual(yield* planned([a], over("2026-11-21T00:00:00Z", "2026-11-23T00:00:00Z")), [
        "a 2026-11-21..2026-11-22 (never made 2)"
      ])
      assert.deepStrictEqual(yield* planned([a], over("2026-11-21T00:00:01Z", "2026-11-23T23:59:59Z")), ["a 2026-11-22 (never made 1)"],
        "whole keys")
      assert.deepStrictEqual(yield* planned([a], over("2026-11-24T00:00:00Z", "2027-11-24T00:00:00Z")), ["a 2026-11-24 (never made 1)"],
        "due ones")
      assert.deepStrictEqual(yield* planned([a], over("2026-11-25T00:00:00Z")), nothing)
    })))

  it.effect("over: beyond the horizon, where that is asked for", () =>
    fiveDays(Effect.gen(function*() {
      assert.deepStrictEqual(yield* planned([trailing], over("2026-11-10T00:00:00Z", "2026-11-12T00:00:00Z")), [
        "a 2026-11-10..2026-11-11 (never made 2)",
        "trailing 2026-11-10..2026-11-11 (never made 2)"
      ])
      assert.deepStrictEqual((yield* planned([total], over("2026-11-22T00:00:00Z")))[0], "a 2026-11-20..2026-11-24 (never made 5)")
      assert.deepStrictEqual((yield* planned([total], over("2026-11-18T00:00:00Z")))[0], "a 2026-11-18..2026-11-24 (never made 7)")
      assert.deepStrictEqual((yield* planned([total], over(undefined, "2026-11-24T00:00:00Z")))[0],
        "a 2026-11-20..2026-11-23 (never made 4)")
    })))

  it.effect("over: not before the first key there is", () =>
    fiveDays(Effect.gen(function*() {
      class Since extends Partition.daily<Since>()("test/Since", { start: "2026-11-11", exists: "start", due: "35 minutes" }) {}
      const since = Asset.make("since", { about: "", into: byDay, per: Since }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([since], over("2026-11-01T00:00:00Z", "2026-11-13T00:00:00Z")), [
        "since 2026-11-11..2026-11-12 (never made 2)"
      ])
    })))

  it.effect("over: the end does not cut off the day that closes a month", () =>
    Effect.gen(function*() {
      yield* noon
      assert.deepStrictEqual(yield* planned([monthly], over("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")).pipe(horizon(60)), [
        "a 2026-10-01..2026-11-01 (never made 32)",
        "monthly 2026-10 (never made 1)"
      ])
      assert.deepStrictEqual(yield* planned([monthly], over("2026-10-01T00:00:00Z", "2026-10-31T00:00:00Z")), nothing)
      yield* setTime("2026-11-01T00:34:00Z")
      assert.deepStrictEqual(yield* planned([a], over("2026-10-31T00:00:00Z", "2026-11-02T00:00:00Z")), ["a 2026-10-31 (never made 1)"],
        "nor makes it due")
    }).pipe(Effect.provide(Memory.layer)))

  it.effect("over: named keys lie in no time, so no time cuts them", () =>
    fiveDays(Effect.gen(function*() {
      class Region extends Partition.fixed<Region>()("test/Region", ["eu", "us", "asia"]) {}
      const regions = Asset.make("regions", { about: "", into: Memory.store<{ region: string }>()({ key: "region" }), per: Region },
        () => Effect.succeed([]))
      const sum = Asset.make("sum", { about: "", from: { regions: Asset.every(regions, Region) }, into: inOne }, () => Effect.succeed([]))
      const wanted = ["regions eu..asia (never made 3)", "sum (never made)"]
      assert.deepStrictEqual(yield* planned([sum]), wanted)
      assert.deepStrictEqual(yield* planned([regions, sum], over("2026-11-22T00:00:00Z")), wanted)
      assert.deepStrictEqual(yield* planned([regions, sum], over(undefined, "2026-11-22T00:00:00Z")), wanted)
    })))

  it.effect("an unpartitioned asset is read whole by one that has days", () =>
    fiveDays(Effect.gen(function*() {
      const list = Asset.make("list", { about: "", into: inOne }, () => Effect.succeed([]))
      const daily = Asset.make("daily", { about: "", from: { list }, into: byDay, per: Day }, () => Effect.succeed([]))
      const { steps } = yield* Plan.make([daily])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.after.length]), [["list (never made)", 0], [
        "daily 2026-11-20..2026-11-24 (never made 5)",
        1
      ]])
      yield* publish(list, Partition.whole)
      yield* publish(daily, days("20", "24"))
      assert.deepStrictEqual(yield* planned([daily]), nothing)
      yield* publish(list, Partition.whole)
      assert.deepStrictEqual(yield* planned([daily]), ["daily 2026-11-20..2026-11-24 (upstream changed 5)"])
    })))
})

describe("how keys become steps", () => {
  it.effect("runs of keys, where a step costs no call", () =>
    fiveDays(Effect.gen(function*() {
      const { asset } = source("a")
      yield* publish(asset, days("21"))
      yield* publish(asset, days("23"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-20 (missing 1)", "a 2026-11-22 (missing 1)", "a 2026-11-24 (missing 1)"])
    })))

  it.effect("one piece, where pieces cost calls", () =>
    fiveDays(Effect.gen(function*() {
      const asset = source("a", { calls: ({ size }) => size }).asset
      yield* publish(asset, days("21"))
      yield* publish(asset, days("23"))
      const plan = yield* Plan.make([asset])
      assert.deepStrictEqual(Plan.print(plan), ["a 2026-11-20..2026-11-24 (missing 3), 5 calls"])
      assert.strictEqual(Plan.calls(plan), 5)
      yield* publish(asset, days("20", "22"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-24 (missing 1), 1 call"])
    })))

  it.effect("one piece, sure or not, so that no two steps make the same", () =>
    fiveDays(Effect.gen(function*() {
      const { asset: a } = source("a")
      const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day, calls: () => 1 }, ({ a }) => Effect.succeed(a))
      yield* publish(a, days("20", "21"))
      yield* publish(a, days("23", "24"))
      yield* publish(b, days("21", "23"))
      const { steps } = yield* Plan.make([b])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.provisional]), [
        ["a 2026-11-22 (missing 1)", false],
        ["b 2026-11-20..2026-11-24 (missing 2, after upstream 1), 1 call", false]
      ])
      yield* publish(b, days("20", "24"))
      assert.deepStrictEqual((yield* Plan.make([b])).steps.map((_) => [Plan.label(_), _.provisional]).slice(1), [
        ["b 2026-11-22 (after upstream 1), 1 call", true]
      ])
    })))

  it.effect("one by one, where each key has a result of its own", () =>
    fiveDays(Effect.gen(function*() {
      const asset = Asset.make("a", { about: "", into: byDay, per: Day, each: true, calls: () => 1 }, () => Effect.succeed([]))
      yield* publish(asset, days("21", "22"))
      assert.deepStrictEqual(yield* planned([asset]), [
        "a 2026-11-20 (missing 1), 1 call",
        "a 2026-11-23 (missing 1), 1 call",
        "a 2026-11-24 (missing 1), 1 call"
      ])
    })))

  it.effect("sure and unsure keys are apart, where that costs nothing", () =>
    fiveDays(Effect.gen(function*() {
      const { asset: a } = source("a")
      const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day }, ({ a }) => Effect.succeed(a))
      yield* publish(b, days("20", "22"))
      const { steps } = yield* Plan.make([b])
      assert.deepStrictEqual(steps.slice(1).map((_) => [Plan.label(_), _.provisional]), [
        ["b 2026-11-20..2026-11-22 (after upstream 3)", true],
        ["b 2026-11-23..2026-11-24 (missing 2)", false]
      ])
    })))
})

describe("lookback", () => {
  it.effect("reads so many keys again, when some key is made anyway", () =>
    fiveDays(Effect.gen(function*() {
      const asset = source("a", { lookback: 2, calls: () => 1 }).asset
      yield* publish(asset, days("20", "24"))
      assert.deepStrictEqual(yield* planned([asset]), nothing)
      yield* setTime("2026-11-25T12:00:00Z")
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-23..2026-11-25 (missing 1, read again 2), 1 call"])
    })))

  it.effect("reads again only what is there, and not beyond the horizon", () =>
    fiveDays(Effect.gen(function*() {
      const asset = source("a", { lookback: 2 }).asset
      yield* publish(asset, days("17", "19"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-20..2026-11-24 (missing 5)"])
      yield* publish(asset, days("20"))
      assert.deepStrictEqual(yield* planned([asset]), ["a 2026-11-20..2026-11-24 (missing 4, read again 1)"])
      yield* publish(asset, days("21"))
      assert.deepStrictEqual(yield* planned([asset], { over: { start: millis("2026-11-22T00:00:00Z") } }), [
        "a 2026-11-20..2026-11-24 (missing 3, read again 2)"
      ])
      const first = { over: { start: millis("2026-11-14T00:00:00Z"), end: millis("2026-11-21T00:00:00Z") } }
      assert.deepStrictEqual(yield* planned([asset], first), ["a 2026-11-14..2026-11-16 (missing 3)"])
    })))

  it.effect("is no reason by itself: what is only provisional drags nothing along", () =>
    fiveDays(Effect.gen(function*() {
      const { asset: a } = source("a")
      const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day, lookback: 2 }, ({ a }) => Effect.succeed(a))
      yield* publish(a, days("20", "23"))
      yield* publish(b, days("20", "24"))
      const { steps } = yield* Plan.make([b])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.provisional]), [
        ["a 2026-11-24 (missing 1)", false],
        ["b 2026-11-24 (after upstream 1)", true]
      ])
      yield* publish(a, days("24"))
      yield* publish(a, days("20"))
      assert.deepStrictEqual(yield* planned([b]), ["b 2026-11-20 (upstream changed 1)", "b 2026-11-24 (upstream changed 1)"])
    })))

  it.effect("leaves a provisional neighbour provisional", () =>
    fiveDays(Effect.gen(function*() {
      const { asset: a } = source("a")
      const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day, lookback: 2 }, ({ a }) => Effect.succeed(a))
      yield* publish(a, days("20", "22"))
      yield* publish(b, days("20", "23"))
      const { steps } = yield* Plan.make([b])
      assert.deepStrictEqual(steps.slice(1).map(Plan.label), [
        "b 2026-11-22 (read again 1)",
        "b 2026-11-23 (after upstream 1)",
        "b 2026-11-24 (missing 1)"
      ])
    })))
})

describe("subjects", () => {
  const { prices } = market()
  const returns = Asset.make("returns", {
    about: "",
    from: { prices: Asset.trailing(prices, Day, 2) },
    into: coinByDay,
    per: Day,
    of: Coin
  }, ({ prices }) => Effect.succeed(prices))
  const index = Asset.make("index", { about: "", from: { prices }, into: byDay, per: Day }, () => Effect.succeed([]))

  it.effect("that need the same window share a step", () =>
    fiveDays(Effect.gen(function*() {
      const { steps } = yield* Plan.make([prices])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.subjects, _.fresh]), [
        ["prices 2026-11-20..2026-11-24, 2 subjects (never made 10), 2 calls", ["btc", "eth"], 0]
      ])
    })))

  it.effect("that need another window have a step of their own; one that needs nothing has none", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(prices, days("20", "22"), { subject: "btc" })
      assert.deepStrictEqual(yield* planned([prices]), [
        "prices 2026-11-20..2026-11-24, eth (never made 5), 1 call",
        "prices 2026-11-23..2026-11-24, btc (missing 2), 1 call"
      ])
      yield* publish(prices, days("23", "24"), { subject: "btc" })
      const { steps } = yield* Plan.make([prices])
      assert.deepStrictEqual(steps.map((_) => [Plan.label(_), _.subjects, _.fresh]), [[
        "prices 2026-11-20..2026-11-24, eth (never made 5), 1 call",
        ["eth"],
        1
      ]])
    })))

  it.effect("that begin together are made the shorter window first", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(prices, days("20", "22"), { subject: "btc" })
      yield* publish(prices, days("20", "21"), { subject: "eth" })
      yield* publish(prices, days("24"), { subject: "eth" })
      const plan = yield* planned([prices], { over: { start: millis("2026-11-23T00:00:00Z") } })
      assert.deepStrictEqual(plan, ["prices 2026-11-23, eth (missing 1), 1 call", "prices 2026-11-23..2026-11-24, btc (missing 2), 1 call"])
    })))

  it.effect("of which one needs nothing, lookback or not, are fresh", () =>
    fiveDays(Effect.gen(function*() {
      const { prices } = market({ lookback: 2 })
      yield* publish(prices, days("20", "24"), { subject: "btc" })
      const { steps } = yield* Plan.make([prices])
      assert.deepStrictEqual(steps.map((_) => [_.subjects, _.fresh]), [[["eth"], 1]])
    })))

  it.effect("that are named are the only ones, upstream too; none named are all", () =>
    fiveDays(Effect.gen(function*() {
      const { prices } = market()
      const returns = Asset.make("returns", { about: "", from: { prices }, into: coinByDay, per: Day, of: Coin }, () => Effect.succeed([]))
      const of = (...subjects: ReadonlyArray<string>) => planned([returns], { subjects })
      assert.deepStrictEqual(yield* of("eth", "nobody"), [
        "prices 2026-11-20..2026-11-24, eth (never made 5), 1 call",
        "returns 2026-11-20..2026-11-24, eth (never made 5)"
      ])
      assert.deepStrictEqual(yield* of(), [
        "prices 2026-11-20..2026-11-24, 2 subjects (never made 10), 2 calls",
        "returns 2026-11-20..2026-11-24, 2 subjects (never made 10)"
      ])
    })))

  it.effect("whose reasons are not meant are fresh", () =>
    fiveDays(Effect.gen(function*() {
      const coins = Asset.make("coins", { about: "", into: coinByDay, per: Day, of: Coin, codeVersion: "2" }, () => Effect.succeed([]))
      yield* publish(coins, days("20", "24"), { subject: "btc", codeVersion: "1" })
      const narrow: Plan.Options["narrow"] = (_, __, reason, spans) => reason === "never made" ? spans : []
      const { steps } = yield* Plan.make([coins], { narrow })
      assert.deepStrictEqual(steps.map((_) => [_.subjects, _.fresh]), [[["eth"], 1]])
      assert.deepStrictEqual((yield* Plan.make([coins])).steps.map((_) => [_.subjects, _.fresh]), [[["btc", "eth"], 0]])
    })))

  it.effect("share what they read: one changed coin makes stale its own, and what reads all", () =>
    fiveDays(Effect.gen(function*() {
      for (const subject of ["btc", "eth"]) yield* publish(prices, days("19", "24"), { subject })
      for (const subject of ["btc", "eth"]) yield* publish(returns, days("20", "24"), { subject })
      yield* publish(index, days("20", "24"))
      assert.deepStrictEqual(yield* planned([returns, index]), nothing)
      yield* publish(prices, days("22"), { subject: "eth" })
      assert.deepStrictEqual(yield* planned([returns, index]), [
        "returns 2026-11-22..2026-11-23, eth (upstream changed 2)",
        "index 2026-11-22 (upstream changed 1)"
      ])
    })))

  it.effect("are made after their own upstream, and not after another's", () =>
    fiveDays(Effect.gen(function*() {
      yield* publish(prices, days("20", "24"), { subject: "btc" })
      for (const subject of ["btc", "eth"]) yield* publish(returns, days("20", "24"), { subject })
      yield* publish(index, days("20", "24"))
      assert.deepStrictEqual(yield* planned([returns, index]), [
        "prices 2026-11-20..2026-11-24, eth (never made 5), 1 call",
        "returns 2026-11-20..2026-11-24, eth (after upstream 5)",
        "index 2026-11-20..2026-11-24 (after upstream 5)"
      ])
    })))

  it.effect("read what is of nothing, or of another, as it is: any change of it counts", () =>
    fiveDays(Effect.gen(function*() {
      class Shop extends Subject.make<Shop>()("test/Shop", Effect.succeed(["north"])) {}
      const { asset: a } = source("a")
      const shops = Memory.store<{ day: string; shop: string }>()({ key: "day", subject: "shop" })
      const sales = Asset.make("sales", { about: "", from: { a, prices }, into: shops, per: Day, of: Shop }, () => Effect.succeed([]))
      yield* publish(a, days("20", "24"))
      for (const subject of ["btc", "eth"]) yield* publish(prices, days("20", "24"), { subject })
      yield* publish(sales, days("20", "24"), { subject: "north" })
      assert.deepStrictEqual(yield* planned([sales]), nothing)
      yield* publish(a, days("21"))
      yield* publish(prices, days("24"), { subject: "eth" })
      assert.deepStrictEqual(yield* planned([sales]), [
        "sales 2026-11-21, north (upstream changed 1)",
        "sales 2026-11-24, north (upstream changed 1)"
      ])
    })))
})

describe("subjects that are not known yet", () => {
  const known = (of: Asset.Any) =>
    Effect.gen(function*() {
      const { ids } = yield* Manifest.use((_) => _.newest([of.name]))
      return !ids.has(of.name) ? yield* new Subject.Unknown({ subject: "shops", after: of }) : ["north", "south"]
    })
  const list = Asset.make("shop_list", { about: "", into: inOne }, () => Effect.succeed([]))
  class Shop extends Subject.make<Shop>()("test/UnknownShop", known(list)) {}
  const byShop = Memory.store<{ day: string; shop: string }>()({ key: "day", subject: "shop" })
  const sales = Asset.make("sales", { about: "", into: byShop, per: Day, of: Shop }, () => Effect.succeed([]))
  const returns = Asset.make("returns", { about: "", from: { sales }, into: byShop, per: Day, of: Shop }, () => Effect.succeed([]))
  const report = Asset.make("report", { about: "", from: { sales }, into: byDay, per: Day }, () => Effect.succeed([]))
  const { asset: weather } = source("weather")

  it.effect("wait, with all that reads them, and what tells them is made first", () =>
    fiveDays(Effect.gen(function*() {
      const plan = yield* Plan.make([returns, report, weather])
      assert.deepStrictEqual(Plan.print(plan), [
        "weather 2026-11-20..2026-11-24 (never made 5)",
        "shop_list (never made)",
        "sales (to be planned when shop_list has been made)",
        "returns (to be planned when shop_list has been made)",
        "report (to be planned when shop_list has been made)"
      ])
      assert.deepStrictEqual(plan.pending.map((_) => [_.asset.name, _.after.name]), [
        ["sales", "shop_list"],
        ["returns", "shop_list"],
        ["report", "shop_list"]
      ])
      yield* publish(list, Partition.whole)
      const then = yield* Plan.make([returns, report])
      assert.deepStrictEqual(Plan.print(then).slice(0, 1), ["sales 2026-11-20..2026-11-24, 2 subjects (never made 10)"])
      assert.deepStrictEqual(then.pending, [])
    })))

  it.effect("and what tells them may itself read what is of other subjects", () =>
    fiveDays(Effect.gen(function*() {
      const { prices } = market()
      const fromPrices = Asset.make("from_prices", { about: "", from: { prices: Asset.every(prices, Day) }, into: inOne },
        () => Effect.succeed([]))
      class Late extends Subject.make<Late>()("test/Late", known(fromPrices)) {}
      const late = Asset.make("late", { about: "", into: byShop, per: Day, of: Late }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([late], { over: { start: millis("2026-11-24T00:00:00Z") } }), [
        "prices 2026-11-20..2026-11-24, 2 subjects (never made 10), 2 calls",
        "from_prices (never made)",
        "late (to be planned when from_prices has been made)"
      ])
    })))

  it.effect("and what tells them is wanted whole, whatever window was asked of the targets", () =>
    fiveDays(Effect.gen(function*() {
      const { asset: openings } = source("openings")
      class Shop extends Subject.make<Shop>()("test/Opened", known(openings)) {}
      const late = Asset.make("late", { about: "", into: byShop, per: Day, of: Shop }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([late], { over: { start: millis("2026-11-24T00:00:00Z") } }), [
        "openings 2026-11-20..2026-11-24 (never made 5)",
        "late (to be planned when openings has been made)"
      ])
    })))

  it.effect("for ever, when what tells them is of them itself", () =>
    fiveDays(Effect.gen(function*() {
      class Knot extends Subject.make<Knot>()("test/Knot", Effect.suspend(() => known(knot))) {}
      const knot: Asset.Asset<"knot", unknown, unknown, Day | Manifest | Memory.Rows> = Asset.make("knot", {
        about: "",
        into: byShop,
        per: Day,
        of: Knot
      }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([knot]), ["knot (to be planned when knot has been made)"])
    })))

  it.effect("fail the plan, when they cannot be told for another reason", () =>
    fiveDays(Effect.gen(function*() {
      class Torn extends Subject.make<Torn>()("test/Torn", Effect.fail("the wire is cut" as const)) {}
      const torn = Asset.make("torn", { about: "", into: byShop, per: Day, of: Torn }, () => Effect.succeed([]))
      assert.strictEqual(yield* Effect.flip(Plan.make([torn])), "the wire is cut")
    })))

  it.effect("are told without making anything", () =>
    fiveDays(Effect.gen(function*() {
      let made = 0
      const towns = Asset.make("towns", { about: "", into: inOne }, () => Effect.sync(() => (made++, [{ value: 1 }])))
      class Town extends Subject.make<Town>()("test/Town", Effect.map(towns, (rows) => rows.map((_) => `town ${_.value}`))) {}
      const town = Asset.make("town", { about: "", into: byShop, per: Day, of: Town }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([town]), nothing)
      assert.strictEqual(made, 0)
      yield* towns
      assert.strictEqual(made, 1)
      assert.deepStrictEqual(yield* planned([town]), ["town 2026-11-20..2026-11-24, town 1 (never made 5)"])
    })))
})

describe("what lies further back than the source serves", () => {
  const days = (first: string, last = first) => Day.window(`2026-11-${first}`, `2026-11-${last}`)
  /** Noon of the 24th, five days within the horizon, and a source that serves the 23rd and the 24th. */
  const reaching = (reach: number) =>
    Asset.make("reaching", {
      about: "",
      into: byDay,
      per: Day,
      calls: () => 1,
      credits: () => 3,
      lookback: 1,
      reach: Effect.succeed(reach)
    }, () => Effect.succeed([]))

  it.effect("is unavailable: neither missing nor made, and counted", () =>
    fiveDays(Effect.gen(function*() {
      const asset = reaching(2)
      const plan = yield* Plan.make([asset])
      assert.deepStrictEqual(Plan.print(plan), [
        "reaching 2026-11-23..2026-11-24 (never made 2), 1 call",
        "reaching 2026-11-20..2026-11-22 (unavailable 3: further back than the source serves)"
      ])
      assert.deepStrictEqual([Plan.calls(plan), Plan.credits(plan), plan.unavailable.map(Plan.keysOf)], [1, 3, [3]])
      yield* publish(asset, days("21"))
      yield* publish(asset, days("23"))
      assert.deepStrictEqual(yield* planned([asset]), [
        "reaching 2026-11-23..2026-11-24 (missing 1, read again 1), 1 call",
        "reaching 2026-11-20 (unavailable 1: further back than the source serves)",
        "reaching 2026-11-22 (unavailable 1: further back than the source serves)"
      ], "what is kept is kept")
      yield* publish(asset, days("22"))
      yield* publish(asset, days("24"))
      assert.deepStrictEqual(yield* planned([asset]), ["reaching 2026-11-20 (unavailable 1: further back than the source serves)"])
      assert.deepStrictEqual(yield* planned([asset], { force: true }), [
        "reaching 2026-11-23..2026-11-24 (forced 2), 1 call",
        "reaching 2026-11-20 (unavailable 1: further back than the source serves)"
      ])
      const [status] = yield* Status.of([asset])
      assert.deepStrictEqual([status?.state, status?.missing, status?.unavailable], ["fresh", 0, 1])
    })))

  it.effect("is none, where the source serves all or as far as is wanted", () =>
    fiveDays(Effect.gen(function*() {
      for (const reach of [Infinity, 5, 6]) {
        assert.deepStrictEqual(yield* planned([reaching(reach)]), ["reaching 2026-11-20..2026-11-24 (never made 5), 1 call"])
      }
      const monthly = Asset.make("monthly", { about: "", into: byMonth, per: Month, reach: Effect.succeed(Infinity) },
        () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([monthly]).pipe(horizon(62)), ["monthly 2026-10 (never made 1)"])
      assert.deepStrictEqual(yield* planned([reaching(4)]), [
        "reaching 2026-11-21..2026-11-24 (never made 4), 1 call",
        "reaching 2026-11-20 (unavailable 1: further back than the source serves)"
      ])
    })))

  it.effect("takes with it what reads nothing else, and not what reads some that is there", () =>
    fiveDays(Effect.gen(function*() {
      const asset = reaching(2)
      const other = source("other").asset
      const kept = { about: "", into: byDay, per: Day } as const
      const same = Asset.make("same", { ...kept, from: { asset } }, () => Effect.succeed([]))
      const again = Asset.make("again", { ...kept, from: { same } }, () => Effect.succeed([]))
      const trailing = Asset.make("trailing", { ...kept, from: { asset: Asset.trailing(asset, Day, 3) } }, () => Effect.succeed([]))
      const both = Asset.make("both", { ...kept, from: { asset, other } }, () => Effect.succeed([]))
      const total = Asset.make("total", { about: "", from: { asset: Asset.every(asset, Day) }, into: inOne }, () => Effect.succeed([]))
      const lacking = <A, E, R>(of: Asset.Asset<string, A, E, R>) =>
        Effect.map(Plan.make([of]), (_) => _.unavailable.filter((_) => _.asset === of).map((_) => `${_.window}`))
      assert.deepStrictEqual(yield* lacking(same), ["2026-11-20..2026-11-22"])
      assert.deepStrictEqual(yield* lacking(again), ["2026-11-20..2026-11-22"])
      assert.deepStrictEqual(yield* lacking(trailing), ["2026-11-20..2026-11-22"])
      assert.deepStrictEqual(yield* lacking(both), ["2026-11-20..2026-11-22"])
      assert.deepStrictEqual(yield* lacking(total), [])
      yield* publish(asset, days("20"))
      assert.deepStrictEqual(yield* lacking(same), ["2026-11-21..2026-11-22"])
      assert.deepStrictEqual(yield* lacking(trailing), [], "each of the days looks back on the 20th")
      assert.deepStrictEqual(yield* lacking(again), ["2026-11-21..2026-11-22"])
    })))

  it.effect("is told of each subject by itself", () =>
    fiveDays(Effect.gen(function*() {
      const asset = Asset.make("coins", { about: "", into: coinByDay, per: Day, of: Coin, calls: () => 1, reach: Effect.succeed(3) },
        () => Effect.succeed([]))
      const returns = Asset.make("returns", { about: "", from: { asset }, into: coinByDay, per: Day, of: Coin }, () => Effect.succeed([]))
      const index = Asset.make("index", { about: "", from: { asset }, into: byDay, per: Day }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* planned([asset]), [
        "coins 2026-11-22..2026-11-24, 2 subjects (never made 6), 2 calls",
        "coins 2026-11-20..2026-11-21, 2 subjects (unavailable 4: further back than the source serves)"
      ])
      yield* publish(asset, days("21"), { subject: "eth" })
      assert.deepStrictEqual(yield* planned([returns, index]), [
        "coins 2026-11-22..2026-11-24, 2 subjects (never made 3, missing 3), 2 calls",
        "returns 2026-11-21..2026-11-24, eth (never made 4)",
        "returns 2026-11-22..2026-11-24, btc (never made 3)",
        "index 2026-11-21..2026-11-24 (never made 4)",
        "coins 2026-11-20..2026-11-21, btc (unavailable 2: further back than the source serves)",
        "coins 2026-11-20, eth (unavailable 1: further back than the source serves)",
        "returns 2026-11-20..2026-11-21, btc (unavailable 2: further back than the source serves)",
        "returns 2026-11-20, eth (unavailable 1: further back than the source serves)",
        "index 2026-11-20 (unavailable 1: further back than the source serves)"
      ])
    })))
})
