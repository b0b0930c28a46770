/**
 * An edge says which window of an upstream asset is read to make a window of another, and, the other way round, what
 * is touched when the upstream changes. Both are monotone in time, so one span answers for all its keys.
 */
import { DateTime } from "effect"
import type * as Partition from "./Partition.ts"
import { whole, Window } from "./Partition.ts"
import type { Span } from "./Span.ts"

export interface Edge {
  /** What is read to make `window`; `now` is epoch milliseconds. */
  readonly reads: (window: Window, now: number) => Window
  /** What must be there first: as much of what is read as lies within the horizon that `due` spans. */
  readonly wants: (window: Window, due: Window, now: number) => Window
  /** The keys, by ordinal, that read any of the upstream's keys in `upstream`. */
  readonly touches: (upstream: Window) => Span
  /** What is wrong with its definition. */
  readonly problem?: string
}

/** The same keys. */
export const same: Edge = { reads: (_) => _, wants: (_) => _, touches: (_) => _ }

/** `count - 1` keys more than are made: what a window function looks back on. */
export const trailing = (count: number): Edge => {
  const reads = (window: Window) => new Window(window.calendar, window.from - (count - 1), window.to)
  return { reads, wants: reads, touches: ({ from, to }) => ({ from, to: to + count - 1 }) }
}

/** The keys so many further on: −1 is the previous. */
export const offset = (by: number): Edge => {
  const reads = (window: Window) => new Window(window.calendar, window.from + by, window.to + by)
  return { reads, wants: reads, touches: ({ from, to }) => ({ from: from - by, to: to - by }) }
}

/** Every key up to the last one made: what a running total looks back on. */
export const upTo: Edge = {
  reads: (window) => new Window(window.calendar, earliest(window.calendar), window.to),
  wants: (window, due) => new Window(window.calendar, Math.min(window.from, due.from), window.to),
  touches: ({ from }) => ({ from, to: Infinity })
}

/** The `inner` keys in the time of the window, and `more` keys after it: a month is closed by the first day of the next. */
export const within = (inner: Partition.Any, outer: Partition.Any, more = 0): Edge => {
  const reads = (window: Window) => {
    const { calendar } = inner
    const from = calendar.ordinalAt(DateTime.toEpochMillis(window.start))
    const end = calendar.ordinalAt(DateTime.toEpochMillis(window.end) - 1)
    return new Window(calendar, from, end + more)
  }
  const [of, zone] = [inner.calendar.zone, outer.calendar.zone]
  const problem = of === zone
    ? {}
    : { problem: `${inner.key} is by the clocks of ${of} and ${outer.key} by those of ${zone}: neither lies within the other` }
  return {
    ...problem,
    reads,
    wants: reads,
    touches: (upstream) => ({
      from: outer.calendar.ordinalAt(upstream.calendar.startOf(upstream.from - more)),
      to: outer.calendar.ordinalAt(upstream.calendar.startOf(upstream.to + 1) - 1)
    })
  }
}

/** Every key there is, for a maker without a partition. */
export const every = (inner: Partition.Any): Edge => ({
  reads: (_, now) => new Window(inner.calendar, earliest(inner.calendar), inner.newest(now)),
  wants: (_, due) => due,
  touches: () => whole
})

// helpers

/** 1900-01-01: before anything that has a price. */
const earliest = (calendar: Partition.Calendar): number => calendar.unit === "static" ? 0 : calendar.ordinalAt(-2_208_988_800_000)
