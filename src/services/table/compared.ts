/**
 * What is staged, looked at once: what the checks find in it, and what it changes. A key has changed when the sum of its rows'
 * contents has.
 */
import { Effect } from "effect"
import type { Statement } from "effect/sql"
import * as Span from "../../engine/Span.ts"
import type * as Store from "../../engine/Store.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"
import type { Audit } from "./audit.ts"
import { keysOf } from "./keys.ts"
import { contentOf, inside, type Shape, staged } from "./Shape.ts"

/** `here` are the rows that what is staged would take the place of; there may be none. */
export const compared = Effect.fnUntraced(function*(
  sql: DuckDbClient,
  step: Store.Step,
  shape: Shape,
  here: Statement.Fragment | undefined,
  audit: Audit
) {
  const { asset, window } = step
  const keys = keysOf(sql, asset, shape, window)
  const content = contentOf(sql, shape)
  // others are offenders: they have no place in the window
  const own = asset.per === undefined || shape.key === undefined ? sql`true` : inside(sql, shape, window)
  const ask = here === undefined
    // all keys are new: there is nothing to put together by them
    ? sql`
      SELECT ${
      sql.csv([
        sql`count(*) AS rows`,
        sql`md5(coalesce(sum(${content}), 0)::VARCHAR) AS hash`,
        sql`${keys.all(keys.of, own)} AS changed`,
        sql`NULL AS were`,
        ...audit.aggregates
      ])
    }
      FROM ${staged(sql, step)}`
    // planned twice, the content costs as much as a small table's rows
    : sql`
      WITH
        together AS (
          SELECT ${keys.of} AS k, 1 AS n, ${content} AS content FROM ${staged(sql, step)} WHERE ${own}
          UNION ALL SELECT ${keys.of}, -1, -${content} FROM ${sql(asset.name)} WHERE ${here}
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
        ),
        compared AS (
          SELECT
            coalesce(sum(rows), 0)::BIGINT AS rows,
            md5(coalesce(sum(content), 0)::VARCHAR) AS hash,
            ${keys.all(sql`k`, sql`changed`)} AS changed,
            ${keys.all(sql`k`, sql`was`)} AS were
          FROM keys
        )
      FROM compared${audit.aggregates.length === 0 ? sql`` : sql`, (SELECT ${sql.csv(audit.aggregates)} FROM ${staged(sql, step)})`}`
  const [told] = yield* sql<{ rows: number; hash: string; changed: string | null; were: string | null }>`${written(ask)}`
  const { changed: changedKeys = null, hash = "", rows = 0, were = null } = told ?? {}
  const changed = yield* keys.spans(changedKeys)
  return {
    offending: yield* audit.told({ ...told }),
    rows,
    /** Of all that is staged. */
    hash,
    changed,
    /** Those of the changed that were there. */
    revised: Span.intersect(changed, yield* keys.spans(were))
  }
})
