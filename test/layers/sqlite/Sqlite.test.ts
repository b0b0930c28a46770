import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { open, SqliteError } from "../../../src/layers/sqlite/Sqlite.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "crypto-sqlite-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)
const schema = "CREATE TABLE IF NOT EXISTS t (i INTEGER PRIMARY KEY, s TEXT) STRICT"
const file = Effect.map(folder, (home) => join(home, "x.sqlite"))
/** A second connection, as another process has one. */
const other = (path: string) =>
  Effect.acquireRelease(Effect.sync(() => new DatabaseSync(path, { timeout: 0 })), (_) => Effect.sync(() => _.close()))

describe("a SQLite file", () => {
  it.live("is durable at each commit: WAL, synchronous FULL, foreign keys", () =>
    Effect.gen(function*() {
      const sqlite = yield* open(yield* file, schema)
      const ask = (name: string) => Effect.map(sqlite.all(`PRAGMA ${name}`), ([row]) => Object.values(row ?? {})[0])
      assert.strictEqual(yield* ask("journal_mode"), "wal")
      assert.strictEqual(yield* ask("synchronous"), 2)
      assert.strictEqual(yield* ask("foreign_keys"), 1)
    }))

  it.live("keeps all of a transaction, or nothing", () =>
    Effect.gen(function*() {
      const sqlite = yield* open(yield* file, schema)
      const changed = yield* sqlite.transaction((session) => session.run("INSERT INTO t VALUES (?, ?), (?, ?)", 1, "a", 2, "b"))
      assert.strictEqual(changed, 2)
      const error = yield* Effect.flip(sqlite.transaction((session) => {
        session.run("INSERT INTO t VALUES (3, 'c')")
        session.run("INSERT INTO t VALUES (1, 'again')")
      }))
      assert.strictEqual(error.code, 19)
      assert.include(error.message, "UNIQUE constraint failed: t.i (SQLite 19)")
      assert.deepStrictEqual((yield* sqlite.all("SELECT i, s FROM t ORDER BY i")).map((_) => ({ ..._ })), [{ i: 1, s: "a" }, {
        i: 2,
        s: "b"
      }])
    }))

  it.live("opened again, runs its schema again and has its rows", () =>
    Effect.gen(function*() {
      const path = yield* file
      yield* Effect.scoped(
        Effect.flatMap(open(path, schema), (_) => _.transaction((session) => session.run("INSERT INTO t VALUES (1, 'a')")))
      )
      const sqlite = yield* open(path, schema)
      assert.strictEqual((yield* sqlite.all("SELECT * FROM t")).length, 1)
    }))

  it.live("can be read by another while it is written, before and after", () =>
    Effect.gen(function*() {
      const path = yield* file
      const sqlite = yield* open(path, schema)
      const reader = yield* other(path)
      const seen: Array<unknown> = []
      yield* sqlite.transaction((session) => {
        session.run("INSERT INTO t VALUES (1, 'a')")
        seen.push(reader.prepare("SELECT count(*) AS n FROM t").get()?.["n"])
      })
      seen.push(reader.prepare("SELECT count(*) AS n FROM t").get()?.["n"])
      assert.deepStrictEqual(seen, [0, 1])
    }))

  it.live("waits for another writer, and does not hold the thread up meanwhile", () =>
    Effect.gen(function*() {
      const path = yield* file
      const sqlite = yield* open(path, schema)
      const writer = yield* other(path)
      writer.exec("BEGIN IMMEDIATE")
      const fiber = yield* Effect.forkChild(sqlite.transaction((session) => session.run("INSERT INTO t VALUES (1, 'a')")), {
        startImmediately: true
      })
      const [pause] = yield* Effect.timed(Effect.sleep("10 millis"))
      assert.isBelow(Duration.toMillis(pause), 150)
      writer.exec("COMMIT")
      assert.strictEqual(yield* Fiber.join(fiber), 1)
    }))

  it.effect("says what to do when its disk is full, also where SQLite only tells of a disk that cannot be written", () =>
    Effect.sync(() => {
      const says = (code: number) => new SqliteError({ path: "l.sqlite", code, said: "no", cause: "" }).message
      assert.match(says(10), /^l\.sqlite: no \(SQLite 10\)\. Its disk is full, or can no longer be read and written: make room/)
      assert.strictEqual(says(13), "l.sqlite: no (SQLite 13). Make room on its disk")
      assert.strictEqual(says(1), "l.sqlite: no (SQLite 1)")
    }))

  it.effect("gives up when another holds it for long, and says what to do", () =>
    Effect.gen(function*() {
      const path = yield* file
      const sqlite = yield* open(path, schema)
      const writer = yield* other(path)
      writer.exec("BEGIN IMMEDIATE")
      const fiber = yield* Effect.forkChild(Effect.flip(sqlite.transaction((session) => session.run("INSERT INTO t VALUES (1, 'a')"))))
      const { TestClock } = yield* Effect.promise(() => import("effect/testing"))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(fiber)
      assert.isTrue(error.isBusy)
      assert.match(error.message, /database is locked \(SQLite 5\)\. Another process holds it for long/)
    }))

  it.live.each<readonly [what: string, make: (path: string) => Promise<void>, code: number]>([
    ["no SQLite file", (path) => writeFile(path, "not a database, but a text that is long enough".repeat(20)), 26],
    ["no folder", () => Promise.resolve(), 14]
  ])("%s is a typed error", ([what, make, code]) =>
    Effect.gen(function*() {
      const path = what === "no folder" ? join(yield* folder, "none", "x.sqlite") : yield* file
      yield* Effect.promise(() => make(path))
      assert.strictEqual((yield* Effect.flip(open(path, schema))).code, code)
    }))
})
