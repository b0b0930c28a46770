/**
 * Chance without memory: the n-th throw of a named stream is a pure function of (seed, stream, n).
 *
 * Nothing is drawn in order, so a figure cannot depend on which figures were asked for before it. Each stream is keyed by a
 * 64-bit hash of its full name; each throw mixes that key with its counter by the finalizer of MurmurHash3 (a bijection of
 * 32 bits with full avalanche). Good for a toy market, not for secrets.
 */

export interface Dice {
  /** Even over (0, 1); never 0 and never 1. */
  readonly even: (n: number) => number
  /** Standard normal. */
  readonly normal: (n: number) => number
  /** Mean 0, variance 1, kurtosis about 5.5: one throw in fourteen is 2.4 times as wide. */
  readonly wild: (n: number) => number
}

/** Streams of one seed with different names are independent of each other. */
export const make = (seed: string, stream: string): Dice => {
  const name = `${seed.length}:${seed}:${stream}`
  const a = hash(name, 0x9e3779b9)
  const b = hash(name, 0x85ebca6b)
  const word = (n: number, lane: number) => mix(mix(a ^ Math.imul(n | 0, 0x9e3779b1)) + Math.imul(lane, 0x632be59b) ^ b)
  const uniform = (n: number, lane: number) =>
    ((word(n, lane) >>> 5) * 67_108_864 + (word(n, lane + 1) >>> 6) + 0.5) / 9_007_199_254_740_992
  const even = (n: number) => uniform(n, 0)
  // Box and Muller 1958, one of the pair
  const normal = (n: number) => Math.sqrt(-2 * Math.log(uniform(n, 2))) * Math.cos(2 * Math.PI * uniform(n, 4))
  const wild = (n: number) => normal(n) * (uniform(n, 6) < 0.07 ? 2.4 : 1) / WILD_DEVIATION
  return { even, normal, wild }
}

// helpers

/** The deviation of the mixture before scaling: 93 % of variance 1 and 7 % of variance 2.4². */
const WILD_DEVIATION = Math.sqrt(0.93 + 0.07 * 2.4 * 2.4)

/** MurmurHash3's 32-bit finalizer. */
const mix = (word: number): number => {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** FNV-1a over UTF-16 units from the given basis, then finalized. */
const hash = (text: string, basis: number): number => {
  let h = basis
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h)
}
