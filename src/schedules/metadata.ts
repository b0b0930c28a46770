import * as Cadence from "../engine/automation/Cadence.ts"
import * as Schedule from "../engine/automation/Schedule.ts"
import type * as Job from "../engine/Job.ts"

/** Sunday 00:00 UTC: a list of coins is fresh for a week. */
export const metadataWeekly = (job: Job.Any) =>
  Schedule.make("metadata_weekly", { about: "Which coins there are, every Sunday", runs: job, cadence: Cadence.cron("0 0 * * 0") })
