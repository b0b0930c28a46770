/**
 * Where prices come from. The logarithm of a coin's price is the sum of three wanderings: the market's (times the coin's
 * beta), its sector's, and its own. Each has fat tails, calm and stormy spells, and a slow pull back to its level, so that
 * magnitudes and ranks stay plausible for a century.
 *
 * A wandering is made day by day from the fixed origin and remembered, so a day's value depends on the seed and the stream
 * only. Between two midnights the price follows a Brownian bridge (Lévy's construction), which meets both exactly.
 */
import { DAY, dayOf, HORIZON, midnight, ORIGIN } from "./Calendar.ts"
import { type Coin, type Sector, sectors } from "./Catalogue.ts"
import * as Dice from "./Dice.ts"

export interface Path {
  /** USD, at any instant. */
  readonly price: (instant: number) => number
  /** What was traded in the 24 hours before the instant, as a share of the market cap; never 0. */
  readonly turnover: (instant: number) => number
}

/** The paths of one seed: shared factors are made once, each coin when it is first asked for. */
export const make = (seed: string): (coin: Coin) => Path => {
  const factor = (stream: string, deviation: number, memory: number) => wandering(Dice.make(seed, stream), deviation, memory)
  const market = factor("market", 0.026, 450)
  const bySector = new Map<Sector, Wandering>()
  const sectorOf = (sector: Sector) => remembered(bySector, sector, () => factor(`sector ${sector}`, sectors[sector].deviation, 300))
  const byCoin = new Map<string, Path>()
  return (coin) =>
    remembered(byCoin, coin.id, () => {
      const own = factor(`coin ${coin.id}`, coin.own, coin.memory)
      return pathOf(coin, seed, [[coin.beta, market], [1, sectorOf(coin.sector)], [1, own]])
    })
}

// helpers

/** Level and deviation of a day. */
type Wandering = (day: number) => { readonly level: number; readonly deviation: number }

/** The storms: variance answers yesterday's surprise and fades, GARCH(1,1) with mean 1, capped where a path would leave belief. */
const SURPRISE = 0.07
const PERSISTENCE = 0.9
const WORST = 9

const wandering = (dice: Dice.Dice, deviation: number, memory: number): Wandering => {
  const days = [{ level: dice.normal(-1) * deviation * Math.sqrt(memory / 2), deviation }]
  let variance = 1
  return (day) => {
    const wanted = Math.max(0, Math.min(day, HORIZON) - ORIGIN)
    let last = days[days.length - 1] ?? { level: 0, deviation }
    while (days.length <= wanted) {
      const move = Math.sqrt(variance) * dice.wild(days.length)
      last = { level: last.level * (1 - 1 / memory) + deviation * move, deviation: deviation * Math.sqrt(variance) }
      variance = Math.min(WORST, 1 - SURPRISE - PERSISTENCE + SURPRISE * move * move + PERSISTENCE * variance)
      days.push(last)
    }
    return days[wanted] ?? last
  }
}

const pathOf = (coin: Coin, seed: string, factors: ReadonlyArray<readonly [weight: number, factor: Wandering]>): Path => {
  const between = Dice.make(seed, `between ${coin.id}`)
  const trade = Dice.make(seed, `trade ${coin.id}`)
  const levels: Array<number> = []
  const level = (day: number) => levels[day - ORIGIN] ??= factors.reduce((sum, [weight, factor]) => sum + weight * factor(day).level, 0)
  const deviation = (day: number) => Math.sqrt(factors.reduce((sum, [weight, factor]) => sum + (weight * factor(day).deviation) ** 2, 0))
  const price = (instant: number) => {
    const day = dayOf(instant)
    const share = (instant - midnight(day)) / DAY
    if (share === 0) return coin.price * Math.exp(level(day))
    const logarithm = level(day) * (1 - share) + level(day + 1) * share + deviation(day + 1) * bridge(between, day, share)
    return coin.price * Math.exp(logarithm)
  }
  const typical = deviation(ORIGIN)
  /** The logarithm: quiet days trade less, and a day that moves twice as far as usual trades about half as much again. */
  const traded = (day: number) => {
    const move = Math.min(6, Math.abs(level(day) - level(day - 1)) / typical)
    return Math.log(coin.turnover) + 0.25 * trade.normal(day) + 0.4 * move - 0.3
  }
  const turnover = (instant: number) => {
    const day = dayOf(instant)
    const share = (instant - midnight(day)) / DAY
    return Math.exp(share === 0 ? traded(day) : traded(day) * (1 - share) + traded(day + 1) * share)
  }
  return { price, turnover }
}

/** Down to about a minute and a half. */
const DEPTH = 10

/** A standard Brownian bridge over (0, 1): at each level one tent lies over the share, half as wide and 1/√2 as high as the one before. */
const bridge = (dice: Dice.Dice, day: number, share: number): number => {
  let sum = 0
  let height = 0.5
  for (let depth = 0; depth < DEPTH; depth++) {
    const scaled = share * 2 ** depth
    const tent = Math.floor(scaled)
    const throwOf = day * 1_024 + 2 ** depth + tent
    sum += height * (1 - Math.abs(2 * (scaled - tent) - 1)) * dice.normal(throwOf)
    height *= Math.SQRT1_2
  }
  return sum
}

const remembered = <K, V>(known: Map<K, V>, key: K, make: () => V): V => {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
