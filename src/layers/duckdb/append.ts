/**
 * Bulk append: columns of values, chunk by chunk, into a table. Each value is checked against its column on the way, since
 * the driver would turn a string into NaN and `undefined` into NULL without a word.
 */
import type { Connection } from "./connection.ts"
import { ours } from "./failure.ts"
import type { Api, Connection as Native, Value } from "./native.ts"
import { Unfit } from "./values.ts"
import { quotedName } from "../../services/quotedName.ts"

export type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

/** All rows or none: the caller holds the transaction. */
export const append = (duck: Api, connection: Connection, table: string, columns: Columns) =>
  connection.use(`append to ${table}`, true, async (native, stopping) => {
    const target = await describe(native, table)
    const rows = rowCount(table, columns)
    check(table, target.names, columns)
    const writers = target.types.map((type, index) => ({
      name: target.names[index] ?? "",
      values: columns[target.names[index] ?? ""] ?? [],
      write: connection.shared.values.writer(type)
    }))
    const appender = await native.createAppender(table)
    try {
      for (let from = 0; from < rows && !stopping(); from += vector) {
        const size = Math.min(vector, rows - from)
        const chunk = duck.DuckDBDataChunk.create(target.types, size)
        chunk.setColumns(writers.map(({ name, values, write }) => convert(table, name, values, write, from, size)))
        appender.appendDataChunk(chunk)
        // the appender works on this thread: let others have it now and then
        if ((from / vector) % breath === breath - 1) await new Promise<void>((resume) => setImmediate(resume))
      }
      if (stopping()) throw new Error("INTERRUPT Error: stopped while rows were appended")
      appender.flushSync()
      appender.closeSync()
    } catch (cause) {
      appender.clear()
      try {
        appender.closeSync()
      } catch {
        // said already
      }
      throw cause
    }
    return rows
  })

// helpers

/** DuckDB's vector size. */
const vector = 2048
const breath = 8

const describe = async (native: Native, table: string) => {
  const result = await native.run(`FROM ${quotedName(table)} LIMIT 0`)
  return { names: result.columnNames(), types: result.columnTypes() }
}

const bad = (asked: string, found: string, expected: string) => ours(asked, { _tag: "BadValue", found, expected }).reason.cause

const rowCount = (table: string, columns: Columns): number => {
  const lengths = new Set(Object.values(columns).map((values) => values.length))
  if (lengths.size > 1) throw bad(`append to ${table}`, `columns of ${[...lengths].join(" and ")} values`, "as many in each")
  return [...lengths][0] ?? 0
}

const check = (table: string, names: ReadonlyArray<string>, columns: Columns): void => {
  const given = Object.keys(columns)
  const missing = names.filter((name) => !given.includes(name))
  const unknown = given.filter((name) => !names.includes(name))
  if (missing.length + unknown.length > 0) throw bad(`append to ${table}`, `the columns ${given.join(", ")}`, names.join(", "))
}

const convert = (
  table: string,
  name: string,
  values: ReadonlyArray<unknown>,
  write: (value: unknown) => Value,
  from: number,
  size: number
): Array<Value> => {
  const out: Array<Value> = []
  for (let index = from; index < from + size; index++) {
    try {
      out.push(write(values[index]))
    } catch (cause) {
      throw cause instanceof Unfit ? bad(`append to ${table}, column ${name}, row ${index + 1}`, cause.found, cause.expected) : cause
    }
  }
  return out
}
