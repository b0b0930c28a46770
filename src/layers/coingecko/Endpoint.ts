/**
 * An endpoint is its path, its parameters and how its answer is decoded; everything else is shared by all of them.
 *
 * Decoding keeps the rows that fit and names those that do not, so that one bad row never costs a page.
 */
import { Result, Schema } from "effect"
import { cleanText } from "../../services/CleanText.ts"
import type { Chart, Rejected, Rows } from "../../services/CoinGecko.ts"
import type { NotDaily, Point } from "../../services/dailyPoints.ts"
import { dailyPoints } from "../../services/dailyPoints.ts"
import { isObject } from "./Json.ts"

export interface Endpoint<in Asked, out Answer> {
  /** Names the endpoint in messages and the folder of its raw answers. */
  readonly name: string
  readonly path: (asked: Asked) => string
  readonly params: (asked: Asked, currency: string) => Readonly<Record<string, string>>
  /** Pure: the answer, or what is wrong with it. */
  readonly decode: (body: unknown, now: number) => Result.Result<Decoded<Answer>, NotDaily | string>
  /** The earliest instant asked for, epoch milliseconds, where the answer is history. */
  readonly earliest?: (asked: Asked, now: number) => number
  /** The most bytes an answer may have, unpacked; 8 MiB unless told. */
  readonly maxBytes?: number
}

export interface Decoded<Answer> {
  readonly value: Answer
  readonly rejected: ReadonlyArray<Rejected>
  /** Keys that the schema does not know. */
  readonly unknown: ReadonlyArray<string>
}

/** Ties the two types of an endpoint together. */
export const make = <Asked, Answer>(endpoint: Endpoint<Asked, Answer>): Endpoint<Asked, Answer> => endpoint

/** An object that is wholly right or not an answer. */
export const one = <Fields extends Schema.Struct.Fields>(schema: Schema.Struct<Fields> & Schema.Decoder<Schema.Struct<Fields>["Type"]>) => {
  const decode = Schema.decodeUnknownResult(schema, strict)
  return (body: unknown): Result.Result<Decoded<Schema.Struct<Fields>["Type"]>, string> =>
    decode(body).pipe(
      Result.map((value) => ({ value, rejected: [], unknown: unknownKeys(schema.fields, body) })),
      Result.mapError((error) => tidy(error.message))
    )
}

/** An array of rows, each right or named. */
export const rows = <Fields extends Schema.Struct.Fields>(
  schema: Schema.Struct<Fields> & Schema.Decoder<Schema.Struct<Fields>["Type"]>
) => {
  const decode = Schema.decodeUnknownResult(schema, strict)
  return (body: unknown): Result.Result<Decoded<Rows<Schema.Struct<Fields>["Type"]>>, string> => {
    if (!Array.isArray(body)) return Result.fail("not an array of rows")
    const values: ReadonlyArray<unknown> = body
    const { good, rejected } = sift(values, decode,
      (row, index) => (isObject(row) && typeof row["id"] === "string" ? row["id"] : `row ${index}`))
    return Result.succeed({ value: { rows: good, rejected }, rejected, unknown: unknownKeys(schema.fields, values[0]) })
  }
}

/** Three series of `[time, figure]` as one chart: sorted, the last sent of those with one time, and what is daily in it. */
export const chart = (body: unknown, now: number): Result.Result<Decoded<Chart>, NotDaily | string> => {
  if (!isObject(body)) return Result.fail("not an object")
  const points = new Map<number, Point>()
  const rejected: Array<Rejected> = []
  for (const [key, name] of series) {
    const values = body[key]
    if (!Array.isArray(values)) return Result.fail(`${key} is not an array`)
    const sifted = sift(values, decodePair, (_, index) => `${key}[${index}]`)
    rejected.push(...sifted.rejected)
    for (const [time, figure] of sifted.good) points.set(time, { ...(points.get(time) ?? noPoint), time, [name]: figure })
  }
  const sorted = Array.from(points.values()).toSorted((a, b) => a.time - b.time)
  return Result.map(dailyPoints(sorted, now), (days) => ({
    value: { points: sorted, days, rejected },
    rejected,
    unknown: Object.keys(body).filter((key) => !series.some(([known]) => known === key))
  }))
}

// helpers

const strict = { errors: "first", reportInput: true } as const

const series = [["prices", "price"], ["market_caps", "marketCap"], ["total_volumes", "totalVolume"]] as const

/** Year 2001 to 2100: seconds taken for milliseconds, or the other way round, are not let in. */
const Time = Schema.Int.check(Schema.isBetween({ minimum: 978_307_200_000, maximum: 4_102_444_800_000 }))

const decodePair = Schema.decodeUnknownResult(Schema.Tuple([Time, Schema.NullOr(Schema.Finite)]), strict)

const noPoint = { price: null, marketCap: null, totalVolume: null }

const sift = <A>(
  values: ReadonlyArray<unknown>,
  decode: (value: unknown) => Result.Result<A, Schema.SchemaError>,
  name: (value: unknown, index: number) => string
) => {
  const good: Array<A> = []
  const rejected: Array<Rejected> = []
  values.forEach((value, index) => {
    const decoded = decode(value)
    if (Result.isSuccess(decoded)) good.push(decoded.success)
    else rejected.push({ row: cleanText(name(value, index), 100), reason: tidy(decoded.failure.message) })
  })
  return { good, rejected }
}

const tidy = (message: string) => cleanText(message, 300)

const unknownKeys = (fields: Schema.Struct.Fields, value: unknown) =>
  isObject(value) ? Object.keys(value).filter((key) => !Object.hasOwn(fields, key)) : []
