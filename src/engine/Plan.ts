/**
 * A plan is the steps that bring assets up to date, sources first, each with its reasons and its cost in calls.
 *
 * It is made from the manifest alone, so it can be printed before anything is spent; a run executes exactly it.
 * Neighbouring keys that need making become one step. A step whose only reason is that something upstream is made
 * first is PROVISIONAL: it is skipped if that came out as it was. What is `pending` cannot be planned yet, because
 * which subjects there are is known only once another asset has been made; that asset is in the plan. What is
 * `unavailable` lies further back than its source serves: nobody waits for it.
 */
import { Effect } from "effect"
import type * as Asset from "./Asset.ts"
import type * as Manifest from "./Manifest.ts"
import type { Key } from "./Partition.ts"
import type { Options } from "./plan/Options.ts"
import { keysOf, label, type Pending, slice, type Step, type Unavailable } from "./plan/Step.ts"
import { survey } from "./plan/survey.ts"

export type { Options } from "./plan/Options.ts"
export type { Pending, Reason, Step, Unavailable } from "./plan/Step.ts"
export { counted, keysOf, label, reasons, reasonsOf } from "./plan/Step.ts"

export interface Plan<out E = never, out R = never> {
  readonly targets: ReadonlyArray<Asset.Asset<string, unknown, E, R>>
  readonly steps: ReadonlyArray<Step>
  readonly pending: ReadonlyArray<Pending>
  readonly unavailable: ReadonlyArray<Unavailable>
}

/**
 * What two targets share is planned once. Nothing is made or spent.
 *
 * ```ts
 * import { Pipeline, pipeline, Plan } from "crypto-pipeline"
 * import { Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const targets = yield* Pipeline.select(yield* pipeline, ["+price_chart"])
 *   const plan = yield* Plan.make(targets)
 *   return { steps: Plan.print(plan), calls: Plan.calls(plan) }
 * })
 * ```
 */
export const make = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets,
  options: Options = {}
): Effect.Effect<
  Plan<Effect.Error<Targets[number]>, Effect.Services<Targets[number]>>,
  Effect.Error<Targets[number]>,
  Exclude<Effect.Services<Targets[number]>, Key> | Manifest.Manifest
> => Effect.map(survey(targets, options), ({ pending, steps, targets, unavailable }) => ({ targets, steps, pending, unavailable })) as never // the plan is of these targets, and asks no more of the world than they do

/** Calls to the source that the plan costs. */
export const calls = (plan: Pick<Plan<unknown, unknown>, "steps">): number => plan.steps.reduce((sum, _) => sum + _.calls, 0)

/** What those calls cost. */
export const credits = (plan: Pick<Plan<unknown, unknown>, "steps">): number => plan.steps.reduce((sum, _) => sum + _.credits, 0)

/** One line a step: `price_history 2026-11-01..2026-11-03, 10 subjects (missing 30), 10 calls`. */
export const print = (plan: Plan<unknown, unknown>): ReadonlyArray<string> => [
  ...plan.steps.map(label),
  ...plan.pending.map((_) => `${_.asset.name} (to be planned when ${_.after.name} has been made)`),
  ...plan.unavailable.map((_) => `${slice(_)} (unavailable ${keysOf(_)}: further back than the source serves)`)
]
