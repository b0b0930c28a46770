import * as Cadence from "../engine/automation/Cadence.ts"
import * as Schedule from "../engine/automation/Schedule.ts"
import type * as Job from "../engine/Job.ts"

/**
 * 00:40 UTC: CoinGecko's range endpoint serves the day's point from 00:35, its cache expires 00:40. The newest of several
 * that were missed makes all that is missing, with one call a coin; one that falls due meanwhile runs when that has ended.
 */
export const priceHistoryDaily = (job: Job.Any) =>
  Schedule.make("price_history_daily", {
    about: "Daily prices of the tracked coins, every day",
    runs: job,
    cadence: Cadence.cron("40 0 * * *"),
    catchUp: "latest",
    overlap: "bufferOne"
  })
