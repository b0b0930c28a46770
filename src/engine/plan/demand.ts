/** Which keys of each asset are wanted, and which of these cannot be had. */
import { Effect } from "effect"
import type * as Asset from "../Asset.ts"
import { isInTime } from "../Calendar.ts"
import * as Partition from "../Partition.ts"
import { whole, type Window } from "../Partition.ts"
import * as Span from "../Span.ts"
import type { States } from "./reasons.ts"
import type { Options } from "./Options.ts"
import { shared, touches, windowOf } from "./upstream.ts"

/** An asset's due keys within the horizon, or within what was asked for, if that reaches further back. */
export const bounds = ({ over }: Options, now: number, days: number) => (asset: Asset.Any): Window => {
  const window = Partition.due(asset.per, now, days)
  const { calendar } = window
  if (!isInTime(calendar) || over === undefined) return window
  const from = over.start === undefined
    ? window.from
    : Math.max(asset.per?.first ?? -Infinity, Math.min(window.from, Partition.ceiling(calendar, over.start)))
  const to = over.end === undefined ? window.to : Math.min(window.to, calendar.ordinalAt(over.end) - 1)
  return new Partition.Window(calendar, from, to)
}

/** The keys of each asset that are wanted: of the targets, and, however far upstream, of what they read. */
export const demands = (
  assets: ReadonlyArray<Asset.Any>,
  aims: ReadonlySet<Asset.Any>,
  extra: ReadonlyArray<Asset.Any>,
  { over }: Options,
  dueOf: (asset: Asset.Any) => Window,
  now: number,
  days: number
): ReadonlyMap<Asset.Any, Span.Spans> => {
  const demand = new Map<Asset.Any, Span.Spans>()
  const add = (asset: Asset.Any, span: Span.Span) => demand.set(asset, Span.union(demand.get(asset) ?? Span.empty, Span.of([span])))
  for (const asset of aims) {
    const { calendar, from, to } = dueOf(asset)
    const start = isInTime(calendar) && !extra.includes(asset) ? over?.start : undefined
    add(asset, { from: start === undefined ? from : Math.max(from, Partition.ceiling(calendar, start)), to })
  }
  for (const asset of assets.toReversed()) {
    for (const input of Object.values(asset.from)) {
      const within = dueOf(input.asset)
      // what closes a period lies after its end, so the end that was asked for does not cut it off
      const newest = Partition.due(input.asset.per, now, days).to
      for (const { from, to } of demand.get(asset) ?? Span.empty) {
        const wants = input.asset.per === undefined ? whole : input.edge.wants(windowOf(asset, from, to), within, now)
        add(input.asset, { from: Math.max(wants.from, within.from), to: Math.min(wants.to, newest) })
      }
    }
  }
  return demand
}

/** The first key that each source serves, where it does not serve all. */
export const reachOf = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, now: number) {
  const first = new Map<Asset.Any, number>()
  for (const asset of assets) {
    if (asset.reach === undefined || asset.per === undefined) continue
    const days = yield* asset.reach
    if (days < Infinity) first.set(asset, Partition.due(asset.per, now, days).from)
  }
  return first
})

/** The wanted keys that cannot be had: beyond a source's reach, or reading nothing but such. */
export const beyondReach = (
  first: ReadonlyMap<Asset.Any, number>,
  demand: ReadonlyMap<Asset.Any, Span.Spans>,
  states: States,
  subjects: (asset: Asset.Any) => ReadonlyArray<string | undefined>
) => {
  const known = new Map<Asset.Any, Map<string | undefined, Span.Spans>>()
  const of = (asset: Asset.Any, subject: string | undefined): Span.Spans => {
    if (first.size === 0) return Span.empty
    const found = known.get(asset)?.get(subject)
    if (found !== undefined) return found
    const wanted = demand.get(asset) ?? Span.empty
    const since = first.get(asset)
    let closed = since === undefined ? Span.empty : Span.intersect(wanted, [{ from: -Infinity, to: since - 1 }])
    for (const input of Object.values(asset.from)) {
      const upstream = input.asset
      const whose = shared(asset, upstream) ? [subject] : subjects(upstream)
      const lacking = Span.of(whose.flatMap((_) => of(upstream, _)))
      if (lacking.length === 0) continue
      const there = Span.of(whose.flatMap((_) => [
        ...Span.subtract(demand.get(upstream) ?? Span.empty, of(upstream, _)),
        ...states.get(upstream)?.get(_ ?? "") ?? []
      ]))
      const touched = (spans: Span.Spans) => Span.of(spans.map((_) => touches(input, _)))
      closed = Span.union(closed, Span.intersect(wanted, Span.subtract(touched(lacking), touched(there))))
    }
    known.set(asset, (known.get(asset) ?? new Map<string | undefined, Span.Spans>()).set(subject, closed))
    return closed
  }
  return of
}
