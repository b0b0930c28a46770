/** A table's columns and how its rows are told apart: by the key's column, the subject's, the log's. */
import { DateTime, Effect } from "effect"
import { Statement } from "effect/sql"
import type * as Asset from "../../engine/Asset.ts"
import type { Calendar } from "../../engine/Calendar.ts"
import type { Window } from "../../engine/Partition.ts"
import type * as Store from "../../engine/Store.ts"
import type * as Column from "../Column.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"

/** What the statements of a table are made from. */
export interface Shape {
  readonly columns: ReadonlyArray<Column.Column>
  readonly key: string | undefined
  readonly subject: string | undefined
  readonly log: string | undefined
}

export const ddl = (sql: DuckDbClient, shape: Shape) => sql.csv(shape.columns.map((_) => sql`${sql(_.name)} ${sql.literal(_.type)}`))

/** An asset's table comes along when the asset is renamed: the newest of its old names that there is, if it has none under the new one. */
export const adopt = Effect.fnUntraced(function*(sql: DuckDbClient, { aliases, name }: Asset.Any) {
  if (aliases.length === 0) return
  yield* sql.atomic(Effect.gen(function*() {
    const found = yield* sql<{ name: string }>`
      SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND ${
      sql.in("table_name", [name, ...aliases])
    }`
    const old = aliases.find((alias) => found.some((_) => _.name === alias))
    if (old !== undefined && found.every((_) => _.name !== name)) yield* sql`ALTER TABLE ${sql(old)} RENAME TO ${sql(name)}`
  }))
})

/** The rows of a slice: those whose key lies in the window's time, of one subject or of all. */
export const slicing = (sql: DuckDbClient, asset: Asset.Any, shape: Shape, { subject, window }: Store.Slice): Statement.Fragment => {
  const conditions: Array<Statement.Fragment> = []
  if (asset.per !== undefined && shape.key !== undefined) conditions.push(inside(sql, shape, window))
  if (subject !== undefined && shape.subject !== undefined) conditions.push(sql`${sql(shape.subject)} = ${subject}`)
  if (shape.log !== undefined) conditions.push(sql`${sql(shape.log)} = (SELECT max(${sql(shape.log)}) FROM ${sql(asset.name)})`)
  return conditions.length === 0 ? sql`true` : sql.and(conditions)
}

export const inside = (sql: DuckDbClient, { columns, key = "" }: Shape, window: Window): Statement.Fragment => {
  if (window.calendar.unit === "static") return sql`${sql(key)} IN ${sql.in(window.keys)}`
  const [start, end] = [window.from, window.to + 1].map((_) => edgeOf(sql, columns, key, window.calendar, _))
  return sql`(${sql(key)} >= ${start ?? null} AND ${sql(key)} < ${end ?? null})`
}

/** Where a key begins, as its column has it: a date by the calendar's clocks, or an instant. */
export const edgeOf = (
  sql: DuckDbClient,
  columns: Shape["columns"],
  column: string,
  calendar: Calendar,
  ordinal: number
): Statement.Fragment =>
  hasDates(columns, column, calendar)
    ? written(sql`${calendar.dateOf(ordinal)}::DATE`)
    : written(sql`${DateTime.makeUnsafe(calendar.startOf(ordinal))}`)

export const hasDates = (columns: Shape["columns"], column: string, { unit }: Calendar): boolean =>
  unit !== "hour" && columns.some((_) => _.name === column && _.type === "DATE")

/** No asset is called so: a name begins with a letter. */
export const stagedName = ({ asset }: Store.Step) => `_staged_${asset.name}`
export const staged = (sql: DuckDbClient, step: Store.Step) => sql`${sql(stagedName(step))}`

/**
 * The content of a row as a number: summed, of some rows, whatever their order. Of a double the first 41 bits count, twelve
 * digits: parallel sums are not stable to the last bit. 4097 x is rounded to 53 bits, and 4096 x taken from it is exact: 41
 * bits of x are left.
 */
export const contentOf = (sql: DuckDbClient, { columns }: Shape): Statement.Fragment => {
  const content = ({ name, type }: Column.Column) => type === "DOUBLE" ? sql`${sql(name)} * 4097 - ${sql(name)} * 4096` : sql`${sql(name)}`
  return sql`hash(${sql.csv(columns.map(content))})::HUGEINT`
}

/** Rows lie by what names them: a reader of some passes over the rest. */
export const sorted = (sql: DuckDbClient, { columns }: Shape): Statement.Fragment => {
  const names = columns.filter((_) => _.type !== "DOUBLE").map((_) => sql`${sql(_.name)}`)
  return names.length === 0 ? sql`` : sql`ORDER BY ${sql.csv(names)}`
}
