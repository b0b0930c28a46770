/** The call log shared: one limit and one pause for every client of one key, also for those that died. */
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CoinGeckoTest, httpMock, layerParts } from "../../../src/layers/CoinGecko.ts"
import { CallLog, headersWithin, window } from "../../../src/layers/coingecko/CallLog.ts"
import * as CallLogFile from "../../../src/layers/coingecko/CallLogFile.ts"
import * as RawStore from "../../../src/layers/coingecko/RawStore.ts"
import { CoinGecko } from "../../../src/services/CoinGecko.ts"

const start = Date.UTC(2026, 10, 23, 9)
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "calls-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)
const settingsOf = (stateDir: string, key = "one key") =>
  CoinGeckoTest.settings({ stateDir, plan: "demo", apiKey: Option.some(Redacted.make(key)), rateLimit: 6 })

it.effect("two databases with one key share one limit; another key has its own", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const dir = yield* folder
    const at = new Map<string, Array<number>>()
    const client = (key: string) => {
      const http = httpMock(() =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          at.set(key, [...at.get(key) ?? [], now - start])
          return { gecko_says: "hi" }
        })
      )
      const parts = Layer.fresh(layerParts).pipe(Layer.provide([http, Layer.fresh(CallLogFile.layer), RawStore.layerNone]),
        Layer.provide(settingsOf(dir, key)))
      return Effect.forEach(Array.from({ length: 9 }), () => CoinGecko.use((_) => _.ping), { discard: true }).pipe(Effect.provide(parts))
    }
    const fiber = yield* Effect.forkChild(Effect.all([client("a"), client("a"), client("b")], { concurrency: "unbounded" }))
    // files are opened in real time, so each second of the test's clock leaves them a turn
    for (let second = 0; second < 600 && fiber.pollUnsafe() === undefined; second++) {
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("1 second")
    }
    yield* Fiber.join(fiber)
    for (const key of ["a", "b"]) {
      const times = at.get(key) ?? []
      assert.lengthOf(times, key === "a" ? 18 : 9)
      assert.isAtMost(Math.max(...times.map((t) => times.filter((u) => u >= t && u < t + 60_000).length)), 6)
    }
    const [first = 0] = at.get("b") ?? []
    assert.lengthOf((at.get("b") ?? []).filter((_) => _ - first < 5000), 6, "the other key did not wait for the first")
  }))

it.effect("a slot that a killed process held counts until its call can have left no trace", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const dir = yield* folder
    const allowance = { limit: 1, monthlyCredits: undefined }
    const script = `
      import { Effect, Layer } from "effect"
      import { CallLog } from "${new URL("../../../src/layers/coingecko/CallLog.ts", import.meta.url).href}"
      import * as File from "${new URL("../../../src/layers/coingecko/CallLogFile.ts", import.meta.url).href}"
      import { CoinGeckoTest } from "${new URL("../../../src/layers/CoinGecko.ts", import.meta.url).href}"
      import { Option, Redacted, Clock } from "effect"
      const settings = CoinGeckoTest.settings({ stateDir: ${
      JSON.stringify(dir)
    }, plan: "demo", apiKey: Option.some(Redacted.make("one key")), rateLimit: 6 })
      const clock = { ...(await Effect.runPromise(Clock.Clock)), currentTimeMillis: Effect.succeed(${start}), currentTimeMillisUnsafe: () => ${start} }
      await CallLog.use((_) => _.reserve({ limit: 1, monthlyCredits: undefined })).pipe(
        Effect.provide(File.layer), Effect.provide(settings), Effect.provideService(Clock.Clock, clock), Effect.runPromise)
      process.kill(process.pid, "SIGKILL")`
    const died = yield* Effect.sync(() =>
      spawnSync(process.execPath, ["--input-type=module-typescript", "-e", script], { encoding: "utf8", cwd: process.cwd() })
    )
    assert.strictEqual(died.signal, "SIGKILL", died.stderr)
    yield* Effect.gen(function*() {
      const log = yield* CallLog
      assert.strictEqual((yield* log.reserve(allowance))._tag, "Wait")
      yield* TestClock.adjust(window - 1)
      assert.strictEqual((yield* log.reserve(allowance))._tag, "Wait")
      yield* TestClock.adjust(headersWithin + 1)
      assert.strictEqual((yield* log.reserve(allowance))._tag, "Go")
    }).pipe(Effect.provide(Layer.provideMerge(CallLogFile.layer, settingsOf(dir))))
  }))

it.effect("a pause holds for every process, and a clock set back does not prolong it", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const dir = yield* folder
    const fresh = Layer.fresh(CallLogFile.layer).pipe(Layer.provide(settingsOf(dir)))
    const allowance = { limit: 6, monthlyCredits: undefined }
    yield* CallLog.use((_) => _.pause(40_000)).pipe(Effect.provide(fresh))
    assert.deepStrictEqual(yield* CallLog.use((_) => _.reserve(allowance)).pipe(Effect.provide(fresh)), {
      _tag: "Paused",
      until: start + 40_000
    })
    yield* TestClock.setTime(start - 3_600_000)
    assert.deepStrictEqual(yield* CallLog.use((_) => _.reserve(allowance)).pipe(Effect.provide(fresh)), {
      _tag: "Paused",
      until: start - 3_600_000 + 40_000
    })
    yield* TestClock.setTime(start - 3_600_000 + 40_000)
    assert.strictEqual((yield* CallLog.use((_) => _.reserve(allowance)).pipe(Effect.provide(fresh)))._tag, "Go")
  }))
