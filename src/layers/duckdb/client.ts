/**
 * The client: Effect's `SqlClient` over connections of our own, and what only DuckDB has.
 */
import { Context, Duration, Effect, Option, Scope, Semaphore } from "effect"
import { SqlClient, type SqlConnection, SqlError, Statement } from "effect/sql"
import type { DuckDbClient } from "../../services/DuckDb.ts"
import { append } from "./append.ts"
import { Connection, rollbackSavepoint, savepoint, type Shared } from "./connection.ts"
import { ours } from "./failure.ts"
import { readOnly } from "./gate.ts"
import type { Api } from "./native.ts"

export const make = Effect.fnUntraced(function*(duck: Api, shared: Shared, about: Pick<DuckDbClient, "path" | "version" | "isReadOnly">) {
  const { database, turn } = shared
  const connection = (transaction: boolean) => Effect.map(database.link, (link) => new Connection(shared, link, transaction))
  // each holds what it makes in memory, and one uses most of the processors already
  const stagers = yield* Semaphore.make(2)
  const checkpoints = yield* Semaphore.make(1)
  const tables = new Map<string, Semaphore.Semaphore>()
  const oneOf = (table: string) => {
    const known = tables.get(table) ?? Semaphore.makeUnsafe(1)
    tables.set(table, known)
    return known
  }
  const client = yield* SqlClient.make({
    acquirer: connection(false),
    transactionAcquirer: Effect.flatMap(FromTheStart,
      (fromTheStart) => Effect.andThen(fromTheStart ? turn.takeScoped(1) : Effect.void, connection(true))),
    compiler,
    driver: "duckdb",
    spanAttributes: [["db.system.name", "duckdb"], ["db.namespace", about.path]],
    savepoint: () => savepoint,
    rollbackSavepoint: () => rollbackSavepoint,
    commit: (conn) => own(conn).commit,
    onCommitFailure: (conn) => own(conn).rollback
  })
  const current = Effect.map(Effect.serviceOption(client.transactionService), Option.map(([conn]) => own(conn)))

  const extra: Pick<DuckDbClient, "atomic" | "staging" | "append" | "queryReadOnly" | "checkpoint"> = {
    atomic: (self) =>
      Effect.flatMap(current, (inside) => {
        const once = client.withTransaction(self)
        return Option.isSome(inside) ? once : retried(once)
      }),
    staging: (table, stage, publish) =>
      Effect.flatMap(current, (inside) => {
        if (Option.isSome(inside)) return client.withTransaction(Effect.flatMap(stage, publish))
        // the turn is kept until the commit: its scope is around the transaction
        const once = Effect.scopedWith((scope) =>
          client.withTransaction(
            Effect.flatMap(stage, (staged) => Effect.andThen(Scope.provide(turn.takeScoped(1), scope), publish(staged)))
          )
        )
        return retried(Effect.provideService(once, FromTheStart, false)).pipe(stagers.withPermits(1), oneOf(table).withPermits(1))
      }),
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
        // DuckDB makes none beside a transaction that writes; of a semaphore, whoever wants two at once may wait for ever
        : Effect.asVoid(client`CHECKPOINT`).pipe(stagers.withPermits(1), stagers.withPermits(1), checkpoints.withPermits(1)))
  }
  const made: DuckDbClient = Object.assign(client, extra, about)
  return made
})

// helpers

/** Whether a transaction has the turn from its start. */
const FromTheStart = Context.Reference<boolean>("crypto/layers/duckdb/FromTheStart", { defaultValue: () => true })
const own = (conn: SqlConnection.Connection): Connection => {
  if (conn instanceof Connection) return conn
  throw new Error("a connection that this client did not make")
}

/** Five tries at most, at once: what it conflicts with was committed in its turn, and the next try sees it. */
const retried = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.retry(self, { while: isConflict, times: 4 })
const isConflict = (error: unknown): boolean => SqlError.isSqlError(error) && error.reason._tag === "SerializationError"
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
