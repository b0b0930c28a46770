/** A server that is a function, the layer on top of it, and the test's clock: what each test of the wire begins with. */
import { Clock, Effect, Exit, Fiber, Layer, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { type Event, Progress } from "../../../src/engine/Progress.ts"
import { CoinGeckoTest, httpMock, layerClient } from "../../../src/layers/CoinGecko.ts"
import type { Reply } from "../../../src/layers/coingecko/httpMock.ts"
import type { CoinGecko, CoinGeckoError } from "../../../src/services/CoinGecko.ts"
import type { Settings } from "../../../src/services/Settings.ts"

export const start = Date.UTC(2026, 10, 23, 9)
export const pong = { gecko_says: "(V3) To the Moon!" }

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

/** Runs `ask` against a server that answers by `handler`, for as long as `time` on the test's clock, and says what happened. */
export const against = <A>(
  handler: (url: URL, n: number) => Reply | Effect.Effect<Reply, unknown>,
  ask: Effect.Effect<A, CoinGeckoError, CoinGecko>,
  settings: Partial<Settings["Service"]> = {},
  time: Parameters<typeof TestClock.adjust>[0] = "30 minutes"
) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(start)
    const asked: Array<{ readonly at: number; readonly url: URL; readonly headers: Readonly<Record<string, string | undefined>> }> = []
    const told: Array<Event> = []
    const http = httpMock((url, request) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        asked.push({ at: now - start, url, headers: { ...request.headers } })
        const reply = handler(url, asked.length)
        return Effect.isEffect(reply) ? reply : Effect.succeed(reply)
      })
    )
    const layer = layerClient.pipe(
      Layer.provide([http, CoinGeckoTest.settings({ plan: "demo", apiKey: Option.some(Redacted.make("canary-5f1c")), ...settings })])
    )
    const fiber = yield* ask.pipe(
      Effect.provide(layer),
      Effect.provideService(Progress, (event) => Effect.sync(() => void told.push(event))),
      Effect.exit,
      Effect.forkChild({ startImmediately: true })
    )
    yield* TestClock.adjust(time)
    return { exit: yield* Fiber.join(fiber), asked, told }
  })

/** The reason a call failed for. */
export const reasonOf = (exit: Exit.Exit<unknown, CoinGeckoError>) =>
  Exit.isFailure(exit) ? exit.cause.reasons.flatMap((_) => _._tag === "Fail" ? [_.error.reason] : [])[0] : undefined

/** Tag of the reason, or which problem the body had. */
export const whyOf = (exit: Exit.Exit<unknown, CoinGeckoError>) => {
  const reason = reasonOf(exit)
  return reason?._tag === "BadBody" ? reason.problem : reason?._tag
}

export const valueOf = <A>(exit: Exit.Exit<A, CoinGeckoError>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error(`the call failed: ${JSON.stringify(exit)}`)
}
