/**
 * A file of an older format is brought up to date by writing its tables anew: CREATE TABLE AS, DROP, RENAME, in one
 * transaction with the new format's number, then a CHECKPOINT. That is the shape whose crashes were counted without a loss.
 * (Many forms of ALTER leave a file that cannot be opened after a crash; so there is none here.)
 */
import { Effect } from "effect"
import type { DuckDbClient } from "../../services/DuckDb.ts"

export interface Migration {
  /** The format that the file has afterwards: 1 is the first. */
  readonly to: number
  readonly about: string
  /** For each table that changes, the SELECT of what it holds from now on. */
  readonly rewrite: Readonly<Record<string, string>>
}

/** The format that this program writes. */
export const formatOf = (migrations: ReadonlyArray<Migration>): number => Math.max(0, ...migrations.map((_) => _.to))

/** Runs what a file of format `from` has not seen, in order; each is whole or has not happened. */
export const migrate = Effect.fn("DuckDb.migrate")(function*(sql: DuckDbClient, from: number, migrations: ReadonlyArray<Migration>) {
  const due = migrations.filter((_) => _.to > from).sort((a, b) => a.to - b.to)
  for (const { to, about, rewrite } of due) {
    yield* Effect.logInfo(`Bringing ${sql.path} to format ${to}: ${about}`)
    yield* sql.withTransaction(Effect.gen(function*() {
      for (const [table, select] of Object.entries(rewrite)) {
        const next = `${table}__next`
        yield* sql`CREATE OR REPLACE TABLE ${sql(next)} AS ${sql.literal(select)}`
        yield* sql`DROP TABLE ${sql(table)}`
        yield* sql`ALTER TABLE ${sql(next)} RENAME TO ${sql(table)}`
      }
      yield* sql`UPDATE _meta SET value = ${String(to)} WHERE key = 'format'`
    }))
    yield* sql.checkpoint
  }
})
