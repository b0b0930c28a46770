import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option, Schema } from "effect"
import * as Partition from "../../src/engine/Partition.ts"

class Hour extends Partition.hourly<Hour>()("test/Hour") {}
class Day extends Partition.daily<Day>()("test/Day", { exists: "start", due: "35 minutes" }) {}
class Ended extends Partition.daily<Ended>()("test/Ended") {}
class Week extends Partition.weekly<Week>()("test/Week", { due: "35 minutes" }) {}
class Month extends Partition.monthly<Month>()("test/Month", { due: "35 minutes" }) {}
class Region extends Partition.fixed<Region>()("test/Region", ["eu", "us", "asia", "us"]) {}

const at = (iso: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))
const keys = ({ first, last, size }: Partition.Window) => `${first}..${last} (${size})`
/** From the year 0001 to 9999: what a key can say. */
const Instant = Schema.Int.pipe(
  Schema.check(Schema.isBetween({ minimum: at("0001-01-02T00:00:00Z"), maximum: at("9998-12-31T00:00:00Z") }))
)

describe("a key", () => {
  it.prop("is told from an ordinal and back, and holds the instant it was found by", { instant: Instant }, ({ instant }) => {
    for (const { calendar } of [Hour, Day, Week, Month]) {
      const ordinal = calendar.ordinalAt(instant)
      const key = calendar.keyOf(ordinal)
      assert.strictEqual(calendar.ordinalOf(key), ordinal, key)
      assert.isTrue(calendar.startOf(ordinal) <= instant && instant < calendar.startOf(ordinal + 1), `${key} holds ${instant}`)
      assert.strictEqual(calendar.ordinalAt(calendar.startOf(ordinal)), ordinal)
      assert.strictEqual(calendar.ordinalAt(calendar.startOf(ordinal) - 1), ordinal - 1)
      assert.isTrue(calendar.keyOf(ordinal - 1) < key && key < calendar.keyOf(ordinal + 1), "keys sort as they lie in time")
    }
  })

  it("reads as its example does", () => {
    const sundays = Partition.weekly<never>()("test/Sundays", { weekStart: "sunday" })
    const examples = [Hour, Day, Week, sundays, Month, Region].map(({ calendar }) => calendar.example)
    assert.deepStrictEqual(examples, ["2026-11-01T05", "2026-11-01", "2026-11-02", "2026-11-01", "2026-11", "eu"])
    for (const { calendar } of [Hour, Day, Week, Month, Region]) assert.isDefined(calendar.ordinalOf(calendar.example), calendar.example)
    const instant = at("2026-11-24T05:59:59.999Z")
    assert.deepStrictEqual([Hour, Day, Week, Month].map(({ calendar }) => calendar.keyOf(calendar.ordinalAt(instant))), [
      "2026-11-24T05",
      "2026-11-24",
      "2026-11-23",
      "2026-11"
    ])
    assert.deepStrictEqual([Hour, Day, Week, Month, Region].map((_) => _.calendar.unit), ["hour", "day", "week", "month", "static"])
  })

  it.each([
    ["an hour", Hour.calendar, ["2026-11-01T24", "2026-11-01", "2026-11-01T5", "2026-02-29T00", "2026-11-01T05:00", "x2026-11-01T05", ""]],
    ["a day", Day.calendar, [
      "2026-02-30",
      "2026-13-01",
      "2026-00-10",
      "2026-1-1",
      "2026-11",
      "2026-11-01T00",
      "20261101",
      "2026-11-01x",
      "x2026-11-01",
      ""
    ]],
    ["a week", Week.calendar, ["2026-11-24", "2026-11-22", "2026-W48", "2026-02-30", ""]],
    ["a month", Month.calendar, ["2026-13", "2026-00", "2026-1", "2026-11-01", "26-11", "x2026-11", ""]],
    ["a named key", Region.calendar, ["EU", "", "africa"]],
    ["the nameless key", Partition.whole.calendar, ["x"]]
  ])("of %s is refused where it is none", (_, calendar, wrong) => {
    for (const text of wrong) assert.isUndefined(calendar.ordinalOf(text), text)
  })

  it("of a leap day is one in a leap year only", () => {
    assert.isTrue(Option.isSome(Day.parse("2028-02-29")))
    assert.isTrue(Option.isNone(Day.parse("2026-02-29")))
  })

  it("of a date is the number of its day, in every month of four centuries", () => {
    const { calendar } = Day
    const wrong = Array.from({ length: 146_097 }, (_, i) => i - 43_830).filter((day) => calendar.ordinalOn(calendar.keyOf(day)) !== day)
    assert.deepStrictEqual(wrong, [])
    assert.deepStrictEqual(["1900-02-29", "2000-02-29", "2100-02-29", "2026-04-31", "2026-12-32", "2026-01-00"].map(calendar.ordinalOn), [
      undefined,
      11_016,
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it("of a week is its Monday; months turn at the year's end", () => {
    const { calendar } = Week
    assert.deepStrictEqual(
      ["2026-12-27T23:59:59Z", "2026-12-28T00:00:00Z", "2027-01-03T12:00:00Z", "2027-01-04T00:00:00Z"].map((_) =>
        calendar.keyOf(calendar.ordinalAt(at(_)))
      ),
      ["2026-12-21", "2026-12-28", "2026-12-28", "2027-01-04"]
    )
    assert.deepStrictEqual(Month.window("2025-11", "2026-02").keys, ["2025-11", "2025-12", "2026-01", "2026-02"])
    assert.strictEqual(DateTime.formatIso(Month.window("2025-12").end), "2026-01-01T00:00:00.000Z")
    assert.strictEqual(DateTime.formatIso(Month.window("0099-12").start), "0099-12-01T00:00:00.000Z")
    assert.strictEqual(Week.calendar.ordinalOf("1969-12-29"), 0)
  })

  it("that is named twice is one", () => assert.deepStrictEqual(Region.window("eu", "asia").keys, ["eu", "us", "asia"]))
})

describe("a window", () => {
  it("spans the time from the start of its first key to the end of its last", () => {
    const window = Day.window("2026-02-27", "2026-03-02")
    assert.deepStrictEqual([keys(window), DateTime.formatIso(window.start), DateTime.formatIso(window.end)], [
      "2026-02-27..2026-03-02 (4)",
      "2026-02-27T00:00:00.000Z",
      "2026-03-03T00:00:00.000Z"
    ])
  })

  it("prints as a key, as a stretch, or as nothing", () => {
    assert.strictEqual(`${Day.window("2026-11-01")}`, "2026-11-01")
    assert.strictEqual(`${Day.window("2026-11-01", "2026-11-02")}`, "2026-11-01..2026-11-02")
    assert.strictEqual(`${Partition.whole}`, "")
    assert.deepStrictEqual(Partition.whole.keys, [""])
  })

  it("without a key spans all of time; so does the first of named keys", () => {
    for (const window of [Partition.whole, Region.window("eu")]) {
      assert.deepStrictEqual([DateTime.toEpochMillis(window.start), DateTime.toEpochMillis(window.end)], [-8.64e15, 8.64e15])
      assert.strictEqual(window.calendar.ordinalAt(0), window === Partition.whole ? 0 : 2)
    }
    assert.deepStrictEqual([Partition.whole.calendar.ordinalOf(""), Partition.whole.size], [0, 1])
  })

  it("is read from its text as it prints, and from no other", () => {
    const read = (per: Partition.Any, text: string) => {
      const window = Partition.parseWindow(per.calendar, text)
      return window === undefined ? undefined : keys(window)
    }
    assert.deepStrictEqual([read(Day, "2026-11-01"), read(Day, "2026-11-01..2026-11-03"), read(Region, "us"), read(Day, "")], [
      "2026-11-01..2026-11-01 (1)",
      "2026-11-01..2026-11-03 (3)",
      "us..us (1)",
      undefined
    ])
    for (const text of ["x..2026-11-01", "2026-11-01..x", "2026-11-01..2026-11-02..2026-11-03", "x"])
      assert.isUndefined(read(Day, text), text)
    assert.deepStrictEqual(Option.map(Option.fromNullishOr(Partition.parseWindow(Partition.whole.calendar, "")), (_) => _.size),
      Option.some(1))
    assert.deepStrictEqual([Region.first, Region.newest(0), Region.dueAt(1)], [0, 2, -Infinity])
  })

  it("that ends before it begins is empty", () => {
    const window = Day.window("2026-11-02", "2026-10-31")
    assert.deepStrictEqual([window.size, window.keys], [0, []])
  })

  it("of a text that is no key throws, and says how one reads; `parse` does not", () => {
    assert.throws(() => Day.window("2026-11-01", "tomorrow"), "test/Day: tomorrow is not a key; a key reads like 2026-11-01")
    assert.throws(() => Month.window("2026-11-01"), "test/Month: 2026-11-01 is not a key; a key reads like 2026-11")
    assert.isTrue(Option.isNone(Day.parse("tomorrow")))
    assert.deepStrictEqual(Option.map(Day.parse("2026-11-01"), keys), Option.some("2026-11-01..2026-11-01 (1)"))
  })

  it.effect("is what the partition gives when it is yielded", () =>
    Effect.gen(function*() {
      assert.strictEqual(keys(yield* Day), "2026-11-01..2026-11-03 (3)")
      assert.strictEqual(keys(yield* Day.current), "2026-11-01..2026-11-03 (3)")
    }).pipe(Effect.provideContext(Day.at("2026-11-01", "2026-11-03"))))
})

describe("due", () => {
  const due = (per: Partition.Any | undefined, now: string, days: number) => keys(Partition.due(per, at(now), days))

  it("a day that exists from its start is due 35 minutes after", () => {
    assert.strictEqual(due(Day, "2026-11-24T00:34:59.999Z", 3), "2026-11-21..2026-11-23 (3)")
    assert.strictEqual(due(Day, "2026-11-24T00:35:00Z", 3), "2026-11-22..2026-11-24 (3)")
  })

  it("history depth N is the days D − (N − 1) … D", () => {
    assert.strictEqual(due(Day, "2026-11-24T12:00:00Z", 365), "2025-11-25..2026-11-24 (365)")
    assert.strictEqual(due(Day, "2026-11-24T12:00:00Z", 1), "2026-11-24..2026-11-24 (1)")
  })

  it("a key of an interval is due when it has ended, and not before", () => {
    assert.strictEqual(due(Ended, "2026-11-24T00:00:00Z", 2), "2026-11-22..2026-11-23 (2)")
    assert.strictEqual(due(Ended, "2026-11-23T23:59:59Z", 2), "2026-11-21..2026-11-22 (2)")
    assert.strictEqual(due(Hour, "2026-11-24T05:59:59Z", 1), "2026-11-24T00..2026-11-24T04 (5)")
    assert.strictEqual(due(Week, "2026-11-23T00:34:00Z", 21), "2026-11-09..2026-11-09 (1)")
    assert.strictEqual(due(Week, "2026-11-23T00:35:00Z", 22), "2026-11-02..2026-11-16 (3)")
  })

  it("a month is due on the first of the next at 00:35", () => {
    assert.strictEqual(due(Month, "2026-11-01T00:34:59Z", 365), "2025-12..2026-09 (10)")
    assert.strictEqual(due(Month, "2026-11-01T00:35:00Z", 365), "2025-12..2026-10 (11)")
  })

  it("the horizon cuts only whole months and weeks", () => {
    assert.strictEqual(due(Month, "2026-11-24T12:00:00Z", 85), "2026-09..2026-10 (2)", "from 2026-09-01")
    assert.strictEqual(due(Month, "2026-11-24T12:00:00Z", 84), "2026-10..2026-10 (1)", "from 2026-09-02")
    assert.strictEqual(due(Week, "2026-11-24T12:00:00Z", 16), "2026-11-09..2026-11-16 (2)", "from Monday 2026-11-09")
    assert.strictEqual(due(Week, "2026-11-24T12:00:00Z", 15), "2026-11-16..2026-11-16 (1)", "from Tuesday 2026-11-10")
    assert.strictEqual(due(Month, "2026-11-24T12:00:00Z", 20), "2026-12..2026-10 (0)", "no whole month lies within")
  })

  it("named keys are always due, and so is the nameless one", () => {
    assert.strictEqual(due(Region, "2026-11-24T12:00:00Z", 1), "eu..asia (3)")
    assert.strictEqual(due(Region, "1999-01-01T00:00:00Z", 365), "eu..asia (3)")
    assert.strictEqual(Partition.due(undefined, 0, 1), Partition.whole)
  })

  it.effect("reaches back a year where nobody says otherwise", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Partition.Horizon, 365)
    }))
})

describe("at noon of Monday 2026-11-23, these keys are due", () => {
  const all = (per: Partition.Any) => [...Partition.due(per, at("2026-11-23T12:00:00Z"), 10_000).keys]
  const day = (options: Partition.Options) => Partition.daily<never>()("test/SomeDay", options)
  const sunday = (start: string) => Partition.weekly<never>()("test/SomeWeek", { start, weekStart: "sunday" })

  it.each<readonly [string, Partition.Any, ReadonlyArray<string>]>([
    ["daily from the 20th", day({ start: "2026-11-20" }), ["2026-11-20", "2026-11-21", "2026-11-22"]],
    ["with the one under way", day({ start: "2026-11-20", endOffset: 1 }), ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]],
    ["which is what existing from the start means", day({ start: "2026-11-22", exists: "start" }), ["2026-11-22", "2026-11-23"]],
    ["with one to come", day({ start: "2026-11-22", exists: "start", endOffset: 1 }), ["2026-11-22", "2026-11-23", "2026-11-24"]],
    ["without the last that has ended", day({ start: "2026-11-20", endOffset: -1 }), ["2026-11-20", "2026-11-21"]],
    ["until the 22nd", day({ start: "2026-11-20", end: "2026-11-22" }), ["2026-11-20", "2026-11-21"]],
    ["until a day to come", day({ start: "2026-11-21", end: "2027-01-01" }), ["2026-11-21", "2026-11-22"]],
    ["until the 22nd, offset or not", day({ start: "2026-11-20", end: "2026-11-22", endOffset: 3 }), ["2026-11-20", "2026-11-21"]],
    ["weekly from a Sunday", sunday("2026-11-01"), ["2026-11-01", "2026-11-08", "2026-11-15"]],
    ["weekly from a Tuesday", sunday("2026-11-03"), ["2026-11-08", "2026-11-15"]],
    ["weekly, on Mondays", Partition.weekly<never>()("test/W", { start: "2026-11-01" }), ["2026-11-02", "2026-11-09", "2026-11-16"]],
    ["monthly from the middle of August", Partition.monthly<never>()("test/M", { start: "2026-08-15" }), ["2026-09", "2026-10"]],
    ["monthly until October", Partition.monthly<never>()("test/M", { start: "2026-08-01", end: "2026-10-01" }), ["2026-08", "2026-09"]],
    [
      "hourly this morning",
      Partition.hourly<never>()("test/H", { start: "2026-11-23", end: "2026-11-24" }),
      Array.from({ length: 12 }, (_, i) => `2026-11-23T${String(i).padStart(2, "0")}`)
    ]
  ])("%s", (_, per, expected) => {
    assert.deepStrictEqual(per.problems, [])
    assert.deepStrictEqual(all(per), expected)
  })

  it("and the horizon cuts what start does not", () => {
    const per = day({ start: "2026-11-01" })
    assert.strictEqual(`${Partition.due(per, at("2026-11-23T12:00:00Z"), 2)}`, "2026-11-21..2026-11-22")
    assert.strictEqual(per.first, per.calendar.ordinalOf("2026-11-01"))
    assert.strictEqual(day({}).first, -Infinity)
  })
})

describe("by the clocks of a zone", () => {
  class ParisHour extends Partition.hourly<ParisHour>()("test/ParisHour", { zone: "Europe/Paris" }) {}
  class ParisDay extends Partition.daily<ParisDay>()("test/ParisDay", { zone: "Europe/Paris" }) {}
  class ParisWeek extends Partition.weekly<ParisWeek>()("test/ParisWeek", { zone: "Europe/Paris", weekStart: "saturday" }) {}
  class ParisMonth extends Partition.monthly<ParisMonth>()("test/ParisMonth", { zone: "Europe/Paris" }) {}
  class IndianHour extends Partition.hourly<IndianHour>()("test/IndianHour", { zone: "Asia/Kolkata" }) {}
  class HavanaDay extends Partition.daily<HavanaDay>()("test/HavanaDay", { zone: "America/Havana" }) {}
  const hoursOf = (day: string) => {
    const { end, start } = ParisDay.window(day)
    const { calendar } = ParisHour
    return new Partition.Window(calendar, calendar.ordinalAt(DateTime.toEpochMillis(start)),
      calendar.ordinalAt(DateTime.toEpochMillis(end) - 1)).keys
  }

  it("an autumn day has 25 hours, and the two called 02 are two", () => {
    const hours = hoursOf("2026-10-25")
    assert.strictEqual(new Set(hours).size, 25)
    assert.deepStrictEqual(hours.slice(1, 5), ["2026-10-25T01+02:00", "2026-10-25T02+02:00", "2026-10-25T02+01:00", "2026-10-25T03+01:00"])
    assert.deepStrictEqual([hours[0], hours.at(-1)], ["2026-10-25T00+02:00", "2026-10-25T23+01:00"])
  })

  it("a spring day has 23", () => {
    const hours = hoursOf("2027-03-28")
    assert.lengthOf(hours, 23)
    assert.deepStrictEqual(hours.slice(1, 3), ["2027-03-28T01+01:00", "2027-03-28T03+02:00"])
    assert.lengthOf(hoursOf("2026-11-23"), 24)
  })

  it("an hour that the clocks skip, or an offset that they do not have, is no key", () => {
    const { calendar } = ParisHour
    for (
      const text of [
        "2027-03-28T02+01:00",
        "2026-10-25T02",
        "2026-10-25T02Z",
        "2026-10-25T02+00:00",
        "2026-10-25T03+02:00",
        "2026-10-25T02:30+02:00"
      ]
    ) {
      assert.isUndefined(calendar.ordinalOf(text), text)
    }
    assert.strictEqual(calendar.ordinalOf("2026-10-25T02+01:00"), (calendar.ordinalOf("2026-10-25T02+02:00") ?? 0) + 1)
  })

  it("an hour knows its date, and a date its first hour", () => {
    const last = (per: Partition.Any, key: string) => per.calendar.dateOf(per.calendar.ordinalOf(key) ?? 0)
    assert.deepStrictEqual([last(Hour, "2026-11-23T23"), last(ParisHour, "2026-11-23T00+01:00")], ["2026-11-23", "2026-11-23"])
    const first = (per: Partition.Any, date: string) => Option.map(Option.fromNullishOr(per.calendar.ordinalOn(date)), per.calendar.keyOf)
    assert.deepStrictEqual([Hour, ParisHour].map((_) => first(_, "2026-11-23")), [
      Option.some("2026-11-23T00"),
      Option.some("2026-11-23T00+01:00")
    ])
    assert.isTrue(Option.isNone(first(Hour, "2026-02-30")))
  })

  it("hours begin with UTC's, also where the clocks are half an hour off", () => {
    assert.strictEqual(IndianHour.calendar.keyOf(IndianHour.calendar.ordinalAt(at("2026-11-23T00:10:00Z"))), "2026-11-23T05:30+05:30")
    assert.strictEqual(IndianHour.calendar.ordinalOf("2026-11-23T05:30+05:30"), IndianHour.calendar.ordinalAt(at("2026-11-23T00:00:00Z")))
  })

  it("a day that begins in a gap of the clocks begins after it, one whose midnight comes twice with the first", () => {
    const { calendar } = HavanaDay
    const start = (key: string) => DateTime.formatIso(DateTime.makeUnsafe(calendar.startOf(calendar.ordinalOf(key) ?? 0)))
    assert.strictEqual(start("2026-03-08"), "2026-03-08T05:00:00.000Z", "01:00 in Havana: midnight is skipped")
    assert.strictEqual(start("2026-11-01"), "2026-11-01T04:00:00.000Z", "the first of two midnights")
  })

  it("a key ends its day where the zone does", () => {
    assert.strictEqual(`${Partition.due(ParisDay, at("2026-11-23T22:59:59Z"), 2)}`, "2026-11-21..2026-11-22")
    assert.strictEqual(`${Partition.due(ParisDay, at("2026-11-23T23:00:00Z"), 2)}`, "2026-11-22..2026-11-23")
    assert.strictEqual(`${Partition.due(ParisMonth, at("2026-10-31T23:00:00Z"), 62)}`, "2026-09..2026-10",
      "62 days: from 1 September, Paris time")
    assert.strictEqual(`${Partition.due(ParisMonth, at("2026-10-31T22:59:59Z"), 62)}`, "2026-09")
    assert.strictEqual(`${Partition.due(ParisHour, at("2026-11-23T02:00:00Z"), 1)}`, "2026-11-23T00+01:00..2026-11-23T02+01:00")
    assert.strictEqual(DateTime.formatIso(ParisMonth.window("2026-10").start), "2026-09-30T22:00:00.000Z")
    assert.strictEqual(DateTime.formatIso(ParisMonth.window("2026-10").end), "2026-10-31T23:00:00.000Z")
    assert.deepStrictEqual(ParisWeek.window("2026-10-24").keys, ["2026-10-24"])
    assert.strictEqual(ParisWeek.calendar.startOf(1) - ParisWeek.calendar.startOf(0), 7 * 86_400_000)
  })

  const Now = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: at("1990-01-01T00:00:00Z"), maximum: at("2035-01-01T00:00:00Z") })))
  it.prop("a key is told from an ordinal and back, and holds the instant and the date it was found by", { instant: Now }, ({ instant }) => {
    for (const { calendar } of [ParisHour, ParisDay, ParisWeek, ParisMonth, IndianHour, HavanaDay]) {
      const ordinal = calendar.ordinalAt(instant)
      assert.strictEqual(calendar.ordinalOf(calendar.keyOf(ordinal)), ordinal, calendar.keyOf(ordinal))
      assert.isTrue(calendar.startOf(ordinal) <= instant && instant < calendar.startOf(ordinal + 1))
      assert.isTrue(calendar.startOf(ordinal) > calendar.startOf(ordinal - 1))
      assert.strictEqual(calendar.ordinalAt(calendar.startOf(ordinal)), ordinal, "its first instant is its own")
      if (calendar.unit !== "hour") assert.strictEqual(calendar.ordinalOn(calendar.dateOf(ordinal)), ordinal)
    }
  }, { arbitrary: { runs: 300 } })
})

describe("what is wrong with a definition is kept, and not thrown", () => {
  it.each<readonly [string, Partition.Any, ReadonlyArray<string>]>([
    ["a zone that is none", Partition.daily<never>()("test/A", { zone: "Mars/Olympus" }), ["there is no time zone \"Mars/Olympus\""]],
    ["dates that are none", Partition.monthly<never>()("test/B", { start: "2026-02-30", end: "soon" }), [
      "its start \"2026-02-30\" is no date; a date reads like 2026-11-01",
      "its end \"soon\" is no date; a date reads like 2026-11-01"
    ]],
    ["an end before the start", Partition.daily<never>()("test/C", { start: "2026-11-02", end: "2026-11-02" }), [
      "it ends on 2026-11-02, and starts on 2026-11-02"
    ]],
    ["half an offset", Partition.daily<never>()("test/D", { endOffset: 0.5 }), ["its end offset 0.5 is no whole number"]],
    ["no keys", Partition.fixed<never>()("test/E", []), ["it has no keys"]],
    [
      "odd keys",
      Partition.fixed<never>()("test/F", ["eu", "", "a..b", " us"]),
      ["", "a..b", " us"].map((_) => `"${_}" is no key: a key is not empty, has no .. in it and no space at its ends`)
    ]
  ])("%s", (_, per, problems) => {
    assert.deepStrictEqual(per.problems, problems)
  })
})
