/**
 * The sandbox as a function from a request and an instant to a response, in CoinGecko's words: `/api/v3` and what lies below it,
 * whatever the host. It needs no key, limits nothing and has the whole history; every response says that it is synthetic.
 */
import { Result } from "effect"
import type * as Ask from "./Ask.ts"
import { coinDetail } from "./CoinDetail.ts"
import { history } from "./History.ts"
import * as Market from "./Market.ts"
import * as MarketChart from "./MarketChart.ts"
import * as Markets from "./Markets.ts"
import { ohlc } from "./Ohlc.ts"
import * as Overview from "./Overview.ts"

export interface Sandbox {
  readonly seed: string
  /** Never throws, and depends on nothing but the seed, the request and the instant. */
  readonly respond: (request: Request, nowMillis: number) => Response
}

export const make = (seed: string): Sandbox => {
  let made: Market.Market | undefined
  const market = () => made ??= Market.make(seed)
  const mark = { "x-synthetic": `sandbox seed=${encodeURIComponent(seed.toWellFormed())}` }
  return {
    seed,
    respond: (request, now) =>
      Result.match(answer(market(), request, now), {
        onFailure: ({ status, body }) => json(request, status, body, { ...mark, "cache-control": "no-cache" }),
        onSuccess: ({ body, headers }) => json(request, 200, body, { ...mark, ...FRESH, ...headers })
      })
  }
}

// helpers

const BASE = "/api/v3"

/** Most specific first: `list` and `markets` are no coins. */
const ROUTES: ReadonlyArray<readonly [path: RegExp, endpoint: (ask: Ask.Ask) => Ask.Reply]> = [
  [/^\/ping$/, Overview.ping],
  [/^\/key$/, Overview.key],
  [/^\/simple\/price$/, Markets.simplePrice],
  [/^\/simple\/supported_vs_currencies$/, Markets.supported],
  [/^\/coins\/list$/, Markets.coinList],
  [/^\/coins\/markets$/, Markets.markets],
  [/^\/coins\/categories$/, Overview.categories],
  [/^\/coins\/([^/]+)$/, coinDetail],
  [/^\/coins\/([^/]+)\/market_chart$/, MarketChart.chart],
  [/^\/coins\/([^/]+)\/market_chart\/range$/, MarketChart.range],
  [/^\/coins\/([^/]+)\/ohlc$/, ohlc],
  [/^\/coins\/([^/]+)\/history$/, history],
  [/^\/global$/, Overview.global],
  [/^\/search\/trending$/, Overview.trending],
  [/^\/exchanges$/, Overview.exchanges]
]

const answer = (market: Market.Market, request: Request, now: number): Ask.Reply => {
  if ((request.headers.get("user-agent") ?? "").trim() === "") return NO_USER_AGENT
  const { pathname, searchParams: query } = new URL(request.url)
  if (!pathname.startsWith(`${BASE}/`) || !["GET", "HEAD"].includes(request.method)) return NO_SUCH_PATH
  const path = pathname.slice(BASE.length).replace(/(.)\/$/, "$1")
  for (const [pattern, endpoint] of ROUTES) {
    const found = pattern.exec(path)
    if (found !== null) return endpoint({ market, now, id: decoded(found[1] ?? ""), query })
  }
  return NO_SUCH_PATH
}

/** What cannot be decoded names no coin. */
const decoded = (text: string): string => Result.getOrElse(Result.try(() => decodeURIComponent(text)), () => "")

const NO_SUCH_PATH: Ask.Reply = Result.fail({ status: 404, body: { error: "Incorrect path. Please check https://www.coingecko.com/api/" } })

/** Since 2026-01-09 the real API refuses a request that does not say who asks; Node's fetch says `node`. */
const NO_USER_AGENT: Ask.Reply = Result.fail({
  status: 403,
  body: { status: { error_code: 403, error_message: "Please add a descriptive User-Agent to your request." } }
})

const FRESH = {
  "cache-control": "max-age=30, public, must-revalidate, s-maxage=60",
  "access-control-expose-headers": "link, per-page, total"
}

const json = (request: Request, status: number, body: unknown, headers: Readonly<Record<string, string>>): Response =>
  new Response(request.method === "HEAD" ? null : JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "access-control-allow-origin": "*",
      vary: "Accept-Encoding, Origin",
      ...headers
    }
  })
