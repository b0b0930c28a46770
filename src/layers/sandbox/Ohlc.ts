/**
 * `/coins/{id}/ohlc`: candles of 30 minutes, 4 hours or 4 days, stamped with their close, so that the running one lies in the
 * future. An open is not the close before it: each is the first price seen inside its own candle.
 */
import { Result } from "effect"
import * as Ask from "./Ask.ts"
import { DAY, dayOf, HOUR, midnight, MINUTE } from "./Calendar.ts"
import * as Figures from "./Figures.ts"

export const ohlc = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const { market, now, query } = ask
    // recorded so in 2021
    if (!query.has("vs_currency") && !query.has("days"))
      return yield* Result.fail({
        status: 500,
        body: { status: 500, error: "Internal Server Error" }
      })
    const rate = yield* Ask.rate(ask)
    const text = yield* Ask.needed(ask, "days")
    const coin = yield* Ask.coin(ask)
    if (!PERIODS.has(text)) return yield* Ask.refuse(400, "Invalid days parameter")
    const days = text === "max" ? dayOf(now) - coin.listed + 1 : Number(text)
    const width = WIDTHS.get(query.get("interval") ?? "") ?? (days <= 2 ? 30 * MINUTE : days <= 30 ? 4 * HOUR : 4 * DAY)
    const running = Math.floor(now / width) * width
    const first = Math.max(midnight(coin.listed), running + width - Math.ceil(days * DAY / width) * width)
    const refreshed = Math.max(running, Math.floor(now / REFRESH) * REFRESH)
    const candles = new Map<number, Candle>()
    for (let at = first + SAMPLE_LATE; at <= refreshed + SAMPLE_LATE; at += width / SAMPLES) {
      const price = market.point(coin, Math.min(at, now))?.price
      if (price === undefined) continue
      const close = Math.floor(at / width) * width + width
      const known = candles.get(close) ?? { open: price, high: price, low: price, close: price }
      candles.set(close, { open: known.open, high: Math.max(known.high, price), low: Math.min(known.low, price), close: price })
    }
    const show = (price: number) => Figures.shown(price * rate, ask)
    return { body: [...candles].map(([at, { open, high, low, close }]) => [at, show(open), show(high), show(low), show(close)]) }
  })

// helpers

interface Candle {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

const PERIODS: ReadonlySet<string> = new Set(["1", "7", "14", "30", "90", "180", "365", "max"])
const WIDTHS: ReadonlyMap<string, number> = new Map([["hourly", HOUR], ["daily", DAY]])

/** Candles are made anew each 15 minutes. */
const REFRESH = 15 * MINUTE
/** Prices looked at in a candle, from shortly after it opens. */
const SAMPLES = 24
const SAMPLE_LATE = 20_000
