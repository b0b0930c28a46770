/**
 * One open database that mends itself: `link` gives a connection to it, whatever happened to the one before.
 *
 * The file is attached to an in-memory instance, never opened directly: DuckDB replays its log rightly only then, and an
 * instance that lost its file can be thrown away whole. When DuckDB gives a database up, everything on it is stopped and
 * closed and it is opened again at the next use; the third time within ten minutes it stays down.
 */
import { Clock, Effect, type Scope, Semaphore } from "effect"
import type { SqlError } from "effect/sql"
import { DuckDbError } from "../../services/DuckDb.ts"
import { ours, sqlError, wrap } from "./failure.ts"
import { type Connection, type Instance, Link, pause } from "./native.ts"

export interface Opened {
  readonly instance: Instance
  /** The first to it. */
  readonly connection: Connection
  /** Asked before every write: is the file still the one that was opened? */
  readonly intact: Effect.Effect<void, DuckDbError>
}

export interface Database {
  /** A connection of one's own until the scope ends; then it is closed, or is another's if nothing was left on it. */
  readonly link: Effect.Effect<Link, SqlError.SqlError, Scope.Scope>
  readonly intact: Effect.Effect<void, SqlError.SqlError>
  /** Work on the link ended so: when that means that the database is gone, it is closed. */
  readonly ended: (link: Link, error: SqlError.SqlError) => Effect.Effect<void>
}

/** The name under which the file is attached. */
export const catalog = "crypto"

/**
 * `open` is asked once now, and again after each time the database went down; it is told how often it was asked before.
 * A database that lives in memory does not mend: opened again, it would be empty.
 */
export const make = Effect.fnUntraced(function*(
  path: string,
  open: (before: number) => Effect.Effect<Opened, DuckDbError>,
  { mends }: { readonly mends: boolean }
) {
  const one = yield* Semaphore.make(1)
  const links = new Set<Link>()
  const idle: Array<Link> = []
  let current: Opened | undefined
  let refused: DuckDbError | undefined
  let opens = 0
  let failures: ReadonlyArray<number> = []

  const close = Effect.promise(async () => {
    if (current === undefined) return
    const { instance } = current
    current = undefined
    const stopped = Promise.all([...links].map((link) => link.stop()))
    await Promise.race([stopped, pause(patience, false)])
    for (const link of links) link.close()
    links.clear()
    idle.length = 0
    instance.closeSync()
  })
  const begun = (opened: Opened) =>
    Effect.sync(() => {
      const link = new Link(opened.connection)
      links.add(link)
      idle.push(link)
      current = opened
    })
  const opened = Effect.suspend(() => {
    if (refused !== undefined) return Effect.fail(refused)
    return current === undefined ? Effect.tap(open(opens++), begun) : Effect.succeed(current)
  }).pipe(one.withPermits(1), Effect.uninterruptible)

  yield* Effect.addFinalizer(() => one.withPermits(1)(close))
  yield* opened

  const ended = Effect.fnUntraced(function*(link: Link, error: SqlError.SqlError) {
    const ours = DuckDbError.of(error)
    if (ours._tag === "None") return
    const { reason } = ours.value
    // a link that is closed already belongs to a database that was given up before
    if (reason._tag !== "Down" && reason._tag !== "Replaced" || !links.has(link)) return
    if (reason._tag === "Replaced") {
      refused = ours.value
    } else {
      const now = yield* Clock.currentTimeMillis
      failures = [...failures.filter((at) => now - at < recently), now]
      if (failures.length >= tooOften || !mends) {
        refused = new DuckDbError({ asked: path, reason: { _tag: "Down", found: reason.found, stopped: true } })
      }
    }
    yield* close
  }, one.withPermits(1), Effect.uninterruptible)

  const connect = Effect.fnUntraced(function*({ instance }: Opened) {
    const waiting = idle.pop()
    if (waiting !== undefined) return waiting
    const link = yield* Effect.map(Effect.promise(() => instance.connect()), (connection) => new Link(connection))
    links.add(link)
    yield* link.run((connection) => connection.run(`USE ${catalog}`)).pipe(
      Effect.mapError((failure) => sqlError(failure, `connecting to ${path}`)),
      Effect.tapError((error) => Effect.andThen(ended(link, error), release(link)))
    )
    return link
  })
  const release = (link: Link) =>
    Effect.promise(() => link.stop()).pipe(Effect.andThen(Effect.sync(() => {
      if (!link.used && links.has(link) && idle.length < mostIdle) idle.push(link)
      else if (links.delete(link)) link.close()
    })))

  const database: Database = {
    link: Effect.acquireRelease(Effect.flatMap(Effect.mapError(opened, wrap), connect), release),
    intact: Effect.suspend(() =>
      current === undefined
        ? Effect.fail(ours(path, { _tag: "Down", found: "it was closed", stopped: false }))
        : Effect.mapError(current.intact, wrap)
    ),
    ended
  }
  return database
})

// helpers

/** Connections that wait for their next statement: opening one takes longer than most statements. */
const mostIdle = 4
/** For what still runs when the database is closed. */
const patience = 5_000
const recently = 10 * 60_000
const tooOften = 3
