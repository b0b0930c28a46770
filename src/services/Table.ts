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
import { AuditFailed, describe } from "../engine/Check.ts"
import { Entry, Manifest } from "../engine/Manifest.ts"
import { Plug } from "../engine/Run.ts"
import type { Window } from "../engine/Partition.ts"
import * as Span from "../engine/Span.ts"
import type * as Store from "../engine/Store.ts"
import * as Column from "./Column.ts"
import { DuckDb, type DuckDbError } from "./DuckDb.ts"
import { auditOf, keep, reviewed } from "./table/audit.ts"
import { compared } from "./table/compared.ts"
import { ensure, fit, found, rowGroup } from "./table/found.ts"
import { adopt, ddl, type Shape, slicing, sorted, staged, stagedName } from "./table/Shape.ts"

export { OFFENDERS } from "./table/audit.ts"

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
 *
 * ```ts
 * import { Column, Table } from "crypto-pipeline"
 * import { Schema } from "effect"
 *
 * const Reading = Schema.Struct({
 *   gauge: Schema.String,
 *   read_at: Column.Instant,
 *   level: Column.figure("metres above the gauge's zero")
 * })
 * export const readings = Table.make(Reading, { key: "read_at", subject: "gauge" })
 * ```
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
      yield* adopt(sql, asset)
      yield* ensure(sql, asset, shape)
      const names = sql.csv(shape.columns.map((_) => sql`${sql(_.name)}`))
      const relation = sql`(SELECT ${names} FROM ${sql(asset.name)} WHERE ${slicing(sql, asset, shape, slice)})`
      const rows = DuckDb.use((sql) => Effect.flatMap(sql`FROM ${relation} ORDER BY ALL`, decode))
      return { ...Statement.fragment(relation.segments), name: asset.name, rows }
    })
  const write = (step: Store.Step, value: Value<A>) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* adopt(sql, step.asset)
      const rows = Statement.isFragment(value) ? value : transpose(shape, yield* encode(value))
      // by itself: whoever reads a table that a transaction has made, and not yet committed, has a conflict
      yield* ensure(sql, step.asset, shape)
      const plug = yield* Plug
      const once = sql.staging(step.asset.name, stage(step, shape, rows),
        (_) => Effect.tap(publish(step, shape, _), plug("committing", step.asset, step.subject)))
      const { made, publication, refused } = yield* once.pipe(
        Effect.catchTag("Unfit", (_) => Effect.andThen(fit(sql, step.asset, shape, _), once)),
        Effect.catchTag("Unfit", Effect.die)
      )
      // if it cannot be now, the next one gives the room back
      if (made >= rowGroup) yield* Effect.ignore(sql.checkpoint)
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
    yield* adopt(sql, asset)
    yield* ensure(sql, asset, shape)
    yield* Effect.catchTag(found(sql, asset, shape), "Unfit", (_) => fit(sql, asset, shape, _))
    return yield* reviewed(sql, { id: "", asset, window, subject: undefined, sawUpTo: 0, inputs: {} }, shape)
  })
  // keyed and subjects are told by the options, and so are their types: a conditional type cannot be built by expression
  const keyed = (options.key !== undefined) as Table<A, Key, Subject>["keyed"]
  const subjects = (options.subject !== undefined) as Table<A, Key, Subject>["subjects"]
  return { kind: "table", row, keyed, subjects, read, write, audit }
}

// helpers

type Columns = Readonly<Record<string, ReadonlyArray<unknown>>>

const transpose = (shape: Shape, rows: ReadonlyArray<object>): Columns => {
  const values = rows.map((_) => new Map<string, unknown>(Object.entries(_)))
  return Object.fromEntries(shape.columns.map(({ name }) => [name, values.map((_) => _.get(name) ?? null)]))
}

type Staged = Effect.Success<ReturnType<typeof stage>>

/**
 * The rows, looked at and compared with what is there; nobody else sees them yet. Where there was no row, the staged table becomes
 * the table: it is written once. Elsewhere it is a temporary one, since DuckDB does not give back the room of a table that is made
 * and dropped in one transaction.
 */
const stage = Effect.fnUntraced(function*(step: Store.Step, shape: Shape, rows: Statement.Fragment | Columns) {
  const sql = yield* DuckDb
  const plug = yield* Plug
  const { hasRows, readsLittle } = yield* found(sql, step.asset, shape)
  const becomes = Statement.isFragment(rows) && !hasRows
  const order = becomes && !readsLittle ? sorted(sql, shape) : sql``
  yield* sql`CREATE OR REPLACE ${sql.literal(becomes ? "" : "TEMP")} TABLE ${staged(sql, step)} (${ddl(sql, shape)})`
  const made = yield* Statement.isFragment(rows)
    ? Effect.map(sql<{ Count: number }>`INSERT INTO ${staged(sql, step)} BY NAME SELECT * FROM (${rows}) ${order}`, ([_]) => _?.Count ?? 0)
    : sql.append(stagedName(step), rows)
  yield* plug("staged", step.asset, step.subject)
  const here = slicing(sql, step.asset, { ...shape, log: undefined }, step)
  const before = hasRows && shape.log === undefined ? here : undefined
  const { offending, ...comparison } = yield* compared(sql, step, shape, before, yield* auditOf(sql, step, shape))
  const refused = offending.map((_) => _.finding).filter((_) => _.severity === "block")
  yield* plug("checked", step.asset, step.subject)
  return { becomes, made, offending, refused, comparison, here }
})

/** Keeps the offenders; the slice's rows are swapped, if any of its keys came out another than it was, and the manifest says so. */
const publish = Effect.fnUntraced(function*(step: Store.Step, shape: Shape, of: Staged) {
  const { becomes, comparison, here, made, offending, refused } = of
  const sql = yield* DuckDb
  const { asset, subject, window } = step
  const warnings = yield* keep(sql, step, offending)
  if (refused.length > 0) {
    yield* sql`DROP TABLE ${staged(sql, step)}`
    const none: Store.Publication = { rows: 0, changed: Span.empty, warnings: [] }
    return { made, publication: none, refused }
  }
  const table = sql`${sql(asset.name)}`
  const { changed, hash, revised, rows } = comparison
  if (changed.length > 0 && becomes) {
    yield* sql`DROP TABLE ${table}; ALTER TABLE ${staged(sql, step)} RENAME TO ${table}`
  } else {
    if (changed.length > 0 && asset.per === undefined && subject === undefined && shape.log === undefined) {
      yield* sql`CREATE OR REPLACE TABLE ${table} AS FROM ${staged(sql, step)} ${sorted(sql, shape)}`
    } else if (changed.length > 0) {
      if (shape.log === undefined) yield* sql`DELETE FROM ${table} WHERE ${here}`
      yield* sql`INSERT INTO ${table} FROM ${staged(sql, step)} ${sorted(sql, shape)}`
    }
    yield* sql`DROP TABLE ${staged(sql, step)}`
  }
  const manifest = yield* Manifest
  yield* manifest.publish(
    new Entry({
      id: step.id,
      asset: asset.name,
      subject: subject ?? "",
      window: { first: window.first, last: window.last },
      changed: changed.map(({ from, to }) => ({ first: window.calendar.keyOf(from), last: window.calendar.keyOf(to) })),
      codeVersion: asset.codeVersion,
      sawUpTo: step.sawUpTo,
      inputs: step.inputs,
      rows,
      contentHash: hash,
      warnings: warnings.map(describe),
      at: DateTime.toEpochMillis(yield* DateTime.now)
    })
  )
  return { made, publication: { rows, changed, warnings, ...revisions(asset, Span.size(revised)) }, refused }
})

/** Whatever reads nothing is served by a source: keys that it had served before, and serves otherwise now. */
const revisions = ({ from, per }: Asset.Any, keys: number): Pick<Store.Publication, "notes"> => {
  if (per === undefined || keys === 0 || Object.keys(from).length > 0) return {}
  const { unit } = per.calendar
  return { notes: [`${keys} stored ${unit === "static" ? "key" : unit}${keys === 1 ? "" : "s"} revised`] }
}
