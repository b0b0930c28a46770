/** What an exchange is guarded against, each guard with the answer it must not harm. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Layer, Option, Tracer } from "effect"
import { Headers } from "effect/http"
import { TestClock } from "effect/testing"
import { createRequire } from "node:module"
import { CoinGeckoTest, layerFetch } from "../../../src/layers/CoinGecko.ts"
import { userAgent } from "../../../src/layers/coingecko/Answer.ts"
import { CoinGecko } from "../../../src/services/CoinGecko.ts"
import { against, json, pong, reasonOf, start, valueOf, whyOf } from "./world.ts"

const ping = CoinGecko.use((_) => _.ping)
const bytes = (text: string) => new TextEncoder().encode(text)
const jsonType = { "content-type": "application/json" }

/** A body that comes in pieces, each after so many milliseconds of the test's clock; without an end it hangs. */
const dripping = (pieces: ReadonlyArray<readonly [millis: number, text: string]>, ends: boolean) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<never>()
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    yield* Effect.forEach(pieces,
      ([millis, text]) => Effect.andThen(Effect.sleep(millis), Effect.sync(() => void writer.write(bytes(text)).catch(() => {})))).pipe(
        Effect.andThen(Effect.sync(() => ends ? void writer.close().catch(() => {}) : undefined)),
        Effect.provide(context),
        Effect.forkDetach({ startImmediately: true })
      )
    return new Response(readable, { headers: jsonType })
  })

describe("time", () => {
  it.effect("a body that trickles in over half a minute is waited for", () =>
    Effect.gen(function*() {
      const pieces = [[0, "{\"gecko_"], [15_000, "says\":"], [15_000, "\"hi\"}"]] as const
      yield* TestClock.setTime(start)
      const { asked, exit } = yield* against(() => dripping(pieces, true), ping)
      assert.deepStrictEqual(exit, Exit.succeed("hi"))
      assert.lengthOf(asked, 1)
    }))

  it.effect("a body that never ends is given up after a minute, and the call after four of them", () =>
    Effect.gen(function*() {
      const { asked, exit } = yield* against(() => dripping([[0, "{"]], false), ping)
      assert.deepInclude(reasonOf(exit), { _tag: "Timeout", waitedFor: "body", seconds: 60 })
      assert.lengthOf(asked, 4)
      assert.isTrue((asked[1]?.at ?? 0) >= 60_000 && (asked[1]?.at ?? 0) <= 61_000)
    }))

  it.effect("a server that takes a minute and a half for each broken answer is left alone after a quarter of an hour", () =>
    Effect.gen(function*() {
      const broken = Effect.andThen(Effect.sleep("29 seconds"), dripping([[0, "{"], [59_000, "}}"]], true))
      const { asked, exit } = yield* against(() => broken, ping)
      assert.strictEqual(whyOf(exit), "NotJson")
      assert.lengthOf(asked, 11, "of twelve that are worth a try")
    }))

  it.effect("headers that never come are given up after half a minute, and the call after four of them", () =>
    Effect.gen(function*() {
      const { asked, exit } = yield* against(() => Effect.never, ping)
      assert.deepInclude(reasonOf(exit), { _tag: "Timeout", waitedFor: "headers", seconds: 30 })
      assert.lengthOf(asked, 4)
      assert.isTrue((asked[1]?.at ?? 0) >= 30_000 && (asked[1]?.at ?? 0) <= 31_000)
    }))

  it.effect("a refusal whose body never ends is still a refusal", () =>
    Effect.gen(function*() {
      const { exit } = yield* against(() => Effect.map(dripping([], false), ({ body }) => new Response(body, { status: 404 })), ping)
      assert.strictEqual(whyOf(exit), "NotFound")
    }))
})

describe("what is no answer", () => {
  const cases: ReadonlyArray<readonly [string, () => Response, string]> = [
    ["a page under a 200", () => new Response(JSON.stringify(pong), { headers: { "content-type": "text/html" } }), "NotJsonType"],
    ["an empty 200", () => new Response("", { headers: jsonType }), "Empty"],
    ["a part of one (206)", () => new Response(JSON.stringify(pong), { status: 206, headers: jsonType }), "Empty"],
    ["a 204", () => new Response(null, { status: 204, headers: jsonType }), "Empty"],
    ["nesting without end", () => new Response("[".repeat(100) + "]".repeat(100), { headers: jsonType }), "Unsafe"]
  ]
  for (const [name, reply, problem] of cases) {
    it.effect(name, () =>
      Effect.gen(function*() {
        assert.strictEqual(whyOf((yield* against(reply, ping)).exit), problem)
      }))
  }

  it.effect("JSON by a longer type is one: application/problem+json; charset=utf-8", () =>
    Effect.gen(function*() {
      const reply = () => new Response(JSON.stringify(pong), { headers: { "content-type": "application/problem+json; charset=utf-8" } })
      assert.strictEqual(valueOf((yield* against(reply, ping)).exit), pong.gecko_says)
    }))

  it.effect("a refusal is read no further than its first 64 kB", () =>
    Effect.gen(function*() {
      let pulled = 0
      const endless = () =>
        new Response(
          new ReadableStream({
            pull: (controller) => {
              if (++pulled > 2000) controller.close()
              else controller.enqueue(new Uint8Array(16 * 1024))
            }
          }),
          { status: 400, headers: jsonType }
        )
      assert.strictEqual(whyOf((yield* against(endless, ping)).exit), "BadRequest")
      assert.isBelow(pulled, 20)
    }))
})

describe("the connection is let go", () => {
  const asked = (answer: () => Promise<Response>, time: Parameters<typeof TestClock.adjust>[0]) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const signals: Array<AbortSignal> = []
      const fetch: typeof globalThis.fetch = (_, init) => {
        if (init?.signal) signals.push(init.signal)
        return answer()
      }
      const fiber = yield* ping.pipe(Effect.provide(Layer.provideMerge(layerFetch(fetch), CoinGeckoTest.settings())), Effect.exit,
        Effect.forkChild)
      yield* TestClock.adjust(time)
      return { signals, exit: yield* Fiber.join(fiber) }
    })

  it.effect("when nothing comes", () =>
    Effect.gen(function*() {
      const { signals } = yield* asked(() => new Promise(() => {}), "30 minutes")
      assert.deepStrictEqual(signals.map((_) => _.aborted), [true, true, true, true])
    }))

  it.effect("when the body is not wanted", () =>
    Effect.gen(function*() {
      const { exit, signals } = yield* asked(() => Promise.resolve(new Response(new ReadableStream(), { status: 302 })), "1 second")
      assert.strictEqual(whyOf(exit), "Redirect")
      assert.deepStrictEqual(signals.map((_) => _.aborted), [true])
    }))

  it.effect("when the caller goes away, and its slot of the limit with it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const began = yield* Deferred.make<void>()
      const times: Array<number> = []
      const handler = (_: URL, n: number) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          times.push(now - start)
          return n === 1 ? Effect.andThen(Deferred.succeed(began, undefined), Effect.never) : Effect.succeed(pong)
        })
      const first = Effect.flatMap(Effect.forkChild(ping),
        (fiber) => Effect.andThen(Effect.andThen(Deferred.await(began), Effect.sleep("5 seconds")), Fiber.interrupt(fiber)))
      const { exit } = yield* against(handler, Effect.andThen(first, ping), { rateLimit: 1 })
      assert.strictEqual(valueOf(exit), pong.gecko_says)
      assert.deepStrictEqual(times, [0, 66_000], "61 s after it was given up: not sooner, and not as late as for a call that was lost")
    }))
})

describe("secrets", () => {
  it.effect("a pro key goes in the pro header", () =>
    Effect.gen(function*() {
      const { asked } = yield* against(() => pong, ping, { plan: "pro" })
      assert.strictEqual(asked[0]?.headers["x-cg-pro-api-key"], "canary-5f1c")
      assert.isUndefined(asked[0]?.headers["x-cg-demo-api-key"])
    }))

  it.effect("no span holds the request, and whoever prints its headers sees no key", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      let names: ReadonlyArray<string | RegExp> = []
      const reply = () =>
        Effect.map(Headers.CurrentRedactedNames, (redacted) => {
          names = redacted
          return json({ error: "coin not found" }, 404)
        })
      yield* against(reply, ping).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual(spans.map((_) => _.name), ["CoinGecko.ping", "CoinGecko.call"])
      assert.strictEqual(spans[1]?.attributes.get("request"), "GET /ping")
      assert.includeMembers([...names], ["authorization", "x-cg-demo-api-key", "x-cg-pro-api-key"])
    }))

  it.effect("an envelope under a 200 that echoes the key does not get it into the error", () =>
    Effect.gen(function*() {
      const { exit } = yield* against(() => ({ error: "bad key canary-5f1c" }), ping)
      assert.strictEqual(whyOf(exit), "BadRequest")
      assert.notInclude(JSON.stringify(exit), "canary-5f1c")
    }))

  it.effect("nor does a content type that echoes it", () =>
    Effect.gen(function*() {
      const { exit } = yield* against(() => new Response("{}", { headers: { "content-type": "text/canary-5f1c" } }), ping)
      assert.strictEqual(whyOf(exit), "NotJsonType")
      assert.notInclude(JSON.stringify(exit), "canary-5f1c")
    }))

  it.effect("a connection that broke is told by its codes, and not by the request that the error holds", () =>
    Effect.gen(function*() {
      const broken: unknown = new Error("fetch failed", { cause: new Error("socket hang up") })
      const { exit } = yield* against(() => Effect.fail(broken), ping)
      assert.deepInclude(reasonOf(exit), { _tag: "Transport", detail: "no answer, fetch failed, socket hang up" })
    }))

  it("the name it calls itself by has the package's version", () => {
    const { version } = createRequire(import.meta.url)("../../../package.json")
    assert.strictEqual(userAgent, `crypto-pipeline/${version} (+effect)`)
  })
})

describe("many calls", () => {
  it.effect("are eight at a time", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const reply = () =>
        Effect.suspend(() => {
          most = Math.max(most, ++now)
          return Effect.delay(Effect.sync(() => (now--, pong)), "1 second")
        })
      const all = Effect.all(Array.from({ length: 20 }, () => ping), { concurrency: "unbounded" })
      const { exit } = yield* against(reply, all, { rateLimit: 100 })
      assert.lengthOf(valueOf(exit), 20)
      assert.strictEqual(most, 8)
    }))

  it.effect("each tell that they were made, and how they ended", () =>
    Effect.gen(function*() {
      const reply = (_: URL, n: number) => n === 1 ? json({}, 503) : Effect.delay(Effect.succeed(pong), "2 seconds")
      const { told } = yield* against(reply, ping, { monthlyCredits: Option.none() })
      assert.deepStrictEqual(told.filter((_) => _._tag === "Call"), [
        { _tag: "Call", request: "GET /ping", status: 503, ms: 0 },
        { _tag: "Call", request: "GET /ping", status: 200, ms: 2000 }
      ])
    }))
})
