/** CoinGecko is loaded and built when it is first asked, once for all who ask, and again if it could not be. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as Later from "../../../src/layers/coingecko/Later.ts"
import { CoinGecko } from "../../../src/services/CoinGecko.ts"
import { NoCallLog } from "../../../src/services/CoinGeckoError.ts"

const market = CoinGeckoTest.layer({ bitcoin: [["2026-01-01", 1]] })
const noLog = new NoCallLog({ file: "calls.sqlite", detail: "no" })

/** What happens to one that cannot be built so many times. */
const world = (refusals: number) => {
  const seen: Array<string> = []
  const built = Layer.effectDiscard(Effect.gen(function*() {
    yield* Effect.acquireRelease(Effect.sync(() => void seen.push("built")), () => Effect.sync(() => void seen.push("closed")))
    if (seen.length <= refusals) return yield* noLog
  }))
  const load = async () => {
    seen.push("loaded")
    return Layer.provide(market, built)
  }
  return { seen, layer: Later.layer(load).pipe(Layer.provide(CoinGeckoTest.settings({}))) }
}

it.effect("is not loaded for who does not ask", () => {
  const { layer, seen } = world(0)
  return Effect.gen(function*() {
    yield* Effect.provide(CoinGecko, layer)
    assert.deepStrictEqual(seen, [])
  })
})

it.effect("is built once for all who ask, and closed with its scope", () => {
  const { layer, seen } = world(0)
  return Effect.gen(function*() {
    const ids = yield* Effect.provide(
      CoinGecko.use((_) =>
        Effect.all([_.coinList(), _.coinList(), Effect.map(_.markets(), () => ({ rows: [] }))], { concurrency: "unbounded" })
      ),
      layer
    )
    assert.deepStrictEqual(ids.map(({ rows }) => rows.length), [1, 1, 0])
    assert.deepStrictEqual(seen, ["loaded", "built", "closed"])
  })
})

it.effect("fails as a call does while it cannot be built, and is built at the next one", () => {
  const { layer } = world(2)
  return Effect.gen(function*() {
    const coinGecko = yield* CoinGecko
    const error = yield* Effect.flip(coinGecko.coinList())
    assert.deepStrictEqual([error._tag, error.attempts, error.reason], ["CoinGeckoError", 0, noLog])
    assert.lengthOf((yield* coinGecko.coinList()).rows, 1)
  }).pipe(Effect.provide(layer))
})
