/**
 * The manifest entry of what is kept as files. The files come before it: a file nobody knows of does no harm. What
 * comes out as it was counts as unchanged.
 */
import { DateTime, Effect } from "effect"
import { Entry, historyOf, Manifest } from "../engine/Manifest.ts"
import * as Span from "../engine/Span.ts"
import type * as Store from "../engine/Store.ts"

export const publish = Effect.fnUntraced(function*(step: Store.Step, contentHash: string, rows: number) {
  const manifest = yield* Manifest
  const { first, last } = step.window
  const history = (yield* historyOf([step.asset])).get(step.asset) ?? []
  const before = history.findLast((_) => _.subject === (step.subject ?? "") && _.window.first === first)
  const isNew = before?.contentHash !== contentHash
  yield* manifest.publish(
    new Entry({
      id: step.id,
      asset: step.asset.name,
      subject: step.subject ?? "",
      window: { first, last },
      changed: isNew ? [{ first, last }] : [],
      codeVersion: step.asset.codeVersion,
      sawUpTo: step.sawUpTo,
      inputs: step.inputs,
      rows,
      contentHash,
      warnings: [],
      at: DateTime.toEpochMillis(yield* DateTime.now)
    })
  )
  return { rows, changed: isNew ? Span.of([step.window]) : Span.empty, warnings: [] } satisfies Store.Publication
})
