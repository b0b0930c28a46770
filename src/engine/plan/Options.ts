/** What may be said beside the targets of a plan. */
import type * as Asset from "../Asset.ts"
import type * as Span from "../Span.ts"
import type { Reason } from "./Step.ts"

export interface Options {
  /** Make the targets (or those of them) again, whatever the manifest says. */
  readonly force?: boolean | ReadonlyArray<Asset.Any>
  /** What was made at this instant or later is not forced once more (epoch milliseconds). */
  readonly forcedSince?: number
  /** Leave upstream as it is. */
  readonly only?: boolean
  /** Of the keys that there is a reason to make, those that are meant. */
  readonly narrow?: (asset: Asset.Any, subject: string | undefined, reason: Reason, spans: Span.Spans) => Span.Spans
  /** The targets' keys whose time lies in [start, end), in epoch milliseconds; else all that are due within the horizon. */
  readonly over?: { readonly start?: number; readonly end?: number }
  /** What is fresh now and is not any more before an instant is expired too, if it was made before another (epoch milliseconds). */
  readonly expiring?: { readonly before: number; readonly madeBefore: number }
  /** Of the targets' subjects, these, as far as they are wanted at all; all of them, when none is named. */
  readonly subjects?: ReadonlyArray<string>
}
