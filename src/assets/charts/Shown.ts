/**
 * Which coins a chart shows, under which names and in which colours: those tracked come first, in their order, and no
 * chart draws more lines than the palette can tell apart. The colours are the whole universe's, so that a coin has the
 * same one in every chart. A name that two coins share is told apart by the id.
 */
import { Effect } from "effect"
import type { Statement } from "effect/sql"
import { colourOf, palette } from "../../services/chartColours.ts"
import type { Line } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import type { Rows } from "../../services/Table.ts"
import { Coin } from "../Coin.ts"
import type { ListedCoin } from "../raw/coinList.ts"

export interface ShownCoin extends Line {
  readonly id: string
}

export interface Shown {
  readonly coins: ReadonlyArray<ShownCoin>
  /** How many coins have rows. */
  readonly of: number
}

/** The coins of `rows`, at most `most`; `only`, if it is given, and no other. */
export const shown = Effect.fnUntraced(function*(
  { coins, most = palette.length, only, rows }: {
    readonly coins: Rows<ListedCoin>
    /** With coin_id. */
    readonly rows: Statement.Fragment
    readonly most?: number
    readonly only?: string | ReadonlyArray<string>
  }
) {
  const sql = yield* DuckDb
  const tracked = yield* Coin.list
  const found = yield* sql<{ id: string; name: string }>`
    WITH drawn AS (SELECT DISTINCT coin_id FROM ${rows})
    SELECT
      coin_id AS id,
      CASE WHEN name IS NULL THEN coin_id WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || coin_id || ')' ELSE name END AS name
    FROM drawn LEFT JOIN ${coins} USING (coin_id)
    ORDER BY coin_id`
  const place = (id: string) => (tracked.includes(id) ? tracked.indexOf(id) : tracked.length)
  const ranked = found.filter(({ id }) => only === undefined || [only].flat().includes(id)).toSorted((a, b) => place(a.id) - place(b.id))
  const universe = [...new Set([...tracked, ...ranked.slice(0, most).map((_) => _.id)])]
  return {
    coins: ranked.slice(0, most).map(({ id, name }, at): ShownCoin => ({ id, name, key: `s${at}`, colour: colourOf(id, universe) })),
    of: ranked.length
  } satisfies Shown
})
