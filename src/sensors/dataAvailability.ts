/**
 * Asks for a day's prices as soon as the API serves the day's point, and not before: one call for one coin every five
 * minutes from the time at which the day is due, until it is there.
 */
import { Clock, DateTime, Effect, Option, Schema } from "effect"
import * as Sensor from "../engine/automation/Sensor.ts"
import * as Manifest from "../engine/Manifest.ts"
import * as Subject from "../engine/Subject.ts"
import { Coin } from "../assets/Coin.ts"
import { Day } from "../assets/partitions.ts"
import { priceHistory } from "../assets/raw/priceHistory.ts"
import { CoinGecko } from "../services/CoinGecko.ts"

export const Cursor = Schema.Struct({
  /** The newest day that is done with. */
  day: Schema.String,
  /** How often the day after it was seen to be served. */
  asked: Schema.Int
})

const pause = 5 * 60_000

/** An hour of looks. A coin that has no point by then is none of this sensor's: the day is left to the schedule. */
const tries = 12

const look = Effect.fnUntraced(function*(cursor: typeof Cursor.Type) {
  const day = yield* newest
  const done = (note: string) => ({ cursor: { day, asked: 0 }, note })
  const coins = yield* Effect.catchIf(Coin.list, (_) => _ instanceof Subject.Unknown, () => Effect.succeed<ReadonlyArray<string>>([]))
  const [first] = coins
  if (first === undefined) return done("no coin is tracked yet: market_snapshot says which")
  const missing = yield* without(day, coins)
  if (missing.length === 0) return done(`${day} is there`)
  if (cursor.asked >= tries) return done(`${day} was served, but did not come for ${missing.join(", ")}`)
  const gecko = yield* CoinGecko
  const { days } = yield* gecko.marketChart({ coin: first, days: 1 })
  if (!days.some((_) => _.day === day)) return { cursor, note: `${day} is not served yet` }
  const { end, start } = Day.window(day)
  return {
    cursor: { ...cursor, asked: cursor.asked + 1 },
    asks: [{
      runs: [priceHistory],
      runKey: day,
      over: { start: DateTime.toEpochMillis(start), end: DateTime.toEpochMillis(end) }
    }],
    note: `${day} is served`
  }
})

/** When the day after the newest one that is done with is due; or, while it does not come, a pause after the last look. */
const next = ({ cursor, last }: Sensor.From<typeof Cursor.Type>) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (last === undefined) return Option.some(now)
    const { calendar } = Day
    const today = Day.newest(now)
    const isDone = (calendar.ordinalOf(cursor.day) ?? 0) >= today
    return Option.some(isDone ? calendar.startOf(today + 1) + due : last + pause)
  })

export const dataAvailability = Sensor.make("data_availability", {
  about: "Brings price_history up to date as soon as the API serves the new day",
  cursor: Cursor,
  start: Effect.map(Clock.currentTimeMillis, (now) => ({ day: Day.calendar.keyOf(Day.newest(now) - 1), asked: 0 })),
  looks: Sensor.paced("daily from 00:35 until the day is served", next, look),
  calls: 1,
  on: false
})

// helpers

/** 00:35 UTC, as for `Day`. */
const due = 35 * 60_000

const newest = Effect.map(Clock.currentTimeMillis, (now) => Day.calendar.keyOf(Day.newest(now)))

/** The coins whose prices of that day are not published. */
const without = Effect.fnUntraced(function*(day: string, coins: ReadonlyArray<string>) {
  const state = Manifest.fold(yield* Manifest.Manifest.use((_) => _.log([priceHistory.name])), Day.calendar)
  const at = Day.calendar.ordinalOf(day) ?? 0
  return coins.filter((coin) => !(state.get(coin) ?? []).some(({ from, to }) => from <= at && at <= to))
})
