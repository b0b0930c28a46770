/**
 * A cadence says when something falls due: it IS an Effect `Schedule`, so `Schedule.jittered`, `Schedule.upTo` and the
 * others apply to it as usual.
 *
 * It is stepped with due times, never with the time at which somebody came to look: from the last due time that was
 * told, each further one follows in order, none lost and none twice, however late the look. Chance is drawn from the
 * due time before, so every process, and a simulation, comes to the same due times.
 */
import { Cause, type Cron, DateTime, Duration, Effect, Option, Pull, Random, Result, Schedule, Schema, Stream } from "effect"
import * as EffectCron from "effect/Cron"

export interface Cadence extends Schedule.Schedule<unknown, unknown, Cron.CronParseError> {}

export class CadenceInvalid
  extends Schema.TaggedError<CadenceInvalid>()("CadenceInvalid", { cadence: Schema.String, problem: Schema.String })
{
  override get message() {
    return `${this.cadence} ${this.problem}`
  }
}

/**
 * `minute hour day month weekday`, in UTC unless another zone is named.
 *
 * Where a zone's clocks go back an hour, a cron with one fixed hour falls due at the later of the two, and one of every
 * hour, of steps or of several hours at each hour that passes. Where they go forward, a time that is skipped falls due
 * an hour later by the clock.
 */
export const cron = (expression: string, zone = "UTC"): Cadence => {
  const hour = expression.trim().split(/\s+/).at(-4) ?? ""
  const schedule = Schedule.cron(expression, zone === "UTC" ? utc : zone, { onDstOverlap: /^\d+$/.test(hour) ? "later" : "both" })
  return Object.assign(schedule, { [Said]: zone === "UTC" ? expression : `${expression} ${zone}` })
}

/** `every` without end, counted from the moment it is switched on. */
export const every = (interval: Duration.Input): Cadence =>
  Object.assign(Schedule.spaced(interval), { [Said]: `every ${Duration.format(Duration.fromInputUnsafe(interval))}` })

export interface From {
  /** Whose cadence it is: two that share one draw their chances apart. */
  readonly name: string
  /** When it was switched on: what a schedule counts, it counts from here. */
  readonly since: number
  /** The due times after this one are wanted. */
  readonly after: number
}

/** The due times, in order: epoch milliseconds. */
export const dues = (cadence: Cadence, from: From): Stream.Stream<number, CadenceInvalid> => {
  const { after, name, since } = from
  // what remembers nothing may begin at once where it is wanted; anything else is led there
  const start = said(cadence) === undefined ? since : Math.max(since, after)
  const step = Effect.fnUntraced(function*(
    next: (now: number, input: unknown) => Pull.Pull<[unknown, Duration.Duration], Cron.CronParseError, unknown>,
    at: number
  ) {
    const stepped = Effect.map(next(at, undefined), ([, wait]) => at + Math.round(Duration.toMillis(wait)))
    // a plain cadence draws no chances
    const exit = yield* Effect.exit(said(cadence) === undefined ? Random.withSeed(stepped, `${name} ${at}`) : stepped)
    if (exit._tag === "Success") {
      if (exit.value - at < (at === start ? 1 : leastGap)) return yield* invalid(cadence, "falls due more often than once a second")
      return [exit.value, exit.value] as const
    }
    return Pull.isDoneCause(exit.cause) ? undefined : yield* invalid(cadence, problem(exit.cause))
  })
  return Stream.unwrap(Effect.map(Schedule.toStep(cadence), (next) => Stream.unfold(start, (at) => step(next, at)))).pipe(
    Stream.dropWhile((due) => due <= after)
  )
}

/** What is wrong with it, if it cannot tell its first due times. */
export const check = (cadence: Cadence): Effect.Effect<Option.Option<CadenceInvalid>> =>
  dues(cadence, { name: "", since: reference, after: reference }).pipe(
    Stream.take(3),
    Stream.runDrain,
    Effect.result,
    Effect.map(Result.getFailure)
  )

/** In words, or, where combinators made it, by its first due times: what tells one cadence from another. */
export const text = (cadence: Cadence): Effect.Effect<string> => {
  const known = said(cadence)
  if (known !== undefined) return Effect.succeed(known)
  return dues(cadence, { name: "", since: reference, after: reference }).pipe(
    Stream.take(4),
    Stream.runCollect,
    Effect.map((first) => `its own: ${first.map((_) => Duration.format(Duration.millis(_ - reference))).join(", ")}, …`),
    Effect.orElseSucceed(() => "none")
  )
}

/** `2026-11-25 08:00 UTC`, with seconds where there are any. */
export const instant = (millis: number): string => {
  const iso = DateTime.formatIso(DateTime.makeUnsafe(millis))
  return `${iso.slice(0, 10)} ${iso.slice(11, iso.slice(17, 23) === "00.000" ? 16 : 19)} UTC`
}

// helpers

const Said: unique symbol = Symbol("crypto/engine/Cadence/Said")

/** A plain cadence says what it is; a combinator's result is another value and does not. */
const said = (cadence: Cadence): string | undefined => {
  const value: unknown = Object.hasOwn(cadence, Said) ? Reflect.get(cadence, Said) : undefined
  return typeof value === "string" ? value : undefined
}

/** The same clocks as the zone of that name, without a calendar to look them up in. */
const utc = DateTime.zoneMakeOffset(0)

/** A loop that records each due time on disk cannot keep up with more. */
const leastGap = 1000

/** A Thursday; four years hold every date there is. */
const reference = Date.UTC(2026, 0, 1)

const invalid = (cadence: Cadence, problem: string) => new CadenceInvalid({ cadence: said(cadence) ?? "a cadence", problem })

const problem = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (EffectCron.isCronParseError(error)) {
    const field = error.input === undefined || error.input === "" ? "" : ` ("${error.input}")`
    return `is no cron: ${error.message}${field}; a cron reads like 40 0 * * * (minute hour day month weekday)`
  }
  const message = error instanceof Error ? error.message : String(error)
  return /Unable to find cron date/.test(message) ? "never falls due: there is no such date" : `cannot tell when it falls due: ${message}`
}
