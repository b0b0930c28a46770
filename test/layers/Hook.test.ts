import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { settings } from "../../src/layers/coingecko/CoinGeckoTest.ts"
import { layer } from "../../src/layers/Hook.ts"
import { Hook } from "../../src/services/Hook.ts"

const url = "https://hooks.example/T0/secret"
const news = { id: "r1 failed", text: "prices failed", details: { run: "r1" } }

/** Answers by its script, the last one for ever after; remembers what was sent. */
const script = (...answers: ReadonlyArray<number | "down" | "never">) => {
  const sent: Array<{ readonly url: string; readonly init: RequestInit | undefined }> = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)]
    sent.push({ url: typeof input === "string" ? input : "", init })
    if (answer === "never") return new Promise(() => {})
    return answer === "down"
      ? Promise.reject(new TypeError(`fetch failed: ${url}`))
      : Promise.resolve(new Response(null, { status: answer ?? 200 }))
  }
  const post = Hook.use((_) => _.webhook(news)).pipe(
    Effect.provide(
      Layer.fresh(layer).pipe(
        Layer.provide([settings({ webhookUrl: Option.some(Redacted.make(url)) }), Layer.succeed(FetchHttpClient.Fetch, fetch)])
      )
    )
  )
  return { sent, post }
}
const patiently = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(Effect.result(self), { startImmediately: true })
  yield* TestClock.adjust("2 minutes")
  return yield* Fiber.join(fiber)
})

describe("a webhook", () => {
  it.effect("is posted JSON once, with a name for the news, and follows nobody", () =>
    Effect.gen(function*() {
      const { post, sent } = script(204)
      assert.isTrue(yield* post)
      assert.deepStrictEqual(sent.map((_) => [_.url, _.init?.method, _.init?.redirect, _.init?.headers]), [
        [url, "POST", "manual", { "content-type": "application/json", "idempotency-key": "r1 failed" }]
      ])
      assert.deepStrictEqual(JSON.parse(String(sent[0]?.init?.body)), {
        id: "r1 failed",
        text: "prices failed",
        content: "prices failed",
        run: "r1"
      })
    }))

  it.effect("that does not answer well is tried three times, and then is a failure that does not tell its address", () =>
    Effect.gen(function*() {
      const cases = [
        [302, "it answered 302"],
        [500, "it answered 500"],
        ["down", "nobody answered there"],
        ["never", "it did not answer within 10s"]
      ] as const
      for (const [answer, problem] of cases) {
        const { post, sent } = script(answer)
        const result = yield* patiently(post)
        assert.strictEqual(result._tag === "Failure" ? result.failure.message : "",
          `the webhook (CRYPTO_WEBHOOK_URL) was not told: ${problem}`)
        assert.notInclude(JSON.stringify(result), "secret")
        assert.lengthOf(sent, 3)
      }
      const { post, sent } = script("down", 200)
      assert.strictEqual((yield* patiently(post))._tag, "Success")
      assert.lengthOf(sent, 2)
    }))

  it.effect("that nobody named is not told, and neither is a command", () =>
    Effect.gen(function*() {
      const hook = yield* Hook
      assert.deepStrictEqual([yield* hook.webhook(news), yield* hook.command(news)], [false, false])
    }).pipe(Effect.provide(Layer.fresh(layer).pipe(Layer.provide(settings())))))
})

describe("a command", () => {
  const folder = Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "hook-"))),
    (_) => Effect.sync(() => rmSync(_, { recursive: true })))
  const told = (command: string, text = news.text) =>
    Hook.use((_) => _.command({ ...news, text })).pipe(
      Effect.provide(Layer.fresh(layer).pipe(Layer.provide(settings({ hookCommand: Option.some(command) }))))
    )

  it.live("reads the news, which are no part of it", () =>
    Effect.gen(function*() {
      const out = join(yield* folder, "out")
      assert.isTrue(yield* told(`cat > '${out}'`, "$(touch owned); \"; exit 7"))
      assert.deepStrictEqual(JSON.parse(readFileSync(out, "utf8")).text, "$(touch owned); \"; exit 7")
    }))

  it.live("that fails is a failure, and one that does not read is none", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(told("exit 3"))).message, "the command (CRYPTO_HOOK_COMMAND) was not told: it ended with 3")
      assert.isTrue(yield* told("true", "x".repeat(1_000_000)))
    }))
})
