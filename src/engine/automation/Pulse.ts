/**
 * Waiting for a time of day, however far off: timers stand still while a machine sleeps, and clocks are set, so nobody
 * waits longer than a pulse without looking at the clock again.
 */
import { Clock, Context, Duration, Effect } from "effect"

export const Pulse = Context.Reference<Duration.Duration>("crypto/engine/automation/Pulse", { defaultValue: () => Duration.minutes(1) })

/** Returns at the instant (epoch milliseconds), or soon after; at once, if it is past. */
export const until = Effect.fnUntraced(function*(at: number) {
  const pulse = Duration.toMillis(yield* Pulse)
  for (let now = yield* Clock.currentTimeMillis; now < at; now = yield* Clock.currentTimeMillis) {
    yield* Effect.sleep(Duration.millis(Math.min(at - now, pulse)))
  }
})
