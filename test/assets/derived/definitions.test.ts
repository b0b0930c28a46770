/** What each analysis asset says of itself, checks, and reads. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as assets from "../../../src/assets/index.ts"
import { pipeline } from "../../../src/program.ts"

const derived = Object.values(assets).filter((_) => _.group === "transform")

describe("the analysis", () => {
  it("is checked", () => {
    assert.deepStrictEqual(
      Object.fromEntries(derived.map((_) => [_.name, _.checks.map(({ name, severity }) => severity === "warn" ? `${name} warns` : name)])),
      {
        coin_statistics: [
          "unique(coin_id)",
          "within(coverage, 0, 1)",
          "within(max_drawdown, -1, 0)",
          "within(correlation_btc, -1, 1)",
          "within(coverage, 0.99, 1) warns"
        ],
        correlation_matrix: ["unique(coin_a, coin_b)", "within(correlation, -1, 1)"],
        daily_returns: ["unique(coin_id, day)", "within(simple_return, -1, 10) warns"],
        dominance: ["unique(coin_id, day)", "within(share, 0, 1)"],
        indexed_prices: ["unique(coin_id, day)", "within(drawdown, -1, 0)"],
        market_index: [
          "unique(day)",
          "within(breadth, 0, 1)",
          "within(equal_weight, 0, 1000000000) warns",
          "within(cap_weight, 0, 1000000000) warns"
        ],
        month_to_date: ["unique(coin_id)", "within(max_drawdown, -1, 0)", "open, close, low and high in order"],
        monthly_prices: [
          "unique(coin_id, month)",
          "within(monthly_return, -1, 20) warns",
          "within(max_drawdown, -1, 0)",
          "open, close, low and high in order"
        ],
        monthly_ranking: ["unique(coin_id, month)"],
        price_trends: [
          "unique(coin_id, day)",
          "within(drawdown, -1, 0)",
          "within(rsi_14, 0, 100)",
          "within(volatility_30d, 0, 50) warns"
        ],
        return_distribution: ["unique(coin_id, bin)", "within(share, 0, 1)"],
        rolling_correlation: ["unique(coin_id, day)", "within(correlation_30, -1, 1)", "within(correlation_90, -1, 1)"]
      }
    )
  })

  it("says where it comes from", () => assert.deepStrictEqual(derived.filter((_) => _.source === undefined).map((_) => _.name), []))

  it.effect("is what crypto_analytics_job makes", () =>
    Effect.gen(function*() {
      const { jobs } = yield* pipeline
      const named = jobs.find((_) => _.name === "crypto_analytics_job")?.assets ?? []
      assert.includeMembers(named.map((_) => _.name), derived.map((_) => _.name))
    }))
})
