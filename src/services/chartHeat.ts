/**
 * Figures as coloured cells, in seven steps around nothing: below, about and above it. The steps are fixed, so that two
 * charts of one kind can be compared, and words in a cell stand out from every step, on light paper and on dark.
 */
import { diverging, ink } from "./chartTheme.ts"

export interface Heat {
  readonly field: string
  /** Three steps above 0, the same below: six borders, seven colours. */
  readonly steps: readonly [number, number, number]
  /** How a border is written in the legend: a d3 format. */
  readonly format: string
  readonly title: string
}

/** How long names beside a heatmap may be: less on a phone. */
export const labelLimit = { expr: "width < 480 ? 96 : 160" } as const

export const heat = ({ field, format, steps, title }: Heat) => ({
  field,
  type: "quantitative",
  scale: { type: "threshold", domain: [...steps.toReversed().map((_) => -_), ...steps], range: diverging.map((_) => _.light) },
  legend: { format, title, orient: "bottom", titleOrient: "top", labelFontSize: 10 }
} as const)

/** The colour of words in a cell. */
export const onHeat = ({ field, steps: [, far] }: Pick<Heat, "field" | "steps">) => ({
  condition: { test: `isValid(datum['${field}']) && abs(datum['${field}']) >= ${far}`, value: ink.paper.light },
  value: ink.text.light
} as const)
