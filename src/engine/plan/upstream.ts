/** How the keys of an asset hang on those of what it reads. */
import type * as Asset from "../Asset.ts"
import * as Partition from "../Partition.ts"
import { whole, type Window } from "../Partition.ts"
import type * as Span from "../Span.ts"

export const windowOf = (asset: Asset.Any, from: number, to: number): Window =>
  asset.per === undefined ? whole : new Partition.Window(asset.per.calendar, from, to)

/** Are both of the same subjects, so that each is made from its own? */
export const shared = (asset: Asset.Any, upstream: Asset.Any): boolean => asset.of !== undefined && asset.of.key === upstream.of?.key

/** The keys that are made from those. */
export const touches = (input: Asset.AnyInput, { from, to }: Span.Span): Span.Span =>
  input.asset.per === undefined ? EVERY : input.edge.touches(windowOf(input.asset, from, to))

// helpers

const EVERY: Span.Span = { from: -Infinity, to: Infinity }
