/** What an asset's table holds: each column with what it says and what is in it, and the last rows. */
import { Effect, Option, Schema } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb, type DuckDbClient } from "../../services/DuckDb.ts"
import { quotedName } from "../../services/quotedName.ts"
import { newestFirst } from "./newestFirst.ts"

export const Profile = Schema.Struct({
  rows: Schema.Int,
  columns: Schema.Array(Schema.Struct({
    name: Schema.String,
    type: Schema.String,
    /** What it says, with its formula and unit. */
    description: Schema.NullOr(Schema.String),
    nulls: Schema.Int,
    /** Different values; of more than 200,000 rows about so many. */
    distinct: Schema.Int,
    min: Schema.NullOr(Schema.String),
    max: Schema.NullOr(Schema.String)
  })),
  /** The newest first. */
  lastRows: Schema.Array(Schema.Record(Schema.String, Schema.Json))
})

/** Nothing for what is no table, or has none yet. */
export const profileOf = Effect.fnUntraced(function*(asset: Asset.Any, limit: number) {
  const duckDb = yield* Effect.serviceOption(DuckDb)
  const { row } = asset.into
  if (asset.into.kind !== "table" || row === undefined || Option.isNone(duckDb)) return null
  const sql = duckDb.value
  const table = asset.name
  const [is] = yield* sql<{ n: number }>`
    SELECT count(*) AS n FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ${table}`
  if ((is?.n ?? 0) === 0) return null
  const columns = Column.of(row)
  const [counted] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM ${sql(table)}`
  const rows = counted?.n ?? 0
  const [told = {}] = yield* sql<Readonly<Record<string, string | number | null>>>`
    SELECT ${sql.csv(columns.flatMap(({ name }, i) => measures(sql, name, i, rows)))} FROM ${sql(table)}`
  // as a stranger's query, so that its values are JSON
  const { rows: lastRows } = yield* sql.queryReadOnly(
    `SELECT * FROM (SELECT ${columns.map((_) => quotedName(_.name)).join(", ")} FROM ${quotedName(table)}) ORDER BY ${
      newestFirst(columns)
    }`,
    { limit }
  )
  const profile: typeof Profile.Type = {
    rows,
    columns: columns.map(({ description, name, type }, i) => ({
      name,
      type,
      description: description ?? null,
      nulls: Number(told[`n${i}`] ?? 0),
      distinct: Number(told[`d${i}`] ?? 0),
      min: textOf(told[`a${i}`]),
      max: textOf(told[`z${i}`])
    })),
    lastRows
  }
  return profile
})

// helpers

/** Counting different values exactly takes a table in memory. */
const manyRows = 200_000

const measures = (sql: DuckDbClient, name: string, i: number, rows: number) => {
  const column = sql`${sql(name)}`
  return [
    sql`(count(*) - count(${column}))::BIGINT AS ${sql(`n${i}`)}`,
    rows > manyRows
      ? sql`approx_count_distinct(${column})::BIGINT AS ${sql(`d${i}`)}`
      : sql`count(DISTINCT ${column})::BIGINT AS ${sql(`d${i}`)}`,
    sql`min(${column})::VARCHAR AS ${sql(`a${i}`)}`,
    sql`max(${column})::VARCHAR AS ${sql(`z${i}`)}`
  ]
}

const textOf = (value: string | number | null | undefined): string | null => value === null || value === undefined ? null : String(value)
