/** `/coins/markets`, `/coins/list` and `/simple/price`: many coins in one answer. An unknown id is absent, never a 404. */
import { Result } from "effect"
import * as Ask from "./Ask.ts"
import { DAY } from "./Calendar.ts"
import type { Coin } from "./Catalogue.ts"
import * as Figures from "./Figures.ts"
import * as Quote from "./Quote.ts"

/** A page over 250 rows is cut to 250; a page past the end is empty. */
export const markets = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const rate = yield* Ask.rate(ask)
    const ranks = ask.market.ranks(ask.now)
    const known = wanted(ask).map((coin) => ({ coin, last: ask.market.latest(coin, ask.now) }))
    const [, by = "market_cap", way = "desc"] = /^(market_cap|volume|id)_(asc|desc)$/.exec(ask.query.get("order") ?? "") ?? []
    const weight = ({ last }: typeof known[number]) => by === "volume" ? last.volume ?? 0 : by === "market_cap" ? last.cap ?? 0 : 0
    const sorted = known.sort((a, b) => (weight(a) - weight(b) || alphabetical(a.coin.id, b.coin.id)) * (way === "asc" ? 1 : -1))
    const size = Math.min(250, Ask.count(ask, "per_page", 100))
    const page = Ask.count(ask, "page", 1)
    const rows = sorted.slice((page - 1) * size, page * size)
    return {
      body: rows.map(({ coin }) => Quote.row(ask, Quote.of(ask, coin), ranks.get(coin.id), rate)),
      headers: { total: String(sorted.length), "per-page": String(size) }
    }
  })

export const coinList = (ask: Ask.Ask): Ask.Reply => {
  if (ask.query.get("status") === "inactive") return Result.succeed({ body: [] })
  const platforms = Ask.flag(ask, "include_platform") ? { platforms: {} } : {}
  const rows = ask.market.listed(ask.now).map(({ id, symbol, name }) => ({ id, symbol, name, ...platforms }))
  return Result.succeed({ body: rows.sort((a, b) => alphabetical(a.id, b.id)) })
}

/** Keys are what was asked by; a currency that is not quoted is left out. A blank within `ids` is part of the id. */
export const simplePrice = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const key = selectors.find((name) => ask.query.get(name))
    if (key === undefined) return yield* Ask.needed(ask, "ids").pipe(Result.map(() => ({ body: {} })))
    const names = (yield* Ask.needed(ask, "vs_currencies")).split(",")
    const entries = chosen(ask, key, Ask.list(ask, key)).map((coin) => [coin[fields[key]], price(ask, coin, names)])
    return { body: Object.fromEntries(entries) }
  })

export const supported = (): Ask.Reply => Result.succeed({ body: [...Ask.currencies.keys()] })

// helpers

const fields = { ids: "id", names: "name", symbols: "symbol" } as const
const selectors = ["ids", "names", "symbols"] as const

const chosen = ({ market, now }: Ask.Ask, key: keyof typeof fields, asked: ReadonlyArray<string>): ReadonlyArray<Coin> => {
  const fold = (text: string) => key === "ids" ? text : text.toLowerCase()
  const folded = new Set(asked.map(fold))
  return market.listed(now).filter((coin) => folded.has(fold(coin[fields[key]])))
}

/** A category comes before ids, ids before names, names before symbols; here blanks round an id are forgiven. */
const wanted = (ask: Ask.Ask): ReadonlyArray<Coin> => {
  const all = ask.market.listed(ask.now)
  const category = ask.query.get("category")
  if (category) return all.filter((coin) => coin.sector === category)
  const key = selectors.find((name) => ask.query.get(name))
  return key === undefined ? all : chosen(ask, key, Ask.list(ask, key).map((text) => text.trim()))
}

const price = (ask: Ask.Ask, coin: Coin, names: ReadonlyArray<string>): Readonly<Record<string, number | null>> => {
  const last = ask.market.latest(coin, ask.now)
  const day = Figures.change(last.price, ask.market.point(coin, last.at - DAY)?.price)
  const quoted = names.flatMap((name) => {
    const rate = Ask.currencies.get(name)
    return rate === undefined ? [] : [
      [name, Figures.shown(last.price * rate, ask)] as const,
      ...(Ask.flag(ask, "include_market_cap") ? [[`${name}_market_cap`, Figures.times(last.cap, rate)] as const] : []),
      ...(Ask.flag(ask, "include_24hr_vol") ? [[`${name}_24h_vol`, Figures.times(last.volume, rate)] as const] : []),
      ...(Ask.flag(ask, "include_24hr_change") ? [[`${name}_24h_change`, day] as const] : [])
    ]
  })
  const updated = Ask.flag(ask, "include_last_updated_at") ? { last_updated_at: Math.floor(last.at / 1_000) } : {}
  return { ...Object.fromEntries(quoted), ...updated }
}

const alphabetical = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0
