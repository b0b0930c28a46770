/**
 * The client: Effect's `SqlClient` over connections of our own, and what only DuckDB has.
 */
import { Duration, Effect, Option, Schedule } from "effect"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import type { DuckDbClient } from "../../services/DuckDb.ts"
import { append } from "./append.ts"
import { Connection, rollbackSavepoint, savepoint, type Shared } from "./connection.ts"
import { ours } from "./failure.ts"
import { readOnly } from "./gate.ts"
import type { Api } from "./native.ts"

export const make = Effect.fnUntraced(function*(duck: Api, shared: Shared, about: Pick<DuckDbClient, "path" | "version">) {
  const { database, turn } = shared
  const connection = (transaction: boolean) => Effect.map(database.link, (link) => new Connection(shared, link, transaction))
  const client = yield* SqlClient.make({
    acquirer: connection(false),
    transactionAcquirer: Effect.andThen(Effect.acquireRelease(turn.take(1), () => turn.release(1)), connection(true)),
    compiler,
    driver: "duckdb",
    spanAttributes: [["db.system.name", "duckdb"], ["db.namespace", about.path]],
    savepoint: () => savepoint,
    rollbackSavepoint: () => rollbackSavepoint,
    commit: (conn) => own(conn).commit,
    onCommitFailure: (conn) => own(conn).rollback
  })
  const current = Effect.map(Effect.serviceOption(client.transactionService), Option.map(([conn]) => own(conn)))

  const extra: Pick<DuckDbClient, "atomic" | "append" | "queryReadOnly" | "checkpoint"> = {
    atomic: (self) =>
      Effect.flatMap(current, (inside) =>
        Option.isSome(inside)
          ? client.withTransaction(self)
          : Effect.retry(client.withTransaction(self), { while: isConflict, schedule: again })),
    append: Effect.fn("DuckDb.append")(function*(table, columns) {
      const inside = yield* current
      if (Option.isSome(inside)) return yield* append(duck, inside.value, table, columns)
      return yield* client.withTransaction(
        Effect.flatMap(current,
          (inside) => Option.isSome(inside) ? append(duck, inside.value, table, columns) : Effect.die("a transaction without a connection"))
      )
    }),
    queryReadOnly: Effect.fn("DuckDb.queryReadOnly")(
      function*(sql, { limit = 10_000, timeout = "5 seconds" } = {}) {
        const stranger = yield* connection(false)
        return yield* stranger.use(sql, false, (native, stopping) => readOnly(native, shared, sql, limit, stopping),
          Duration.toMillis(timeout))
      },
      Effect.scoped
    ),
    checkpoint: Effect.flatMap(current, (inside) =>
      Option.isSome(inside)
        ? Effect.fail(ours("CHECKPOINT", { _tag: "NotAllowed", found: "inside a transaction it would wait for itself" }))
        : Effect.asVoid(client`CHECKPOINT`))
  }
  const made: DuckDbClient = Object.assign(client, extra, about)
  return made
})

// helpers

const own = (conn: SqlConnection.Connection): Connection => {
  if (conn instanceof Connection) return conn
  throw new Error("a connection that this client did not make")
}

const isConflict = (error: unknown): boolean => SqlError.isSqlError(error) && error.reason._tag === "SerializationError"
/** Five tries. */
const again = Schedule.exponential("20 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 4 }))

const compiler = Statement.makeCompiler({
  dialect: "sqlite", // the nearest of the union: it has no "duckdb"
  placeholder: (index) => `$${index}`,
  onIdentifier: Statement.defaultEscape("\""),
  onRecordUpdate: (placeholders, alias, columns, values, returning) => [
    `(VALUES ${placeholders}) AS ${alias}${columns}${returning === undefined ? "" : ` RETURNING ${returning[0]}`}`,
    returning === undefined ? values.flat() : [...values.flat(), ...returning[1]]
  ],
  onCustom: () => ["", []]
})
