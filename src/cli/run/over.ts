/** Which keys are meant: `--partition KEY`, or `--from DAY` and `--to DAY`, both among them, as a stretch of time. */
import { Clock, DateTime, Effect, Option } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import * as exit from "../exit.ts"
import { oneLine } from "../plain.ts"

export interface Asked {
  readonly partition: Option.Option<string>
  readonly from: Option.Option<string>
  readonly to: Option.Option<string>
}

/** [start, end) in epoch milliseconds; nothing, when nothing was asked. */
export interface Over {
  readonly start?: number
  readonly end?: number
}

export const overOf = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, { from, partition, to }: Asked) {
  const now = yield* Clock.currentTimeMillis
  if (Option.isSome(partition)) {
    if (Option.isSome(from) || Option.isSome(to))
      return yield* exit.usage("--partition names one key, --from and --to name a stretch of days: give one or the other")
    return yield* one(targets, partition.value, now)
  }
  if (Option.isNone(from) && Option.isNone(to)) return undefined
  const start = Option.isSome(from) ? yield* parsed("--from", from.value) : undefined
  const last = Option.isSome(to) ? yield* parsed("--to", to.value) : undefined
  if (start !== undefined && start > now) return yield* exit.usage(`--from ${Option.getOrElse(from, () => "")} lies in the future`)
  if (start !== undefined && last !== undefined && start > last)
    return yield* exit.usage("--from comes after --to: there is no day between them")
  const over: Over = { ...(start === undefined ? {} : { start }), ...(last === undefined ? {} : { end: last + DAY }) }
  return over
})

/** `2026-11-01` */
export const day = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 10)

// helpers

const DAY = 86_400_000

const one = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, text: string, now: number) {
  const said = `--partition ${oneLine(text)}`
  const pers = targets.flatMap((_) => _.per ?? [])
  if (pers.length === 0) return yield* exit.usage(`${said}: the targets have no partition, so leave it out`)
  const named = pers.flatMap((per) => {
    const ordinal = per.calendar.ordinalOf(text)
    return ordinal === undefined || per.calendar.unit === "static" ? [] : [{ per, ordinal }]
  })
  const [first] = named
  if (first === undefined) {
    const examples = [...new Set(pers.filter((_) => _.calendar.unit !== "static").map((_) => _.calendar.example))]
    return yield* exit.usage(`${said} is no key of the targets' partitions; a key reads like ${examples.join(" or ")}`)
  }
  if (named.every(({ ordinal, per }) => ordinal > per.newest(now))) {
    return yield* exit.usage(`${said} is not due yet; the newest key that is due is ${first.per.calendar.keyOf(first.per.newest(now))}`)
  }
  const over: Over = { start: first.per.calendar.startOf(first.ordinal), end: first.per.calendar.startOf(first.ordinal + 1) }
  return over
})

/** Exactly YYYY-MM-DD, and a day that exists. */
export const parsed = Effect.fnUntraced(function*(flag: string, text: string) {
  const millis = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  if (!Number.isNaN(millis) && day(millis) === text) return millis
  return yield* exit.usage(`${flag} ${oneLine(text)} is no day; a day reads like 2026-11-01`)
})
