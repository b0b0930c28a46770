/** The rules of the call log, by themselves: what counts until when, and who may go. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { CallLog, judge, layerMemory, lengthen, monthOf, refresh, refreshPause } from "../../../src/layers/coingecko/CallLog.ts"

const unlimited = { limit: 2, monthlyCredits: undefined }
const now = 1_000_000

describe("a call", () => {
  it("counts for 61 seconds from when its headers came", () => {
    const call = { reserved: 1000, stamped: now }
    assert.deepStrictEqual(refresh(call, now + 60_999, true), call)
    assert.isUndefined(refresh(call, now + 61_000, true))
  })
  it("counts while it is under way, and then as if stamped when it must have been given up", () => {
    const call = { reserved: now, stamped: undefined }
    assert.deepStrictEqual(refresh(call, now + 29_999, true), call)
    assert.deepStrictEqual(refresh(call, now + 35_000, true), { reserved: now, stamped: now + 30_000 })
    assert.isUndefined(refresh(call, now + 91_000, true))
  })
  it("of a process that is gone was sent before now", () => {
    assert.deepStrictEqual(refresh({ reserved: now, stamped: undefined }, now + 2000, false), { reserved: now, stamped: now + 2000 })
    assert.deepStrictEqual(refresh({ reserved: now, stamped: undefined }, now + 40_000, false), { reserved: now, stamped: now + 30_000 })
  })
  it("stamped in the future, the clock having been set back, counts from now: no longer than a window", () => {
    assert.deepStrictEqual(refresh({ reserved: now + 3_600_000, stamped: now + 3_600_000 }, now, true), { reserved: now, stamped: now })
    assert.deepStrictEqual(refresh({ reserved: now + 3_600_000, stamped: undefined }, now, true), { reserved: now, stamped: undefined })
  })
})

describe("a pause", () => {
  it("ends when it ends, and begins anew where the clock was set back", () => {
    const pause = { from: now, until: now + 10_000 }
    assert.deepStrictEqual(refreshPause(pause, now + 9_999), pause)
    assert.isUndefined(refreshPause(pause, now + 10_000))
    assert.deepStrictEqual(refreshPause(pause, now - 500_000), { from: now - 500_000, until: now - 490_000 })
  })
  it("is only ever made longer, and never longer than an hour", () => {
    const pause = { from: now, until: now + 10_000 }
    assert.deepStrictEqual(lengthen(pause, now + 1000, 2000), pause)
    assert.deepStrictEqual(lengthen(pause, now + 1000, 20_000), { from: now + 1000, until: now + 21_000 })
    assert.deepStrictEqual(lengthen(undefined, now, 999_999_999_000), { from: now, until: now + 3_600_000 })
  })
})

describe("a verdict", () => {
  const call = (stamped: number | undefined) => ({ reserved: now - 5000, stamped })
  const judged = (calls: ReadonlyArray<ReturnType<typeof call>>, limit = 2) =>
    judge({ calls, pause: undefined, used: 0 }, { ...unlimited, limit }, now)
  it("is go below the limit, and else when enough slots will be free", () => {
    assert.deepStrictEqual(judged([call(now - 1000)]), { _tag: "Go" })
    assert.deepStrictEqual(judged([call(now - 1000), call(now - 3000)]), { _tag: "Wait", until: now + 58_000 })
    assert.deepStrictEqual(judged([call(now - 1000), call(now - 3000), call(now - 2000)]), { _tag: "Wait", until: now + 59_000 })
    assert.deepStrictEqual(judged([call(undefined), call(undefined)]), { _tag: "Wait", until: now + 61_000 },
      "the soonest that is possible")
  })
  it("is to wait for the end of a pause, and none at all when the credits are used", () => {
    const pause = { from: now, until: now + 7000 }
    assert.deepStrictEqual(judge({ calls: [], pause, used: 0 }, unlimited, now), { _tag: "Paused", until: now + 7000 })
    const allowance = { limit: 2, monthlyCredits: 10 }
    assert.strictEqual(judge({ calls: [], pause: undefined, used: 9 }, allowance, now)._tag, "Go")
    assert.deepStrictEqual(judge({ calls: [], pause, used: 10 }, allowance, now), {
      _tag: "Spent",
      used: 10,
      allowed: 10,
      month: "1970-01"
    })
  })
})

it.effect("credits are counted by the UTC month: a new one begins at none", () =>
  Effect.gen(function*() {
    const log = yield* CallLog
    const allowance = { limit: 100, monthlyCredits: 1 }
    yield* TestClock.setTime(Date.UTC(2026, 10, 30, 23, 59, 59, 999))
    const first = yield* log.reserve(allowance)
    assert.strictEqual(first._tag, "Go")
    assert.deepStrictEqual(yield* log.reserve(allowance), { _tag: "Spent", used: 1, allowed: 1, month: "2026-11" })
    yield* TestClock.adjust(1)
    const second = yield* log.reserve(allowance)
    assert.strictEqual(second._tag, "Go")
    // the November call fails in December: November gets its credit back, December keeps none
    if (first._tag === "Go") yield* log.settle(first.slot, undefined)
    assert.strictEqual((yield* log.reserve(allowance))._tag, "Spent")
    if (second._tag === "Go") yield* log.settle(second.slot, 500)
    assert.strictEqual((yield* log.reserve(allowance))._tag, "Go")
    assert.strictEqual(monthOf(Date.UTC(2026, 0, 1)), "2026-01")
  }).pipe(Effect.provide(layerMemory)))
