/**
 * Watches the prices of all tracked coins with one call to `/simple/price`, and asks for the market when one of them
 * moved: `Movement.ts` says exactly when.
 */
import { Clock, Duration, Effect, Record, Schema } from "effect"
import type * as Asset from "../engine/Asset.ts"
import * as Cadence from "../engine/automation/Cadence.ts"
import * as Sensor from "../engine/automation/Sensor.ts"
import type * as Job from "../engine/Job.ts"
import * as Subject from "../engine/Subject.ts"
import { Coin } from "../assets/Coin.ts"
import { change } from "../assets/words.ts"
import { CoinGecko } from "../services/CoinGecko.ts"
import * as Movement from "./Movement.ts"

export interface Options extends Movement.Options {
  /** CoinGecko ids [default: the tracked coins]. */
  readonly coins?: ReadonlyArray<string>
  readonly every: Duration.Input
  readonly runs: ReadonlyArray<Job.Any | Asset.Any>
  readonly on: boolean
}

/** What was seen of each coin. */
export const Cursor = Schema.Record(Schema.String, Movement.State)

/** Five percent within an hour; 15 minutes between two calls are 2,976 of them in a month of 31 days. */
export const defaults = { threshold: 0.05, window: "1 hour", hysteresis: 0.01, coolDown: "1 hour", every: "15 minutes", on: false } as const

export const priceMovement = (options: Pick<Options, "runs"> & Partial<Options>) => {
  const all: Options = { ...defaults, ...options }
  const tracked = all.coins === undefined ? Coin.list : Effect.succeed(all.coins)
  const look = Effect.fnUntraced(function*(cursor: typeof Cursor.Type) {
    const coins = yield* Effect.catchIf(tracked, (_) => _ instanceof Subject.Unknown, () => Effect.succeed<ReadonlyArray<string>>([]))
    if (coins.length === 0) return { cursor, note: "no coin is tracked yet: market_snapshot says which" }
    const gecko = yield* CoinGecko
    const { quotes } = yield* gecko.simplePrice({ coins })
    const at = yield* Clock.currentTimeMillis
    const looks = quotes.flatMap(({ coin, price }) =>
      price === null || price <= 0 ? [] : [{ coin, ...Movement.look(cursor[coin] ?? Movement.initial, at, price, all) }]
    )
    const fired = looks.filter((_) => _.fires)
    // a coin that is not seen now is not forgotten, unless it is no longer tracked
    const known = Record.filter(cursor, (_, coin) => coins.includes(coin))
    return {
      cursor: { ...known, ...Object.fromEntries(looks.map(({ coin, state }) => [coin, state])) },
      asks: fired.length === 0 ? [] : [{ runs: all.runs, tags: { moved: fired.map((_) => _.coin).join(" ") } }],
      note: said(fired.length === 0 ? looks : fired, at)
    }
  })
  return Sensor.make("price_movement", {
    about: "Brings the market up to date when a tracked coin moved far in a short time",
    cursor: Cursor,
    start: Effect.succeed({}),
    looks: Sensor.polled(Cadence.every(all.every), `every ${spoken(all.every)}`, look),
    calls: 1,
    on: all.on
  })
}

// helpers

/** `15 minutes` */
const spoken = (every: Duration.Input): string => {
  const minutes = Duration.toMinutes(Duration.fromInputUnsafe(every))
  return minutes === 1 ? "minute" : `${minutes} minutes`
}

/** `bitcoin -5.2 % in 45 min`; of several that did not fire, the one that moved most. */
const said = (
  looks: ReadonlyArray<{ readonly coin: string; readonly move: Movement.Move | undefined; readonly fires: boolean }>,
  at: number
) => {
  const moves = looks.flatMap(({ coin, fires, move }) => move === undefined ? [] : [{ coin, fires, ...move }])
  const farthest = moves.toSorted((a, b) => Math.abs(b.size) - Math.abs(a.size))
  const text = farthest.filter((_, i) => _.fires || i === 0).map(({ coin, since, size }) =>
    `${coin} ${change(size)} in ${Math.round((at - since) / 60_000)} min`
  )
  return farthest.length === 0 ? `${looks.length} prices seen, none before them` : text.join(", ")
}
