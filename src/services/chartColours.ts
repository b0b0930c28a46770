/**
 * One colour a coin, in every chart.
 *
 * The palette has twelve hues, each in two shades: one for light paper, one for dark. In each shade any two are told
 * apart with normal sight and without red or green cones (at least 0.09 in OKLab under Machado's simulation, 0.1 among the first eight), and each stands
 * out from its paper by 3:1. They were found by search under those bounds, which the tests compute anew.
 */
export interface Colour {
  readonly name: string
  readonly light: string
  readonly dark: string
}

export const palette = [
  { name: "orange", light: "#b5880a", dark: "#d27717" },
  { name: "blue", light: "#1d4488", dark: "#5192f4" },
  { name: "teal", light: "#238074", dark: "#b0e7e3" },
  { name: "gold", light: "#9f5f06", dark: "#e9de71" },
  { name: "red", light: "#651d0f", dark: "#b9361b" },
  { name: "violet", light: "#7916fd", dark: "#7f50b0" },
  { name: "sky", light: "#5695c4", dark: "#61c1f1" },
  { name: "green", light: "#5da182", dark: "#96bd93" },
  { name: "rust", light: "#8f3408", dark: "#fd9a1f" },
  { name: "plum", light: "#5b1b4d", dark: "#7f5e70" },
  { name: "navy", light: "#3305c4", dark: "#2c5df7" },
  { name: "grey", light: "#565354", dark: "#908a8b" }
] as const satisfies ReadonlyArray<Colour>

/**
 * The colour of a coin on light paper (pages map it to its dark twin).
 *
 * A well-known coin has its own; another has the one its id hashes to. Given `all` (the whole universe, not the chart's
 * part of it, so that charts agree), coins that would meet on one colour are spread over those still free, in order of id.
 */
export const colourOf = (id: string, all: ReadonlyArray<string> = [id]): string =>
  palette[spread(all.includes(id) ? all : [...all, id]).get(id) ?? 0]?.light ?? palette[0].light

/** The scale of a colour channel: every coin of `all` with its colour, so that a part of it keeps the colours of the whole. */
export const coinScale = (
  shown: ReadonlyArray<string>,
  all: ReadonlyArray<string> = shown
): { domain: Array<string>; range: Array<string> } => {
  const union = [...new Set([...all, ...shown])]
  return { domain: [...shown], range: shown.map((id) => colourOf(id, union)) }
}

// helpers

/** The first place goes to the coin people know by it; those that share one are seldom in one chart, and are spread when they are. */
const known: Readonly<Record<string, number>> = {
  bitcoin: 0,
  ethereum: 1,
  tether: 2,
  binancecoin: 3,
  ripple: 6,
  solana: 5,
  "usd-coin": 10,
  dogecoin: 8,
  cardano: 7,
  tron: 4,
  "avalanche-2": 4,
  polkadot: 9,
  chainlink: 10,
  litecoin: 11,
  "bitcoin-cash": 7,
  "shiba-inu": 8,
  uniswap: 9,
  stellar: 11,
  monero: 8,
  dai: 3
}

const wish = (id: string): number => (Object.hasOwn(known, id) ? known[id] : undefined) ?? hash(id) % palette.length

const spread = (ids: ReadonlyArray<string>): ReadonlyMap<string, number> => {
  const places = new Map<string, number>()
  const taken = new Set<number>()
  const sorted = [...new Set(ids)].sort((a, b) =>
    Number(Object.hasOwn(known, b)) - Number(Object.hasOwn(known, a)) || order(a) - order(b) || (a < b ? -1 : 1)
  )
  for (const id of sorted) {
    let place = wish(id)
    // with all twelve taken the hues are shared; until then each coin has its own
    if (taken.size < palette.length) { while (taken.has(place)) place = (place + 1) % palette.length }
    taken.add(place)
    places.set(id, place)
  }
  return places
}

/** Known coins in the order of the list above. */
const order = (id: string): number => (Object.hasOwn(known, id) ? Object.keys(known).indexOf(id) : 0)

/** FNV-1a, 32 bits: the same on every machine. */
const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (const unit of new TextEncoder().encode(text)) h = Math.imul(h ^ unit, 0x01000193) >>> 0
  return h
}
