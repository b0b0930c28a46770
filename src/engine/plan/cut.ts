/** How what has to be made is cut into steps. */
import type * as Asset from "../Asset.ts"
import { whole, type Window } from "../Partition.ts"
import * as Span from "../Span.ts"
import type { Found } from "./reasons.ts"
import type { Planned, Reason, Step, Unavailable } from "./Step.ts"
import { windowOf } from "./upstream.ts"

/** Neighbouring keys with one destiny become a step; subjects that need the same window share it. */
export const toSteps = (
  asset: Asset.Any,
  found: ReadonlyArray<{ readonly subject: string | undefined; readonly reasons: Found }>,
  planned: Planned,
  now: number
): ReadonlyArray<Step> => {
  const groups = new Map<string, Piece & { readonly subjects: Array<string | undefined>; readonly why: Partial<Record<Reason, number>> }>()
  for (const { reasons, subject } of found) {
    for (const { provisional, span } of pieces(asset, reasons)) {
      const key = `${span.from} ${span.to} ${provisional}`
      const group = groups.get(key) ?? { span, provisional, subjects: [], why: {} }
      group.subjects.push(subject)
      for (const [reason, spans] of reasons) {
        const keys = Span.size(Span.intersect(spans, [span]))
        if (keys > 0) group.why[reason] = (group.why[reason] ?? 0) + keys
      }
      groups.set(key, group)
    }
  }
  const fresh = found.filter(({ reasons }) => reasons.length === 0).length
  return [...groups.values()].sort((a, b) => a.span.from - b.span.from || a.span.to - b.span.to).map(
    ({ provisional, span, subjects, why }) => {
      const window = windowOf(asset, span.from, span.to)
      const after = feeding(asset, window, planned, now)
      const [calls, credits] = [subjects.length * asset.calls(window), subjects.length * asset.credits(window)]
      return { asset, window, subjects, why, provisional, fresh, calls, credits, after }
    }
  )
}

/** Subjects that lack the same window share it. */
export const toUnavailable = (
  asset: Asset.Any,
  found: ReadonlyArray<{ readonly subject: string | undefined; readonly never: Span.Spans }>
): ReadonlyArray<Unavailable> => {
  const lacking = found.flatMap(({ never, subject }) => never.map((span) => ({ span, subject })))
  if (lacking.length === 0) return []
  const groups = Map.groupBy(lacking, ({ span }) => `${span.from} ${span.to}`)
  return [...groups.values()].flatMap((of) =>
    of.slice(0, 1).map(({ span }) => ({ asset, window: windowOf(asset, span.from, span.to), subjects: of.map((_) => _.subject) }))
  )
}

// helpers

interface Piece {
  readonly span: Span.Span
  readonly provisional: boolean
}

/** One by one where the asset is made each; in one piece, sure or not, where pieces cost calls; else as the keys lie. */
const pieces = (asset: Asset.Any, reasons: Found): ReadonlyArray<Piece> => {
  if (reasons.length === 0) return []
  const spansOf = (provisional: boolean) =>
    Span.of(reasons.flatMap(([reason, spans]) => (reason === "after upstream") === provisional ? spans : []))
  const [sure, unsure] = [spansOf(false), spansOf(true)]
  const together = Span.hull(Span.union(sure, unsure))
  if (!asset.each && together.some(({ from, to }) => asset.calls(windowOf(asset, from, to)) > 0)) {
    return together.map((span) => ({ span, provisional: sure.length === 0 }))
  }
  const cut = (spans: Span.Spans) => asset.each ? spans.flatMap(oneByOne) : spans
  return [...cut(sure).map((span) => ({ span, provisional: false })), ...cut(unsure).map((span) => ({ span, provisional: true }))]
}

const oneByOne = ({ from, to }: Span.Span): Span.Spans =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ from: from + i, to: from + i }))

/** The planned steps that make something this window reads. */
const feeding = (asset: Asset.Any, window: Window, planned: Planned, now: number): ReadonlyArray<Step> => {
  const found = Object.values(asset.from).flatMap((input) => {
    const reads = [input.asset.per === undefined ? whole : input.edge.reads(window, now)]
    return (planned.get(input.asset) ?? []).filter((step) => Span.overlaps(reads, step.window))
  })
  return [...new Set(found)]
}
