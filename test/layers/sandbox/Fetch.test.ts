import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { FetchHttpClient, HttpClient } from "effect/http"
import { fetchOf, make } from "../../../src/layers/Sandbox.ts"

const NOW = Date.UTC(2026, 10, 24, 12)
const base = "https://sandbox.invalid/api/v3"

describe("sandbox fetch", () => {
  it("answers as the sandbox does, to a URL, a string and a Request, and says who asks where the caller does not", async () => {
    const sandbox = make("s")
    const fetch = fetchOf(sandbox, () => NOW)
    const wanted = await sandbox.respond(new Request(`${base}/coins/bitcoin`, { headers: { "user-agent": "x" } }), NOW).text()
    for (const input of [`${base}/coins/bitcoin`, new URL(`${base}/coins/bitcoin`), new Request(`${base}/coins/bitcoin`)]) {
      assert.strictEqual(await (await fetch(input)).text(), wanted)
    }
    assert.strictEqual((await fetch(`${base}/ping`, { headers: { "user-agent": "" } })).status, 403)
  })

  it("reads the time at each request", async () => {
    let now = NOW
    const fetch = fetchOf(make("s"), () => now)
    const updated = async () => {
      const response = await fetch(`${base}/simple/price?ids=bitcoin&vs_currencies=usd&include_last_updated_at=true`)
      return Number(/"last_updated_at":(\d+)/.exec(await response.text())?.[1])
    }
    const first = await updated()
    now += 3_600_000
    assert.strictEqual(await updated(), first + 3_600)
  })

  it("an abort before or right after the call rejects with its reason; a later one comes too late", async () => {
    const fetch = fetchOf(make("s"), () => NOW)
    const reason = new Error("enough")
    const rejected = (signal: AbortSignal) => fetch(`${base}/ping`, { signal }).then(() => "answered", (error: unknown) => error)
    assert.strictEqual(await rejected(AbortSignal.abort(reason)), reason)
    const controller = new AbortController()
    const answer = rejected(controller.signal)
    controller.abort(reason)
    assert.strictEqual(await answer, reason)
    const late = new AbortController()
    assert.strictEqual((await fetch(`${base}/ping`, { signal: late.signal })).status, 200)
    late.abort(reason)
  })

  it.effect("serves Effect's HttpClient", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(NOW)
      const response = yield* HttpClient.get(`${base}/coins/bitcoin/market_chart?vs_currency=usd&days=5&interval=daily`)
      const body = yield* response.text
      assert.strictEqual(response.headers["x-synthetic"], "sandbox seed=s")
      assert.isTrue(body.startsWith("{\"prices\":[["))
    }).pipe(
      Effect.provide(FetchHttpClient.layer),
      Effect.provideService(FetchHttpClient.Fetch, fetchOf(make("s"), () => NOW))
    ))
})
