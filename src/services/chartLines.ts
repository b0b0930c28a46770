/**
 * Figures over time as lines: one a series, a hole where a day has no value, and, in pages, a rule under the pointer
 * that says every series' value there.
 *
 * Rows are in order and hold `time` (epoch milliseconds), the figure, the series' `key`, its name, and `stretch`,
 * which changes where days are missing: so a gap is a gap and is never bridged.
 */
import type { Layer, View } from "./Chart.ts"
import { signed, tidyNumber, timeAxis, timeScale } from "./chartFrame.ts"
import { ink } from "./chartTheme.ts"

export interface Line {
  /** The value of `series` in its rows: made here, so that no name from elsewhere is ever part of an expression. */
  readonly key: string
  readonly name: string
  readonly colour: string
}

export interface Lines {
  readonly series: ReadonlyArray<Line>
  /** The column of the figure. */
  readonly field: string
  readonly scale?: Scale
  readonly axis: object
  /** How a figure is written: an expression of one. */
  readonly say?: (of: string) => string
  readonly labels?: boolean
  /** Its time is what the brush of this name chose, or all of it. */
  readonly brush?: string
}

interface Scale {
  readonly type?: "linear" | "log"
  readonly zero?: boolean
  readonly nice?: boolean
  readonly domain?: [number, number]
}

/** What a view is called that only a pointer can use: pages have it, pictures do not. */
export const pageOnly = "page_"

/** The x of every chart of days. */
export const dayX = ({ brush, title }: { readonly title?: string; readonly brush?: string | undefined } = {}) => ({
  field: "time",
  type: "temporal",
  scale: brush === undefined ? timeScale : { ...timeScale, domain: { param: brush, encoding: "x" } },
  axis: timeAxis(title)
} as const)

export type DayX = Omit<ReturnType<typeof dayX>, "axis" | "scale"> & { readonly axis: object; readonly scale: object }

/** In pages: a strip of the whole, to choose a range of it; what follows the brush takes its name. */
export const brush = ({ field, width }: { readonly field: string; readonly width: number }): View => ({
  name: `${pageOnly}overview`,
  width,
  height: 44,
  params: [{ name: ranged, select: { type: "interval", encodings: ["x"] } }],
  mark: { type: "area", color: ink.grid.light, line: { color: ink.line.light, strokeWidth: 1 } },
  encoding: {
    x: dayX({ title: "Drag to choose a range, double-click for all of it" }),
    y: { field, type: "quantitative", stack: null, scale: { zero: false }, axis: null },
    detail: { field: "stretch", type: "nominal" }
  }
})

/** The brush's name. */
export const ranged = `${pageOnly}range`

/** Rows go in as they are: numbers are numbers, instants epoch milliseconds, and nothing is parsed. */
export const data = <A extends object>(values: ReadonlyArray<A>) => ({ values: [...values], format: { parse: null } })

/** The lines, as the first layer of a view. */
export const lines = ({ axis, brush, field, labels = true, scale = {}, series }: Lines): Layer => ({
  mark: { type: "line", clip: brush !== undefined },
  encoding: {
    x: dayX({ brush }),
    y: { field, type: "quantitative", scale: { nice: false, ...(scale.type === "log" ? {} : { zero: false }), ...scale }, axis },
    color: colour(series, labels),
    detail: { field: "stretch", type: "nominal" }
  }
})

/** A colour channel over the series' names: each has its own colour, in every chart. */
export const colour = (series: ReadonlyArray<Line>, labels = true) => ({
  field: "coin",
  type: "nominal",
  scale: { domain: series.map((_) => _.name), range: series.map((_) => _.colour) },
  legend: labels && series.length > 1 ? { columns: { expr: "max(1, floor(width / 190))" }, labelLimit: 165, orient: "bottom" } : null
} as const)

/** In pages: a rule at the day under the pointer, and what each series is then. */
export const hover = ({ brush, field, say = tidyNumber, series }: Pick<Lines, "brush" | "field" | "say" | "series">): Layer => ({
  name: `${pageOnly}hover`,
  params: [
    { name: `${pageOnly}at`, select: { type: "point", fields: ["time"], nearest: true, on: "pointerover", clear: "pointerout" } }
  ],
  transform: [
    { pivot: "series", value: field, groupby: ["time", "day"] },
    ...series.map(({ key }) => ({ calculate: say(`datum['${key}']`), as: `${key}_said` }))
  ],
  mark: { type: "rule", color: ink.line.light, strokeWidth: 1, clip: brush !== undefined },
  encoding: {
    x: dayX({ brush }),
    opacity: { condition: { param: `${pageOnly}at`, empty: false, value: 0.9 }, value: 0 },
    tooltip: [
      { field: "day", type: "nominal", title: "Day (00:00 UTC)" },
      ...series.map(({ key, name }) => ({ field: `${key}_said`, type: "nominal", title: name } as const))
    ]
  }
})

/** In pages: a rule at the day under the pointer, and what its row says. */
export const hoverRow = (
  { brush, fields, name = "hover", x = dayX({ brush }) }: {
    readonly fields: ReadonlyArray<{ readonly field: string; readonly title: string; readonly say?: (of: string) => string }>
    readonly brush?: string
    /** Its own in a chart of several views. */
    readonly name?: string
    readonly x?: DayX
  }
): Layer => ({
  name: `${pageOnly}${name}`,
  params: [
    { name: `${pageOnly}at_${name}`, select: { type: "point", fields: ["time"], nearest: true, on: "pointerover", clear: "pointerout" } }
  ],
  transform: fields.map(({ field, say = tidyNumber }) => ({ calculate: say(`datum['${field}']`), as: `${field}_said` })),
  mark: { type: "rule", color: ink.line.light, strokeWidth: 1, clip: brush !== undefined },
  encoding: {
    x,
    opacity: { condition: { param: `${pageOnly}at_${name}`, empty: false, value: 0.9 }, value: 0 },
    tooltip: [
      { field: "day", type: "nominal", title: "Day (00:00 UTC)" },
      ...fields.map(({ field, title }) => ({ field: `${field}_said`, type: "nominal", title } as const))
    ]
  }
})

/** A share as people write it: `+12.3 %`. */
export const shareSaid = (of: string): string => `!isValid(${of}) ? '' : (${signed(`(${of}) * 100`, "+,.2f", 0.005)}) + ' %'`

/** A size that is a share: `12.3 %`. */
export const shareOf = (of: string): string => `!isValid(${of}) ? '' : format((${of}) * 100, ',.1f') + ' %'`

/** One strip a series that has points, one below the other over the same time: what would hide each other in one view. */
export const strips = (
  { height = 64, layer, points, series, width }: {
    readonly points: ReadonlyArray<{ readonly series: string; readonly time: number }>
    readonly series: ReadonlyArray<Line>
    readonly width: number
    readonly height?: number
    /** The strip's layers; it holds its series' rows only. */
    readonly layer: (line: Line, dayX: DayX) => Array<Layer>
  }
): Array<View> => {
  const drawn = new Set(points.map((_) => _.series))
  const shown = series.filter((_) => drawn.has(_.key))
  const times = points.map((_) => _.time)
  // one time for all: a coin that began late begins where it began
  const scale = { ...timeScale, domain: { expr: `[${Math.min(...times)}, ${Math.max(...times)}]` } }
  return shown.map((line, at) => ({
    title: { text: line.name, fontSize: 12, fontWeight: 600, offset: 4, anchor: "start", frame: "group" },
    width,
    height,
    transform: [{ filter: { field: "series", equal: line.key } }],
    layer: layer(line, {
      ...dayX(),
      scale,
      axis: at === shown.length - 1 ? timeAxis() : { ...timeAxis(), title: null, labels: false, ticks: false }
    })
  }))
}

/** A level of the figure that has a meaning, as a quiet rule with its words. */
export const level = (field: string, at: number, says: string): ReadonlyArray<Layer> => [
  {
    data: { values: [{ [field]: at }] },
    mark: { type: "rule", color: ink.line.light, strokeDash: [4, 4], strokeWidth: 1 },
    encoding: { y: { field, type: "quantitative" } }
  },
  {
    data: { values: [{ [field]: at, says }] },
    mark: { type: "text", align: "left", baseline: "bottom", dx: 2, dy: -2, color: ink.muted.light },
    encoding: { x: { value: 0 }, y: { field, type: "quantitative" }, text: { field: "says", type: "nominal" } }
  }
]
