/**
 * A calendar says how keys, ordinals and time belong together: neighbouring keys have neighbouring ordinals, and the
 * key n spans [startOf(n), startOf(n + 1)). Days, weeks and months are counted on the dates of a time zone's clocks, so
 * their ordinals are the same in every zone and a day may have 23, 24 or 25 hours; hours are counted in UTC and named
 * by the zone's clocks with their offset, so the two hours called 02 of an autumn night are two keys.
 */
import { DateTime, Option } from "effect"

export interface Calendar {
  readonly unit: "hour" | "day" | "week" | "month" | "static" | "whole"
  /** The IANA name of the zone by whose clocks keys begin. */
  readonly zone: string
  /** A key reads like this. */
  readonly example: string
  readonly keyOf: (ordinal: number) => string
  /** Nothing, when the text is no key of this calendar. */
  readonly ordinalOf: (key: string) => number | undefined
  /** Epoch milliseconds. */
  readonly startOf: (ordinal: number) => number
  /** The key whose time an instant lies in. */
  readonly ordinalAt: (millis: number) => number
  /** The date on which a key begins, and the key in which a date begins: for what is kept by date. */
  readonly dateOf: (ordinal: number) => string
  readonly ordinalOn: (date: string) => number | undefined
}

/** Do its keys lie in time? Those of a fixed list do not, nor does the one key of what has no partition. */
export const isInTime = ({ unit }: Calendar): boolean => unit !== "static" && unit !== "whole"

/** The dates of a zone's clocks, a day being its number since 1970-01-01. */
export interface Clocks {
  readonly zone: string
  readonly dayAt: (millis: number) => number
  readonly startOfDay: (day: number) => number
}

export const utc: Clocks = { zone: "UTC", dayAt: (_) => Math.floor(_ / DAY), startOfDay: (_) => _ * DAY }

/** Nothing, where the zone has no such name. A day that begins in a gap of the clocks begins after it. */
export const clocksOf = (name: string): Clocks | undefined => {
  if (name === "UTC") return utc
  const zone = Option.getOrUndefined(DateTime.zoneMakeNamed(name))
  if (zone === undefined) return undefined
  const known = new Map<number, number>()
  const startOfDay = (day: number): number => {
    const found = known.get(day)
    if (found !== undefined) return found
    const { month, day: date, year } = DateTime.toPartsUtc(DateTime.makeUnsafe(day * DAY))
    const start = DateTime.toEpochMillis(
      DateTime.makeZonedUnsafe({ year, month, day: date }, { timeZone: zone, adjustForTimeZone: true, disambiguation: "compatible" })
    )
    known.set(day, start)
    return start
  }
  const dayAt = (millis: number): number => {
    // a zone's clocks are less than a day ahead or behind
    const guess = Math.floor(millis / DAY)
    return startOfDay(guess + 1) <= millis ? guess + 1 : startOfDay(guess) <= millis ? guess : guess - 1
  }
  return { zone: name, dayAt, startOfDay }
}

export const hours = (clocks: Clocks): Calendar => {
  const zone = DateTime.zoneMakeNamedUnsafe(clocks.zone)
  const keyOf = clocks === utc
    ? (_: number) => iso(_ * HOUR).slice(0, 13)
    : (_: number) => named(DateTime.formatIsoOffset(DateTime.makeZonedUnsafe(_ * HOUR, { timeZone: zone })))
  const ordinalOf = (key: string): number | undefined => {
    const parts = clocks === utc ? /^(\d{4}-\d\d-\d\dT\d\d)$/.exec(key) : /^(\d{4}-\d\d-\d\dT\d\d)(:\d\d)?([+-]\d\d:\d\d)$/.exec(key)
    if (parts === null) return undefined
    const millis = instant(`${parts[1]}${parts[2] ?? ":00"}:00${parts[3] ?? "Z"}`)
    return millis === undefined ? undefined : back(keyOf, Math.floor(millis / HOUR), key)
  }
  const dateOf = (_: number) => dateOn(clocks.dayAt(_ * HOUR))
  const ordinalOn = (date: string) => {
    const day = dayOf(date)
    return day === undefined ? undefined : Math.floor(clocks.startOfDay(day) / HOUR)
  }
  const ordinalAt = (_: number) => Math.floor(_ / HOUR)
  const example = keyOf(Math.floor(clocks.startOfDay(EXAMPLE) / HOUR) + 5)
  return { unit: "hour", zone: clocks.zone, example, keyOf, ordinalOf, startOf: (_) => _ * HOUR, ordinalAt, dateOf, ordinalOn }
}

/** Days, or runs of them: `indexOf` tells the key that a day lies in, `firstOf` the first day of a key. */
const dated = (
  clocks: Clocks,
  unit: Calendar["unit"],
  indexOf: (day: number) => number,
  firstOf: (ordinal: number) => number,
  length = 10
): Calendar => {
  const keyOf = (_: number) => dateOn(firstOf(_)).slice(0, length)
  const ordinalOn = (date: string) => {
    const day = dayOf(date)
    return day === undefined ? undefined : indexOf(day)
  }
  return {
    unit,
    zone: clocks.zone,
    example: keyOf(indexOf(unit === "week" ? EXAMPLE + 6 : EXAMPLE)),
    keyOf,
    ordinalOf: (key) => {
      const ordinal = key.length === length ? ordinalOn(`${key}-01`.slice(0, 10)) : undefined
      return ordinal === undefined ? undefined : back(keyOf, ordinal, key)
    },
    startOf: (_) => clocks.startOfDay(firstOf(_)),
    ordinalAt: (_) => indexOf(clocks.dayAt(_)),
    dateOf: (_) => dateOn(firstOf(_)),
    ordinalOn
  }
}

export const days = (clocks: Clocks): Calendar => dated(clocks, "day", (_) => _, (_) => _)

/** `first` is how many days after Monday a week begins. 1970-01-01 was a Thursday: a week began three days before. */
export const weeks = (clocks: Clocks, first: number): Calendar =>
  dated(clocks, "week", (_) => Math.floor((_ + 3 - first) / 7), (_) => _ * 7 - 3 + first)

export const months = (clocks: Clocks): Calendar =>
  dated(
    clocks,
    "month",
    (day) => {
      const { month, year } = DateTime.toPartsUtc(DateTime.makeUnsafe(day * DAY))
      return year * 12 + month - 1
    },
    (_) => DateTime.toEpochMillis(DateTime.makeUnsafe({ year: Math.floor(_ / 12), month: _ - Math.floor(_ / 12) * 12 + 1, day: 1 })) / DAY,
    7
  )

/** Named keys that lie in no time. */
export const fixed = (keys: ReadonlyArray<string>): Calendar => {
  const at = new Map(keys.map((key, ordinal) => [key, ordinal]))
  return {
    ...timeless,
    unit: "static",
    example: keys[0] ?? "",
    keyOf: (_) => keys[_] ?? "",
    ordinalOf: (_) => at.get(_),
    ordinalAt: () => keys.length - 1
  }
}

// helpers

const HOUR = 3_600_000
const DAY = 86_400_000
/** 2026-11-01, a Sunday. */
const EXAMPLE = 20_758

const timeless = {
  zone: "UTC",
  startOf: (ordinal: number) => ordinal <= 0 ? -8.64e15 : 8.64e15,
  dateOf: () => "",
  ordinalOn: () => undefined
}

/** The one key of what has no partition. */
export const whole: Calendar = {
  ...timeless,
  unit: "whole",
  example: "",
  keyOf: () => "",
  ordinalOf: (key) => key === "" ? 0 : undefined,
  ordinalAt: () => 0
}

const iso = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const dateOn = (day: number): string => iso(day * DAY).slice(0, 10)

/** The day of a date that there is: `2026-02-30` is none. Whole numbers only, since tables ask it of each of their keys. */
const dayOf = (date: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined
  const [year, month, day] = [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))]
  if (month < 1 || month > 12 || day < 1) return undefined
  const first = firstOfMonth(year, month)
  return first + day > firstOfMonth(year, month + 1) ? undefined : first + day - 1
}

/** The day on which a month begins; month 13 is the next year's first. Years are counted from March, so a leap day is the last of its year. */
const firstOfMonth = (year: number, month: number): number => {
  const [y, m] = month > 2 ? [year, month - 3] : [year - 1, month + 9]
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((m * 153 + 2) / 5) - MARCH_1_OF_YEAR_0
}

/** Days from it to 1970-01-01. */
const MARCH_1_OF_YEAR_0 = 719_468

const instant = (text: string): number | undefined => Option.getOrUndefined(Option.map(DateTime.make(text), DateTime.toEpochMillis))

const back = (keyOf: (ordinal: number) => string, ordinal: number, key: string): number | undefined =>
  keyOf(ordinal) === key ? ordinal : undefined

/** `2026-10-25T02+02:00`; the minutes are said only where a zone's hours do not begin with UTC's. */
const named = (isoOffset: string): string =>
  isoOffset.replace(/^(.{13})(:\d\d):\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/, (_, hour: string, minutes: string, offset: string) =>
    `${hour}${minutes === ":00" ? "" : minutes}${offset === "Z" ? "+00:00" : offset}`)
