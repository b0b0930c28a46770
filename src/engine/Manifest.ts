/**
 * The manifest is what is published: an append-only log with an entry for each materialization of an asset's slice,
 * numbered in the order of publication, and the state that follows from it.
 *
 * Staleness is told key by key from those numbers. A key remembers the number under which its content last CHANGED,
 * and how far its maker could see when it read its inputs. It is stale when an upstream key it reads changed later
 * than that: so an upstream that was made again and came out the same makes nothing stale, and one changed day makes
 * stale exactly what read that day. State is kept as stretches of neighbouring keys, not as keys. An entry of which
 * later ones have taken every key says nothing any more, and may be forgotten.
 */
import { Context, Data, Effect, Layer, Schema } from "effect"
import type { Calendar } from "./Partition.ts"
import type { Span } from "./Span.ts"

/** From one key to another, both in it. */
export const Keys = Schema.Struct({ first: Schema.String, last: Schema.String })

/** One materialization of one slice, as published. */
export class Entry extends Data.Class<{
  readonly id: string
  readonly asset: string
  /** Empty for an asset that is of nothing. */
  readonly subject: string
  readonly window: typeof Keys.Type
  /** The keys whose content changed; those made for the first time are among them. */
  readonly changed: ReadonlyArray<typeof Keys.Type>
  readonly codeVersion: string
  readonly sawUpTo: number
  /** The newest materialization of each asset that it read, and each setting that it depends on, by name. */
  readonly inputs: Readonly<Record<string, string>>
  readonly rows: number
  readonly contentHash: string
  readonly warnings: ReadonlyArray<string>
  /** Epoch milliseconds. */
  readonly at: number
}> {}

/** An entry in its place in the log. */
export interface Numbered extends Entry {
  readonly seq: number
}

/** Neighbouring keys that share their history. */
export interface Stretch extends Span {
  /** The entry that last changed their content. */
  readonly changed: number
  /** The entry that last made them. */
  readonly made: number
  readonly id: string
  /** What the asset was called when they were made. */
  readonly as: string
  readonly codeVersion: string
  readonly sawUpTo: number
  readonly inputs: Readonly<Record<string, string>>
  readonly at: number
}

/** Subject, then its stretches: sorted and apart. */
export type State = ReadonlyMap<string, ReadonlyArray<Stretch>>

export class Manifest extends Context.Service<Manifest, {
  /** Inside a store's transaction this joins it: rows and entry appear together, or not at all. */
  readonly publish: (entry: Entry) => Effect.Effect<void>
  /** The entries of these assets, oldest first. */
  readonly log: (assets: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Numbered>>
  /** The number of the newest entry, and the newest materialization of each of these assets. */
  readonly newest: (
    assets: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly seq: number; readonly ids: ReadonlyMap<string, string> }>
  readonly has: (id: string) => Effect.Effect<boolean>
  /** Entries by their numbers: the state is as it was if these are `superseded`. */
  readonly forget: (seqs: ReadonlyArray<number>) => Effect.Effect<void>
}>()("crypto/engine/Manifest") {}

/** A manifest that ends with its process, and begins with these entries, oldest first. */
export const inMemory = (published: ReadonlyArray<Numbered> = []): Layer.Layer<Manifest> =>
  Layer.sync(Manifest, () => {
    const logs = Map.groupBy(published, (_) => _.asset)
    const ids = new Set(published.map((_) => _.id))
    const of = (asset: string) => logs.get(asset) ?? []
    let seq = published.at(-1)?.seq ?? 0
    return Manifest.of({
      publish: (entry) =>
        Effect.sync(() => {
          const entries = of(entry.asset)
          entries.push(Object.assign(new Entry(entry), { seq: ++seq }))
          logs.set(entry.asset, entries)
          ids.add(entry.id)
        }),
      log: (assets) => Effect.sync(() => [...new Set(assets)].flatMap(of).sort((a, b) => a.seq - b.seq)),
      newest: (assets) =>
        Effect.sync(() => {
          const ids = new Map<string, string>()
          for (const asset of assets) {
            const last = of(asset).at(-1)
            if (last !== undefined) ids.set(asset, last.id)
          }
          return { seq, ids }
        }),
      has: (id) => Effect.sync(() => ids.has(id)),
      forget: (seqs) =>
        Effect.sync(() => {
          const gone = new Set(seqs)
          for (const [asset, entries] of logs) {
            for (const { id } of entries.filter((_) => gone.has(_.seq))) ids.delete(id)
            logs.set(asset, entries.filter((_) => !gone.has(_.seq)))
          }
        })
    })
  })

/** What has a name, and had others before. */
export interface Named {
  readonly name: string
  readonly aliases: ReadonlyArray<string>
}

export const namesOf = ({ aliases, name }: Named): ReadonlyArray<string> => [name, ...aliases]

/** The entries of each of these, whatever they were called then, oldest first. */
export const historyOf = Effect.fnUntraced(function*<A extends Named>(assets: ReadonlyArray<A>) {
  const manifest = yield* Manifest
  const entries = Map.groupBy(yield* manifest.log(assets.flatMap(namesOf)), (_) => _.asset)
  const of = (asset: A): ReadonlyArray<Numbered> =>
    asset.aliases.length === 0
      ? entries.get(asset.name) ?? []
      : namesOf(asset).flatMap((_) => entries.get(_) ?? []).sort((a, b) => a.seq - b.seq)
  return new Map(assets.map((asset) => [asset, of(asset)] as const))
})

/** The state of one asset, from its entries, oldest first. Keys that are none of this calendar's are left out. */
export const fold = (log: Iterable<Numbered>, calendar: Calendar): State => {
  const state = new Map<string, Array<Stretch>>()
  const toSpan = spansOf(calendar)
  for (const entry of log) {
    const span = toSpan(entry.window)
    if (span === undefined) continue
    const known = state.get(entry.subject) ?? []
    state.set(entry.subject, known)
    const { asset, at, codeVersion, id, inputs, sawUpTo, seq } = entry
    const fresh = { changed: seq, made: seq, id, as: asset, codeVersion, sawUpTo, inputs, at }
    const first = 1 + known.findLastIndex((_) => _.to < span.from)
    const past = 1 + known.findLastIndex((_) => _.from <= span.to)
    const met = known.slice(first, past)
    const before = met.flatMap((_) => _.from < span.from ? [{ ..._, to: span.from - 1 }] : [])
    const after = met.flatMap((_) => span.to < _.to ? [{ ..._, from: span.to + 1 }] : [])
    const inside = met.map(({ changed, from, to }) => ({ ...fresh, from: Math.max(from, span.from), to: Math.min(to, span.to), changed }))
    const changed = entry.changed.flatMap((_) => toSpan(_) ?? [])
    known.splice(first, past - first, ...before, ...overlay(span, inside, changed, fresh), ...after)
  }
  return state
}

/** For each run of keys, the newest change in it: all subjects together, or one of them. */
export const changes = (state: State, subject: string | undefined): ReadonlyArray<Stretch> =>
  subject === undefined ? [...state.values()].flat() : state.get(subject) ?? []

/** Of one asset's entries, oldest first, those of whose keys each was made again later, and changed again if it changed in them. */
export const superseded = (log: ReadonlyArray<Numbered>, calendar: Calendar): ReadonlyArray<Numbered> => {
  const told = new Set([...fold(log, calendar).values()].flat().flatMap(({ changed, made }) => [changed, made]))
  const toSpan = spansOf(calendar)
  // what is no key of this calendar is not for it to judge
  return log.filter((_) => !told.has(_.seq) && toSpan(_.window) !== undefined)
}

// helpers

/** Subjects share their keys, so each key is looked up once. */
const spansOf = (calendar: Calendar) => {
  const known = new Map<string, number | undefined>()
  const ordinalOf = (key: string): number | undefined => {
    if (!known.has(key)) known.set(key, calendar.ordinalOf(key))
    return known.get(key)
  }
  return ({ first, last }: typeof Keys.Type): Span | undefined => {
    const from = ordinalOf(first)
    const to = ordinalOf(last)
    return from === undefined || to === undefined || from > to ? undefined : { from, to }
  }
}

/** The made span, cut where "changed in this entry" and "changed in an older one" meet. */
const overlay = (span: Span, unchanged: ReadonlyArray<Stretch>, changed: ReadonlyArray<Span>, fresh: Omit<Stretch, "from" | "to">) => {
  const out: Array<Stretch> = []
  let at = span.from
  const keep = unchanged.flatMap((old) => without(old, changed))
  for (const old of keep) {
    if (at < old.from) out.push({ ...fresh, from: at, to: old.from - 1 })
    out.push(old)
    at = old.to + 1
  }
  if (at <= span.to) out.push({ ...fresh, from: at, to: span.to })
  return out
}

const without = (stretch: Stretch, holes: ReadonlyArray<Span>): ReadonlyArray<Stretch> => {
  let parts: ReadonlyArray<Stretch> = [stretch]
  for (const hole of holes) {
    parts = parts.flatMap((part) =>
      hole.to < part.from || part.to < hole.from
        ? [part]
        : [{ ...part, to: hole.from - 1 }, { ...part, from: hole.to + 1 }].filter((_) => _.from <= _.to)
    )
  }
  return parts
}
