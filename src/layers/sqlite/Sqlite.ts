/**
 * A SQLite file over `node:sqlite`: what is committed is on disk when the call returns (WAL, synchronous FULL).
 *
 * The driver is synchronous, so a transaction is one function that runs from BEGIN IMMEDIATE to COMMIT without letting go
 * of the thread: nothing of this process comes between. Another process may hold the file for a moment; that wait is an
 * Effect's, not the thread's.
 */
import { Effect, Schedule, Schema } from "effect"
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite"

export type Row = Readonly<Record<string, SQLOutputValue>>

export class SqliteError extends Schema.TaggedError<SqliteError>()("SqliteError", {
  path: Schema.String,
  /** SQLite's primary result code: 5 busy, 8 read-only, 10 disk, 11 corrupt, 13 full, 14 cannot open, 19 constraint, 26 not a database. */
  code: Schema.Int,
  said: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `${this.path}: ${this.said} (SQLite ${this.code})${todo.get(this.code) ?? ""}`
  }
  get isBusy(): boolean {
    return this.code === busy
  }
}

/** What a transaction's function works with. It may throw nothing but what SQLite throws. */
export interface Session {
  readonly all: (sql: string, ...params: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Row>
  /** Answers the number of rows changed. */
  readonly run: (sql: string, ...params: ReadonlyArray<SQLInputValue>) => number
}

export interface Sqlite {
  readonly path: string
  readonly all: (sql: string, ...params: ReadonlyArray<SQLInputValue>) => Effect.Effect<ReadonlyArray<Row>, SqliteError>
  /** Everything or nothing; tried again while another process holds the file. */
  readonly transaction: <A>(body: (session: Session) => A) => Effect.Effect<A, SqliteError>
}

/** Opens the file, or makes it; `schema` is run once, in a transaction, and must bear being run again. Closed with the scope. */
export const open = Effect.fn("Sqlite.open")(function*(path: string, schema = "") {
  const attempt = <A>(f: () => A): Effect.Effect<A, SqliteError> => Effect.try({ try: f, catch: (cause) => failure(path, cause) })
  const patient = <A>(effect: Effect.Effect<A, SqliteError>) => Effect.retry(effect, { while: (error) => error.isBusy, schedule: again })

  const database = yield* Effect.acquireRelease(
    attempt(() => new DatabaseSync(path, { timeout: blocking, enableForeignKeyConstraints: true })),
    (database) => Effect.sync(() => database.close())
  )
  yield* patient(attempt(() => database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF")))

  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    prepared.set(sql, made)
    return made
  }
  const session: Session = {
    all: (sql, ...params) => prepare(sql).all(...params),
    run: (sql, ...params) => Number(prepare(sql).run(...params).changes)
  }
  const transaction = <A>(body: (session: Session) => A) =>
    patient(attempt(() => {
      database.exec("BEGIN IMMEDIATE")
      try {
        const result = body(session)
        database.exec("COMMIT")
        return result
      } catch (cause) {
        if (database.isTransaction) database.exec("ROLLBACK")
        throw cause
      }
    }))
  if (schema !== "") yield* transaction(() => database.exec(schema))

  const sqlite: Sqlite = { path, all: (sql, ...params) => patient(attempt(() => session.all(sql, ...params))), transaction }
  return sqlite
})

// helpers

const busy = 5
/** Milliseconds for which the whole process may stand still. */
const blocking = 50
/** About five seconds in all, then the error stands. */
const again = Schedule.min([Schedule.exponential("20 millis"), Schedule.spaced("400 millis")]).pipe(Schedule.jittered,
  Schedule.upTo({ times: 14 }))

const todo = new Map([
  [busy, ". Another process holds it for long: wait for that one, or stop it"],
  [8, ". Check its rights"],
  [10, ". Its disk is full, or can no longer be read and written: make room, or put it where there is some"],
  [11, ". It is damaged: put it aside, and restore a copy"],
  [13, ". Make room on its disk"],
  [14, ". Check that its folder exists and may be written"],
  [26, ". It is no SQLite file: put it aside"]
])

const failure = (path: string, cause: unknown): SqliteError => {
  const extended: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "errcode") : undefined
  return new SqliteError({
    path,
    code: typeof extended === "number" ? extended & 0xff : 1,
    said: cause instanceof Error ? cause.message : String(cause),
    cause
  })
}
