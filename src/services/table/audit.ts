/** What is staged is looked at before it is published: is it of its slice, and do the asset's checks hold? */
import { DateTime, Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import { isInTime } from "../../engine/Calendar.ts"
import { CAP, type Finding, type Rule, type Severity } from "../../engine/Check.ts"
import type * as Store from "../../engine/Store.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"
import { edgeOf, hasDates, inside, type Shape, slicing, staged } from "./Shape.ts"

/** The names of DuckDB tables that are not assets'. */
export const OFFENDERS = "_offenders"

/** What a check found, and the query that finds its offenders. */
export interface Offending {
  readonly finding: Finding
  readonly offending: Statement.Fragment
}

/** What is asked of what is staged: aggregates over its rows, and what their answer tells. */
export interface Audit {
  readonly aggregates: ReadonlyArray<Statement.Fragment>
  readonly told: (answer: Answer) => Effect.Effect<ReadonlyArray<Offending>, SqlError.SqlError>
}

export const auditOf = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
  const rules = judged(sql, step, shape, yield* DateTime.now, staged(sql, step))
  const audit: Audit = {
    aggregates: suspects(sql, rules),
    told: (answer) =>
      Effect.map(counted(sql, rules, answer), (counts) =>
        rules.flatMap(({ check, offending, severity }, i): ReadonlyArray<Offending> => {
          const offenders = counts[i] ?? 0
          return offenders > 0 ? [{ offending, finding: { check, severity, offenders } }] : []
        }))
  }
  return audit
})

/** What the checks find in what is staged. */
export const audited = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
  const { aggregates, told } = yield* auditOf(sql, step, shape)
  return yield* told(yield* answered(sql, aggregates, staged(sql, step)))
})

/** Keeps the first of the offenders. */
export const keep = Effect.fnUntraced(function*(sql: DuckDbClient, { asset, id, subject }: Store.Step, found: ReadonlyArray<Offending>) {
  const now = yield* DateTime.now
  if (found.length > 0) {
    yield* sql`
      CREATE TABLE IF NOT EXISTS ${sql(OFFENDERS)}
        (id VARCHAR, asset VARCHAR, subject VARCHAR, "check" VARCHAR, severity VARCHAR, "row" VARCHAR, refused_at TIMESTAMPTZ)`
  }
  for (const { finding: { check, severity }, offending } of found) {
    yield* sql`
      INSERT INTO ${sql(OFFENDERS)}
      SELECT ${id}, ${asset.name}, ${subject ?? ""}, ${check}, ${severity}, to_json(o), ${now}
      FROM (${offending} LIMIT ${sql.literal(`${CAP}`)}) o`
  }
  return found.map((_) => _.finding)
})

/** What the checks find in what is published, with the first of the offenders. */
export const reviewed = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
  const now = yield* DateTime.now
  const rows = sql`(FROM ${sql(step.asset.name)} WHERE ${slicing(sql, step.asset, shape, step)})`
  // what is kept is its own before: how rows change is asked when they are made
  const rules = judged(sql, step, shape, now, rows).filter(({ check }) =>
    step.asset.checks.some((_) => _.name === check && _.rule._tag !== "RowCount")
  )
  const counts = yield* counted(sql, rules, yield* answered(sql, suspects(sql, rules), rows))
  return yield* Effect.forEach(rules, ({ check, offending, severity }, i) =>
    Effect.gen(function*() {
      const offenders = counts[i] ?? 0
      const found = offenders === 0
        ? []
        : yield* sql<{ row: string }>`SELECT to_json(o)::VARCHAR AS row FROM (${offending} LIMIT ${sql.literal(`${CAP}`)}) o`
      return { check, severity, offenders, rows: found.map((_) => _.row) }
    }))
})

// helpers

interface Judged {
  readonly check: string
  readonly severity: Severity
  /** The query that finds what breaks the rule: a row of the result an offender. */
  readonly offending: Statement.Fragment
  /** An aggregate over the rows that is 0 only if there is no offender: quicker than to find them. */
  readonly suspects: Statement.Fragment
}

/** What aggregates over rows came to, by name. */
type Answer = Readonly<Record<string, unknown>>

const suspects = (sql: DuckDbClient, rules: ReadonlyArray<Judged>) => rules.map(({ suspects }, i) => sql`${suspects} AS ${sql(`n${i}`)}`)

/** One pass over the rows. */
const answered = Effect.fnUntraced(function*(sql: DuckDbClient, aggregates: ReadonlyArray<Statement.Fragment>, rows: Statement.Fragment) {
  if (aggregates.length === 0) return {}
  const [answer = {}] = yield* sql<Answer>`${written(sql`SELECT ${sql.csv(aggregates)} FROM ${rows}`)}`
  return answer
})

/** How many offenders each rule has: another pass over the rows for one that may have some. */
const counted = (sql: DuckDbClient, rules: ReadonlyArray<Judged>, answer: Answer) =>
  Effect.forEach(rules, ({ offending }, i) =>
    answer[`n${i}`] === 0
      ? Effect.succeed(0)
      : Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM (${offending})`, ([_]) => _?.n ?? 0))

/** What is asked of the rows of this step: that they are of its slice, and the asset's checks. */
const judged = (
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  now: DateTime.Utc,
  rows: Statement.Fragment
): ReadonlyArray<Judged> => {
  const { asset, subject, window } = step
  const block = (check: string, clause: Statement.Fragment): Judged => ({ check, severity: "block", ...where(sql, rows, clause) })
  return [
    ...(asset.per === undefined || shape.key === undefined
      ? []
      : [block("inside the window", sql`(${inside(sql, shape, window)}) IS NOT TRUE`)]),
    ...(subject === undefined || shape.subject === undefined
      ? []
      : [block("of the subject", sql`${sql(shape.subject)} IS DISTINCT FROM ${subject}`)]),
    ...asset.checks.flatMap(({ name, rule, severity }) => {
      const broken = breaking(sql, step, shape, rule, now, rows)
      return broken === undefined ? [] : [{ check: name, severity, ...broken }]
    })
  ]
}

type Broken = Pick<Judged, "offending" | "suspects">

/** Rows that by themselves are offenders. */
const where = (sql: DuckDbClient, rows: Statement.Fragment, clause: Statement.Fragment): Broken => ({
  offending: sql`SELECT * FROM ${rows} WHERE ${clause}`,
  suspects: sql`count(*) FILTER (WHERE ${clause})`
})

/** Rows that agree with others in these columns, of all or of `some`. Rows that agree have one hash, so where none is shared, none do. */
const repeated = (sql: DuckDbClient, rows: Statement.Fragment, columns: Statement.Fragment, some?: Statement.Fragment): Broken => {
  const of = some === undefined ? sql`` : sql`FILTER (WHERE ${some})`
  return {
    offending: sql`SELECT * FROM ${rows} WHERE ${some ?? sql`true`} QUALIFY count(*) OVER (PARTITION BY ${columns}) > 1`,
    suspects: sql`count(*) ${of} - count(DISTINCT hash(${columns})) ${of}`
  }
}

const counting = (sql: DuckDbClient, offending: Statement.Fragment): Broken => ({
  offending,
  suspects: sql`(SELECT count(*) FROM (${offending}))`
})

/** What breaks a rule; nothing, where this step is not asked. */
const breaking = (
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  rule: Rule,
  now: DateTime.Utc,
  rows: Statement.Fragment
): Broken | undefined => {
  const { asset, window } = step
  switch (rule._tag) {
    case "NotNull":
      return where(sql, rows, sql.or(rule.columns.map((_) => sql`${sql(_)} IS NULL`)))
    case "Unique":
      return repeated(sql, rows, sql.csv(rule.columns.map((_) => sql`${sql(_)}`)))
    case "Within":
      return where(sql, rows, sql`${sql(rule.column)} NOT BETWEEN ${rule.min} AND ${rule.max}`)
    case "Custom":
      return where(sql, rows, sql`NOT (${sql.literal(rule.sql)})`)
    case "RowCount": {
      const most = rule.rise === Infinity ? sql`` : sql`OR rows > rows_before * ${1 + rule.rise}`
      return counting(sql, sql`
        SELECT * FROM (
          SELECT
            (SELECT count(*) FROM ${sql(asset.name)} WHERE ${slicing(sql, asset, shape, step)}) AS rows_before,
            (SELECT count(*) FROM ${rows}) AS rows
        ) WHERE rows_before > 0 AND (rows < rows_before * ${1 - rule.drop} ${most})`)
    }
    case "OnceADay": {
      const day = sql`${sql(rule.column)}::DATE`
      const by = rule.by === undefined ? day : sql.csv([sql`${sql(rule.by)}`, day])
      return repeated(sql, rows, by, sql`${sql(rule.column)} IS NOT NULL`)
    }
    case "Recent": {
      if (asset.per !== undefined && isInTime(window.calendar) && window.to < asset.per.newest(DateTime.toEpochMillis(now)))
        return undefined
      const by = rule.by === undefined ? sql`` : sql`${sql(rule.by)},`
      return counting(sql, sql`
        SELECT ${by} max(${sql(rule.column)}) AS newest
        FROM (${series(sql, step, shape, rule, rows)})
        GROUP BY ALL
        HAVING max(${sql(rule.column)}) < ${DateTime.subtract(now, { milliseconds: rule.within })}`)
    }
    case "NoGaps": {
      const { calendar } = window
      if (asset.per !== undefined && !isInTime(calendar)) return undefined
      const dates = hasDates(shape.columns, rule.column, calendar)
      const type = sql.literal(dates ? "DATE" : "TIMESTAMPTZ")
      const [by, name] = rule.by === undefined ? [sql`1`, sql``] : [sql`${sql(rule.by)}`, sql`b AS ${sql(rule.by)},`]
      const starts = Array.from({ length: asset.per === undefined ? 0 : window.size },
        (_, i) => dates ? calendar.dateOf(window.from + i) : DateTime.formatIso(DateTime.makeUnsafe(calendar.startOf(window.from + i))))
      const due = asset.per === undefined
        ? sql`SELECT unnest(generate_series(min(v)::DATE::TIMESTAMPTZ, max(v)::DATE::TIMESTAMPTZ, INTERVAL 1 DAY)) AS k FROM points`
        : sql`SELECT unnest(string_split(${starts.join()}, ',')::${type}[]) AS k`
      const here = asset.per === undefined ? sql`true` : sql`v < ${edgeOf(sql, shape.columns, rule.column, calendar, window.to + 1)}`
      // a date is its own key; another value lies in the key that began last, which costs a join of all with all
      const there = asset.per !== undefined && dates && calendar.unit === "day"
        ? sql`SELECT DISTINCT b, v AS k FROM points WHERE ${here}`
        : sql`SELECT DISTINCT b, k FROM (FROM points WHERE ${here}) ASOF JOIN due ON v >= k`
      return counting(sql, sql`
        WITH
          points AS (SELECT ${by} AS b, ${sql(rule.column)}::${type} AS v FROM (${
        series(sql, step, shape, rule, rows)
      }) WHERE v IS NOT NULL),
          spans AS (SELECT b, min(v) AS first, max(v) AS last FROM points GROUP BY b),
          due AS (${due}),
          there AS (${there})
        SELECT ${name} k AS ${sql(rule.column)}
        FROM (FROM spans, due WHERE k > first AND k < last) ANTI JOIN there USING (b, k)
        ORDER BY ALL`)
    }
  }
}

/** What a series will be: these rows, and what is kept of the subject beside them. */
const series = (
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  { by, column }: { readonly by: string | undefined; readonly column: string },
  rows: Statement.Fragment
): Statement.Fragment => {
  const columns = by === undefined ? sql`${sql(column)}` : sql`${sql(by)}, ${sql(column)}`
  const of = step.subject === undefined || shape.subject === undefined ? sql`true` : sql`${sql(shape.subject)} = ${step.subject}`
  const kept = step.asset.per === undefined ? sql`false` : sql`NOT (${slicing(sql, step.asset, { ...shape, log: undefined }, step)})`
  return sql`
    SELECT ${columns} FROM ${rows}
    UNION ALL SELECT ${columns} FROM ${sql(step.asset.name)} WHERE ${of} AND ${kept}`
}
