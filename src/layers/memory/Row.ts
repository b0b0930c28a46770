/** Where a row lies, and what it says: in which key's time, of which subject, in text that is the same for the same value. */
import { DateTime, Option } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import type { Calendar, Window } from "../../engine/Partition.ts"
import type * as Store from "../../engine/Store.ts"

/** The columns that hold the key and the subject, where rows have such. */
export interface Shape {
  readonly key: string | undefined
  readonly subject: string | undefined
}

export const valueOf = (row: object, column: string): unknown => Reflect.get(row, column)

/** The key in whose time the row lies; nothing, if it lies in none. */
export const ordinalOf = (row: object, calendar: Calendar, column: string): number | undefined => {
  const value = valueOf(row, column)
  if (typeof value !== "string") return undefined
  const exact = calendar.ordinalOf(value)
  if (exact !== undefined || calendar.unit === "static") return exact
  const on = calendar.ordinalOn(value)
  if (on !== undefined) return on
  return Option.getOrUndefined(Option.map(DateTime.make(value), (_) => calendar.ordinalAt(DateTime.toEpochMillis(_))))
}

export const inWindow = (row: object, asset: Asset.Any, window: Window, { key }: Shape): boolean => {
  if (asset.per === undefined || key === undefined) return true
  const at = ordinalOf(row, window.calendar, key)
  return at !== undefined && window.from <= at && at <= window.to
}

export const ofSubject = (row: object, wanted: string | undefined, { subject }: Shape): boolean =>
  wanted === undefined || subject === undefined || valueOf(row, subject) === wanted

export const isIn = (row: object, asset: Asset.Any, { subject, window }: Store.Slice, shape: Shape): boolean =>
  inWindow(row, asset, window, shape) && ofSubject(row, subject, shape)

/** Text that is the same for the same value: keys in order, numbers with 12 significant digits. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}`
    if (typeof value === "number") return Number.isFinite(value) ? Number(value.toPrecision(12)) : `${value}`
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
      : value
  })
