/**
 * Opening: the pinned DuckDB, an in-memory instance with the file attached, its settings made and then locked.
 *
 * After the lock no statement reaches a file outside the exports folder, the network, an extension or a setting.
 */
import { Effect, Option } from "effect"
import { totalmem } from "node:os"
import { basename } from "node:path"
import { DuckDbError, type Reason } from "../../services/DuckDb.ts"
import { quotedText } from "../../services/quotedText.ts"
import { catalog, type Opened } from "./database.ts"
import { words } from "./failure.ts"
import { type Found, guard, spill } from "./file.ts"
import type { Api, Connection, Instance } from "./native.ts"

/** The DuckDB whose crashes were counted: others lost committed rows on a full disk, or died on files of their own. */
export const pinned = "v1.5.5"

export interface Setup {
  /** ":memory:" for none. */
  readonly path: string
  readonly spillMb: number
  /** Where COPY may write; nowhere when absent. */
  readonly exports: string | undefined
  readonly isReadOnly: boolean
}

/** An instance without a file, and its first connection. */
export interface Started {
  readonly instance: Instance
  readonly connection: Connection
}

/** A new instance, whose clocks are UTC's. Its name is nobody else's, and `memory` for one that will never have a file. */
export const start = (duck: Api, name: string, settings: Readonly<Record<string, string>> = {}): Effect.Effect<Started, DuckDbError> =>
  Effect.tryPromise({
    try: async () => {
      const options = {
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        allow_community_extensions: "false",
        allow_unsigned_extensions: "false",
        memory_limit: `${Math.floor(totalmem() * memoryShare / 1e6)}MB`,
        ...settings
      }
      // from the cache, whose instances know of each other's files: a file that is open in one is refused in another
      const instance = name === memory
        ? await duck.DuckDBInstance.create(memory, options)
        : await duck.DuckDBInstance.fromCache(`:memory:${name}`, options)
      try {
        const connection = await instance.connect()
        await connection.run("SET GLOBAL TimeZone = 'UTC'")
        return { instance, connection }
      } catch (cause) {
        instance.closeSync()
        throw cause
      }
    },
    catch: (cause) => new DuckDbError({ asked: "DuckDB", reason: { _tag: "Unavailable", found: words(cause) } })
  })

/**
 * Attaches the file, for writing unless it is said otherwise, and locks the instance. `accept` looks at it; unless it is settled, before that, when nothing
 * can change it: opened for writing, an older one would be made unreadable for its owner. The instance is of no use after a refusal.
 */
export const attach = Effect.fnUntraced(function*(
  { connection, instance }: Started,
  { path, exports, isReadOnly, spillMb }: Setup,
  found: Found,
  accept: (connection: Connection) => Effect.Effect<void, DuckDbError>
) {
  const tell = (statements: ReadonlyArray<string>) =>
    Effect.tryPromise({ try: () => connection.run(statements.join(";\n")), catch: (cause) => refusal(path, cause) })
  return yield* Effect.gen(function*() {
    if (found === "unsettled") {
      yield* tell([`ATTACH ${quotedText(path)} AS ${catalog} (READ_ONLY)`])
      yield* accept(connection)
    }
    yield* tell([
      ...(found === "unsettled" ? [`DETACH ${catalog}`] : []),
      `SET GLOBAL temp_directory = ${quotedText(path === memory ? "" : spill(path))}`,
      ...(path === memory ? [] : [`SET GLOBAL max_temp_directory_size = '${spillMb}MB'`]),
      path === memory
        ? `ATTACH ':memory:' AS ${catalog}`
        : `ATTACH ${quotedText(path)} AS ${catalog} (${isReadOnly ? "READ_ONLY" : "STORAGE_VERSION 'latest'"})`,
      ...(exports === undefined ? [] : [`SET allowed_directories = [${quotedText(exports.endsWith("/") ? exports : `${exports}/`)}]`]),
      "SET enable_external_access = false",
      "SET lock_configuration = true",
      `USE ${catalog}`
    ])
    if (found === "settled") yield* accept(connection)
    const { intact } = path === memory ? { intact: Effect.void } : yield* guard(path)
    const opened: Opened = { instance, connection, intact }
    return opened
  }).pipe(Effect.onError(() => Effect.sync(() => connection.closeSync())))
})

export const isPinned = Effect.fnUntraced(function*(duck: Api, expected: string) {
  const found = duck.version()
  if (found !== expected)
    return yield* new DuckDbError({ asked: "DuckDB", reason: { _tag: "WrongVersion", what: "its version", found, expected } })
  return found
})

export const memory = ":memory:"

// helpers

/** DuckDB takes 80 % of the machine by default, and leaves nothing to the process it lives in. */
const memoryShare = 0.5

const refusal = (path: string, cause: unknown): DuckDbError => new DuckDbError({ asked: path, reason: reasonFor(path, words(cause)) })

const reasonFor = (path: string, said: string): Reason => {
  if (/Conflicting lock is held/.test(said)) {
    // not by one of ours, which has the lock beside the file; DuckDB knows the process
    const pid = /PID (\d+)/.exec(said)?.[1]
    return {
      _tag: "InUse",
      pid: Option.map(Option.fromNullishOr(pid), Number),
      since: Option.none(),
      command: Option.fromNullishOr(/held in ([^(]+?) \(/.exec(said)?.[1])
    }
  }
  if (/file handle conflict|already attached/i.test(said)) {
    return { _tag: "InUse", pid: Option.some(process.pid), since: Option.none(), command: Option.some("this very process") }
  }
  if (/Permission denied|Read-only file system|No such file|Is a directory/.test(said)) return { _tag: "Unavailable", found: said }
  return {
    _tag: "Damaged",
    found: `DuckDB cannot open it: ${said}`,
    todo: `Keep ${basename(path)} and ${basename(path)}.wal as they are, restore a copy, or move both away and run again to rebuild`
  }
}
