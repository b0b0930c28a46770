/**
 * CoinGecko's refusals, in any of its envelopes and under any status, 200 included, as one reason.
 *
 * The envelopes, as recorded: `{"error":"…"}`, `{"status":{"error_code","error_message"}}`, `{"error":{"status":{…}}}`,
 * `{"error_code","status":{"error_message"}}`, `{"status":500,"error":"…"}`, and no JSON at all.
 */
import { DateTime, Duration, Option, Result } from "effect"
import { Headers } from "effect/http"
import { cleanText } from "../../services/CleanText.ts"
import {
  BadRequest,
  BeyondDepth,
  Forbidden,
  NotFound,
  RateLimited,
  type Reason,
  ServerError,
  Unauthorized
} from "../../services/CoinGeckoError.ts"
import { longestWait } from "./Gate.ts"
import { isObject } from "./Json.ts"

export interface Envelope {
  readonly code: number | undefined
  readonly text: string
}

/** What a body says went wrong; nothing when it is an answer. */
export const envelopeOf = (body: unknown): Envelope | undefined => {
  if (!isObject(body)) return undefined
  const { error, status } = body
  if (isObject(error) && isObject(error["status"])) return fromStatus(error["status"], error["error_code"])
  if (isObject(status) && ("error_message" in status || "error_code" in status)) return fromStatus(status, body["error_code"])
  if (typeof error === "string") return { code: numberOf(status) ?? numberOf(body["error_code"]), text: tidy(error) }
  return undefined
}

/** The reason for a refusal with this HTTP status; `status` 200 means that only the envelope tells. */
export const reasonOf = (status: number, envelope: Envelope | undefined, headers: Headers.Headers, now: number): Reason => {
  const detail = envelope?.text ?? ""
  const code = envelope?.code
  if (code === 10012) return new BeyondDepth({ detail })
  if (code !== undefined && code >= 10000 && code < 10100) return new Unauthorized({ code, detail })
  const effective = status !== 200 ? status : code ?? statusOf(detail)
  if (effective === 429) {
    const wait = waitOf(headers, now)
    if (wait === undefined) return new RateLimited({})
    return new RateLimited({ retryAfter: wait / 1000, ...(wait > longestWait ? { until: now + wait } : {}) })
  }
  if (effective === 401) return new Unauthorized({ code: code ?? 401, detail })
  if (effective === 403) return new Forbidden({ detail })
  if (effective === 404) return new NotFound({ detail })
  // 501 says that the server has no such endpoint: it will not have it in a minute either
  if (effective === 501) return new NotFound({ detail })
  if (effective >= 500 || effective === 408 || effective === 409 || effective === 425) return new ServerError({ status: effective, detail })
  return new BadRequest({ status: effective, detail })
}

/** The reason in a refusal's text, or, where it is no JSON, in its status alone. */
export const parseEnvelope = (text: string): Envelope | undefined => {
  try {
    return envelopeOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** How long the server wants to be left alone, in milliseconds: by Retry-After, or else by its rate limit's reset. */
export const waitOf = (headers: Headers.Headers, now: number): number | undefined => {
  const retryAfter = headers["retry-after"]
  const parsed = retryAfter === undefined ? undefined : Headers.parseRetryAfter(retryAfter.trim())
  if (parsed !== undefined && Result.isSuccess(parsed)) return Math.max(0, Duration.toMillis(Headers.retryAfterDelay(parsed.success, now)))
  const reset = headers["x-ratelimit-reset"]
  const at = reset === undefined ? undefined : resetOf(reset.trim())
  return at === undefined ? undefined : Math.max(0, at - now)
}

// helpers

const fromStatus = (status: { readonly [key: string]: unknown }, outer: unknown): Envelope => {
  const text = status["error_message"]
  return { code: numberOf(status["error_code"]) ?? numberOf(outer), text: typeof text === "string" ? tidy(text) : "" }
}

const tidy = (text: string) => cleanText(text, 300)

const numberOf = (value: unknown) => (typeof value === "number" && Number.isInteger(value) ? value : undefined)

/** `{"error":"…"}` under a 200 has no code: its recorded wordings tell which refusal it is. */
const statusOf = (text: string) => {
  if (/not found|incorrect path/i.test(text)) return 404
  if (/rate limit|throttled/i.test(text)) return 429
  if (/internal server error|bad gateway|unavailable|timeout/i.test(text)) return 500
  return 400
}

/** Seen as `2025-07-25 14:54:00 +0000`, a date and no epoch; an epoch in seconds is understood as well. */
const resetOf = (text: string): number | undefined => {
  if (/^\d{10}$/.test(text)) return Number(text) * 1000
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d):?(\d\d)$/.exec(text)
  if (parts === null) return undefined
  const [, date, time, hours, minutes] = parts
  return Option.match(DateTime.make(`${date}T${time}${hours}:${minutes}`), {
    onNone: () => undefined,
    onSome: DateTime.toEpochMillis
  })
}
