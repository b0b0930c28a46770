/**
 * A table as an Arrow IPC file (`ARROW1`), which pyarrow, polars, R and others open without reading it through.
 *
 * The rows are put in order and numbered once, and then read by that number, a page at a time: all are of one moment, one
 * page of them is in memory, and the file is whole or an error. A page is a record batch. Types are DuckDB's own: DATE is
 * Date32, TIMESTAMPTZ a Timestamp of microseconds in UTC, BIGINT Int64, DOUBLE Float64, VARCHAR Utf8; NULL is null. What a
 * column says, with its formula and unit, goes with its field as `description`.
 */
import type * as Arrow from "apache-arrow"
import { Effect, FileSystem } from "effect"
import { SqlClient } from "effect/sql"
import type * as Column from "../services/Column.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { quotedName } from "../services/quotedName.ts"

/** Rows of a record batch. */
const pageSize = 65_536

/** Writes the table's columns to the file, in the order of their rows' values, and answers with the number of rows. */
export const write = Effect.fn("ArrowFile.write")(function*(table: string, columns: ReadonlyArray<Column.Column>, file: string) {
  const arrow = yield* load
  const sql = yield* DuckDb
  const fs = yield* FileSystem.FileSystem
  const shapes = shapesOf(arrow)
  const fields = columns.map(({ description, name, type }) =>
    new arrow.Field(name, shapes[type].type, true, description === undefined ? undefined : new Map([["description", description]]))
  )
  const schema = new arrow.Schema(fields)
  const batch = (rows: ReadonlyArray<ReadonlyArray<unknown>>) => {
    const children = columns.map(({ type }, i) => {
      const { kept, type: meant } = shapes[type]
      const cells = arrow.makeBuilder({ type: kept, nullValues: [null] })
      for (const row of rows) cells.append(row[i])
      return cells.finish().flush().clone(meant)
    })
    return new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(fields), length: rows.length, nullCount: 0, children }))
  }

  const opened = yield* fs.open(file, { flag: "w" })
  const made: Array<Uint8Array> = []
  const writer = new arrow.RecordBatchFileWriter()
  writer.reset(Object.assign(new arrow.AsyncByteQueue(), { write: (bytes: Uint8Array) => void made.push(bytes) }), schema)
  const flush = Effect.suspend(() => Effect.forEach(made.splice(0), (_) => opened.writeAll(_), { discard: true }))

  const cells = sql.csv(columns.map(({ name, type }) => sql`${sql.literal(shapes[type].cell(quotedName(name)))} AS ${sql(name)}`))
  const order = sql.csv(columns.map(({ name }) => sql`${sql(name)}`))
  const pages = Effect.gen(function*() {
    yield* sql`CREATE TEMP TABLE _arrow AS SELECT ${cells}, row_number() OVER (ORDER BY ${order}) AS "row number" FROM ${sql(table)}`
    let rows = 0
    for (;;) {
      const page = yield* sql`
        SELECT * EXCLUDE ("row number")
        FROM temp._arrow
        WHERE "row number" > ${rows} AND "row number" <= ${rows + pageSize}
        ORDER BY "row number"`.values
      if (page.length === 0) return rows
      writer.write(batch(page))
      yield* flush
      rows += page.length
    }
  })
  const rows = yield* sql.withTransaction(pages).pipe(Effect.provideService(SqlClient.SafeIntegers, true))
  writer.close()
  yield* flush
  yield* opened.sync
  return rows
}, Effect.scoped)

// helpers

type Api = typeof Arrow

const load: Effect.Effect<Api> = Effect.promise(() => import("apache-arrow"))

interface Shape {
  readonly type: Arrow.DataType
  /** What the values are in memory: a number of days or microseconds is one before it is a date or an instant. */
  readonly kept: Arrow.DataType
  /** How DuckDB says a value in that way. */
  readonly cell: (column: string) => string
}

const shapesOf = (arrow: Api): Readonly<Record<Column.Column["type"], Shape>> => {
  const same = (type: Arrow.DataType, name: string): Shape => ({ type, kept: type, cell: (_) => `${_}::${name}` })
  return {
    DATE: { type: new arrow.DateDay(), kept: new arrow.Int32(), cell: (_) => `(${_} - DATE '1970-01-01')::INTEGER` },
    TIMESTAMPTZ: { type: new arrow.TimestampMicrosecond("UTC"), kept: new arrow.Int64(), cell: (_) => `epoch_us(${_})` },
    BIGINT: same(new arrow.Int64(), "BIGINT"),
    DOUBLE: same(new arrow.Float64(), "DOUBLE"),
    BOOLEAN: same(new arrow.Bool(), "BOOLEAN"),
    VARCHAR: same(new arrow.Utf8(), "VARCHAR")
  }
}
