/** An asset is late from a moment after its deadline on, and never for what nobody promised. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Lateness from "../../src/engine/Lateness.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Status from "../../src/engine/Status.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { byDay, byMonth, coinByDay, Day, horizon, inOne, market, millis, Month, noon, publish, setTime } from "./world.ts"

const inMemory = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(Effect.provide(Memory.layer))
const days = (first: string, last = first) => Day.window(`2026-11-${first}`, `2026-11-${last}`)
const nothing = () => Effect.succeed([])
const late = <const Targets extends ReadonlyArray<Asset.Any>>(...targets: Targets) =>
  Effect.map(Lateness.of(targets), (_) => Object.fromEntries(_))

describe("an asset of a partition in time", () => {
  const daily = Asset.make("daily", { about: "", into: byDay, per: Day, lateAfter: "6 hours" }, nothing)

  it.effect("is late a millisecond after the deadline of the key after its newest, not at it; not before it was ever made", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* late(daily), {}, "nothing was made")
      yield* publish(daily, days("20", "24"))
      assert.deepStrictEqual(yield* late(daily), {})
      yield* setTime("2026-11-25T06:35:00Z")
      assert.deepStrictEqual(yield* late(daily), {})
      yield* TestClock.adjust(1)
      const since = millis("2026-11-25T06:35:00Z")
      assert.deepStrictEqual(yield* late(daily), { daily: { since, subjects: [] } })
      yield* setTime("2026-11-28T12:00:00Z")
      assert.deepStrictEqual(yield* late(daily), { daily: { since, subjects: [] } }, "since its first deadline")
      yield* publish(daily, days("26", "28"))
      assert.deepStrictEqual(yield* late(daily), {}, "a gap before the newest is missing, and not late")
    })))

  it.effect("that promises more than a period is late for the key that is overdue, though a newer one is due", () =>
    inMemory(Effect.gen(function*() {
      const slow = Asset.make("slow", { about: "", into: byDay, per: Day, lateAfter: "50 hours" }, nothing)
      yield* publish(slow, days("24"))
      yield* setTime("2026-11-27T02:35:00Z")
      assert.deepStrictEqual(yield* late(slow), {})
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(Object.keys(yield* late(slow)), ["slow"])
    })))

  it.effect("by month is due when the month has ended; one that ends is not late after its end", () =>
    inMemory(Effect.gen(function*() {
      class Closed extends Partition.daily<Closed>()("test/Closed", { end: "2026-11-25" }) {}
      const report = Asset.make("report", { about: "", into: byMonth, per: Month, lateAfter: "1 day" }, nothing)
      const closed = Asset.make("closed", { about: "", into: byDay, per: Closed, lateAfter: "1 hour" }, nothing)
      yield* publish(report, Month.window("2026-10"))
      yield* publish(closed, Closed.window("2026-11-20", "2026-11-24"))
      yield* setTime("2026-12-02T00:35:00Z")
      assert.deepStrictEqual(yield* late(report, closed), {})
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* late(report, closed), { report: { since: millis("2026-12-02T00:35:00Z"), subjects: [] } })
    })))

  it.effect("counts each subject that there is now and that was ever made", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market({ lateAfter: "6 hours" })
      yield* publish(prices, days("24"), { subject: "btc" })
      yield* publish(prices, days("20"), { subject: "delisted" })
      yield* setTime("2026-11-25T12:00:00Z")
      yield* publish(prices, days("25"), { subject: "btc" })
      assert.deepStrictEqual(yield* late(prices), {}, "eth is new")
      yield* publish(prices, days("23"), { subject: "eth" })
      assert.deepStrictEqual(yield* late(prices), { prices: { since: millis("2026-11-24T06:35:00Z"), subjects: ["eth"] } })
    })))

  it.effect("whose subjects cannot be told yet is not late", () =>
    inMemory(Effect.gen(function*() {
      class Listed
        extends Subject.make<Listed>()("test/Listed", Effect.suspend(() => new Subject.Unknown({ subject: "coins", after: daily })))
      {}
      const each = Asset.make("each", { about: "", into: coinByDay, per: Day, of: Listed, lateAfter: 0 }, () => Effect.succeed([]))
      assert.deepStrictEqual(yield* late(each), {})
    })))
})

describe("an asset without a partition", () => {
  it.effect("is late when it was made longer ago than promised, whatever its freshness says", () =>
    inMemory(Effect.gen(function*() {
      const quote = Asset.make("quote", { about: "", into: inOne, freshFor: "5 minutes", lateAfter: "26 hours" }, nothing)
      const free = Asset.make("free", { about: "", into: inOne, freshFor: "5 minutes" }, nothing)
      assert.deepStrictEqual(yield* late(quote, free), {}, "nothing was made")
      for (const _ of [quote, free]) yield* publish(_, Partition.whole)
      yield* TestClock.adjust("26 hours")
      assert.deepStrictEqual(yield* late(quote, free), {})
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* late(quote, free), { quote: { since: millis("2026-11-25T14:00:00Z"), subjects: [] } })
      yield* publish(quote, Partition.whole, { changed: false })
      assert.deepStrictEqual(yield* late(quote, free), {}, "made again, though it came out as it was")
    })))

  it.effect("is not late while what it reads is no newer: a run would leave it as it is", () =>
    inMemory(Effect.gen(function*() {
      const daily = Asset.make("daily", { about: "", into: byDay, per: Day }, nothing)
      const total = Asset.make("total", { about: "", from: { days: Asset.every(daily, Day) }, into: inOne, lateAfter: "1 day" }, nothing)
      yield* publish(daily, days("01", "25"))
      yield* publish(total, Partition.whole)
      const judged = Effect.all([late(total), Effect.map(Status.of([total]), (_) => _[0]?.late)]).pipe(horizon(24))
      yield* setTime("2026-11-25T12:00:01Z")
      assert.deepStrictEqual(yield* judged, [{}, undefined])
      const found = { since: millis("2026-11-25T12:00:00Z"), subjects: [] }
      yield* publish(daily, days("25"))
      assert.deepStrictEqual(yield* judged, [{ total: found }, found])
      yield* publish(total, Partition.whole)
      assert.deepStrictEqual(yield* judged, [{}, undefined])
    })))

  it.effect("so is one of fixed keys, by the one that was made longest ago", () =>
    inMemory(Effect.gen(function*() {
      class Region extends Partition.fixed<Region>()("test/Region", ["north", "south"]) {}
      const sales = Asset.make("sales", {
        about: "",
        into: Memory.store<{ readonly region: string }>()({ key: "region" }),
        per: Region,
        freshFor: "1 hour",
        lateAfter: "1 day"
      }, nothing)
      yield* publish(sales, Region.window("north"))
      yield* TestClock.adjust("1 day")
      yield* publish(sales, Region.window("south"))
      assert.deepStrictEqual(yield* late(sales), {})
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* late(sales), { sales: { since: millis("2026-11-25T12:00:00Z"), subjects: [] } })
    })))
})
