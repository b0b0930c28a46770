/** Every method, asked of the sandbox through the whole layer above it, and of servers that answer as the real one was seen to. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Sandbox from "../../../src/layers/Sandbox.ts"
import { CoinGecko, type CoinGeckoError } from "../../../src/services/CoinGecko.ts"
import type { Settings } from "../../../src/services/Settings.ts"
import { against, json, reasonOf, start, valueOf } from "./world.ts"

const DAY = 86_400_000
const sandbox = Sandbox.make("1")

/** Asks the sandbox; nothing that it answers may drift, and no row of it be left out. */
const sandboxed = <A>(ask: Effect.Effect<A, CoinGeckoError, CoinGecko>, settings: Partial<Settings["Service"]> = {}) =>
  Effect.gen(function*() {
    const { asked, exit, told } = yield* against(
      (url) => sandbox.respond(new Request(url, { headers: { "user-agent": "test" } }), start),
      ask,
      { plan: "pro", ...settings }
    )
    assert.deepStrictEqual(told.filter((_) => _._tag === "Drift"), [])
    return { exit, calls: asked.map(({ url }) => `${url.pathname.replace("/api/v3", "")}${url.search}`) }
  })

const value = <A>(ask: (gecko: CoinGecko["Service"]) => Effect.Effect<A, CoinGeckoError>, settings: Partial<Settings["Service"]> = {}) =>
  Effect.map(sandboxed(CoinGecko.use(ask), settings), ({ exit }) => valueOf(exit))

describe("the sandbox is one market, however it is asked", () => {
  it.effect("simple price, markets and coin agree on what a coin costs now", () =>
    Effect.gen(function*() {
      const [row] = (yield* value((_) => _.markets({ ids: ["ethereum"] }))).rows
      const { absent, quotes } = yield* value((_) => _.simplePrice({ coins: ["ethereum"], currencies: ["usd", "eur"] }))
      const coin = yield* value((_) => _.coin({ coin: "ethereum" }))
      assert.deepStrictEqual(absent, { coins: [], currencies: [], pairs: [] })
      // markets shows whole amounts
      assert.deepStrictEqual([quotes[0]?.price, Math.round(quotes[0]?.marketCap ?? 0), Math.round(quotes[0]?.volume24h ?? 0)], [
        row?.current_price,
        row?.market_cap,
        row?.total_volume
      ])
      assert.deepStrictEqual(quotes.slice(1).map((_) => [_.coin, _.currency, _.price, _.marketCap, _.volume24h]), [
        [
          "ethereum",
          "eur",
          coin.market_data.current_price["eur"] ?? null,
          coin.market_data.market_cap["eur"] ?? null,
          coin.market_data.total_volume["eur"] ?? null
        ]
      ])
      assert.strictEqual(coin.market_data.current_price["usd"], row?.current_price)
      assert.isTrue(quotes.every((_) => _.updatedAt !== null && start - _.updatedAt < 61_000 && _.updatedAt <= start))
    }))

  it.effect("history is the chart's midnight, in the settings' currency", () =>
    Effect.gen(function*() {
      const chart = yield* value((_) => _.marketChart({ coin: "solana", days: 30 }), { currency: "eur" })
      const day = chart.days.find((_) => _.day === "2026-11-10")
      const { figures } = yield* value((_) => _.history({ coin: "solana", day: "2026-11-10" }), { currency: "eur" })
      assert.deepStrictEqual(figures, { price: day?.price ?? 0, marketCap: day?.marketCap ?? 0, totalVolume: day?.totalVolume ?? 0 })
    }))

  it.effect("the totals are the sums of the coins, and the shares follow from them", () =>
    Effect.gen(function*() {
      const global = yield* value((_) => _.global)
      // both are made anew at nine sharp
      const { rows } = yield* value((_) => _.markets({ top: 250 }))
      const sum = rows.reduce((total, { market_cap }) => total + (market_cap ?? 0), 0)
      assert.strictEqual(global.active_cryptocurrencies, rows.length)
      assert.closeTo((global.total_market_cap["usd"] ?? 0) / sum, 1, 1e-9)
      assert.closeTo((global.market_cap_percentage["btc"] ?? 0) / ((rows[0]?.market_cap ?? 0) / sum * 100), 1, 1e-9)
      assert.strictEqual(global.updated_at, start / 1000)
    }))

  it.effect("a candle is stamped with its close: the running one lies in the future, by less than its width", () =>
    Effect.gen(function*() {
      for (const [days, width] of [[1, 30 * 60_000], [7, 4 * 3_600_000], [90, 4 * DAY]] as const) {
        const { rejected, rows } = yield* value((_) => _.ohlc({ coin: "bitcoin", days }))
        const last = rows.at(-1)?.closes ?? 0
        assert.deepStrictEqual(rejected, [])
        assert.isTrue(last > start && last <= start + width, `${days} days`)
        assert.isTrue(rows.every(({ closes }) => closes % width === 0))
      }
    }))

  it.effect("lists, trends, categories, exchanges, currencies and the key's usage are whole", () =>
    Effect.gen(function*() {
      const list = yield* value((_) => _.coinList({ includePlatform: true }))
      assert.deepStrictEqual(list.rejected, [])
      assert.include(list.rows.map((_) => _.id), "sandbox_Mixed_Case")
      assert.lengthOf((yield* value((_) => _.trending)).coins, 15)
      const names = (yield* value((_) => _.categories({ order: "name_asc" }))).rows.map((_) => _.name)
      assert.deepStrictEqual(names, names.toSorted())
      assert.lengthOf((yield* value((_) => _.exchanges())).rows, 2)
      assert.deepStrictEqual(yield* value((_) => _.supportedCurrencies), ["usd", "eur"])
      assert.strictEqual((yield* value((_) => _.keyUsage)).monthly_call_credit, 1_000_000)
    }))
})

describe("what CoinGecko does not know", () => {
  it.effect("of a day before the listing is no figures, not zeros; of a day it has, they are all there", () =>
    Effect.gen(function*() {
      const before = yield* value((_) => _.history({ coin: "sandbox-newcomer-2026", day: "2026-05-19" }))
      const first = yield* value((_) => _.history({ coin: "sandbox-newcomer-2026", day: "2026-05-20" }))
      assert.isUndefined(before.figures)
      assert.isAbove(first.figures?.price ?? 0, 0)
    }))

  it.effect("in a currency of that day's is no figures; a null among others stays null", () =>
    Effect.gen(function*() {
      const answer = (market_data: unknown) => () => json({ id: "bitcoin", symbol: "btc", name: "Bitcoin", market_data })
      const ask = CoinGecko.use((_) => _.history({ coin: "bitcoin", day: "2026-11-01" }))
      const data = { current_price: { usd: 5 }, market_cap: { usd: null }, total_volume: {} }
      const { asked, exit } = yield* against(answer(data), ask)
      assert.deepStrictEqual(valueOf(exit).figures, { price: 5, marketCap: null, totalVolume: null })
      assert.strictEqual(asked[0]?.url.searchParams.get("date"), "01-11-2026")
      assert.isUndefined(valueOf((yield* against(answer(data), ask, { currency: "vnd" })).exit).figures)
    }))

  it.effect("is named: unknown coins, a blank before an id, currencies, and single pairs", () =>
    Effect.gen(function*() {
      const ask = CoinGecko.use((_) =>
        _.simplePrice({ coins: ["bitcoin", "nope", " ethereum", "a,solana"], currencies: ["usd", "zzz", "eur"] })
      )
      const { calls, exit } = yield* sandboxed(ask)
      assert.lengthOf(calls, 1)
      assert.deepStrictEqual(valueOf(exit).quotes.map((_) => [_.coin, _.currency]), [["bitcoin", "usd"], ["bitcoin", "eur"]])
      assert.deepStrictEqual(valueOf(exit).absent, { coins: ["nope", " ethereum", "a,solana"], currencies: ["zzz"], pairs: [] })
      const partly = yield* against(() => json({ a: { usd: 1, eur: null }, b: { usd: 2 } }),
        CoinGecko.use((_) => _.simplePrice({ coins: ["a", "b"], currencies: ["usd", "eur"] })))
      assert.deepStrictEqual(valueOf(partly.exit).quotes.map((_) => [_.coin, _.currency, _.price]), [["a", "usd", 1], ["a", "eur", null], [
        "b",
        "usd",
        2
      ]])
      assert.deepStrictEqual(valueOf(partly.exit).absent, { coins: [], currencies: [], pairs: [{ coin: "b", currency: "eur" }] })
    }))
})

describe("many", () => {
  it.effect("ids are asked 250 at a time, each once", () =>
    Effect.gen(function*() {
      const ids = Array.from({ length: 501 }, (_, i) => `c${i}`)
      const { asked, exit } = yield* against(
        (url) => json(Object.fromEntries((url.searchParams.get("ids") ?? "").split(",").map((id) => [id, { usd: 1 }]))),
        CoinGecko.use((_) => _.simplePrice({ coins: [...ids, ...ids] }))
      )
      assert.deepStrictEqual(asked.map(({ url }) => (url.searchParams.get("ids") ?? "").split(",").length), [250, 250, 1])
      assert.deepStrictEqual(valueOf(exit).quotes.map((_) => _.coin), ids)
    }))

  it.effect("exchanges come by the page, and a page past the end ends them", () =>
    Effect.gen(function*() {
      const row = (id: number) => ({
        id: `x${id}`,
        name: "X",
        year_established: null,
        trust_score: null,
        trust_score_rank: null,
        trade_volume_24h_btc: 1
      })
      const pages = (total: number) => (url: URL) => {
        const [page, size] = [Number(url.searchParams.get("page")), Number(url.searchParams.get("per_page"))]
        return json(Array.from({ length: Math.max(0, Math.min(size, total - (page - 1) * size)) }, (_, i) => row((page - 1) * size + i)))
      }
      const ask = (top: number) => CoinGecko.use((_) => _.exchanges({ top }))
      const exact = yield* against(pages(500), ask(900))
      assert.lengthOf(valueOf(exact.exit).rows, 500)
      assert.lengthOf(exact.asked, 3)
      const some = yield* against(pages(500), ask(251))
      assert.lengthOf(valueOf(some.exit).rows, 251)
      assert.lengthOf(some.asked, 2)
    }))
})

describe("a plan", () => {
  it.effect("that is not paid is told so about its key's usage, without a call", () =>
    Effect.gen(function*() {
      for (const plan of ["demo", "keyless"] as const) {
        const { asked, exit } = yield* against(() => json({}), CoinGecko.use((_) => _.keyUsage), { plan })
        assert.deepInclude(reasonOf(exit), { _tag: "Unauthorized", code: 10005 })
        assert.lengthOf(asked, 0)
      }
    }))

  it.effect("that refuses `interval` is asked for more than 90 days, which come daily; other refusals are final", () =>
    Effect.gen(function*() {
      const midnight = Date.UTC(2026, 10, 23)
      const days = Array.from({ length: 91 }, (_, i) => [midnight - (90 - i) * DAY, i + 1])
      const chart = { prices: days, market_caps: days, total_volumes: days }
      const ask = CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 2 }))
      for (
        const refusal of [
          json({ status: { error_code: 10005, error_message: "exclusive to Enterprise" } }, 401),
          json({ error: "Invalid interval parameter" }, 400)
        ]
      ) {
        const { asked, exit } = yield* against((url) => url.searchParams.has("interval") ? refusal.clone() : json(chart), ask)
        assert.deepStrictEqual(valueOf(exit).days.map((_) => [_.day, _.price]), [["2026-11-22", 90], ["2026-11-23", 91]])
        assert.deepStrictEqual(asked.map(({ url }) => url.searchParams.get("days")), ["2", "91"])
      }
      const wrong = yield* against(() => json({ error: "invalid vs_currency" }, 400), ask)
      assert.strictEqual(reasonOf(wrong.exit)?._tag, "BadRequest")
      assert.lengthOf(wrong.asked, 1)
    }))

  it.effect("or a server that has no such endpoint says so once: 501 is not tried again", () =>
    Effect.gen(function*() {
      const { asked, exit } = yield* against(() => json({ error: "not served" }, 501), CoinGecko.use((_) => _.categories()))
      assert.strictEqual(reasonOf(exit)?._tag, "NotFound")
      assert.lengthOf(asked, 1)
    }))
})

it.effect("a candle whose high does not bound its close is left out and named", () =>
  Effect.gen(function*() {
    const { exit } = yield* against(() => json([[start, 1, 2, 0.5, 3], [start + 1, 1, 2, 0.5, 1]]),
      CoinGecko.use((_) => _.ohlc({ coin: "bitcoin", days: 1 })))
    assert.deepStrictEqual(valueOf(exit), {
      rows: [{ closes: start + 1, open: 1, high: 2, low: 0.5, close: 1 }],
      rejected: [{ row: "candle 0", reason: "high 2 and low 0.5 do not bound open 1 and close 3" }]
    })
  }))

it.effect("coins that CoinGecko mentions in another wrapping are read out of it", () =>
  Effect.gen(function*() {
    const item = { id: "bonk", name: "Bonk", symbol: "BONK", market_cap_rank: null, price_btc: 1e-11, score: 0 }
    const { exit } = yield* against(() => json({ coins: [{ item }], exchanges: [] }), CoinGecko.use((_) => _.trending))
    assert.deepStrictEqual(valueOf(exit), { coins: [item], rejected: [] })
  }))
