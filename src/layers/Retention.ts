/**
 * What may go by its age, and nothing that is needed: of the ledger what has ended, of the data file the rows that checks
 * refused and the manifest's entries that later ones have superseded, of the data folder raw answers and what was left
 * half-written. Ages are days, and each its own setting.
 */
import { Clock, DateTime, Effect, FileSystem, Layer, Option, Path, Schedule } from "effect"
import type * as Asset from "../engine/Asset.ts"
import { Ledger } from "../engine/Ledger.ts"
import { historyOf, Manifest, superseded } from "../engine/Manifest.ts"
import { whole } from "../engine/Partition.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import { OFFENDERS } from "../services/table/audit.ts"

export interface Found {
  readonly what: "runs" | "ticks" | "superseded" | "offenders" | "raw" | "temporary"
  /** Infinite: kept for ever. */
  readonly days: number
  readonly count: number
  /** Of files. */
  readonly bytes: number
}

/** What is older than it is kept; gone when this returns, if it is really meant. */
export const sweep = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, isMeant: boolean) {
  const { dataDir, keep } = yield* Settings
  const now = yield* Clock.currentTimeMillis
  const before = (days: number) => now - days * DAY
  const ledger = yield* Ledger
  const told = yield* ledger.forget({ runs: before(keep.runs), ticks: before(keep.ticks) }, isMeant)
  const entries = yield* outlived(assets, before(keep.superseded), isMeant)
  const offenders = yield* refused(before(keep.offenders), isMeant)
  const path = yield* Path.Path
  const raw = yield* files(path.join(dataDir, "raw"), (name) => name.endsWith(".json.gz"), before(keep.raw), isMeant)
  const temporary = yield* files(dataDir, (name) => name.endsWith(".tmp"), before(keep.temporary), isMeant)
  const found: ReadonlyArray<Found> = [
    { what: "runs", days: keep.runs, count: told.runs, bytes: 0 },
    { what: "ticks", days: keep.ticks, count: told.ticks, bytes: 0 },
    { what: "superseded", days: keep.superseded, count: entries, bytes: 0 },
    { what: "offenders", days: keep.offenders, count: offenders, bytes: 0 },
    { what: "raw", days: keep.raw, ...raw },
    { what: "temporary", days: keep.temporary, ...temporary }
  ]
  return found
})

/** Sweeps at once, and once a day from then on; a sweep that fails is logged, and tried again the next day. */
export const daily = (assets: ReadonlyArray<Asset.Any>) =>
  Layer.effectDiscard(
    sweep(assets, true).pipe(
      Effect.flatMap((found) => {
        const gone = found.filter((_) => _.count > 0).map((_) => `${_.count} ${_.what}`)
        return gone.length === 0 ? Effect.void : Effect.logInfo(`older than they are kept, and gone: ${gone.join(", ")}`)
      }),
      Effect.catchCause((_) => Effect.logWarning("what is older than it is kept could not be removed", _)),
      Effect.repeat(Schedule.spaced("1 day")),
      Effect.forkScoped
    )
  )

// helpers

const DAY = 86_400_000

/** Entries of the manifest that say nothing any more: how many of them are from before. */
const outlived = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, before: number, isMeant: boolean) {
  const history = yield* historyOf(assets)
  const old = [...history].flatMap(([asset, log]) => superseded(log, (asset.per ?? whole).calendar).filter((_) => _.at < before))
  if (isMeant) yield* Manifest.use((_) => _.forget(old.map((_) => _.seq)))
  return old.length
})

const refused = Effect.fnUntraced(function*(before: number, isMeant: boolean) {
  if (before === -Infinity) return 0
  const sql = yield* DuckDb
  const [table] = yield* sql`SELECT 1 FROM duckdb_tables() WHERE table_name = ${OFFENDERS} AND database_name = current_database()`
  if (table === undefined) return 0
  const at = DateTime.makeUnsafe(before)
  const [old] = yield* sql<{ readonly n: number }>`SELECT count(*) AS n FROM ${sql(OFFENDERS)} WHERE refused_at < ${at}`
  if (isMeant) yield* sql`DELETE FROM ${sql(OFFENDERS)} WHERE refused_at < ${at}`
  return old?.n ?? 0
})

/** Files below a folder that nobody has written to since. A link is not followed, and not counted. */
const files = Effect.fnUntraced(function*(folder: string, matches: (name: string) => boolean, before: number, isMeant: boolean) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  if (before === -Infinity || !(yield* fs.exists(folder))) return { count: 0, bytes: 0 }
  let [count, bytes] = [0, 0]
  for (const name of yield* fs.readDirectory(folder, { recursive: true })) {
    if (!matches(path.basename(name))) continue
    const file = path.join(folder, name)
    // what another process has just removed or renamed is nobody's to remove
    const info = yield* Effect.option(fs.stat(file))
    if (Option.isNone(info) || info.value.type !== "File" || Option.isSome(yield* Effect.option(fs.readLink(file)))) continue
    const at = Option.map(info.value.mtime, (_) => _.getTime())
    if (Option.getOrElse(at, () => Infinity) >= before) continue
    count++
    bytes += Number(info.value.size)
    if (isMeant) yield* Effect.ignore(fs.remove(file))
  }
  return { count, bytes }
})
