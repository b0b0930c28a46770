import * as Cadence from "../engine/automation/Cadence.ts"
import * as Schedule from "../engine/automation/Schedule.ts"
import type * as Job from "../engine/Job.ts"

/** The first of the month, 00:50 UTC: the point that closes the month before is served from 00:35, and asked for at 00:40. */
export const monthlyReportOnTheFirst = (job: Job.Any) =>
  Schedule.make("monthly_report_on_the_first", {
    about: "The report of the month that ended, on the first of the next",
    runs: job,
    cadence: Cadence.cron("50 0 1 * *"),
    overlap: "bufferOne"
  })
