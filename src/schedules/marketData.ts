import * as Cadence from "../engine/automation/Cadence.ts"
import * as Schedule from "../engine/automation/Schedule.ts"
import type * as Job from "../engine/Job.ts"

/** A snapshot is of its moment: one that was missed cannot be made up for, and is not tried. */
export const marketDataDaily = (job: Job.Any) =>
  Schedule.make("market_data_daily", {
    about: "The market at eight in the morning, every day",
    runs: job,
    cadence: Cadence.cron("0 8 * * *"),
    catchUp: "none"
  })
