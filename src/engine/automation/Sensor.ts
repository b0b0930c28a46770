/**
 * A sensor looks at the world and asks for runs: an Effect `Stream` of sightings, each with the cursor from which the
 * next one follows.
 *
 * The cursor is a typed value. It is told to the ledger in one transaction with the tick and the runs asked for, and the
 * stream is begun again from there after a failure, a crash or a restart: so nothing that a cursor has passed is asked
 * for twice, and nothing that was asked for is passed over.
 */
import { Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import type * as Asset from "../Asset.ts"
import type * as Job from "../Job.ts"
import type { Event, Ledger, LedgerFailed } from "../Ledger.ts"
import type * as Request from "../Request.ts"
import type * as Subject from "../Subject.ts"
import { bell } from "./Bell.ts"
import * as Cadence from "./Cadence.ts"
import { Pulse, until } from "./Pulse.ts"

/** A run to ask for. */
export interface Ask {
  readonly runs: ReadonlyArray<Job.Any | Asset.Any>
  /** Whether it is asked for again is up to the sensor's policy for run keys; without a key it always is. */
  readonly runKey?: string
  readonly over?: typeof Request.Over.Type
  /** Of their subjects, these. */
  readonly subjects?: ReadonlyArray<string>
  readonly force?: boolean
  readonly only?: boolean
  readonly priority?: number
  readonly tags?: Readonly<Record<string, string>>
}

/** What comes into a kept set of subjects, and what leaves it. */
export interface Change extends Subject.Edit {
  readonly of: Subject.Any
}

export interface Sighting<out Cursor> {
  readonly cursor: Cursor
  /** Told together with the cursor and the runs asked for. */
  readonly subjects?: ReadonlyArray<Change>
  readonly asks?: ReadonlyArray<Ask>
  /** What was seen; or, when there is nothing to ask for, why not. */
  readonly note: string
  /** It is no news: the cursor moves, and there is no tick of it. */
  readonly quiet?: boolean
}

export interface From<out Cursor> {
  readonly name: string
  readonly cursor: Cursor
  /** When it was switched on. */
  readonly since: number
  /** When it last looked, since then. */
  readonly last: number | undefined
}

/** What the engine keeps of a sighting: its cursor as text, and the time at which the look was due. */
export interface Seen extends Omit<Sighting<string>, "asks" | "quiet" | "subjects"> {
  readonly quiet: boolean
  readonly asks: ReadonlyArray<Ask>
  readonly subjects: ReadonlyArray<Change>
  readonly due: number
  /** Due times before it at which nobody was there to look. */
  readonly missed: ReadonlyArray<number>
}

export interface Sensor<out R = never> {
  readonly name: string
  /** A schedule that waits for an event is carried by a sensor, and is switched and listed as a schedule. */
  readonly kind: "sensor" | "schedule"
  readonly about: string
  /** When it looks, in words. */
  readonly looks: string
  /** Due times, for those that look by the clock. */
  readonly cadence: Cadence.Cadence | undefined
  /** Calls to the source that a look costs. */
  readonly calls: number
  /** Whether it is on until somebody switches it. */
  readonly on: boolean
  readonly runKeys: Request.KeyPolicy
  /** The cursor with which it begins when it was never switched on before. */
  readonly start: Effect.Effect<string, unknown, R>
  readonly stream: (from: From<string>) => Stream.Stream<Seen, unknown, R>
  /** One look, now; nothing, if there is nothing new. */
  readonly look: (cursor: string) => Effect.Effect<Option.Option<Seen>, unknown, R>
}

export type Any = Sensor<unknown>

/** What it asks of the world. */
export type Services<S> = S extends Sensor<infer R> ? R : never

/** How a sensor comes to look: by the clock, or when something was recorded. */
export interface Looks<Cursor, out E, out R> {
  readonly text: string
  readonly cadence: Cadence.Cadence | undefined
  readonly stream: (from: From<Cursor>) => Stream.Stream<Sighting<Cursor> & Timed, E, R>
  readonly look: (cursor: Cursor) => Effect.Effect<Option.Option<Sighting<Cursor>>, E, R>
}

/** When a look was due, and what was due before it in vain. */
export interface Timed {
  readonly due?: number
  readonly missed?: ReadonlyArray<number>
}

export class CursorUnreadable extends Schema.TaggedError<CursorUnreadable>()("CursorUnreadable", {
  sensor: Schema.String,
  cursor: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `the cursor ${this.cursor} is none of ${this.sensor}'s: ${this.problem}; crypto sensor start ${this.sensor} --reset begins anew`
  }
}

export const make = <Cursor, I, E, R, E2 = never, R2 = never>(
  name: string,
  options: {
    readonly about: string
    readonly cursor: Schema.Codec<Cursor, I>
    /** Where it begins when it was never switched on before. */
    readonly start: Effect.Effect<Cursor, E2, R2>
    readonly looks: Looks<Cursor, E, R>
    readonly runKeys?: Request.KeyPolicy
    readonly calls?: number
    readonly on?: boolean
    readonly kind?: "sensor" | "schedule"
  }
): Sensor<R | R2> => {
  const text = Schema.fromJsonString(options.cursor)
  const encode = Schema.encodeEffect(text)
  const decode = Schema.decodeUnknownEffect(text)
  const begin = (cursor: string) =>
    Effect.mapError(decode(cursor), (error) => new CursorUnreadable({ sensor: name, cursor, problem: error.message }))
  const toSeen = Effect.fnUntraced(
    function*({ asks = [], cursor, due, missed = [], note, quiet = false, subjects = [] }: Sighting<Cursor> & Timed) {
      const at = due ?? (yield* Clock.currentTimeMillis)
      const seen: Seen = { cursor: yield* encode(cursor), asks, subjects, note, quiet, due: at, missed }
      return seen
    }
  )
  return {
    name,
    kind: options.kind ?? "sensor",
    about: options.about,
    looks: options.looks.text,
    cadence: options.looks.cadence,
    calls: options.calls ?? 0,
    on: options.on ?? true,
    runKeys: options.runKeys ?? "untilSuccess",
    start: Effect.flatMap(options.start, encode),
    stream: (from) =>
      Stream.unwrap(Effect.map(begin(from.cursor), (cursor) => options.looks.stream({ ...from, cursor }))).pipe(
        Stream.mapEffect(toSeen)
      ),
    look: Effect.fnUntraced(function*(cursor) {
      const sighting = yield* options.looks.look(yield* begin(cursor))
      return Option.isNone(sighting) ? Option.none() : Option.some(yield* toSeen(sighting.value))
    })
  }
}

/**
 * Looks when `next` says so: nothing, when it is not to look any more. A look that comes late is one look; those that were
 * due before it are told as missed, where `passed` knows them.
 */
export const paced = <Cursor, E, R, E2 = never, R2 = never>(
  text: string,
  next: (from: From<Cursor>) => Effect.Effect<Option.Option<number>, E2, R2>,
  look: (cursor: Cursor) => Effect.Effect<Sighting<Cursor>, E, R>,
  passed: (from: From<Cursor>, now: number) => Effect.Effect<ReadonlyArray<number>, E2, R2> = () => Effect.succeed([])
): Looks<Cursor, E | E2, R | R2> => ({
  text,
  cadence: undefined,
  look: (cursor) => Effect.asSome(look(cursor)),
  stream: (from) =>
    Stream.unfold(from, Effect.fnUntraced(function*(from) {
      const at = yield* next(from)
      if (Option.isNone(at)) return undefined
      yield* until(at.value)
      const now = yield* Clock.currentTimeMillis
      // a timer rings late by moments; where nobody was there, or the machine slept, it is looked now
      const due = now - at.value < Duration.toMillis(yield* Pulse) ? at.value : now
      const missed = (yield* passed(from, due)).slice(0, -1)
      const sighting = yield* look(from.cursor)
      return [{ ...sighting, due, missed }, { ...from, cursor: sighting.cursor, last: due }] as const
    }))
})

/** Looks at once when it is switched on, then whenever the cadence is due. */
export const polled = <Cursor, E, R>(
  cadence: Cadence.Cadence,
  text: string,
  look: (cursor: Cursor) => Effect.Effect<Sighting<Cursor>, E, R>
): Looks<Cursor, E | Cadence.CadenceInvalid, R> => {
  const next = ({ last, name, since }: From<Cursor>) =>
    last === undefined
      ? Effect.asSome(Clock.currentTimeMillis)
      : Stream.runHead(Cadence.dues(cadence, { name, since, after: last }))
  const passed = ({ last, name, since }: From<Cursor>, now: number) =>
    last === undefined
      ? Effect.succeed([])
      : Stream.runCollect(Stream.takeWhile(Cadence.dues(cadence, { name, since, after: last }), (due) => due <= now))
  return { ...paced(text, next, look, passed), cadence }
}

/**
 * Looks at once, and again whenever something that it is interested in was recorded by this process; now and then in any
 * case, for what another process recorded. A look that finds nothing new leaves no tick.
 */
export const heard = <Cursor, E, R>(
  options: {
    readonly text: string
    readonly interest: (event: Event) => boolean
    /** Two looks are so far apart at least. */
    readonly minimum?: Duration.Input
    /** So long without anything of interest, and it looks in any case [default: a pulse]. */
    readonly every?: Duration.Input
    /** When time alone will make something new, in epoch milliseconds: told before a look, and waited for if that found nothing. */
    readonly next?: (cursor: Cursor) => Effect.Effect<number | undefined, E, R>
  },
  look: (cursor: Cursor) => Effect.Effect<Option.Option<Sighting<Cursor>>, E, R>
): Looks<Cursor, E | LedgerFailed, R | Ledger> => ({
  text: options.text,
  cadence: undefined,
  look,
  stream: ({ cursor, last }) =>
    Stream.unwrap(Effect.gen(function*() {
      const pulse = yield* Pulse
      const rest = yield* bell(options.interest)
      const every = Duration.toMillis(options.every === undefined ? pulse : Duration.fromInputUnsafe(options.every))
      const minimum = Duration.toMillis(Duration.fromInputUnsafe(options.minimum ?? 0))
      return Stream.unfold({ cursor, last }, Effect.fnUntraced(function*(state) {
        if (state.last !== undefined) yield* until(state.last + minimum)
        while (true) {
          // what becomes new while it looks is not passed over: then it looks again at once
          const next = options.next === undefined ? undefined : yield* options.next(state.cursor)
          const sighting = yield* look(state.cursor)
          const now = yield* Clock.currentTimeMillis
          if (Option.isSome(sighting)) return [{ ...sighting.value, due: now }, { cursor: sighting.value.cursor, last: now }] as const
          yield* rest(Math.min(now + every, next ?? Infinity))
        }
      }))
    }))
})
