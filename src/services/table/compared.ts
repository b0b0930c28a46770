/** What is staged beside what is there: a key has changed when the sum of its rows' contents has. */
import { Effect } from "effect"
import type { Statement } from "effect/sql"
import * as Span from "../../engine/Span.ts"
import type * as Store from "../../engine/Store.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"
import { keysOf } from "./keys.ts"
import { contentOf, type Shape, staged } from "./Shape.ts"

/** `here` are the rows that what is staged would take the place of; there may be none. */
export const compared = Effect.fnUntraced(function*(
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  here: Statement.Fragment | undefined
) {
  const keys = keysOf(sql, step.asset, shape, step.window)
  const content = contentOf(sql, shape)
  const ask = here === undefined
    // all keys are new: there is nothing to put together by them
    ? sql`
      SELECT count(*) AS rows, md5(coalesce(sum(content), 0)::VARCHAR) AS hash, ${keys.all(sql``)} AS changed, NULL AS were
      FROM (SELECT ${keys.of} AS k, ${content} AS content FROM ${staged(sql, step)})`
    // planned twice, the content costs as much as a small table's rows
    : sql`
      WITH
        together AS (
          SELECT ${keys.of} AS k, 1 AS n, ${content} AS content FROM ${staged(sql, step)}
          UNION ALL SELECT ${keys.of}, -1, -${content} FROM ${sql(step.asset.name)} WHERE ${here}
        ),
        keys AS (
          SELECT
            k,
            sum(content) <> 0 AS changed,
            min(n) < 0 AS was,
            count(*) FILTER (n > 0) AS rows,
            sum(content) FILTER (n > 0) AS content
          FROM together
          GROUP BY k
        )
      SELECT
        coalesce(sum(rows), 0)::BIGINT AS rows,
        md5(coalesce(sum(content), 0)::VARCHAR) AS hash,
        ${keys.all(sql`FILTER (changed)`)} AS changed,
        ${keys.all(sql`FILTER (was)`)} AS were
      FROM keys`
  const [told] = yield* sql<{ rows: number; hash: string; changed: string | null; were: string | null }>`${written(ask)}`
  const { hash = "", rows = 0 } = told ?? {}
  const changed = yield* keys.spans(told?.changed ?? null)
  return {
    rows,
    /** Of all that is staged. */
    hash,
    changed,
    /** Those of the changed that were there. */
    revised: Span.intersect(changed, yield* keys.spans(told?.were ?? null))
  }
})
