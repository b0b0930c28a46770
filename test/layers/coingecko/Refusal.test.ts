/** CoinGecko's refusals as they were recorded, and the waits they ask for. */
import { assert, describe, it } from "@effect/vitest"
import { Headers } from "effect/http"
import { envelopeOf, parseEnvelope, reasonOf, waitOf } from "../../../src/layers/coingecko/Refusal.ts"
import { isTransient } from "../../../src/layers/coingecko/Retry.ts"
import { BeyondDepth, NotFound, RateLimited, ServerError, Timeout, Transport, Unauthorized } from "../../../src/services/CoinGeckoError.ts"

const now = Date.UTC(2026, 10, 23, 9)
const reason = (status: number, text: string, headers: Record<string, string> = {}) =>
  reasonOf(status, parseEnvelope(text), Headers.fromInput(headers), now)

describe("an envelope", () => {
  it("is read in each of its recorded forms, its text cleaned", () => {
    assert.deepStrictEqual(envelopeOf({ error: "coin not found" }), { code: undefined, text: "coin not found" })
    assert.deepStrictEqual(envelopeOf({ status: { error_code: 10005, error_message: "PRO \u001b[31monly" } }), {
      code: 10005,
      text: "PRO [31monly"
    })
    assert.deepStrictEqual(envelopeOf({ error: { status: { timestamp: "", error_code: 10012, error_message: "365 days. " } } }), {
      code: 10012,
      text: "365 days."
    })
    assert.deepStrictEqual(envelopeOf({ timestamp: "", error_code: 10011, status: { error_message: "root URL" } }), {
      code: 10011,
      text: "root URL"
    })
    assert.deepStrictEqual(envelopeOf({ status: 500, error: "Internal Server Error" }), { code: 500, text: "Internal Server Error" })
  })

  it("is not seen in an answer", () => {
    for (
      const answer of [[], null, { gecko_says: "hi" }, { status: 1 }, { error: { usd: 1 } }, { status: { usd: 2 } }, { status_updates: [] }]
    ) {
      assert.isUndefined(envelopeOf(answer), JSON.stringify(answer))
    }
    assert.isUndefined(parseEnvelope("<html>"))
  })
})

describe("a reason", () => {
  it("follows the code first, then the status", () => {
    assert.deepStrictEqual(reason(401, "{\"error\":{\"status\":{\"error_code\":10012,\"error_message\":\"old\"}}}"),
      new BeyondDepth({ detail: "old" }))
    assert.deepStrictEqual(
      reason(400, "{\"error_code\":10010,\"status\":{\"error_message\":\"pro key\"}}"),
      new Unauthorized({ code: 10010, detail: "pro key" })
    )
    assert.deepStrictEqual(reason(401, ""), new Unauthorized({ code: 401, detail: "" }))
    assert.strictEqual(reason(403, "error code: 1020")._tag, "Forbidden")
    assert.strictEqual(reason(422, "{\"error\":\"Missing parameter ids\"}")._tag, "BadRequest")
    for (const status of [408, 409, 425, 500, 502, 503, 504, 520, 530])
      assert.strictEqual(reason(status, "")._tag, "ServerError", `${status}`)
  })

  it("under a 200 is what the envelope says, by code or by its wording", () => {
    assert.deepStrictEqual(reason(200, "{\"error\":\"coin not found\"}"), new NotFound({ detail: "coin not found" }))
    assert.deepStrictEqual(reason(200, "{\"error\":\"Incorrect path. Please check\"}")._tag, "NotFound")
    assert.deepStrictEqual(reason(200, "{\"error\":\"Throttled\"}"), new RateLimited({}))
    assert.deepStrictEqual(reason(200, "{\"error\":\"Internal Server Error\"}")._tag, "ServerError")
    assert.deepStrictEqual(reason(200, "{\"status\":503,\"error\":\"oh\"}"), new ServerError({ status: 503, detail: "oh" }))
    assert.deepStrictEqual(reason(200, "{\"error\":\"invalid vs_currency\"}")._tag, "BadRequest")
    assert.strictEqual(reason(200, "{\"status\":{\"error_code\":429,\"error_message\":\"limit\"}}")._tag, "RateLimited")
  })

  it("says what came and what to do", () => {
    assert.match(reason(404, "{\"error\":\"coin not found\"}").message, /coin not found.*coin list/)
    assert.match(reason(400, "{\"error_code\":10011,\"status\":{\"error_message\":\"demo\"}}").message, /COINGECKO_PLAN=demo/)
    assert.match(reason(400, "{\"error_code\":10010,\"status\":{\"error_message\":\"pro\"}}").message, /COINGECKO_PLAN=pro/)
    assert.match(reason(401, "{\"status\":{\"error_code\":10002,\"error_message\":\"\"}}").message, /COINGECKO_API_KEY/)
  })
})

describe("a wait", () => {
  const wait = (headers: Record<string, string>) => waitOf(Headers.fromInput(headers), now)
  it("is Retry-After, in seconds or as a date, or else the reset of the limit, which is a date", () => {
    assert.strictEqual(wait({ "retry-after": "53" }), 53_000)
    assert.strictEqual(wait({ "retry-after": "Mon, 23 Nov 2026 09:00:10 GMT" }), 10_000)
    assert.strictEqual(wait({ "x-ratelimit-reset": "2026-11-23 09:00:33 +0000" }), 33_000)
    assert.strictEqual(wait({ "x-ratelimit-reset": "2026-11-23 10:00:33 +0100" }), 33_000)
    assert.strictEqual(wait({ "x-ratelimit-reset": String(now / 1000 + 7) }), 7000)
    assert.strictEqual(wait({ "retry-after": "5", "x-ratelimit-reset": "2026-11-23 09:00:33 +0000" }), 5000)
  })
  it("is never negative, and nothing when it cannot be read", () => {
    assert.strictEqual(wait({ "retry-after": "Mon, 23 Nov 2020 09:00:10 GMT" }), 0)
    assert.strictEqual(wait({ "x-ratelimit-reset": "2020-11-23 09:00:33 +0000" }), 0)
    for (const text of ["soon", "-5", "1.5", ""]) assert.isUndefined(wait({ "retry-after": text }), text)
    assert.isUndefined(wait({ "x-ratelimit-reset": "tomorrow" }))
    assert.isUndefined(wait({}))
  })
})

it("waits up to five minutes are waited out, longer ones are for others to decide", () => {
  assert.isTrue(isTransient(new RateLimited({ retryAfter: 300 }), false))
  assert.isFalse(isTransient(new RateLimited({ retryAfter: 301 }), false))
  assert.isTrue(isTransient(new RateLimited({}), false))
  assert.isTrue(isTransient(new Timeout({ waitedFor: "body", seconds: 60 }), false))
  assert.isTrue(isTransient(new Transport({ detail: "reset" }), false))
  assert.isFalse(isTransient(new BeyondDepth({ detail: "" }), false))
  assert.isTrue(isTransient(new BeyondDepth({ detail: "" }), true))
})
