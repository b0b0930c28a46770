/**
 * A view is a table without rows of its own: DuckDB asks its query whenever it is read. Use it for what is cheap to
 * tell and not worth keeping twice.
 *
 * Its body hands over SQL. Making it looks at what the query says now: checks hold or nothing is published, and the
 * content is hashed, so what reads the view is stale when the view says something else, and not when its upstream
 * merely changed. It is made over all there is, so an asset that is per something cannot be one.
 */
import { DateTime, Effect, Schema } from "effect"
import { Statement } from "effect/sql"
import type * as Asset from "../engine/Asset.ts"
import { AuditFailed, describe } from "../engine/Check.ts"
import { Entry, historyOf, Manifest } from "../engine/Manifest.ts"
import { whole } from "../engine/Partition.ts"
import * as Span from "../engine/Span.ts"
import type * as Store from "../engine/Store.ts"
import * as Column from "./Column.ts"
import { DuckDb, type DuckDbClient } from "./DuckDb.ts"
import type { Failure, Rows } from "./Table.ts"
import { audited, keep } from "./table/audit.ts"
import { contentOf, ddl, type Shape, staged } from "./table/Shape.ts"
import { written } from "./written.ts"

export interface View<A> extends Store.Store<Statement.Fragment, Rows<A>, A, Failure, DuckDb | Manifest> {
  readonly row: Schema.Top
  readonly keyed: false
  readonly subjects: false
}

/** A view whose rows are as `row` says, column by column. */
export const make = <A extends object, I extends object>(row: Schema.Codec<A, I>): View<A> => {
  const shape: Shape = { columns: Column.of(row), key: undefined, subject: undefined, log: undefined }
  const decode = Schema.decodeUnknownEffect(Schema.Array(row))
  const read = (asset: Asset.Any) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      if ((yield* kindOf(sql, asset.name)) === undefined) yield* sql`CREATE VIEW ${sql(asset.name)} AS ${nothing(sql, shape)}`
      const relation = sql`(FROM ${sql(asset.name)})`
      const rows = DuckDb.use((sql) => Effect.flatMap(sql`FROM ${relation} ORDER BY ALL`, decode))
      return { ...Statement.fragment(relation.segments), name: asset.name, rows }
    })
  const write = (step: Store.Step, query: Statement.Fragment) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const { publication, refused } = yield* sql.atomic(published(step, shape, query))
      if (refused.length === 0) return publication
      return yield* new AuditFailed({ asset: step.asset.name, window: "", subject: "", findings: refused })
    })
  return { kind: "view", row, keyed: false, subjects: false, read, write }
}

// helpers

/** Inside the transaction: look, audit, and let the name mean the query from now on. */
const published = Effect.fnUntraced(function*(step: Store.Step, shape: Shape, query: Statement.Fragment) {
  const sql = yield* DuckDb
  const { asset } = step
  const columns = sql.csv(shape.columns.map((_) => sql`CAST(${sql(_.name)} AS ${sql.literal(_.type)}) AS ${sql(_.name)}`))
  const said = sql`SELECT ${columns} FROM (${written(query)})`
  yield* sql`CREATE OR REPLACE TEMP TABLE ${staged(sql, step)} (${ddl(sql, shape)})`
  yield* sql`INSERT INTO ${staged(sql, step)} BY NAME ${said}`
  const found = yield* keep(sql, step, yield* audited(sql, step, shape))
  const refused = found.filter((_) => _.severity === "block")
  if (refused.length > 0) return { publication: { rows: 0, changed: Span.empty, warnings: [] }, refused }
  const [now] = yield* sql<{ digest: string; n: number }>`SELECT count(*) || ':' || sum(${
    contentOf(sql, shape)
  }) AS digest, count(*) AS n FROM ${staged(sql, step)}`
  const { digest: contentHash = "", n: rows = 0 } = now ?? {}
  if ((yield* kindOf(sql, asset.name)) === "table") yield* sql`DROP TABLE ${sql(asset.name)}`
  yield* sql`CREATE OR REPLACE VIEW ${sql(asset.name)} AS ${said}`
  yield* sql`DROP TABLE ${staged(sql, step)}`
  const before = ((yield* historyOf([asset])).get(asset) ?? []).at(-1)
  const isNew = before?.contentHash !== contentHash
  const manifest = yield* Manifest
  yield* manifest.publish(
    new Entry({
      id: step.id,
      asset: asset.name,
      subject: "",
      window: { first: "", last: "" },
      changed: isNew ? [{ first: "", last: "" }] : [],
      codeVersion: asset.codeVersion,
      sawUpTo: step.sawUpTo,
      inputs: step.inputs,
      rows,
      contentHash,
      warnings: found.map(describe),
      at: DateTime.toEpochMillis(yield* DateTime.now)
    })
  )
  const publication: Store.Publication = { rows, changed: isNew ? Span.of([whole]) : Span.empty, warnings: found }
  return { publication, refused }
})

const kindOf = Effect.fnUntraced(function*(sql: DuckDbClient, name: string) {
  const [found] = yield* sql<{ kind: string }>`
    SELECT CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END AS kind
    FROM information_schema.tables
    WHERE table_catalog = current_database() AND table_name = ${name}`
  return found?.kind
})

const nothing = (sql: DuckDbClient, { columns }: Shape) =>
  sql`SELECT ${sql.csv(columns.map((_) => sql`NULL::${sql.literal(_.type)} AS ${sql(_.name)}`))} WHERE false`
