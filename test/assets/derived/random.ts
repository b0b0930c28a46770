/** Markets drawn by a seed: prices from 1e-12 to 1e13, standing still, falling to 0, with days, caps and volumes missing. */
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import { isoOf, type Point, type World } from "./naive.ts"

/** Mulberry32. */
export const dice = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

export const world = (seed: number, coins: number, first: number, length: number): World => {
  const roll = dice(seed)
  const market = Array.from({ length: length }, () => roll() - 0.5)
  return new Map(Array.from({ length: coins }, (_, i) => {
    const [listed, holes, zeros, nulls] = [
      roll() < 0.3 ? Math.floor(roll() * length * 0.8) : 0,
      roll() * roll() * 0.05,
      roll() < 0.2 ? 0.02 : 0,
      roll() * 0.03
    ]
    const [pull, own, still] = [roll() * 2 - 0.5, 0.005 + roll() * 0.2, roll() < 0.3 ? 0.5 : 0]
    let price = 10 ** (roll() * 25 - 12)
    const points = new Map<number, Point>()
    for (let d = 0; d < length; d++) {
      if (roll() >= still) price = Math.min(1e13, Math.max(1e-12, price * Math.exp((market[d] ?? 0) * 0.05 * pull + (roll() - 0.5) * own)))
      if (d < listed || roll() < holes) continue
      points.set(first + d, {
        price: roll() < zeros ? 0 : price,
        cap: roll() < nulls ? null : roll() < zeros ? 0 : price * 1e6,
        volume: roll() < nulls ? null : roll() < zeros ? 0 : price * roll() * 1e4
      })
    }
    return [i === 0 ? "bitcoin" : `coin-${i}`, points] as const
  }))
}

export const toMarket = (world: World): CoinGeckoTest.Market =>
  Object.fromEntries(
    [...world].map(([coin, points]) => [coin, [...points].map(([d, { cap, price, volume }]) => [isoOf(d), price, cap, volume] as const)])
  )
