/** A server of the tests' own that speaks as much of CoinGecko's API as a run asks for, and keeps a journal. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Call {
  /** Epoch milliseconds at its arrival. */
  readonly at: number
  readonly path: string
  /** The coin whose history was asked for. */
  readonly coin: string | undefined
}

export interface Server {
  readonly url: string
  readonly journal: ReadonlyArray<Call>
  /** When the next request has come. */
  readonly asked: () => Promise<void>
}

/** What becomes of the n-th request instead of its answer; nothing: the answer. */
export type Fault = (response: ServerResponse, request: IncomingMessage, n: number) => boolean

/** A price that is another for each coin and day, and the same whenever it is asked for. */
export const priceOf = (coin: string, day: number): number =>
  1 + ((day * 7919 + coin.length * 104_729 + coin.charCodeAt(0) * 31) % 99_991) / 7

/** Each answer takes `delay` milliseconds. */
export const withServer = async (
  coins: ReadonlyArray<string>,
  { delay = 0, fault = () => false }: { readonly delay?: number; readonly fault?: Fault },
  body: (server: Server) => Promise<void>
): Promise<void> => {
  const journal: Array<Call> = []
  let waiting: Array<() => void> = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    const coin = /\/coins\/([^/]+)\/market_chart$/.exec(pathname)?.[1]
    journal.push({ at: Date.now(), path: pathname, coin })
    waiting.forEach((resolve) => resolve())
    waiting = []
    if (fault(response, request, journal.length)) return
    setTimeout(() => {
      const answer = coin !== undefined
        ? chart(coin, Number(searchParams.get("days")))
        : pathname.endsWith("/coins/markets")
        ? coins.map(market)
        : pathname.endsWith("/coins/list")
        ? coins.map((id) => ({ id, symbol: id, name: id, platforms: {} }))
        : { gecko_says: "(V3) To the Moon!" }
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer))
    }, delay)
  })
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)))
  try {
    await body({
      url: `http://127.0.0.1:${port}/api/v3`,
      journal,
      asked: () => new Promise((resolve) => waiting.push(resolve))
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

// helpers

const DAY = 86_400_000

const chart = (coin: string, days: number) => {
  const now = Date.now()
  const today = Math.floor(now / DAY)
  const times = [...Array.from({ length: days }, (_, i) => (today - days + 1 + i) * DAY), now]
  const series = (scale: number) => times.map((time) => [time, priceOf(coin, Math.floor(time / DAY)) * scale])
  return { prices: series(1), market_caps: series(1e6), total_volumes: series(1e3) }
}

const market = (id: string, index: number) => ({
  id,
  symbol: id,
  name: id,
  current_price: 1,
  market_cap: 1e9 - index,
  market_cap_rank: index + 1,
  total_volume: 1e6,
  last_updated: new Date().toISOString()
})
