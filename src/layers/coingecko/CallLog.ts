/**
 * The log of calls to one host with one key. No rolling 60 seconds hold more calls than the limit: a call takes a slot before it
 * is sent and gives it back 61 seconds after its headers arrived or it was given up. A pause holds for everyone. Credits are
 * taken with the slot and given back unless the answer was a 200, so that a month's allowance is never passed.
 *
 * The rules are the pure functions here; where the log is kept is the layers' matter, and they only store.
 */
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import type { NoCallLog } from "../../services/CoinGeckoError.ts"

export interface Call {
  readonly reserved: number
  /** When its headers arrived or it was given up; missing: still under way. */
  readonly stamped: number | undefined
}

export interface Pause {
  readonly from: number
  readonly until: number
}

export interface Allowance {
  /** Calls in any rolling 60 seconds. */
  readonly limit: number
  /** 200s in a UTC calendar month; missing: unlimited. */
  readonly monthlyCredits: number | undefined
}

export type Verdict =
  | { readonly _tag: "Go"; readonly slot: number }
  | { readonly _tag: "Wait"; readonly until: number }
  | { readonly _tag: "Paused"; readonly until: number }
  | { readonly _tag: "Spent"; readonly used: number; readonly allowed: number; readonly month: string }

export class CallLog extends Context.Service<CallLog, {
  /** One atomic step: a slot, or until when there is none. */
  readonly reserve: (allowance: Allowance) => Effect.Effect<Verdict, NoCallLog>
  /** The call of this slot got its headers (with a status) or was given up (without). */
  readonly settle: (slot: number, status: number | undefined) => Effect.Effect<void, NoCallLog>
  /** Nobody calls for so many milliseconds. A longer pause that is already there stays. */
  readonly pause: (millis: number) => Effect.Effect<void, NoCallLog>
}>()("crypto/layers/coingecko/CallLog") {}

/** The window of the limit, and a second for what clocks and networks do. */
export const window = 61_000

/** A call has its headers by then or is given up; so one that was never settled (a crash) was sent no later. */
export const headersWithin = 30_000

/** One mistaken or hostile Retry-After must not close the door for years: after an hour one call asks again. */
export const longestPause = 60 * 60_000

/**
 * The call as it counts from `now` on, or nothing when it no longer counts. Stamps of the future (the clock was set back) become
 * now, and a call whose process is gone was sent before now.
 */
export const refresh = (call: Call, now: number, alive: boolean): Call | undefined => {
  const reserved = Math.min(call.reserved, now)
  const lost = alive ? reserved + headersWithin : Math.min(now, reserved + headersWithin)
  const stamped = call.stamped === undefined ? (lost <= now ? lost : undefined) : Math.min(call.stamped, now)
  return stamped !== undefined && stamped + window <= now ? undefined : { reserved, stamped }
}

/** The pause as it holds from `now` on: one set in the future (the clock was set back) begins now. */
export const refreshPause = (pause: Pause | undefined, now: number): Pause | undefined => {
  if (pause === undefined || pause.until <= now) return undefined
  return pause.from > now ? { from: now, until: now + (pause.until - pause.from) } : pause
}

/** May a call go out, seen what `refresh` left of the log? */
export const judge = (
  log: { readonly calls: ReadonlyArray<Call>; readonly pause: Pause | undefined; readonly used: number },
  allowance: Allowance,
  now: number
): Exclude<Verdict, { readonly _tag: "Go" }> | { readonly _tag: "Go" } => {
  const { limit, monthlyCredits } = allowance
  if (monthlyCredits !== undefined && log.used >= monthlyCredits) {
    return { _tag: "Spent", used: log.used, allowed: monthlyCredits, month: monthOf(now) }
  }
  if (log.pause !== undefined) return { _tag: "Paused", until: log.pause.until }
  if (log.calls.length < limit) return { _tag: "Go" }
  const free = log.calls.map((call) => (call.stamped ?? now) + window).toSorted((a, b) => a - b)
  return { _tag: "Wait", until: free[log.calls.length - Math.max(1, limit)] ?? now + window }
}

/** The pause to store when one of `millis` is asked for at `now`. */
export const lengthen = (pause: Pause | undefined, now: number, millis: number): Pause => {
  const until = now + Math.min(Math.max(0, millis), longestPause)
  return pause !== undefined && pause.until >= until ? pause : { from: now, until }
}

/** Credits are counted by the UTC calendar month, `2026-11`. */
export const monthOf = (now: number) => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(now)).slice(0, 7)

/** A log of this process alone, for tests and for answers that come from this process. */
export const layerMemory = Layer.sync(CallLog, () => {
  let next = 1
  let pause: Pause | undefined
  const calls = new Map<number, Call & { readonly month: string }>()
  const credits = new Map<string, number>()
  const add = (month: string, n: number) => credits.set(month, (credits.get(month) ?? 0) + n)
  return CallLog.of({
    reserve: (allowance) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const [slot, call] of calls) {
          const left = refresh(call, now, true)
          if (left === undefined) calls.delete(slot)
          else calls.set(slot, { ...call, ...left })
        }
        pause = refreshPause(pause, now)
        const month = monthOf(now)
        const verdict = judge({ calls: Array.from(calls.values()), pause, used: credits.get(month) ?? 0 }, allowance, now)
        if (verdict._tag !== "Go") return verdict
        const slot = next++
        calls.set(slot, { reserved: now, stamped: undefined, month })
        add(month, 1)
        return { _tag: "Go", slot }
      }),
    settle: (slot, status) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const call = calls.get(slot)
        if (call === undefined) return
        calls.set(slot, { ...call, stamped: now })
        if (status !== 200) add(call.month, -1)
      }),
    pause: (millis) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        pause = lengthen(refreshPause(pause, now), now, millis)
      })
  })
})
