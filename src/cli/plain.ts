/** Text for a terminal: what came from elsewhere moves no cursor, sets no colour and turns no line around. */
import { DateTime, type Schema } from "effect"
import { CliOutput } from "effect/cli"
import { cleanText } from "../services/CleanText.ts"

/** Line breaks stay, and what leads a line; whatever could steer a terminal goes. */
export const plain = (text: string): string =>
  text.split(/\r?\n/).map((line) => (/^ */.exec(line)?.[0] ?? "") + cleanText(line, Number.MAX_SAFE_INTEGER)).join("\n")

/** The same on one line. */
export const oneLine = (text: string): string => cleanText(text, Number.MAX_SAFE_INTEGER)

/** JSON that is inert where it is printed, and the same value to whoever parses it. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replace(unprintable, (_) => `\\u${_.charCodeAt(0).toString(16).padStart(4, "0")}`)

export interface TableOptions {
  /** No line is longer: the widest of the columns that may be cut are cut until all fit. */
  readonly columns?: number
  /** The columns that may not be cut, beside those of numbers: what somebody copies. */
  readonly whole?: ReadonlyArray<number>
  /** How a cell looks, by its row (none: the head) and column; it is inked when its width is settled. */
  readonly ink?: (cell: string, row: number | undefined, column: number) => string
}

/** Columns, each as wide as its widest cell; numbers to the right. */
export const table = (
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  { columns = Infinity, ink = (_) => _, whole = [] }: TableOptions = {}
): string => {
  const cells = [head, ...rows].map((row) => row.map(oneLine))
  const isNumber = head.map((_, i) =>
    rows.length > 0 && cells.slice(1).every((row) => /^(|[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?)$/.test(row[i] ?? ""))
  )
  const widest = head.map((_, i) => cells.reduce((most, row) => Math.max(most, widthOf(row[i] ?? "")), 0))
  const widths = fit(widest, head.map((_, i) => isNumber[i] !== true && !whole.includes(i)), columns)
  const line = (row: ReadonlyArray<string>, at: number | undefined) =>
    row.map((given, i) => {
      const width = widths[i] ?? 0
      const cell = clip(given, width)
      const room = " ".repeat(Math.max(0, width - widthOf(cell)))
      const isLast = i === row.length - 1
      return isNumber[i] === true ? room + ink(cell, at, i) : ink(cell, at, i) + (isLast ? "" : room)
    }).join("  ").trimEnd()
  const rule = widths.map((_, i) => ink("─".repeat(_), undefined, i)).join("  ").trimEnd()
  return [line(cells[0] ?? [], undefined), rule, ...cells.slice(1).map(line)].join("\n")
}

/** The columns of a terminal that it takes. Text in ASCII, as most is, does not wait for the Unicode tables that tell the rest. */
export const widthOf = (text: string): number => /^[ -~]*$/.test(text) ? text.length : CliOutput.displayWidth(text)

/** The text, or its beginning and an ellipsis: no wider than so many columns. */
export const clip = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text
  let cut = text.slice(0, Math.max(0, columns))
  while (cut !== "" && widthOf(cut) > columns - 1) cut = cut.slice(0, -1)
  return `${cut}…`
}

/** A cell of a table: nothing is empty, what is nested is JSON. */
export const textOf = (value: Schema.Json | undefined): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)

/** `3,650` */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",")

/** `2026-11-25 20:01:02`, in UTC */
export const instant = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 19).replace("T", " ")

/** `1 call`, `12 calls` */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** Up to four names, or how many there are. */
export const few = (names: ReadonlyArray<string>, one: string): string => names.length > 4 ? counted(names.length, one) : names.join(", ")

/** `0.4 s`, `41 s`, `2 min 5 s`, `1 h 3 min` */
export const duration = (millis: number): string => {
  if (millis < 9_950) return `${(Math.max(0, millis) / 1000).toFixed(1)} s`
  const s = Math.ceil(millis / 1000 - 0.05)
  if (s < 100) return `${s} s`
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`
}

// helpers

/** Narrower than this, a cell says nothing. */
const least = 8

/** Takes from the widest, one column at a time, until the line fits or nothing may be narrower. */
const fit = (widest: ReadonlyArray<number>, mayCut: ReadonlyArray<boolean>, columns: number): ReadonlyArray<number> => {
  const widths = [...widest]
  const gaps = 2 * Math.max(0, widths.length - 1)
  for (let over = widths.reduce((sum, _) => sum + _, gaps) - columns; over > 0; over--) {
    const most = widths.reduce((most, width, i) => mayCut[i] === true && width > least && width > (widths[most] ?? -1) ? i : most, -1)
    if (most < 0) break
    widths[most] = (widths[most] ?? 0) - 1
  }
  return widths
}

/** DEL and C1 controls, bidirectional marks, line separators, byte order mark: JSON lets them through as they are. */
const unprintable = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
