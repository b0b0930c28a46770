/**
 * Real hourly prices (fixtures/hourly.json, provided by CoinGecko; the stamps are moved by whole days): the sensor, run as a
 * daemon runs it, fires at exactly the instants that the definition gives when it is applied to the whole series each time.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Duration, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { marketSnapshot } from "../../src/assets/raw/marketSnapshot.ts"
import * as Automation from "../../src/engine/automation/Automation.ts"
import { Pulse } from "../../src/engine/automation/Pulse.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as CoinGeckoTest from "../../src/layers/coingecko/CoinGeckoTest.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { priceMovement } from "../../src/sensors/index.ts"

const Series = Schema.Record(Schema.String, Schema.Array(Schema.Tuple([Schema.Finite, Schema.Finite])))
const series = Schema.decodeSync(Schema.fromJsonString(Series))(
  readFileSync(new URL("fixtures/hourly.json", import.meta.url), "utf8")
)
const QUARTER = 900_000
const starts = Object.values(series).map((_) => _[0]?.[0] ?? 0)
const begin = Math.ceil(Math.max(...starts) / QUARTER) * QUARTER
const looks = Array.from({ length: 28 * 96 }, (_, i) => begin + i * QUARTER)

/** What the API says at each look: the newest point. */
const said = Object.fromEntries(
  Object.entries(series).map(([coin, points]) => [coin, looks.map((at) => points.findLast(([time]) => time <= at)?.[1] ?? NaN)])
)

/** The definition of `Movement.ts`, word by word, with nothing remembered but where it fired. */
const expected = (coin: string, o: { threshold: number; hours: number; hysteresis: number; coolDownHours: number }) => {
  const fired: Array<number> = []
  let armed = true
  const prices = said[coin] ?? []
  for (const [i, t] of looks.entries()) {
    const moves = prices.slice(Math.max(0, i - o.hours * 4), i).map((before) => Math.abs((prices[i] ?? NaN) / before - 1))
    const size = Math.max(0, ...moves)
    const isRested = fired.length === 0 || t - (fired.at(-1) ?? 0) >= o.coolDownHours * 3_600_000
    if (armed && isRested && moves.length > 0 && size >= o.threshold) {
      fired.push(t)
      armed = false
    } else if (size < o.threshold - o.hysteresis) armed = true
  }
  return fired
}

describe("price_movement on a month of real prices", () => {
  for (
    const o of [
      { threshold: 0.03, hours: 1, hysteresis: 0.01, coolDownHours: 1 },
      { threshold: 0.05, hours: 24, hysteresis: 0.02, coolDownHours: 6 },
      { threshold: 0.02, hours: 3, hysteresis: 0, coolDownHours: 0 }
    ]
  ) {
    it.effect(`fires when it should: ${o.threshold * 100} % within ${o.hours} h`, () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(begin)
        const coins = Object.keys(series)
        const sensor = priceMovement({
          runs: [marketSnapshot],
          coins,
          on: true,
          threshold: o.threshold,
          window: `${o.hours} hours`,
          hysteresis: o.hysteresis,
          coolDown: `${o.coolDownHours} hours`
        })
        const pipeline = yield* Pipeline.make("crypto", { assets: [marketSnapshot], sensors: [sensor] })
        yield* Effect.forkScoped(Automation.run(pipeline), { startImmediately: true })
        yield* TestClock.setTime(begin + 28 * 96 * QUARTER - 1)
        const ledger = yield* Ledger
        const ticks = yield* ledger.ticks({ source: "price_movement" })
        assert.strictEqual(ticks.length, looks.length)
        const requests = new Map((yield* ledger.requests({})).map((_) => [_.id, _]))
        const fired = Object.fromEntries(coins.map((coin) => [
          coin,
          ticks.filter((_) => _.requests.some((id) => requests.get(id)?.tags["moved"]?.split(" ").includes(coin) === true)).map((_) =>
            _.due
          )
            .toReversed()
        ]))
        const wanted = Object.fromEntries(coins.map((coin) => [coin, expected(coin, o)]))
        assert.deepStrictEqual(fired, wanted)
        assert.isAbove(Object.values(wanted).flat().length, 3, `as of ${DateTime.formatIso(DateTime.makeUnsafe(begin))}`)
      }).pipe(
        Effect.scoped,
        Effect.provide(Layer.fresh(Layer.mergeAll(
          CoinGeckoTest.mock({
            simplePrice: ({ coins }) =>
              Effect.map(Clock.currentTimeMillis, (now) => ({
                quotes: coins.map((coin) => ({
                  coin,
                  currency: "usd",
                  price: said[coin]?.[(now - begin) / QUARTER] ?? null,
                  marketCap: null,
                  volume24h: null,
                  change24h: null,
                  updatedAt: null
                })),
                absent: { coins: [], currencies: [], pairs: [] }
              }))
          }),
          CoinGeckoTest.settings(),
          Layer.succeed(Pulse, Duration.days(1)),
          DuckDbLayer.layerMemory,
          Memory.manifest,
          Memory.ledger
        )))
      ))
  }
})
