/** Schedules, sensors and their ticks as the ledger in memory keeps them: the contract of `ticks.ts`. */
import type { RunRow } from "../../engine/Ledger.ts"
import { type Event, isEvent, Standing, Tick, type Which } from "../../engine/automation/Tick.ts"
import { doubled, elsewhere } from "./ticks.ts"

export interface Ticks {
  readonly standings: Map<string, Standing>
  /** By source, then by due time. */
  readonly ticks: Map<string, Map<number, Tick>>
  readonly ends: Array<string>
  watched: number | undefined
}

export const empty = (): Ticks => ({ standings: new Map(), ticks: new Map(), ends: [], watched: undefined })

/** What would be told a second time: then nothing of it is told. */
export const refused = ({ standings, ticks }: Ticks, events: ReadonlyArray<{ readonly _tag: string }>): string | undefined => {
  if (!events.some(isEvent)) return undefined
  const last = new Map<string, number | null>()
  const cursors = new Map<string, string>()
  for (const event of events as ReadonlyArray<Event>) {
    if (event._tag === "AutomationSet") last.set(event.name, null)
    if (event._tag === "TickSettled" && ticks.get(event.source)?.get(event.due)?.state !== "waiting") {
      return doubled(event.source, event.due)
    }
    if (event._tag === "CursorSet" || event._tag === "Ticked") {
      const name = event._tag === "Ticked" ? event.source : event.name
      const stands = cursors.has(name) ? cursors.get(name) : standings.get(name)?.cursor
      if (event.from !== undefined && stands !== event.from) return elsewhere(name)
      if (event.cursor !== undefined) cursors.set(name, event.cursor)
    }
    if (event._tag !== "Ticked") continue
    const before = last.has(event.source) ? last.get(event.source) : standings.get(event.source)?.last
    const known = ticks.get(event.source)?.has(event.due) === true
    if (known || before === undefined || (before !== null && before >= event.due)) return doubled(event.source, event.due)
    last.set(event.source, event.due)
  }
  return undefined
}

export const apply = (kept: Ticks, event: Event, now: number): void => {
  switch (event._tag) {
    case "AutomationSet": {
      const { _tag, cursor, ...set } = event
      const known = kept.standings.get(event.name)
      const ahead = [...kept.ticks.get(event.name)?.keys() ?? []].filter((_) => _ >= now)
      const last = ahead.length === 0 ? null : Math.max(...ahead)
      return void kept.standings.set(
        event.name,
        new Standing({ ...set, since: now, last, failures: 0, cursor: cursor === undefined ? known?.cursor ?? null : cursor })
      )
    }
    case "Ticked": {
      const { cursor, due, note, requests, source, state } = event
      const standing = kept.standings.get(source)
      if (standing === undefined) return
      const failures = state === "failed" ? standing.failures + 1 : 0
      kept.standings.set(source, new Standing({ ...standing, last: due, cursor: cursor ?? standing.cursor, failures }))
      const told = kept.ticks.get(source) ?? new Map<number, Tick>()
      told.set(due, new Tick({ source, due, state, note, requests: requests ?? [], at: now }))
      return void kept.ticks.set(source, told)
    }
    case "TickSettled": {
      const { due, note, requests, source, state } = event
      return void kept.ticks.get(source)?.set(due, new Tick({ source, due, state, note, requests: requests ?? [], at: now }))
    }
    case "CursorSet": {
      const standing = kept.standings.get(event.name)
      return standing === undefined
        ? undefined
        : void kept.standings.set(event.name, new Standing({ ...standing, cursor: event.cursor }))
    }
    case "Watched":
      kept.watched = now
  }
}

export const found = ({ ticks }: Ticks, { before, from, limit, source, states }: Which): ReadonlyArray<Tick> => {
  const of = source === undefined ? [...ticks.values()] : [ticks.get(source) ?? new Map<number, Tick>()]
  const all = of.flatMap((_) => [..._.values()]).filter((_) =>
    (states?.includes(_.state) ?? true) && (from === undefined || _.due >= from) && (before === undefined || _.due < before)
  )
  return all.toSorted((a, b) => b.due - a.due || (a.source < b.source ? -1 : 1)).slice(0, limit)
}

export const ended = (
  kept: Ticks,
  runs: ReadonlyMap<string, RunRow>,
  after: number,
  limit: number
): ReadonlyArray<RunRow & { readonly seq: number }> =>
  kept.ends.slice(after, after + limit).flatMap((id, i) => {
    const run = runs.get(id)
    return run === undefined ? [] : [{ ...run, seq: after + i + 1 }]
  })
