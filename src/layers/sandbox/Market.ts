/**
 * What is known of a coin at an instant: price, market cap and volume in USD, with the flaws its data has. A pure function of
 * (seed, coin, instant): the clock decides only how far one may look, and whether a coin is on the list.
 */
import { DAY, dayOf, midnight, MINUTE } from "./Calendar.ts"
import { type Coin, coins } from "./Catalogue.ts"
import * as Dice from "./Dice.ts"
import * as Path from "./Path.ts"

export interface Point {
  readonly at: number
  readonly price: number
  readonly cap: number | null
  readonly volume: number | null
}

export interface Market {
  readonly seed: string
  /** The coins that are on the list at the instant, in the catalogue's order. */
  readonly listed: (now: number) => ReadonlyArray<Coin>
  readonly find: (id: string, now: number) => Coin | undefined
  /** Nothing before the listing and on a missing day. */
  readonly point: (coin: Coin, at: number) => Point | undefined
  /** The newest update: some seconds old, at the end of the last day that is not missing. */
  readonly latest: (coin: Coin, now: number) => Point
  /** The midnights in [from, to], oldest first. */
  readonly midnights: (coin: Coin, from: number, to: number) => ReadonlyArray<Point>
  /** About one point each step in [from, to], somewhat late and uneven as recorded ones are. */
  readonly samples: (coin: Coin, from: number, to: number, step: number) => ReadonlyArray<Point>
  /** The midnights of the highest and the lowest price since the listing. */
  readonly extremes: (coin: Coin, now: number) => { readonly high: Point; readonly low: Point }
  /** From 1 by market cap; a coin without a cap has none. */
  readonly ranks: (now: number) => ReadonlyMap<string, number>
}

export const make = (seed: string): Market => {
  const all = coins()
  const byId = new Map(all.map((coin) => [coin.id, coin]))
  const path = Path.make(seed)
  const isListed = (coin: Coin, at: number) => midnight(coin.listed) <= at && at < midnight(coin.delisted)
  const gaps = Dice.make(seed, "gaps")
  const isMissing = (coin: Coin, day: number) => coin.flaw === "gaps" && lacks(gaps, day)

  const listed = (now: number) => all.filter((coin) => isListed(coin, now))
  const find = (id: string, now: number) => {
    const coin = byId.get(id)
    return coin !== undefined && isListed(coin, now) ? coin : undefined
  }
  const figures = (coin: Coin, at: number): Point => {
    const price = path(coin).price(at)
    const worth = price * coin.supply
    const spell = coin.flaw === "null-caps" ? SPELL_LENGTH - mod(dayOf(at), SPELL_EVERY) : 0
    return {
      at,
      price,
      cap: coin.flaw === "zero-caps" ? 0 : spell > 0 ? null : worth,
      volume: spell > SPELL_LENGTH - SPELL_WITHOUT_VOLUME ? null : worth * path(coin).turnover(at)
    }
  }
  const point = (coin: Coin, at: number) => isListed(coin, at) && !isMissing(coin, dayOf(at)) ? figures(coin, at) : undefined
  const latest = (coin: Coin, now: number) => {
    const phase = Math.floor(Dice.make(seed, `phase ${coin.id}`).even(0) * MINUTE)
    const update = Math.max(midnight(coin.listed), now - mod(now - phase, MINUTE))
    let day = dayOf(update)
    while (isMissing(coin, day) && day > coin.listed) day--
    return figures(coin, day === dayOf(update) ? update : midnight(day + 1) - 1)
  }
  const midnights = (coin: Coin, from: number, to: number) => {
    const points: Array<Point> = []
    for (let day = Math.max(coin.listed, Math.ceil(from / DAY)); midnight(day) <= to; day++) {
      const found = point(coin, midnight(day))
      if (found !== undefined) points.push(found)
    }
    return points
  }
  const samples = (coin: Coin, from: number, to: number, step: number) => {
    const late = Dice.make(seed, `late ${step} ${coin.id}`)
    const points: Array<Point> = []
    for (let n = Math.floor(Math.max(from, midnight(coin.listed)) / step) - 1; n * step <= to; n++) {
      const at = n * step + Math.floor(late.even(n) * 0.3 * step)
      const found = at >= from && at <= to ? point(coin, at) : undefined
      if (found !== undefined) points.push(found)
    }
    return points
  }
  const seen = new Map<string, Extremes>()
  const extremes = (coin: Coin, now: number) => {
    const today = Math.max(coin.listed, dayOf(now))
    const known = seen.get(coin.id)
    const before = known !== undefined && known.until <= today ? known : { until: coin.listed, high: coin.listed, low: coin.listed }
    const price = (day: number) => path(coin).price(midnight(day))
    let { high, low } = before
    for (let day = before.until; day <= today; day++) {
      if (isMissing(coin, day)) continue
      if (price(day) > price(high)) high = day
      if (price(day) < price(low)) low = day
    }
    seen.set(coin.id, { until: today, high, low })
    return { high: figures(coin, midnight(high)), low: figures(coin, midnight(low)) }
  }
  const ranks = (now: number) => {
    const caps = listed(now).flatMap((coin) => {
      const cap = latest(coin, now).cap
      return cap !== null && cap > 0 ? [{ id: coin.id, cap }] : []
    })
    return new Map(caps.sort((a, b) => b.cap - a.cap).map(({ id }, i) => [id, i + 1]))
  }
  return { seed, listed, find, point, latest, midnights, samples, extremes, ranks }
}

// helpers

/** The days of the highest and the lowest price up to a day: remembered, since each call would look through years. */
interface Extremes {
  readonly until: number
  readonly high: number
  readonly low: number
}

/** A week of null caps in each sixty days, and no volume on its first two days. */
const SPELL_EVERY = 60
const SPELL_LENGTH = 7
const SPELL_WITHOUT_VOLUME = 2

/** Four days in a row in each ninety-one, and one in twenty-five of the others. */
const lacks = (gaps: Dice.Dice, day: number): boolean => (mod(day, 91) >= 40 && mod(day, 91) < 44) || gaps.even(day) < 0.04

const mod = (n: number, by: number): number => ((n % by) + by) % by
