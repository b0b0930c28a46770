/**
 * Values on their way into DuckDB and out of it. Nothing is bent on the way: what does not fit is an error.
 *
 * The driver guesses a parameter's type from its first element and takes 1e300 for an integer; so the types are given.
 */
import { DateTime, Option } from "effect"
import type { Api, Type, Value } from "./native.ts"

/** How whole numbers of 64 bits and more come out. */
export type Whole = "number" | "bigint" | "text"

export interface Bound {
  readonly values: Array<Value>
  readonly types: Array<Type>
}

export interface Values {
  readonly bind: (params: ReadonlyArray<unknown>) => Bound
  readonly read: (value: Value, whole: Whole) => unknown
  /** How the values of a column of this type are written. */
  readonly writer: (type: Type) => (value: unknown) => Value
}

/** Thrown, since the driver calls back from its own loops; the module that runs a statement makes it an error of its type. */
export class Unfit extends Error {
  readonly found: string
  readonly expected: string
  constructor(found: string, expected: string) {
    super(`found ${found}, but ${expected} is expected`)
    this.found = found
    this.expected = expected
  }
}

export const make = (duck: Api): Values => {
  const Id = duck.DuckDBTypeId

  const bindOne = (value: unknown): readonly [Value, Type] => {
    if (value === null) return [null, duck.SQLNULL]
    switch (typeof value) {
      case "string":
        return [text(value), duck.VARCHAR]
      case "boolean":
        return [value, duck.BOOLEAN]
      case "bigint":
        return within(value, 64n) ? [value, duck.BIGINT] : [value, duck.HUGEINT]
      case "number":
        return bindNumber(finite(value))
    }
    if (value instanceof Uint8Array) return [duck.blobValue(value), duck.BLOB]
    if (isInstant(value)) return [new duck.DuckDBTimestampTZValue(micros(value)), duck.TIMESTAMPTZ]
    if (Array.isArray(value)) {
      const items = value.map(bindOne)
      const type = items.map(([, type]) => type).reduce(wider, duck.SQLNULL)
      return [
        duck.listValue(items.map(([item]) => type.typeId === Id.BIGINT && typeof item === "number" ? BigInt(item) : item)),
        duck.LIST(type)
      ]
    }
    throw new Unfit(show(value), "a string, finite number, bigint, boolean, null, Date, DateTime, bytes or array of these")
  }
  const bindNumber = (value: number): readonly [Value, Type] => {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return [value, duck.DOUBLE]
    return value >= -(2 ** 31) && value < 2 ** 31 ? [value, duck.INTEGER] : [BigInt(value), duck.BIGINT]
  }
  /** The type that holds both exactly. */
  const wider = (a: Type, b: Type): Type => {
    if (a.typeId === b.typeId || b.typeId === Id.SQLNULL) return a
    if (a.typeId === Id.SQLNULL) return b
    const both = [a.typeId, b.typeId]
    if (both.every((id) => id === Id.INTEGER || id === Id.DOUBLE)) return duck.DOUBLE
    if (both.every((id) => id === Id.INTEGER || id === Id.BIGINT)) return duck.BIGINT
    throw new Unfit(`an array of ${a.toString()} and ${b.toString()}`, "an array of one kind")
  }

  const read = (value: Value, whole: Whole): unknown => {
    if (value === null) return null
    switch (typeof value) {
      case "bigint":
        return readWhole(value, whole)
      case "object":
        break
      default:
        return value
    }
    if (value instanceof duck.DuckDBDateValue) return readDate(value)
    if (value instanceof duck.DuckDBTimestampValue || value instanceof duck.DuckDBTimestampTZValue)
      return readInstant(value.micros, 1000n, 1n)
    if (value instanceof duck.DuckDBTimestampMillisecondsValue) return readInstant(value.millis, 1n, 1n)
    if (value instanceof duck.DuckDBTimestampSecondsValue) return readInstant(value.seconds, 1n, 1000n)
    if (value instanceof duck.DuckDBTimestampNanosecondsValue) return readInstant(value.nanos, 1_000_000n, 1n)
    if (value instanceof duck.DuckDBDecimalValue) return Number(value.toString())
    if (value instanceof duck.DuckDBListValue || value instanceof duck.DuckDBArrayValue) {
      return value.items.map((item) => read(item, whole))
    }
    if (value instanceof duck.DuckDBStructValue) {
      return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, read(entry, whole)]))
    }
    if (value instanceof duck.DuckDBMapValue) {
      return Object.fromEntries(value.entries.map((entry) => [String(read(entry.key, whole)), read(entry.value, whole)]))
    }
    if (value instanceof duck.DuckDBBlobValue) return value.bytes
    if (value instanceof duck.DuckDBUnionValue || value instanceof duck.DuckDBVariantValue) return read(value.value, whole)
    return value.toString() // UUID, TIME, INTERVAL, BIT: as DuckDB writes them
  }

  const writer = (type: Type): (value: unknown) => Value => {
    const write = writeOne(type)
    return (value) => {
      if (value === null) return null
      return write(value)
    }
  }
  const writeOne = (type: Type): (value: unknown) => Value => {
    const expected = type.toString()
    const unfit = (value: unknown) => new Unfit(show(value), expected)
    switch (type.typeId) {
      case Id.DOUBLE:
        return (value) => typeof value === "number" ? finite(value) : fail(unfit(value))
      case Id.BOOLEAN:
        return (value) => typeof value === "boolean" ? value : fail(unfit(value))
      case Id.VARCHAR:
        return (value) => typeof value === "string" ? text(value) : fail(unfit(value))
      case Id.TINYINT:
      case Id.SMALLINT:
      case Id.INTEGER: {
        const bits = type.typeId === Id.TINYINT ? 7 : type.typeId === Id.SMALLINT ? 15 : 31
        return (value) =>
          Number.isInteger(value) && typeof value === "number" && value >= -(2 ** bits) && value < 2 ** bits ? value : fail(unfit(value))
      }
      case Id.BIGINT:
        return (value) =>
          typeof value === "bigint" && within(value, 64n) ?
            value
            : typeof value === "number" && Number.isSafeInteger(value)
            ? BigInt(value)
            : fail(unfit(value))
      case Id.DATE:
        return (value) => typeof value === "string" ? new duck.DuckDBDateValue(dayNumber(value) ?? fail(unfit(value))) : fail(unfit(value))
      case Id.TIMESTAMP:
      case Id.TIMESTAMP_TZ: {
        const make = (micros: bigint) =>
          type.typeId === Id.TIMESTAMP ? new duck.DuckDBTimestampValue(micros) : new duck.DuckDBTimestampTZValue(micros)
        return (value) =>
          isInstant(value)
            ? make(micros(value))
            : typeof value === "string"
            ? make(instantOf(value) ?? fail(unfit(value)))
            : fail(unfit(value))
      }
      case Id.BLOB:
        return (value) => value instanceof Uint8Array ? duck.blobValue(value) : fail(unfit(value))
      case Id.LIST: {
        if (!("valueType" in type)) break
        const write = writer(type.valueType)
        return (value) => Array.isArray(value) ? duck.listValue(value.map(write)) : fail(unfit(value))
      }
    }
    throw new Unfit(`a column of ${expected}`,
      "DOUBLE, BOOLEAN, VARCHAR, INTEGER, BIGINT, DATE, TIMESTAMP, TIMESTAMPTZ, BLOB or a list of these")
  }

  return {
    bind: (params) => {
      const bound = params.map((value, index) => {
        try {
          return bindOne(value)
        } catch (cause) {
          throw cause instanceof Unfit ? new Unfit(`parameter $${index + 1} = ${cause.found}`, cause.expected) : cause
        }
      })
      return { values: bound.map(([value]) => value), types: bound.map(([, type]) => type) }
    },
    read,
    writer
  }
}

// helpers

const fail = (error: Unfit): never => {
  throw error
}

const finite = (value: number): number => Number.isFinite(value) ? value : fail(new Unfit(String(value), "a finite number, or null"))

/** DuckDB would write U+FFFD for half a surrogate pair, silently. */
const text = (value: string): string =>
  value.isWellFormed() ? value : fail(new Unfit("a string with half a surrogate pair", "well-formed text"))

const within = (value: bigint, bits: bigint) => value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)

const isInstant = (value: unknown): value is Date | DateTime.DateTime => value instanceof Date || DateTime.isDateTime(value)

const micros = (value: Date | DateTime.DateTime): bigint => {
  const millis = value instanceof Date ? value.getTime() : DateTime.toEpochMillis(value)
  return Number.isInteger(millis) ? BigInt(millis) * 1000n : fail(new Unfit("an invalid Date", "an instant"))
}

const dayPattern = /^\d{4}-\d{2}-\d{2}$/
/** Days since 1970-01-01, when it is a day that exists. */
const dayNumber = (value: string): number | undefined => {
  if (!dayPattern.test(value)) return undefined
  const millis = Date.parse(`${value}T00:00:00Z`)
  // V8 reads 2026-02-30 as 2 March
  return Number.isFinite(millis) && new Date(millis).toISOString().startsWith(value) ? millis / 86_400_000 : undefined
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/
const instantOf = (value: string): bigint | undefined => {
  if (!instantPattern.test(value) || dayNumber(value.slice(0, 10)) === undefined) return undefined
  return Option.getOrUndefined(Option.map(DateTime.make(value), micros))
}

const readWhole = (value: bigint, whole: Whole): number | bigint | string => {
  if (whole === "bigint") return value
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return whole === "text"
    ? value.toString()
    : fail(new Unfit(`${value} in the result`, "a whole number below 2^53 (or cast it to VARCHAR in SQL)"))
}

const floorDiv = (value: bigint, by: bigint) => (value - ((value % by) + by) % by) / by

const readDate = (value: { readonly days: number; readonly isFinite: boolean; toString(): string }): string => {
  if (!value.isFinite) return value.days > 0 ? "infinity" : "-infinity"
  return value.toString()
}

/** DuckDB's own marks for what has no date. */
const infinity = 9_223_372_036_854_775_807n
const readInstant = (value: bigint, aMilli: bigint, millis: bigint): string => {
  if (value === infinity || value === -infinity) return value > 0n ? "infinity" : "-infinity"
  return Option.match(DateTime.make(Number(floorDiv(value, aMilli) * millis)), {
    onNone: () =>
      fail(new Unfit("a timestamp outside the years -271821 to 275760", "one that a Date can hold (or cast it to VARCHAR in SQL)")),
    onSome: DateTime.formatIso
  })
}

const show = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return `the string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
    case "number":
    case "bigint":
      return `the number ${value}`
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object"
    default:
      return String(value) === "undefined" ? "undefined" : `a ${typeof value}`
  }
}
