/**
 * A note is what is worth telling of a step beside its rows: a source that left something out, or changed its shape. Whoever is
 * asked while an asset is made writes it; a run keeps it with the step, in the ledger and in its report. Without a run nobody
 * listens.
 */
import { Context, Effect } from "effect"

export const Note = Context.Reference<(text: string) => Effect.Effect<void>>("crypto/engine/Note", {
  defaultValue: () => () => Effect.void
})
