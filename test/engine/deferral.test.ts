/** A source that asks to come back later than anybody waits: where a daemon is, its request waits and goes on; else it has failed. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Data, DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Backfill from "../../src/engine/Backfill.ts"
import * as Failures from "../../src/engine/automation/Failures.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Queue from "../../src/engine/Queue.ts"
import * as Run from "../../src/engine/Run.ts"
import { ask, asked, free, working, world } from "./queueing.ts"
import { Coin, coinByDay, Day, inOne } from "./world.ts"

class Busy extends Data.TaggedError("Busy")<{ readonly notBefore: number }> {
  override get message() {
    return "come back later"
  }
}

/** Prices of two coins and what follows from them; the source of `eth` asks to be left alone until an instant, and counts who asks. */
const market = (until: number) => {
  const calls: Array<string> = []
  const prices = Asset.make("prices", { about: "", into: coinByDay, per: Day, of: Coin, calls: () => 1 }, Effect.fnUntraced(function*() {
    const [days, coin] = [yield* Day, yield* Coin]
    const now = yield* Clock.currentTimeMillis
    calls.push(`${DateTime.formatIso(DateTime.makeUnsafe(now)).slice(11, 16)} ${coin}`)
    if (coin === "eth" && now < until) return yield* new Busy({ notBefore: until - 0.4 })
    return days.keys.map((day) => ({ day, coin, price: 1 }))
  }))
  const total = Asset.make("total", { about: "", from: { prices: Asset.every(prices, Day) }, into: inOne },
    ({ prices }) => Effect.succeed([{ value: prices.length }]))
  return { calls, prices, total }
}

/** Six minutes past noon. */
const later = Date.UTC(2026, 10, 24, 12, 6)
/** Up to an instant, and a little more for what falls due then. */
const passing = (until: number) => Effect.andThen(TestClock.setTime(until), Effect.forEach([1, 2, 3], () => TestClock.adjust("1 second")))
const told = Ledger.use((_) => Effect.map(_.requests({}), (_) => _.map(({ note, notBefore, state }) => [state, notBefore, note])))
const runs = Ledger.use((_) => Effect.map(_.runs(9), (_) => _.map((_) => _.state).toReversed()))
const steps = Effect.gen(function*() {
  const ledger = yield* Ledger
  const all = yield* Effect.forEach((yield* ledger.runs(9)).toReversed(), (_) => ledger.steps(_.id))
  return all.map((_) => _.map(({ asset, state, subject }) => `${asset}${subject} ${state}`))
})

describe("a run whose source asks for a longer wait", () => {
  it.effect("is deferred until then, says so, and makes only what had not been made; it is no failure to alert anybody of", () =>
    world(Effect.gen(function*() {
      const { calls, prices, total } = market(later)
      const ledger = yield* Ledger
      yield* ask(asked("total"))
      yield* working(prices, total)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* told, [["queued", later, "prices eth: come back later"]])
      assert.deepStrictEqual(yield* runs, ["deferred"])
      assert.deepStrictEqual(yield* steps, [["pricesbtc succeeded", "priceseth deferred", "total succeeded"]])
      assert.deepStrictEqual(yield* ledger.failures(["prices"]), [])
      yield* free
      const sent: Array<string> = []
      const alerts = Failures.of((_) => Effect.sync(() => void sent.push(_.kind)))
      yield* alerts.look({ seq: 0, failing: {} })
      yield* TestClock.adjust("4 minutes")
      assert.deepStrictEqual(calls, ["12:00 btc", "12:00 eth"])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(calls, ["12:00 btc", "12:00 eth", "12:06 eth"])
      assert.deepStrictEqual((yield* told).map(([state]) => state), ["succeeded"])
      assert.deepStrictEqual(yield* runs, ["deferred", "succeeded"])
      assert.deepStrictEqual((yield* steps)[1], ["priceseth succeeded", "total succeeded"])
      assert.deepStrictEqual(sent, [])
      yield* free
    })))

  it.effect("waits on through a restart, and is deferred again if it is told so again", () =>
    world(Effect.gen(function*() {
      const { calls, prices } = market(later)
      yield* ask(asked("prices"))
      const alive = (until: number) =>
        Effect.gen(function*() {
          const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [prices] }))
          yield* Effect.forkScoped(queue.work, { startImmediately: true })
          yield* passing(until)
        }).pipe(Effect.scoped)
      yield* alive(later - 300_000)
      assert.deepStrictEqual((yield* told)[0]?.slice(0, 2), ["queued", later])
      yield* alive(later - 200_000)
      assert.lengthOf(calls, 2)
      yield* alive(later)
      assert.deepStrictEqual(calls, ["12:00 btc", "12:00 eth", "12:06 eth"])
      assert.deepStrictEqual((yield* told)[0]?.[0], "succeeded")
    })))

  it.effect("makes by force only what it had not made by force before it was deferred", () =>
    world(Effect.gen(function*() {
      const { calls, prices } = market(0)
      yield* Run.upToDate([prices])
      yield* TestClock.adjust("1 second")
      const busy = market(later)
      yield* ask(asked("prices", { force: true }))
      yield* working(busy.prices)
      yield* passing(later - 300_000)
      yield* passing(later)
      assert.deepStrictEqual(busy.calls, ["12:00 btc", "12:00 eth", "12:06 eth"])
      assert.lengthOf(calls, 2)
    })))

  it.effect("is taken back while it waits, also if that was said while it ran", () =>
    world(Effect.gen(function*() {
      const { calls, prices } = market(later)
      const ledger = yield* Ledger
      yield* ask(asked("prices"))
      const queue = yield* working(prices)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(yield* queue.cancel("prices"))
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual((yield* told).map(([state]) => state), ["cancelled"])
      assert.lengthOf(calls, 2)
      yield* free
      assert.deepStrictEqual((yield* ledger.open).runs, [])
    })))

  it.effect("fails for somebody who looks on, and where nobody is there later; the error says when to come back", () =>
    world(Effect.gen(function*() {
      const { prices } = market(later)
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [prices] }))
      const looking = yield* queue.attend(asked("prices"), (request) =>
        Effect.map(Effect.flatMap(Queue.optionsOf(request), (_) =>
          Run.upToDate([prices], _)), (_) => [_, Queue.endingOf(_)] as const))
      assert.deepStrictEqual(looking.map((_) => _.state), ["partial"])
      const causes = looking.flatMap((_) => _.results).flatMap(({ outcome }) => outcome._tag === "Failed" ? [outcome.cause] : [])
      assert.deepStrictEqual(causes.map(Run.notBefore), [later - 0.4])
      assert.isUndefined(Run.notBefore(Cause.die({ notBefore: 1 })))
      yield* ask(asked("prices", { id: "again" }))
      yield* Effect.forkChild(queue.workOn(() => true), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* told).map(([state, notBefore]) => [state, notBefore]), [["partial", null], ["partial", null]])
      assert.deepStrictEqual(yield* runs, ["partial", "partial"])
    })))

  it.effect("is a backfill's batch that is deferred, and not paused; taken up by hand, it tries at once", () =>
    world(Effect.gen(function*() {
      const { calls, prices } = market(later)
      yield* ask(asked("prices", { tags: { backfill: "b1", batch: "1/1" } }))
      yield* working(prices)
      yield* TestClock.adjust("1 minute")
      const [deferred] = yield* Backfill.all
      assert.strictEqual(deferred?.state, "deferred")
      if (deferred !== undefined) yield* Backfill.resume(deferred, () => Effect.die("nothing to ask for again"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(calls, ["12:00 btc", "12:00 eth", "12:01 eth"])
      const [again] = yield* Backfill.all
      if (again !== undefined) yield* Backfill.pause(again)
      assert.strictEqual((yield* Backfill.all)[0]?.state, "paused")
    })))
})
