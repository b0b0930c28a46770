/**
 * An endpoint is its path, its parameters and how its answer is decoded; everything else is shared by all of them.
 *
 * Decoding keeps the rows that fit, names those that do not, so that one bad row never costs a page, and tells every field that
 * is not as it was.
 */
import { Result, Schema } from "effect"
import { SchemaJITCompiler } from "effect/schema"
import { cleanText } from "../../services/CleanText.ts"
import type { Candle, Chart, Rejected, Rows, Trending, TrendingCoin } from "../../services/CoinGecko.ts"
import { TrendingItem } from "../../services/CoinGecko.ts"
import type { NotDaily, Point } from "../../services/dailyPoints.ts"
import { dailyPoints } from "../../services/dailyPoints.ts"
import type { Drift, EndpointName, Policy } from "../../services/Drift.ts"
import * as Shape from "./Drift.ts"
import { isObject } from "./Json.ts"

export interface Endpoint<in Asked, out Answer> {
  /** Names the endpoint in messages and the folder of its raw answers. */
  readonly name: EndpointName
  readonly path: (asked: Asked) => string
  readonly params: (asked: Asked, currency: string) => Readonly<Record<string, string>>
  /** What is done about an answer of another shape. */
  readonly policy: Policy
  /** Fields that come only when asked for, and were. */
  readonly expects?: (asked: Asked) => ReadonlyArray<string>
  /** Pure: the answer, or what is wrong with it. */
  readonly decode: Decode<Answer>
  /** The earliest instant asked for, epoch milliseconds, where the answer is history. */
  readonly earliest?: (asked: Asked, now: number) => number
  /** The most bytes an answer may have, unpacked; 8 MiB unless told. */
  readonly maxBytes?: number
}

export type Decode<Answer> = (body: unknown, now: number, options: Shape.Options) => Decoded<Answer>

export interface Decoded<out Answer> {
  readonly value: Result.Result<Answer, NotDaily | string>
  readonly rejected: ReadonlyArray<Rejected>
  readonly drifts: ReadonlyArray<Omit<Drift, "endpoint">>
}

/** Ties the two types of an endpoint together. */
export const make = <Asked, Answer>(endpoint: Endpoint<Asked, Answer>): Endpoint<Asked, Answer> => endpoint

/** An object that is right, or not an answer. */
export const one = <A>(schema: Schema.Decoder<A>): Decode<A> => {
  const read = Shape.reader(schema)
  return (body, _, options) => {
    const { differences, value } = read(body, options)
    return { value, rejected: [], drifts: differences.map((_) => ({ ..._, rows: 1 })) }
  }
}

/** An array of rows, each right or named; if none is, there is no answer. */
export const rows = <A>(schema: Schema.Decoder<A>): Decode<Rows<A>> => {
  const read = Shape.reader(schema)
  return (body, _, options) => {
    if (!Array.isArray(body)) return notRows
    const values: ReadonlyArray<unknown> = body
    return sifted(values, (value) => read(value, options), nameOf)
  }
}

/** Three series of `[time, figure]` as one chart: sorted, the last sent of those with one time, and what is daily in it. */
export const chart: Decode<Chart> = (body, now) => {
  if (!isObject(body)) return { value: Result.fail("not an object"), rejected: [], drifts: [] }
  const points = new Map<number, { -readonly [K in keyof Point]: Point[K] }>()
  const rejected: Array<Rejected> = []
  const drifts: Array<Omit<Drift, "endpoint">> = Object.keys(body).filter((key) => !series.some(([known]) => known === key)).map((key) => ({
    field: cleanText(key, 100),
    change: "new",
    expected: "nothing",
    came: Shape.kindOf(body[key]),
    rows: 1
  }))
  for (const [key, name] of series) {
    const values = body[key]
    if (!Array.isArray(values)) {
      const change = Object.hasOwn(body, key) ? "retyped" : "missing"
      drifts.push({ field: key, change, expected: "a list", came: Shape.kindOf(values), rows: 1 })
      return { value: Result.fail(`${key} is not an array`), rejected: [], drifts }
    }
    const pairs: ReadonlyArray<unknown> = values
    pairs.forEach((pair, index) => {
      const decoded = decodePair(pair)
      if (Result.isFailure(decoded)) {
        rejected.push({ row: `${key}[${index}]`, reason: Shape.tidy(decoded.failure.message) })
        return
      }
      const [time, figure] = decoded.success
      const point = points.get(time)
      if (point === undefined) points.set(time, { ...noPoint, time, [name]: figure })
      else point[name] = figure
    })
  }
  if (rejected.length > 0)
    drifts.push({ field: "(a point)", change: "retyped", expected: "[time, figure]", came: "something else", rows: rejected.length })
  if (rejected.length > 0 && points.size === 0) {
    return { value: Result.fail(`no point of the chart fits: ${rejected[0]?.reason ?? ""}`), rejected, drifts }
  }
  const sorted = Array.from(points.values()).toSorted((a, b) => a.time - b.time)
  const value = Result.map(dailyPoints(sorted, now), (days) => ({ points: sorted, days, rejected }))
  return { value, rejected, drifts }
}

/** Rows of `[time, open, high, low, close]`. */
export const candles: Decode<Rows<Candle>> = (body) => {
  if (!Array.isArray(body)) return notRows
  const values: ReadonlyArray<unknown> = body
  return sifted<Candle>(values, (value) => {
    const differences: Array<Shape.Difference> = []
    const more = Array.isArray(value) && value.length > 5
    if (more) differences.push({ field: "[5]", change: "new", expected: "nothing", came: Shape.kindOf(value[5]) })
    const decoded = decodeCandle(more ? value.slice(0, 5) : value)
    if (Result.isFailure(decoded)) {
      differences.push({ field: "(a candle)", change: "retyped", expected: "[time, open, high, low, close]", came: Shape.kindOf(value) })
      return { value: Result.fail(Shape.tidy(decoded.failure.message)), differences }
    }
    const [closes, open, high, low, close] = decoded.success
    if (low > Math.min(open, close) || high < Math.max(open, close)) {
      return { value: Result.fail(`high ${high} and low ${low} do not bound open ${open} and close ${close}`), differences }
    }
    return { value: Result.succeed({ closes, open, high, low, close }), differences }
  }, (_, index) => `candle ${index}`)
}

/** The coins of a trending answer, each out of its wrapper; its other lists are not read. */
export const trending: Decode<Trending> = (body, now, options) => {
  if (!isObject(body)) return { value: Result.fail("not an object"), rejected: [], drifts: [] }
  const { drifts, rejected, value } = rows(TrendingItem)(body["coins"], now, options)
  const others = Object.keys(body).filter((key) => !["coins", "nfts", "categories", "exchanges"].includes(key))
  return {
    value: Result.map(value, ({ rejected, rows }): Trending => ({ coins: rows.map(({ item }): TrendingCoin => item), rejected })),
    rejected,
    drifts: [
      ...drifts,
      ...others.map((key) => ({
        field: cleanText(key, 100),
        change: "new" as const,
        expected: "nothing",
        came: Shape.kindOf(body[key]),
        rows: 1
      }))
    ]
  }
}

/** Another value of what was decoded. */
export const map = <A, B>(decode: Decode<A>, f: (value: A) => B): Decode<B> => (body, now, options) => {
  const decoded = decode(body, now, options)
  return { ...decoded, value: Result.map(decoded.value, f) }
}

/** An answer without a row is none. */
export const some = <A>(decode: Decode<Rows<A>>, otherwise: string): Decode<Rows<A>> => (body, now, options) => {
  const decoded = decode(body, now, options)
  return { ...decoded, value: Result.flatMap(decoded.value, (_) => _.rows.length === 0 ? Result.fail(otherwise) : Result.succeed(_)) }
}

// helpers

const strict = { errors: "first", reportInput: true } as const

const series = [["prices", "price"], ["market_caps", "marketCap"], ["total_volumes", "totalVolume"]] as const

/** Year 2001 to 2100: seconds taken for milliseconds, or the other way round, are not let in. */
const Time = Schema.Int.check(Schema.isBetween({ minimum: 978_307_200_000, maximum: 4_102_444_800_000 }))

/** Compiled: twelve years of a coin are thirteen thousand of them. */
const Pair = Schema.Tuple([Time, Schema.NullOr(Schema.Finite)])
SchemaJITCompiler.enable(Pair.ast)
const decodePair = Schema.decodeUnknownResult(Pair, strict)

const decodeCandle = Schema.decodeUnknownResult(
  Schema.Tuple([Time, Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite]),
  strict
)

const noPoint = { price: null, marketCap: null, totalVolume: null }

const notRows: Decoded<never> = { value: Result.fail("not an array of rows"), rejected: [], drifts: [] }

const nameOf = (row: unknown, index: number): string => (isObject(row) && typeof row["id"] === "string" ? row["id"] : `row ${index}`)

/** The rows that can be read, and beside them what came of the others; equal differences are counted together. */
const sifted = <A>(
  values: ReadonlyArray<unknown>,
  read: (value: unknown) => Shape.Read<A>,
  name: (value: unknown, index: number) => string
): Decoded<Rows<A>> => {
  const good: Array<A> = []
  const rejected: Array<Rejected> = []
  const drifts = new Map<string, Omit<Drift, "endpoint">>()
  values.forEach((value, index) => {
    const { differences, value: decoded } = read(value)
    for (const difference of differences) {
      const key = `${difference.change} ${difference.field} ${difference.came}`
      drifts.set(key, { ...difference, rows: (drifts.get(key)?.rows ?? 0) + 1 })
    }
    if (Result.isSuccess(decoded)) good.push(decoded.success)
    else rejected.push({ row: cleanText(name(value, index), 100), reason: decoded.failure })
  })
  const [first] = rejected
  const value: Decoded<Rows<A>>["value"] = first !== undefined && good.length === 0
    ? Result.fail(`none of the ${values.length} rows fits; ${first.row}: ${first.reason}`)
    : Result.succeed({ rows: good, rejected })
  return { value, rejected, drifts: [...drifts.values()] }
}
