/** A table as it is found before rows go into it, and made fit for them: its columns may be those of yesterday's rows. */
import { Data, Effect } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import type * as Column from "../Column.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"
import { ddl, type Shape } from "./Shape.ts"

/**
 * DuckDB's row group. So many rows go into the file as they are made, past the log whose size makes DuckDB clean up by itself: without a
 * checkpoint, what they replace, or they themselves when they are thrown away, takes room in the file until it is closed.
 */
export const rowGroup = 122_880

/** What stands under a table's name is a view, or has other columns than its rows have now. */
export class Unfit extends Data.TaggedError("Unfit")<{ readonly isView: boolean; readonly columns: ReadonlyArray<string> }> {}

/** So that there is one, where one can be made; a view under its name is left alone. */
export const ensure = (sql: DuckDbClient, { name }: Asset.Any, shape: Shape) => {
  const table = sql`CREATE TABLE IF NOT EXISTS ${sql(name)} (${ddl(sql, shape)})`
  return sql.isReadOnly ? Effect.succeed([]) : table
}

/** What is to be known of a table that exists before rows go into it. */
export const found = Effect.fnUntraced(function*(sql: DuckDbClient, { from, name }: Asset.Any, shape: Shape) {
  const sources = [...new Set(Object.values(from).map((_) => _.asset.name))]
  const look = sql`
    WITH tables AS (
      SELECT
        count(*) FILTER (table_name = ${name}) > 0 AS "isTable",
        count(*) FILTER (estimated_size < ${rowGroup} AND ${sql.in("table_name", sources)}) AS little
      FROM duckdb_tables()
      WHERE database_name = current_database()
    )
    SELECT name, type, EXISTS (FROM ${sql(name)}) AS "hasRows", "isTable", little
    FROM pragma_table_info(${name}), tables`
  const columns = yield* sql<{ name: string; type: string; hasRows: boolean; isTable: boolean; little: number }>`${written(look)}`
  const isView = columns[0]?.isTable === false
  const type = (_: Column.Column) => _.type === "TIMESTAMPTZ" ? "TIMESTAMP WITH TIME ZONE" : _.type
  const fits = columns.length === shape.columns.length &&
    shape.columns.every((_, i) => columns[i]?.name === _.name && columns[i]?.type === type(_))
  if (isView || !fits) return yield* new Unfit({ isView, columns: columns.map((_) => _.name) })
  return {
    hasRows: columns[0]?.hasRows === true,
    /** All that it reads lies in one row group each, and so will what follows from it, mostly: there no order spares a reader anything. */
    readsLittle: sources.length > 0 && columns[0]?.little === sources.length
  }
})

/** A table as its rows are now: what was added is missing in old rows, what was dropped is dropped; a view gives way. */
export const fit = Effect.fnUntraced(function*(sql: DuckDbClient, asset: Asset.Any, shape: Shape, { columns, isView }: Unfit) {
  const { name } = asset
  if (isView) return yield* Effect.andThen(sql`DROP VIEW ${sql(name)}`, ensure(sql, asset, shape))
  const kept = (_: Column.Column) =>
    columns.includes(_.name)
      ? sql`TRY_CAST(${sql(_.name)} AS ${sql.literal(_.type)}) AS ${sql(_.name)}`
      : sql`NULL::${sql.literal(_.type)} AS ${sql(_.name)}`
  yield* sql`CREATE OR REPLACE TABLE ${sql(name)} AS SELECT ${sql.csv(shape.columns.map(kept))} FROM ${sql(name)}`
  return yield* sql.checkpoint
})
