/** A queue at work in a world of its own, and a great many things that end in the middle. */
import { assert } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import type { Manifest } from "../../src/engine/Manifest.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Queue from "../../src/engine/Queue.ts"
import type * as Request from "../../src/engine/Request.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { type Coin, type Day, horizon, inOne, noon } from "./world.ts"

export const asked = (id: string, rest: Partial<Request.Requested> = {}): Request.Requested => ({
  _tag: "RunRequested",
  id,
  trigger: "a test",
  targets: [id],
  ...rest
})
export const ask = (...requests: ReadonlyArray<Request.Requested>) =>
  Effect.forEach(requests, (_) => Ledger.use((ledger) => ledger.record(_)))
const held = Effect.map(Ledger.use((_) => _.leases), (_) => _.map(({ name, request }) => `${name}: ${request}`))
export const free = Effect.gen(function*() {
  assert.deepStrictEqual(yield* held, [])
  assert.deepStrictEqual(yield* Ledger.use((_) => _.open), { runs: [], steps: [] })
})

export const limited = (limits: Partial<Queue.Limits>) => Effect.provideService(Queue.Limits, { runs: 4, tags: {}, pools: {}, ...limits })

type Known = Asset.Asset<string, unknown, unknown, Memory.Rows | Manifest | Day | Coin>

/** A queue at work on these assets, until the test ends. */
export const working = Effect.fnUntraced(function*(...assets: ReadonlyArray<Known>) {
  const queue = yield* Queue.make(yield* Pipeline.make("test", { assets }))
  yield* Effect.forkChild(queue.work, { startImmediately: true })
  return queue
})

export const world = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(noon, effect).pipe(horizon(3),
    Effect.provide(Layer.mergeAll(Memory.rows, Memory.manifest, LedgerLayer.layer(":memory:")), { local: true }))

/** Each request ends by itself, is taken back or is left alone, before or while it runs; then nothing may be left over. */
export const interruptions = (times: number, start: number) =>
  Effect.gen(function*() {
    let seed = start
    const dice = (sides: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % sides
    }
    const slow = (name: string) =>
      Asset.make(name, { about: "", into: inOne, freshFor: 0 }, () =>
        Effect.andThen(Effect.sleep(`${1 + dice(900)} millis`),
          dice(4) === 0 ? Effect.fail("no luck" as const) : Effect.succeed([{ value: 1 }])))
    const assets = ["a", "b", "c"].map(slow)
    const queue = yield* working(...assets).pipe(limited({ runs: 2, tags: { k: 1 } }))
    for (let i = 0; i < times; i++) {
      const request = asked(`q${i}`, {
        targets: [["a", "b", "c"][dice(3)] ?? "a"],
        priority: dice(3),
        tags: dice(2) === 0 ? { k: "v" } : {}
      })
      if (dice(2) === 0) {
        const fiber = yield* Effect.forkChild(queue.attend(request, () =>
          Effect.andThen(Effect.sleep(`${dice(400)} millis`), Effect.succeed([0, { state: "succeeded", note: "" }] as const))))
        yield* TestClock.adjust(`${dice(700)} millis`)
        yield* Fiber.interrupt(fiber)
      } else {
        yield* ask(request)
        yield* TestClock.adjust(`${dice(700)} millis`)
        if (dice(3) > 0)
          yield* queue.cancel(request.id)
      }
    }
    yield* TestClock.adjust("10 minutes")
    const ended = yield* Ledger.use((_) =>
      _.requests({})
    )
    assert.strictEqual(ended.length, times)
    assert.deepStrictEqual(ended.filter((_) => _.endedAt === null), [])
    assert.isAbove(ended.filter((_) => _.state === "cancelled" || _.state === "interrupted").length, times / 4)
    assert.isAbove(ended.filter((_) => _.state === "succeeded").length, times / 10)
    yield* free
  })
