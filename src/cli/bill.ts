/** What work would cost, said before it is done: calls to the source, what they take of what it has sold, and of time. */
import { Effect, Option, Schema } from "effect"
import * as Plan from "../engine/Plan.ts"
import { Settings } from "../services/Settings.ts"
import { count, counted, duration } from "./plain.ts"
import { initial, limitWait } from "./progress/State.ts"
import type { World } from "./world.ts"

export const BillJson = Schema.Struct({
  /** Calls to the source. */
  calls: Schema.Int,
  /** What those calls cost of what the source has sold. */
  credits: Schema.Int,
  /** Milliseconds that the rate limit makes them take, at least. */
  takes: Schema.Finite,
  /** Calls in any rolling 60 seconds; none for a source without a limit. */
  rateLimit: Schema.NullOr(Schema.Int),
  /** Successful calls that may be made in a month; none: as many as one likes. */
  monthlyCredits: Schema.NullOr(Schema.Int),
  /** How many of those are left in this UTC month; none, if nobody counts. */
  creditsLeft: Schema.NullOr(Schema.Int)
})

type Bill = typeof BillJson.Type

export const billOf = Effect.fnUntraced(function*(world: World, steps: ReadonlyArray<Plan.Step>) {
  const { monthlyCredits, rateLimit, source } = yield* Settings
  const usage = yield* world.usage
  const calls = Plan.calls({ steps })
  const limit = source === "sandbox" ? undefined : rateLimit
  const bill: Bill = {
    calls,
    credits: Plan.credits({ steps }),
    takes: limitWait(initial(limit), calls, 0),
    rateLimit: limit ?? null,
    monthlyCredits: Option.getOrNull(monthlyCredits),
    creditsLeft: Option.getOrNull(Option.map(Option.all([monthlyCredits, usage]), ([sold, { used }]) => Math.max(0, sold - used)))
  }
  return bill
})

/** `12 calls to the source, of 10,000 a month, 9,871 of them left. At 30 a minute they need not wait.` */
export const text = ({ calls, credits, creditsLeft, monthlyCredits, rateLimit, takes }: Bill, more = ""): string => {
  const asked = `${counted(calls, "call")} to the source${credits === calls ? "" : ` (${counted(credits, "credit")})`}`
  if (calls === 0) return `${asked}${more}.`
  const left = creditsLeft === null
    ? ""
    : credits > creditsLeft
    ? `, of which ONLY ${count(creditsLeft)} ${creditsLeft === 1 ? "is" : "are"} left: what goes beyond is not asked for`
    : `, ${count(creditsLeft)} of them left`
  const sold = monthlyCredits === null ? "" : `, of ${count(monthlyCredits)} a month${left}`
  const limit = rateLimit === null
    ? ""
    : takes === 0
    ? ` At ${count(rateLimit)} a minute they need not wait.`
    : ` At ${count(rateLimit)} a minute they take ${duration(takes)} at least.`
  return `${asked}${sold}${more}.${limit}`
}
