/**
 * A report is one HTML file below `reports/` that opens without a network, for years: words, tables, and charts that
 * stand in it as drawings, and come alive where scripts run. The same report gives the same bytes.
 */
import { Context, Effect, Schema } from "effect"
import type { Manifest } from "../engine/Manifest.ts"
import type * as Store from "../engine/Store.ts"
import type { Drawn } from "./Chart.ts"
import { contentHash } from "./contentHash.ts"
import { fileName } from "./fileName.ts"
import { dated, type Html, html, trusted } from "./Html.ts"
import { publish } from "./kept.ts"

export interface Document {
  readonly title: string
  readonly body: Html
  /** What the body's figures come alive from, in their order. */
  readonly live: ReadonlyArray<string>
  /** Rows that went into it. */
  readonly rows: number
}

export class ReportError extends Schema.TaggedError<ReportError>()("ReportError", {
  report: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `Report "${this.report}": ${this.problem}`
  }
}

export class Report extends Context.Service<Report, {
  /** The document as one page. */
  readonly page: (document: Document) => Effect.Effect<string, ReportError>
  /** Writes `<base>.html`, whole or not at all; `base` is relative to the data folder (`reports/market_report`). */
  readonly keep: (base: string, document: Document) => Effect.Effect<{ readonly files: ReadonlyArray<string> }, ReportError>
}>()("crypto/services/Report") {}

/** Where a report lies, below the data folder. */
export interface Files {
  readonly html: string
}

export interface Kept extends Store.Store<Document, Files, unknown, ReportError, Report | Manifest> {
  readonly keyed: true
  readonly subjects: true
}

/** The store of reports. */
export const store: Kept = {
  kind: "report",
  row: undefined,
  keyed: true,
  subjects: true,
  read: (asset, slice) => Effect.succeed({ html: `${baseOf(asset.name, slice)}.html` }),
  files: (asset, slice) => [`${baseOf(asset.name, slice)}.html`],
  write: Effect.fnUntraced(function*(step, document) {
    yield* Report.use((_) => _.keep(baseOf(step.asset.name, step), document))
    return yield* publish(step, contentHash(JSON.stringify([document.title, document.body.markup, document.live])), document.rows)
  })
}

/** A chart in a report: drawn, and alive where scripts run. `at` is its place among the document's figures. */
export const figure = (
  at: number,
  { caption, description, drawn, title }: {
    readonly title: string
    readonly caption: string
    readonly description: string
    readonly drawn: Drawn<"svg" | "live">
  }
): Html =>
  html`<figure>
<h3>${title}</h3>
<p class="line">${dated(caption)}</p>
<div class="chart" data-spec="spec${at}" role="img" aria-label="${description}">${trusted(alone(drawn.svg, at))}</div>
<figcaption>${dated(description)}</figcaption>
</figure>`

// helpers

const baseOf = (asset: string, { subject, window }: Store.Slice): string =>
  `reports/${fileName(asset, { subject, partition: window.last === "" ? undefined : window.last })}`

/** Names inside a drawing are its own: two drawings of one page would else take each other's clips and gradients. */
const alone = (svg: string, at: number): string =>
  svg.replace(/\b(id="|url\(#|href="#)([A-Za-z_][\w-]*)/g, (_, before: string, name: string) => `${before}f${at}-${name}`)
