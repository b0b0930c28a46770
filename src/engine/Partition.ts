/**
 * A partition is a service whose value is the WINDOW being made: one key, or a run of neighbours.
 *
 * Requiring it (`yield* Day`) makes an asset partitioned; providing it (`Day.at("2026-11-01", "2026-11-30")`) chooses
 * the window. Keys are told apart by ordinal, so a window is two numbers. Two partitions meet only in time: a month's
 * days are those within [start, end), so no partition knows another. Time is UTC. An asset without a partition is
 * made over `whole`, a window of one nameless key.
 */
import { Context, DateTime, Duration, Effect, Option } from "effect"
import type { Span } from "./Span.ts"

const TypeId = "~crypto/engine/Partition"

/** What every partition's identifier is assignable to, so the engine can tell a partition from a service in `R`. */
export interface Key {
  readonly [TypeId]: typeof TypeId
}

/** How keys, ordinals and time (epoch milliseconds, UTC) belong together. `startOf(n + 1)` is the end of n. */
export interface Calendar {
  readonly unit: "hour" | "day" | "week" | "month" | "static" | "whole"
  /** A key reads like this. */
  readonly example: string
  readonly keyOf: (ordinal: number) => string
  /** Nothing, when the text is no key of this calendar. */
  readonly ordinalOf: (key: string) => number | undefined
  readonly startOf: (ordinal: number) => number
  /** The key whose time an instant lies in. */
  readonly ordinalAt: (millis: number) => number
}

/** Neighbouring keys and the time they span, [start, end) in UTC. It is empty when `to` comes before `from`. */
export class Window implements Span {
  readonly calendar: Calendar
  readonly from: number
  readonly to: number

  constructor(calendar: Calendar, from: number, to: number) {
    this.calendar = calendar
    this.from = from
    this.to = to
  }
  get first(): string {
    return this.calendar.keyOf(this.from)
  }
  get last(): string {
    return this.calendar.keyOf(this.to)
  }
  get size(): number {
    return Math.max(0, this.to - this.from + 1)
  }
  get keys(): ReadonlyArray<string> {
    return Array.from({ length: this.size }, (_, i) => this.calendar.keyOf(this.from + i))
  }
  get start(): DateTime.Utc {
    return DateTime.makeUnsafe(this.calendar.startOf(this.from))
  }
  get end(): DateTime.Utc {
    return DateTime.makeUnsafe(this.calendar.startOf(this.to + 1))
  }
  /** `2026-11-01`, `2026-11-01..2026-11-30`, or nothing for an asset without a partition. */
  toString(): string {
    return this.size <= 1 ? this.first : `${this.first}..${this.last}`
  }
}

/** What the engine knows of any partition. */
export interface Any {
  readonly key: string
  readonly calendar: Calendar
  /** The newest key that is due at an instant (epoch milliseconds). */
  readonly newest: (now: number) => number
  /** The window as context, for whoever yields the partition. */
  readonly over: (window: Window) => Context.Context<never>
  /** The window that the context holds. */
  readonly current: Effect.Effect<Window, never, unknown>
}

/** The static side of a partition class: a context key that knows its calendar. */
export interface Partition<in out Self, in out Id extends string> extends Context.Service<Self, Window> {
  new(_: never): Context.ServiceClass.Shape<Id, Window> & Key
  readonly key: Id
  readonly calendar: Calendar
  readonly newest: (now: number) => number
  readonly current: Effect.Effect<Window, never, Self>
  /** The window from one key to another, both in it. Throws on a text that is no key: use `parse` for what a user typed. */
  readonly window: (first: string, last?: string) => Window
  readonly parse: (key: string) => Option.Option<Window>
  /** Context holding a window; hand it to `Effect.provideContext`. */
  readonly at: (first: string, last?: string) => Context.Context<Self>
  readonly over: (window: Window) => Context.Context<Self>
}

export type Identifier<P> = P extends Partition<infer Self, infer _Id> ? Self : never

/** How many days back a window reaches when nobody says otherwise: the days D − (N − 1) … D, D the newest due one. */
export const Horizon = Context.Reference<number>("crypto/engine/Partition/Horizon", { defaultValue: () => 365 })

export interface Options {
  /** How long after a key exists it is due; before that it is not missing. */
  readonly due?: Duration.Input
  /** A key of instants (the price at 00:00) exists from its start; a key of intervals (a month's high) from its end. */
  readonly exists?: "start" | "end"
}

/** One key a UTC hour: `2026-11-01T05`. */
export const hourly = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => make<Self, Id>(id, hours, options)

/** One key a UTC day: `2026-11-01`. */
export const daily = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => make<Self, Id>(id, days, options)

/** One key an ISO week, named by its Monday: `2026-11-02`. */
export const weekly = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => make<Self, Id>(id, weeks, options)

/** One key a UTC month: `2026-11`. */
export const monthly = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => make<Self, Id>(id, months, options)

/** Named keys that lie in no time; all are always due. Their order is theirs: append new ones. */
export const fixed = <Self>() => <const Id extends string>(id: Id, keys: ReadonlyArray<string>) =>
  make<Self, Id>(id, named([...new Set(keys)]), {})

/** The window of an asset that has no partition. */
export const whole: Window = new Window(
  {
    unit: "whole",
    example: "",
    keyOf: () => "",
    ordinalOf: (key) => key === "" ? 0 : undefined,
    startOf: (ordinal) => ordinal <= 0 ? -8.64e15 : 8.64e15,
    ordinalAt: () => 0
  },
  0,
  0
)

/** The window that a window's text names: `2026-11-01`, `2026-11-01..2026-11-30`, or nothing for `whole`. */
export const parseWindow = (calendar: Calendar, text: string): Window | undefined => {
  const [first = "", last = first, ...more] = text.split("..")
  const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
  return from === undefined || to === undefined || more.length > 0 ? undefined : new Window(calendar, from, to)
}

/** The keys that are due at `now` (epoch milliseconds) and begin within the horizon of `days`. */
export const due = (per: Any | undefined, now: number, days: number): Window => {
  if (per === undefined) return whole
  const { calendar } = per
  const to = per.newest(now)
  if (calendar.unit === "static") return new Window(calendar, 0, to)
  // the horizon counts days, whatever the key's own length
  const newestDay = calendar.unit === "day" ? to : Math.floor(now / DAY)
  const floor = (newestDay - days + 1) * DAY
  const at = calendar.ordinalAt(floor)
  return new Window(calendar, calendar.startOf(at) < floor ? at + 1 : at, to)
}

// helpers

const HOUR = 3_600_000
const DAY = 86_400_000

const make = <Self, Id extends string>(id: Id, calendar: Calendar, options: Options): Partition<Self, Id> => {
  const service = Context.Service<Self, Window>()(id)
  const wait = Duration.toMillis(Duration.fromInputUnsafe(options.due ?? 0))
  const over = (window: Window) => Context.make(service, window)
  const parse = (key: string) => Option.map(Option.fromNullishOr(calendar.ordinalOf(key)), (_) => new Window(calendar, _, _))
  const window = (first: string, last = first) => {
    const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
    if (from === undefined || to === undefined) {
      throw new RangeError(`${id}: ${from === undefined ? first : last} is not a key; a key reads like ${calendar.example}`)
    }
    return new Window(calendar, from, to)
  }
  const newest = (now: number) => {
    if (calendar.unit === "static") return calendar.ordinalAt(now)
    const at = calendar.ordinalAt(now - wait)
    return options.exists === "start" ? at : at - 1
  }
  const partition = Object.assign(service, {
    calendar,
    newest,
    current: Effect.service(service),
    window,
    parse,
    over,
    at: (first: string, last?: string) => over(window(first, last))
  })
  // a class type cannot be built by expression: this is the constructor that proves it
  return partition as unknown as Partition<Self, Id>
}

const iso = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** The instant of a text that is exactly the key it gives back, so `2026-02-30` is none. */
const instant = (text: string, pattern: RegExp, suffix: string): number | undefined => {
  if (!pattern.test(text)) return undefined
  return Option.getOrUndefined(Option.map(DateTime.make(text + suffix), DateTime.toEpochMillis))
}

const exact = (calendar: Omit<Calendar, "ordinalOf">, pattern: RegExp, suffix: string): Calendar => ({
  ...calendar,
  ordinalOf: (key) => {
    const millis = instant(key, pattern, suffix)
    if (millis === undefined) return undefined
    const ordinal = calendar.ordinalAt(millis)
    return calendar.keyOf(ordinal) === key ? ordinal : undefined
  }
})

const hours = exact(
  {
    unit: "hour",
    example: "2026-11-01T05",
    keyOf: (_) => iso(_ * HOUR).slice(0, 13),
    startOf: (_) => _ * HOUR,
    ordinalAt: (_) => Math.floor(_ / HOUR)
  },
  /^\d{4}-\d\d-\d\dT\d\d$/,
  ":00:00Z"
)

const days = exact(
  {
    unit: "day",
    example: "2026-11-01",
    keyOf: (_) => iso(_ * DAY).slice(0, 10),
    startOf: (_) => _ * DAY,
    ordinalAt: (_) => Math.floor(_ / DAY)
  },
  /^\d{4}-\d\d-\d\d$/,
  "T00:00:00Z"
)

/** 1970-01-01 was a Thursday: week 0 began on the Monday before, three days earlier. */
const weeks = exact(
  {
    unit: "week",
    example: "2026-11-02",
    keyOf: (_) => iso((_ * 7 - 3) * DAY).slice(0, 10),
    startOf: (_) => (_ * 7 - 3) * DAY,
    ordinalAt: (_) => Math.floor((Math.floor(_ / DAY) + 3) / 7)
  },
  /^\d{4}-\d\d-\d\d$/,
  "T00:00:00Z"
)

const months: Calendar = exact(
  {
    unit: "month",
    example: "2026-11",
    keyOf: (_) => iso(months.startOf(_)).slice(0, 7),
    startOf: (_) =>
      DateTime.toEpochMillis(DateTime.makeUnsafe({ year: Math.floor(_ / 12), month: _ - Math.floor(_ / 12) * 12 + 1, day: 1 })),
    ordinalAt: (millis) => {
      const { month, year } = DateTime.toPartsUtc(DateTime.makeUnsafe(millis))
      return year * 12 + month - 1
    }
  },
  /^\d{4}-\d\d$/,
  "-01T00:00:00Z"
)

const named = (keys: ReadonlyArray<string>): Calendar => ({
  unit: "static",
  example: keys[0] ?? "",
  keyOf: (_) => keys[_] ?? "",
  ordinalOf: (key) => {
    const at = keys.indexOf(key)
    return at < 0 ? undefined : at
  },
  startOf: (ordinal) => ordinal <= 0 ? -8.64e15 : 8.64e15,
  ordinalAt: () => keys.length - 1
})
