/**
 * One owner of a data file, by a lock beside it: `<file>.lock` is a SQLite file whose exclusive lock ends with the process,
 * however it ends. DuckDB's own lock is no help: opening and closing its file anywhere in the owning process drops it.
 *
 * `<file>.lock.json` says who the owner is, for others to read; it means nothing without the lock.
 */
import { DateTime, Effect, Option, Schema } from "effect"
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { DuckDbError } from "../../services/DuckDb.ts"

const Owner = Schema.fromJsonString(Schema.Struct({ pid: Schema.Int, since: Schema.String, command: Schema.String }))

/** Holds the file until the scope ends, or says at once who holds it. */
export const own = Effect.fn("DuckDb.own")(function*(path: string) {
  const lock = `${path}.lock`
  const note = `${lock}.json`
  const owner = Effect.option(Effect.flatMap(Effect.try(() => readFileSync(note, "utf8")), Schema.decodeEffect(Owner)))
  yield* Effect.acquireRelease(
    Effect.suspend(() => {
      const held = hold(lock)
      return held instanceof DatabaseSync
        ? Effect.succeed(held)
        : Effect.flatMap(owner, (owner) => Effect.fail(refusal(path, held.refused, owner)))
    }),
    (held) => Effect.andThen(Effect.ignore(Effect.try(() => rmSync(note, { force: true }))), Effect.sync(() => held.close()))
  )
  const since = DateTime.formatIso(yield* DateTime.now)
  const text = yield* Effect.orDie(Schema.encodeEffect(Owner)({ pid: process.pid, since, command: command(process.argv) }))
  yield* Effect.try({
    try: () => {
      writeFileSync(`${note}.${process.pid}`, text)
      renameSync(`${note}.${process.pid}`, note)
    },
    catch: (cause) => refusal(path, cause, Option.none())
  })
})

/** Who has the file now, if someone has; asked without taking it, and without making anything. */
export const ownerOf = Effect.fn("DuckDb.ownerOf")(function*(path: string) {
  const full = resolve(path)
  const file = yield* Effect.try(() => realpathSync(full)).pipe(
    Effect.catch(() => Effect.try(() => join(realpathSync(dirname(full)), basename(full)))),
    Effect.orElseSucceed(() => full)
  )
  const note = yield* Effect.option(
    Effect.flatMap(Effect.try(() => readFileSync(`${file}.lock.json`, "utf8")), Schema.decodeEffect(Owner))
  )
  // without the lock the note is what a killed process left
  return Option.isSome(note) && isHeld(`${file}.lock`) ? note : Option.none()
})

// helpers

/** A reader is kept out by the owner's lock, and keeps out nobody for longer than it takes to ask. */
const isHeld = (lock: string): boolean => {
  if (!existsSync(lock)) return false
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lock, { readOnly: true, timeout: 0 })
    database.prepare("SELECT count(*) FROM sqlite_schema").all()
    return false
  } catch (refused) {
    return isBusy(refused)
  } finally {
    database?.close()
  }
}

const hold = (lock: string): DatabaseSync | { readonly refused: unknown } => {
  let database: DatabaseSync | undefined
  try {
    // whoever only asks whether it is held has it for a moment
    database = new DatabaseSync(lock, { timeout: 50 })
    database.exec("BEGIN EXCLUSIVE")
    return database
  } catch (refused) {
    database?.close()
    return { refused }
  }
}

/** The program and its first word: what follows may hold a key. */
const command = ([, script = "node", word]: ReadonlyArray<string>): string =>
  word === undefined || word.startsWith("-") ? basename(script, ".js") : `${basename(script, ".js")} ${word}`

const isBusy = (cause: unknown): boolean => {
  const code: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "errcode") : undefined
  return typeof code === "number" && (code & 0xff) === 5
}

const refusal = (path: string, cause: unknown, owner: Option.Option<typeof Owner.Type>): DuckDbError => {
  if (isBusy(cause)) {
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
