/**
 * One look for every chart, as data: a Vega-Lite config and the few neutral colours in it.
 *
 * A drawn file stands on light paper. Where a page is dark the same drawing is re-inked by style rules that map each
 * colour here, and each of the palette, to its dark twin: nothing is drawn twice.
 */
import type { Config } from "vega-lite"

/** Light and dark of each neutral that a chart uses; specs use these and the palette, so that re-inking finds them. */
export const ink = {
  paper: { light: "#ffffff", dark: "#14171c" },
  text: { light: "#1b1f24", dark: "#e6e9ee" },
  muted: { light: "#57606b", dark: "#a4adb8" },
  line: { light: "#8b949e", dark: "#6b7480" },
  grid: { light: "#e7eaee", dark: "#2a3038" },
  gain: { light: "#00795c", dark: "#2ec4a0" },
  loss: { light: "#c0392b", dark: "#ff8a70" }
} as const

/**
 * From far below to far above, through a middle that is nearly paper: orange to teal, told apart without red or green
 * cones, and darker (on dark paper brighter) the farther from the middle.
 */
export const diverging = [
  { light: "#8a3a0c", dark: "#ffb784" },
  { light: "#cc6a2c", dark: "#d67c40" },
  { light: "#efb68f", dark: "#74452a" },
  { light: "#eff1f3", dark: "#262c35" },
  { light: "#9dcac4", dark: "#27514f" },
  { light: "#3d9085", dark: "#3f9f93" },
  { light: "#0a5850", dark: "#92e4d8" }
] as const

/** The first is what PNGs are set in; the others stand in where a page is read without it. */
export const font = "Inter, system-ui, -apple-system, Segoe UI, Roboto, sans-serif"

export const theme = {
  font,
  background: ink.paper.light,
  padding: { left: 16, right: 20, top: 16, bottom: 16 },
  view: { stroke: null },
  // a day without a value is a hole in the line, never a bridge over it, and still takes its place on the axis
  mark: { invalid: "break-paths-show-domains", tooltip: null, aria: false, color: "#1d4488" },
  line: { strokeWidth: 1.75, strokeCap: "round", strokeJoin: "round" },
  bar: { cornerRadiusEnd: 2 },
  rule: { color: ink.line.light },
  text: { color: ink.text.light, fontSize: 11 },
  axis: {
    domainColor: ink.line.light,
    gridColor: ink.grid.light,
    tickColor: ink.line.light,
    labelColor: ink.muted.light,
    titleColor: ink.muted.light,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    titlePadding: 10,
    labelPadding: 4,
    labelLimit: 160,
    labelOverlap: true
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false },
  axisYQuantitative: { titleAngle: 0, titleAlign: "left", titleAnchor: "start", titleX: 0, titleY: -10, titleBaseline: "bottom" },
  legend: {
    labelColor: ink.text.light,
    titleColor: ink.muted.light,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal",
    orient: "bottom",
    direction: "horizontal",
    columns: { expr: "max(1, floor(width / 130))" },
    labelLimit: 110,
    symbolSize: 90,
    // long enough for the words of a heatmap's six borders; more would squeeze the heatmap on a phone
    gradientLength: 240,
    gradientThickness: 12,
    title: null
  },
  title: {
    anchor: "start",
    frame: "bounds",
    color: ink.text.light,
    fontSize: 17,
    fontWeight: 600,
    subtitleColor: ink.muted.light,
    subtitleFontSize: 12,
    subtitleLineHeight: 17,
    subtitlePadding: 6,
    offset: 18
  },
  header: { labelColor: ink.text.light, titleColor: ink.muted.light }
} as const satisfies Config
