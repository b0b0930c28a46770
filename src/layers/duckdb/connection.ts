/**
 * A connection as Effect's `SqlClient` wants it: one statement at a time, each result whole.
 *
 * A transaction's connection remembers its first failed statement and then refuses everything, COMMIT too: DuckDB answers
 * a COMMIT after a failure with success, and keeps nothing. Outside of a transaction, a statement that may write waits for
 * its turn, as transactions do: DuckDB lets a delete win silently over another transaction's update of the same row.
 */
import { Effect, Semaphore, Stream } from "effect"
import { SqlClient, type SqlConnection, type SqlError } from "effect/sql"
import type { Database } from "./database.ts"
import { brief, isDown, isNoTransaction, ours, sqlError, words } from "./failure.ts"
import type { Connection as Native, Link, Result } from "./native.ts"
import type { Values, Whole } from "./values.ts"

/** What the connections of one database share. */
export interface Shared {
  readonly database: Database
  readonly values: Values
  /** Each native call takes a thread of the pool that files and DNS need, too. */
  readonly threads: Semaphore.Semaphore
  /** One writer at a time. */
  readonly turn: Semaphore.Semaphore
  /** No result has more rows. */
  readonly maxRows: number
  /** Milliseconds that a statement may take. */
  readonly deadline: number
}

/** DuckDB has no savepoints: a transaction inside another joins it, and ends it when it fails. */
export const savepoint = "-- joins the outer transaction"
export const rollbackSavepoint = "-- a transaction inside this one failed"

export class Connection implements SqlConnection.Connection {
  readonly shared: Shared
  readonly link: Link
  readonly transaction: boolean
  private readonly one = Semaphore.makeUnsafe(1)
  private poison: string | undefined

  constructor(shared: Shared, link: Link, transaction: boolean) {
    this.shared = shared
    this.link = link
    this.transaction = transaction
    link.used ||= transaction
  }

  readonly execute: SqlConnection.Connection["execute"] = (sql, params, transform) => {
    const rows = this.read(sql, params, objects)
    return transform === undefined ? rows : Effect.map(rows, transform)
  }

  readonly executeRaw: SqlConnection.Connection["executeRaw"] = (sql, params) => this.read(sql, params, objects)

  readonly executeValues: SqlConnection.Connection["executeValues"] = (sql, params) => this.read(sql, params, arrays)

  readonly executeValuesUnprepared: SqlConnection.Connection["executeValuesUnprepared"] = (sql, params) => this.read(sql, params, arrays)

  /** BEGIN, ROLLBACK and the stand-ins for savepoints come here. */
  readonly executeUnprepared: SqlConnection.Connection["executeUnprepared"] = (sql, params, transform) => {
    switch (sql) {
      case savepoint:
        return Effect.succeed([])
      case rollbackSavepoint:
        return Effect.sync(() => {
          this.poison ??= "a transaction inside it failed"
          return []
        })
      case "ROLLBACK":
        return Effect.as(this.rollback, [])
      default:
        return this.execute(sql, params, transform)
    }
  }

  /** Read whole, then given out: a failure in its last row fails the stream before its first. */
  readonly executeStream: SqlConnection.Connection["executeStream"] = (sql, params, transform) =>
    Stream.fromIterableEffect(this.execute(sql, params, transform))

  readonly commit: Effect.Effect<void, SqlError.SqlError> = Effect.suspend(() =>
    this.poison === undefined
      ? Effect.andThen(this.shared.database.intact, this.native("COMMIT", (native) => native.run("COMMIT"), Infinity))
      : Effect.fail(this.poisoned("COMMIT"))
  ).pipe(Effect.tapError((error) => this.shared.database.ended(this.link, error)), Effect.asVoid)

  /** The connection is thrown away afterwards, and what is not committed with it; so a database that is gone needs no ROLLBACK. */
  readonly rollback: Effect.Effect<void, SqlError.SqlError> = Effect.suspend(() =>
    this.link.run((native) => native.run("ROLLBACK")).pipe(
      Effect.asVoid,
      Effect.catch((failure) => {
        const said = failure._tag === "Failed" ? words(failure.cause) : ""
        return isNoTransaction(said) || isDown(said) ? Effect.void : Effect.fail(sqlError(failure, "ROLLBACK"))
      })
    )
  )

  /** Work of any kind on the connection, under all its rules; `writes` says whether it needs the turn. */
  use<A>(
    asked: string,
    writes: boolean,
    work: (native: Native, stopping: () => boolean) => Promise<A>,
    deadline: number = this.shared.deadline
  ): Effect.Effect<A, SqlError.SqlError> {
    const run = Effect.suspend(() => {
      this.link.used = true
      return this.native(asked, work, deadline)
    })
    const { database, turn } = this.shared
    const ruled = this.transaction
      ? this.one.withPermits(1)(Effect.suspend(() => this.poison === undefined ? run : Effect.fail(this.poisoned(asked))))
      : writes
      ? turn.withPermits(1)(Effect.andThen(database.intact, run))
      : run
    return ruled.pipe(
      Effect.tapError((error) => database.ended(this.link, error)),
      Effect.onExit((exit) =>
        Effect.sync(() => {
          if (exit._tag === "Failure" && this.transaction) this.poison ??= brief(asked)
        })
      )
    )
  }

  private read<A>(sql: string, params: ReadonlyArray<unknown>, shape: Shape<A>): Effect.Effect<ReadonlyArray<A>, SqlError.SqlError> {
    // the driver would cut the statement there, and run what stands before
    if (sql.includes("\0")) {
      return this.use(sql, false, () =>
        Promise.reject(ours(sql.replaceAll("\0", "\\0"), { _tag: "NotAllowed", found: "a NUL character" }).reason.cause))
    }
    return Effect.flatMap(SqlClient.SafeIntegers, (safe) => {
      const { used } = this.link
      return this.use(sql, mayWrite(sql), async (native, stopping) => {
        const result = await start(native, this.shared.values, sql, params)
        const rows = await readAll(result, this.shared, sql, shape, safe ? "bigint" : "number", stopping)
        if (leavesNothing(sql)) this.link.used = used
        return rows
      })
    })
  }

  private native<A>(asked: string, work: (native: Native, stopping: () => boolean) => Promise<A>, deadline: number) {
    return this.shared.threads.withPermits(1)(this.link.run(work, deadline)).pipe(Effect.mapError((failure) => sqlError(failure, asked)))
  }

  private poisoned(asked: string): SqlError.SqlError {
    return ours(asked, {
      _tag: "NotAllowed",
      found:
        `this transaction is over, since a statement in it failed (${this.poison}); nothing of it is kept, also when that error was caught`
    })
  }
}

/** Rows by name, as objects. A column called `__proto__` is a column like any other. */
export const objects: Shape<Record<string, unknown>> = (names) =>
  names.includes("__proto__")
    ? (values) => Object.fromEntries(values.map((value, index) => [names[index] ?? "", value]))
    : (values) => {
      const row: Record<string, unknown> = {}
      for (const [index, name] of names.entries()) row[name] = values[index]
      return row
    }

/** With parameters it is one statement; without, it may be several, and the result is the last one's. */
export const start = async (native: Native, values: Values, sql: string, params: ReadonlyArray<unknown>): Promise<Result> => {
  if (params.length === 0) return native.run(sql)
  const bound = values.bind(params)
  const prepared = await native.prepare(sql)
  try {
    prepared.bind(bound.values, bound.types)
    return await prepared.run()
  } finally {
    prepared.destroySync()
  }
}

export const readAll = async <A>(
  result: Result,
  { values, maxRows }: Pick<Shared, "values" | "maxRows">,
  asked: string,
  shape: Shape<A>,
  whole: Whole,
  stopping: () => boolean
): Promise<Array<A>> => {
  const promised = result.rowCount
  if (promised > maxRows) throw ours(asked, { _tag: "TooLarge", rows: promised, limit: maxRows }).reason.cause
  const row = shape(result.deduplicatedColumnNames())
  const rows: Array<A> = []
  // each call takes the driver to another thread and back: none is made to hear that there is nothing
  while (rows.length < promised) {
    const chunk = await result.fetchChunk()
    if (stopping()) throw new Error("INTERRUPT Error: stopped while its rows were read")
    if (chunk === null || chunk.rowCount === 0) throw new Error(`INTERNAL Error: ${promised} rows were promised, and ${rows.length} came`)
    for (const values_ of chunk.getRows()) rows.push(row(values_.map((value) => values.read(value, whole))))
  }
  return rows
}

// helpers

type Shape<A> = (names: ReadonlyArray<string>) => (values: ReadonlyArray<unknown>) => A

const arrays: Shape<ReadonlyArray<unknown>> = () => (values) => values

const reads = /^[\s(]*(?:SELECT|FROM|VALUES|TABLE|DESCRIBE|SHOW|SUMMARIZE|WITH)\b/i
const changes = /\b(?:INSERT|UPDATE|DELETE|MERGE)\b|;\s*\S/i
/** When in doubt, yes: a reader that waits for its turn loses time and nothing else. */
const mayWrite = (sql: string): boolean => !reads.test(sql) || changes.test(sql)

const makesTable = /^\s*CREATE TABLE IF NOT EXISTS [^;]*$/
/** When in doubt, no: a connection that is made anew loses time and nothing else. */
const leavesNothing = (sql: string): boolean => !mayWrite(sql) || makesTable.test(sql)
