/**
 * One owner of a data file, by a lock beside it: `<file>.lock` is a SQLite file whose exclusive lock ends with the process,
 * however it ends. DuckDB's own lock is no help: opening and closing its file anywhere in the owning process drops it.
 *
 * `<file>.lock.json` says who the owner is, for others to read; it means nothing without the lock.
 */
import { DateTime, Effect, Option, Schema } from "effect"
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import { basename } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { DuckDbError } from "../../services/DuckDb.ts"

const Owner = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, since: Schema.String, command: Schema.String }))

/** Holds the file until the scope ends, or says at once who holds it. */
export const own = Effect.fn("DuckDb.own")(function*(path: string) {
  const lock = `${path}.lock`
  const note = `${lock}.json`
  const owner = Effect.option(Effect.flatMap(Effect.tryPromise(() => readFile(note, "utf8")), Schema.decodeEffect(Owner)))
  yield* Effect.acquireRelease(
    Effect.suspend(() => {
      const held = hold(lock)
      return held instanceof DatabaseSync
        ? Effect.succeed(held)
        : Effect.flatMap(owner, (owner) => Effect.fail(refusal(path, held.refused, owner)))
    }),
    (held) => Effect.andThen(Effect.ignore(Effect.tryPromise(() => rm(note, { force: true }))), Effect.sync(() => held.close()))
  )
  const since = DateTime.formatIso(yield* DateTime.now)
  const text = yield* Effect.orDie(Schema.encodeEffect(Owner)({ pid: process.pid, since, command: command(process.argv) }))
  yield* Effect.tryPromise({
    try: async () => {
      await writeFile(`${note}.${process.pid}`, text)
      await rename(`${note}.${process.pid}`, note)
    },
    catch: (cause) => refusal(path, cause, Option.none())
  })
})

// helpers

const hold = (lock: string): DatabaseSync | { readonly refused: unknown } => {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lock, { timeout: 0 })
    database.exec("BEGIN EXCLUSIVE")
    return database
  } catch (refused) {
    database?.close()
    return { refused }
  }
}

/** The program and its first word: what follows may hold a key. */
const command = ([, script = "node", word]: ReadonlyArray<string>): string =>
  word === undefined || word.startsWith("-") ? basename(script) : `${basename(script)} ${word}`

const busy = 5
const refusal = (path: string, cause: unknown, owner: Option.Option<typeof Owner.Type>): DuckDbError => {
  const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "errcode") : undefined
  if (typeof code === "number" && (code & 0xff) === busy) {
    return new DuckDbError({
      asked: path,
      reason: {
        _tag: "InUse",
        pid: Option.map(owner, (_) => _.pid),
        since: Option.map(owner, (_) => _.since),
        command: Option.map(owner, (_) => _.command)
      }
    })
  }
  const said = cause instanceof Error ? cause.message : String(cause)
  return new DuckDbError({ asked: path, reason: { _tag: "Unavailable", found: `its lock ${path}.lock cannot be made: ${said}` } })
}
