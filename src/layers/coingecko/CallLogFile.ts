/**
 * The call log in one SQLite file of the user's state folder, shared by every database and process: two runs with one key keep
 * one limit, also after a kill. The key itself is never stored, only a salted hash of it.
 *
 * `node:sqlite` is synchronous, so a lock is waited for briefly inside SQLite and then again outside, where other fibers run.
 */
import { createHash, randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { Clock, Effect, Layer, Option, Redacted, Schedule, Schema } from "effect"
import { NoCallLog } from "../../services/CoinGeckoError.ts"
import { Settings } from "../../services/Settings.ts"
import { makeFolder } from "../folder.ts"
import { type Call, CallLog, judge, lengthen, monthOf, type Pause, refresh, refreshPause, type Verdict } from "./CallLog.ts"

export const layer: Layer.Layer<CallLog, NoCallLog, Settings> = Layer.effect(
  CallLog,
  Effect.gen(function*() {
    const settings = yield* Settings
    const file = join(settings.stateDir, "calls.sqlite")
    const db = yield* open(file, settings.stateDir)
    const transaction = inTransaction(db, file)
    const key = yield* transaction(() => keyOf(db, settings))
    return CallLog.of({
      reserve: (allowance) =>
        transaction((now): Verdict => {
          const calls = refreshCalls(db, key, now)
          const pause = refreshPause(readPause(db, key), now)
          writePause(db, key, pause)
          const month = monthOf(now)
          const verdict = judge({ calls, pause, used: readCredits(db, key, month) }, allowance, now)
          if (verdict._tag !== "Go") return verdict
          const { lastInsertRowid } = run(db, "INSERT INTO calls (key, holder, reserved, month) VALUES (?, ?, ?, ?)", key, holder(), now,
            month)
          addCredits(db, key, month, 1)
          return { _tag: "Go", slot: Number(lastInsertRowid) }
        }),
      settle: (slot, status) =>
        transaction((now) => {
          const call = one(db, SlotRow, "SELECT month, credit FROM calls WHERE id = ?", slot)
          if (call === undefined) return
          run(db, "UPDATE calls SET stamped = ?, credit = ? WHERE id = ?", now, status === 200 ? 1 : 0, slot)
          if (status !== 200 && call.credit === 1) addCredits(db, key, call.month, -1)
        }),
      pause: (millis) => transaction((now) => writePause(db, key, lengthen(refreshPause(readPause(db, key), now), now, millis)))
    })
  })
)

/** What one access to CoinGecko used of its month. */
export interface Usage {
  /** `2026-11` */
  readonly month: string
  /** Successful calls of all processes of this user. */
  readonly used: number
}

/** Of the access that the settings name; asked without making the file, and none where it cannot be read. */
export const usage: Effect.Effect<Option.Option<Usage>, never, Settings> = Effect.gen(function*() {
  const settings = yield* Settings
  const month = monthOf(yield* Clock.currentTimeMillis)
  const { DatabaseSync } = yield* Effect.promise(() => import("node:sqlite"))
  const file = join(settings.stateDir, "calls.sqlite")
  const read = Effect.try({
    try: () => {
      if (!existsSync(file)) return 0
      const db = new DatabaseSync(file, { readOnly: true, timeout: 50 })
      try {
        const key = keyIn(settings, one(db, SaltRow, "SELECT value FROM salt")?.value)
        return key === undefined ? 0 : readCredits(db, key, month)
      } finally {
        db.close()
      }
    },
    catch: problem(file)
  })
  return yield* Effect.option(Effect.map(retryWhileBusy(read), (used) => ({ month, used })))
})

// helpers

/** Written into the file; a file of a newer program is refused rather than misread. */
const version = 1

const tables = `
  CREATE TABLE IF NOT EXISTS salt (value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, holder TEXT NOT NULL,
    reserved INTEGER NOT NULL, stamped INTEGER, month TEXT NOT NULL, credit INTEGER NOT NULL DEFAULT 1
  );
  CREATE INDEX IF NOT EXISTS calls_by_key ON calls (key);
  CREATE TABLE IF NOT EXISTS pauses (key TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS credits (key TEXT NOT NULL, month TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (key, month));
  PRAGMA user_version = ${version};
`

const CallRow = Schema.Struct({
  id: Schema.Finite,
  holder: Schema.String,
  reserved: Schema.Finite,
  stamped: Schema.NullOr(Schema.Finite)
})
const PauseRow = Schema.Struct({ since: Schema.Finite, until: Schema.Finite })
const CreditsRow = Schema.Struct({ used: Schema.Finite })
const SaltRow = Schema.Struct({ value: Schema.String })
const SlotRow = Schema.Struct({ month: Schema.String, credit: Schema.Finite })
const VersionRow = Schema.Struct({ user_version: Schema.Finite })

const open = (file: string, folder: string) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const { DatabaseSync } = await import("node:sqlite")
        makeFolder(folder, 0o700)
        const db = new DatabaseSync(file, { timeout: 50 })
        try {
          await chmod(file, 0o600)
          db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
          const found = one(db, VersionRow, "PRAGMA user_version")?.user_version ?? 0
          if (found > version) throw new Error(`it was written by a newer version of this program (${found} > ${version})`)
          if (found < version) db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`)
          return db
        } catch (cause) {
          db.close()
          throw cause
        }
      },
      catch: problem(file)
    }).pipe(retryWhileBusy),
    (db) => Effect.sync(() => db.close())
  )

/** `f` sees the time as it is while the lock is held, so that no other process has stamped anything later. */
const inTransaction = (db: DatabaseSync, file: string) => <A>(f: (now: number) => A): Effect.Effect<A, NoCallLog> =>
  Effect.clockWith((clock) =>
    Effect.try({
      try: () => {
        db.exec("BEGIN IMMEDIATE")
        try {
          const result = f(clock.currentTimeMillisUnsafe())
          db.exec("COMMIT")
          return result
        } catch (cause) {
          if (db.isTransaction) db.exec("ROLLBACK")
          throw cause
        }
      },
      catch: problem(file)
    })
  ).pipe(retryWhileBusy)

class Busy extends NoCallLog {}

const problem = (file: string) => (cause: unknown): NoCallLog => {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return /database (table )?is locked/.test(detail) ? new Busy({ file, detail }) : new NoCallLog({ file, detail })
}

/** A transaction here takes a millisecond; ten seconds of being kept out mean that something else is wrong. */
const retryWhileBusy = <A, R>(effect: Effect.Effect<A, NoCallLog, R>) =>
  Effect.retry(effect, {
    schedule: Schedule.spaced("20 millis").pipe(Schedule.jittered, Schedule.upTo({ duration: "10 seconds" })),
    while: (error) => error instanceof Busy
  })

const run = (db: DatabaseSync, sql: string, ...values: ReadonlyArray<SQLInputValue>) => db.prepare(sql).run(...values)

const all = <A>(db: DatabaseSync, row: Schema.Decoder<A>, sql: string, ...values: ReadonlyArray<SQLInputValue>): ReadonlyArray<A> =>
  db.prepare(sql).all(...values).map((_) => Schema.decodeSync(row)(_))

const one = <A>(db: DatabaseSync, row: Schema.Decoder<A>, sql: string, ...values: ReadonlyArray<SQLInputValue>): A | undefined =>
  all(db, row, sql, ...values)[0]

/** What names the host and the key: the key as a hash that is worth nothing without this file, and little with it. */
const keyOf = (db: DatabaseSync, settings: Settings["Service"]): string => {
  const known = keyIn(settings, one(db, SaltRow, "SELECT value FROM salt")?.value)
  if (known !== undefined) return known
  const salt = randomBytes(16).toString("hex")
  run(db, "INSERT INTO salt (value) VALUES (?)", salt)
  return saltedKey(settings, salt)
}

/** Nothing, for a key that has no salt yet. */
const keyIn = (settings: Settings["Service"], salt: string | undefined): string | undefined =>
  Option.isSome(settings.apiKey) && salt === undefined ? undefined : saltedKey(settings, salt ?? "")

const saltedKey = ({ apiKey, baseUrl }: Settings["Service"], salt: string): string => {
  const { host } = new URL(baseUrl)
  return Option.match(apiKey, {
    onNone: () => `${host} keyless`,
    onSome: (key) => `${host} ${createHash("sha256").update(salt).update(Redacted.value(key)).digest("hex").slice(0, 32)}`
  })
}

const refreshCalls = (db: DatabaseSync, key: string, now: number): ReadonlyArray<Call> =>
  all(db, CallRow, "SELECT id, holder, reserved, stamped FROM calls WHERE key = ? ORDER BY id", key).flatMap((row) => {
    const before: Call = { reserved: row.reserved, stamped: row.stamped ?? undefined }
    const after = refresh(before, now, row.stamped !== null || isAlive(row.holder))
    if (after === undefined) {
      run(db, "DELETE FROM calls WHERE id = ?", row.id)
      return []
    }
    if (after.reserved !== before.reserved || after.stamped !== before.stamped) {
      run(db, "UPDATE calls SET reserved = ?, stamped = ? WHERE id = ?", after.reserved, after.stamped ?? null, row.id)
    }
    return [after]
  })

const readPause = (db: DatabaseSync, key: string): Pause | undefined => {
  const row = one(db, PauseRow, "SELECT since, until FROM pauses WHERE key = ?", key)
  return row === undefined ? undefined : { from: row.since, until: row.until }
}

const writePause = (db: DatabaseSync, key: string, pause: Pause | undefined) => {
  if (pause === undefined) run(db, "DELETE FROM pauses WHERE key = ?", key)
  else run(db, "INSERT OR REPLACE INTO pauses (key, since, until) VALUES (?, ?, ?)", key, pause.from, pause.until)
}

const readCredits = (db: DatabaseSync, key: string, month: string) =>
  one(db, CreditsRow, "SELECT used FROM credits WHERE key = ? AND month = ?", key, month)?.used ?? 0

const addCredits = (db: DatabaseSync, key: string, month: string, n: number) =>
  run(
    db,
    "INSERT INTO credits (key, month, used) VALUES (?, ?, ?) ON CONFLICT (key, month) DO UPDATE SET used = used + excluded.used",
    key,
    month,
    n
  )

/** Names this process and no later one with the same number (in a container every process may be number 1). */
const holder = () => `${process.pid}@${Math.round(performance.timeOrigin)}`

const isAlive = (name: string) => {
  if (name === holder()) return true
  const pid = Number(name.split("@")[0])
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
