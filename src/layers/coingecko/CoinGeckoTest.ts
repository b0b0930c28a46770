/** CoinGecko without a network: a small market in memory, or a mock of a few methods. Every call is counted. */
import { Clock, Context, DateTime, Effect, Layer, Option, Result } from "effect"
import {
  type CoinDetail,
  CoinGecko,
  CoinGeckoError,
  type GlobalMarket,
  type MarketRow,
  type Point,
  type Quote
} from "../../services/CoinGecko.ts"
import { BadBody, NotFound, Unauthorized } from "../../services/CoinGeckoError.ts"
import { dailyPoints } from "../../services/dailyPoints.ts"
import { Settings } from "../../services/Settings.ts"
import * as CallLog from "./CallLog.ts"
import { httpMock } from "./httpMock.ts"
import * as Methods from "./Methods.ts"
import * as RawStore from "./RawStore.ts"
import * as Recording from "./Recording.ts"

/** `[ISO day, price, market cap, 24 h volume]`: the figures stamped 00:00 UTC of the day. */
export type Day = readonly [day: string, price: number | null, marketCap?: number | null, totalVolume?: number | null]

export type Market = Readonly<Record<string, ReadonlyArray<Day>>>

/** What was asked for, in order. */
export class Calls extends Context.Service<Calls, {
  readonly all: Effect.Effect<ReadonlyArray<string>>
}>()("crypto/layers/coingecko/CoinGeckoTest/Calls") {}

/** Only the methods given; another one that is used dies, saying so. */
export const mock = (some: Partial<CoinGecko["Service"]>): Layer.Layer<CoinGecko> => Layer.mock(CoinGecko, some)

/** What CoinGecko answers of a coin now: nothing but what is given. */
export const marketRow = (id: string, some: Partial<MarketRow> = {}): MarketRow => ({
  id,
  symbol: id,
  name: id,
  current_price: null,
  market_cap: null,
  market_cap_rank: null,
  fully_diluted_valuation: null,
  total_volume: null,
  high_24h: null,
  low_24h: null,
  price_change_24h: null,
  price_change_percentage_24h: null,
  market_cap_change_24h: null,
  market_cap_change_percentage_24h: null,
  circulating_supply: null,
  total_supply: null,
  max_supply: null,
  ath: null,
  ath_change_percentage: null,
  ath_date: null,
  atl: null,
  atl_change_percentage: null,
  atl_date: null,
  last_updated: null,
  ...some
})

/** Answers from `market` by the clock of the test, as the API would: a coin that is not in it is not found. */
export const layer = (market: Market): Layer.Layer<CoinGecko | Calls> =>
  Layer.unwrap(Effect.sync(() => {
    const calls: Array<string> = []
    const note = (call: string) => Effect.sync(() => void calls.push(call))

    const chart = Effect.fnUntraced(function*(coin: string, from: number, to: number) {
      const now = yield* Clock.currentTimeMillis
      const days = market[coin]
      const request = `GET /coins/${coin}`
      if (days === undefined) {
        return yield* new CoinGeckoError({ request, attempts: 1, reason: new NotFound({ detail: "coin not found" }) })
      }
      const points = days
        .map(([day, price, marketCap = null, totalVolume = null]) => ({ time: timeOf(day), price, marketCap, totalVolume }))
        .filter(({ time }) => time > from && time <= Math.min(to, now))
        .toSorted((a, b) => a.time - b.time)
      // Every point here is a day's: none is the running figure, whatever the clock says.
      const daily = dailyPoints(points, Number.MAX_SAFE_INTEGER)
      if (Result.isFailure(daily)) {
        return yield* new CoinGeckoError({
          request,
          attempts: 1,
          reason: new BadBody({ problem: "NotDaily", detail: daily.failure.detail })
        })
      }
      return { points, days: daily.success, rejected: [] }
    })

    const newest = Effect.fnUntraced(function*(ids: ReadonlyArray<string>) {
      const now = yield* Clock.currentTimeMillis
      const rows = ids.flatMap((id) => {
        const day = market[id]?.toSorted((a, b) => timeOf(a[0]) - timeOf(b[0])).findLast(([day]) => timeOf(day) <= now)
        return day === undefined ? [] : [rowOf(id, day)]
      })
      return rows.toSorted((a, b) => (b.market_cap ?? 0) - (a.market_cap ?? 0)).map((row, index) => ({
        ...row,
        market_cap_rank: index + 1
      }))
    })

    /** The newest rows, of these coins alone; one that has none is not found. */
    const one = Effect.fnUntraced(function*(coin: string) {
      const row = (yield* newest(Object.keys(market))).find(({ id }) => id === coin)
      return row ??
        (yield* new CoinGeckoError({ request: `GET /coins/${coin}`, attempts: 1, reason: new NotFound({ detail: "coin not found" }) }))
    })

    const service = CoinGecko.of({
      ping: Effect.as(note("ping"), "(V3) To the Moon!"),
      coinList: () =>
        Effect.as(note("coinList"), {
          rows: Object.keys(market).map((id) => ({ id, symbol: id.slice(0, 3), name: id, platforms: {} })),
          rejected: []
        }),
      markets: ({ ids, top = 10 } = {}) =>
        Effect.andThen(
          note(`markets ${ids?.join(",") ?? top}`),
          Effect.map(newest(ids ?? Object.keys(market)), (rows) => ({ rows: ids === undefined ? rows.slice(0, top) : rows, rejected: [] }))
        ),
      marketChart: ({ coin, days }) =>
        Effect.andThen(
          note(`marketChart ${coin} ${days}`),
          Effect.flatMap(Clock.currentTimeMillis, (now) => chart(coin, now - days * 86_400_000, now))
        ),
      marketChartRange: ({ coin, from, to }) => Effect.andThen(note(`marketChartRange ${coin}`), chart(coin, from - 1, to)),
      coin: ({ coin }) => Effect.andThen(note(`coin ${coin}`), Effect.map(one(coin), detailOf)),
      ohlc: ({ coin, days }) =>
        Effect.andThen(
          note(`ohlc ${coin} ${days}`),
          Effect.map(Effect.flatMap(Clock.currentTimeMillis, (now) => chart(coin, days === "max" ? 0 : now - days * 86_400_000, now)),
            (found) => ({ rows: candlesOf(found.points), rejected: [] }))
        ),
      history: ({ coin, day }) =>
        Effect.andThen(
          note(`history ${coin} ${day}`),
          Effect.map(chart(coin, timeOf(day) - 1, timeOf(day)), ({ points: [point] }) => ({
            coin,
            symbol: coin.slice(0, 3),
            name: coin,
            day,
            figures: point === undefined
              ? undefined
              : { price: point.price, marketCap: point.marketCap, totalVolume: point.totalVolume }
          }))
        ),
      simplePrice: ({ coins, currencies = [currency] }) =>
        Effect.andThen(
          note(`simplePrice ${coins.join(",")} ${currencies.join(",")}`),
          Effect.map(newest(coins), (rows) => ({
            quotes: currencies.includes(currency) ? rows.map(quoteOf) : [],
            absent: {
              coins: coins.filter((coin) => !rows.some(({ id }) => id === coin)),
              currencies: rows.length === 0 ? [] : currencies.filter((_) => _ !== currency),
              pairs: []
            }
          }))
        ),
      supportedCurrencies: Effect.as(note("supportedCurrencies"), [currency]),
      global: Effect.andThen(
        note("global"),
        Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.map(newest(Object.keys(market)), (rows) => globalOf(rows, now)))
      ),
      trending: Effect.andThen(
        note("trending"),
        Effect.map(newest(Object.keys(market)), (rows) => ({
          coins: rows.map(({ id, market_cap_rank, name, symbol }, score) => ({
            id,
            name,
            symbol,
            market_cap_rank,
            price_btc: null,
            score
          })),
          rejected: []
        }))
      ),
      categories: () => Effect.as(note("categories"), { rows: [], rejected: [] }),
      exchanges: () => Effect.as(note("exchanges"), { rows: [], rejected: [] }),
      keyUsage: Effect.andThen(
        note("keyUsage"),
        new CoinGeckoError({ request: "GET /key", attempts: 0, reason: new Unauthorized({ code: 10005, detail: "not in this market" }) })
      )
    })
    return Layer.merge(Layer.succeed(CoinGecko, service), Layer.succeed(Calls, { all: Effect.sync(() => calls.slice()) }))
  }))

/**
 * Answers from what was recorded: a folder of raw answers as a data folder's `raw` holds them, each for the very question that
 * it answered then. A question that was asked several times has its answers in their order, and the last one for ever; one that
 * was never asked is NotFound. All that lies above the wire is as it is in earnest: limits, refusals, drift and rows.
 */
export const recorded = (dir: string): Layer.Layer<CoinGecko, never, Settings> =>
  Layer.unwrap(Effect.gen(function*() {
    const { baseUrl } = yield* Settings
    const files = yield* Effect.promise(() => Recording.files(dir))
    const asked = new Map<string, number>()
    const base = new URL(baseUrl).pathname.replace(/\/$/, "")
    const http = httpMock((url) => {
      const question = Recording.question(url.pathname.slice(base.length), url.searchParams)
      const answers = files.get(question) ?? []
      const n = asked.get(question) ?? 0
      asked.set(question, n + 1)
      const file = answers[Math.min(n, answers.length - 1)]
      return file === undefined
        ? Effect.succeed(Response.json({ error: `not recorded in ${dir}` }, { status: 404 }))
        : Effect.promise(() => Recording.answer(file))
    })
    return Methods.layer.pipe(Layer.provide([http, CallLog.layerMemory, RawStore.layerNone]))
  }))

/** Settings for tests and scripts, of which only what matters need be said. */
export const settings = (some: Partial<Settings["Service"]> = {}): Layer.Layer<Settings> =>
  Layer.succeed(Settings, {
    source: "custom",
    baseUrl: "https://api.coingecko.test/api/v3",
    plan: "demo",
    apiKey: Option.none(),
    rateLimit: 30,
    monthlyCredits: Option.none(),
    stateDir: "state",
    dataDir: "data",
    duckdbPath: "data/crypto.duckdb",
    coins: [],
    top: 10,
    currency: "usd",
    historyDays: 365,
    riskFreeRate: 0,
    windows: { lines: Infinity, comparison: 90, overview: 30, months: 24 },
    sandboxSeed: "1",
    keep: { runs: 400, ticks: 400, superseded: 30, offenders: 90, raw: Infinity, temporary: 1 },
    limits: { runs: 4 },
    webhookUrl: Option.none(),
    hookCommand: Option.none(),
    ...some
  })

// helpers

/** The one currency of a market in memory. */
const currency = "usd"

const detailOf = (row: MarketRow): CoinDetail => ({
  id: row.id,
  symbol: row.symbol,
  name: row.name,
  platforms: {},
  categories: [],
  market_cap_rank: row.market_cap_rank,
  last_updated: row.last_updated,
  market_data: {
    current_price: { usd: row.current_price },
    market_cap: { usd: row.market_cap },
    total_volume: { usd: row.total_volume },
    price_change_24h: null,
    price_change_percentage_24h: null,
    price_change_percentage_7d: null,
    price_change_percentage_14d: null,
    price_change_percentage_30d: null,
    price_change_percentage_60d: null,
    price_change_percentage_200d: null,
    price_change_percentage_1y: null,
    market_cap_change_24h: null,
    market_cap_change_percentage_24h: null,
    market_cap_rank: row.market_cap_rank,
    total_supply: null,
    max_supply: null,
    circulating_supply: null,
    last_updated: row.last_updated
  }
})

/** A candle a day, stamped with its close, from one midnight's price to the next one's. */
const candlesOf = (points: ReadonlyArray<Point>) =>
  points.flatMap(({ price: close, time }, i) => {
    const open = points[i - 1]?.price ?? null
    return open === null || close === null ? [] : [{ closes: time, open, high: Math.max(open, close), low: Math.min(open, close), close }]
  })

const quoteOf = ({ current_price, id, last_updated, market_cap, total_volume }: MarketRow): Quote => ({
  coin: id,
  currency,
  price: current_price,
  marketCap: market_cap,
  volume24h: total_volume,
  change24h: null,
  updatedAt: last_updated === null ? null : timeOf(last_updated.slice(0, 10))
})

const globalOf = (rows: ReadonlyArray<MarketRow>, now: number): GlobalMarket => {
  const total = rows.reduce((sum, { market_cap }) => sum + (market_cap ?? 0), 0)
  return {
    active_cryptocurrencies: rows.length,
    markets: 0,
    total_market_cap: { usd: total },
    total_volume: { usd: rows.reduce((sum, { total_volume }) => sum + (total_volume ?? 0), 0) },
    market_cap_percentage: Object.fromEntries(
      rows.slice(0, 10).flatMap(({ market_cap, symbol }) => market_cap === null || total === 0 ? [] : [[symbol, market_cap / total * 100]])
    ),
    market_cap_change_percentage_24h_usd: null,
    updated_at: Math.floor(now / 1000)
  }
}

const timeOf = (day: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(`${day}T00:00:00Z`))

const rowOf = (id: string, [day, price, marketCap = null, totalVolume = null]: Day): MarketRow =>
  marketRow(id, {
    symbol: id.slice(0, 3),
    current_price: price,
    market_cap: marketCap,
    total_volume: totalVolume,
    last_updated: `${day}T00:00:00.000Z`
  })
