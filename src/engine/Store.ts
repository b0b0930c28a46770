/**
 * A store says where a result is kept: what a body hands over, what a downstream reads, and the row that checks speak
 * of. Writing is write–audit–publish: the value is staged, audited, and then appears together with its manifest entry,
 * or not at all.
 */
import { type Effect, type Schema, SchemaAST } from "effect"
import type * as Asset from "./Asset.ts"
import type { Finding, Verdict } from "./Check.ts"
import type { Window } from "./Partition.ts"
import type { Spans } from "./Span.ts"

/** A part of an asset: a window of it, for one subject or for all. */
export interface Slice {
  readonly window: Window
  readonly subject: string | undefined
}

/** One slice being made: the id it is published under, and what of its upstream it could see. */
export interface Step extends Slice {
  readonly id: string
  readonly asset: Asset.Any
  /** The manifest's newest number when the inputs were read: what is published later, this has not seen. */
  readonly sawUpTo: number
  /** The newest materialization of each asset that is read, and each setting that the result depends on, by name. */
  readonly inputs: Readonly<Record<string, string>>
}

/** What a store published. */
export interface Publication {
  readonly rows: number
  /** The keys whose content is not what it was. */
  readonly changed: Spans
  /** Checks that found something and let it through. */
  readonly warnings: ReadonlyArray<Finding>
  /** What else is worth telling: that a source revised what it had served, and how often. */
  readonly notes?: ReadonlyArray<string>
}

export interface Store<in In, out Out, in Row, out E = never, out R = never> {
  readonly kind: string
  /** How its rows read, for whoever describes them; a drawing has none. */
  readonly row: Schema.Top | undefined
  /** Can it tell one key's part from another's? It must, when the asset is per something. */
  readonly keyed: boolean
  /** Can it tell one subject's part from another's? It must, when the asset is of something. */
  readonly subjects: boolean
  readonly write: (step: Step, value: In) => Effect.Effect<Publication, E, R>
  readonly read: (asset: Asset.Any, slice: Slice) => Effect.Effect<Out, E, R>
  /** The files that hold a slice, below the data folder, the one for people first; none for what is kept in a database. */
  readonly files?: (asset: Asset.Any, slice: Slice) => ReadonlyArray<string>
  /**
   * What the asset's checks say of what is kept of it now, over a window and for all subjects; nothing is made and nothing
   * changed. A check of how rows change when they are made again says nothing here.
   */
  readonly audit?: (asset: Asset.Any, window: Window) => Effect.Effect<ReadonlyArray<Verdict>, E, R>
  /** Never called: says which rows the store keeps. */
  readonly keeps?: (row: Row) => void
}

/** Any store, as the engine sees it: a value goes in that only its asset's body can make. */
export type Any = Store<never, unknown, never, unknown, unknown>

/** The columns of its rows, as they are kept; nothing, where the store does not say. */
export const columnsOf = ({ row }: Any): ReadonlyArray<string> | undefined => {
  if (row === undefined) return undefined
  const ast = SchemaAST.toEncoded(row.ast)
  return SchemaAST.isObjects(ast) ? ast.propertySignatures.map((_) => String(_.name)) : undefined
}
