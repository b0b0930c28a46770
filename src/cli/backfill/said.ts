/** What a backfill would do, said: its batches, what they cost, how long they take, and what cannot be had. */
import { Schema } from "effect"
import type * as Backfill from "../../engine/Backfill.ts"
import * as Plan from "../../engine/Plan.ts"
import { BillJson, text as bill } from "../bill.ts"
import { count, plain, table } from "../plain.ts"
import { day } from "../run/over.ts"

const PlanJson = Schema.Struct({
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
  ...BillJson.fields,
  /** What the source does not serve. */
  unavailable: Schema.Array(Schema.Struct({ asset: Schema.String, window: Schema.String, subjects: Schema.Int })),
  /** What can be planned only when something else has been made. */
  pending: Schema.Array(Schema.Struct({ asset: Schema.String, after: Schema.String }))
})

/** What `crypto backfill --json` prints. */
export const BackfillJson = Schema.Struct({
  /** Its id; none, if nothing was asked for. */
  backfill: Schema.NullOr(Schema.String),
  plan: PlanJson
})

export const ofPlan = ({ batches, pending, unavailable }: Backfill.Planned, bill: typeof BillJson.Type): typeof PlanJson.Type => ({
  ...bill,
  batches: batches.map(({ calls, end, start, steps }) => ({
    from: day(start),
    to: day(end - 1),
    parts: steps.reduce((sum, _) => sum + _.subjects.length, 0),
    why: steps.reduce<Record<string, number>>((all, { why }) => {
      for (const [reason, keys] of Plan.reasonsOf(why)) all[reason] = (all[reason] ?? 0) + keys
      return all
    }, {}),
    assets: [...new Set(steps.map((_) => _.asset.name))],
    calls
  })),
  unavailable: unavailable.map((_) => ({ asset: _.asset.name, window: _.window.toString(), subjects: _.subjects.length })),
  pending: pending.map((_) => ({ asset: _.asset.name, after: _.after.name }))
})

export const text = (said: typeof PlanJson.Type): string => {
  const { batches, pending, unavailable } = said
  const rows = batches.map((_, i) => [
    `${i + 1}/${batches.length}`,
    `${_.from}..${_.to}`,
    _.assets.join(", "),
    count(_.parts),
    Object.entries(_.why).map(([reason, keys]) => Plan.counted(reason, count(keys))).join(", "),
    _.calls === 0 ? "" : count(_.calls)
  ])
  return plain([
    batches.length === 0
      ? "Nothing is missing or stale there: nothing would run."
      : table(["batch", "days", "assets", "parts", "why", "calls"], rows),
    ...pending.map((_) => `${_.asset}: to be planned when ${_.after} has been made`),
    ...unavailable.map((_) => `Unavailable: ${_.asset} ${_.window}: further back than the source serves.`),
    "",
    bill(said)
  ].join("\n"))
}
