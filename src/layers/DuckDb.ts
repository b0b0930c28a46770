/**
 * The data file: one owner, one module that opens it, and nothing of it believed before it was looked at.
 *
 * In this order: the owner's lock; the header; room on the disk; what a killed process spilled is swept away; the pinned
 * DuckDB; the stamp, read without writing; the file attached for writing (before that, where nothing is changed by it), the
 * instance locked, a new file stamped, an older one migrated. Whatever fails there has not changed the file. Without room on
 * the disk there is nothing but reading, for those who ask for no more.
 */
import { Config, Duration, Effect, Layer, Option, Semaphore } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlError } from "effect/sql"
import { DuckDb, type DuckDbClient, type DuckDbError, Looking } from "../services/DuckDb.ts"
import * as Client from "./duckdb/client.ts"
import * as Database from "./duckdb/database.ts"
import * as File from "./duckdb/file.ts"
import * as Migration from "./duckdb/migration.ts"
import { type Connection, load } from "./duckdb/native.ts"
import * as Open from "./duckdb/open.ts"
import { own } from "./duckdb/owner.ts"
import { Spare } from "./duckdb/spare.ts"
import * as Stamp from "./duckdb/stamp.ts"
import * as Values from "./duckdb/values.ts"

export type { Migration } from "./duckdb/migration.ts"
export type { Stamp } from "./duckdb/stamp.ts"

export interface Options {
  /** Where the data is; ":memory:" for nowhere. */
  readonly path: string
  readonly stamp: Stamp.Stamp
  /** The folder that COPY may write to; none by default. */
  readonly exports?: string
  /** What brings files of older formats up to date. */
  readonly migrations?: ReadonlyArray<Migration.Migration>
  /** How long one statement may take. */
  readonly timeout?: Duration.Input
  /** Bytes that have to be free on the file's disk. */
  readonly roomNeeded?: number
  /** Rows that one result may have: it is read whole. */
  readonly maxRows?: number
  /** Asserted at the start. */
  readonly version?: string
  /** Further settings of DuckDB's, such as `{ threads: "1" }`. */
  readonly settings?: Readonly<Record<string, string>>
}

export const layer = (options: Options): Layer.Layer<DuckDb | SqlClient.SqlClient, DuckDbError | SqlError.SqlError> =>
  both(make(options)).pipe(Layer.provide(Reactivity.layer))

/** A database of its own that ends with the scope. Quick: for tests. */
export const layerMemory: Layer.Layer<DuckDb | SqlClient.SqlClient, DuckDbError | SqlError.SqlError> = Layer.suspend(() =>
  Layer.fresh(layer({ path: Open.memory, stamp: { source: "memory", currency: "usd" } }))
)

// helpers

const both = <E, R>(client: Effect.Effect<DuckDbClient, E, R>) =>
  Layer.unwrap(Effect.map(client, (_) => Layer.merge(Layer.succeed(DuckDb, _), Layer.succeed(SqlClient.SqlClient, _))))

/** Of what is free on the disk, what queries may spill. */
const spillShare = 0.5
/**
 * How many queries may run at once. libuv's pool has four threads unless the launcher says otherwise, and files and names
 * are looked up on the same ones: four of them, or two of a small pool, are left alone.
 */
const threads = Config.Int("UV_THREADPOOL_SIZE").pipe(
  Config.withDefault(4),
  Config.map((pool) => Math.max(1, Math.min(2, pool - 2), pool - 4)),
  Effect.orElseSucceed(() => 1)
)

const make = Effect.fnUntraced(function*(options: Options) {
  const inMemory = options.path === Open.memory
  const path = inMemory ? Open.memory : yield* File.locate(options.path)
  const migrations = options.migrations ?? []
  const format = Math.max(1, Migration.formatOf(migrations))
  const needed = options.roomNeeded ?? File.room
  let free = needed
  let found: File.Found = "none"
  let isReadOnly = false
  if (!inMemory) {
    yield* own(path)
    found = yield* File.inspect(path)
    free = yield* File.freeFor(path)
    isReadOnly = free < needed && found !== "none" && (yield* Looking)
    if (free < needed && !isReadOnly) return yield* File.noRoom(path, free, needed)
    yield* File.sweep(path)
  }
  const duck = yield* load
  const version = yield* Open.isPinned(duck, options.version ?? Open.pinned)
  const setup: Open.Setup = {
    path,
    spillMb: Math.floor(free * spillShare / 1e6),
    exports: options.exports,
    isReadOnly
  }
  const spare = yield* Spare
  let from = format
  let isStamped = false
  let first: Database.Opened | undefined
  const open = Effect.fnUntraced(function*(before: number) {
    // opened again, a file that went missing would be made anew, and empty
    if (first !== undefined) yield* first.intact
    const begun = options.settings === undefined ? yield* spare.take : Option.none()
    const started = Option.isSome(begun)
      ? begun.value
      : yield* Open.start(duck, inMemory ? Open.memory : `${path}#${before}`, options.settings)
    const accept = Effect.fnUntraced(function*(connection: Connection) {
      const stamp = yield* Stamp.find(connection, path)
      yield* Stamp.accept(path, stamp, options.stamp, format)
      isStamped = stamp._tag === "Stamped"
      from = stamp._tag === "Stamped" ? stamp.format : format
    })
    return yield* Open.attach(started, setup, first === undefined ? found : "none", accept).pipe(
      Effect.tap((_) => Effect.sync(() => first ??= _)),
      Effect.onError(() => Effect.sync(() => started.instance.closeSync()))
    )
  })
  const database = yield* Database.make(path, open, { mends: !inMemory })
  const shared = {
    database,
    values: Values.make(duck),
    threads: yield* Semaphore.make(yield* threads),
    turn: yield* Semaphore.make(1),
    maxRows: options.maxRows ?? 10_000_000,
    deadline: Duration.toMillis(Duration.fromInputUnsafe(options.timeout ?? "10 minutes"))
  }
  if (isReadOnly && (!isStamped || from < format)) return yield* File.noRoom(path, free, needed)
  const client = yield* Client.make(duck, shared, { path, version, isReadOnly })
  // no table, no stamp: a file that was there and had a table without one was refused
  if (!isStamped) {
    yield* client.withTransaction(
      Effect.forEach(Stamp.statements(options.stamp, format), ([sql, params]) => client.unsafe(sql, params), { discard: true })
    )
  }
  yield* Migration.migrate(client, from, migrations)
  return client
})
