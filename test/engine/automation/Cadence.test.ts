import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option, Schedule, Stream } from "effect"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"

const millis = (iso: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))
const iso = (at: number) => DateTime.formatIso(DateTime.makeUnsafe(at)).replace(":00.000Z", "Z")
const first = (cadence: Cadence.Cadence, count: number, after: string, since = after, name = "test") =>
  Cadence.dues(cadence, { name, since: millis(since), after: millis(after) }).pipe(Stream.take(count), Stream.runCollect, Effect.map((_) =>
    _.map(iso)
  ))

describe("in Europe/Paris", () => {
  const paris = (expression: string) => Cadence.cron(expression, "Europe/Paris")

  it.effect("a day whose clocks go forward has the skipped time an hour later, once", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* first(paris("30 2 * * *"), 3, "2027-03-27T12:00:00Z"), [
        "2027-03-28T01:30Z", // 03:30 local
        "2027-03-29T00:30Z",
        "2027-03-30T00:30Z"
      ])
    }))

  it.effect("a day whose clocks go back has a fixed time once, the later", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* first(paris("30 2 * * *"), 3, "2026-10-23T12:00:00Z"), [
        "2026-10-24T00:30Z",
        "2026-10-25T01:30Z", // the second 02:30
        "2026-10-26T01:30Z"
      ])
    }))

  it.effect("every hour that passes is due, on both days", () =>
    Effect.gen(function*() {
      const hourly = (from: number) => Array.from({ length: 6 }, (_, i) => iso(from + i * 3_600_000))
      for (const expression of ["30 * * * *", "30 */1 * * *", "30 0-23 * * *"]) {
        assert.deepStrictEqual(yield* first(paris(expression), 6, "2026-10-24T23:00:00Z"), hourly(millis("2026-10-24T23:30:00Z")))
        assert.deepStrictEqual(yield* first(paris(expression), 6, "2027-03-27T23:00:00Z"), hourly(millis("2027-03-27T23:30:00Z")))
      }
    }))

  it.effect("each quarter of the repeated hour is due for a list of hours, and once for one hour", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* first(paris("0,30 2,3 * * *"), 7, "2026-10-24T12:00:00Z"), [
        "2026-10-25T00:00Z",
        "2026-10-25T00:30Z",
        "2026-10-25T01:00Z",
        "2026-10-25T01:30Z",
        "2026-10-25T02:00Z",
        "2026-10-25T02:30Z",
        "2026-10-26T01:00Z"
      ])
      assert.deepStrictEqual(yield* first(paris("*/30 2 * * *"), 3, "2026-10-24T12:00:00Z"), [
        "2026-10-25T01:00Z",
        "2026-10-25T01:30Z",
        "2026-10-26T01:00Z"
      ])
    }))

  it.effect("a year of hours has 8,760 due times an hour apart, and one of days 365", () =>
    Effect.gen(function*() {
      const year = { name: "", since: millis("2026-06-01T00:00:00Z"), after: millis("2026-06-01T00:00:00Z") }
      const end = millis("2027-06-01T00:00:00Z")
      const hours = yield* Cadence.dues(paris("0 * * * *"), year).pipe(Stream.takeWhile((_) => _ <= end), Stream.runCollect)
      assert.deepStrictEqual(hours, Array.from({ length: 8760 }, (_, i) => year.after + (i + 1) * 3_600_000))
      const days = yield* Cadence.dues(paris("30 2 * * *"), year).pipe(Stream.takeWhile((_) => _ <= end), Stream.runCollect)
      assert.lengthOf(days, 365)
    }), 60_000)
})

describe("due times follow from the last one told", () => {
  it.effect("so a look that comes late finds each, and one that comes twice finds none again", () =>
    Effect.gen(function*() {
      const daily = Cadence.cron("0 9 * * *")
      assert.deepStrictEqual(yield* first(daily, 2, "2026-11-24T09:00:00Z"), ["2026-11-25T09:00Z", "2026-11-26T09:00Z"])
      assert.deepStrictEqual(yield* first(daily, 1, "2026-11-24T08:59:59.999Z"), ["2026-11-24T09:00Z"])
    }))

  it.effect("upTo counts from when it was switched on, wherever one begins to look", () =>
    Effect.gen(function*() {
      const thrice = Cadence.cron("0 9 * * *").pipe(Schedule.upTo({ times: 3 }))
      const since = "2026-11-20T12:00:00Z"
      assert.deepStrictEqual(yield* first(thrice, 9, since), ["2026-11-21T09:00Z", "2026-11-22T09:00Z", "2026-11-23T09:00Z"])
      assert.deepStrictEqual(yield* first(thrice, 9, "2026-11-22T09:00:00Z", since), ["2026-11-23T09:00Z"])
      assert.deepStrictEqual(yield* first(thrice, 9, "2026-11-23T09:00:00Z", since), [])
      const lasting = Cadence.every("1 hour").pipe(Schedule.upTo({ duration: "150 minutes" }))
      assert.deepStrictEqual(yield* first(lasting, 9, since), yield* first(lasting, 9, since))
      assert.deepStrictEqual(yield* first(lasting, 9, "2026-11-20T13:00:00Z", since), (yield* first(lasting, 9, since)).slice(1))
    }))

  it.effect("jittered ones are drawn from the due time before: the same for everyone who looks, another for another name", () =>
    Effect.gen(function*() {
      const jittered = Cadence.every("1 hour").pipe(Schedule.jittered)
      const since = "2026-11-20T00:00:00Z"
      const all = yield* first(jittered, 40, since)
      assert.deepStrictEqual(yield* first(jittered, 40, since), all)
      const at = all.map((_) => millis(_.replace(/Z$/, _.length === 17 ? ":00Z" : "Z")))
      assert.deepStrictEqual(
        yield* Cadence.dues(jittered, { name: "test", since: millis(since), after: at[19] ?? 0 }).pipe(Stream.take(20), Stream.runCollect),
        at.slice(20)
      )
      assert.isTrue(at.every((due, i) => Math.abs(due - (at[i - 1] ?? millis(since)) - 3_600_000) <= 720_000))
      assert.isAbove(new Set(at.map((due, i) => due - (at[i - 1] ?? millis(since)))).size, 30)
      assert.notDeepEqual(yield* first(jittered, 40, since, since, "another"), all)
    }))
})

describe("a cadence that cannot be is told as such", () => {
  const wrong = (cadence: Cadence.Cadence) =>
    Effect.map(Cadence.check(cadence), (_) => Option.match(_, { onNone: () => "", onSome: (_) => _.message }))

  it.effect("whatever the mistake", () =>
    Effect.gen(function*() {
      const reads = "; a cron reads like 40 0 * * * (minute hour day month weekday)"
      assert.strictEqual(yield* wrong(Cadence.cron("0 0 30 2 *")), "0 0 30 2 * never falls due: there is no such date")
      assert.strictEqual(yield* wrong(Cadence.cron("0 0 31 4,6,9,11 *")), "0 0 31 4,6,9,11 * never falls due: there is no such date")
      assert.strictEqual(yield* wrong(Cadence.cron("0 25 * * *")),
        `0 25 * * * is no cron: Expected a value between 0 and 23 ("25")${reads}`)
      assert.strictEqual(yield* wrong(Cadence.cron("@daily")),
        `@daily is no cron: Invalid number of segments in cron expression ("@daily")${reads}`)
      assert.strictEqual(yield* wrong(Cadence.cron("0 0 * * *", "Mars/Olympus")),
        `0 0 * * * Mars/Olympus is no cron: Invalid time zone in cron expression ("Mars/Olympus")${reads}`)
      assert.strictEqual(yield* wrong(Cadence.cron("")), ` is no cron: Invalid number of segments in cron expression${reads}`)
      assert.strictEqual(yield* wrong(Schedule.forever), "a cadence falls due more often than once a second")
      // each a hundredth of the one before: an hour, 36 seconds, 0.36; a fourth is not asked for
      assert.strictEqual(yield* wrong(Schedule.exponential("1 hour", 0.01)), "a cadence falls due more often than once a second")
      assert.strictEqual(yield* wrong(Schedule.exponential("1 hour", 0.02)), "")
      const dies = (defect: unknown) => Cadence.every("1 hour").pipe(Schedule.tap(() => Effect.die(defect)))
      assert.strictEqual(yield* wrong(dies(new TypeError("no function"))), "a cadence cannot tell when it falls due: no function")
      assert.strictEqual(yield* wrong(dies("no function")), "a cadence cannot tell when it falls due: no function")
    }))

  it.effect("and a leap day, an end and a second are none", () =>
    Effect.gen(function*() {
      for (
        const cadence of [
          Cadence.cron("0 0 29 2 *"),
          Cadence.cron("0 0 * * *").pipe(Schedule.upTo({ times: 1 })),
          Cadence.every("1 second")
        ]
      ) {
        assert.strictEqual(yield* wrong(cadence), "")
      }
    }))
})

it.effect("a cadence is told from another by its words, or by its first due times", () =>
  Effect.gen(function*() {
    const daily = Cadence.cron("0 9 * * *")
    assert.strictEqual(yield* Cadence.text(daily), "0 9 * * *")
    assert.strictEqual(yield* Cadence.text(Cadence.cron("0 9 * * *", "Europe/Paris")), "0 9 * * * Europe/Paris")
    assert.strictEqual(yield* Cadence.text(Cadence.every("90 seconds")), "every 1m 30s")
    assert.strictEqual(yield* Cadence.text(daily.pipe(Schedule.upTo({ times: 2 }))), "its own: 9h, 1d 9h, …")
    assert.notStrictEqual(yield* Cadence.text(daily.pipe(Schedule.jittered)), yield* Cadence.text(daily))
    // four of them, counted from Thursday 2026-01-01: from another day, all that is known of such a cadence would begin anew
    const thursdays = Cadence.cron("0 0 * * 4").pipe(Schedule.upTo({ times: 9 }))
    assert.strictEqual(yield* Cadence.text(thursdays), "its own: 7d, 14d, 21d, 28d, …")
    assert.strictEqual(yield* Cadence.text(Cadence.cron("0 0 2 2 *").pipe(Schedule.upTo({ times: 1 }))), "its own: 32d, …")
    assert.strictEqual(yield* Cadence.text(Schedule.forever), "none")
  }))

it("an instant is told in UTC, to the minute where that is exact", () => {
  assert.strictEqual(Cadence.instant(millis("2026-11-25T08:00:00Z")), "2026-11-25 08:00 UTC")
  assert.strictEqual(Cadence.instant(millis("2026-11-25T08:00:07.500Z")), "2026-11-25 08:00:07 UTC")
})
