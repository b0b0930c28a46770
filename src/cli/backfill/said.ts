/** What a backfill would do, said: its batches, what they cost, how long they take, and what cannot be had. */
import { Schema } from "effect"
import type * as Backfill from "../../engine/Backfill.ts"
import type { Settings } from "../../services/Settings.ts"
import { count, counted, duration, plain, table } from "../plain.ts"
import { initial, limitWait } from "../progress/State.ts"
import { day } from "../run/over.ts"

/** What `crypto backfill --plan --json` prints. */
export const BackfillJson = Schema.Struct({
  batches: Schema.Array(Schema.Struct({
    /** Days, both in it. */
    from: Schema.String,
    to: Schema.String,
    /** Windows of assets and subjects. */
    parts: Schema.Int,
    why: Schema.Record(Schema.String, Schema.Int),
    assets: Schema.Array(Schema.String),
    calls: Schema.Int
  })),
  calls: Schema.Int,
  /** Milliseconds that the rate limit makes them take, at least. */
  takes: Schema.Finite,
  rateLimit: Schema.NullOr(Schema.Int),
  monthlyCredits: Schema.NullOr(Schema.Int),
  /** What the source does not serve. */
  unavailable: Schema.Array(Schema.Struct({ asset: Schema.String, window: Schema.String, subjects: Schema.Int })),
  /** What can be planned only when something else has been made. */
  pending: Schema.Array(Schema.Struct({ asset: Schema.String, after: Schema.String }))
})

export const ofPlan = (
  { batches, pending, unavailable }: Backfill.Planned,
  { monthlyCredits, rateLimit, source }: Settings["Service"]
): typeof BackfillJson.Type => {
  const calls = batches.reduce((sum, _) => sum + _.calls, 0)
  const limit = source === "sandbox" ? undefined : rateLimit
  return {
    batches: batches.map(({ calls, end, start, steps }) => ({
      from: day(start),
      to: day(end - 1),
      parts: steps.reduce((sum, _) => sum + _.subjects.length, 0),
      why: steps.reduce<Record<string, number>>((all, { why }) => {
        for (const [reason, keys] of Object.entries(why)) all[reason] = (all[reason] ?? 0) + keys
        return all
      }, {}),
      assets: [...new Set(steps.map((_) => _.asset.name))],
      calls
    })),
    calls,
    takes: limitWait(initial(limit), calls, 0),
    rateLimit: limit ?? null,
    monthlyCredits: monthlyCredits._tag === "None" ? null : monthlyCredits.value,
    unavailable: unavailable.map((_) => ({ asset: _.asset.name, window: _.window.toString(), subjects: _.subjects.length })),
    pending: pending.map((_) => ({ asset: _.asset.name, after: _.after.name }))
  }
}

export const text = (said: typeof BackfillJson.Type): string => {
  const { batches, calls, monthlyCredits, pending, rateLimit, takes, unavailable } = said
  const rows = batches.map((_, i) => [
    `${i + 1}/${batches.length}`,
    `${_.from}..${_.to}`,
    _.assets.join(", "),
    count(_.parts),
    Object.entries(_.why).map(([reason, keys]) => `${reason} ${count(keys)}`).join(", "),
    _.calls === 0 ? "" : count(_.calls)
  ])
  const credits = monthlyCredits === null || calls === 0 ? "" : `, of ${count(monthlyCredits)} a month`
  const limit = rateLimit === null || calls === 0 ? "" : takes === 0
    ? ` At ${count(rateLimit)} a minute they need not wait.`
    : ` At ${count(rateLimit)} a minute they take ${duration(takes)} at least.`
  return plain([
    batches.length === 0
      ? "Nothing is missing or stale there: nothing would run."
      : table(["batch", "days", "assets", "parts", "why", "calls"], rows),
    ...pending.map((_) => `${_.asset}: to be planned when ${_.after} has been made`),
    ...unavailable.map((_) => `Unavailable: ${_.asset} ${_.window}: further back than the source serves.`),
    "",
    `${counted(calls, "call")} to the source${credits}.${limit}`
  ].join("\n"))
}
