/**
 * A subject is what an asset is made for, one at a time, beside its window: a coin, a customer, a sensor.
 *
 * It is a service whose value is the subject being made, and whose class knows the list of all that are wanted now.
 * An asset that is `of: Coin` asks for one coin over one window (`yield* Coin`), publishes each coin on its own, and
 * keeps its state per coin: a coin that fails leaves the others written, a coin that is new is missing alone.
 */
import { Context, Data, Effect } from "effect"
import type * as Asset from "./Asset.ts"
import type { Key } from "./Partition.ts"

/** The list cannot be told before `after` has been made once. */
export class Unknown extends Data.TaggedError("SubjectsUnknown")<{ readonly subject: string; readonly after: Asset.Any }> {
  override get message() {
    return `${this.subject}: which ones there are is known once ${this.after.name} has been made`
  }
}

export interface Any {
  readonly key: string
  /** Distinct, in the order in which they are to be made. */
  readonly list: Effect.Effect<ReadonlyArray<string>, unknown, unknown>
  readonly at: (subject: string) => Context.Context<never>
  /** The context, holding no subject. */
  readonly none: (context: Context.Context<unknown>) => Context.Context<unknown>
}

/** The static side of a subject class. */
export interface Subject<in out Self, in out Id extends string, out E, out R> extends Context.Service<Self, string> {
  new(_: never): Context.ServiceClass.Shape<Id, string> & Key
  readonly key: Id
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
  <Self>() => <const Id extends string, E, R>(id: Id, list: Effect.Effect<ReadonlyArray<string>, E, R>): Subject<Self, Id, E, R> => {
    const service = Context.Service<Self, string>()(id)
    const subject = Object.assign(service, {
      list,
      at: (value: string) => Context.make(service, value),
      none: (context: Context.Context<unknown>) => Context.omit(service)(context)
    })
    // a class type cannot be built by expression: this is the constructor that proves it
    return subject as unknown as Subject<Self, Id, E, R>
  }
