/**
 * Whose data a file holds: `_meta` says its source, its currency and the version of its format. A file stamped otherwise is
 * refused, and so is one with tables and no stamp; both are left as they are. A file without tables is stamped.
 */
import { Effect } from "effect"
import { DuckDbError, type Reason } from "../../services/DuckDb.ts"
import { catalog } from "./database.ts"
import { words } from "./failure.ts"
import type { Connection } from "./native.ts"

export interface Stamp {
  readonly source: string
  readonly currency: string
}

/** What an attached file says of itself. */
export type Found =
  | { readonly _tag: "Empty" }
  | { readonly _tag: "Unstamped"; readonly tables: ReadonlyArray<string> }
  | { readonly _tag: "Stamped"; readonly stamp: Stamp; readonly format: number }

export const find = Effect.fn("DuckDb.stamp")((connection: Connection, path: string) =>
  Effect.tryPromise({
    try: () => look(connection),
    catch: (cause) =>
      new DuckDbError({
        asked: path,
        reason: {
          _tag: "Damaged",
          found: `its stamp cannot be read: ${words(cause)}`,
          todo: "Restore a copy, or move it away and run again to rebuild"
        }
      })
  })
)

/** Fails unless the file is ours: of this source and currency, and of a format that this program knows. */
export const accept = Effect.fnUntraced(function*(path: string, found: Found, wanted: Stamp, format: number) {
  const reason = refusal(found, wanted, format)
  if (reason !== undefined) return yield* new DuckDbError({ asked: path, reason })
})

/** The statements that stamp an empty file; for one transaction. */
export const statements = (stamp: Stamp, format: number): ReadonlyArray<readonly [sql: string, params: ReadonlyArray<string>]> => [
  ["CREATE TABLE _meta (key VARCHAR, value VARCHAR)", []],
  ["INSERT INTO _meta VALUES ('source', $1), ('currency', $2), ('format', $3)", [stamp.source, stamp.currency, String(format)]]
]

// helpers

const look = async (connection: Connection): Promise<Found> => {
  const rows = async (sql: string) => (await (await connection.run(sql)).getRows()).map((row) => row.map(String))
  const stamp = await rows(`SELECT key, value FROM ${catalog}._meta`).catch(async (cause: unknown) => {
    const tables = (await rows(
      `SELECT table_name FROM duckdb_tables() WHERE database_name = '${catalog}'
       UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = '${catalog}' AND NOT internal
       ORDER BY 1`
    )).flat()
    if (tables.includes("_meta")) throw cause
    return { tables }
  })
  if ("tables" in stamp) return stamp.tables.length === 0 ? { _tag: "Empty" } : { _tag: "Unstamped", tables: stamp.tables }
  const meta = new Map(stamp.map(([key, value]) => [key, value]))
  return {
    _tag: "Stamped",
    stamp: { source: meta.get("source") ?? "unknown", currency: meta.get("currency") ?? "unknown" },
    format: Number(meta.get("format"))
  }
}

const refusal = (found: Found, wanted: Stamp, format: number): Reason | undefined => {
  switch (found._tag) {
    case "Empty":
      return undefined
    case "Unstamped":
      return {
        _tag: "Foreign",
        found: `it holds the tables ${
          some(found.tables)
        } and no stamp of this program: it was made by another one, perhaps by the earlier Python project, whose file has the same name`,
        todo: "It was left as it is. Rename it, or set DUCKDB_PATH to another file"
      }
    case "Stamped":
      if (found.stamp.source !== wanted.source || found.stamp.currency !== wanted.currency) {
        return {
          _tag: "Foreign",
          found:
            `it holds ${found.stamp.source} data in ${found.stamp.currency}, and ${wanted.source} data in ${wanted.currency} was asked for: the two never meet in one file`,
          todo: "Set DUCKDB_PATH or CRYPTO_DATA_DIR to another place, or ask for what it holds with CRYPTO_SOURCE and CRYPTO_CURRENCY"
        }
      }
      return found.format <= format
        ? undefined
        : { _tag: "WrongVersion", what: "the format of its tables", found: String(found.format), expected: `at most ${format}` }
  }
}

const some = (names: ReadonlyArray<string>) => names.length > 4 ? `${names.slice(0, 4).join(", ")}, … (${names.length})` : names.join(", ")
