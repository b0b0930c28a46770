/**
 * What is tried again, when, and how often. It is the only retry between a step and CoinGecko: it covers sending, reading and
 * decoding, and what it lets through is final.
 *
 * Waits grow from half a second to fifteen, jittered, and are never shorter than what the server asked for. Twelve attempts bear
 * an outage of a minute and a half, and a server of which every third answer is broken.
 */
import { Duration, Effect, Schedule } from "effect"
import { Progress } from "../../engine/Progress.ts"
import type { CoinGeckoError, Reason } from "../../services/CoinGeckoError.ts"
import { longestWait } from "./Gate.ts"

export const attempts = 12

/** Silence is expensive: each of these took half a minute or a whole one. */
const attemptsInSilence = 4

/**
 * A connection that breaks may hold the next time; a server that is not there, or a network that is not, seldom comes within
 * seconds. An answer that had begun and was cut off shows that the server is there: it is worth as much as any broken answer.
 */
const attemptsBroken = 6
const attemptsUnreached = 3
const unreached = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/

/** Attempts in all that a failure for this reason is worth; each counts against the rate limit, too. */
const attemptsFor = (reason: Reason): number => {
  if (reason._tag === "Timeout") return attemptsInSilence
  if (reason._tag !== "Transport" || reason.cut === true) return attempts
  return unreached.test(reason.detail) ? attemptsUnreached : attemptsBroken
}

/** For one call, waits for its turn aside: what takes longer is somebody else's decision. */
const deadline = 15 * 60_000

/** A 429 that names no time: long enough not to hammer, since refused calls count against the limit too. */
export const pauseWithoutHint = 5_000

/** The wait a 429 calls for, in milliseconds. */
export const pauseOf = (reason: { readonly retryAfter?: number | undefined }) =>
  reason.retryAfter === undefined ? pauseWithoutHint : reason.retryAfter * 1000

/**
 * May the same request succeed later? Refusals of the request itself (400, 401, 403, 404, 422) never do.
 *
 * BeyondDepth under a 401 is such a refusal. Under a 200, for dates that the plan does serve, the server contradicts itself: it
 * has been seen to send error envelopes with a 200 by mistake, so then, and only then, `contradicted` says to ask again.
 */
export const isTransient = (reason: Reason, contradicted: boolean): boolean => {
  switch (reason._tag) {
    case "Transport":
    case "Timeout":
    case "ServerError":
      return true
    case "RateLimited":
      return pauseOf(reason) <= longestWait
    case "BeyondDepth":
      return contradicted
    case "BadBody":
      return reason.problem === "Empty" || reason.problem === "NotJson" || reason.problem === "NotJsonType"
    case "NotFound":
    case "BadRequest":
    case "Unauthorized":
    case "Forbidden":
    case "Drifted":
    case "Budget":
    case "NoCallLog":
    case "NotKept":
      return false
  }
}

/** A failed attempt: what the schedule decides by. */
export interface Failed {
  readonly error: CoinGeckoError
  readonly transient: boolean
  /** Milliseconds this call has spent on attempts so far, waits for its turn aside. */
  readonly spent: number
}

export const schedule = Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("15 seconds")]).pipe(
  Schedule.jittered,
  Schedule.setInputType<Failed>(),
  Schedule.upTo({ times: attempts - 1 }),
  Schedule.while(({ attempt, input: { error, spent, transient } }) => transient && spent < deadline && attempt < attemptsFor(error.reason)),
  Schedule.modifyDelay(({ duration, input }) => {
    const { reason } = input.error
    return Effect.succeed(reason._tag === "RateLimited" ? Duration.max(duration, Duration.millis(pauseOf(reason))) : duration)
  }),
  Schedule.tap(({ duration, input, now }) => {
    const wait = Duration.toMillis(duration)
    if (wait <= 1000) return Effect.void
    return Effect.flatMap(Progress, (report) => report({ _tag: "Waiting", why: input.error.message, until: now + wait }))
  })
)
