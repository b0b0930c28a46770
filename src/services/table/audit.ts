/** What is staged is looked at before it is published: is it of its slice, and do the asset's checks hold? */
import { DateTime, Effect } from "effect"
import type { Statement } from "effect/sql"
import { CAP, type Rule, type Severity } from "../../engine/Check.ts"
import type * as Store from "../../engine/Store.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { edgeOf, hasDates, inside, isInTime, type Shape, slicing, staged } from "./Shape.ts"

/** The names of DuckDB tables that are not assets'. */
export const OFFENDERS = "_offenders"

/** What the checks found, with the first of the offenders kept. */
export const audited = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
  const { asset, id, subject } = step
  const now = yield* DateTime.now
  const rules = judged(sql, step, shape, now, staged(sql, step))
  const [counts] = rules.length === 0 ? [] : yield* sql<Readonly<Record<string, number>>>`
    SELECT ${sql.csv(rules.map(({ offending }, i) => sql`(SELECT count(*) FROM (${offending})) AS ${sql(`n${i}`)}`))}`
  const found = rules.flatMap(({ offending, ...rule }, i) => {
    const offenders = counts?.[`n${i}`] ?? 0
    return offenders > 0 ? [{ offending, finding: { ...rule, offenders } }] : []
  })
  yield* sql`
    CREATE TABLE IF NOT EXISTS ${sql(OFFENDERS)}
      (id VARCHAR, asset VARCHAR, subject VARCHAR, "check" VARCHAR, severity VARCHAR, "row" VARCHAR, refused_at TIMESTAMPTZ)`
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
  return yield* Effect.forEach(rules, ({ check, offending, severity }) =>
    Effect.gen(function*() {
      const [counted] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM (${offending})`
      const offenders = counted?.n ?? 0
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
}

/** What is asked of the rows of this step: that they are of its slice, and the asset's checks. */
const judged = (
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  now: DateTime.Utc,
  rows: Statement.Fragment
): ReadonlyArray<Judged> => {
  const { asset, subject, window } = step
  const block = (check: string, clause: Statement.Fragment): Judged => ({
    check,
    severity: "block",
    offending: sql`SELECT * FROM ${rows} WHERE ${clause}`
  })
  return [
    ...(asset.per === undefined || shape.key === undefined
      ? []
      : [block("inside the window", sql`(${inside(sql, shape, window)}) IS NOT TRUE`)]),
    ...(subject === undefined || shape.subject === undefined
      ? []
      : [block("of the subject", sql`${sql(shape.subject)} IS DISTINCT FROM ${subject}`)]),
    ...asset.checks.flatMap(({ name, rule, severity }) => {
      const offending = breaking(sql, step, shape, rule, now, rows)
      return offending === undefined ? [] : [{ check: name, severity, offending }]
    })
  ]
}

/** The query that finds what breaks a rule; nothing, where this step is not asked. */
const breaking = (
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  rule: Rule,
  now: DateTime.Utc,
  rows: Statement.Fragment
): Statement.Fragment | undefined => {
  const { asset, window } = step
  switch (rule._tag) {
    case "NotNull":
      return sql`SELECT * FROM ${rows} WHERE ${sql.or(rule.columns.map((_) => sql`${sql(_)} IS NULL`))}`
    case "Unique":
      return sql`
        SELECT * FROM ${rows} QUALIFY count(*) OVER (PARTITION BY ${sql.csv(rule.columns.map((_) => sql`${sql(_)}`))}) > 1`
    case "Within":
      return sql`SELECT * FROM ${rows} WHERE ${sql(rule.column)} NOT BETWEEN ${rule.min} AND ${rule.max}`
    case "Custom":
      return sql`SELECT * FROM ${rows} WHERE NOT (${sql.literal(rule.sql)})`
    case "RowCount": {
      const most = rule.rise === Infinity ? sql`` : sql`OR rows > rows_before * ${1 + rule.rise}`
      return sql`
        SELECT * FROM (
          SELECT
            (SELECT count(*) FROM ${sql(asset.name)} WHERE ${slicing(sql, asset, shape, step)}) AS rows_before,
            (SELECT count(*) FROM ${rows}) AS rows
        ) WHERE rows_before > 0 AND (rows < rows_before * ${1 - rule.drop} ${most})`
    }
    case "OnceADay": {
      const day = sql`${sql(rule.column)}::DATE`
      const by = rule.by === undefined ? day : sql.csv([sql`${sql(rule.by)}`, day])
      return sql`SELECT * FROM ${rows} WHERE ${sql(rule.column)} IS NOT NULL QUALIFY count(*) OVER (PARTITION BY ${by}) > 1`
    }
    case "Recent": {
      if (asset.per !== undefined && isInTime(window.calendar) && window.to < asset.per.newest(DateTime.toEpochMillis(now)))
        return undefined
      const by = rule.by === undefined ? sql`` : sql`${sql(rule.by)},`
      return sql`
        SELECT ${by} max(${sql(rule.column)}) AS newest
        FROM (${series(sql, step, shape, rule, rows)})
        GROUP BY ALL
        HAVING max(${sql(rule.column)}) < ${DateTime.subtract(now, { milliseconds: rule.within })}`
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
      return sql`
        WITH
          points AS (SELECT ${by} AS b, ${sql(rule.column)}::${type} AS v FROM (${
        series(sql, step, shape, rule, rows)
      }) WHERE v IS NOT NULL),
          spans AS (SELECT b, min(v) AS first, max(v) AS last FROM points GROUP BY b),
          due AS (${due}),
          there AS (${there})
        SELECT ${name} k AS ${sql(rule.column)}
        FROM (FROM spans, due WHERE k > first AND k < last) ANTI JOIN there USING (b, k)
        ORDER BY ALL`
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
