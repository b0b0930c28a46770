/**
 * The gate every call goes through, in the order in which they came: it waits for a slot of the call log and says so, and gives
 * the slot back when the headers are there or the call is given up, however that happens.
 */
import { Clock, Effect, Semaphore } from "effect"
import { Progress } from "../../engine/Progress.ts"
import { Budget, type NoCallLog, RateLimited } from "../../services/CoinGeckoError.ts"
import { type Allowance, CallLog } from "./CallLog.ts"

/** A wait up to this is waited out; a longer one fails, and whoever asked decides. */
export const longestWait = 300_000

export interface Gate {
  /** Runs `call` once there is a slot; it must end when the headers have arrived. */
  readonly through: <A extends { readonly status: number }, E, R>(
    call: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | RateLimited | Budget | NoCallLog, R>
}

export const make = Effect.fnUntraced(function*(allowance: Allowance) {
  const log = yield* CallLog
  const turn = yield* Semaphore.make(1)

  const take = Effect.fnUntraced(function*(taken: (slot: number) => void) {
    const report = yield* Progress
    while (true) {
      const verdict = yield* log.reserve(allowance).pipe(
        Effect.tap((verdict) => Effect.sync(() => verdict._tag === "Go" && taken(verdict.slot))),
        Effect.uninterruptible
      )
      if (verdict._tag === "Go") return
      if (verdict._tag === "Spent") return yield* new Budget({ used: verdict.used, allowed: verdict.allowed, month: verdict.month })
      const wait = Math.max(1, verdict.until - (yield* Clock.currentTimeMillis))
      if (verdict._tag === "Paused" && wait > longestWait) return yield* new RateLimited({ retryAfter: wait / 1000, until: verdict.until })
      if (wait > 1000) {
        yield* report({
          _tag: "Waiting",
          why: verdict._tag === "Paused" ? "CoinGecko asked for a pause (429)" : `rate limit of ${allowance.limit} calls a minute`,
          until: verdict.until
        })
      }
      yield* Effect.sleep(wait)
    }
  })

  const through: Gate["through"] = (call) =>
    Effect.suspend(() => {
      let slot: number | undefined
      let status: number | undefined
      return turn.withPermits(1)(take((taken) => {
        slot = taken
      })).pipe(
        Effect.andThen(call),
        Effect.tap((answer) =>
          Effect.sync(() => {
            status = answer.status
          })
        ),
        Effect.onExit(() => (slot === undefined ? Effect.void : Effect.ignore(log.settle(slot, status))))
      )
    })

  return { through } satisfies Gate
})
