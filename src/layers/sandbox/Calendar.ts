/**
 * Instants are epoch milliseconds; days are whole UTC days since 1970-01-01. The sandbox's market begins on a fixed day,
 * whatever the clock says, so that a day has the same figures on every machine and in every year.
 */
import { DateTime, Option } from "effect"

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const dayOf = (instant: number): number => Math.floor(instant / DAY)
export const midnight = (day: number): number => day * DAY
export const iso = (instant: number): string => DateTime.formatIso(DateTime.makeUnsafe(instant))

/** A calendar date that exists, as its day: `2026-02-30` is none. */
export const dayFrom = (year: string, month: string, date: string): Option.Option<number> => {
  const text = `${year}-${month}-${date}`
  return DateTime.make(`${text}T00:00:00Z`).pipe(
    Option.filter((instant) => DateTime.formatIsoDateUtc(instant) === text),
    Option.map((instant) => dayOf(DateTime.toEpochMillis(instant)))
  )
}

/** 2017-01-01: nothing is older. */
export const ORIGIN = 17_167
/** 2100-01-01: the market is not made further than this, so that no clock can ask for an endless path. */
export const HORIZON = 47_482
