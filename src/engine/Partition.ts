/**
 * A partition is a service whose value is the WINDOW being made: one key, or a run of neighbours.
 *
 * Requiring it (`yield* Day`) makes an asset partitioned; providing it (`Day.at("2026-11-01", "2026-11-30")`) chooses
 * the window. Keys are told apart by ordinal, so a window is two numbers. Two partitions meet only in time: a month's
 * days are those within [start, end), so no partition knows another. Keys begin by UTC, or by a zone's clocks. An asset
 * without a partition is made over `whole`, a window of one nameless key.
 */
import { Context, DateTime, Duration, Effect, Option } from "effect"
import * as Calendars from "./Calendar.ts"
import type { Calendar } from "./Calendar.ts"
import type { Span } from "./Span.ts"

export type { Calendar } from "./Calendar.ts"

const TypeId = "~crypto/engine/Partition"

/** What every partition's identifier is assignable to, so the engine can tell a partition from a service in `R`. */
export interface Key {
  readonly [TypeId]: typeof TypeId
}

/** Neighbouring keys and the time they span, [start, end). It is empty when `to` comes before `from`. */
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
  /** The first key there is; -Infinity, where there is always one before. */
  readonly first: number
  /** The newest key that is due at an instant (epoch milliseconds). */
  readonly newest: (now: number) => number
  /** From when on a key is due; -Infinity, where all always are. */
  readonly dueAt: (ordinal: number) => number
  /** What is wrong with its definition. */
  readonly problems: ReadonlyArray<string>
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
  readonly first: number
  readonly newest: (now: number) => number
  readonly dueAt: (ordinal: number) => number
  readonly problems: ReadonlyArray<string>
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
  /** So many keys more than exist are due: 1 is the one under way, for a key of intervals. */
  readonly endOffset?: number
  /** By whose clocks keys begin, as IANA names it; UTC, where nobody says otherwise. */
  readonly zone?: string
  /** Keys that begin before this date are none; keys keep their state when it changes. */
  readonly start?: string
  /** Keys that begin on this date or later are none. */
  readonly end?: string
}

/** One key an hour: `2026-11-01T05`; in a zone with its offset, `2026-10-25T02+02:00`. Hours begin with UTC's. */
export const hourly = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => inTime<Self, Id>(id, Calendars.hours, options)

/**
 * One key a day: `2026-11-01`.
 *
 * ```ts
 * import { Partition } from "crypto-pipeline"
 *
 * // Days by Berlin's clocks: each is due a quarter of an hour after it has ended.
 * export class Day extends Partition.daily<Day>()("river/Day", { zone: "Europe/Berlin", due: "15 minutes" }) {}
 * export const november = Day.window("2026-11-01", "2026-11-30")
 * ```
 */
export const daily = <Self>() => <const Id extends string>(id: Id, options: Options = {}) => inTime<Self, Id>(id, Calendars.days, options)

/** One key a week, named by its first day: `2026-11-02`. */
export const weekly =
  <Self>() => <const Id extends string>(id: Id, options: Options & { readonly weekStart?: typeof weekDays[number] } = {}) =>
    inTime<Self, Id>(id, (_) => Calendars.weeks(_, weekDays.indexOf(options.weekStart ?? "monday")), options)

/** One key a month: `2026-11`. */
export const monthly = <Self>() => <const Id extends string>(id: Id, options: Options = {}) =>
  inTime<Self, Id>(id, Calendars.months, options)

/** Named keys that lie in no time; all are always due. Their order is theirs: append new ones. */
export const fixed = <Self>() => <const Id extends string>(id: Id, keys: ReadonlyArray<string>) => {
  const calendar = Calendars.fixed([...new Set(keys)])
  const odd = keys.filter((_) => _ === "" || _.includes("..") || _ !== _.trim())
  return make<Self, Id>(id, {
    calendar,
    first: 0,
    newest: () => calendar.ordinalAt(0),
    dueAt: () => -Infinity,
    problems: [
      ...(keys.length === 0 ? ["it has no keys"] : []),
      ...odd.map((_) => `"${_}" is no key: a key is not empty, has no .. in it and no space at its ends`)
    ]
  })
}

/** The window of an asset that has no partition. */
export const whole: Window = new Window(Calendars.whole, 0, 0)

/** Of an asset's keys; of its one nameless key, where it has no partition. */
export const calendarOf = ({ per }: { readonly per: Any | undefined }): Calendar => per?.calendar ?? whole.calendar

/** The window that a window's text names: `2026-11-01`, `2026-11-01..2026-11-30`, or nothing for `whole`. */
export const parseWindow = (calendar: Calendar, text: string): Window | undefined => {
  const [first = "", last = first, ...more] = text.split("..")
  const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
  return from === undefined || to === undefined || more.length > 0 ? undefined : new Window(calendar, from, to)
}

/** The keys that are due at `now` (epoch milliseconds) and begin within the horizon of `days`. */
export const due = (per: Any | undefined, now: number, days: number): Window => {
  if (per === undefined) return whole
  const { calendar, first } = per
  const to = per.newest(now)
  if (calendar.unit === "static") return new Window(calendar, 0, to)
  // the horizon counts days, whatever the key's own length
  if (calendar.unit === "day") return new Window(calendar, Math.max(first, to - days + 1), to)
  const clocks = Calendars.clocksOf(calendar.zone) ?? Calendars.utc
  const floor = clocks.startOfDay(clocks.dayAt(now) - days + 1)
  return new Window(calendar, Math.max(first, ceiling(calendar, floor)), to)
}

/** The first key that begins at an instant or later. */
export const ceiling = (calendar: Calendar, millis: number): number => {
  const at = calendar.ordinalAt(millis)
  return calendar.startOf(at) < millis ? at + 1 : at
}

// helpers

const weekDays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const

interface Keys {
  readonly calendar: Calendar
  readonly first: number
  readonly newest: (now: number) => number
  readonly dueAt: (ordinal: number) => number
  readonly problems: ReadonlyArray<string>
}

/** What is wrong is not thrown here, where a module is loaded: a pipeline says it, with whatever else is wrong. */
const inTime = <Self, Id extends string>(
  id: Id,
  calendarOf: (clocks: Calendars.Clocks) => Calendar,
  options: Options
): Partition<Self, Id> => {
  const { end, endOffset = 0, exists = "end", start, zone = "UTC" } = options
  const clocks = Calendars.clocksOf(zone)
  const calendar = calendarOf(clocks ?? Calendars.utc)
  const days = Calendars.days(clocks ?? Calendars.utc)
  const [from, until] = [start, end].map((_) => _ === undefined ? undefined : days.ordinalOn(_))
  const wait = Duration.toMillis(Duration.fromInputUnsafe(options.due ?? 0))
  /** How far the newest due key is ahead of the one that a wait ago lies in. */
  const ahead = endOffset - (exists === "start" ? 0 : 1)
  const before = until === undefined ? Infinity : ceiling(calendar, days.startOf(until))
  return make<Self, Id>(id, {
    calendar,
    first: from === undefined ? -Infinity : ceiling(calendar, days.startOf(from)),
    newest: (now) => Math.min(before - 1, calendar.ordinalAt(now - wait) + ahead),
    dueAt: (ordinal) => calendar.startOf(ordinal - ahead) + wait,
    problems: [
      ...(clocks === undefined ? [`there is no time zone "${zone}"`] : []),
      ...(start !== undefined && from === undefined ? [`its start "${start}" is no date; a date reads like 2026-11-01`] : []),
      ...(end !== undefined && until === undefined ? [`its end "${end}" is no date; a date reads like 2026-11-01`] : []),
      ...(from !== undefined && until !== undefined && until <= from ? [`it ends on ${end}, and starts on ${start}`] : []),
      ...(Number.isInteger(endOffset) ? [] : [`its end offset ${endOffset} is no whole number`])
    ]
  })
}

const make = <Self, Id extends string>(id: Id, { calendar, dueAt, first, newest, problems }: Keys): Partition<Self, Id> => {
  const service = Context.Service<Self, Window>()(id)
  const over = (window: Window) => Context.make(service, window)
  const parse = (key: string) => Option.map(Option.fromNullishOr(calendar.ordinalOf(key)), (_) => new Window(calendar, _, _))
  const window = (first: string, last = first) => {
    const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
    if (from === undefined || to === undefined) {
      throw new RangeError(`${id}: ${from === undefined ? first : last} is not a key; a key reads like ${calendar.example}`)
    }
    return new Window(calendar, from, to)
  }
  const partition = Object.assign(service, {
    calendar,
    first,
    newest,
    dueAt,
    problems,
    current: Effect.service(service),
    window,
    parse,
    over,
    at: (first: string, last?: string) => over(window(first, last))
  })
  // a class type cannot be built by expression: this is the constructor that proves it
  return partition as unknown as Partition<Self, Id>
}
