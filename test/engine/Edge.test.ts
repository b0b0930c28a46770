/** `touches` is the inverse of `reads`: proven key by key, against every window that could read. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import * as Edge from "../../src/engine/Edge.ts"
import * as Partition from "../../src/engine/Partition.ts"
import { type Calendar, Window } from "../../src/engine/Partition.ts"

class Hour extends Partition.hourly<Hour>()("test/Hour") {}
class Day extends Partition.daily<Day>()("test/Day", { exists: "start", due: "35 minutes" }) {}
class Week extends Partition.weekly<Week>()("test/Week") {}
class Month extends Partition.monthly<Month>()("test/Month") {}
class Region extends Partition.fixed<Region>()("test/Region", ["eu", "us"]) {}

const now = DateTime.toEpochMillis(DateTime.makeUnsafe("2026-11-24T12:00:00Z"))
const first = DateTime.toEpochMillis(DateTime.makeUnsafe("2024-01-01T00:00:00Z"))
const Offset = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 800 })))
const Length = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 12 })))
const Few = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 4 })))

const around = (calendar: Calendar, offset: number, length: number) => {
  const from = calendar.ordinalAt(first + offset * 86_400_000)
  return new Window(calendar, from, from + length - 1)
}

/** Each key of `outer`, from well before what changed to well after: it reads a key that changed, or it is not touched. */
const inverse = (edge: Edge.Edge, outer: Calendar, upstream: Window) => {
  const touched = edge.touches(upstream)
  const from = outer.ordinalAt(DateTime.toEpochMillis(upstream.start)) - 40
  const to = outer.ordinalAt(DateTime.toEpochMillis(upstream.end)) + 40
  for (let key = from; key <= to; key++) {
    const read = edge.reads(new Window(outer, key, key), now)
    assert.strictEqual(read.calendar, upstream.calendar)
    const reads = read.from <= upstream.to && upstream.from <= read.to
    assert.strictEqual(touched.from <= key && key <= touched.to, reads, `${outer.keyOf(key)} reads ${read}, ${upstream} changed`)
  }
}

/** What is read for many keys at once is what is read for them one by one. */
const monotone = (edge: Edge.Edge, window: Window) => {
  const whole = edge.reads(window, now)
  const single = Array.from({ length: window.size },
    (_, i) => edge.reads(new Window(window.calendar, window.from + i, window.from + i), now))
  assert.deepStrictEqual([whole.from, whole.to], [Math.min(...single.map((_) => _.from)), Math.max(...single.map((_) => _.to))])
}

describe("touches is the inverse of reads", () => {
  it.prop("same, trailing, upTo", { offset: Offset, length: Length, count: Length }, ({ count, length, offset }) => {
    for (const edge of [Edge.same, Edge.trailing(count), Edge.upTo, Edge.offset(-1), Edge.offset(-count), Edge.offset(count)]) {
      inverse(edge, Day.calendar, around(Day.calendar, offset, length))
      monotone(edge, around(Day.calendar, offset, length))
    }
  })

  it.prop("within, finer into coarser and coarser into finer, with keys after the end", { offset: Offset, length: Length, more: Few },
    (_) => {
      const pairs: ReadonlyArray<readonly [Partition.Any, Partition.Any]> = [[Day, Month], [Day, Week], [Hour, Day], [Week, Month], [
        Month,
        Day
      ], [Day, Day]]
      for (const [inner, outer] of pairs) {
        const edge = Edge.within(inner, outer, _.more)
        inverse(edge, outer.calendar, around(inner.calendar, _.offset, _.length))
        monotone(edge, around(outer.calendar, _.offset, _.length))
      }
    })
})

describe("what is read", () => {
  const day = Day.window("2026-05-01", "2026-05-03")

  it("same: the same keys", () => assert.strictEqual(`${Edge.same.reads(day, now)}`, "2026-05-01..2026-05-03"))

  it("trailing 2: a day before; trailing 1: as they are", () => {
    assert.strictEqual(`${Edge.trailing(2).reads(day, now)}`, "2026-04-30..2026-05-03")
    assert.strictEqual(`${Edge.trailing(1).reads(day, now)}`, "2026-05-01..2026-05-03")
  })

  it("upTo: from before there were prices to the last key made", () => {
    assert.strictEqual(`${Edge.upTo.reads(day, now)}`, "1900-01-01..2026-05-03")
    assert.strictEqual(`${Edge.upTo.reads(Region.window("us"), now)}`, "eu..us")
  })

  it("within: a month's days, and the one that closes it; a week's; a day's hours; a day's month", () => {
    assert.strictEqual(`${Edge.within(Day, Month).reads(Month.window("2026-02"), now)}`, "2026-02-01..2026-02-28")
    assert.strictEqual(`${Edge.within(Day, Month, 1).reads(Month.window("2026-02", "2026-03"), now)}`, "2026-02-01..2026-04-01")
    assert.strictEqual(`${Edge.within(Day, Week).reads(Week.window("2026-11-23"), now)}`, "2026-11-23..2026-11-29")
    assert.strictEqual(`${Edge.within(Hour, Day).reads(Day.window("2026-11-23"), now)}`, "2026-11-23T00..2026-11-23T23")
    assert.strictEqual(`${Edge.within(Month, Day).reads(day, now)}`, "2026-05")
  })

  it("every: all there is, up to the newest that is due", () => {
    assert.strictEqual(`${Edge.every(Day).reads(Partition.whole, now)}`, "1900-01-01..2026-11-24")
    assert.strictEqual(`${Edge.every(Region).reads(Partition.whole, now)}`, "eu..us")
    assert.strictEqual(Edge.every(Day).touches(day), Partition.whole)
  })
})

describe("what must be there first", () => {
  const due = Day.window("2026-04-01", "2026-11-24")
  const day = Day.window("2026-05-01", "2026-05-03")

  it("is what is read, for same, trailing and within", () => {
    assert.strictEqual(`${Edge.same.wants(day, due, now)}`, "2026-05-01..2026-05-03")
    assert.strictEqual(`${Edge.trailing(3).wants(day, due, now)}`, "2026-04-29..2026-05-03")
    assert.strictEqual(`${Edge.within(Day, Month, 1).wants(Month.window("2026-05"), due, now)}`, "2026-05-01..2026-06-01")
  })

  it("is what is due of it, for upTo and every", () => {
    assert.strictEqual(`${Edge.upTo.wants(day, due, now)}`, "2026-04-01..2026-05-03")
    assert.strictEqual(`${Edge.upTo.wants(Day.window("2026-03-01"), due, now)}`, "2026-03-01")
    assert.strictEqual(`${Edge.every(Day).wants(Partition.whole, due, now)}`, "2026-04-01..2026-11-24")
  })
})

describe("days by one zone's clocks and months by another's", () => {
  class ParisDay extends Partition.daily<ParisDay>()("test/ParisDay", { zone: "Europe/Paris" }) {}
  class ParisMonth extends Partition.monthly<ParisMonth>()("test/ParisMonth", { zone: "Europe/Paris" }) {}

  it("do not lie within each other", () => {
    assert.strictEqual(
      Edge.within(Day, ParisMonth).problem,
      "test/Day is by the clocks of UTC and test/ParisMonth by those of Europe/Paris: neither lies within the other"
    )
    assert.isUndefined(Edge.within(ParisDay, ParisMonth).problem)
    assert.isUndefined(Edge.within(Day, Month).problem)
  })

  it("of one zone do: 31 days of October 2026, the 25-hour one among them", () => {
    const { from, to } = Edge.within(ParisDay, ParisMonth).reads(ParisMonth.window("2026-10"), now)
    assert.strictEqual(`${new Window(ParisDay.calendar, from, to)}`, "2026-10-01..2026-10-31")
    assert.strictEqual(`${Edge.within(Day, Month).reads(Month.window("2026-10"), now)}`, "2026-10-01..2026-10-31")
  })
})

it("an offset of −1 is the previous key, and what reads it is the next", () => {
  assert.strictEqual(`${Edge.offset(-1).reads(Day.window("2026-11-01"), now)}`, "2026-10-31")
  const { from, to } = Edge.offset(-1).touches(Day.window("2026-10-30", "2026-10-31"))
  assert.strictEqual(`${new Window(Day.calendar, from, to)}`, "2026-10-31..2026-11-01")
})
