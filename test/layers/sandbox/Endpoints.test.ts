import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { make } from "../../../src/layers/Sandbox.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDNIGHT = Date.UTC(2026, 10, 24)
const NOW = MIDNIGHT + 14 * HOUR + 42 * MINUTE + 33_123

const sandbox = make("sandbox")
const get = (path: string, now = NOW, init: RequestInit = {}) =>
  sandbox.respond(new Request(`http://sandbox.invalid/api/v3${path}`, { headers: { "user-agent": "test" }, ...init }), now)
const asked = async (path: string, now = NOW) => {
  const response = get(path, now)
  const body: unknown = await response.json()
  return { status: response.status, body }
}
const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce((found, key) => typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined, value)
const keysOf = (value: unknown) => typeof value === "object" && value !== null ? Object.keys(value) : []

const Series = Schema.Array(Schema.Tuple([Schema.Int, Schema.NullOr(Schema.Finite)]))
const Chart = Schema.Struct({
  prices: Schema.Array(Schema.Tuple([Schema.Int, Schema.Finite])),
  market_caps: Series,
  total_volumes: Series
})
const chart = async (path: string, now = NOW) => {
  const { status, body } = await asked(path, now)
  assert.strictEqual(status, 200, JSON.stringify(body))
  const decoded = Schema.decodeUnknownSync(Chart)(body)
  const stamps = decoded.prices.map(([at]) => at)
  assert.deepStrictEqual(decoded.market_caps.map(([at]) => at), stamps)
  assert.deepStrictEqual(decoded.total_volumes.map(([at]) => at), stamps)
  return { ...decoded, stamps }
}
const Row = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  current_price: Schema.Finite,
  market_cap: Schema.NullOr(Schema.Finite),
  market_cap_rank: Schema.NullOr(Schema.Int),
  total_volume: Schema.NullOr(Schema.Finite),
  high_24h: Schema.Finite,
  low_24h: Schema.Finite,
  ath: Schema.Finite,
  atl: Schema.Finite,
  last_updated: Schema.String
})
const markets = async (path: string, now = NOW) => Schema.decodeUnknownSync(Schema.Array(Row))((await asked(path, now)).body)

describe("sandbox market_chart", () => {
  const daily = "/coins/bitcoin/market_chart?vs_currency=usd&interval=daily"

  it("365 days are 365 midnights with today's, then the present cut to whole seconds", async () => {
    const { stamps } = await chart(`${daily}&days=365`)
    assert.strictEqual(stamps.length, 366)
    assert.deepStrictEqual(stamps.slice(0, -1), Array.from({ length: 365 }, (_, i) => MIDNIGHT - (364 - i) * DAY))
    const last = stamps.at(-1) ?? 0
    assert.strictEqual(last % 1_000, 0)
    assert.isAtMost(last, NOW)
    assert.isAbove(last, NOW - 61_000)
  })

  it("today's point is there from 00:10, not at 00:09", async () => {
    assert.notInclude((await chart(`${daily}&days=3`, MIDNIGHT + 9 * MINUTE)).stamps, MIDNIGHT)
    assert.include((await chart(`${daily}&days=3`, MIDNIGHT + 10 * MINUTE)).stamps, MIDNIGHT)
  })

  it("one day is five-minutely, two to ninety hourly, more daily", async () => {
    const spacing = async (days: number) => {
      const { stamps } = await chart(`/coins/bitcoin/market_chart?vs_currency=usd&days=${days}`)
      return ((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)) / (stamps.length - 1)
    }
    for (const [days, step] of [[1, 5 * MINUTE], [2, HOUR], [90, HOUR], [91, DAY], [365, DAY]] as const) {
      assert.closeTo(await spacing(days) / step, 1, 0.06, `days=${days}`)
    }
  })

  it("a finer series ends with the last update twice, the second time cut to the second", async () => {
    const { stamps, prices } = await chart("/coins/bitcoin/market_chart?vs_currency=usd&days=30")
    const [raw = 0, cut = 0] = stamps.slice(-2)
    assert.strictEqual(cut, Math.floor(raw / 1_000) * 1_000)
    assert.isTrue(stamps.slice(0, -1).every((at, i) => i === 0 || at > (stamps[i - 1] ?? 0)))
    assert.strictEqual(prices.at(-1)?.[1], prices.at(-2)?.[1])
  })

  it("a day's figure does not depend on the days, the interval or the clock that asked", async () => {
    const at = Date.UTC(2026, 6, 1)
    const of = async (path: string, now?: number) => (await chart(path, now)).prices.find(([stamp]) => stamp === at)?.[1]
    const figure = await of(`${daily}&days=365`)
    assert.isNumber(figure)
    assert.strictEqual(await of("/coins/bitcoin/market_chart?vs_currency=usd&days=200"), figure)
    assert.strictEqual(await of("/coins/bitcoin/market_chart?vs_currency=usd&days=max"), figure)
    assert.strictEqual(await of(`${daily}&days=500`, NOW + 100 * DAY), figure)
    assert.strictEqual(await of(`/coins/bitcoin/market_chart/range?vs_currency=usd&interval=daily&from=${at / 1_000}&to=${at / 1_000}`),
      figure)
    const euros = await of("/coins/bitcoin/market_chart?vs_currency=eur&days=365")
    assert.closeTo((euros ?? 0) / (figure ?? 1), 0.92, 1e-12)
  })

  it("a coin listed half-way begins there; missing days are absent; null caps are null", async () => {
    const of = (id: string) => chart(`/coins/${id}/market_chart?vs_currency=usd&days=365&interval=daily`)
    assert.strictEqual((await of("sandbox-newcomer-2026")).stamps[0], Date.UTC(2026, 4, 20))
    assert.isBelow((await of("sandbox-gaps")).stamps.length, 350)
    assert.isTrue((await of("sandbox-null-caps")).market_caps.some(([, cap]) => cap === null))
    assert.isTrue((await of("sandbox-zero-caps")).market_caps.every(([, cap]) => cap === 0))
  })

  it("a tiny price comes in scientific notation and keeps its digits", async () => {
    assert.match(await get("/coins/sandbox-tiny/market_chart?vs_currency=usd&days=5&interval=daily").text(),
      /\[\d{13},\d\.\d{10,}e-1[012]\]/)
  })
})

describe("sandbox market_chart/range", () => {
  const range = (from: number | string, to: number | string, more = "&interval=daily") =>
    `/coins/bitcoin/market_chart/range?vs_currency=usd&from=${from}&to=${to}${more}`

  it("takes both ends, in seconds or as dates", async () => {
    const [from, to] = [MIDNIGHT - 9 * DAY, MIDNIGHT - 2 * DAY]
    const wanted = Array.from({ length: 8 }, (_, i) => from + i * DAY)
    assert.deepStrictEqual((await chart(range(from / 1_000, to / 1_000))).stamps, wanted)
    assert.deepStrictEqual((await chart(range("2026-11-15", "2026-11-22"))).stamps, wanted)
    assert.deepStrictEqual((await chart(range("2026-11-15T00:00", "2026-11-22T23:59"))).stamps, wanted)
  })

  it("today's point is there from 00:35, not at 00:34; the present only where the range reaches it", async () => {
    const of = async (now: number) => (await chart(range(MIDNIGHT / 1_000 - 86_400, MIDNIGHT / 1_000), now)).stamps
    assert.deepStrictEqual(await of(MIDNIGHT + 34 * MINUTE), [MIDNIGHT - DAY])
    assert.deepStrictEqual(await of(MIDNIGHT + 35 * MINUTE), [MIDNIGHT - DAY, MIDNIGHT])
    assert.isAbove((await chart(range(MIDNIGHT / 1_000, NOW / 1_000 + 60))).stamps.at(-1) ?? 0, MIDNIGHT)
  })

  it("is hourly up to ninety days and daily beyond", async () => {
    const count = async (days: number) =>
      (await chart(range(MIDNIGHT / 1_000 - (days + 1) * 86_400, MIDNIGHT / 1_000 - 86_400, ""))).stamps.length
    assert.closeTo(await count(90), 90 * 24, 2)
    assert.strictEqual(await count(91), 92)
  })

  it("nothing begins in the future, and no date is made up", async () => {
    for (
      const [from, to] of [[NOW / 1_000 + 60, NOW / 1_000 + 120], ["2026-02-30", "2026-03-02"], ["yesterday", "today"], [
        "2026-11-15T25:00",
        "2026-11-16"
      ]]
    ) {
      assert.deepStrictEqual(await asked(range(from ?? "", to ?? "")), { status: 400, body: { error: "invalid date" } })
    }
  })
})

describe("sandbox history and candles", () => {
  const History = Schema.Struct({
    market_data: Schema.optionalKey(Schema.Struct({ current_price: Schema.Record(Schema.String, Schema.Finite) }))
  })
  const history = async (date: string, now = NOW, id = "bitcoin") =>
    Schema.decodeUnknownSync(History)((await asked(`/coins/${id}/history?date=${date}`, now)).body).market_data?.current_price

  it("history is the midnight of the chart, in both spellings of a date", async () => {
    const figure = (await chart("/coins/bitcoin/market_chart?vs_currency=usd&days=30&interval=daily")).prices.find(([at]) =>
      at === Date.UTC(2026, 10, 5)
    )
    assert.strictEqual((await history("05-11-2026"))?.["usd"], figure?.[1])
    assert.strictEqual((await history("2026-11-05"))?.["usd"], figure?.[1])
  })

  it("a day before the listing or not ready yet has no market_data; the future is refused", async () => {
    assert.isUndefined(await history("19-05-2026", NOW, "sandbox-newcomer-2026"))
    assert.isDefined(await history("20-05-2026", NOW, "sandbox-newcomer-2026"))
    assert.isUndefined(await history("24-11-2026", MIDNIGHT + 34 * MINUTE))
    assert.isDefined(await history("24-11-2026", MIDNIGHT + 35 * MINUTE))
    for (const date of ["25-11-2026", "30-02-2026", "2026-13-01", "5-11-2026"]) {
      assert.deepStrictEqual(await asked(`/coins/bitcoin/history?date=${date}`), { status: 400, body: { error: "invalid date" } })
    }
  })

  it("candles are 30 minutes, 4 hours or 4 days, stamped with their close, and bound their prices", async () => {
    const Candles = Schema.Array(Schema.Tuple([Schema.Int, Schema.Finite, Schema.Finite, Schema.Finite, Schema.Finite]))
    for (const [days, width, count] of [[1, 30 * MINUTE, 48], [7, 4 * HOUR, 42], [30, 4 * HOUR, 180], [365, 4 * DAY, 92]] as const) {
      const candles = Schema.decodeUnknownSync(Candles)((await asked(`/coins/bitcoin/ohlc?vs_currency=usd&days=${days}`)).body)
      assert.strictEqual(candles.length, count, `days=${days}`)
      assert.isTrue(candles.every(([at], i) => at % width === 0 && (i === 0 || at - (candles[i - 1]?.[0] ?? 0) === width)))
      const close = candles.at(-1)?.[0] ?? 0
      assert.isTrue(close > NOW && close <= NOW + width)
      assert.isTrue(candles.every(([, open, high, low, end]) => low <= Math.min(open, end) && high >= Math.max(open, end)))
    }
    assert.deepStrictEqual(await asked("/coins/bitcoin/ohlc?vs_currency=usd&days=8"), {
      status: 400,
      body: { error: "Invalid days parameter" }
    })
  })
})

describe("sandbox listings", () => {
  it("markets are ranked by cap; caps that are null or 0 have no rank and stand last", async () => {
    const rows = await markets("/coins/markets?vs_currency=usd")
    assert.isTrue(rows.length >= 20 && rows.length <= 30)
    assert.strictEqual(rows[0]?.id, "bitcoin")
    const ranked = rows.filter(({ market_cap_rank }) => market_cap_rank !== null)
    assert.deepStrictEqual(ranked.map(({ market_cap_rank }) => market_cap_rank), ranked.map((_, i) => i + 1))
    assert.strictEqual(rows.find(({ id }) => id === "sandbox-zero-caps")?.market_cap, 0)
    assert.isTrue(rows.slice(ranked.length).every(({ market_cap }) => market_cap === null || market_cap === 0))
    for (const row of rows)
      assert.isTrue(
        row.low_24h <= row.current_price && row.current_price <= row.high_24h && row.atl <= row.low_24h && row.high_24h <= row.ath,
        row.id
      )
  })

  it("a row's high and low lie near the extremes of the chart of those 24 hours", async () => {
    const [bitcoin] = await markets("/coins/markets?vs_currency=usd&ids=bitcoin")
    const prices = (await chart("/coins/bitcoin/market_chart?vs_currency=usd&days=1")).prices.map(([, price]) => price)
    assert.isBelow(bitcoin?.low_24h ?? 0, bitcoin?.high_24h ?? 0)
    assert.closeTo((bitcoin?.high_24h ?? 0) / Math.max(...prices), 1, 0.01)
    assert.closeTo((bitcoin?.low_24h ?? 0) / Math.min(...prices), 1, 0.01)
  })

  it("markets page, choose and order", async () => {
    const ids = async (query: string) => (await markets(`/coins/markets?vs_currency=eur&${query}`)).map(({ id }) => id)
    const all = await ids("")
    assert.deepStrictEqual(await ids("per_page=4&page=2"), all.slice(4, 8))
    assert.deepStrictEqual(await ids("per_page=4&page=99"), [])
    assert.deepStrictEqual(await ids("ids=ethereum,%20bitcoin,nope"), ["bitcoin", "ethereum"])
    assert.deepStrictEqual(await ids("symbols=SOL&order=id_asc"), ["solana"])
    assert.deepStrictEqual((await ids("order=id_asc")).slice(0, 2), ["aave", "avalanche-2"])
    assert.deepStrictEqual(await ids("order=market_cap_asc"), [...all].reverse())
    assert.deepStrictEqual(await ids("category=stablecoins"), ["tether", "usd-coin"])
    const { headers } = get("/coins/markets?vs_currency=usd&per_page=4")
    assert.deepStrictEqual([headers.get("total"), headers.get("per-page")], [String(all.length), "4"])
  })

  it("markets tell changes and a sparkline only where asked, and nothing for a made-up span", async () => {
    const Keys = Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
    const keys = async (query: string) =>
      Object.keys(Schema.decodeUnknownSync(Keys)((await asked(`/coins/markets?vs_currency=usd&ids=bitcoin&${query}`)).body)[0] ?? {})
    const plain = await keys("")
    assert.isFalse(plain.some((key) => key.endsWith("in_currency") || key.startsWith("sparkline")))
    const more = (await keys("price_change_percentage=1h,7d,toString,1y&sparkline=true")).filter((key) => !plain.includes(key))
    assert.deepStrictEqual(more, ["sparkline_in_7d", ...["1h", "7d", "1y"].map((span) => `price_change_percentage_${span}_in_currency`)])
  })

  it("the list has every coin once, platforms on request, and leavers are gone from it", async () => {
    const Rows = Schema.Array(
      Schema.Struct({
        id: Schema.String,
        symbol: Schema.String,
        name: Schema.String,
        platforms: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
      })
    )
    const list = async (query = "", now = NOW) => Schema.decodeUnknownSync(Rows)((await asked(`/coins/list${query}`, now)).body)
    const now = await list()
    assert.strictEqual(new Set(now.map(({ id }) => id)).size, now.length)
    assert.isTrue(now.every((row) => row.platforms === undefined))
    assert.isTrue((await list("?include_platform=true")).every((row) => row.platforms !== undefined))
    const later = await list("", Date.UTC(2027, 4, 21))
    assert.include(now.map(({ id }) => id), "sandbox-newcomer-2025")
    assert.notInclude(later.map(({ id }) => id), "sandbox-newcomer-2025")
  })

  it("simple/price leaves out what it does not know and does not forgive a blank", async () => {
    const { body } = await asked(
      "/simple/price?ids=bitcoin,%20ethereum,nope,__proto__&vs_currencies=usd,gbp&include_24hr_change=true&include_last_updated_at=true"
    )
    assert.deepStrictEqual(keysOf(body), ["bitcoin"])
    assert.deepStrictEqual(keysOf(at(body, "bitcoin")), ["usd", "usd_24h_change", "last_updated_at"])
    assert.deepStrictEqual((await asked("/simple/price?symbols=BTC&vs_currencies=gbp")).body, { btc: {} })
    assert.deepStrictEqual((await asked("/simple/supported_vs_currencies")).body, ["usd", "eur"])
  })

  it("the whole adds up: global's cap is the sum of the rows at that time", async () => {
    const tick = Math.floor(NOW / (10 * MINUTE)) * 10 * MINUTE
    const sum = (await markets("/coins/markets?vs_currency=usd", tick)).reduce((total, row) => total + (row.market_cap ?? 0), 0)
    const { body } = await asked("/global")
    assert.closeTo(Number(at(body, "data", "total_market_cap", "usd")) / sum, 1, 1e-9)
    assert.strictEqual(at(body, "data", "updated_at"), tick / 1_000)
    assert.strictEqual(keysOf(at(body, "data", "market_cap_percentage")).length, 10)
  })

  it("serves the rest", async () => {
    assert.deepStrictEqual(await asked("/ping"), { status: 200, body: { gecko_says: "(V3) To the Moon!" } })
    const { body: coin } = await asked("/coins/ethereum?localization=false&tickers=false")
    assert.deepStrictEqual(["id", "market_cap_rank", "localization", "tickers"].map((key) => at(coin, key)), [
      "ethereum",
      2,
      undefined,
      undefined
    ])
    assert.strictEqual(typeof at(coin, "market_data", "current_price", "eur"), "number")
    assert.isUndefined(at((await asked("/coins/ethereum?market_data=false")).body, "market_data"))
    assert.strictEqual(at((await asked("/search/trending")).body, "coins", "length"), 15)
    assert.strictEqual(at((await asked("/coins/categories")).body, 0, "id"), "store-of-value")
    assert.strictEqual(at((await asked("/exchanges?per_page=1")).body, "length"), 1)
    assert.strictEqual(at((await asked("/key")).body, "plan"), "Sandbox")
    assert.strictEqual(at((await asked("/coins/sandbox_Mixed_Case")).body, "symbol"), "MiX")
  })
})

describe("sandbox refusals", () => {
  const cases: ReadonlyArray<readonly [path: string, status: number, error: string]> = [
    ["/coins/nope/market_chart?vs_currency=usd&days=1", 404, "coin not found"],
    ["/coins/nope", 404, "coin not found"],
    ["/coins/%E0%A4%A/market_chart?vs_currency=usd&days=1", 404, "coin not found"],
    ["/coins/bitcoin%2Fmarket_chart", 404, "coin not found"],
    ["/coins/constructor", 404, "coin not found"],
    ["/coins/sandbox-newcomer-2027", 404, "coin not found"],
    ["/coins/bitcoin/market_chart?vs_currency=usdt&days=1", 400, "invalid vs_currency"],
    ["/coins/bitcoin/market_chart?vs_currency=%20usd&days=1", 400, "invalid vs_currency"],
    ["/coins/markets?vs_currency=gbp", 400, "invalid vs_currency"],
    ["/coins/markets", 422, "Missing parameter vs_currency"],
    ["/coins/bitcoin/market_chart?days=1", 422, "Missing parameter vs_currency"],
    ["/coins/bitcoin/market_chart?vs_currency=usd", 422, "Missing parameter days"],
    ["/coins/bitcoin/market_chart?vs_currency=usd&days=0", 400, "Invalid days parameter"],
    ["/coins/bitcoin/market_chart?vs_currency=usd&days=-1", 400, "Invalid days parameter"],
    ["/coins/bitcoin/market_chart?vs_currency=usd&days=365&interval=hourly", 400, "Invalid interval parameter"],
    ["/coins/bitcoin/market_chart?vs_currency=usd&days=3&interval=1m", 400, "Invalid interval parameter"],
    ["/coins/bitcoin/market_chart/range?vs_currency=usd&to=1", 422, "Missing parameter from"],
    ["/coins/bitcoin/history", 422, "Missing parameter date"],
    ["/simple/price?vs_currencies=usd", 422, "Missing parameter ids"],
    ["/simple/price?ids=bitcoin", 422, "Missing parameter vs_currencies"],
    ["/nowhere", 404, "Incorrect path. Please check https://www.coingecko.com/api/"]
  ]
  for (const [path, status, error] of cases) {
    it(`${path} is a ${status}`, async () => assert.deepStrictEqual(await asked(path), { status, body: { error } }))
  }

  it("a caller that does not say who it is gets a 403 in the other envelope", async () => {
    const response = get("/ping", NOW, { headers: {} })
    assert.strictEqual(response.status, 403)
    assert.strictEqual(at(await response.json(), "status", "error_code"), 403)
  })

  it("other methods and paths outside /api/v3 are no paths; HEAD has no body", async () => {
    assert.strictEqual(get("/ping", NOW, { method: "POST", headers: { "user-agent": "test" } }).status, 404)
    assert.strictEqual(sandbox.respond(new Request("http://x/ping", { headers: { "user-agent": "test" } }), NOW).status, 404)
    const head = get("/ping", NOW, { method: "HEAD", headers: { "user-agent": "test" } })
    assert.deepStrictEqual([head.status, await head.text()], [200, ""])
  })

  it("every response says that it is synthetic, refusals too, whatever the seed holds", () => {
    assert.strictEqual(get("/ping").headers.get("x-synthetic"), "sandbox seed=sandbox")
    assert.strictEqual(get("/nowhere").headers.get("x-synthetic"), "sandbox seed=sandbox")
    const odd = make("a\r\nset-cookie: x \ud800").respond(new Request("http://x/api/v3/ping", { headers: { "user-agent": "test" } }), NOW)
    assert.strictEqual(odd.headers.get("x-synthetic"), "sandbox seed=a%0D%0Aset-cookie%3A%20x%20%EF%BF%BD")
    assert.isNull(odd.headers.get("set-cookie"))
  })

  it("before the market began and after it ends there is nothing, and no crash", async () => {
    for (const now of [0, Date.UTC(2016, 0, 1), Date.UTC(2200, 0, 1), 8.64e15]) {
      assert.deepStrictEqual((await asked("/coins/markets?vs_currency=usd", now)).body, [])
      assert.strictEqual(at((await asked("/global", now)).body, "data", "total_market_cap", "usd"), 0)
      assert.strictEqual((await asked("/coins/bitcoin/market_chart?vs_currency=usd&days=max", now)).status, 404)
    }
  })
})
