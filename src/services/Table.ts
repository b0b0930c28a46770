/**
 * A table in DuckDB is where most assets are kept, under the asset's own name.
 *
 * It is written by write–audit–publish, in one transaction: stage the rows, look for offenders, then either swap the
 * slice's rows and publish the manifest entry, or keep the offenders and leave the old rows alone. What comes out as
 * it was is not written again. A reader gets the slice its edge names, and no other rows.
 */
import { DateTime, Effect, Schema } from "effect"
import { type SqlError, Statement } from "effect/sql"
import type * as Asset from "../engine/Asset.ts"
import { AuditFailed, CAP, describe, type Finding, type Rule, type Severity } from "../engine/Check.ts"
import { Entry, Manifest } from "../engine/Manifest.ts"
import { type Calendar, whole, type Window } from "../engine/Partition.ts"
import { Plug } from "../engine/Run.ts"
import * as Span from "../engine/Span.ts"
import type * as Store from "../engine/Store.ts"
import * as Column from "./Column.ts"
import { DuckDb, type DuckDbClient, type DuckDbError } from "./DuckDb.ts"

/** The slice of a table that an edge reads: interpolate it in SQL, or take its decoded rows. It holds no other rows. */
export interface Rows<A> extends Statement.Fragment {
  readonly name: string
  readonly rows: Effect.Effect<ReadonlyArray<A>, SqlError.SqlError | Schema.SchemaError, DuckDb>
}

/** What a body hands over: rows, or the SQL that makes them (matched by column name). */
export type Value<A> = Statement.Fragment | ReadonlyArray<A>

export type Failure = AuditFailed | DuckDbError | SqlError.SqlError | Schema.SchemaError

export interface Table<A, Key, Subject> extends Store.Store<Value<A>, Rows<A>, A, Failure, DuckDb | Manifest> {
  readonly row: Schema.Top
  readonly keyed: [Key] extends [never] ? false : true
  readonly subjects: [Subject] extends [never] ? false : true
}

/**
 * A table of `row`. `key` is the column, a date or an instant, that lies in the time of its partition's key (or holds
 * the key, for a partition without time); `subject` the column that holds the subject. `log` keeps every
 * materialization side by side, told apart by that column; a reader sees the newest.
 */
export const make = <
  A extends object,
  I extends object,
  const Key extends keyof A & string = never,
  const Subject extends keyof A & string = never
>(
  row: Schema.Codec<A, I>,
  options: { readonly key?: Key; readonly subject?: Subject; readonly log?: keyof A & string } = {}
): Table<A, Key, Subject> => {
  const shape: Shape = { columns: Column.of(row), key: options.key, subject: options.subject, log: options.log }
  const encode = Schema.encodeEffect(Schema.Array(row))
  const decode = Schema.decodeUnknownEffect(Schema.Array(row))
  const read = (asset: Asset.Any, slice: Store.Slice) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE IF NOT EXISTS ${sql(asset.name)} (${ddl(sql, shape)})`
      const names = sql.csv(shape.columns.map((_) => sql`${sql(_.name)}`))
      const relation = sql`(SELECT ${names} FROM ${sql(asset.name)} WHERE ${slicing(sql, asset, shape, slice)})`
      const rows = DuckDb.use((sql) => Effect.flatMap(sql`FROM ${relation} ORDER BY ALL`, decode))
      return { ...Statement.fragment(relation.segments), name: asset.name, rows }
    })
  const write = (step: Store.Step, value: Value<A>) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* fit(sql, step.asset.name, shape)
      const rows = Statement.isFragment(value) ? value : transpose(shape, yield* encode(value))
      const { publication, refused } = yield* sql.atomic(published(step, shape, rows))
      if (refused.length > 0) {
        return yield* new AuditFailed({
          asset: step.asset.name,
          window: step.window.toString(),
          subject: step.subject ?? "",
          findings: refused
        })
      }
      return publication
    })
  const audit = Effect.fnUntraced(function*(asset: Asset.Any, window: Window) {
    const sql = yield* DuckDb
    yield* fit(sql, asset.name, shape)
    return yield* reviewed(sql, { id: "", asset, window, subject: undefined, sawUpTo: 0, inputs: {} }, shape)
  })
  // keyed and subjects are told by the options, and so are their types: a conditional type cannot be built by expression
  const keyed = (options.key !== undefined) as Table<A, Key, Subject>["keyed"]
  const subjects = (options.subject !== undefined) as Table<A, Key, Subject>["subjects"]
  return { kind: "table", row, keyed, subjects, read, write, audit }
}

/** The names of DuckDB tables that are not assets'. */
export const OFFENDERS = "_offenders"

// helpers

interface Shape {
  readonly columns: ReadonlyArray<Column.Column>
  readonly key: string | undefined
  readonly subject: string | undefined
  readonly log: string | undefined
}

type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

const ddl = (sql: DuckDbClient, shape: Shape) => sql.csv(shape.columns.map((_) => sql`${sql(_.name)} ${sql.literal(_.type)}`))

const transpose = (shape: Shape, rows: ReadonlyArray<object>): Columns => {
  const values = rows.map((_) => new Map<string, unknown>(Object.entries(_)))
  return Object.fromEntries(shape.columns.map(({ name }) => [name, values.map((_) => _.get(name) ?? null)]))
}

/** The table, with the columns that its rows have now: what was added is missing in old rows, what was dropped is dropped. */
const fit = Effect.fnUntraced(function*(sql: DuckDbClient, table: string, shape: Shape) {
  yield* sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (${ddl(sql, shape)})`
  const found = yield* sql<{ name: string; type: string }>`
    SELECT column_name AS name, data_type AS type
    FROM duckdb_columns()
    WHERE database_name = current_database() AND table_name = ${table}
    ORDER BY column_index`
  const type = (_: Column.Column) => _.type === "TIMESTAMPTZ" ? "TIMESTAMP WITH TIME ZONE" : _.type
  if (found.length === shape.columns.length && shape.columns.every((_, i) => found[i]?.name === _.name && found[i]?.type === type(_)))
    return
  const kept = (_: Column.Column) =>
    found.some(({ name }) => name === _.name)
      ? sql`TRY_CAST(${sql(_.name)} AS ${sql.literal(_.type)}) AS ${sql(_.name)}`
      : sql`NULL::${sql.literal(_.type)} AS ${sql(_.name)}`
  yield* sql`CREATE OR REPLACE TABLE ${sql(table)} AS SELECT ${sql.csv(shape.columns.map(kept))} FROM ${sql(table)}`
  yield* sql.checkpoint
})

/** The rows of a slice: those whose key lies in the window's time, of one subject or of all. */
const slicing = (sql: DuckDbClient, asset: Asset.Any, shape: Shape, { subject, window }: Store.Slice): Statement.Fragment => {
  const conditions: Array<Statement.Fragment> = []
  if (asset.per !== undefined && shape.key !== undefined) conditions.push(inside(sql, shape.key, window))
  if (subject !== undefined && shape.subject !== undefined) conditions.push(sql`${sql(shape.subject)} = ${subject}`)
  if (shape.log !== undefined) conditions.push(sql`${sql(shape.log)} = (SELECT max(${sql(shape.log)}) FROM ${sql(asset.name)})`)
  return conditions.length === 0 ? sql`true` : sql.and(conditions)
}

const inside = (sql: DuckDbClient, key: string, window: Window): Statement.Fragment =>
  window.calendar.unit === "static"
    ? sql`${sql(key)} IN ${sql.in(window.keys)}`
    : sql`(${sql(key)} >= ${window.start} AND ${sql(key)} < ${window.end})`

/** Inside the transaction: stage, audit, and swap or keep the offenders. */
const published = Effect.fnUntraced(function*(step: Store.Step, shape: Shape, rows: Statement.Fragment | Columns) {
  const sql = yield* DuckDb
  const plug = yield* Plug
  yield* sql`CREATE OR REPLACE TEMP TABLE ${staged(sql, step)} (${ddl(sql, shape)})`
  if (Statement.isFragment(rows)) yield* sql`INSERT INTO ${staged(sql, step)} BY NAME SELECT * FROM (${rows})`
  else yield* sql.append(stagedName(step), rows)
  yield* plug("staged", step.asset, step.subject)
  const found = yield* audit(sql, step, shape)
  yield* plug("checked", step.asset, step.subject)
  const refused = found.filter((_) => _.severity === "block")
  const publication: Store.Publication = refused.length > 0
    ? { rows: 0, changed: Span.empty, warnings: [] }
    : yield* swap(sql, step, shape, found)
  yield* plug("committing", step.asset, step.subject)
  return { publication, refused }
})

const stagedName = ({ asset }: Store.Step) => `staged_${asset.name}`
const staged = (sql: DuckDbClient, step: Store.Step) => sql`${sql(stagedName(step))}`

/** What the checks found, with the first of the offenders kept. */
const audit = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
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
const reviewed = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape) {
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
      : [block("inside the window", sql`(${inside(sql, shape.key, window)}) IS NOT TRUE`)]),
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
      if (asset.per !== undefined && !isInTime(window.calendar)) return undefined
      const unit = sql.literal(`'${asset.per === undefined ? "day" : window.calendar.unit}'`)
      const [by, comma] = rule.by === undefined ? [sql`1`, sql``] : [sql`${sql(rule.by)}`, sql`${sql(rule.by)},`]
      const [from, to] = asset.per === undefined
        ? [sql`first`, sql`last`]
        : [
          sql`greatest(first, ${window.start}::TIMESTAMPTZ)`,
          sql`least(last, ${DateTime.subtract(window.end, { milliseconds: 1 })}::TIMESTAMPTZ)`
        ]
      return sql`
        WITH
          points AS (
            SELECT DISTINCT ${by} AS b, date_trunc(${unit}, ${sql(rule.column)})::TIMESTAMPTZ AS k FROM (${
        series(sql, step, shape, rule, rows)
      })
          ),
          spans AS (SELECT b, min(k) AS first, max(k) AS last FROM points WHERE k IS NOT NULL GROUP BY b),
          due AS (SELECT b, unnest(generate_series(${from}, ${to}, ('1 ' || ${unit})::INTERVAL)) AS k FROM spans)
        SELECT ${rule.by === undefined ? sql`` : sql`b AS`} ${comma} k AS ${sql(rule.column)}
        FROM due ANTI JOIN points USING (b, k)
        ORDER BY ALL`
    }
  }
}

/** What a series will be: these rows, and what is kept of the subject beside it. */
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

const isInTime = ({ unit }: Calendar): boolean => unit !== "static" && unit !== "whole"

/** The slice's rows are swapped, if any of its keys came out another than it was, and the manifest says so. */
const swap = Effect.fnUntraced(function*(sql: DuckDbClient, step: Store.Step, shape: Shape, warnings: ReadonlyArray<Finding>) {
  const { asset, subject, window } = step
  const table = sql`${sql(asset.name)}`
  const here = slicing(sql, asset, { ...shape, log: undefined }, step)
  const old = shape.log === undefined ? sql`${table} WHERE ${here}` : sql`${table} WHERE false`
  const parts = yield* sql<{ k: string; digest: string; n: number; changed: boolean; revised: boolean }>`
    WITH
      fresh AS (SELECT ${keyOf(sql, asset, shape)} AS k, count(*) AS n, ${digest(sql, shape)} AS digest FROM ${
    staged(sql, step)
  } GROUP BY ALL),
      stale AS (SELECT ${keyOf(sql, asset, shape)} AS k, ${digest(sql, shape)} AS digest FROM ${old} GROUP BY ALL)
    SELECT k, coalesce(n, 0) AS n, coalesce(fresh.digest, 'none') AS digest, fresh.digest IS DISTINCT FROM stale.digest AS changed,
      changed AND stale.digest IS NOT NULL AS revised
    FROM fresh FULL JOIN stale USING (k)
    ORDER BY k`
  const differ = parts.filter((_) => _.changed)
  const rows = parts.reduce((sum, _) => sum + _.n, 0)
  if (differ.length > 0) {
    if (asset.per === undefined && subject === undefined && shape.log === undefined) {
      yield* sql`CREATE OR REPLACE TABLE ${table} AS FROM ${staged(sql, step)} ORDER BY ALL`
    } else {
      if (shape.log === undefined) yield* sql`DELETE FROM ${table} WHERE ${here}`
      yield* sql`INSERT INTO ${table} FROM ${staged(sql, step)} ORDER BY ALL`
    }
  }
  const { calendar } = window
  const changed = Span.ofKeys(differ.flatMap(({ k }) => ordinalOf(calendar, k) ?? []))
  const [hash] = yield* sql<{ hash: string }>`SELECT md5(${parts.map((_) => `${_.k} ${_.digest}`).join()}) AS hash`
  const manifest = yield* Manifest
  yield* manifest.publish(
    new Entry({
      id: step.id,
      asset: asset.name,
      subject: subject ?? "",
      window: { first: window.first, last: window.last },
      changed: changed.map(({ from, to }) => ({ first: calendar.keyOf(from), last: calendar.keyOf(to) })),
      codeVersion: asset.codeVersion,
      sawUpTo: step.sawUpTo,
      inputs: step.inputs,
      rows,
      contentHash: hash?.hash ?? "",
      warnings: warnings.map(describe),
      at: DateTime.toEpochMillis(yield* DateTime.now)
    })
  )
  return { rows, changed, warnings, ...revisions(asset, parts.filter((_) => _.revised).length) }
})

/** Whatever reads nothing is served by a source: keys that it had served before, and serves otherwise now. */
const revisions = ({ from, per }: Asset.Any, keys: number): Pick<Store.Publication, "notes"> => {
  if (per === undefined || keys === 0 || Object.keys(from).length > 0) return {}
  const { unit } = per.calendar
  return { notes: [`${keys} stored ${unit === "static" ? "key" : unit}${keys === 1 ? "" : "s"} revised`] }
}

/** A key as text: when its time begins, in milliseconds; or itself, if it lies in no time. */
const keyOf = (sql: DuckDbClient, asset: Asset.Any, { key }: Shape): Statement.Fragment => {
  if (asset.per === undefined || key === undefined) return sql`''`
  const { unit } = asset.per.calendar
  return unit === "static" ? sql`${sql(key)}` : sql`epoch_ms(date_trunc(${sql.literal(`'${unit}'`)}, ${sql(key)}))::VARCHAR`
}

const ordinalOf = (calendar: Calendar, k: string): number | undefined =>
  calendar.unit === "static" || calendar === whole.calendar ? calendar.ordinalOf(k) : calendar.ordinalAt(Number(k))

/**
 * The content of some rows, whatever their order. Doubles count with 12 significant digits: parallel sums are not
 * stable to the last bit.
 */
const digest = (sql: DuckDbClient, { columns }: Shape): Statement.Fragment => {
  const text = (_: Column.Column) =>
    _.type === "DOUBLE" ? sql`coalesce(format('{:.11e}', ${sql(_.name)}), '~')` : sql`coalesce(${sql(_.name)}::VARCHAR, '~')`
  return sql`count(*) || ':' || sum(md5_number_lower(concat_ws(chr(31), ${sql.csv(columns.map(text))}))::HUGEINT)`
}
