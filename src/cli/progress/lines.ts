/** A run in a log: a line when an asset begins, at each tenth, when it ends, and whenever something waits or fails. */
import type { Event } from "../../engine/Progress.ts"
import { count, counted, duration, oneLine } from "../plain.ts"
import { left, type Line, type State } from "./State.ts"
import { over } from "./bars.ts"

/** What an event is worth saying, if anything. */
export const said = (before: State, after: State, event: Event, now: number): string | undefined => {
  switch (event._tag) {
    case "Waiting":
      return before.wait?.until === event.until ? undefined : `waiting ${duration(event.until - now)}: ${oneLine(event.why)}`
    case "StepStarted": {
      const line = after.lines.get(event.asset)
      if (line === undefined || before.lines.has(event.asset)) return undefined
      const { calls, slices } = line.planned
      const parts = [
        oneLine(event.window),
        ...(slices > 1 ? [`${count(slices)} parts`] : []),
        ...(calls > 0 ? [counted(calls, "call")] : [])
      ]
      return `${oneLine(event.asset)}: started (${[...parts, oneLine(event.why)].filter((_) => _ !== "").join(", ")})`
    }
    case "StepEnded": {
      const asset = before.open.get(event.id)?.asset ?? ""
      const [was, line] = [before.lines.get(asset), after.lines.get(asset)]
      if (was === undefined || line === undefined) return undefined
      const failed = failure(before, event)
      const told = line.endedAt !== undefined
        ? (isAll(failed, line) ? [] : [over(line, Infinity)])
        : tenth(was) < tenth(line)
        ? [still(after, line, now)]
        : []
      return [...(failed === undefined ? [] : [failed]), ...told].join("\n") || undefined
    }
    default:
      return undefined
  }
}

/** Whom a failure concerns, and why, if it is one. */
export const failure = (before: State, event: Event): string | undefined => {
  if (event._tag !== "StepEnded" || (event.state !== "failed" && event.state !== "blocked")) return undefined
  const { asset, subject } = before.open.get(event.id) ?? { asset: "", subject: "" }
  return `✗ ${oneLine(`${asset} ${subject}`)}: ${event.state}: ${oneLine(event.note)}`
}

/** Whether a failure has said all there is to say of an asset that is over: it was made in one piece. */
export const isAll = (failed: string | undefined, line: Line): boolean => failed !== undefined && line.planned.slices <= 1

/** Where an asset stands that nothing was said of for a while. */
export const still = (state: State, line: Line, now: number): string => {
  const millis = left(state, line, now)
  const parts = [
    line.planned.slices > 1 ? `${count(line.ended)} of ${count(line.planned.slices)}` : `still at it, ${duration(now - line.startedAt)}`,
    ...(millis === undefined ? [] : [`${duration(millis)} left`])
  ]
  return `${oneLine(line.asset)}: ${parts.join(", ")}`
}

// helpers

const tenth = (line: Line): number => Math.floor(10 * line.ended / line.planned.slices)
