/** What is known of a coin now: its newest update beside what it was, in the words of the real API's market rows. */
import * as Ask from "./Ask.ts"
import { DAY, HOUR, iso, midnight, MINUTE } from "./Calendar.ts"
import type { Coin } from "./Catalogue.ts"
import * as Figures from "./Figures.ts"

/** Spans over which a change is told. */
export const periods: ReadonlyMap<string, number> = new Map([
  ["1h", HOUR],
  ["24h", DAY],
  ["7d", 7 * DAY],
  ["14d", 14 * DAY],
  ["30d", 30 * DAY],
  ["60d", 60 * DAY],
  ["200d", 200 * DAY],
  ["1y", 365 * DAY]
])

export interface Quote extends ReturnType<typeof of> {}

/** All figures in USD and unrounded; `rank` is not known to a coin alone. */
export const of = ({ market, now }: Ask.Ask, coin: Coin) => {
  const last = market.latest(coin, now)
  const dayAgo = market.point(coin, last.at - DAY)
  const seen = [last, ...market.samples(coin, last.at - DAY, last.at, 30 * MINUTE)].map(({ price }) => price)
  const extremes = market.extremes(coin, last.at)
  return {
    coin,
    last,
    dayAgo,
    highDay: Math.max(...seen),
    lowDay: Math.min(...seen),
    ath: seen.reduce((best, price) => price > best.price ? { at: last.at, price } : best, {
      at: extremes.high.at,
      price: extremes.high.price
    }),
    atl: seen.reduce((best, price) => price < best.price ? { at: last.at, price } : best, {
      at: extremes.low.at,
      price: extremes.low.price
    }),
    /** Not known of a coin whose cap is not. */
    supply: last.cap === null || last.cap === 0 ? null : coin.supply,
    change: (span: number) => Figures.change(last.price, market.point(coin, last.at - span)?.price),
    lastWeek: () => market.samples(coin, last.at - 7 * DAY, last.at, HOUR).map(({ price }) => price)
  }
}

/** A row of `/coins/markets`. */
export const row = (ask: Ask.Ask, quote: Quote, rank: number | undefined, rate: number) => {
  const { coin, last, dayAgo, ath, atl, supply } = quote
  const show = (price: number) => Figures.shown(price * rate, ask)
  const whole = (figure: number | null) => figure === null ? null : Math.round(figure * rate)
  const percent = (figure: number | null) => figure === null ? null : Figures.rounded(figure, 5)
  return {
    id: coin.id,
    symbol: coin.symbol,
    name: coin.name,
    image: "missing_large.png",
    current_price: show(last.price),
    market_cap: whole(last.cap),
    market_cap_rank: rank ?? null,
    fully_diluted_valuation: supply === null ? null : whole(last.cap),
    total_volume: whole(last.volume),
    high_24h: show(quote.highDay),
    low_24h: show(quote.lowDay),
    price_change_24h: Figures.times(Figures.difference(last.price, dayAgo?.price), rate),
    price_change_percentage_24h: percent(Figures.change(last.price, dayAgo?.price)),
    market_cap_change_24h: Figures.times(Figures.difference(last.cap, dayAgo?.cap), rate),
    market_cap_change_percentage_24h: percent(Figures.change(last.cap, dayAgo?.cap)),
    circulating_supply: supply,
    total_supply: supply,
    max_supply: null,
    ath: show(ath.price),
    ath_change_percentage: percent(Figures.change(last.price, ath.price)),
    ath_date: iso(ath.at),
    atl: show(atl.price),
    atl_change_percentage: percent(Figures.change(last.price, atl.price)),
    atl_date: iso(atl.at),
    roi: null,
    last_updated: iso(last.at),
    ...(Ask.flag(ask, "sparkline") ? { sparkline_in_7d: { price: quote.lastWeek().map((price) => price * rate) } } : {}),
    ...Object.fromEntries(Ask.list(ask, "price_change_percentage").flatMap((name) => {
      const span = name === "60d" ? undefined : periods.get(name)
      return span === undefined ? [] : [[`price_change_percentage_${name}_in_currency`, quote.change(span)]]
    }))
  }
}

/** The midnight of a newcomer's first day is its genesis. */
export const genesis = (coin: Coin): string => iso(midnight(coin.listed)).slice(0, 10)
