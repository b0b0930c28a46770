/**
 * Progress is what long work says while it goes on: one place to tell it, one place to listen.
 *
 * It is a `Context.Reference`, so nobody has to provide it: without a listener it says nothing.
 */
import { Context, Effect } from "effect"
import type * as Ledger from "./Ledger.ts"

export type Event =
  /** Nothing happens before `until` (epoch milliseconds), for the reason given. */
  | { readonly _tag: "Waiting"; readonly why: string; readonly until: number }
  /** A call to a source has ended; `status` is missing when no answer came. */
  | { readonly _tag: "Call"; readonly request: string; readonly status: number | undefined; readonly ms: number }
  /** An answer of a source is not of the shape that it had: which field, what was expected and what came, in how many rows. */
  | {
    readonly _tag: "Drift"
    readonly endpoint: string
    readonly field: string
    readonly change: "new" | "missing" | "retyped"
    readonly expected: string
    readonly came: string
    readonly rows: number
  }
  /** What the ledger is told. */
  | Ledger.Event

export const Progress = Context.Reference<(event: Event) => Effect.Effect<void>>("crypto/engine/Progress", { defaultValue: () => unheard })

/** Nobody listens. */
export const unheard = (): Effect.Effect<void> => Effect.void
