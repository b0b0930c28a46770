/**
 * A subject is what an asset is made for, one at a time, beside its window: a coin, a customer, a sensor.
 *
 * It is a service whose value is the subject being made, and whose class knows the list of all that are wanted now.
 * An asset that is `of: Coin` asks for one coin over one window (`yield* Coin`), publishes each coin on its own, and
 * keeps its state per coin: a coin that fails leaves the others written, a coin that is new is missing alone. An asset
 * of the same subject reads its own, one of none reads them all.
 *
 * The list follows from something (settings, another asset's rows), or it is a set that is kept in the ledger and edited
 * by hand, by code or by a sensor. What leaves a set is in no plan any more, and what was made of it stays as it was made:
 * its readers go on reading it, and when it comes back only what is missing by then is made.
 */
import { Context, Data, Effect, Schema } from "effect"
import type * as Asset from "./Asset.ts"
import { type Event, Ledger, type LedgerFailed, recordAll } from "./Ledger.ts"
import type { Key } from "./Partition.ts"

/** The list cannot be told before `after` has been made once. */
export class Unknown extends Data.TaggedError("SubjectsUnknown")<{ readonly subject: string; readonly after: Asset.Any }> {
  override get message() {
    return `${this.subject}: which ones there are is known once ${this.after.name} has been made`
  }
}

/** A text that cannot be in a set. */
export class KeyRefused extends Schema.TaggedError<KeyRefused>()("KeyRefused", {
  set: Schema.String,
  key: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    const shown = this.key.length > 60 ? `${this.key.slice(0, 60)}…` : this.key
    return `${JSON.stringify(shown).replace(new RegExp(unsafe, "gu"), escaped)} is no key for ${this.set}: ${this.problem}`
  }
}

export interface Any {
  readonly key: string
  /** Whether the list is a set that is kept in the ledger, under the subject's key. */
  readonly kept: boolean
  /** Distinct, in the order in which they are to be made. */
  readonly list: Effect.Effect<ReadonlyArray<string>, unknown, unknown>
  readonly at: (subject: string) => Context.Context<never>
  /** The context, holding no subject. */
  readonly none: (context: Context.Context<unknown>) => Context.Context<unknown>
}

/** The static side of a subject class. */
export interface Subject<in out Self, in out Id extends string, E, R> extends Context.Service<Self, string> {
  new(_: never): Context.ServiceClass.Shape<Id, string> & Key
  readonly key: Id
  readonly kept: boolean
  readonly list: Effect.Effect<ReadonlyArray<string>, E, R>
  /** Context holding one subject; hand it to `Effect.provideContext`. */
  readonly at: (subject: string) => Context.Context<Self>
  readonly none: (context: Context.Context<unknown>) => Context.Context<unknown>
}

export type Identifier<S> = S extends Subject<infer Self, infer _Id, infer _E, infer _R> ? Self : never
export type ErrorOf<S> = S extends Subject<infer _Self, infer _Id, infer E, infer _R> ? E : never
export type ServicesOf<S> = S extends Subject<infer _Self, infer _Id, infer _E, infer R> ? R : never

/** `class Coin extends Subject.make<Coin>()("crypto/Coin", list) {}` */
export const make =
  <Self>() => <const Id extends string, E, R>(id: Id, list: Effect.Effect<ReadonlyArray<string>, E, R>): Subject<Self, Id, E, R> =>
    made<Self, Id, E, R>(id, list, false)

/**
 * A set that is kept in the ledger under this name, and empty until somebody adds to it.
 *
 * ```ts
 * import { Asset, Column, Subject, Table } from "crypto-pipeline"
 * import { Effect, Schema } from "effect"
 *
 * // `crypto subject add station bern basel`, or `yield* Subject.add(Station, ["bern", "basel"])`
 * export class Station extends Subject.kept<Station>()("station") {}
 *
 * const Level = Schema.Struct({ station: Schema.String, metres: Schema.Finite })
 * export const levels = Asset.make("levels", {
 *   about: "How high the water stands at each station",
 *   into: Table.make(Level, { subject: "station" }),
 *   of: Station
 * }, () => Effect.map(Station, (station) => [{ station, metres: 1.5 }]))
 * ```
 */
export const kept = <Self>() => <const Id extends string>(id: Id): Subject<Self, Id, LedgerFailed, Ledger> =>
  made<Self, Id, LedgerFailed, Ledger>(id, inSet(id), true)

/** What was in a set at some time. */
export interface Member {
  readonly key: string
  /** When it came in last, in epoch milliseconds. */
  readonly addedAt: number
  /** When it left; nothing, while it is in. */
  readonly deletedAt: number | null
}

type Named = Pick<Any, "key">

/** What comes into a set, and what leaves it. */
export interface Edit {
  readonly add?: ReadonlyArray<string>
  readonly remove?: ReadonlyArray<string>
}

/** What an edit would change, as events for a ledger; texts that cannot be in the set are left out. What is both comes in. */
export const edit = Effect.fnUntraced(function*({ key: set }: Named, { add = [], remove = [] }: Edit) {
  const there = new Set(yield* inSet(set))
  const wanted = new Set(add)
  const refused = [...wanted].flatMap((key) => {
    const problem = problemOf(key)
    return problem === undefined ? [] : [new KeyRefused({ set, key, problem })]
  })
  const added = [...wanted].filter((_) => !there.has(_) && problemOf(_) === undefined)
  const removed = [...new Set(remove)].filter((_) => there.has(_) && !wanted.has(_))
  const events: ReadonlyArray<Event> = [
    ...(added.length === 0 ? [] : [{ _tag: "SubjectsAdded", set, keys: added } as const]),
    ...(removed.length === 0 ? [] : [{ _tag: "SubjectsDeleted", set, keys: removed } as const])
  ]
  return { added, removed, refused, events }
})

/** Puts keys into a kept set: all of them, or none if one cannot be in it. Answers those that were not in it. */
export const add = Effect.fnUntraced(function*(set: Named, keys: ReadonlyArray<string>) {
  const { added, events, refused: [refused] } = yield* edit(set, { add: keys })
  if (refused !== undefined) return yield* refused
  yield* recordAll(events)
  return added
})

/** Takes keys out of a kept set; what was made of them stays. Answers those that were in it. */
export const remove = Effect.fnUntraced(function*(set: Named, keys: ReadonlyArray<string>) {
  const { events, removed } = yield* edit(set, { remove: keys })
  yield* recordAll(events)
  return removed
})

/** Why a text cannot be a key of a set: it has to be told apart by a reader, and to be safe on a terminal and on a page. */
export const problemOf = (key: string): string | undefined => {
  if (key === "") return "it is empty"
  if (key !== key.trim()) return "it has space at its ends"
  if (key.length > LONGEST) return `it is longer than ${LONGEST} characters`
  return unsafe.test(key) ? "it holds characters that nobody sees and that could steer a terminal" : undefined
}

// helpers

const LONGEST = 200

/** Controls, line and paragraph separators, marks that turn the direction of writing, byte order mark, lone surrogates. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

const inSet = (set: string) =>
  Effect.map(Ledger.use((_) => _.subjects(set)), (_) => _.flatMap(({ deletedAt, key }) => deletedAt === null ? [key] : []))

const made = <Self, Id extends string, E, R>(
  id: Id,
  list: Effect.Effect<ReadonlyArray<string>, E, R>,
  isKept: boolean
): Subject<Self, Id, E, R> => {
  const service = Context.Service<Self, string>()(id)
  const subject = Object.assign(service, {
    kept: isKept,
    list,
    at: (value: string) => Context.make(service, value),
    none: (context: Context.Context<unknown>) => Context.omit(service)(context)
  })
  // a class type cannot be built by expression: this is the constructor that proves it
  return subject as unknown as Subject<Self, Id, E, R>
}
