/**
 * Why CoinGecko gave no usable answer: one error with a reason. By the time it is seen, whatever could be retried has been.
 *
 * A message says what was asked, what came, and what to do. No reason holds a request, a header or a key.
 */
import { Schema } from "effect"
import { instant } from "../engine/automation/Cadence.ts"
import { describe, Drift } from "./Drift.ts"

/** No whole answer: refused, reset, not found in the DNS; or `cut`, once it had begun. */
export class Transport
  extends Schema.TaggedError<Transport>()("Transport", { detail: Schema.String, cut: Schema.optionalKey(Schema.Boolean) })
{
  override get message() {
    return `the connection failed (${this.detail}). Check the network, the base URL and any proxy`
  }
}

export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", {
  waitedFor: Schema.Literals(["headers", "body"]),
  seconds: Schema.Finite
}) {
  override get message() {
    return `its ${this.waitedFor} did not arrive within ${this.seconds} s. Try again later`
  }
}

/**
 * Too many calls; `retryAfter` is in seconds, where the server (or an earlier 429) named one, and `until` the instant that
 * it comes to, in epoch milliseconds, where that is longer than anybody waits here.
 */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  retryAfter: Schema.optionalKey(Schema.Finite),
  until: Schema.optionalKey(Schema.Finite)
}) {
  override get message() {
    const wait = this.retryAfter === undefined ? "later" : `in ${Math.ceil(this.retryAfter)} s`
    const when = this.until === undefined ? wait : `${wait}, from ${instant(Math.ceil(this.until / 1000) * 1000)} on`
    return `the rate limit is used up (429). Try again ${when}; a lower COINGECKO_RATE_LIMIT or a key of your own avoids it`
  }
}

export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", { status: Schema.Finite, detail: Schema.String }) {
  override get message() {
    return `the server failed (${said(this.status, this.detail)}). Try again later`
  }
}

/** `hint` is what is known here of the thing that was not found there. */
export class NotFound
  extends Schema.TaggedError<NotFound>()("NotFound", { detail: Schema.String, hint: Schema.optionalKey(Schema.String) })
{
  override get message() {
    const advice = this.hint ?? "Look the id up in the coin list: ids are not symbols, and some are renamed"
    return `there is no such thing (${said(404, this.detail)}). ${advice}`
  }
}

export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", { status: Schema.Finite, detail: Schema.String }) {
  override get message() {
    return `the request was refused (${said(this.status, this.detail)}). Check the coin ids, the currency and the dates`
  }
}

/** The key is missing, wrong, meant for the other host, or its plan is too small; `code` is CoinGecko's own. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { code: Schema.Finite, detail: Schema.String }) {
  override get message() {
    return `access was refused (${said(this.code, this.detail)}). ${unauthorizedAdvice(this.code)}`
  }
}

/** Older than the plan serves. */
export class BeyondDepth extends Schema.TaggedError<BeyondDepth>()("BeyondDepth", { detail: Schema.String }) {
  override get message() {
    return `the dates lie beyond what the plan serves (${said(10012, this.detail)}). Ask for the last 365 days, or use a paid plan`
  }
}

export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", { detail: Schema.String }) {
  override get message() {
    return `the server or its firewall forbids it (${said(403, this.detail)}). Wait, and check whether the address is blocked`
  }
}

/** An answer that is none: not JSON, empty, far too large, a page, a redirect, another shape, not daily. */
export class BadBody extends Schema.TaggedError<BadBody>()("BadBody", {
  problem: Schema.Literals(["Redirect", "NotJsonType", "TooLarge", "Empty", "NotUtf8", "NotJson", "Unsafe", "WrongShape", "NotDaily"]),
  detail: Schema.String
}) {
  override get message() {
    return `the answer cannot be used (${this.problem}: ${this.detail}). ${badBodyAdvice[this.problem]}`
  }
}

/** The answer is not of the shape that it had, and its endpoint is frozen. */
export class Drifted extends Schema.TaggedError<Drifted>()("Drifted", { drift: Drift }) {
  override get message() {
    return `the API has changed (${describe(this.drift)}), and this endpoint takes no other shape. ` +
      "Compare the raw answer with the documentation; the policy `evolve` takes what still fits"
  }
}

/** The month's credits are used up: the call was not made. */
export class Budget extends Schema.TaggedError<Budget>()("Budget", { used: Schema.Finite, allowed: Schema.Finite, month: Schema.String }) {
  override get message() {
    return `the call was not made: ${this.used} of ${this.allowed} credits of ${this.month} are used. ` +
      "Wait for the next month, or raise COINGECKO_MONTHLY_CREDITS if the plan allows more"
  }
}

/** The call log (rate limit and credits) cannot be used, so no call is safe to make. */
export class NoCallLog extends Schema.TaggedError<NoCallLog>()("NoCallLog", { file: Schema.String, detail: Schema.String }) {
  override get message() {
    return `the call log ${this.file} cannot be used (${this.detail}). Make its folder writable or set CRYPTO_STATE_DIR; a damaged log can be deleted`
  }
}

/** The raw answer could not be written down, so it was not used. */
export class NotKept extends Schema.TaggedError<NotKept>()("NotKept", { file: Schema.String, detail: Schema.String }) {
  override get message() {
    return `the raw answer could not be written to ${this.file} (${this.detail}). Free some space or make the folder writable`
  }
}

export const Reason = Schema.Union([
  Transport,
  Timeout,
  RateLimited,
  ServerError,
  NotFound,
  BadRequest,
  Unauthorized,
  BeyondDepth,
  Forbidden,
  BadBody,
  Drifted,
  Budget,
  NoCallLog,
  NotKept
])
export type Reason = typeof Reason.Type

export class CoinGeckoError extends Schema.TaggedError<CoinGeckoError>()("CoinGeckoError", {
  /** Method, path and parameters, never the key. */
  request: Schema.String,
  attempts: Schema.Finite,
  reason: Reason
}) {
  /** When asking again makes sense, if the source said so: `Run` and `Queue` know an error by this that is worth a wait. */
  get notBefore(): number | undefined {
    return this.reason._tag === "RateLimited" ? this.reason.until : undefined
  }
  override get message() {
    const times = this.attempts > 1 ? ` (${this.attempts} attempts)` : ""
    return `CoinGecko, ${this.request}${times}: ${this.reason.message}`
  }
}

// helpers

const said = (code: number, detail: string) => (detail === "" ? `${code}` : `${code}: ${detail}`)

const unauthorizedAdvice = (code: number) => {
  switch (code) {
    case 10010:
      return "A Pro key belongs to pro-api.coingecko.com: set COINGECKO_PLAN=pro, or check that the key is right"
    case 10011:
      return "A Demo key belongs to api.coingecko.com: set COINGECKO_PLAN=demo"
    case 10005:
      return "This takes a paid plan: set COINGECKO_PLAN=pro and a Pro key"
    case 10002:
      return "Set COINGECKO_API_KEY and COINGECKO_PLAN"
    default:
      return "Check COINGECKO_API_KEY and what its plan includes"
  }
}

const badBodyAdvice: Record<typeof BadBody.fields.problem.Type, string> = {
  Redirect: "Redirects are never followed, since they would carry the key elsewhere: set the base URL to where the API really is",
  NotJsonType: "Something between here and the API answers in its place: check the proxy and the base URL",
  TooLarge: "Check the base URL",
  Empty: "Try again later",
  NotUtf8: "Check the base URL and any proxy",
  NotJson: "Try again later",
  Unsafe: "Check the base URL",
  WrongShape: "The API may have changed: compare the raw answer with the documentation",
  NotDaily: "The API did not give daily points though asked to"
}
