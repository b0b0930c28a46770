/** What is staged beside what is there: a key has changed when the sum of its rows' contents has. */
import { Effect, Schema } from "effect"
import type { Statement } from "effect/sql"
import * as Span from "../../engine/Span.ts"
import type * as Store from "../../engine/Store.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { contentOf, keyOf, ordinalOf, type Shape, staged } from "./Shape.ts"

/** `here` are the rows that what is staged would take the place of; there may be none. */
export const compared = Effect.fnUntraced(function*(
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  here: Statement.Fragment | undefined
) {
  const { asset, window: { calendar } } = step
  const [key, content] = [keyOf(sql, asset, shape), contentOf(sql, shape)]
  // planned twice, the content costs as much as a small table's rows
  const before = here === undefined ? sql`` : sql`UNION ALL SELECT ${key}, -1, -${content} FROM ${sql(asset.name)} WHERE ${here}`
  const [told] = yield* sql<{ rows: number; hash: string; changed: string | null; revised: string | null }>`
    WITH
      together AS (SELECT ${key} AS k, 1 AS n, ${content} AS content FROM ${staged(sql, step)} ${before}),
      keys AS (
        SELECT
          k::VARCHAR AS k,
          sum(content) <> 0 AS changed,
          min(n) < 0 AS was,
          count(*) FILTER (n > 0) AS rows,
          sum(content) FILTER (n > 0) AS content
        FROM together
        GROUP BY together.k
      )
    SELECT
      coalesce(sum(rows), 0)::BIGINT AS rows,
      md5(coalesce(sum(content), 0)::VARCHAR) AS hash,
      to_json(list(k) FILTER (changed))::VARCHAR AS changed,
      to_json(list(k) FILTER (changed AND was))::VARCHAR AS revised
    FROM keys`
  const spans = (keys: string | null | undefined) =>
    Effect.map(decodeKeys(keys ?? "[]"), (_) => Span.ofKeys(_.flatMap((key) => ordinalOf(calendar, key) ?? [])))
  const { hash = "", rows = 0 } = told ?? {}
  return {
    rows,
    /** Of all that is staged. */
    hash,
    changed: yield* spans(told?.changed),
    /** Those of the changed that were there. */
    revised: yield* spans(told?.revised)
  }
})

// helpers

const decodeKeys = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Schema.String)))
