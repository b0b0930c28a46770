/** How far back the source serves, by who asks whom. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { freeDays, served } from "../../src/assets/partitions.ts"
import * as CoinGeckoTest from "../../src/layers/coingecko/CoinGeckoTest.ts"

it.effect("CoinGecko serves a free plan a year; a paid one, the sandbox, and another server without a plan all there is", () =>
  Effect.gen(function*() {
    assert.strictEqual(freeDays, 365)
    for (
      const [source, plan, days] of [
        ["live", "keyless", freeDays],
        ["live", "demo", freeDays],
        ["live", "pro", Infinity],
        ["sandbox", "keyless", Infinity],
        ["sandbox", "demo", Infinity],
        ["custom", "keyless", Infinity],
        ["custom", "demo", freeDays],
        ["custom", "pro", Infinity]
      ] as const
    ) {
      assert.strictEqual(yield* served.pipe(Effect.provide(CoinGeckoTest.settings({ source, plan }))), days, `${source} ${plan}`)
    }
  }))
