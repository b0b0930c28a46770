import { Effect } from "effect"
import { DuckDb } from "../../../src/services/DuckDb.ts"

/** A table of its own for each test, and what it holds. */
export const ownTable = Effect.fnUntraced(function*(name: string) {
  const sql = yield* DuckDb
  yield* sql`CREATE OR REPLACE TABLE ${sql(name)} (i INTEGER)`
  return {
    sql,
    name,
    add: (i: number) => sql`INSERT INTO ${sql(name)} VALUES (${i})`,
    all: Effect.map(sql<{ i: number }>`FROM ${sql(name)} ORDER BY i`, (rows) => rows.map((_) => _.i))
  }
})
