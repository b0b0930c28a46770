/**
 * Runs that fail, told once, and that they are well again, told once: what an alert is made of. A run's like is what was
 * asked for with the same targets; one that was interrupted says nothing either way.
 */
import { Effect, Option, Schema } from "effect"
import { Ledger, type LedgerFailed, type RunRow } from "../Ledger.ts"
import { instant } from "./Cadence.ts"
import * as Sensor from "./Sensor.ts"

export const Cursor = Schema.Struct({
  /** The number of the last end that was seen. */
  seq: Schema.Int,
  /** What is failing: the first run that did, by its targets. */
  failing: Schema.Record(Schema.String, Schema.Struct({ run: Schema.String, at: Schema.Finite }))
})
export type Cursor = typeof Cursor.Type

export const start: Effect.Effect<Cursor, LedgerFailed, Ledger> = Effect.map(Ledger.use((_) => _.newestEnd),
  (seq) => ({ seq, failing: {} }))

export interface Alert {
  /** The same for the same news, however often it is sent. */
  readonly id: string
  readonly kind: "failed" | "recovered"
  readonly run: string
  readonly targets: ReadonlyArray<string>
  readonly trigger: string
  /** When that run ended, in epoch milliseconds. */
  readonly at: number
  /** What to say: which steps failed and why, or since when it had. */
  readonly says: string
}

/** Hands over each alert, and has seen it once that succeeded: it may be handed over again, with the same id. */
export const of = <E, R>(
  send: (alert: Alert) => Effect.Effect<void, E, R>
): Sensor.Looks<Cursor, E | LedgerFailed, R | Ledger> => {
  const look = Effect.fnUntraced(function*(cursor: Cursor) {
    const ledger = yield* Ledger
    const [run] = yield* ledger.ends(cursor.seq, 1)
    if (run === undefined) return Option.none()
    const like = run.targets.join(" ")
    const { [like]: since, ...others } = cursor.failing
    const verdict = verdicts[run.state]
    const seen = { seq: run.seq, failing: cursor.failing }
    const nothing = (why: string, quiet = false) => Option.some({ cursor: seen, note: `${like}: ${why}`, quiet })
    if (verdict === undefined) return nothing(`run ${run.id} was ${run.state}`, since === undefined)
    if (verdict === "failed") {
      if (since !== undefined) return nothing(`still failing since ${instant(since.at)}`)
      const alert = toAlert("failed", run, yield* said(run))
      yield* send(alert)
      return Option.some({ cursor: { ...seen, failing: { ...others, [like]: { run: run.id, at: alert.at } } }, note: alert.says })
    }
    if (since === undefined) return nothing("well", true)
    const alert = toAlert("recovered", run, `${like} is well again: it had failed since ${instant(since.at)}`)
    yield* send(alert)
    return Option.some({ cursor: { ...seen, failing: others }, note: alert.says })
  })
  return Sensor.heard({ text: "when a run has ended", interest: (_) => _._tag === "RunEnded" }, look)
}

// helpers

const verdicts: Readonly<Record<RunRow["state"], "failed" | "well" | undefined>> = {
  started: undefined,
  interrupted: undefined,
  succeeded: "well",
  partial: "failed",
  failed: "failed",
  lost: "failed",
  // its request waits, and says how it ended when it has
  deferred: undefined
}

const toAlert = (kind: Alert["kind"], run: RunRow, says: string): Alert => ({
  id: `${run.id} ${kind}`,
  kind,
  run: run.id,
  targets: run.targets,
  trigger: run.trigger,
  at: run.endedAt ?? run.startedAt,
  says
})

const said = Effect.fnUntraced(function*({ id, state, targets }: RunRow) {
  const failed = (yield* Ledger.use((_) => _.steps(id))).filter((_) => _.state === "failed")
  const steps = failed.slice(0, 5).map((_) => `${[_.asset, _.subject, _.window].filter((_) => _ !== "").join(" ")}: ${_.note}`)
  const more = failed.length > 5 ? [`and ${failed.length - 5} more`] : []
  const how = state === "lost" ? "was cut short: its process died" : state === "partial" ? "succeeded in part" : "failed"
  return [`${targets.join(", ")} ${how}`, ...steps, ...more].join("; ")
})
