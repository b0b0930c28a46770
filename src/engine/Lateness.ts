/**
 * An asset that says `lateAfter` promises its readers something, and is late when the promise is broken.
 *
 * Of a partition in time the promise is that a key is there so long after it is due: the asset is late when the key
 * after the newest one it has became due longer ago than that. Gaps before the newest one are missing, and not late. Of
 * keys in no time, and without a partition, it is that nothing kept was made longer ago than that. Each subject counts
 * for itself. The promise holds from the first making on: who was never made is missing, and never late. Nor is what a
 * run would leave as it is, because nothing that it reads is any newer: what is late can be mended.
 */
import { Clock, Effect } from "effect"
import * as Asset from "./Asset.ts"
import * as Manifest from "./Manifest.ts"
import { calendarOf, type Key } from "./Partition.ts"
import { survey } from "./plan/survey.ts"
import * as Subject from "./Subject.ts"

export interface Late {
  /** The first deadline that passed, in epoch milliseconds. */
  readonly since: number
  /** Whose; nobody's, for an asset that is of nothing. */
  readonly subjects: ReadonlyArray<string>
}

/** Nothing, while the promise is kept. Whether a run would make any of it is for the caller to say. */
export const judge = (
  asset: Asset.Any,
  state: Manifest.State,
  subjects: ReadonlyArray<string | undefined>,
  now: number
): Late | undefined => {
  const late = subjects.flatMap((subject) => {
    const deadline = deadlineOf(asset, state.get(subject ?? "") ?? [], now)
    return deadline < now ? [{ subject, deadline }] : []
  })
  if (late.length === 0) return undefined
  return { since: late.reduce((first, _) => Math.min(first, _.deadline), now), subjects: late.flatMap((_) => _.subject ?? []) }
}

/** Those of these assets that are late, as the manifest has it; a plan is made only when one may be. */
export const of = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets
): Effect.Effect<
  ReadonlyMap<string, Late>,
  Effect.Error<Targets[number]>,
  Exclude<Effect.Services<Targets[number]>, Key> | Manifest.Manifest
> => looked(targets) as never // as for `Plan.make`

/** When the next of these assets may be late, if nothing is made meanwhile: the first deadline that has not passed. */
export const next = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets
): Effect.Effect<
  number | undefined,
  Effect.Error<Targets[number]>,
  Exclude<Effect.Services<Targets[number]>, Key> | Manifest.Manifest
> => upcoming(targets)

// helpers

const upcoming = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>) {
  const assets = targets.filter((_) => _.lateAfter < Infinity)
  const now = yield* Clock.currentTimeMillis
  const history = yield* Manifest.historyOf(assets)
  const deadlines = assets.flatMap((asset) =>
    [...Manifest.fold(history.get(asset) ?? [], calendarOf(asset)).values()].flatMap((kept) => {
      const deadline = promised(asset, kept)
      return deadline >= now && deadline < Infinity ? [deadline] : []
    })
  )
  // at its deadline it is not late
  return deadlines.length === 0 ? undefined : Math.min(...deadlines) + 1
})

const looked = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>) {
  const assets = targets.filter((_) => _.lateAfter < Infinity)
  const now = yield* Clock.currentTimeMillis
  const history = yield* Manifest.historyOf(assets)
  const lists = new Map<string, ReadonlyArray<string>>()
  const late = new Map<string, Late>()
  for (const asset of assets) {
    const { name, of } = asset
    if (of !== undefined && !lists.has(of.key)) lists.set(of.key, yield* listed(of))
    const state = Manifest.fold(history.get(asset) ?? [], calendarOf(asset))
    const found = judge(asset, state, of === undefined ? [undefined] : lists.get(of.key) ?? [], now)
    if (found !== undefined) late.set(name, found)
  }
  if (late.size === 0) return late
  const { steps } = yield* survey(assets.filter((_) => late.has(_.name)), {})
  const toMake = new Set(steps.map((_) => _.asset.name))
  return new Map([...late].filter(([name]) => toMake.has(name)))
})

/** Looking makes nothing; while nobody can be named, nobody is late. */
const listed = (of: Subject.Any) =>
  Effect.provideService(of.list, Asset.Making, () => undefined).pipe(
    Effect.catchIf((_) => _ instanceof Subject.Unknown, () => Effect.succeed<ReadonlyArray<string>>([]))
  )

/** What is past it is late: never, while nothing is kept, or nothing more is due. */
const deadlineOf = (asset: Asset.Any, kept: ReadonlyArray<Manifest.Stretch>, now: number): number => {
  const { per } = asset
  const newest = kept.at(-1)
  const waits = newest !== undefined && per !== undefined && per.calendar.unit !== "static" && per.newest(now) <= newest.to
  return waits ? Infinity : promised(asset, kept)
}

/** Until when readers were promised the next making; never, while nothing is kept. */
const promised = ({ lateAfter, per }: Asset.Any, kept: ReadonlyArray<Manifest.Stretch>): number => {
  const newest = kept.at(-1)
  if (newest === undefined) return Infinity
  if (per === undefined || per.calendar.unit === "static") return kept.reduce((first, _) => Math.min(first, _.at), Infinity) + lateAfter
  return per.dueAt(newest.to + 1) + lateAfter
}
