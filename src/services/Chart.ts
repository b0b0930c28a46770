/**
 * Charts are data: an asset hands over a Vega-Lite spec, this service draws it.
 *
 * What is drawn is the spec after it was checked and cleaned: rows are inline, nothing is loaded from anywhere, time is
 * UTC, and the same spec gives the same bytes.
 */
import { Context, type Effect, Schema } from "effect"
import type { TopLevelSpec } from "vega-lite"

export type { TopLevelSpec } from "vega-lite"

/** A view of a chart that shares its axes with others: what a layered chart is made of. */
export type Layer = Extract<TopLevelSpec, { readonly layer: unknown }>["layer"][number]

/** One of several views that stand one below the other. */
export type View = Extract<TopLevelSpec, { readonly vconcat: unknown }>["vconcat"][number]

/** What a chart is kept as. */
export const formats = ["svg", "png", "html"] as const
/** `live` is what a page's own script draws. */
export type Format = (typeof formats)[number] | "live"

/** What a spec becomes. `spec` is the cleaned spec as JSON: the file that can be drawn again. */
export interface Drawing {
  readonly spec: string
  readonly svg: string
  readonly png: Uint8Array
  readonly html: string
  readonly live: string
}

/** Only what was asked for. */
export type Drawn<F extends Format> = Pick<Drawing, "spec" | F>

export const Reason = Schema.Union([
  /** The spec asks for what no chart may do: load a URL, run the local clock, show an image. */
  Schema.TaggedStruct("Refused", { at: Schema.String, problem: Schema.String }),
  /** The spec is not Vega-Lite, or Vega-Lite warned about it. */
  Schema.TaggedStruct("Invalid", { problems: Schema.NonEmptyArray(Schema.String) }),
  Schema.TaggedStruct("TooLarge", { what: Schema.String, found: Schema.Finite, limit: Schema.Finite }),
  Schema.TaggedStruct("OutOfMemory", { heapMb: Schema.Finite }),
  Schema.TaggedStruct("TimedOut", { seconds: Schema.Finite }),
  /** Vega or the rasteriser threw, or its process died. */
  Schema.TaggedStruct("Failed", { problem: Schema.String }),
  /** The name would lie outside the data folder, or is no name. */
  Schema.TaggedStruct("BadName", { problem: Schema.String }),
  Schema.TaggedStruct("NotWritten", { file: Schema.String, cause: Schema.Defect() })
])
export type Reason = typeof Reason.Type

export class ChartError extends Schema.TaggedError<ChartError>()("ChartError", { chart: Schema.String, reason: Reason }) {
  override get message() {
    return `Chart "${this.chart}": ${say(this.reason)}`
  }
}

export class Chart extends Context.Service<Chart, {
  /** Draws, and writes nothing. */
  readonly render: <F extends Format>(spec: TopLevelSpec, formats: ReadonlyArray<F>) => Effect.Effect<Drawn<F>, ChartError>
  /**
   * Writes `<base>.svg`, `.png`, `.html` and, last, `.vl.json`, each whole or not at all.
   * `base` is relative to the data folder (`charts/price_chart`); the files named in the answer are too.
   */
  readonly draw: (base: string, spec: TopLevelSpec) => Effect.Effect<{ readonly files: ReadonlyArray<string> }, ChartError>
}>()("crypto/services/Chart") {}

// helpers

const say = (reason: Reason): string => {
  switch (reason._tag) {
    case "Refused":
      return `${reason.problem} (at ${reason.at})`
    case "Invalid":
      return `the spec is not sound Vega-Lite:\n${reason.problems.map((problem) => `  - ${problem}`).join("\n")}`
    case "TooLarge":
      return `${reason.found} ${reason.what}, at most ${reason.limit} are drawn. Reduce it in SQL to about two points a pixel.`
    case "OutOfMemory":
      return `drawing it took more than ${reason.heapMb} MB, and was stopped. Give it fewer rows or a smaller size.`
    case "TimedOut":
      return `drawing it took more than ${reason.seconds} s, and was stopped. Give it fewer rows or a smaller size.`
    case "Failed":
      return `it could not be drawn: ${reason.problem}`
    case "BadName":
      return `${reason.problem}. A chart's name is a path below the data folder, such as charts/price_chart.`
    case "NotWritten":
      return `${reason.file} could not be written: ${String(reason.cause)}`
  }
}
