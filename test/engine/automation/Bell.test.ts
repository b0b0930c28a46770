import { assert, it } from "@effect/vitest"
import { Clock, type Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { bell } from "../../../src/engine/automation/Bell.ts"
import { until } from "../../../src/engine/automation/Pulse.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import { inMemory } from "./world.ts"

it.effect("who rests is woken by the hour, or by news since the last rest, however much of it there was, and by nothing else", () =>
  inMemory(Effect.gen(function*() {
    const { record } = yield* Ledger
    const rest = yield* bell((_) => _._tag === "RunEnded")
    const news = record({ _tag: "RunEnded", run: "r", state: "succeeded" })
    const isResting = Effect.map(Effect.andThen(Effect.yieldNow, TestClock.adjust(1)), () => fiber.pollUnsafe() === undefined)
    // told before anybody rests, and at once after the bell was hung
    yield* Effect.andThen(news, news)
    yield* rest(1_000)
    let fiber = yield* Effect.forkChild(rest(1_000))
    assert.isTrue(yield* isResting, "two pieces of news wake once")
    yield* record({ _tag: "Watched" })
    assert.isTrue(yield* isResting)
    yield* news
    assert.isFalse(yield* isResting)
    fiber = yield* Effect.forkChild(rest(1_000))
    yield* TestClock.setTime(999)
    assert.isUndefined(fiber.pollUnsafe())
    yield* TestClock.setTime(1_000)
    yield* Fiber.join(fiber)
    yield* rest(1_000)
  })).pipe(Effect.scoped))

it.effect("a clock that was set, or a machine that slept, is noticed within a minute, where nobody says otherwise", () =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const slept = {
      ...clock,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (_) => _ === 0 ? 0 : _ + 3_600_000),
      sleep: (_: Duration.Duration) => clock.sleep(_)
    }
    const fiber = yield* Effect.forkChild(Effect.provideService(until(3_600_000), Clock.Clock, slept), { startImmediately: true })
    yield* TestClock.setTime(59_999)
    assert.isUndefined(fiber.pollUnsafe())
    yield* TestClock.setTime(60_000)
    yield* Fiber.join(fiber)
  }))
