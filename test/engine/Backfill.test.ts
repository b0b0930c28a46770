/** A stretch of time in batches: what is printed is what is asked for, and nothing is made twice however it is cut short. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Backfill from "../../src/engine/Backfill.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Request from "../../src/engine/Request.ts"
import * as Run from "../../src/engine/Run.ts"
import { working, world } from "./queueing.ts"
import { byDay, Day, inOne, market, millis } from "./world.ts"

const DAY = 86_400_000
const [start, end] = [millis("2026-11-15T00:00:00Z"), millis("2026-11-25T00:00:00Z")]
const tick = TestClock.adjust("1 second")
const said = ({ batches }: Backfill.Planned) => batches.map((_) => [..._.steps.map(Plan.label), `${_.calls} calls`].join(" | "))

const assets = (fails = new Set<string>()) => {
  const { asked, prices } = market({ fails })
  const counts = Asset.make("counts", { about: "", from: { prices }, into: byDay, per: Day },
    ({ prices }) => Effect.map(Day, (days) => days.keys.map((day) => ({ day, value: prices.filter((_) => _.day === day).length }))))
  const total = Asset.make("total", { about: "", from: { counts: Asset.every(counts, Day) }, into: inOne },
    ({ counts }) => Effect.succeed([{ value: counts.length }]))
  return { asked, fails, prices, counts, total }
}

/** Asks for it all, as it was planned. */
const ask = (id: string, planned: Backfill.Planned, targets: ReadonlyArray<string>, which: Request.Which = "stale") =>
  Effect.gen(function*() {
    const ids = planned.batches.map((_, i) => `${id}-${i + 1}`)
    const ledger = yield* Ledger
    for (const request of Backfill.requests(id, ids, planned, { targets, trigger: "a test", which })) yield* ledger.record(request)
  })
const only = Effect.map(Backfill.all, (_) => _[0] ?? assert.fail("there is no backfill"))
const states = Effect.map(only, ({ batches, state }) => [state, ...batches.map((_) => _.state)])
const settled = Effect.forEach([1, 2, 3, 4, 5, 6], () => tick, { discard: true })

describe("a plan of a backfill", () => {
  it.effect("is one batch of the fewest calls, or as many as were wanted, oldest or newest first; what lies in no time comes once", () =>
    world(Effect.gen(function*() {
      const { counts, total } = assets()
      assert.deepStrictEqual(said(yield* Backfill.plan([total], { start, end })), [
        "prices 2026-11-15..2026-11-24, 2 subjects (never made 20), 2 calls | counts 2026-11-15..2026-11-24 (never made 10) | total (never made) | 2 calls"
      ])
      assert.deepStrictEqual(said(yield* Backfill.plan([counts], { start, end, size: 4 * DAY })).map((_) => _.split(" (")[0]), [
        "prices 2026-11-15..2026-11-18, 2 subjects",
        "prices 2026-11-19..2026-11-22, 2 subjects",
        "prices 2026-11-23..2026-11-24, 2 subjects"
      ])
      const newest = yield* Backfill.plan([counts, total], { start, end, size: 4 * DAY, newestFirst: true })
      assert.deepStrictEqual(said(newest).map((_) => _.split(" (")[0]), [
        "prices 2026-11-21..2026-11-24, 2 subjects",
        "prices 2026-11-17..2026-11-20, 2 subjects",
        "prices 2026-11-15..2026-11-16, 2 subjects"
      ])
      assert.deepStrictEqual(newest.batches.map((_) => _.steps.filter((_) => _.asset === total).length), [1, 0, 0])
    })))

  it.effect("has no batch in which there is nothing to do", () =>
    world(Effect.gen(function*() {
      const { prices } = assets()
      yield* Run.upToDate([prices], { over: { start: start + 4 * DAY, end: start + 8 * DAY } })
      const planned = yield* Backfill.plan([prices], { start, end, size: 4 * DAY })
      assert.deepStrictEqual(planned.batches.map((_) => (_.start - start) / DAY), [0, 8])
      const moved = yield* Backfill.plan([prices], { start: start - 2 * DAY, end })
      assert.deepStrictEqual(said(moved), [
        "prices 2026-11-13..2026-11-24, 2 subjects (never made 0), 2 calls | 2 calls".replace("never made 0", "missing 16")
      ], "an earlier start loses nothing that is there")
    })))

  it.effect("of what is missing leaves what is stale, and of what failed leaves what was never tried", () =>
    world(Effect.gen(function*() {
      const { fails, prices } = assets(new Set(["eth"]))
      yield* Run.upToDate([prices], { over: { start: start + 2 * DAY, end: start + 4 * DAY } })
      fails.clear()
      const newer = { ...prices, codeVersion: "2" }
      Object.setPrototypeOf(newer, Object.getPrototypeOf(prices))
      const which = (which: Request.Which, asset: Asset.Any = prices) =>
        Effect.map(Backfill.plan([asset as typeof prices], { start, end: start + 5 * DAY, which }), said)
      assert.deepStrictEqual(yield* which("failed"), ["prices 2026-11-17..2026-11-18, eth (never made 2), 1 call | 1 calls"])
      assert.deepStrictEqual(yield* which("failed", newer), ["prices 2026-11-17..2026-11-18, eth (never made 2), 1 call | 1 calls"],
        "what is stale of another subject did not fail")
      assert.deepStrictEqual(yield* which("missing"), [
        "prices 2026-11-15..2026-11-19, 2 subjects (missing 3, never made 5), 2 calls | 2 calls"
      ])
      yield* Run.upToDate([prices], { over: { start, end: start + 5 * DAY } })
      assert.deepStrictEqual(yield* which("failed"), [], "what fell short was made since")
    })))
})

describe("a backfill of what failed", () => {
  it.effect("takes what lies in no time, too", () =>
    world(Effect.gen(function*() {
      const one = (name: string, made: Effect.Effect<ReadonlyArray<{ readonly value: number }>, "no">) =>
        Asset.make(name, { about: "", into: inOne }, () => made)
      const [failing, untried] = [one("failing", Effect.fail("no" as const)), one("untried", Effect.succeed([{ value: 1 }]))]
      yield* Run.upToDate([failing])
      assert.deepStrictEqual(said(yield* Backfill.plan([failing, untried], { start, end, which: "failed" })), [
        "failing (never made) | 0 calls"
      ])
    })))

  it.effect("knows what fell short under an old name", () =>
    world(Effect.gen(function*() {
      const one = (name: string, ...aliases: ReadonlyArray<string>) =>
        Asset.make(name, { about: "", into: inOne, aliases }, () => Effect.fail("no" as const))
      yield* Run.upToDate([one("old"), one("other")])
      assert.deepStrictEqual(said(yield* Backfill.plan([one("renamed", "old"), one("new")], { start, end, which: "failed" })), [
        "renamed (never made) | 0 calls"
      ])
    })))
})

describe("a backfill", () => {
  it("asks for each batch in its turn, behind everything that has a date", () => {
    const batch = (start: number) => ({ start, end: start + DAY, steps: [], calls: 0 })
    const of = { targets: ["a"], trigger: "a test", which: "missing" } as const
    const asked = { _tag: "RunRequested", ...of, priority: -10 } as const
    assert.deepStrictEqual(Backfill.requests("b", ["x"], { batches: [batch(0), batch(DAY)] }, of), [
      { ...asked, id: "x", over: { start: 0, end: DAY }, tags: { backfill: "b", batch: "1/2" } },
      { ...asked, id: "b-2", over: { start: DAY, end: 2 * DAY }, tags: { backfill: "b", batch: "2/2" } }
    ])
  })

  it.effect("has its batches in their order, whichever was asked for first, and stops the one that runs when it is paused", () =>
    world(Effect.gen(function*() {
      const ledger = yield* Ledger
      for (const batch of ["10/10", "2/10"]) {
        yield* ledger.record({ _tag: "RunRequested", id: batch, trigger: "a test", targets: [], tags: { backfill: "b", batch } })
      }
      assert.deepStrictEqual((yield* only).batches.map((_) => _.id), ["2/10", "10/10"])
      yield* ledger.begin("2/10", [], "me", 60_000)
      yield* Backfill.pause(yield* only)
      assert.deepStrictEqual((yield* only).batches.map((_) => [_.state, _.cancelledAt !== null]), [["running", true], ["queued", false]])
    })))

  it.effect("is paused when somebody stopped it, whatever is left, and cut short when its process died", () =>
    world(Effect.gen(function*() {
      const ledger = yield* Ledger
      const told = Effect.fnUntraced(function*(backfill: string, ...ends: ReadonlyArray<Request.Ended>) {
        for (const [i, state] of ends.entries()) {
          const [id, tags] = [`${backfill}-${i}`, { backfill, batch: `${i + 1}/${ends.length}` }]
          yield* ledger.record({ _tag: "RunRequested", id, trigger: "a test", targets: [], tags })
          yield* ledger.record({ _tag: "RequestEnded", request: id, state, note: "" })
        }
        return (yield* Backfill.all).find((_) => _.id === backfill)?.state
      })
      assert.deepStrictEqual(
        [
          yield* told("a", "succeeded", "interrupted"),
          yield* told("b", "cancelled", "failed"),
          yield* told("c", "interrupted", "lost"),
          yield* told("d", "succeeded", "lost")
        ],
        ["paused", "paused", "cut short", "cut short"]
      )
    })))

  it.effect("makes what was planned, batch after batch, behind what is more urgent", () =>
    world(Effect.gen(function*() {
      const { asked, counts } = assets()
      const planned = yield* Backfill.plan([counts], { start, end, size: 5 * DAY, newestFirst: true })
      yield* ask("b", planned, ["counts"])
      assert.deepStrictEqual(yield* states, ["queued", "queued", "queued"])
      yield* Ledger.use((_) =>
        _.record({ _tag: "RunRequested", id: "urgent", trigger: "a person", targets: ["prices"], over: { start: end - DAY } })
      )
      yield* working(counts)
      yield* settled
      assert.deepStrictEqual(yield* states, ["succeeded", "succeeded", "succeeded"])
      assert.deepStrictEqual(asked.filter((_) => _.startsWith("btc")), [
        "btc 2026-11-24",
        "btc 2026-11-20..2026-11-23",
        "btc 2026-11-15..2026-11-19"
      ])
      assert.deepStrictEqual((yield* Backfill.plan([counts], { start, end })).batches, [])
    })))

  it.effect("that is paused begins nothing more; taken up, it makes what is left and nothing twice, also when a process died in between", () =>
    world(Effect.gen(function*() {
      const { asked, fails, prices } = assets(new Set(["eth"]))
      const planned = yield* Backfill.plan([prices], { start, end, size: 4 * DAY })
      yield* ask("b", planned, ["prices"])
      yield* Backfill.pause(yield* only)
      yield* working(prices)
      yield* settled
      assert.deepStrictEqual([asked, yield* states], [[], ["paused", "queued", "queued", "queued"]])
      let n = 0
      const again = (request: Request.Request) => Effect.sync(() => Request.again(request, `again-${n++}`, "a test"))
      yield* Backfill.resume(yield* only, again)
      yield* settled
      assert.deepStrictEqual(yield* states, ["partial", "partial", "partial", "partial"])
      const ledger = yield* Ledger
      yield* ledger.record({
        _tag: "RunRequested",
        id: "lost",
        priority: -10,
        owner: "the dead",
        trigger: "a test",
        targets: ["prices"],
        tags: { backfill: "b", batch: "3/3" }
      })
      yield* ledger.record({ _tag: "RequestEnded", request: "lost", state: "lost", note: "" })
      assert.deepStrictEqual(yield* states, ["cut short", "partial", "partial", "lost"])
      fails.clear()
      asked.length = 0
      yield* Backfill.resume(yield* only, again)
      yield* settled
      assert.strictEqual((yield* states)[0], "succeeded")
      yield* Backfill.resume(yield* only, again)
      assert.strictEqual(n, 3, "what succeeded is not asked for again")
      assert.deepStrictEqual(asked.filter((_) => _.startsWith("btc")), [], "what was published is not made again")
      assert.deepStrictEqual(asked.filter((_) => _.startsWith("eth")).slice(0, 2), [
        "eth 2026-11-15..2026-11-18",
        "eth 2026-11-19..2026-11-22"
      ])
    })))
})
