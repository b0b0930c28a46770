/**
 * What the file system says about a data file, before it is opened and while it is open.
 *
 * `inspect` reads the file's header, so it is only for an owner who has not opened it yet: closing the file later, in the
 * process that has it open, would drop DuckDB's lock. From then on there is `stat` and nothing else. It is asked on this
 * thread: that takes microseconds, and a way to the pool and back ten times as long.
 */
import { Effect, Option } from "effect"
import { closeSync, openSync, readSync, realpathSync, rmSync, statfsSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DuckDbError, type Reason } from "../../services/DuckDb.ts"
import { makeFolder } from "../folder.ts"

/** One name for the file, however it is written, so that there is one lock; its folder is made. */
export const locate = Effect.fn("DuckDb.locate")(function*(path: string) {
  const full = resolve(path)
  const folder = yield* attempt(full, () => {
    makeFolder(dirname(full))
    return realpathSync(dirname(full))
  })
  const named = join(folder, basename(full))
  return yield* Effect.try(() => realpathSync(named)).pipe(Effect.orElseSucceed(() => named))
})

/** What is there. `settled` is a file that stays as it is when it is opened for writing; others may be brought to a newer format by that. */
export type Found = "none" | "settled" | "unsettled"

/** Whether the file is there; when it is, it is one that this DuckDB reads. */
export const inspect = Effect.fn("DuckDb.inspect")(function*(path: string) {
  const found = yield* identify(path)
  const log = yield* identify(`${path}.wal`)
  const none: Found = "none"
  if (Option.isNone(found)) {
    return Option.isNone(log) ? none : yield* say(path, {
      _tag: "Damaged",
      found: `the file is missing, but its log ${basename(path)}.wal is there: what the log holds would be lost`,
      todo: "Put the file back beside it, or move the log away to begin anew"
    })
  }
  const { magic, version } = yield* attempt(path, () => header(path))
  if (magic !== "DUCK") {
    return yield* say(path, {
      _tag: "Foreign",
      found: "the file exists, but it is no DuckDB file",
      todo: "It was left as it is. Move it away, or set DUCKDB_PATH to another file"
    })
  }
  if (version < oldest || version > newest) {
    return yield* say(path, {
      _tag: "WrongVersion",
      what: "its storage format",
      found: String(version),
      expected: `${oldest} to ${newest}`
    })
  }
  const there: Found = version === newest && Option.isNone(log) ? "settled" : "unsettled"
  return there
})

/** 200 MB: more than the largest checkpoint of a file of a thousand coins and ten years needs. */
export const room = 200_000_000

/** Bytes that are free on the file's disk. */
export const freeFor = Effect.fn("DuckDb.freeFor")(function*(path: string) {
  const { bavail, bsize } = yield* attempt(path, () => statfsSync(dirname(path)))
  return bavail * bsize
})

/** Below what is needed, nothing is written: a disk that fills up during a checkpoint takes the whole database down. */
export const noRoom = (path: string, free: number, needed: number) => say(path, { _tag: "NoSpace", free, needed })

/** Where DuckDB puts what does not fit in memory; kill -9 leaves it behind, and nobody else cleans it up. */
export const spill = (path: string) => `${path}.tmp`
export const sweep = (path: string) => attempt(path, () => rmSync(spill(path), { recursive: true, force: true }))

/** Answers a check that fails once the file under the path is not the one of now: unlinked or replaced, what is written goes nowhere. */
export const guard = Effect.fn("DuckDb.guard")(function*(path: string) {
  const opened = yield* identify(path)
  const intact = Effect.flatMap(identify(path), (found) =>
    Option.isSome(opened) && Option.isSome(found) && opened.value === found.value
      ? Effect.void
      : say(path, {
        _tag: "Replaced",
        found: Option.isNone(found) ? "the file was removed while it was open" : "another file was put in its place while it was open"
      }))
  return { intact }
})

// helpers

/** Storage formats of DuckDB 1.0 to 1.5, as found in a file's header. */
const oldest = 64
const newest = 68

const say = (path: string, reason: Reason) => Effect.fail(new DuckDbError({ asked: path, reason }))

const attempt = <A>(path: string, f: () => A) => Effect.try({ try: f, catch: (cause) => unavailable(path, cause) })

const unavailable = (path: string, cause: unknown) =>
  new DuckDbError({ asked: path, reason: { _tag: "Unavailable", found: cause instanceof Error ? cause.message : String(cause) } })

/** Device and inode: the file itself, whatever its name. */
const identify = Effect.fnUntraced(function*(path: string) {
  const found = yield* attempt(path, () => statSync(path, { bigint: true, throwIfNoEntry: false }))
  if (found === undefined) return Option.none<string>()
  if (!found.isFile()) return yield* say(path, { _tag: "Foreign", found: "it is no file", todo: "Set DUCKDB_PATH to a file" })
  return Option.some(`${found.dev}:${found.ino}`)
})

/** A checksum of 8 bytes, "DUCK", then the storage version. */
const header = (path: string) => {
  const file = openSync(path, "r")
  try {
    const bytes = Buffer.alloc(20)
    const read = readSync(file, bytes, 0, 20, 0)
    return { magic: read < 20 ? "" : bytes.toString("latin1", 8, 12), version: Number(bytes.readBigUInt64LE(12)) }
  } finally {
    closeSync(file)
  }
}
