/** What is there, what is wanted, and what is therefore to be made. */
import { Clock, Effect } from "effect"
import * as Asset from "../Asset.ts"
import * as Manifest from "../Manifest.ts"
import * as Partition from "../Partition.ts"
import type { Window } from "../Partition.ts"
import * as Span from "../Span.ts"
import * as Subject from "../Subject.ts"
import { toSteps, toUnavailable } from "./cut.ts"
import { beyondReach, bounds, demands, reachOf } from "./demand.ts"
import { type Found, statesIn, why } from "./reasons.ts"
import type { Options } from "./Options.ts"
import type { Pending, Step, Unavailable } from "./Step.ts"

/** A plan, and what it was made from. */
export interface Survey {
  readonly targets: ReadonlyArray<Asset.Any>
  readonly steps: ReadonlyArray<Step>
  readonly pending: ReadonlyArray<Pending>
  readonly unavailable: ReadonlyArray<Unavailable>
  readonly states: ReadonlyMap<Asset.Any, Manifest.State>
  readonly history: ReadonlyMap<Asset.Any, ReadonlyArray<Manifest.Numbered>>
  /** Whom an asset is made for; nobody, while that cannot be told. */
  readonly subjects: (asset: Asset.Any) => ReadonlyArray<string | undefined>
  /** The keys of an asset that should be there. */
  readonly window: (asset: Asset.Any) => Window
}

export const survey = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, options: Options) {
  const now = yield* Clock.currentTimeMillis
  const days = yield* Partition.Horizon
  const { assets: lineage, extra, lists, pending } = yield* subjectsOf(targets, options.subjects ?? [])
  const waits = new Set(pending.map((_) => _.asset))
  const all = lineage.filter((_) => !waits.has(_))
  const told = new Set(all)
  const aims = new Set([...targets, ...extra].filter((_) => told.has(_)))
  const history = yield* Manifest.historyOf(all)
  const states = statesIn(history)
  const assets = options.only ? all.filter((_) => aims.has(_)) : all
  const dueOf = bounds(options, now, days)
  const demand = demands(assets, aims, extra, options, dueOf, now, days)
  const wished = new Set(targets)
  const again = new Set(typeof options.force === "object" ? options.force : options.force === true ? targets : [])
  const subjects = (asset: Asset.Any) => subjectList(asset, lists)
  const beyond = beyondReach(yield* reachOf(assets, now), demand, states, subjects)
  const planned = new Map<Asset.Any, ReadonlyArray<Step>>()
  const unavailable: Array<Unavailable> = []
  for (const asset of assets) {
    const wanted = demand.get(asset) ?? Span.empty
    const forced = wished.has(asset) && again.has(asset)
    const known = {
      due: dueOf(asset),
      forcedSince: forced ? options.forcedSince ?? Infinity : undefined,
      settings: yield* Asset.settingsOf(asset),
      states,
      planned,
      now,
      expiring: options.expiring
    }
    const found = subjects(asset).map((subject) => {
      const closed = beyond(asset, subject)
      const reasons = why(asset, subject, Span.subtract(wanted, closed), known)
      const wants = options.narrow === undefined ? reasons : narrowed(asset, subject, reasons, options.narrow)
      const open = wants.map(([reason, spans]) => [reason, Span.subtract(spans, closed)] as const).filter(([, spans]) => spans.length > 0)
      return { subject, reasons: open, never: Span.subtract(closed, Span.of(states.get(asset)?.get(subject ?? "") ?? [])) }
    })
    planned.set(asset, toSteps(asset, found, planned, now))
    unavailable.push(...toUnavailable(asset, found))
  }
  const steps = [...planned.values()].flat()
  const found: Survey = { targets, steps, pending, unavailable, states, history, subjects, window: dueOf }
  return found
})

// helpers

const lineageOf = (targets: ReadonlyArray<Asset.Any>): ReadonlyArray<Asset.Any> => {
  const seen = new Set<Asset.Any>()
  return targets.flatMap((_) => Asset.lineage(_, seen))
}

/** All that is upstream of the targets; the list of each subject; and what has to wait, for whom and for what, when a list cannot be told yet. */
const subjectsOf = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, named: ReadonlyArray<string>) {
  const lists = new Map<string, ReadonlyArray<string>>()
  const narrowed = new Set(named.length === 0 ? [] : targets.flatMap((_) => _.of?.key ?? []))
  const extra = new Set<Asset.Any>()
  const pending = new Map<Asset.Any, Pending>()
  let assets = lineageOf(targets)
  // what has to be made first may itself read what is of some subject
  while (true) {
    const known = extra.size
    for (const asset of assets) {
      const waits = Object.values(asset.from).map((_) => pending.get(_.asset)).find((_) => _ !== undefined)
      if (waits !== undefined) pending.set(asset, { asset, after: waits.after })
      else if (asset.of !== undefined && !lists.has(asset.of.key)) {
        const list = yield* Effect.result(listed(asset.of))
        if (list._tag === "Success") {
          lists.set(asset.of.key, narrowed.has(asset.of.key) ? list.success.filter((_) => named.includes(_)) : list.success)
        } else if (list.failure instanceof Subject.Unknown) {
          pending.set(asset, { asset, after: list.failure.after })
          extra.add(list.failure.after)
        } else return yield* Effect.fail(list.failure)
      }
    }
    if (extra.size === known) return { assets, lists, pending: [...pending.values()], extra: [...extra] }
    assets = lineageOf([...targets, ...extra])
  }
})

/** Planning makes nothing: an asset that the list pulls is read. */
const listed = (of: Subject.Any) => Effect.provideService(of.list, Asset.Making, () => undefined)

const subjectList = (asset: Asset.Any, lists: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string | undefined> =>
  asset.of === undefined ? [undefined] : lists.get(asset.of.key) ?? []

const narrowed = (asset: Asset.Any, subject: string | undefined, found: Found, narrow: NonNullable<Options["narrow"]>): Found =>
  found.map(([reason, spans]) => [reason, narrow(asset, subject, reason, spans)] as const)
