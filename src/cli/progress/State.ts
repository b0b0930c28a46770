/**
 * What is known of a run while it goes on: a value that events change, and from which whatever is shown follows.
 *
 * An asset has one line, however many steps and subjects it has; it is over when all that was planned for it has ended.
 */
import type { Event } from "../../engine/Progress.ts"
import type * as Plan from "../../engine/Plan.ts"

/** Who has a line: how many slices, and how many calls to the source, are planned for it. */
export interface Planned {
  readonly slices: number
  readonly calls: number
}

export interface Line {
  readonly asset: string
  readonly planned: Planned
  readonly ended: number
  readonly failed: number
  readonly skipped: number
  readonly rows: number
  readonly startedAt: number
  /** Milliseconds that the run had been waiting when the line began. */
  readonly waitedBefore: number
  readonly endedAt: number | undefined
}

export interface State {
  readonly plan: ReadonlyMap<string, Planned>
  /** Calls to the source in any rolling minute; nothing is known if there is no limit. */
  readonly limit: number | undefined
  /** In the order in which they began. */
  readonly lines: ReadonlyMap<string, Line>
  /** Whose each open step is. */
  readonly open: ReadonlyMap<string, { readonly asset: string; readonly subject: string }>
  readonly wait: { readonly why: string; readonly until: number } | undefined
  /** Milliseconds waited, the wait under way counted to its end. */
  readonly waited: number
  readonly calls: number
  /** When the calls of the last minute ended, oldest first. */
  readonly recent: ReadonlyArray<number>
}

export const initial = (limit?: number): State => ({
  plan: new Map(),
  limit,
  lines: new Map(),
  open: new Map(),
  wait: undefined,
  waited: 0,
  calls: 0,
  recent: []
})

/** A plan is about to be run: its assets get lines of their own, and those of the plan before it are forgotten. */
export const planned = (state: State, plan: Plan.Plan<unknown, unknown>): State => {
  const lines = new Map<string, Planned>()
  for (const { asset, calls, subjects } of plan.steps) {
    const before = lines.get(asset.name) ?? { slices: 0, calls: 0 }
    lines.set(asset.name, { slices: before.slices + subjects.length, calls: before.calls + calls })
  }
  return { ...state, plan: lines, lines: new Map() }
}

export const apply = (state: State, event: Event, now: number): State => {
  switch (event._tag) {
    case "Waiting": {
      const since = Math.max(now, state.wait?.until ?? now)
      return {
        ...state,
        wait: { why: event.why, until: Math.max(event.until, state.wait?.until ?? 0) },
        waited: state.waited + Math.max(0, event.until - since)
      }
    }
    case "Call":
      return { ...state, calls: state.calls + 1, recent: [...state.recent.filter((_) => now - _ < MINUTE), now] }
    case "StepStarted": {
      const line = state.lines.get(event.asset) ?? {
        asset: event.asset,
        planned: state.plan.get(event.asset) ?? { slices: 1, calls: 0 },
        ended: 0,
        failed: 0,
        skipped: 0,
        rows: 0,
        startedAt: now,
        waitedBefore: waitedAt(state, now),
        endedAt: undefined
      }
      return {
        ...state,
        lines: new Map(state.lines).set(event.asset, line),
        open: new Map(state.open).set(event.id, { asset: event.asset, subject: event.subject })
      }
    }
    case "StepEnded": {
      const line = state.lines.get(state.open.get(event.id)?.asset ?? "")
      if (line === undefined) return state
      const open = new Map(state.open)
      open.delete(event.id)
      if (event.state === "interrupted") return { ...state, open }
      const ended = line.ended + 1
      const after: Line = {
        ...line,
        ended,
        failed: line.failed + (["failed", "blocked", "deferred"].includes(event.state) ? 1 : 0),
        skipped: line.skipped + (event.state === "skipped" ? 1 : 0),
        rows: line.rows + event.rows,
        endedAt: ended >= line.planned.slices ? now : undefined
      }
      return { ...state, open, lines: new Map(state.lines).set(line.asset, after) }
    }
    default:
      return state
  }
}

/** Milliseconds waited up to now. */
export const waitedAt = (state: State, now: number): number => state.waited - Math.max(0, (state.wait?.until ?? 0) - now)

/** Slices a minute, as it went so far; nothing before the first has ended. */
export const rate = (line: Line, now: number): number | undefined =>
  line.ended === 0 || now <= line.startedAt ? undefined : line.ended / (now - line.startedAt) * MINUTE

/** Milliseconds until the line is over: its work at the pace so far, and the waits that the rate limit will ask for. */
export const left = (state: State, line: Line, now: number): number | undefined => {
  if (line.ended === 0 || line.endedAt !== undefined) return undefined
  const slices = line.planned.slices - line.ended
  const work = active(state, line, now) / line.ended * slices
  const calls = Math.ceil(line.planned.calls / line.planned.slices * slices)
  return work + Math.max(limitWait(state, calls, now), (state.wait?.until ?? now) - now)
}

/** Milliseconds until so many more calls may have begun. */
export const limitWait = ({ limit, recent }: State, calls: number, now: number): number => {
  if (limit === undefined) return 0
  const busy = recent.filter((_) => now - _ < WINDOW)
  const beyond = calls - Math.max(0, limit - busy.length)
  if (beyond <= 0) return 0
  const last = busy[Math.min((beyond - 1) % limit, busy.length - 1)] ?? now
  return Math.max(0, last + WINDOW - now) + (Math.ceil(beyond / limit) - 1) * WINDOW
}

// helpers

const MINUTE = 60_000
/** A call counts for a minute and a second of margin. */
const WINDOW = MINUTE + 1000

const active = (state: State, line: Line, now: number): number =>
  Math.max(0, now - line.startedAt - (waitedAt(state, now) - line.waitedBefore))
