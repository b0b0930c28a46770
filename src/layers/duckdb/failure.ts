/**
 * What DuckDB says when it says no, as Effect's `SqlError`.
 *
 * The driver's errors have a text and nothing else, so the text's beginning decides; the version is pinned, and a test
 * holds each class against that version's own words.
 */
import { SqlError } from "effect/sql"
import { DuckDbError, type Reason } from "../../services/DuckDb.ts"
import type { Failure } from "./native.ts"
import { Unfit } from "./values.ts"

/** The first paragraph: DuckDB adds the stack, and the statement with a caret, after it. */
export const words = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split(/\n\n|\n\s*LINE \d+:/, 1).join("").trim()

/**
 * The database itself is gone until it is closed and opened again. FATAL and INTERNAL invalidate an instance; a failed
 * checkpoint of an attached file says "IO Error: … has been invalidated"; after a close by another fiber, "disconnected".
 */
export const isDown = (said: string): boolean => down.test(said)

export const sqlError = (failure: Failure, asked: string): SqlError.SqlError => {
  if (failure._tag === "Late") return ours(asked, { _tag: "Timeout", seconds: failure.seconds })
  if (failure.cause instanceof Unfit) return ours(asked, { _tag: "BadValue", found: failure.cause.found, expected: failure.cause.expected })
  if (failure.cause instanceof DuckDbError) return wrap(failure.cause)
  const said = words(failure.cause)
  if (isDown(said)) return ours(asked, { _tag: "Down", found: said, stopped: false })
  return new SqlError.SqlError({
    reason: reasonFor(said, { cause: failure.cause, message: `${brief(asked)}: ${said}`, operation: "statement" })
  })
}

/** A reason of ours, where the interface wants a `SqlError`: it is the cause. */
export const ours = (asked: string, reason: Reason): SqlError.SqlError => wrap(new DuckDbError({ asked: brief(asked), reason }))

export const wrap = (cause: DuckDbError): SqlError.SqlError => {
  const props = { cause, message: cause.message, operation: "statement" }
  const { reason } = cause
  switch (reason._tag) {
    case "Down": // a new connection comes from a database opened again
      return new SqlError.SqlError({ reason: reason.stopped ? new SqlError.UnknownError(props) : new SqlError.ConnectionError(props) })
    case "Timeout":
      return new SqlError.SqlError({ reason: new SqlError.StatementTimeoutError(props) })
    default:
      return new SqlError.SqlError({ reason: new SqlError.UnknownError(props) })
  }
}

/** A statement as it may stand in a message: its beginning, on one line. Values are parameters, so it holds none. */
export const brief = (sql: string): string => {
  const line = sql.trim().replaceAll(/\s+/g, " ")
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}

/** After a COMMIT that failed there is no transaction any more, and ROLLBACK says so: that is no error. */
export const isNoTransaction = (said: string): boolean => /no transaction is active/.test(said)

// helpers

const down = /^(?:[\w ]+: )?(?:FATAL|INTERNAL) Error|has been invalidated|connection disconnected/

/** What another transaction did first: the whole transaction is worth another try. */
const conflict =
  /Conflict on (?:update|tuple deletion)|write-write conflict|Transaction conflict|Failed to commit: .*(?:PRIMARY KEY or UNIQUE|duplicate key)/i

interface Props {
  readonly cause: unknown
  readonly message: string
  readonly operation: string
}

const reasonFor = (said: string, props: Props): SqlError.SqlErrorReason => {
  if (conflict.test(said)) return new SqlError.SerializationError(props)
  // "Failed to extract statements: Parser Error: …" and the like: the class may stand second
  switch (/^(?:Failed to [\w ]+: )?([A-Z][\w ]*?) Error:/.exec(said)?.[1]) {
    case "Parser":
    case "Binder":
    case "Catalog":
      return new SqlError.SqlSyntaxError(props)
    case "Constraint":
      return /unique|primary key/i.test(said)
        ? new SqlError.UniqueViolation({ ...props, constraint: /key "(.*?)"/i.exec(said)?.[1] ?? "unknown" })
        : new SqlError.ConstraintError(props)
    case "Permission":
      return new SqlError.AuthorizationError(props)
    default:
      return new SqlError.UnknownError(props)
  }
}
