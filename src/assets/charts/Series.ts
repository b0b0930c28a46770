/**
 * Daily figures as rows to draw: of each coin shown, in order of time, told apart where days are missing, and reduced
 * in SQL to the least and the greatest in each column of two pixels, so that no line has more points than pixels, and to
 * what is marked.
 */
import { Effect } from "effect"
import type { SqlError, Statement } from "effect/sql"
import { DuckDb } from "../../services/DuckDb.ts"
import { Settings } from "../../services/Settings.ts"
import { moved } from "../words.ts"
import type { Shown } from "./Shown.ts"

export type Point = {
  readonly coin_id: string
  readonly coin: string
  readonly series: string
  readonly day: string
  /** 00:00 UTC of the day, in epoch milliseconds. */
  readonly time: number
  /** Another one on the other side of a missing day. */
  readonly stretch: number
} & Readonly<Record<string, string | number | null>>

export interface Series {
  readonly points: ReadonlyArray<Point>
  readonly first: string
  readonly last: string
  /** Days with a figure, all coins together, and calendar days between a coin's first and last that have none. */
  readonly days: number
  readonly missing: number
}

/** A plot is so many pixels wide. */
export const pixels = 760

export interface Asked {
  /** With coin_id and day. */
  readonly rows: Statement.Fragment
  readonly shown: Shown
  readonly column: string
  readonly others?: ReadonlyArray<string>
  /** One of the others: where it has a value there is a mark to draw, however many days lie within a pixel. */
  readonly marked?: string
  readonly above?: number
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** The rows in which `column` has a value (`above` it, where that is asked), with the `others` of their columns. */
export const series: (asked: Asked) => Effect.Effect<Series, SqlError.SqlError, DuckDb> = Effect.fnUntraced(function*(
  { above, column, from, marked, others = [], rows, shown, to }
) {
  const sql = yield* DuckDb
  const coins = shown.coins
  if (coins.length === 0) return { points: [], first: "", last: "", days: 0, missing: 0 }
  const figures = [column, ...others]
  const held = sql`
    FROM ${rows}
    WHERE ${
    sql.and([
      sql`coin_id IN ${sql.in(coins.map((_) => _.id))}`,
      sql`${sql(column)} IS NOT NULL`,
      ...(above === undefined ? [] : [sql`${sql(column)} > ${above}`]),
      ...(from === undefined ? [] : [sql`day >= ${from}`]),
      ...(to === undefined ? [] : [sql`day <= ${to}`])
    ])
  }`
  const [whole] = yield* sql<{ first: string | null; last: string | null; days: number; missing: number | null }>`
    SELECT min(first) AS first, max(last) AS last, coalesce(sum(days), 0) AS days, sum(last - first + 1 - days) AS missing
    FROM (SELECT min(day) AS first, max(day) AS last, count(*) AS days ${held} GROUP BY coin_id)`
  const { days = 0, first, last, missing } = whole ?? {}
  const reduced = sql`CASE WHEN count(*) = 1 THEN [min(point)] ELSE [min(point), max(point)] END`
  const drawn = marked === undefined
    ? reduced
    : sql`list_distinct(list_concat(${reduced}, list(point) FILTER (WHERE point.${sql(marked)} IS NOT NULL)))`
  const rowsOf = yield* sql<Point>`
    WITH
      placed AS (
        SELECT
          coin_id,
          (day - ${first}::DATE) * ${pixels / 2} // (${last}::DATE - ${first}::DATE + 1) AS place,
          struct_pack(
            ${sql.csv([column, "day", ...others].map((_) => sql`${sql(_)} := ${sql(_)}`))},
            stretch := (day - DATE '1970-01-01') - row_number() OVER (PARTITION BY coin_id ORDER BY day)
          ) AS point
        ${held}
      ),
      kept AS (
        SELECT coin_id, unnest(${drawn}) AS point
        FROM placed
        GROUP BY coin_id, place
      )
    SELECT
      coin_id,
      point.day AS day,
      ${sql.csv(figures.map((_) => sql`point.${sql(_)} AS ${sql(_)}`))},
      point.stretch AS stretch,
      epoch_ms(point.day) AS time
    FROM kept
    ORDER BY coin_id, day`
  const names = new Map(coins.map((_) => [_.id, _]))
  return {
    points: rowsOf.map((_): Point => ({ ..._, coin: names.get(_.coin_id)?.name ?? _.coin_id, series: names.get(_.coin_id)?.key ?? "" })),
    first: first ?? "",
    last: last ?? "",
    days,
    missing: missing ?? 0
  }
})

/** The first day that lines are drawn from, counted back from the newest there is; none: from the first. */
export const since = Effect.fnUntraced(function*(rows: Statement.Fragment) {
  const { windows } = yield* Settings
  if (windows.lines === Infinity) return undefined
  const sql = yield* DuckDb
  const [found] = yield* sql<{ day: string | null }>`SELECT max(day) - ${windows.lines - 1} AS day FROM ${rows}`
  return found?.day ?? undefined
})

/** What a chart covers, in its subtitle's words. */
export const coverage = ({ days, first, last, missing }: Series, { coins, of }: Shown): string =>
  days === 0
    ? "No figures yet"
    : [
      `${first} to ${last}, as of ${last} 00:00 UTC`,
      ...(of > coins.length ? [`the first ${coins.length} of ${of} tracked coins`] : []),
      missing === 0
        ? "no day missing"
        : `${missing.toLocaleString("en")} of ${(days + missing).toLocaleString("en")} days missing, shown as gaps`
    ].join(" · ")

/** The coins, those that end highest first: a legend reads as the lines lie at their right end. */
export const asTheyEnd = ({ coins, of }: Shown, { points }: Series, column: string): Shown => {
  const ends = new Map(points.map((_) => [_.coin_id, Number(_[column])]))
  const drawn = coins.flatMap((coin) => {
    const end = ends.get(coin.id)
    return end === undefined ? [] : [{ coin, end }]
  })
  return { coins: drawn.toSorted((a, b) => b.end - a.end).map((_) => _.coin), of }
}

/** The least and the greatest figure. */
export const extent = ({ points }: Series, column: string): readonly [number, number] =>
  points.reduce(([low, high], _) => [Math.min(low, Number(_[column])), Math.max(high, Number(_[column]))] as const,
    [Infinity, -Infinity] as const)

/** For those who cannot see the lines: how far each of them went. */
export const changes = ({ points }: Series, { coins }: Shown, column: string): string => {
  const said = coins.flatMap(({ id, name }) => {
    const own = points.filter((_) => _.coin_id === id).map((_) => Number(_[column]))
    const [from, to] = [own[0], own.at(-1)]
    return from === undefined || to === undefined ? [] : [`${name} ${moved(to / from - 1)}`]
  })
  return said.length === 0 ? "" : `${said.join(", ")}.`
}

/** For those who cannot see the lines: where each of them ends. */
export const ends = ({ points }: Series, { coins }: Shown, column: string, say: (of: number) => string): string => {
  const newest = new Map(points.map((_) => [_.coin_id, Number(_[column])]))
  return `At the end: ${
    coins.map(({ id, name }) => {
      const end = newest.get(id)
      return `${name} ${end === undefined ? "none" : say(end)}`
    }).join(", ")
  }.`
}
