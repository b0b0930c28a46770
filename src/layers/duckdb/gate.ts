/**
 * What a stranger's query may be: one SELECT, or EXPLAIN of one, that reads the tables of the data file.
 *
 * DuckDB's own parser decides, not a pattern: `json_serialize_sql` knows SELECT and nothing else, and names every function
 * in it. Table functions are refused unless they are on the list: some write (`enable_logging` with a file even ends the
 * process when it is not allowed to), some run a text as SQL. The instance is locked besides: no files, no network, no
 * settings; and the query runs in a read-only transaction that is always rolled back.
 */
import type { Schema } from "effect"
import type { ReadOnlyResult } from "../../services/DuckDb.ts"
import { objects, readAll, type Shared } from "./connection.ts"
import { ours, words } from "./failure.ts"
import type { Connection as Native } from "./native.ts"

export const readOnly = async (
  native: Native,
  shared: Shared,
  sql: string,
  limit: number,
  stopping: () => boolean
): Promise<ReadOnlyResult> => {
  const query = await admit(native, sql)
  await native.run("BEGIN TRANSACTION READ ONLY")
  try {
    // on lines of its own, so that a comment at its end does not reach the bracket
    const result = await native.run(
      query.explain === undefined ? `SELECT * FROM (\n${query.select}\n) LIMIT ${limit + 1}` : `${query.explain} ${query.select}`
    )
    const rows = await readAll(result, { ...shared, maxRows: limit + 1 }, sql, json, "text", stopping)
    const types = result.columnTypes()
    return {
      columns: result.deduplicatedColumnNames().map((name, index) => ({ name, type: String(types[index]) })),
      rows: rows.slice(0, limit),
      truncated: rows.length > limit
    }
  } finally {
    // an interruption may hit this, too: the connection is thrown away, and the transaction with it
    await native.run("ROLLBACK").catch(() => undefined)
  }
}

// helpers

interface Admitted {
  readonly explain: string | undefined
  readonly select: string
}

const refuse = (sql: string, found: string) => ours(sql.replaceAll("\0", "\\0"), { _tag: "NotAllowed", found }).reason.cause

const admit = async (native: Native, sql: string): Promise<Admitted> => {
  if (sql.includes("\0")) throw refuse(sql, "a NUL character")
  const explain = explains.exec(sql)?.[0]
  const select = sql.slice(explain?.length ?? 0).replace(/[;\s]+$/, "")
  const parsed: unknown = JSON.parse(
    String((await (await native.run("SELECT json_serialize_sql($1::VARCHAR)", [select])).getRows())[0]?.[0])
  )
  const error = errorIn(parsed)
  if (error !== undefined) throw refuse(sql, error)
  const statements = field(parsed, "statements")
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw refuse(sql, Array.isArray(statements) && statements.length > 1 ? "more than one statement" : "no statement")
  }
  // a table that does not exist may still be a file's name, which DuckDB reads where it is allowed to write
  const file = [...namesIn(parsed, "table_name")].find((name) => /[./\\]/.test(name))
  if (file !== undefined) throw refuse(sql, `the file ${file}`)
  const used = [...namesIn(parsed, "function_name")].filter((name) => !harmless.has(name))
  const known = used.length === 0 ? [] : await (await native.run(
    `SELECT DISTINCT function_name FROM duckdb_functions()
     WHERE function_type IN ('table', 'pragma') AND function_name IN (${used.map((_, index) => `$${index + 1}`).join(", ")})`,
    used
  )).getRows()
  const banned = [...known.map(([name]) => String(name)), ...used.filter((name) => effects.has(name))]
  if (banned.length > 0) throw refuse(sql, `the function ${banned.join(", ")}`)
  return { explain, select }
}

const explains = /^\s*EXPLAIN\s+(?:ANALYZE\s+)?/i

/** Table functions that read the database and nothing else. */
const harmless = new Set([
  "range",
  "generate_series",
  "unnest",
  "repeat",
  "json_each",
  "json_tree",
  "duckdb_columns",
  "duckdb_constraints",
  "duckdb_databases",
  "duckdb_functions",
  "duckdb_keywords",
  "duckdb_schemas",
  "duckdb_settings",
  "duckdb_tables",
  "duckdb_types",
  "duckdb_views",
  "pragma_table_info",
  "pragma_storage_info",
  "pragma_database_size",
  "pragma_version",
  "pg_timezone_names",
  "icu_calendar_names",
  "summary"
])

/** Plain functions that do more than answer. */
const effects = new Set(["write_log", "nextval", "json_execute_serialized_sql"])

const field = (value: unknown, name: string): unknown => typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const errorIn = (parsed: unknown): string | undefined => {
  if (field(parsed, "error") !== true) return undefined
  return field(parsed, "error_type") === "parser" ? `it cannot be parsed: ${words(field(parsed, "error_message"))}` : "it is no SELECT"
}

/** Every text that the parsed statement holds under this name, in lower case, as DuckDB compares names. */
const namesIn = (value: unknown, name: string, found: Set<string> = new Set()): Set<string> => {
  if (Array.isArray(value)) {
    for (const item of value) namesIn(item, name, found)
  } else if (typeof value === "object" && value !== null) {
    const text = field(value, name)
    if (typeof text === "string") found.add(text.toLowerCase())
    for (const item of Object.values(value)) namesIn(item, name, found)
  }
  return found
}

const json = (names: ReadonlyArray<string>) => {
  const row = objects(names)
  return (values: ReadonlyArray<unknown>) => toJson(row(values))
}

const toJson = (row: Record<string, unknown>): Record<string, Schema.Json> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toJsonValue(value)]))

const toJsonValue = (value: unknown): Schema.Json => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex")
  if (Array.isArray(value)) return value.map(toJsonValue)
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJsonValue(inner)]))
  return String(value)
}
