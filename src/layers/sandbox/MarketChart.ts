/**
 * `/coins/{id}/market_chart` and its range: three arrays of one length and the same timestamps. Daily points are midnights;
 * finer ones are uneven; a series that reaches the present ends with the last update, its timestamp cut to whole seconds, which
 * in the finer series steps back behind the raw point of the same update.
 */
import { Result } from "effect"
import * as Ask from "./Ask.ts"
import { DAY, dayOf, HOUR, midnight, MINUTE, SECOND } from "./Calendar.ts"
import type { Coin } from "./Catalogue.ts"
import * as Figures from "./Figures.ts"
import type { Point } from "./Market.ts"

/** Documented: the last UTC day is ready at 00:10 in the chart, and at 00:35 in range, history and candles. */
export const CHART_READY = 10 * MINUTE
export const RANGE_READY = 35 * MINUTE

/** `days=N` with daily points: N midnights, today's included, then the present. */
export const chart = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const rate = yield* Ask.rate(ask)
    const text = yield* Ask.needed(ask, "days")
    const coin = yield* Ask.coin(ask)
    if (text !== "max" && !/^0*[1-9]\d{0,8}$/.test(text)) return yield* Ask.refuse(400, "Invalid days parameter")
    const days = text === "max" ? dayOf(ask.now) - coin.listed + 1 : Number(text)
    const automatic = text === "max" || days > 90 ? DAY : days > 1 ? HOUR : 5 * MINUTE
    const step = yield* stepOf(ask, automatic, days)
    const from = text === "max" ? midnight(coin.listed) : ask.now - days * DAY + 1
    return { body: body(series(ask, coin, from, ask.now, step, CHART_READY), rate, ask) }
  })

/** Both ends included; an end in the future means now; nothing begins in the future. */
export const range = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const rate = yield* Ask.rate(ask)
    const from = yield* Ask.instant(yield* Ask.needed(ask, "from"))
    const to = yield* Ask.instant(yield* Ask.needed(ask, "to"))
    const coin = yield* Ask.coin(ask)
    if (from > ask.now) return yield* Ask.refuse(400, "invalid date")
    const days = (Math.min(to, ask.now) - from) / DAY
    const automatic = days > 90 ? DAY : days <= 1 && to >= ask.now - MINUTE ? 5 * MINUTE : HOUR
    const step = yield* stepOf(ask, automatic, days)
    return { body: body(series(ask, coin, from, to, step, RANGE_READY), rate, ask) }
  })

// helpers

const stepOf = ({ query }: Ask.Ask, automatic: number, days: number): Result.Result<number, Ask.Refusal> => {
  const interval = query.get("interval") ?? ""
  if (interval === "") return Result.succeed(automatic)
  if (interval === "daily") return Result.succeed(DAY)
  if (interval === "hourly" && days <= 100) return Result.succeed(HOUR)
  if (interval === "5m" && days <= 10) return Result.succeed(5 * MINUTE)
  return Ask.refuse(400, "Invalid interval parameter")
}

const series = ({ market, now }: Ask.Ask, coin: Coin, from: number, to: number, step: number, ready: number): ReadonlyArray<Point> => {
  const last = market.latest(coin, now)
  const past = step === DAY
    ? market.midnights(coin, from, Math.min(to, now - ready))
    : market.samples(coin, from, Math.min(to, last.at), step)
  if (to < now || last.at < from) return past
  const present = { ...last, at: Math.floor(last.at / SECOND) * SECOND }
  return step === DAY ? [...past, present] : [...past, last, present]
}

const body = (points: ReadonlyArray<Point>, rate: number, ask: Ask.Ask) => ({
  prices: points.map(({ at, price }) => [at, Figures.charted(price * rate, ask)]),
  market_caps: points.map(({ at, cap }) => [at, Figures.times(cap, rate)]),
  total_volumes: points.map(({ at, volume }) => [at, Figures.times(volume, rate)])
})
