/**
 * A check is a sentence about rows, kept as data on the asset. A store reads it, and audits what is staged before it
 * publishes: a blocking check that finds offenders keeps the old rows, a warning publishes and is recorded.
 *
 * `Check<Row>` takes rows, so a check of a column the row lacks, or of another type, does not fit the asset.
 */
import { Schema } from "effect"

export type Severity = "block" | "warn"

export type Rule =
  | { readonly _tag: "NotNull"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "Unique"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "Within"; readonly column: string; readonly min: number; readonly max: number }

export interface Check<in Row> {
  readonly name: string
  readonly severity: Severity
  readonly rule: Rule
  /** Never called: says which rows the check reads. */
  readonly of?: (row: Row) => void
}

/** No row lacks a value in any of these columns. */
export const notNull = <const K extends string>(...columns: ReadonlyArray<K>): Check<Readonly<Record<K, unknown>>> => ({
  name: `notNull(${columns.join(", ")})`,
  severity: "block",
  rule: { _tag: "NotNull", columns }
})

/** No two rows of a window agree in all of these columns. */
export const unique = <const K extends string>(...columns: ReadonlyArray<K>): Check<Readonly<Record<K, unknown>>> => ({
  name: `unique(${columns.join(", ")})`,
  severity: "block",
  rule: { _tag: "Unique", columns }
})

/** `min` and `max` are allowed, and so is no value. */
export const within = <const K extends string>(
  column: K,
  min: number,
  max: number,
  severity: Severity = "block"
): Check<Readonly<Record<K, number | null>>> => ({
  name: `within(${column}, ${min}, ${max})`,
  severity,
  rule: { _tag: "Within", column, min, max }
})

/** What a check found: how many rows break it. */
export const Finding = Schema.Struct({ check: Schema.String, severity: Schema.Literals(["block", "warn"]), offenders: Schema.Int })
export interface Finding extends Schema.Schema.Type<typeof Finding> {}

export const describe = (finding: Finding): string =>
  `${finding.check}: ${finding.offenders} ${finding.offenders === 1 ? "offender" : "offenders"}`

export class AuditFailed extends Schema.TaggedError<AuditFailed>()("AuditFailed", {
  asset: Schema.String,
  window: Schema.String,
  subject: Schema.String,
  findings: Schema.Array(Finding)
}) {
  get checks(): ReadonlyArray<string> {
    return this.findings.map(describe)
  }
  override get message() {
    const what = [this.asset, this.subject, this.window].filter((_) => _ !== "").join(" ")
    return `${what} was made and not published, because of ${this.checks.join("; ")}. ` +
      "The rows published before are untouched; the table _offenders keeps what was refused."
  }
}
