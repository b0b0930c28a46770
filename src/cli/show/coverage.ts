/** Which keys of an asset there are, as intervals; subjects with the same intervals are told together. */
import { Effect, Schema } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import * as Manifest from "../../engine/Manifest.ts"
import { calendarOf, Window } from "../../engine/Partition.ts"
import * as Span from "../../engine/Span.ts"

export const Coverage = Schema.Struct({
  /** None for an asset that is of nothing. */
  subjects: Schema.Array(Schema.String),
  /** First and last key, both in it. */
  intervals: Schema.Array(Schema.Struct({ first: Schema.String, last: Schema.String })),
  /** How many keys that are, of each. */
  keys: Schema.Int
})

/** What is kept by most subjects first. */
export const coverageOf = Effect.fnUntraced(function*(asset: Asset.Any) {
  const calendar = calendarOf(asset)
  const state = Manifest.fold((yield* Manifest.historyOf([asset])).get(asset) ?? [], calendar)
  const said = [...state].map(([subject, stretches]) => {
    const spans = Span.of(stretches)
    const intervals = spans.map(({ from, to }) => new Window(calendar, from, to)).map(({ first, last }) => ({ first, last }))
    return { subject, intervals, keys: Span.size(spans) }
  })
  const alike = Map.groupBy(said.toSorted((a, b) => a.subject < b.subject ? -1 : 1), (_) => JSON.stringify(_.intervals))
  return [...alike.values()].toSorted((a, b) => b.length - a.length).flatMap((group): ReadonlyArray<typeof Coverage.Type> => {
    const [first] = group
    if (first === undefined) return []
    return [{ subjects: group.map((_) => _.subject).filter((_) => _ !== ""), intervals: first.intervals, keys: first.keys }]
  })
})
