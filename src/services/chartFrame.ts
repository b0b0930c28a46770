/**
 * What every chart has around its marks: a title that says what is shown, what it covers, who provided it, and words
 * for those who cannot see it; numbers people can read, and time in UTC.
 *
 * A frame is a spec's outer part, to be spread into it: `{ ...frame({ … }), data, mark, encoding }`.
 */
import type { Config } from "vega-lite"
import { brokenLines } from "./brokenLines.ts"
import { theme } from "./chartTheme.ts"

export interface Frame {
  /** Says what is shown: "Bitcoin's price, last 365 days". */
  readonly title: string
  /** Coverage and "as of", with the time zone: "2025-11-24 to 2026-11-23 · as of 2026-11-23 00:00 UTC". */
  readonly subtitle: string
  /** For those who cannot see the picture: what it is, and what stands out. */
  readonly description: string
  /** Who the data are from: see `attribution`. */
  readonly attribution: string
  readonly width?: number
  readonly height?: number | { readonly step: number }
}

/** The outer part of a chart of several views: each of them has its own size. */
export interface Outer {
  readonly $schema: "https://vega.github.io/schema/vega-lite/v6.json"
  readonly title: { readonly text: string; readonly subtitle: Array<string> }
  readonly description: string
  readonly usermeta: { readonly attribution: string }
  readonly config: Config
}

export interface Framed extends Outer {
  readonly width: number
  readonly height: number | { readonly step: number }
}

export const outer = (of: Frame): Outer => ({
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  title: { text: of.title, subtitle: [...brokenLines(of.subtitle, letters), of.attribution] },
  description: of.description,
  usermeta: { attribution: of.attribution },
  config: theme
})

export const frame = (of: Frame): Framed => ({ ...outer(of), width: of.width ?? 760, height: of.height ?? 380 })

/** Live data carry CoinGecko's attribution; a synthetic market says so wherever it shows. */
export const attribution = (
  from: { readonly source: "live" | "sandbox" | "custom"; readonly sandboxSeed: string; readonly baseUrl: string }
): string => {
  switch (from.source) {
    case "live":
      return coinGecko
    case "sandbox":
      return `SYNTHETIC data (sandbox seed ${from.sandboxSeed}): not a real market`
    case "custom":
      return `Data in CoinGecko's format from ${hostOf(from.baseUrl)}`
  }
}

export const coinGecko = "Data provided by CoinGecko"

/**
 * A Vega expression that writes the number `of` for people, from 1e-12 to 1e13: `67,200`, `1.25M`, `3.4T`, `0.000012`, `1.2e-9`.
 * Six digits, so that neighbouring ticks stay apart.
 */
export const tidyNumber = (of: string): string =>
  `!isValid(${of}) ? '' : abs(${of}) >= 1e12 ? format((${of}) / 1e12, ',.6~r') + 'T'` +
  ` : abs(${of}) >= 1e9 ? format((${of}) / 1e9, ',.6~r') + 'B'` +
  ` : abs(${of}) >= 1e6 ? format((${of}) / 1e6, ',.6~r') + 'M'` +
  ` : abs(${of}) >= 1e-6 || (${of}) === 0 ? format(${of}, ',.6~r')` +
  ` : format(${of}, '.4~e')`

/** An axis of numbers, with its unit: `numberAxis("Price (USD)")`. */
export const numberAxis = (title: string) => ({ title, labelExpr: tidyNumber("datum.value"), tickCount: 6 })

/** A log axis from `low` to `high` (the data's, above zero): as many round ticks as can be read, also within one power of ten. */
export const logAxis = (title: string, low: number, high: number) => ({
  title,
  labelExpr: tidyNumber("datum.value"),
  values: logTicks(low, high)
})

export const logTicks = (low: number, high: number): Array<number> => {
  if (!(low > 0 && high >= low && Number.isFinite(high))) return []
  const from = Math.floor(Math.log10(low))
  const to = Math.ceil(Math.log10(high))
  const ticksOf = (steps: ReadonlyArray<number>, every: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index)
      .filter((power) => power % every === 0)
      // written as a decimal, so that 3e-7 is 3e-7 and not a sum of rounding
      .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
      .filter((tick) => tick >= low && tick <= high)
  const choices = [
    ticksOf([1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9], 1),
    ticksOf([1, 1.5, 2, 3, 5, 7], 1),
    ticksOf([1, 2, 5], 1),
    ...[1, 2, 3, 4, 6].map((every) => ticksOf([1], every))
  ]
  const found = choices.find((ticks) => ticks.length <= 9) ?? []
  // within a narrow range a log scale is nearly an even one
  return found.length < 3 ? evenTicks(low, high) : found
}

/** Round numbers from `low` to `high`, in steps of 1, 2 or 5. */
export const evenTicks = (low: number, high: number): Array<number> => {
  if (high === low) return [low]
  const power = 10 ** Math.floor(Math.log10((high - low) / 9))
  const choices = [1, 2, 5, 10].map((_) => {
    const from = Math.ceil(low / (_ * power))
    return Array.from({ length: Math.floor(high / (_ * power)) - from + 1 },
      (_step, at) => Number(((from + at) * _ * power).toPrecision(12)))
  })
  return choices.find((ticks) => ticks.length <= 9) ?? []
}

/** An axis of changes given as fractions: 0.05 is "+5%". */
export const shareAxis = (title: string) => ({ title, labelExpr: signed("datum.value", "+,.4~%", 0), tickCount: 6 })

/** An axis of sizes given as fractions, which have no sign: 0.05 is "5%". */
export const sizeAxis = (title: string) => ({ title, labelExpr: "format(datum.value, ',.4~%')", tickCount: 6 })

/** A Vega expression that writes a change with its sign; up to `nothing`, where it rounds to nothing, it is neither up nor down. */
export const signed = (of: string, format: string, nothing: number): string =>
  `abs(${of}) <= ${nothing} ? '${format.includes("%") ? "0%" : "0"}' : format(${of}, '${format}')`

/** An axis of time, in UTC: months by name, the year where it begins and at the left end, days and hours when it is short. */
export const timeAxis = (title = "Day (UTC)") => ({
  title,
  tickCount: { expr: "max(2, floor(width / 70))" },
  labelExpr: "utchours(datum.value) || utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M')" +
    " : [utcFormat(datum.value, utcdate(datum.value) === 1 ? '%b' : '%-d %b')," +
    " datum.index === 0 || (utcmonth(datum.value) === 0 && utcdate(datum.value) === 1) ? utcFormat(datum.value, '%Y') : '']"
})

/** A scale of time in UTC; charts refuse local time. */
export const timeScale = { type: "utc" } as const

// helpers

/** So many letters stand in a picture's width. */
const letters = 118

const hostOf = (url: string): string => URL.parse(url)?.host ?? "a server of your own"
