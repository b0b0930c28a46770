/**
 * A fragment of SQL without parameters: its values stand in its text, as literals. A view's definition takes no
 * parameters; and DuckDB answers a small statement in half the time when it does not prepare it first.
 */
import { DateTime } from "effect"
import { Statement } from "effect/sql"
import { quotedText } from "./quotedText.ts"

export const written = (self: Statement.Fragment): Statement.Fragment => Statement.fragment(self.segments.map(writtenOne))

// helpers

const writtenOne = (segment: Statement.Segment): Statement.Segment => {
  switch (segment._tag) {
    case "Identifier":
      return segment
    case "Literal":
      if (segment.params === undefined || segment.params.length === 0) return segment
      break
    case "Parameter":
      return Statement.literal(literalOf(segment.value))
    case "ArrayHelper":
      if (segment.value.every((_) => !Statement.isFragment(_))) return Statement.literal(`(${segment.value.map(literalOf).join()})`)
  }
  throw new TypeError(`The SQL holds a ${segment._tag}, which cannot be written out: use values, names and text`)
}

const literalOf = (value: unknown): string => {
  if (value === null) return "NULL"
  if (typeof value === "number" && Number.isFinite(value))
    return signed(Number.isSafeInteger(value) && !Object.is(value, -0) ? `${value}` : double(value))
  if (typeof value === "bigint") return signed(`${value}`)
  if (typeof value === "boolean") return `${value}`
  if (typeof value === "string" && value.isWellFormed()) return quotedText(value)
  if (value instanceof Date) return `TIMESTAMPTZ '${value.toISOString()}'`
  if (DateTime.isDateTime(value)) return `TIMESTAMPTZ '${DateTime.formatIso(value)}'`
  throw new TypeError("The SQL holds a value that cannot be written out: use text, numbers, booleans, dates or null")
}

/** After another minus, one would begin a comment. */
const signed = (number: string): string => number.startsWith("-") ? `(${number})` : number

/** With an exponent it is a DOUBLE, as a parameter is; without, DuckDB makes it a DECIMAL. */
const double = (value: number): string => {
  const digits = Object.is(value, -0) ? "-0" : `${value}`
  return digits.includes("e") ? digits : `${digits}e0`
}
