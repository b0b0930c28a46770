/**
 * A store in memory behaves like a table: it writes by write–audit–publish, tells key by key what came out as it was,
 * and gives a reader the slice its edge names. The rows belong to the layer, not to the asset, so every test that
 * provides it starts empty.
 */
import { Clock, Context, Effect, Hash, Layer } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import { AuditFailed, CAP, describe, type Finding } from "../../engine/Check.ts"
import { Entry, Manifest } from "../../engine/Manifest.ts"
import type { Window } from "../../engine/Partition.ts"
import * as Span from "../../engine/Span.ts"
import type * as Store from "../../engine/Store.ts"
import { audit, offending } from "./audit.ts"
import { canonical, isIn, ordinalOf, type Shape } from "./Row.ts"

/** What each asset's store keeps, by the asset's name. */
export class Rows extends Context.Service<Rows, {
  readonly get: (asset: string) => ReadonlyArray<object>
  readonly set: (asset: string, rows: ReadonlyArray<object>) => void
}>()("crypto/layers/Memory/Rows") {}

/** The columns of a row that hold text. */
type TextColumn<Row> = { readonly [K in keyof Row]: Row[K] extends string ? K : never }[keyof Row] & string

export interface Rowed<Row, Key, Subject> extends Store.Store<ReadonlyArray<Row>, ReadonlyArray<Row>, Row, AuditFailed, Rows | Manifest> {
  readonly keyed: [Key] extends [never] ? false : true
  readonly subjects: [Subject] extends [never] ? false : true
}

/**
 * Rows of one type. `key` is the column that holds the partition's key, or a date or instant in its time; `subject`
 * the column that holds the subject: `Memory.store<Price>()({ key: "day", subject: "coin" })`.
 */
export const store = <Row extends object>() =>
<const Key extends TextColumn<Row> = never, const Subject extends TextColumn<Row> = never>(
  options: { readonly key?: Key; readonly subject?: Subject } = {}
): Rowed<Row, Key, Subject> => {
  const shape: Shape = { key: options.key, subject: options.subject }
  const read = (asset: Asset.Any, slice: Store.Slice) =>
    Rows.useSync((kept) => {
      const rows: ReadonlyArray<object> = adopted(kept, asset).filter((_) => isIn(_, asset, slice, shape))
      // only `write` below puts rows under the asset's name
      return rows as ReadonlyArray<Row>
    })
  const write = Effect.fnUntraced(function*(step: Store.Step, rows: ReadonlyArray<Row>) {
    const kept = yield* Rows
    const now = yield* Clock.currentTimeMillis
    const { findings, offenders } = audit(step, rows, adopted(kept, step.asset), shape, now)
    if (offenders.length > 0) kept.set(OFFENDERS, [...kept.get(OFFENDERS), ...offenders])
    const refused = findings.filter((_) => _.severity === "block")
    const { asset, subject, window } = step
    if (refused.length > 0) {
      return yield* new AuditFailed({
        asset: asset.name,
        window: window.toString(),
        subject: subject ?? "",
        findings: refused
      })
    }
    return yield* Manifest.use((manifest) => published({ kept, manifest, now, shape }, step, rows, findings))
  })
  const review = Effect.fnUntraced(function*(asset: Asset.Any, window: Window) {
    const kept = (yield* Rows).get(asset.name)
    const rows = kept.filter((_) => isIn(_, asset, { window, subject: undefined }, shape))
    const step = { id: "", asset, window, subject: undefined, sawUpTo: 0, inputs: {} }
    const now = yield* Clock.currentTimeMillis
    return asset.checks.flatMap(({ name, rule, severity }) => {
      // what is kept is its own before: how rows change is asked when they are made
      if (rule._tag === "RowCount") return []
      const found = offending({ step, rows, kept, shape, now, name }, rule)
      return [{ check: name, severity, offenders: found.length, rows: found.slice(0, CAP).map((_) => JSON.stringify(_)) }]
    })
  })
  // keyed and subjects are told by the options, and so are their types: a conditional type cannot be built by expression
  const keyed = (options.key !== undefined) as Rowed<Row, Key, Subject>["keyed"]
  const subjects = (options.subject !== undefined) as Rowed<Row, Key, Subject>["subjects"]
  return { kind: "memory", row: undefined, keyed, subjects, read, write, audit: review }
}

/** Under this name are the rows that checks found. */
export const OFFENDERS = "_offenders"

export const rows: Layer.Layer<Rows> = Layer.sync(Rows, () => {
  const kept = new Map<string, ReadonlyArray<object>>()
  return Rows.of({ get: (asset) => kept.get(asset) ?? [], set: (asset, rows) => void kept.set(asset, rows) })
})

// helpers

/** The asset's rows; those of its old name come along when it is renamed. */
const adopted = (kept: Rows["Service"], { aliases, name }: Asset.Any): ReadonlyArray<object> => {
  const old = aliases.find((_) => kept.get(_).length > 0)
  if (old === undefined || kept.get(name).length > 0) return kept.get(name)
  kept.set(name, kept.get(old))
  kept.set(old, [])
  return kept.get(name)
}

interface Here {
  readonly kept: Rows["Service"]
  readonly manifest: Manifest["Service"]
  readonly shape: Shape
  readonly now: number
}

/** The slice's rows are swapped and the manifest says so, or, if that fails, neither. */
const published = (here: Here, step: Store.Step, rows: ReadonlyArray<object>, warnings: ReadonlyArray<Finding>) => {
  const { kept, manifest, now, shape } = here
  const { asset, id, inputs, sawUpTo, subject, window } = step
  const { calendar } = window
  const old = adopted(kept, asset).filter((_) => isIn(_, asset, step, shape))
  const [before, after] = [contents(old, step, shape), contents(rows, step, shape)]
  const changed = Span.ofKeys([...new Set([...before.keys(), ...after.keys()])].filter((_) => before.get(_) !== after.get(_)))
  const entry = new Entry({
    id,
    asset: asset.name,
    subject: subject ?? "",
    window: { first: window.first, last: window.last },
    changed: changed.map(({ from, to }) => ({ first: calendar.keyOf(from), last: calendar.keyOf(to) })),
    codeVersion: asset.codeVersion,
    sawUpTo,
    inputs,
    rows: rows.length,
    contentHash: Hash.string([...after].map(([at, text]) => `${at} ${text}`).join("\n")).toString(16),
    warnings: warnings.map(describe),
    at: now
  })
  return Effect.uninterruptible(Effect.map(manifest.publish(entry), (): Store.Publication => {
    kept.set(asset.name, [...kept.get(asset.name).filter((_) => !old.includes(_)), ...rows])
    return { rows: rows.length, changed, warnings }
  }))
}

/** The content of each key that has rows, whatever their order; of the one nameless key, where none is told apart. */
const contents = (rows: ReadonlyArray<object>, { asset, window }: Store.Step, { key }: Shape): ReadonlyMap<number, string> => {
  const keyed = Map.groupBy(rows,
    (_) => asset.per === undefined || key === undefined ? 0 : ordinalOf(_, window.calendar, key) ?? window.from)
  return new Map([...keyed].sort(([a], [b]) => a - b).map(([at, rows]) => [at, rows.map(canonical).sort().join("\n")]))
}
