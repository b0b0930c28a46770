import * as Schedule from "../engine/automation/Schedule.ts"
import type * as Job from "../engine/Job.ts"

/** It follows what it needs, not a guessed hour. */
export const analyticsAfterPrices = (job: Job.Any, prices: Job.Any) =>
  Schedule.make("analytics_after_prices", {
    about: "What follows from the prices, whenever they were made",
    runs: job,
    cadence: Schedule.after(prices)
  })
