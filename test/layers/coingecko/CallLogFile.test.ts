/** The call log's file: whose it is, what is in it, and what happens when it cannot be used. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import { CallLog } from "../../../src/layers/coingecko/CallLog.ts"
import * as CallLogFile from "../../../src/layers/coingecko/CallLogFile.ts"
import type { Settings } from "../../../src/services/Settings.ts"

const start = Date.UTC(2026, 10, 23, 9)
const allowance = { limit: 1, monthlyCredits: undefined }
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "calls-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)
const log = (stateDir: string, some: Partial<Settings["Service"]> = {}) =>
  Layer.fresh(CallLogFile.layer).pipe(
    Layer.provide(CoinGeckoTest.settings({ stateDir, apiKey: Option.some(Redacted.make("one key")), ...some }))
  )
const reserve = CallLog.use((_) => _.reserve(allowance))

/** What another program does to the file. */
const alter = (file: string, sql: string, ...values: ReadonlyArray<string | number>) =>
  Effect.sync(() => {
    const db = new DatabaseSync(file)
    const result = db.prepare(sql).all(...values)
    db.close()
    return result
  })

describe("the file", () => {
  it.effect("is the user's alone, and holds a hash of the key that differs from file to file", () =>
    Effect.gen(function*() {
      const hashes: Array<unknown> = []
      for (const name of ["a", "b"]) {
        const dir = join(yield* folder, name)
        yield* reserve.pipe(Effect.provide(log(dir)))
        assert.strictEqual(statSync(dir).mode & 0o777, 0o700)
        assert.strictEqual(statSync(join(dir, "calls.sqlite")).mode & 0o777, 0o600)
        assert.isFalse(readdirSync(dir).some((_) => readFileSync(join(dir, _)).includes("one key")))
        const [row] = yield* alter(join(dir, "calls.sqlite"), "SELECT key FROM calls")
        assert.match(String(row?.["key"]), /^api\.coingecko\.test [0-9a-f]{32}$/)
        hashes.push(row?.["key"])
      }
      assert.notStrictEqual(hashes[0], hashes[1])
    }))

  it.effect("keeps hosts and keys apart", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      assert.strictEqual((yield* reserve.pipe(Effect.provide(log(dir))))._tag, "Go")
      assert.strictEqual((yield* reserve.pipe(Effect.provide(log(dir))))._tag, "Wait")
      assert.strictEqual((yield* reserve.pipe(Effect.provide(log(dir, { apiKey: Option.none() }))))._tag, "Go")
      assert.strictEqual(
        (yield* reserve.pipe(Effect.provide(log(dir, { baseUrl: "https://other.test/api/v3", apiKey: Option.none() }))))._tag,
        "Go"
      )
      assert.strictEqual((yield* reserve.pipe(Effect.provide(log(dir, { apiKey: Option.none() }))))._tag, "Wait")
    }))

  it.effect("tells what a key used of its month, without being made or changed by that", () =>
    Effect.gen(function*() {
      const dir = join(yield* folder, "state")
      yield* TestClock.setTime(start)
      const key = { stateDir: dir, apiKey: Option.some(Redacted.make("one key")) }
      const used = (some: Partial<Settings["Service"]> = {}) =>
        Effect.provide(CallLogFile.usage, CoinGeckoTest.settings({ ...key, ...some }))
      assert.deepStrictEqual(yield* used(), Option.some({ month: "2026-11", used: 0 }))
      assert.isFalse(existsSync(dir))
      yield* reserve.pipe(Effect.provide(log(dir, { apiKey: Option.none() })))
      assert.deepStrictEqual(yield* used(), Option.some({ month: "2026-11", used: 0 }))
      yield* reserve.pipe(Effect.provide(log(dir)))
      assert.deepStrictEqual(yield* used(), Option.some({ month: "2026-11", used: 1 }))
      assert.deepStrictEqual(yield* used({ apiKey: Option.some(Redacted.make("another")) }), Option.some({ month: "2026-11", used: 0 }))
      yield* TestClock.setTime(Date.UTC(2026, 11, 1))
      assert.deepStrictEqual(yield* used(), Option.some({ month: "2026-12", used: 0 }))
      writeFileSync(join(dir, "calls.sqlite"), "no database")
      assert.deepStrictEqual(yield* used(), Option.none())
    }))

  it.effect("that is no database, or a newer program's, is refused by name and with advice", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      writeFileSync(join(dir, "calls.sqlite"), "not a database, but long enough to be read as the head of one ".repeat(20))
      const damaged = yield* Effect.flip(reserve.pipe(Effect.provide(log(dir))))
      assert.strictEqual(damaged._tag, "NoCallLog")
      assert.include(damaged.message, join(dir, "calls.sqlite"))
      assert.include(damaged.message, "CRYPTO_STATE_DIR")

      const other = yield* folder
      yield* reserve.pipe(Effect.provide(log(other)))
      yield* alter(join(other, "calls.sqlite"), "PRAGMA user_version = 2")
      assert.include((yield* Effect.flip(reserve.pipe(Effect.provide(log(other))))).message, "newer version")
    }))

  it.live("that another process locks for a moment is waited for", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* Effect.gen(function*() {
        const calls = yield* CallLog
        const other = new DatabaseSync(join(dir, "calls.sqlite"))
        other.exec("BEGIN IMMEDIATE")
        const fiber = yield* Effect.forkChild(calls.reserve(allowance), { startImmediately: true })
        yield* Effect.sleep("150 millis")
        assert.isUndefined(fiber.pollUnsafe())
        other.exec("COMMIT")
        other.close()
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Go")
      }).pipe(Effect.provide(log(dir)))
    }))
})

describe("a slot", () => {
  it.effect("of a process that is gone frees a window after that is seen, also where the process had this one's number", () =>
    Effect.gen(function*() {
      for (const holder of ["999999999@1", `${process.pid}@1`]) {
        const dir = yield* folder
        yield* TestClock.setTime(start)
        yield* Effect.gen(function*() {
          const { reserve } = yield* CallLog
          yield* reserve(allowance)
          yield* alter(join(dir, "calls.sqlite"), "UPDATE calls SET holder = ?", holder)
          assert.deepStrictEqual(yield* reserve(allowance), { _tag: "Wait", until: start + 61_000 })
          yield* TestClock.adjust(61_000)
          assert.strictEqual((yield* reserve(allowance))._tag, "Go")
        }).pipe(Effect.provide(log(dir)))
      }
    }))

  it.effect("of a living process is held until it is settled, at most until its call must have been given up", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* TestClock.setTime(start)
      yield* Effect.gen(function*() {
        const { reserve, settle } = yield* CallLog
        const first = yield* reserve(allowance)
        yield* TestClock.adjust(20_000)
        assert.deepStrictEqual(yield* reserve(allowance), { _tag: "Wait", until: start + 81_000 })
        if (first._tag === "Go") yield* settle(first.slot, 200)
        yield* TestClock.adjust(60_999)
        assert.strictEqual((yield* reserve(allowance))._tag, "Wait")
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* reserve(allowance))._tag, "Go")
        yield* TestClock.adjust(30_000 + 60_999)
        assert.strictEqual((yield* reserve(allowance))._tag, "Wait")
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* reserve(allowance))._tag, "Go")
      }).pipe(Effect.provide(log(dir)))
    }))

  it.effect("gives its credit back unless the answer was a 200, and a crash keeps it", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* TestClock.setTime(start)
      const used = Effect.map(alter(join(dir, "calls.sqlite"), "SELECT used FROM credits"), ([row]) => row?.["used"])
      const three = { limit: 9, monthlyCredits: 3 }
      yield* Effect.gen(function*() {
        const { reserve, settle } = yield* CallLog
        for (const [status, left] of [[200, 1], [429, 1], [undefined, 1], [500, 1]] as const) {
          const verdict = yield* reserve(three)
          if (verdict._tag === "Go") {
            yield* settle(verdict.slot, status)
            // settled twice, counted once
            yield* settle(verdict.slot, status)
          }
          assert.strictEqual(yield* used, left, `${status}`)
        }
        yield* reserve(three)
        yield* reserve(three)
        assert.deepStrictEqual(yield* reserve(three), { _tag: "Spent", used: 3, allowed: 3, month: "2026-11" })
      }).pipe(Effect.provide(log(dir)))
      assert.strictEqual((yield* CallLog.use((_) => _.reserve(three)).pipe(Effect.provide(log(dir))))._tag, "Spent")
    }))
})
