/** Why keys have to be made: what the manifest says of them, of the asset and of what it reads. */
import { Effect } from "effect"
import type * as Asset from "../Asset.ts"
import * as Manifest from "../Manifest.ts"
import { calendarOf, type Window } from "../Partition.ts"
import * as Span from "../Span.ts"
import type { Options } from "./Options.ts"
import type { Planned, Reason } from "./Step.ts"
import { shared, touches } from "./upstream.ts"

export type Found = ReadonlyArray<readonly [Reason, Span.Spans]>

/** What is there of each asset, by its manifest. */
export type States = ReadonlyMap<Asset.Any, Manifest.State>

export const statesIn = (history: ReadonlyMap<Asset.Any, ReadonlyArray<Manifest.Numbered>>): States =>
  new Map(
    [...history].map(([asset, entries]) => [asset, entries.length === 0 ? nothing : Manifest.fold(entries, calendarOf(asset))] as const)
  )

/** What is known when it is asked why an asset has to be made for a subject. */
export interface Known {
  /** The keys that should be there. */
  readonly due: Window
  /** What was made before this instant is made again. */
  readonly forcedSince: number | undefined
  readonly settings: Asset.Settings
  readonly states: States
  readonly planned: Planned
  readonly now: number
  readonly expiring: Options["expiring"]
}

/** Why which of the wanted keys have to be made: the first reason that holds for a key counts. */
export const why = (
  asset: Asset.Any,
  subject: string | undefined,
  wanted: Span.Spans,
  { due, expiring, forcedSince, now, planned, settings, states }: Known
): Found => {
  const own = states.get(asset)?.get(subject ?? "") ?? []
  const found: Array<readonly [Reason, Span.Spans]> = []
  let rest = wanted
  const claim = (reason: Reason, spans: () => Span.Spans) => {
    if (rest.length === 0) return
    const keys = Span.intersect(rest, spans())
    if (keys.length === 0) return
    found.push([reason, keys])
    rest = Span.subtract(rest, keys)
  }
  if (forcedSince !== undefined) claim("forced", () => Span.subtract(wanted, Span.of(own.filter((_) => _.at >= forcedSince))))
  claim(own.length === 0 ? "never made" : "missing", () => Span.subtract(wanted, Span.of(own)))
  claim("code changed", () => Span.of(own.filter((_) => _.codeVersion !== asset.codeVersion)))
  for (const [name, value] of Object.entries(settings)) {
    const others = own.filter((_) => _.inputs[name] !== value)
    for (const [was, spans] of Map.groupBy(others, (_) => _.inputs[name])) {
      claim(was === undefined ? `setting ${name} not remembered` : `setting ${name} changed ${was} → ${value}`, () => Span.of(spans))
    }
  }
  // files are called as their asset; rows move to its new name
  if (asset.into.files !== undefined) claim("renamed", () => Span.of(own.filter((_) => _.as !== asset.name)))
  const isExpired = ({ at }: Manifest.Stretch) =>
    now - at > asset.freshFor || (expiring !== undefined && at < expiring.madeBefore && at + asset.freshFor < expiring.before)
  claim("expired", () => Span.of(own.filter(isExpired)))
  claim("upstream changed", () => upstreamChanged(asset, subject, states))
  claim("after upstream", () => afterUpstream(asset, subject, planned))
  const [first] = Span.of(found.flatMap(([reason, spans]) => reason === "after upstream" ? [] : spans))
  if (first === undefined) return found
  const before = Span.intersect(Span.of(own), [{ from: Math.max(due.from, first.from - asset.lookback), to: first.from - 1 }])
  const again = Span.subtract(before, Span.of(found.flatMap(([, spans]) => spans)))
  return again.length === 0 ? found : [...found, ["read again", again]]
}

/** The keys in the window whose inputs changed since they were made, for one subject. */
export const staleKeys = Effect.fnUntraced(function*(asset: Asset.Any, window: Window, subject: string | undefined) {
  const states = statesIn(yield* Manifest.historyOf([asset, ...Object.values(asset.from).map((_) => _.asset)]))
  return Span.intersect(upstreamChanged(asset, subject, states), [window])
})

// helpers

const nothing: Manifest.State = new Map()

const upstreamChanged = (asset: Asset.Any, subject: string | undefined, states: States): Span.Spans => {
  const own = states.get(asset)?.get(subject ?? "") ?? []
  const least = own.reduce((least, _) => Math.min(least, _.sawUpTo), Infinity)
  const stale: Array<Span.Span> = []
  for (const input of Object.values(asset.from)) {
    for (const change of Manifest.changes(states.get(input.asset) ?? nothing, shared(asset, input.asset) ? subject : undefined)) {
      if (change.changed <= least) continue
      const touched = touches(input, change)
      for (const part of own) if (change.changed > part.sawUpTo) stale.push(...Span.intersect([part], [touched]))
    }
  }
  return Span.of(stale)
}

const afterUpstream = (asset: Asset.Any, subject: string | undefined, planned: Planned): Span.Spans =>
  Span.of(
    Object.values(asset.from).flatMap((input) =>
      (planned.get(input.asset) ?? []).flatMap((step) =>
        !shared(asset, input.asset) || step.subjects.includes(subject) ? [touches(input, step.window)] : []
      )
    )
  )
