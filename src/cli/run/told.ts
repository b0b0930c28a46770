/** What `crypto run --json` prints. */
import { Schema } from "effect"
import * as Run from "../../engine/Run.ts"
import * as Span from "../../engine/Span.ts"
import { Result } from "./results.ts"

/** One slice. */
export const StepJson = Schema.Struct({
  asset: Schema.String,
  window: Schema.String,
  subject: Schema.NullOr(Schema.String),
  outcome: Schema.Literals(["made", "skipped", "failed", "blocked"]),
  rows: Schema.Int,
  /** Keys whose content is not what it was. */
  changed: Schema.Int,
  /** Why it was skipped, failed or blocked, what its checks warn of, and what its source left out, changed or revised. */
  note: Schema.String
})

/** `crypto run --json` */
export const RunJson = Schema.Struct({
  exitCode: Schema.Int,
  source: Schema.String,
  /** Calls to the source. */
  calls: Schema.Int,
  /** Milliseconds: of them all, and those waited for a rate limit or between attempts. */
  took: Schema.Finite,
  waited: Schema.Finite,
  /** A second run follows when the first had to make what the rest is planned by. */
  runs: Schema.Array(
    Schema.Struct({ run: Schema.String, state: Schema.Literals(["succeeded", "partial", "failed"]), steps: Schema.Array(StepJson) })
  ),
  /** What there is now of the targets, and of what was made for them. */
  results: Schema.Array(Result)
})

export const ofReports = (reports: ReadonlyArray<Run.Report<unknown>>): typeof RunJson.Type["runs"] =>
  reports.map(({ results, run, state }) => ({
    run,
    state,
    steps: results.map(({ outcome, step, subject }) => ({
      asset: step.asset.name,
      window: step.window.toString(),
      subject: subject ?? null,
      ...told(outcome)
    }))
  }))

// helpers

const told = (outcome: Run.Outcome<unknown>): Pick<typeof StepJson.Type, "outcome" | "rows" | "changed" | "note"> => {
  switch (outcome._tag) {
    case "Made": {
      const { changed, notes = [], rows, warnings } = outcome.publication
      const note = [...warnings.map((_) => `${_.check}: ${_.offenders}`), ...notes].join("; ")
      return { outcome: "made", rows, changed: Span.size(changed), note }
    }
    case "Skipped":
      return { outcome: "skipped", rows: 0, changed: 0, note: outcome.why }
    case "Failed":
      return { outcome: "failed", rows: 0, changed: 0, note: Run.explain(outcome.cause) }
    case "Blocked":
      return { outcome: "blocked", rows: 0, changed: 0, note: `by ${outcome.by}` }
  }
}
