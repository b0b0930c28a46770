/**
 * A spec made safe to draw, or refused with the place and the reason.
 *
 * True of what comes out: it is JSON; its rows are inline, within the cap; nothing in it names something to load or to
 * link to; time is UTC and chance has no part in it, so the same spec gives the same picture everywhere; its text holds
 * no control characters, lone surrogates or direction overrides; its sizes are within bounds.
 */
import { Result } from "effect"
import type { Reason } from "../../services/Chart.ts"
import { cleanText } from "../../services/CleanText.ts"

export interface Limits {
  /** Rows in all data sets together: 50,000 points made 13 MB of SVG in 3 s, and no screen shows them. */
  readonly rows: number
  /** Pixels; also what a width or height is cut to. */
  readonly side: number
  /** Values outside the rows, and how deep they lie: far above any chart that was written by hand. */
  readonly parts: number
  readonly depth: number
}

export const limits: Limits = { rows: 20_000, side: 4_000, parts: 20_000, depth: 48 }

export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

export const safeSpec = (spec: unknown, bounds: Limits = limits): Result.Result<{ readonly [key: string]: Json }, Reason> => {
  const walk: Walk = { bounds, rows: 0, parts: 0 }
  try {
    const safe = part(walk, spec, "spec", 0)
    return isObject(safe) ? Result.succeed(safe) : Result.fail(refused("spec", "a spec is an object"))
  } catch (stop) {
    if (stop instanceof Stop) return Result.fail(stop.reason)
    throw stop
  }
}

// helpers

/** As everywhere, and without the two non-characters that XML cannot write. Nothing is cut: drawings limit their labels. */
const clean = (text: string): string => cleanText(text, Infinity).replace(/[\ufffe\uffff]/g, "")

interface Walk {
  readonly bounds: Limits
  rows: number
  parts: number
}

/** How a walk ends early; it never leaves `safeSpec`. */
class Stop extends Error {
  readonly reason: Reason
  constructor(reason: Reason) {
    super(reason._tag)
    this.reason = reason
  }
}

const refused = (at: string, problem: string): Reason => ({ _tag: "Refused", at, problem })
const refuse = (at: string, problem: string): never => {
  throw new Stop(refused(at, problem))
}
const tooLarge = (what: string, found: number, limit: number): never => {
  throw new Stop({ _tag: "TooLarge", what, found, limit })
}

const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const part = (walk: Walk, value: unknown, at: string, depth: number): Json => {
  if (++walk.parts > walk.bounds.parts) return tooLarge("parts in a spec, rows aside", walk.parts, walk.bounds.parts)
  if (depth > walk.bounds.depth) return tooLarge("levels of nesting", depth, walk.bounds.depth)
  if (Array.isArray(value)) return Array.from(value, (item, index) => part(walk, item, `${at}[${index}]`, depth + 1))
  if (typeof value === "string") return expression(clean(value), at.replace(/(\[\d+\])+$/, ""))
  if (typeof value !== "object" || value === null) return atom(value, () => at)
  plain(value, at)
  const out: Record<string, Json> = {}
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    const here = `${at}.${key}`
    out[key] = key === "data"
      ? data(walk, inner, here)
      : key === "datasets"
      ? datasets(walk, inner, here)
      : member(walk, key, inner, here, depth)
  }
  return utc(out, at)
}

const member = (walk: Walk, key: string, value: unknown, at: string, depth: number): Json => {
  if (key === "href" || key === "url") return refuse(at, `a chart has no links and loads nothing, so "${key}" is not allowed`)
  if (key === "usermeta" && isObject(value) && "embedOptions" in value)
    return refuse(at, "options of a page's embedding do not belong in a spec")
  if ((key === "mark" || key === "type") && value === "image")
    return refuse(at, "image marks are not allowed: they load what the data name")
  if (key === "sample" && typeof value === "number") return refuse(at, "a sample differs at every drawing: choose the rows in SQL")
  if (key === "formatType" && value === "time") return refuse(at, `"time" is written in local time: use utcFormat(...) in an expression`)
  if (key === "__proto__") return refuse(at, "this name is not allowed")
  if ((key === "width" || key === "height") && typeof value === "number") return clamp(value, walk.bounds.side)
  if (key === "step" && typeof value === "number" && /\.(width|height)\.step$/.test(at)) return clamp(value, 200)
  if (typeof value === "string") return expression(clean(value), at)
  return part(walk, value, at, depth + 1)
}

const clamp = (size: number, most: number) => Number.isFinite(size) ? Math.min(Math.max(Math.round(size), 1), most) : most

/** Vega's own parser keeps expressions from JavaScript; these would still make one picture differ from the next. */
const expression = (text: string, at: string): string => {
  if (!/\.(\w*[eE]xpr|filter|calculate|test|update|init|signal)(?=[.[]|$)/.test(at)) return text
  const found = /\b(now|random|sample[A-Z]\w*|screen|windowSize|timezoneoffset)\s*\(/.exec(text) ?? local.exec(text)
  return found === null
    ? text
    : refuse(at, `"${found[1]}" depends on when and where the chart is drawn: use data, and the utc… functions`)
}
const local =
  /(?<!utc)\b(datetime|timeFormat|timeParse|timeOffset|timeSequence|year|quarter|month|week|date|day|dayofyear|hours|minutes|seconds|milliseconds)\s*\(/

/** Inline rows, by value or by name; nothing that is loaded or generated. */
const data = (walk: Walk, value: unknown, at: string): Json => {
  if (value === null) return null
  if (!isObject(value)) return refuse(at, "data are { values: [rows] } or { name }")
  const allowed = new Set(["values", "name", "format"])
  const other = Object.keys(value).find((key) => !allowed.has(key))
  if (other !== undefined)
    return refuse(`${at}.${other}`, `data are inline rows: "${other}" is not allowed, nothing is loaded or generated`)
  return {
    ...(value["name"] === undefined ? {} : { name: atom(value["name"], () => `${at}.name`) }),
    ...(value["format"] === undefined ? {} : { format: part(walk, value["format"], `${at}.format`, 0) }),
    ...(value["values"] === undefined ? {} : { values: rows(walk, value["values"], `${at}.values`) })
  }
}

const datasets = (walk: Walk, value: unknown, at: string): Json => {
  if (!isObject(value)) return refuse(at, "datasets are { name: [rows] }")
  return Object.fromEntries(Object.entries(value).map(([name, values]) => [clean(name), rows(walk, values, `${at}.${name}`)]))
}

const rows = (walk: Walk, value: unknown, at: string): Json => {
  if (!Array.isArray(value)) return refuse(at, "rows are an array of objects")
  walk.rows += value.length
  if (walk.rows > walk.bounds.rows) return tooLarge("rows", walk.rows, walk.bounds.rows)
  const names = new Map<string, string>()
  const named = (key: string, index: number): string => {
    const known = names.get(key)
    if (known !== undefined) return known
    if (key === "__proto__") return refuse(`${at}[${index}]`, "a column of this name is not allowed")
    const name = clean(key)
    names.set(key, name)
    return name
  }
  return value.map((row: unknown, index) => {
    if (!isObject(row)) return atom(row, () => `${at}[${index}]`)
    const out: Record<string, Json> = {}
    // thousands of cells: most are numbers and plain text, and nothing is made for them but the row
    for (const key of Object.keys(row)) {
      const cell: unknown = row[key]
      if (cell === undefined) continue
      const name = named(key, index)
      if (typeof cell === "string") out[name] = clean(cell)
      else if (typeof cell === "number" && Number.isFinite(cell)) out[name] = cell
      else {
        const here = () => `${at}[${index}].${key}`
        out[name] = Array.isArray(cell) ? cell.map((item) => atom(item, here)) : atom(cell, here)
      }
    }
    return out
  })
}

const atom = (value: unknown, at: () => string): Json => {
  if (value === null || value === undefined) return null
  if (typeof value === "string") return clean(value)
  if (typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (typeof value !== "bigint") {
    return refuse(at(),
      `${value instanceof Date ? "a Date" : `a value of type ${typeof value}`} is not JSON: give instants as epoch milliseconds`)
  }
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : refuse(at(), `the integer ${value} has no exact place in a chart: cast it to DOUBLE`)
}

const plain = (value: object, at: string): void => {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    refuse(at, `${value.constructor.name || "a class"} is not JSON: give instants as epoch milliseconds`)
}

/** Time is UTC: a temporal position gets a UTC scale; where no scale could say so, the unit has to. */
const utc = (channel: Record<string, Json>, at: string): Json => {
  const { scale, timeUnit, type } = channel
  if (typeof timeUnit === "string" && !/^(binned)?utc/.test(timeUnit))
    return refuse(`${at}.timeUnit`, `"${timeUnit}" is local time: use "utc${timeUnit}"`)
  if (isObject(timeUnit) && typeof timeUnit["unit"] === "string" && timeUnit["utc"] !== true && !/^(binned)?utc/.test(timeUnit["unit"])) {
    return refuse(`${at}.timeUnit`, `"${timeUnit["unit"]}" is local time: add "utc": true`)
  }
  if (type === "time" && at.endsWith(".scale")) return refuse(at, `a scale of type "time" is local: use "utc"`)
  if (type !== "temporal") return channel
  const name = at.replace(/\[\d+\]$/, "").split(".").at(-1) ?? ""
  if (scaled.has(name))
    return scale === null || (isObject(scale) && scale["type"] !== undefined)
      ? channel
      : { ...channel, scale: { ...(isObject(scale) ? scale : {}), type: "utc" } }
  if (written.has(name) && timeUnit === undefined)
    return refuse(at,
      `a temporal "${name}" is written in local time: give it a utc… timeUnit, or write it with utcFormat(...) in a calculate`)
  return channel
}
const scaled = new Set([
  "x",
  "y",
  "color",
  "fill",
  "stroke",
  "opacity",
  "fillOpacity",
  "strokeOpacity",
  "size",
  "xOffset",
  "yOffset",
  "theta",
  "radius"
])
const written = new Set(["tooltip", "text", "description", "row", "column", "facet", "header"])
