/** What is asked of the market as a whole: `/global`, `/search/trending`, `/coins/categories`, `/exchanges`, and `/ping`, `/key`. */
import { Order, Result } from "effect"
import * as Ask from "./Ask.ts"
import { DAY, iso, MINUTE, SECOND } from "./Calendar.ts"
import { type Sector, sectors } from "./Catalogue.ts"
import * as Figures from "./Figures.ts"

export const ping = (): Ask.Reply => Result.succeed({ body: { gecko_says: "(V3) To the Moon!" } })

/** The sandbox counts nothing. */
export const key = (): Ask.Reply =>
  Result.succeed({
    body: {
      plan: "Sandbox",
      rate_limit_request_per_minute: 600,
      monthly_call_credit: 1_000_000,
      current_total_monthly_calls: 0,
      current_remaining_monthly_calls: 1_000_000
    }
  })

/** Made anew each ten minutes. */
export const global = (ask: Ask.Ask): Ask.Reply => {
  const at = Math.floor(ask.now / (10 * MINUTE)) * 10 * MINUTE
  const coins = movers({ ...ask, now: at })
  const total = totals(coins)
  const top = coins.flatMap(({ coin, last }) => last.cap === null || last.cap === 0 ? [] : [{ symbol: coin.symbol, cap: last.cap }])
    .sort((a, b) => b.cap - a.cap).slice(0, 10)
  return Result.succeed({
    body: {
      data: {
        active_cryptocurrencies: coins.length,
        upcoming_icos: 0,
        ongoing_icos: 0,
        ended_icos: 0,
        markets: EXCHANGES.length,
        total_market_cap: Figures.perCurrency((rate) => total.cap * rate),
        total_volume: Figures.perCurrency((rate) => total.volume * rate),
        market_cap_percentage: Object.fromEntries(top.map(({ symbol, cap }) => [symbol, cap / total.cap * 100])),
        market_cap_change_percentage_24h_usd: Figures.change(total.cap, total.capBefore) ?? 0,
        volume_change_percentage_24h_usd: Figures.change(total.volume, total.volumeBefore) ?? 0,
        updated_at: Math.floor(at / SECOND)
      }
    }
  })
}

/** The fifteen coins that moved most in 24 hours, either way. */
export const trending = (ask: Ask.Ask): Ask.Reply => {
  const ranks = ask.market.ranks(ask.now)
  const bitcoin = ask.market.find("bitcoin", ask.now)
  const perBitcoin = bitcoin === undefined ? 1 : ask.market.latest(bitcoin, ask.now).price
  const dollars = (figure: number | null) => `$${Math.round(figure ?? 0).toLocaleString("en-US")}`
  const moved = movers(ask).flatMap((mover) => mover.change === null ? [] : [{ ...mover, change: mover.change }])
    .sort((a, b) => Math.abs(b.change) - Math.abs(a.change)).slice(0, 15)
  return Result.succeed({
    body: {
      coins: moved.map(({ coin, last, change }, score) => ({
        item: {
          id: coin.id,
          coin_id: score + 1,
          name: coin.name,
          symbol: coin.symbol.toUpperCase(),
          market_cap_rank: ranks.get(coin.id) ?? null,
          thumb: "missing_thumb.png",
          small: "missing_small.png",
          large: "missing_large.png",
          slug: coin.id,
          price_btc: last.price / perBitcoin,
          score,
          data: {
            price: last.price,
            price_btc: (last.price / perBitcoin).toFixed(20),
            price_change_percentage_24h: Figures.perCurrency(() => change),
            market_cap: dollars(last.cap),
            market_cap_btc: String((last.cap ?? 0) / perBitcoin),
            total_volume: dollars(last.volume),
            total_volume_btc: String((last.volume ?? 0) / perBitcoin),
            sparkline: "missing_sparkline.svg",
            content: null
          }
        }
      })),
      nfts: [],
      categories: []
    }
  })
}

/** The sectors of the catalogue; each coin is in one. */
export const categories = (ask: Ask.Ask): Ask.Reply => {
  const coins = movers(ask)
  const rows = SECTORS.map((sector) => {
    const members = coins.filter(({ coin }) => coin.sector === sector).sort((a, b) => (b.last.cap ?? 0) - (a.last.cap ?? 0))
    const total = totals(members)
    return {
      id: sector,
      name: sectors[sector].name,
      market_cap: total.cap,
      market_cap_change_24h: Figures.change(total.cap, total.capBefore),
      content: null,
      top_3_coins_id: members.slice(0, 3).map(({ coin }) => coin.id),
      top_3_coins: members.slice(0, 3).map(() => "missing_small.png"),
      volume_24h: total.volume,
      updated_at: iso(ask.now)
    }
  })
  const [, by = "market_cap", way = "desc"] = /^(market_cap_change_24h|market_cap|name)_(asc|desc)$/.exec(ask.query.get("order") ?? "") ??
    []
  const order: Order.Order<typeof rows[number]> = by === "name"
    ? Order.mapInput(Order.String, (row) => row.name)
    : Order.mapInput(Order.Number, (row) => by === "market_cap" ? row.market_cap : row.market_cap_change_24h ?? 0)
  return Result.succeed({ body: rows.sort(way === "asc" ? order : Order.flip(order)) })
}

export const exchanges = (ask: Ask.Ask): Ask.Reply => {
  const size = Math.min(250, Ask.count(ask, "per_page", 100))
  const page = Ask.count(ask, "page", 1)
  return Result.succeed({
    body: EXCHANGES.slice((page - 1) * size, page * size),
    headers: { total: String(EXCHANGES.length), "per-page": String(size) }
  })
}

// helpers

const SECTORS: ReadonlyArray<Sector> = [
  "store-of-value",
  "smart-contract-platform",
  "payments",
  "decentralized-finance",
  "meme-token",
  "stablecoins"
]

const EXCHANGES = ["one", "two"].map((name, i) => ({
  id: `sandbox-exchange-${name}`,
  name: `Synthetic Exchange ${name}`,
  year_established: i === 0 ? 2017 : null,
  country: null,
  description: i === 0 ? "A synthetic exchange." : null,
  url: "http://sandbox.invalid",
  image: "missing_small.png",
  has_trading_incentive: i === 0 ? false : null,
  trust_score: i === 0 ? 10 : null,
  trust_score_rank: i === 0 ? 1 : null,
  trade_volume_24h_btc: i === 0 ? 13_692.36 : 95.14
}))

const movers = ({ market, now }: Ask.Ask) =>
  market.listed(now).map((coin) => {
    const last = market.latest(coin, now)
    const before = market.point(coin, last.at - DAY)
    return { coin, last, before, change: Figures.change(last.price, before?.price) }
  })

const totals = (coins: ReturnType<typeof movers>) =>
  coins.reduce((sum, { last, before }) => ({
    cap: sum.cap + (last.cap ?? 0),
    volume: sum.volume + (last.volume ?? 0),
    capBefore: sum.capBefore + (before?.cap ?? 0),
    volumeBefore: sum.volumeBefore + (before?.volume ?? 0)
  }), { cap: 0, volume: 0, capBefore: 0, volumeBefore: 0 })
