/**
 * The data file, as a `SqlClient` that cannot lie about what it wrote.
 *
 * A statement has a connection of its own, and so has a transaction; what writes takes turns, and what a transaction stages
 * for itself needs none. Any statement that fails inside a transaction ends it, also when the error was caught: nothing of it is kept. A query that is interrupted, or
 * passes its deadline, is stopped. A result is whole or an error.
 *
 * Values come out as JSON has them: DATE "2026-01-31", every timestamp "2026-01-31T00:00:00.000Z", whole numbers as
 * numbers (one that a number cannot hold exactly is an error), DECIMAL as number, LIST as array, STRUCT and MAP as
 * object, BLOB as bytes. They go in as string, number (finite), bigint, boolean, null, `Date`, `DateTime`, bytes or an
 * array of one kind of these; an ISO string fits a DATE or TIMESTAMPTZ parameter.
 */
import { Context, type Duration, type Effect, Option, Schema } from "effect"
import { type SqlClient, SqlError } from "effect/sql"

const Reason = Schema.Union([
  /** Another process has the file, or this one has it already. */
  Schema.TaggedStruct("InUse", {
    pid: Schema.OptionFromNullOr(Schema.Int),
    since: Schema.OptionFromNullOr(Schema.String),
    command: Schema.OptionFromNullOr(Schema.String)
  }),
  /** Not a DuckDB file, or one that belongs to another project, source or currency. */
  Schema.TaggedStruct("Foreign", { found: Schema.String, todo: Schema.String }),
  Schema.TaggedStruct("Damaged", { found: Schema.String, todo: Schema.String }),
  Schema.TaggedStruct("WrongVersion", { what: Schema.String, found: Schema.String, expected: Schema.String }),
  Schema.TaggedStruct("NoSpace", { free: Schema.Finite, needed: Schema.Finite }),
  /** The operating system says no: no such folder, no rights. */
  Schema.TaggedStruct("Unavailable", { found: Schema.String }),
  /** The file under the path is no longer the one that was opened. */
  Schema.TaggedStruct("Replaced", { found: Schema.String }),
  /** DuckDB gave the database up; it is opened again at the next use, unless that happened too often. */
  Schema.TaggedStruct("Down", { found: Schema.String, stopped: Schema.Boolean }),
  /** A query that may only read asked for more. */
  Schema.TaggedStruct("NotAllowed", { found: Schema.String }),
  Schema.TaggedStruct("Timeout", { seconds: Schema.Finite }),
  Schema.TaggedStruct("TooLarge", { rows: Schema.Finite, limit: Schema.Finite }),
  /** A value that the column cannot hold as it is. */
  Schema.TaggedStruct("BadValue", { found: Schema.String, expected: Schema.String })
])
export type Reason = typeof Reason.Type

export class DuckDbError extends Schema.TaggedError<DuckDbError>()("DuckDbError", {
  /** What was asked: a file, a statement, a column. */
  asked: Schema.String,
  reason: Reason
}) {
  override get message() {
    return `${this.asked}: ${say(this.reason)}`
  }

  /** A statement fails with Effect's `SqlError`; when the reason is one of ours, it is the cause of that. */
  static of(error: SqlError.SqlError): Option.Option<DuckDbError> {
    return error.reason.cause instanceof DuckDbError ? Option.some(error.reason.cause) : Option.none()
  }
}

/** What `queryReadOnly` found: at most `limit` rows, and whether there were more. */
export interface ReadOnlyResult {
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>
  /** As JSON has it; a whole number that a number cannot hold is a string, bytes are hex. */
  readonly rows: ReadonlyArray<Readonly<Record<string, Schema.Json>>>
  readonly truncated: boolean
}

export interface DuckDbClient extends SqlClient.SqlClient {
  /** One transaction, made again from its start when it conflicts with another: five tries. Inside a transaction it joins that. */
  readonly atomic: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError.SqlError, R>
  /**
   * One transaction in two parts, made again as `atomic` is. `stage` goes on beside other transactions: it reads, and writes only
   * what is nobody else's. `publish`, in its turn, writes what others see, and the commit follows at once. Both read what was there
   * when the transaction began. Those of one table come one after the other. Inside a transaction both parts join that.
   */
  readonly staging: <A, E, R, B, E2, R2>(
    table: string,
    stage: Effect.Effect<A, E, R>,
    publish: (staged: A) => Effect.Effect<B, E2, R2>
  ) => Effect.Effect<B, E | E2 | SqlError.SqlError, R | R2>
  /**
   * Adds rows by column to a table (a temporary one, too) inside the current transaction, or one of its own.
   * Every column of the table is named; a value that its column would bend is an error. Answers the number of rows.
   */
  readonly append: (
    table: string,
    columns: Readonly<Record<string, ReadonlyArray<unknown>>>
  ) => Effect.Effect<number, DuckDbError | SqlError.SqlError>
  /** One SELECT or EXPLAIN of a stranger's: on a connection of its own, without files, network, settings or writing. */
  readonly queryReadOnly: (
    sql: string,
    options?: { readonly limit?: number; readonly timeout?: Duration.Input }
  ) => Effect.Effect<ReadOnlyResult, DuckDbError | SqlError.SqlError>
  /** Moves what was committed from the log into the file, so that rewriting tables does not grow it for ever. */
  readonly checkpoint: Effect.Effect<void, SqlError.SqlError>
  /** DuckDB's own, as asserted at the start. */
  readonly version: string
  /** Where the data is, or ":memory:". */
  readonly path: string
  /** There was no room to write on its disk, and whoever opened it only looks at it: what would write fails. */
  readonly isReadOnly: boolean
}

/** Whoever opens the data file only looks at it [default: no]: so it is opened also where there is no room to write, and there read-only. */
export const Looking = Context.Reference<boolean>("crypto/services/DuckDb/Looking", { defaultValue: () => false })

export class DuckDb extends Context.Service<DuckDb, DuckDbClient>()("crypto/services/DuckDb") {}

// helpers

const megabytes = (bytes: number) => `${Math.floor(bytes / 1e6)} MB`

const say = (reason: Reason): string => {
  switch (reason._tag) {
    case "InUse": {
      const command = Option.map(reason.command, (command) => `"${command}"`)
      const pid = Option.match(reason.pid, { onNone: () => "", onSome: (pid) => ` (pid ${pid})` })
      const since = Option.match(reason.since, { onNone: () => "", onSome: (since) => ` since ${since}` })
      return `the file is in use by ${Option.getOrElse(command, () => "another process")}${pid}${since}. ` +
        "One process owns it at a time: wait for that one, or stop it"
    }
    case "Foreign":
    case "Damaged":
      return `${reason.found}. ${reason.todo}`
    case "WrongVersion":
      return `${reason.what} is ${reason.found}, but ${reason.expected} is expected. Install the versions of the lock file, or use the newer program`
    case "NoSpace":
      return `${megabytes(reason.free)} are free on its disk, and ${megabytes(reason.needed)} are needed to write safely. Make room`
    case "Unavailable":
      return `${reason.found}. Check that its folder exists and may be written, or set DUCKDB_PATH`
    case "Replaced":
      return `${reason.found}. What would be written now would be lost, so nothing is. Start again`
    case "Down":
      return reason.stopped
        ? `DuckDB gave the database up again and again, last with: ${reason.found}. Look at the disk, then start again`
        : `DuckDB gave the database up: ${reason.found}. What was committed is safe; it is opened again at the next use`
    case "NotAllowed":
      return `not allowed: ${reason.found}. One SELECT, or EXPLAIN of one, over the tables of the data file is`
    case "Timeout":
      return `stopped after ${reason.seconds} s. Ask for less, or give it longer`
    case "TooLarge":
      return `the result has ${reason.rows} rows, and ${reason.limit} are read at most. Aggregate, or read it page by page`
    case "BadValue":
      return `found ${reason.found}, but ${reason.expected} is expected`
  }
}
