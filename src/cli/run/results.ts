/** Where results are: the tables and files of assets, as the manifest and the data file know them. */
import { DateTime, Effect, Option, Schema } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import { type Entry, historyOf } from "../../engine/Manifest.ts"
import { calendarOf, Window } from "../../engine/Partition.ts"
import type { Slice } from "../../engine/Store.ts"
import { DuckDb } from "../../services/DuckDb.ts"

export const Result = Schema.Struct({
  asset: Schema.String,
  /** How it is kept: a table, a chart. */
  kind: Schema.String,
  /** All rows of its table. */
  rows: Schema.NullOr(Schema.Int),
  /** Its first and last key; none for an asset without a partition. */
  first: Schema.NullOr(Schema.String),
  last: Schema.NullOr(Schema.String),
  /** When any of it was last made, ISO 8601 in UTC. */
  asOf: Schema.String,
  /** Below the data folder; the newest slice first. */
  files: Schema.Array(Schema.String)
})
export type Result = typeof Result.Type

/** Of the assets that were ever made, in the order given. */
export const resultsOf = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>) {
  const log = yield* historyOf(assets)
  const results: Array<Result> = []
  for (const asset of assets) {
    const entries = log.get(asset) ?? []
    const newest = entries.at(-1)
    if (newest === undefined) continue
    const calendar = calendarOf(asset)
    const slices = slicesOf(asset, entries)
    const windows = slices.map((_) => _.window)
    results.push({
      asset: asset.name,
      kind: asset.into.kind,
      rows: asset.into.kind === "table" || asset.into.kind === "view" ? yield* rowsOf(asset.name) : null,
      first: asset.per === undefined ? null : calendar.keyOf(windows.reduce((least, _) => Math.min(least, _.from), Infinity)),
      last: asset.per === undefined ? null : calendar.keyOf(windows.reduce((most, _) => Math.max(most, _.to), -Infinity)),
      asOf: DateTime.formatIso(DateTime.makeUnsafe(newest.at)),
      files: filesIn(asset, slices)
    })
  }
  return results
})

/** The files that hold an asset, the newest slice first. */
export const filesOf = Effect.fnUntraced(function*(asset: Asset.Any) {
  return filesIn(asset, slicesOf(asset, (yield* historyOf([asset])).get(asset) ?? []))
})

// helpers

const slicesOf = (asset: Asset.Any, entries: ReadonlyArray<Entry>): ReadonlyArray<Slice> => {
  const calendar = calendarOf(asset)
  return entries.flatMap(({ subject, window }) => {
    const [from, to] = [calendar.ordinalOf(window.first), calendar.ordinalOf(window.last)]
    return from === undefined || to === undefined
      ? []
      : [{ window: new Window(calendar, from, to), subject: subject === "" ? undefined : subject }]
  })
}

const filesIn = (
  asset: Asset.Any,
  slices: ReadonlyArray<Slice>
): ReadonlyArray<string> => [...new Set(slices.toReversed().flatMap((slice) => asset.into.files?.(asset, slice) ?? []))]

const rowsOf = Effect.fnUntraced(function*(table: string) {
  const duckDb = yield* Effect.serviceOption(DuckDb)
  if (Option.isNone(duckDb)) return null
  const sql = duckDb.value
  const counted = yield* Effect.option(sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(table)}`)
  return Option.match(counted, { onNone: () => null, onSome: (_) => _[0]?.n ?? null })
})
