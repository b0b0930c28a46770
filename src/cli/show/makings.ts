/** The newest makings of an asset, as the ledger tells them: what came of each, and why it was made. */
import { DateTime, Effect, Schema } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import { Ledger, StepState } from "../../engine/Ledger.ts"

export const Making = Schema.Struct({
  run: Schema.String,
  window: Schema.String,
  subject: Schema.NullOr(Schema.String),
  state: StepState,
  /** ISO 8601 in UTC. */
  at: Schema.String,
  rows: Schema.Int,
  /** Keys whose content is not what it was. */
  changed: Schema.Int,
  why: Schema.String,
  /** Why it failed or was skipped; what its checks warn of. */
  note: Schema.String
})

export const makingsOf = Effect.fnUntraced(function*(asset: Asset.Any, limit: number) {
  const steps = yield* Ledger.use((_) => _.stepsOf(asset.name, limit))
  return steps.map(({ changed, endedAt, note, rows, run, startedAt, state, subject, why, window }): typeof Making.Type => ({
    run,
    window,
    subject: subject === "" ? null : subject,
    state,
    at: DateTime.formatIso(DateTime.makeUnsafe(endedAt ?? startedAt)),
    rows,
    changed,
    why,
    note
  }))
})
