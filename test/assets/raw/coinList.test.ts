/** The list remembers: coins that leave it keep their row, and those that CoinGecko does not find any more are looked up in it. */
import { assert, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { coinList } from "../../../src/assets/raw/coinList.ts"
import { priceHistory } from "../../../src/assets/raw/priceHistory.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import * as Plan from "../../../src/engine/Plan.ts"
import * as Run from "../../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { CoinGeckoError, type CoinListRow, type Rejected } from "../../../src/services/CoinGecko.ts"
import { NotFound } from "../../../src/services/CoinGeckoError.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"

const coin = (id: string, name = id, symbol = id.slice(0, 3)): CoinListRow => ({ id, symbol, name, platforms: {} })

/** A world whose list a test changes, and where no chart is found. */
const world = (list: { rows: ReadonlyArray<CoinListRow>; rejected?: ReadonlyArray<Rejected> }, coins: ReadonlyArray<string> = []) =>
  Layer.mergeAll(
    TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z", settings: { coins, historyDays: 3 } }),
    CoinGeckoTest.mock({
      coinList: () => Effect.sync(() => ({ rows: list.rows, rejected: list.rejected ?? [] })),
      marketChart: ({ coin }) =>
        new CoinGeckoError({ request: `GET /coins/${coin}`, attempts: 1, reason: new NotFound({ detail: "coin not found" }) })
    })
  )

const stored = DuckDb.use((sql) =>
  sql<{ id: string; name: string; listed: number; delisted: number | null }>`
    SELECT coin_id AS id, name, epoch_ms(listed_at) AS listed, epoch_ms(delisted_at) AS delisted FROM coin_list ORDER BY ALL`
).pipe(
  Effect.map((rows) => rows.map(({ delisted, id, listed, name }) => [id, name, day(listed), delisted === null ? null : day(delisted)]))
)
const day = (millis: number) => DateTime.formatIsoDateUtc(DateTime.makeUnsafe(millis))
const note = Effect.gen(function*() {
  const ledger = yield* Ledger
  const [run] = yield* ledger.runs(1)
  const steps = yield* ledger.steps(run?.id ?? "")
  return steps.map((_) => _.note)
})
const again = Effect.andThen(TestClock.adjust("8 days"), Run.upToDate([coinList]))

it.effect("a coin that leaves the list keeps its row and is delisted, one that comes back is not, one that is new is first seen now", () => {
  const list: Parameters<typeof world>[0] = { rows: [coin("a"), coin("b"), coin("c")] }
  return Effect.gen(function*() {
    yield* Run.upToDate([coinList])
    assert.deepStrictEqual(yield* stored, [["a", "a", "2026-01-03", null], ["b", "b", "2026-01-03", null], ["c", "c", "2026-01-03", null]])
    assert.deepStrictEqual(yield* note, [""])
    list.rows = [coin("a", "A, renamed"), coin("d")]
    yield* again
    const gone = [["a", "A, renamed", "2026-01-03", null], ["b", "b", "2026-01-03", "2026-01-11"], ["c", "c", "2026-01-03", "2026-01-11"], [
      "d",
      "d",
      "2026-01-11",
      null
    ]]
    assert.deepStrictEqual(yield* stored, gone)
    assert.deepStrictEqual(yield* note, ["1 coin new on the list: d; 2 coins delisted: b, c"])
    list.rows = [coin("a", "A, renamed"), coin("b"), coin("d")]
    yield* again
    assert.deepStrictEqual(yield* stored, gone.map((row) => row[0] === "b" ? ["b", "b", "2026-01-03", null] : row))
    assert.deepStrictEqual(yield* note, ["1 coin listed again: b"])
  }).pipe(Effect.provide(world(list)))
})

it.effect("a row that came and cannot be read does not delist its coin", () => {
  const list: Parameters<typeof world>[0] = { rows: [coin("a"), coin("b")] }
  return Effect.gen(function*() {
    yield* Run.upToDate([coinList])
    list.rows = [coin("a")]
    list.rejected = [{ row: "b", reason: "its name is a number" }]
    yield* again
    assert.deepStrictEqual(yield* stored, [["a", "a", "2026-01-03", null], ["b", "b", "2026-01-03", null]])
  }).pipe(Effect.provide(world(list)))
})

it.effect("a list that was kept without dates is read, and dated from now", () =>
  Effect.gen(function*() {
    const sql = yield* DuckDb
    yield* sql`CREATE TABLE coin_list AS SELECT 'a' AS coin_id, 'a' AS symbol, 'a' AS name, '{}' AS platforms`
    yield* Run.upToDate([coinList])
    assert.deepStrictEqual(yield* stored, [["a", "a", "2026-01-03", "2026-01-03"], ["b", "b", "2026-01-03", null]])
  }).pipe(Effect.provide(world({ rows: [coin("b")] }))))

it.effect("a tracked coin that is not found is told to be delisted, renamed, a symbol, or unknown; without a list, where to look", () => {
  const coins = ["old", "plain", "sym", "nope"]
  const list: Parameters<typeof world>[0] = { rows: [coin("old", "Same", "sam"), coin("plain"), coin("other", "Other", "SYM")] }
  const failures = Effect.map(Run.upToDate([priceHistory]),
    (reports) =>
      reports.flatMap((_) => _.results).flatMap(({ outcome }) =>
        outcome._tag === "Failed" ? [Run.explain(outcome.cause).split("coin not found). ")[1]] : []
      ))
  return Effect.gen(function*() {
    assert.deepStrictEqual([...new Set(yield* failures)], ["Which coins there are is in coin_list: crypto run coin_list"])
    yield* Run.upToDate([coinList])
    list.rows = [coin("new", "Same", "SAM"), coin("plain"), coin("other", "Other", "SYM")]
    yield* again
    assert.deepStrictEqual(yield* failures, [
      "It was delisted by 2026-01-11; it may be new now, of the same symbol and name. Its history is kept",
      "It is on the coin list still, which may be older. Its history is kept",
      "It was never on the coin list; as a symbol it is that of other",
      "It was never on the coin list"
    ])
  }).pipe(Effect.provide(world(list, coins)))
})

it.effect("of many coins three are named, and the number of the others", () => {
  const list: Parameters<typeof world>[0] = { rows: [coin("a")] }
  return Effect.gen(function*() {
    yield* Run.upToDate([coinList])
    list.rows = ["a", "b", "c", "d"].map((_) => coin(_))
    yield* again
    assert.deepStrictEqual(yield* note, ["3 coins new on the list: b, c, d"])
    list.rows = ["a", "b", "c", "d", "e", "f", "g", "h"].map((_) => coin(_))
    yield* again
    assert.deepStrictEqual(yield* note, ["4 coins new on the list: e, f, g and 1 more"])
    list.rows = ["a", "b", "c"].map((_) => coin(_))
    yield* again
    assert.deepStrictEqual(yield* note, ["5 coins delisted: d, e, f and 2 more"])
    // one that was gone before is not told of again
    list.rows = ["a", "b"].map((_) => coin(_))
    yield* again
    assert.deepStrictEqual(yield* note, ["1 coin delisted: c"])
  }).pipe(Effect.provide(world(list)))
})

it.effect("the list is one call, and fresh for a week", () => {
  const list: Parameters<typeof world>[0] = { rows: [coin("a")] }
  return Effect.gen(function*() {
    assert.strictEqual(Plan.calls(yield* Plan.make([coinList])), 1)
    yield* Run.upToDate([coinList])
    yield* TestClock.adjust("7 days")
    assert.deepStrictEqual((yield* Plan.make([coinList])).steps, [])
    yield* TestClock.adjust("1 second")
    assert.lengthOf((yield* Plan.make([coinList])).steps, 1)
  }).pipe(Effect.provide(world(list)))
})

it.effect("each coin's contract addresses are asked for, and kept as JSON", () => {
  const asked: Array<unknown> = []
  return Effect.gen(function*() {
    yield* Run.upToDate([coinList])
    assert.deepStrictEqual(asked, [{ includePlatform: true }])
    const sql = yield* DuckDb
    assert.deepStrictEqual(yield* sql`SELECT coin_id, platforms FROM coin_list ORDER BY coin_id`, [
      { coin_id: "own", platforms: "{}" },
      { coin_id: "token", platforms: `{"ethereum":"0x1","solana":null}` }
    ])
  }).pipe(Effect.provide(Layer.mergeAll(
    TestPipeline.layer({ market: {}, now: "2026-01-03T06:00:00Z" }),
    CoinGeckoTest.mock({
      coinList: (of) =>
        Effect.sync(() => {
          asked.push(of)
          return { rows: [{ ...coin("token"), platforms: { ethereum: "0x1", solana: null } }, coin("own")], rejected: [] }
        })
    })
  )))
})
