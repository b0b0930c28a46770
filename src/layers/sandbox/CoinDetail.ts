/** `/coins/{id}`: everything about one coin, figures per currency. */
import { Result } from "effect"
import * as Ask from "./Ask.ts"
import { iso } from "./Calendar.ts"
import { sectors } from "./Catalogue.ts"
import * as Figures from "./Figures.ts"
import * as Quote from "./Quote.ts"

export const coinDetail = (ask: Ask.Ask): Ask.Reply =>
  Result.gen(function*() {
    const coin = yield* Ask.coin(ask)
    const quote = Quote.of(ask, coin)
    const rank = ask.market.ranks(ask.now).get(coin.id) ?? null
    return {
      body: {
        id: coin.id,
        symbol: coin.symbol,
        name: coin.name,
        web_slug: coin.id,
        asset_platform_id: null,
        platforms: { "": "" },
        detail_platforms: { "": { decimal_place: null, contract_address: "" } },
        block_time_in_minutes: 0,
        hashing_algorithm: null,
        categories: [sectors[coin.sector].name],
        preview_listing: false,
        public_notice: "This coin is synthetic: none of its figures is a quotation.",
        additional_notices: [],
        has_supply_breakdown: false,
        ...(Ask.flag(ask, "localization", true) ? { localization: { en: coin.name } } : {}),
        description: { en: "A coin of the synthetic sandbox market.\r\nNone of its figures is a quotation." },
        links: { homepage: [""], blockchain_site: [""], repos_url: { github: [], bitbucket: [] } },
        image: { thumb: "missing_thumb.png", small: "missing_small.png", large: "missing_large.png" },
        country_origin: "",
        genesis_date: Quote.genesis(coin),
        sentiment_votes_up_percentage: null,
        sentiment_votes_down_percentage: null,
        watchlist_portfolio_users: 0,
        market_cap_rank: rank,
        ...(Ask.flag(ask, "market_data", true) ? { market_data: marketData(ask, quote, rank) } : {}),
        status_updates: [],
        last_updated: iso(quote.last.at),
        ...(Ask.flag(ask, "tickers", true) ? { tickers: [] } : {})
      }
    }
  })

// helpers

const marketData = (ask: Ask.Ask, quote: Quote.Quote, rank: number | null) => {
  const { last, dayAgo, ath, atl, supply } = quote
  const each = Figures.perCurrency
  const changes = [...Quote.periods].map(([name, span]) => [name, quote.change(span)] as const)
  const capChange = Figures.change(last.cap, dayAgo?.cap)
  return {
    current_price: each((rate) => last.price * rate),
    total_value_locked: null,
    mcap_to_tvl_ratio: null,
    fdv_to_tvl_ratio: null,
    roi: null,
    ath: each((rate) => ath.price * rate),
    ath_change_percentage: each(() => Figures.change(last.price, ath.price)),
    ath_date: each(() => iso(ath.at)),
    atl: each((rate) => atl.price * rate),
    atl_change_percentage: each(() => Figures.change(last.price, atl.price)),
    atl_date: each(() => iso(atl.at)),
    market_cap: each((rate) => Figures.times(last.cap, rate)),
    market_cap_rank: rank,
    fully_diluted_valuation: supply === null ? {} : each((rate) => Figures.times(last.cap, rate)),
    market_cap_fdv_ratio: supply === null ? null : 1,
    total_volume: each((rate) => Figures.times(last.volume, rate)),
    high_24h: each((rate) => quote.highDay * rate),
    low_24h: each((rate) => quote.lowDay * rate),
    price_change_24h: Figures.difference(last.price, dayAgo?.price),
    ...Object.fromEntries(changes.filter(([name]) => name !== "1h").map(([name, change]) => [`price_change_percentage_${name}`, change])),
    market_cap_change_24h: Figures.difference(last.cap, dayAgo?.cap),
    market_cap_change_percentage_24h: capChange,
    price_change_24h_in_currency: each((rate) => Figures.times(Figures.difference(last.price, dayAgo?.price), rate)),
    ...Object.fromEntries(changes.map(([name, change]) => [`price_change_percentage_${name}_in_currency`, each(() => change)])),
    market_cap_change_24h_in_currency: each((rate) => Figures.times(Figures.difference(last.cap, dayAgo?.cap), rate)),
    market_cap_change_percentage_24h_in_currency: each(() => capChange),
    total_supply: supply,
    max_supply: null,
    max_supply_infinite: false,
    circulating_supply: supply,
    ...(Ask.flag(ask, "sparkline") ? { sparkline_7d: { price: quote.lastWeek() } } : {}),
    last_updated: iso(last.at)
  }
}
