/** Text for a terminal: what came from elsewhere moves no cursor, sets no colour and turns no line around. */
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

/** Columns, each as wide as its widest cell; numbers to the right. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const cells = [head, ...rows].map((row) => row.map(oneLine))
  const widths = head.map((_, i) => cells.reduce((most, row) => Math.max(most, CliOutput.displayWidth(row[i] ?? "")), 0))
  const isNumber = head.map((_, i) => rows.length > 0 && cells.slice(1).every((row) => /^(|[-+]?\d[\d.,e+-]*)$/.test(row[i] ?? "")))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, i) => {
      const room = " ".repeat(Math.max(0, (widths[i] ?? 0) - CliOutput.displayWidth(cell)))
      return isNumber[i] === true ? room + cell : cell + room
    }).join("  ").trimEnd()
  return [line(cells[0] ?? []), widths.map((_) => "─".repeat(_)).join("  "), ...cells.slice(1).map(line)].join("\n")
}

/** `3,650` */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",")

/** `1 call`, `12 calls` */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

/** `0.4 s`, `41 s`, `2 min 5 s`, `1 h 3 min` */
export const duration = (millis: number): string => {
  if (millis < 9_950) return `${(Math.max(0, millis) / 1000).toFixed(1)} s`
  const s = Math.ceil(millis / 1000 - 0.05)
  if (s < 100) return `${s} s`
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`
}

// helpers

/** DEL and C1 controls, bidirectional marks, line separators, byte order mark: JSON lets them through as they are. */
const unprintable = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
