/**
 * A check is a sentence about rows, kept as data on the asset. A store reads it, and audits what is staged before it
 * publishes: a blocking check that finds offenders keeps the old rows, a warning publishes and is recorded.
 *
 * `Check<Row>` takes rows, so a check of a column the row lacks, or of another type, does not fit the asset.
 *
 * ```ts
 * import { Check } from "crypto-pipeline"
 *
 * export const checks = [
 *   Check.unique("gauge", "read_at"),
 *   Check.warn(Check.within("level", 0, 12)),
 *   Check.recent("read_at", "2 hours", { by: "gauge" }),
 *   Check.custom<{ readonly high: number; readonly low: number }>("high >= low", { sql: "high >= low", holds: (_) => _.high >= _.low })
 * ]
 * ```
 */
import { Duration, Schema } from "effect"

export type Severity = "block" | "warn"

export type Rule =
  | { readonly _tag: "NotNull"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "Unique"; readonly columns: ReadonlyArray<string> }
  | { readonly _tag: "Within"; readonly column: string; readonly min: number; readonly max: number }
  | { readonly _tag: "RowCount"; readonly drop: number; readonly rise: number }
  | { readonly _tag: "NoGaps"; readonly column: string; readonly by: string | undefined }
  | { readonly _tag: "Recent"; readonly column: string; readonly by: string | undefined; readonly within: number }
  | { readonly _tag: "OnceADay"; readonly column: string; readonly by: string | undefined }
  | { readonly _tag: "Custom"; readonly sql: string; readonly holds: ((row: never) => boolean) | undefined }

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

/** The rows are not fewer than 1 − `drop` times what was published for the same window and subject before, nor more than 1 + `rise` times. */
export const rowCount = (change: { readonly drop: number; readonly rise?: number }): Check<unknown> => {
  const { drop, rise = Infinity } = change
  return {
    name: `rowCount(−${Math.round(drop * 100)} %${rise === Infinity ? "" : `, +${Math.round(rise * 100)} %`})`,
    severity: "block",
    rule: { _tag: "RowCount", drop, rise }
  }
}

/**
 * Between the first and the last key of each `by`, published before or now, no key lacks its row. A missing key is told
 * by the step that makes it: holes elsewhere are not told again. Keys are those of the asset's partition, else UTC days.
 */
export const noGaps = <const K extends string, const By extends string = never>(
  column: K,
  options: { readonly by?: By } = {}
): Check<Readonly<Record<K, string> & Record<By, unknown>>> => ({
  name: `noGaps(${told(column, options.by)})`,
  severity: "warn",
  rule: { _tag: "NoGaps", column, by: options.by }
})

/** The newest `column` of each `by`, published before or now, is no older than `within`; asked of the step that makes the newest key. */
export const recent = <const K extends string, const By extends string = never>(
  column: K,
  within: Duration.Input,
  options: { readonly by?: By } = {}
): Check<Readonly<Record<K, string> & Record<By, unknown>>> => {
  const duration = Duration.fromInputUnsafe(within)
  return {
    name: `recent(${told(column, options.by)}, ${Duration.format(duration)})`,
    severity: "warn",
    rule: { _tag: "Recent", column, by: options.by, within: Duration.toMillis(duration) }
  }
}

/** No two rows of one `by` lie on the same UTC day. */
export const onceADay = <const K extends string, const By extends string = never>(
  column: K,
  options: { readonly by?: By } = {}
): Check<Readonly<Record<K, string> & Record<By, unknown>>> => ({
  name: `onceADay(${told(column, options.by)})`,
  severity: "block",
  rule: { _tag: "OnceADay", column, by: options.by }
})

/**
 * A condition that holds for each row, as SQL for tables (`"high >= low"`; NULL lets a row pass) and as a function for
 * stores that know no SQL. The name says what holds.
 */
export const custom = <Row = unknown>(
  name: string,
  condition: { readonly sql: string; readonly holds?: (row: Row) => boolean }
): Check<Row> => ({ name, severity: "block", rule: { _tag: "Custom", sql: condition.sql, holds: condition.holds } })

/** The same check, letting its offenders through; they are kept and told. */
export const warn = <Row>(self: Check<Row>): Check<Row> => ({ ...self, severity: "warn" })

/** The same check, letting nothing through. */
export const block = <Row>(self: Check<Row>): Check<Row> => ({ ...self, severity: "block" })

/** So many offenders of a check are kept of each step; their number is exact. */
export const CAP = 100

/** What a check found: how many rows break it. */
export const Finding = Schema.Struct({ check: Schema.String, severity: Schema.Literals(["block", "warn"]), offenders: Schema.Int })
export interface Finding extends Schema.Schema.Type<typeof Finding> {}

/** What a check finds in what is published now: nothing, or offenders, the first of them as JSON. */
export interface Verdict extends Finding {
  readonly rows: ReadonlyArray<string>
}

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

// helpers

const told = (column: string, by: string | undefined): string => by === undefined ? column : `${column} of each ${by}`
