/** The crypto pipeline's sensors, each in a world of its own: a mock of the API, DuckDB in memory, the clock of the test. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Option, Stream } from "effect"
import { Day } from "../../src/assets/partitions.ts"
import { coinList } from "../../src/assets/raw/coinList.ts"
import { marketSnapshot } from "../../src/assets/raw/marketSnapshot.ts"
import { priceHistory } from "../../src/assets/raw/priceHistory.ts"
import { Pulse } from "../../src/engine/automation/Pulse.ts"
import type * as Sensor from "../../src/engine/automation/Sensor.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as CoinGeckoTest from "../../src/layers/coingecko/CoinGeckoTest.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as ManifestLayer from "../../src/layers/Manifest.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { dataAvailability, lateWebhook, newListing, priceMovement, runFailureWebhook } from "../../src/sensors/index.ts"
import { type CoinGecko, CoinGeckoError } from "../../src/services/CoinGecko.ts"
import { ServerError } from "../../src/services/CoinGeckoError.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import { Hook, HookFailed, type News } from "../../src/services/Hook.ts"
import { alive, at, iso, millis, ticks } from "../engine/automation/world.ts"
import { publish } from "../engine/world.ts"

const pipelineOf = <R>(sensor: Sensor.Sensor<R>) =>
  Pipeline.make("crypto", { assets: [coinList, marketSnapshot, priceHistory], sensors: [sensor] })

const inWorld = (gecko: Partial<CoinGecko["Service"]>, coins: ReadonlyArray<string> = ["bitcoin", "ethereum"]) =>
  Effect.provide(Layer.fresh(Layer.mergeAll(
    CoinGeckoTest.mock(gecko),
    CoinGeckoTest.settings({ coins }),
    // a real database is not asked: the clock of a test does not wait for its answers
    DuckDbLayer.layerMemory,
    Memory.manifest,
    Memory.ledger,
    Layer.succeed(Pulse, Pulse.defaultValue())
  )))

const requests = Ledger.use((_) => _.requests({}))
/** What is asked for waits: nobody runs it here. */
const nobody = Effect.never

describe("price_movement", () => {
  const quotes = (prices: Readonly<Record<string, number | null>>) => ({
    quotes: Object.entries(prices).map(([coin, price]) => ({
      coin,
      currency: "usd",
      price,
      marketCap: null,
      volume24h: null,
      change24h: null,
      updatedAt: null
    })),
    absent: { coins: [], currencies: [], pairs: [] }
  })

  it.effect("asks once for the market when a coin moved 5 %, with one call for all coins every 15 minutes", () => {
    const calls: Array<ReadonlyArray<string>> = []
    const prices = [[100, 10], [99, 10.4], [94, 10.4], [94, 10.4], [94, null]] as const
    const simplePrice: CoinGecko["Service"]["simplePrice"] = ({ coins }) =>
      Effect.sync(() => {
        const [bitcoin, ethereum] = prices[Math.min(calls.length, prices.length - 1)] ?? []
        calls.push(coins)
        return quotes({ bitcoin: bitcoin ?? null, ethereum: ethereum ?? null })
      })
    return Effect.gen(function*() {
      yield* at("2026-11-24T12:00:00Z")
      yield* alive(yield* pipelineOf(priceMovement({ runs: [marketSnapshot], on: true })), "2026-11-24T13:10:00Z", nobody)
      assert.deepStrictEqual(yield* ticks("price_movement"), [
        "2026-11-24T12:00Z skipped 2 prices seen, none before them",
        "2026-11-24T12:15Z skipped ethereum +4.0 % in 15 min",
        "2026-11-24T12:30Z ran bitcoin −6.0 % in 30 min",
        "2026-11-24T12:45Z skipped bitcoin −6.0 % in 45 min",
        "2026-11-24T13:00Z skipped bitcoin −6.0 % in 60 min"
      ])
      assert.deepStrictEqual(calls, Array.from({ length: 5 }, () => ["bitcoin", "ethereum"]))
      const [request, ...others] = yield* requests
      assert.deepStrictEqual([request?.targets, request?.tags["moved"], others], [["market_snapshot"], "bitcoin", []])
    }).pipe(inWorld({ simplePrice }))
  })

  it.effect("watches the coins it was told to, and waits while nobody knows which are tracked", () => {
    const calls: Array<ReadonlyArray<string>> = []
    const simplePrice: CoinGecko["Service"]["simplePrice"] = ({ coins }) =>
      Effect.sync(() => {
        calls.push(coins)
        return quotes({})
      })
    return Effect.gen(function*() {
      yield* at("2026-11-24T12:00:00Z")
      yield* alive(yield* pipelineOf(priceMovement({ runs: [marketSnapshot], on: true })), "2026-11-24T12:05:00Z", nobody)
      assert.deepStrictEqual(yield* ticks("price_movement"), [
        "2026-11-24T12:00Z skipped no coin is tracked yet: market_snapshot says which"
      ])
      yield* at("2026-11-24T12:10:00Z")
      const told = priceMovement({ runs: [marketSnapshot], coins: ["dogecoin"], on: true })
      yield* alive(yield* pipelineOf(told), "2026-11-24T12:16:00Z", nobody)
      assert.deepStrictEqual(calls, [["dogecoin"]])
    }).pipe(inWorld({ simplePrice }, []))
  })
})

describe("data_availability", () => {
  /** Serves the point of each day from so many minutes after its start. */
  const served = (after: number, calls: Array<string>): Partial<CoinGecko["Service"]> => ({
    marketChart: ({ coin, days }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        calls.push(`${iso(now)} ${coin} ${days}`)
        const day = Day.calendar.keyOf(Day.calendar.ordinalAt(now - after * 60_000))
        const time = millis(`${day}T00:00:00Z`)
        return { points: [], days: [{ day, time, price: 1, marketCap: null, totalVolume: null }], rejected: [] }
      })
  })
  const made = (day: string, ...coins: ReadonlyArray<string>) =>
    Effect.forEach(coins, (subject) => publish(priceHistory, Day.window(day), { subject }))

  it.effect("asks for a day as soon as it is served, and not before", () => {
    const calls: Array<string> = []
    return Effect.gen(function*() {
      yield* made("2026-11-23", "bitcoin", "ethereum")
      yield* at("2026-11-23T20:00:00Z")
      const pipeline = yield* pipelineOf({ ...dataAvailability, on: true })
      yield* alive(pipeline, "2026-11-24T00:52:00Z", nobody)
      assert.deepStrictEqual(yield* ticks("data_availability"), [
        "2026-11-23T20:00Z skipped 2026-11-23 is there",
        "2026-11-24T00:35Z skipped 2026-11-24 is not served yet",
        "2026-11-24T00:40Z skipped 2026-11-24 is not served yet",
        "2026-11-24T00:45Z skipped 2026-11-24 is not served yet",
        "2026-11-24T00:50Z ran 2026-11-24 is served"
      ])
      assert.deepStrictEqual(calls, ["35", "40", "45", "50"].map((_) => `2026-11-24T00:${_}Z bitcoin 1`))
      assert.deepStrictEqual((yield* requests).map(({ over, runKey, targets }) => [targets, runKey, over]), [[
        ["price_history"],
        "data_availability 2026-11-24",
        { start: millis("2026-11-24T00:00:00Z"), end: millis("2026-11-25T00:00:00Z") }
      ]])
    }).pipe(inWorld(served(47, calls)))
  })

  it.effect("is quiet until the next day once every coin has it, and asks again while a run failed", () => {
    const calls: Array<string> = []
    return Effect.gen(function*() {
      yield* at("2026-11-24T00:37:00Z")
      const pipeline = yield* pipelineOf({ ...dataAvailability, on: true })
      const ledger = yield* Ledger
      const failing = Effect.gen(function*() {
        yield* Effect.sleep("6 minutes")
        const [first] = yield* ledger.requests({})
        yield* ledger.record({ _tag: "RequestEnded", request: first?.id ?? "", state: "failed", note: "" })
        yield* Effect.sleep("6 minutes")
        yield* made("2026-11-24", "bitcoin", "ethereum")
        return yield* Effect.never
      })
      yield* alive(pipeline, "2026-11-25T00:36:00Z", failing)
      assert.deepStrictEqual(yield* ticks("data_availability"), [
        "2026-11-24T00:37Z ran 2026-11-24 is served",
        "2026-11-24T00:42Z skipped 2026-11-24 is served; 2026-11-24 was asked for before (queued)",
        "2026-11-24T00:47Z ran 2026-11-24 is served",
        "2026-11-24T00:52Z skipped 2026-11-24 is there",
        "2026-11-25T00:35Z ran 2026-11-25 is served"
      ])
    }).pipe(inWorld(served(10, calls)))
  })

  it.effect("leaves a day to the schedule when some coin has no point of it, after an hour", () => {
    const calls: Array<string> = []
    return Effect.gen(function*() {
      yield* made("2026-11-24", "bitcoin")
      yield* at("2026-11-24T01:00:00Z")
      yield* alive(yield* pipelineOf({ ...dataAvailability, on: true }), "2026-11-24T20:00:00Z", nobody)
      const all = yield* ticks("data_availability")
      assert.strictEqual(all.at(-1), "2026-11-24T02:00Z skipped 2026-11-24 was served, but did not come for ethereum")
      assert.deepStrictEqual([all.length, calls.length], [13, 12])
    }).pipe(inWorld(served(10, calls)))
  })

  it.effect("that gets no answer has a failed tick, and tries again", () =>
    Effect.gen(function*() {
      yield* at("2026-11-24T01:00:00Z")
      yield* alive(yield* pipelineOf({ ...dataAvailability, on: true }), "2026-11-24T01:02:00Z", nobody)
      assert.deepStrictEqual((yield* ticks("data_availability")).map((_) => _.replace(/ failed .*/, " failed")), [
        "2026-11-24T01:00Z failed"
      ])
      yield* alive(yield* pipelineOf({ ...dataAvailability, on: true }), "2026-11-24T01:12:00Z", nobody)
      assert.isAbove((yield* ticks("data_availability")).length, 1)
    }).pipe(inWorld({
      marketChart: () =>
        new CoinGeckoError({
          request: "GET /coins/bitcoin/market_chart",
          attempts: 3,
          reason: new ServerError({ status: 503, detail: "" })
        })
    })))
})

describe("new_listing", () => {
  const list = Effect.fnUntraced(function*(...coins: ReadonlyArray<string>) {
    const sql = yield* DuckDb
    yield* sql`CREATE OR REPLACE TABLE coin_list (coin_id VARCHAR)`
    for (const coin of coins) yield* sql`INSERT INTO coin_list VALUES (${coin})`
    yield* publish(coinList, Partition.whole)
  })

  const sensor = newListing([marketSnapshot])
  /** What it sees now, from a cursor; nothing, if there is no other list than it saw. */
  const look = (cursor: string) =>
    Stream.runHead(sensor.stream({ name: "new_listing", cursor, since: 0, last: undefined })).pipe(
      Effect.raceFirst(Effect.andThen(Effect.yieldNow, Effect.andThen(newer(cursor), Effect.succeedNone))),
      Effect.map(Option.getOrUndefined)
    )
  const newer = (cursor: string) =>
    Effect.flatMap(Manifest.use((_) => _.newest([coinList.name])), ({ ids }) =>
      JSON.parse(cursor).list === (ids.get(coinList.name) ?? null) ? Effect.void : Effect.never)

  it.effect("tells of coins that no list before had, and not of the first list", () =>
    Effect.gen(function*() {
      let cursor = yield* sensor.start
      assert.deepStrictEqual(JSON.parse(cursor), { list: null, known: [] })
      const notes: Array<string | undefined> = []
      const asked: Array<unknown> = []
      for (const coins of [undefined, ["btc"], ["btc", "new-b", "new-a"], undefined, ["new-a", "new-b"], ["btc", "new-a"]]) {
        if (coins !== undefined) yield* list(...coins)
        const seen = yield* look(cursor)
        cursor = seen?.cursor ?? cursor
        notes.push(seen?.note)
        asked.push(...(seen?.asks ?? []).map(({ runKey, runs }) => [runKey, runs.map((_) => _.name)]))
      }
      assert.deepStrictEqual(notes, [
        undefined,
        "none of 1 coins is new",
        "2 new: new-a, new-b",
        undefined,
        "none of 2 coins is new",
        "none of 2 coins is new"
      ])
      assert.deepStrictEqual(asked, [["m2", ["market_snapshot"]]])
      assert.deepStrictEqual(JSON.parse(cursor), { list: "m4", known: ["btc", "new-a", "new-b"] })
    }).pipe(Effect.provide(Layer.fresh(Layer.mergeAll(
      CoinGeckoTest.settings(),
      ManifestLayer.layer.pipe(Layer.provideMerge(DuckDbLayer.layerMemory)),
      Memory.ledger
    )))))
})

describe("run_failure_webhook", () => {
  it.effect("tells the hook, again while it does not hear, and that it is over", () => {
    const told: Array<News> = []
    const webhook: Hook["Service"]["webhook"] = (news) => {
      told.push(news)
      return told.length === 1 ? new HookFailed({ hook: "webhook", problem: "it answered 500" }) : Effect.succeed(true)
    }
    return Effect.gen(function*() {
      const { record } = yield* Ledger
      const ended = (run: string, state: "failed" | "succeeded") =>
        record({ _tag: "RunStarted", run, targets: ["price_history"], trigger: "test" }, { _tag: "RunEnded", run, state })
      yield* at("2026-11-24T00:00:00Z")
      const pipeline = yield* pipelineOf(runFailureWebhook)
      yield* alive(pipeline, "2026-11-24T00:10:00Z", nobody)
      yield* ended("r1", "failed")
      yield* alive(pipeline, "2026-11-24T00:20:00Z", nobody)
      yield* ended("r2", "succeeded")
      yield* alive(pipeline, "2026-11-24T00:30:00Z", nobody)
      assert.deepStrictEqual(told.map((_) => _.id), ["r1 failed", "r1 failed", "r2 recovered"])
      assert.deepStrictEqual(told[2], {
        id: "r2 recovered",
        text: "price_history is well again: it had failed since 2026-11-24 00:10 UTC",
        details: { kind: "recovered", run: "r2", targets: ["price_history"], trigger: "test", at: "2026-11-24T00:20:00.000Z" }
      })
      assert.deepStrictEqual(yield* ticks("run_failure_webhook"), [
        "2026-11-24T00:10Z failed the webhook (CRYPTO_WEBHOOK_URL) was not told: it answered 500",
        "2026-11-24T00:10:30.000Z skipped price_history failed",
        "2026-11-24T00:20Z skipped price_history is well again: it had failed since 2026-11-24 00:10 UTC"
      ])
    }).pipe(Effect.provideService(Hook, { webhook, command: () => Effect.succeed(false) }), inWorld({}))
  })
})

describe("late_webhook", () => {
  it.effect("tells the hook when prices are not there at 06:35, and that they came; it asks the API nothing", () => {
    const told: Array<News> = []
    const webhook: Hook["Service"]["webhook"] = (news) => Effect.as(Effect.sync(() => told.push(news)), true)
    return Effect.gen(function*() {
      yield* at("2026-11-24T12:00:00Z")
      const pipeline = yield* pipelineOf(lateWebhook([coinList, marketSnapshot, priceHistory]))
      yield* publish(priceHistory, Day.window("2026-11-01", "2026-11-24"), { subject: "bitcoin" })
      yield* publish(marketSnapshot, Partition.whole)
      yield* alive(pipeline, "2026-11-25T06:35:00Z", nobody)
      assert.deepStrictEqual(told, [])
      yield* alive(pipeline, "2026-11-25T06:50:00Z", nobody)
      yield* publish(priceHistory, Day.window("2026-11-25"), { subject: "bitcoin" })
      yield* alive(pipeline, "2026-11-25T07:00:00Z", nobody)
      const since = "2026-11-25T06:35:00.000Z"
      assert.deepStrictEqual(told, [
        {
          id: "price_history 2026-11-25 06:35 UTC late",
          text: "late: price_history (since 2026-11-25 06:35 UTC)",
          details: { kind: "late", assets: ["price_history"], since }
        },
        {
          id: "price_history 2026-11-25 06:35 UTC recovered",
          text: "on time again: price_history (late since 2026-11-25 06:35 UTC)",
          details: { kind: "recovered", assets: ["price_history"], since }
        }
      ])
      yield* alive(pipeline, "2026-11-25T14:10:00Z", nobody)
      assert.strictEqual(told[2]?.text, "late: market_snapshot (since 2026-11-25 14:00 UTC)")
    }).pipe(Effect.provideService(Hook, { webhook, command: () => Effect.succeed(false) }), inWorld({}))
  })
})
