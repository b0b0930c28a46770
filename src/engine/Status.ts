/**
 * The status of an asset is what is kept of it beside what should be: keys that are missing, keys that are stale and
 * why, attempts that failed and were not made good, what its checks let through, and whether it is late. It says of all assets what a plan
 * of all assets would say, so what is fresh here has no step there.
 */
import { Clock, Effect } from "effect"
import type * as Asset from "./Asset.ts"
import type { Finding } from "./Check.ts"
import * as Lateness from "./Lateness.ts"
import { Ledger, type LedgerFailed, type StepRow } from "./Ledger.ts"
import * as Manifest from "./Manifest.ts"
import type { Key } from "./Partition.ts"
import { calendarOf, parseWindow, type Window } from "./Partition.ts"
import * as Plan from "./Plan.ts"
import { survey } from "./plan/survey.ts"
import type * as Selection from "./Selection.ts"
import * as Span from "./Span.ts"

/** An attempt at a slice that failed, and that no later one made good. */
export interface Failure {
  readonly window: Window
  readonly subject: string | undefined
  readonly note: string
  /** What blocking checks found, if they were why. */
  readonly checks: ReadonlyArray<Finding>
  readonly run: string
  /** Epoch milliseconds. */
  readonly at: number
}

export interface Status {
  readonly asset: Asset.Any
  /** The worst that can be said: failed before late before missing before stale. */
  readonly state: "failed" | "never made" | "late" | "missing" | "stale" | "fresh"
  /** Keys that should be there, over all subjects: those due within the horizon. */
  readonly keys: number
  /** Those that are not. */
  readonly missing: number
  /** Those that are not, and cannot be had: further back than the source serves. They are not missing. */
  readonly unavailable: number
  /** Those that are, and have to be made again, by reason. */
  readonly stale: Readonly<Partial<Record<Plan.Reason, number>>>
  /** Since when the promise of `lateAfter` is broken, and whose; whatever the state is. */
  readonly late: Lateness.Late | undefined
  readonly failures: ReadonlyArray<Failure>
  /** What checks found and let through in what is kept. */
  readonly warnings: ReadonlyArray<string>
  /** When any of it was last made, in epoch milliseconds. */
  readonly madeAt: number | undefined
  /** Which subjects there are is known once this asset has been made. */
  readonly waitsFor: Asset.Any | undefined
}

/** Of each of these assets. */
export const of = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets
): Effect.Effect<
  ReadonlyArray<Status>,
  Effect.Error<Targets[number]> | LedgerFailed,
  Exclude<Effect.Services<Targets[number]>, Key> | Manifest.Manifest | Ledger
> => statuses(targets) as never // as for `Plan.make`

/** What a selection may ask for. */
export const toSelection = (self: Status): Selection.State => ({
  is: new Set([
    ...(self.failures.length > 0 ? ["failed" as const] : []),
    ...(self.state === "never made" || self.missing > 0 ? ["missing" as const] : []),
    ...(Object.keys(self.stale).length > 0 ? ["stale" as const] : []),
    ...(self.late === undefined ? [] : ["late" as const]),
    ...(self.state === "fresh" ? ["fresh" as const] : [])
  ]),
  checks: new Set([
    ...(self.failures.some((_) => _.checks.length > 0) ? ["failed" as const] : []),
    ...(self.warnings.length > 0 ? ["warned" as const] : [])
  ]),
  changed: self.stale["code changed"] !== undefined
})

// helpers

const statuses = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>) {
  const { history, pending, states, steps, subjects, unavailable, window } = yield* survey(targets, {})
  const now = yield* Clock.currentTimeMillis
  const failed = Map.groupBy(yield* Ledger.use((_) => _.failures(targets.flatMap(Manifest.namesOf))), (_) => _.asset)
  return targets.map((asset): Status => {
    const own = steps.filter((_) => _.asset === asset)
    const reasons = counts(own)
    const { missing = 0, "never made": never = 0, ...stale } = reasons
    const state = states.get(asset) ?? new Map<string, ReadonlyArray<Manifest.Stretch>>()
    const kept = [...state.values()].flat()
    const madeAt = kept.reduce<number | undefined>((last, _) => Math.max(last ?? _.at, _.at), undefined)
    const entries = new Map((history.get(asset) ?? []).map((_) => [_.id, _]))
    const waitsFor = pending.find((_) => _.asset === asset)?.after
    // who is none of its subjects any more is nobody's to make good
    const isWanted = ({ subject }: Failure) => waitsFor !== undefined || subjects(asset).includes(subject)
    const tries = Manifest.namesOf(asset).flatMap((_) => failed.get(_) ?? [])
    const failures = tries.flatMap((_) => standing(asset, _, state)).filter(isWanted)
    const warnings = [...new Set(kept.map((_) => _.id))].flatMap((_) => entries.get(_)?.warnings ?? [])
    const late = own.length === 0 ? undefined : Lateness.judge(asset, state, subjects(asset), now)
    const known = { missing: missing + never, stale, late, failures, madeAt }
    return {
      asset,
      state: worst(known),
      keys: window(asset).size * subjects(asset).length,
      ...known,
      unavailable: unavailable.filter((_) => _.asset === asset).reduce((sum, _) => sum + Plan.keysOf(_), 0),
      warnings: [...new Set(warnings)],
      waitsFor
    }
  })
})

const counts = (steps: ReadonlyArray<Plan.Step>): Readonly<Partial<Record<Plan.Reason, number>>> => {
  const sums: Partial<Record<Plan.Reason, number>> = {}
  for (const { why } of steps) {
    for (const [reason, keys] of Plan.reasonsOf(why)) if (reason !== "read again") sums[reason] = (sums[reason] ?? 0) + keys
  }
  return sums
}

const worst = (
  { failures, late, madeAt, missing, stale }: Pick<Status, "failures" | "late" | "madeAt" | "missing" | "stale">
): Status["state"] => {
  if (failures.length > 0) return "failed"
  if (madeAt === undefined) return "never made"
  if (late !== undefined) return "late"
  if (missing > 0) return "missing"
  return Object.keys(stale).length > 0 ? "stale" : "fresh"
}

/** A failure stands while some key of it is missing, or was made before it was tried. */
const standing = (asset: Asset.Any, step: StepRow, state: Manifest.State): ReadonlyArray<Failure> => {
  const window = parseWindow(calendarOf(asset), step.window)
  if (window === undefined) return []
  const since = Span.of((state.get(step.subject) ?? []).filter((_) => _.at >= step.startedAt))
  if (Span.subtract([window], since).length === 0) return []
  const { checks, note, run, startedAt: at, subject } = step
  return [{ window, subject: subject === "" ? undefined : subject, note, checks, run, at }]
}
