/** An answer of another shape: what each policy makes of it, and that it is never passed over. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result, Schema } from "effect"
import { Note } from "../../../src/engine/Note.ts"
import type { Event } from "../../../src/engine/Progress.ts"
import { reader } from "../../../src/layers/coingecko/Drift.ts"
import { CoinGecko } from "../../../src/services/CoinGecko.ts"
import { Policies, type Policy } from "../../../src/services/Drift.ts"
import { against, json, reasonOf, start, valueOf } from "./world.ts"

const row = {
  id: "bitcoin",
  symbol: "btc",
  name: "Bitcoin",
  current_price: 1,
  market_cap: 2,
  market_cap_rank: 1,
  fully_diluted_valuation: 3,
  total_volume: 4,
  high_24h: 5,
  low_24h: 6,
  price_change_24h: 7,
  price_change_percentage_24h: 8,
  market_cap_change_24h: 9,
  market_cap_change_percentage_24h: 10,
  circulating_supply: 11,
  total_supply: 12,
  max_supply: null,
  ath: 13,
  ath_change_percentage: 14,
  ath_date: "2026-01-01T00:00:00.000Z",
  atl: 15,
  atl_change_percentage: 16,
  atl_date: "2026-01-01T00:00:00.000Z",
  last_updated: "2026-11-23T09:00:00.000Z"
}
const { ath: _ath, ...withoutAth } = row
const { current_price: _price, ...withoutPrice } = row
const other = { ...row, id: "ethereum" }

const drifts = (told: ReadonlyArray<Event>) =>
  told.flatMap((_) => _._tag === "Drift" ? [[_.endpoint, _.change, _.field, _.expected, _.came, _.rows] as const] : [])

/** What becomes of a page of markets under a policy, with all that was told of it. */
const markets = (policy: Policy, page: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const notes: Array<string> = []
    const ask = CoinGecko.use((_) => _.markets({ top: page.length })).pipe(
      Effect.provideService(Policies, { markets: policy }),
      Effect.provideService(Note, (text) => Effect.sync(() => void notes.push(text)))
    )
    const { exit, told } = yield* against(() => json(page), ask)
    return { exit, drifts: drifts(told), notes }
  })

describe("a field that is new", () => {
  it.effect("is told, and changes nothing, when the endpoint evolves or discards", () =>
    Effect.gen(function*() {
      for (const policy of ["evolve", "discard"] as const) {
        const found = yield* markets(policy, [{ ...row, mood: "good" }, { ...other, mood: "bad" }])
        assert.deepStrictEqual(valueOf(found.exit).rows, [row, other])
        assert.deepStrictEqual(found.drifts, [["markets", "new", "mood", "nothing", "text", 2]])
        assert.deepStrictEqual(found.notes, ["drift in markets: new field mood (text) in 2 rows, which nobody reads"])
      }
    }))

  it.effect("fails the call when the endpoint is frozen, naming it; without it the same page is taken", () =>
    Effect.gen(function*() {
      const found = yield* markets("freeze", [{ ...row, mood: "good" }])
      assert.deepInclude(reasonOf(found.exit), {
        _tag: "Drifted",
        drift: { endpoint: "markets", field: "mood", change: "new", expected: "nothing", came: "text", rows: 1 }
      })
      const same = yield* markets("freeze", [row])
      assert.deepStrictEqual(valueOf(same.exit).rows, [row])
      assert.deepStrictEqual(same.drifts, [])
    }))

  it.effect("is told once, however often it comes; one that is missing is told each time", () =>
    Effect.gen(function*() {
      const twice = (page: unknown) =>
        against(() => json([page]), CoinGecko.use((_) => Effect.andThen(_.markets({ top: 1 }), _.markets({ top: 1 }))))
      assert.lengthOf(drifts((yield* twice({ ...row, mood: "good" })).told), 1)
      assert.lengthOf(drifts((yield* twice(withoutAth)).told), 2)
    }))
})

describe("a field that is missing", () => {
  it.effect("which a row can do without is null and told when the endpoint evolves, never 0", () =>
    Effect.gen(function*() {
      const found = yield* markets("evolve", [withoutAth, other])
      assert.deepStrictEqual(valueOf(found.exit), { rows: [{ ...row, ath: null }, other], rejected: [] })
      assert.deepStrictEqual(found.drifts, [["markets", "missing", "ath", "a number or null", "nothing", 1]])
      assert.deepStrictEqual(found.notes, ["drift in markets: field ath (a number or null) is missing"])
    }))

  it.effect("leaves the row out and names it when the endpoint discards", () =>
    Effect.gen(function*() {
      const found = yield* markets("discard", [withoutAth, other])
      assert.deepStrictEqual(valueOf(found.exit), { rows: [other], rejected: [{ row: "bitcoin", reason: "the field ath is missing" }] })
      assert.deepStrictEqual(found.notes, [
        "drift in markets: field ath (a number or null) is missing",
        "left out of markets: bitcoin (the field ath is missing)"
      ])
    }))

  it.effect("fails the call when the endpoint is frozen", () =>
    Effect.gen(function*() {
      const found = yield* markets("freeze", [withoutAth, other])
      assert.deepInclude(reasonOf(found.exit), {
        drift: { endpoint: "markets", field: "ath", change: "missing", expected: "a number or null", came: "nothing", rows: 1 }
      })
    }))

  it.effect("which a row cannot do without leaves it out, also when the endpoint evolves", () =>
    Effect.gen(function*() {
      const found = yield* markets("evolve", [withoutPrice, other])
      assert.deepStrictEqual(valueOf(found.exit).rows, [other])
      assert.deepStrictEqual(valueOf(found.exit).rejected.map((_) => _.row), ["bitcoin"])
      assert.deepStrictEqual(found.drifts, [["markets", "missing", "current_price", "a number or null", "nothing", 1]])
    }))

  it.effect("though it was asked for is told; unasked it is not missed", () =>
    Effect.gen(function*() {
      const asked = yield* against(() => json([row]), CoinGecko.use((_) => _.markets({ top: 1, priceChange: ["7d"] })))
      assert.deepStrictEqual(drifts(asked.told).map(([, change, field]) => [change, field]), [
        ["missing", "price_change_percentage_7d_in_currency"]
      ])
    }))
})

describe("a field of another type", () => {
  it.effect("which a row can do without is null and told when the endpoint evolves", () =>
    Effect.gen(function*() {
      const found = yield* markets("evolve", [{ ...row, ath: "13.0" }, other])
      assert.deepStrictEqual(valueOf(found.exit), { rows: [{ ...row, ath: null }, other], rejected: [] })
      assert.deepStrictEqual(found.drifts, [["markets", "retyped", "ath", "a number or null", "text", 1]])
      assert.deepStrictEqual(found.notes, ["drift in markets: field ath should be a number or null and is text"])
    }))

  it.effect("leaves the row out when the endpoint discards, or when the row cannot do without it", () =>
    Effect.gen(function*() {
      const discarded = yield* markets("discard", [{ ...row, ath: "13.0" }, other])
      assert.deepStrictEqual(valueOf(discarded.exit).rows, [other])
      const needed = yield* markets("evolve", [{ ...row, current_price: { usd: 1 } }, other])
      assert.deepStrictEqual(valueOf(needed.exit).rows, [other])
      assert.deepStrictEqual(needed.drifts, [["markets", "retyped", "current_price", "a number or null", "an object", 1]])
    }))

  it.effect("in every row that there is leaves no answer, never an empty one", () =>
    Effect.gen(function*() {
      const found = yield* markets("evolve", [{ ...row, current_price: "1" }, { ...other, current_price: "2" }])
      assert.deepInclude(reasonOf(found.exit), { _tag: "BadBody", problem: "WrongShape" })
      assert.match(String(reasonOf(found.exit)?.message), /none of the 2 rows fits; bitcoin: /)
      assert.isTrue(Exit.isSuccess((yield* markets("evolve", [])).exit), "a page past the end is no answer of another shape")
    }))

  it.effect("fails the call when the endpoint is frozen, saying what was expected and what came", () =>
    Effect.gen(function*() {
      const found = yield* markets("freeze", [other, { ...row, ath: "13.0" }])
      assert.match(
        String(reasonOf(found.exit)?.message),
        /the API has changed \(drift in markets: field ath should be a number or null and is text\)/
      )
    }))
})

describe("charts and candles", () => {
  const midnight = Date.UTC(2026, 10, 23)
  const chart = { prices: [[midnight, 1]], market_caps: [[midnight, 2]], total_volumes: [[midnight, 3]] }
  const asked = CoinGecko.use((_) => _.marketChart({ coin: "bitcoin", days: 1 }))

  it.effect("a new series is told; a missing one is no chart, and no market cap becomes null", () =>
    Effect.gen(function*() {
      const more = yield* against(() => json({ ...chart, open_interest: [] }), asked)
      assert.deepStrictEqual(valueOf(more.exit).days, [{ day: "2026-11-23", time: midnight, price: 1, marketCap: 2, totalVolume: 3 }])
      assert.deepStrictEqual(drifts(more.told), [["market_chart", "new", "open_interest", "nothing", "a list", 1]])
      const { market_caps: _, ...less } = chart
      assert.deepInclude(reasonOf((yield* against(() => json(less), asked)).exit), { problem: "WrongShape" })
    }))

  it.effect("a candle of six figures fails the call: their order cannot be trusted", () =>
    Effect.gen(function*() {
      const ohlc = CoinGecko.use((_) => _.ohlc({ coin: "bitcoin", days: 1 }))
      const good = yield* against(() => json([[start, 1, 3, 0.5, 2]]), ohlc)
      assert.deepStrictEqual(valueOf(good.exit).rows, [{ closes: start, open: 1, high: 3, low: 0.5, close: 2 }])
      const bad = yield* against(() => json([[start, 1, 3, 0.5, 2, 99]]), ohlc)
      assert.deepInclude(reasonOf(bad.exit), {
        drift: { endpoint: "ohlc", field: "[5]", change: "new", expected: "nothing", came: "a number", rows: 1 }
      })
    }))
})

it("what lies deeper is named by its path; what a list holds, by the list", () => {
  const Deep = Schema.Struct({
    a: Schema.Struct({ b: Schema.Finite, c: Schema.optionalKey(Schema.Array(Schema.Finite)) }),
    m: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite))
  })
  const read = reader(Deep)
  const found = read({ a: { b: 1, c: [1, "2"], d: true }, m: { x: "y", z: 1 } }, { policy: "evolve", expects: [] })
  assert.deepStrictEqual(found, {
    value: Result.succeed({ a: { b: 1 }, m: { z: 1 } }),
    differences: [
      { field: "a.d", change: "new", expected: "nothing", came: "true or false" },
      { field: "a.c", change: "retyped", expected: "a number", came: "text" },
      { field: "m.x", change: "retyped", expected: "a number", came: "text" }
    ]
  })
})
