/** A run on a terminal: what is over scrolls away as one line each, and what goes on is drawn below it, again and again. */
import { count, counted, duration, oneLine, widthOf } from "../plain.ts"
import { left, type Line, rate, type State } from "./State.ts"

/** Nothing is drawn on the last column or in the last rows: terminals wrap and scroll there. */
export const bars = (state: State, now: number, columns: number, rows: number): ReadonlyArray<string> => {
  const open = [...state.lines.values()].filter((_) => _.endedAt === undefined)
  const room = Math.max(1, rows - 3)
  const shown = open.slice(0, open.length > room ? room - 1 : room)
  const width = shown.reduce((most, _) => Math.max(most, _.asset.length), 12)
  const more = open.length - shown.length
  return [
    ...shown.map((_) => bar(state, _, now, Math.min(width, 32), columns)),
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
    ...(state.wait !== undefined && state.wait.until > now
      ? [`  waiting ${duration(state.wait.until - now)}: ${oneLine(state.wait.why)}`]
      : [])
  ].map((_) => clip(_, columns))
}

/** What stays on the screen of an asset that is over. */
export const over = (line: Line, columns: number): string => {
  const took = duration((line.endedAt ?? line.startedAt) - line.startedAt)
  const made = line.ended - line.failed - line.skipped
  const many = line.planned.slices > 1
  const parts = [
    ...(made > 0 ? [`${many ? `${count(made)} made, ` : ""}${counted(line.rows, "row")}`] : []),
    ...(line.skipped > 0 ? [many ? `${count(line.skipped)} unchanged` : "unchanged"] : []),
    ...(line.failed > 0 ? [many ? `${count(line.failed)} failed` : "failed"] : []),
    took
  ]
  return clip(`${line.failed > 0 ? "✗" : "✓"} ${oneLine(line.asset)}: ${parts.join(", ")}`, columns)
}

// helpers

const bar = (state: State, line: Line, now: number, name: number, columns: number): string => {
  const { slices } = line.planned
  const title = `  ${oneLine(line.asset).padEnd(name)} `
  if (slices <= 1) return `${title}${duration(now - line.startedAt)}`
  const perMinute = rate(line, now)
  const millis = left(state, line, now)
  const told = [
    `${count(line.ended)}/${count(slices)}`,
    ...(perMinute === undefined ? [] : [`${perMinute >= 600 ? `${Math.round(perMinute / 60)}/s` : `${Math.round(perMinute)}/min`}`]),
    ...(millis === undefined ? [] : [`${duration(millis)} left`])
  ].join("  ")
  const width = Math.max(4, Math.min(24, columns - title.length - 32))
  const full = Math.floor(width * Math.min(1, line.ended / slices))
  return `${title}${"█".repeat(full)}${"░".repeat(width - full)} ${told}`
}

const clip = (text: string, columns: number): string => {
  if (widthOf(text) < columns) return text
  let cut = text.slice(0, columns)
  while (cut !== "" && widthOf(cut) > columns - 2) cut = cut.slice(0, -1)
  return `${cut}…`
}
