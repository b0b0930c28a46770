import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import { pipeline } from "../../src/program.ts"
import { leaves } from "./leaves.ts"

describe("the pipeline's schedules", () => {
  it.effect("are those of the old README, in UTC", () =>
    Effect.gen(function*() {
      const { schedules } = yield* pipeline
      assert.deepStrictEqual(schedules.map(({ catchUp, name, on, overlap, targets }) => [name, targets, catchUp, overlap, on]), [
        ["metadata_weekly", ["crypto_metadata_job"], "latest", "skip", true],
        ["market_data_daily", ["crypto_market_data_job"], "none", "skip", true],
        ["price_history_daily", ["crypto_price_history_job"], "latest", "bufferOne", true],
        ["analytics_after_prices", ["crypto_analytics_job"], "latest", "skip", true],
        ["monthly_report_on_the_first", ["crypto_monthly_report_job"], "latest", "bufferOne", true]
      ])
      const [, , , analytics] = schedules
      const after = analytics !== undefined && Schedule.isAfter(analytics.cadence) ? analytics.cadence : undefined
      assert.deepStrictEqual([after?.name, after?.assets.map((_) => _.name)], ["crypto_price_history_job", ["price_history"]])
    }))

  it.effect("have one tick for each due time of a month, and a run for each", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* leaves("2026-01-01", "2026-02-01"), { due: 31 * 2 + 4 + 1, follows: 31 + 31 + 4 + 1 })
    }))
})
