/**
 * The keys of a window's rows, told by SQL: each row's key, of many rows which keys there are, and the spans of those.
 * DuckDB counts as the calendar does by dates, by UTC's clocks and in hours: there each key is a bit, at its place in the window.
 * By the clocks of another zone, and of a fixed list, it tells the keys' texts, and the calendar says which they are.
 */
import { Effect, Schema } from "effect"
import type { Statement } from "effect/sql"
import type * as Asset from "../../engine/Asset.ts"
import { type Calendar, isInTime } from "../../engine/Calendar.ts"
import type { Window } from "../../engine/Partition.ts"
import * as Span from "../../engine/Span.ts"
import type { DuckDbClient } from "../DuckDb.ts"
import { written } from "../written.ts"
import { hasDates, type Shape } from "./Shape.ts"

export interface Keys {
  /** Of a row, that lies in the window. Rows of one key may have several: the quarters of an hour by a zone's clocks. */
  readonly of: Statement.Fragment
  /** An aggregate over such, as text; of rows for which the condition holds. */
  readonly all: (key: Statement.Fragment, where: Statement.Fragment) => Statement.Fragment
  /** What that told; nothing, where there was no row. */
  readonly spans: (told: string | null) => Effect.Effect<Span.Spans, Schema.SchemaError>
}

export const keysOf = (sql: DuckDbClient, asset: Asset.Any, shape: Shape, window: Window): Keys => {
  const place = placeIn(sql, asset, shape, window)
  if (place === undefined) {
    const { calendar } = window
    return {
      of: calendar.unit === "static"
        ? sql`${sql(shape.key ?? "")}`
        : sql`epoch_ms(time_bucket(INTERVAL 15 MINUTES, ${sql(shape.key ?? "")}::TIMESTAMPTZ))`,
      all: (key, where) => sql`to_json(list(DISTINCT (${key})::VARCHAR) FILTER (${where}))::VARCHAR`,
      spans: (told) => Effect.map(decode(told ?? "[]"), (_) => Span.ofKeys(_.flatMap((key) => ordinalOf(calendar, key) ?? [])))
    }
  }
  return {
    of: place,
    all: (key, where) => sql`(bitstring_agg(${key}, 0, ${sql.literal(`${window.size - 1}`)}) FILTER (${where}))::VARCHAR`,
    spans: (told) => Effect.succeed(ones(told ?? "", window.from))
  }
}

// helpers

/** How many keys after the window's first a row's key comes. */
const placeIn = (sql: DuckDbClient, asset: Asset.Any, { columns, key }: Shape, window: Window): Statement.Fragment | undefined => {
  if (asset.per === undefined || key === undefined) return sql`0`
  const { calendar, from } = window
  if (calendar.unit === "hour") {
    return written(sql`(epoch_us(${sql(key)}::TIMESTAMPTZ) - ${BigInt(calendar.startOf(from)) * 1000n}) // 3600000000`)
  }
  const dates = hasDates(columns, key, calendar)
  if (!isInTime(calendar) || !dates && calendar.zone !== "UTC") return undefined
  const date = dates ? sql`${sql(key)}` : sql`(${sql(key)} AT TIME ZONE 'UTC')::DATE`
  const first = written(sql`${calendar.dateOf(from)}::DATE`)
  if (calendar.unit === "month") return sql`datediff('month', ${first}, ${date})`
  return calendar.unit === "week" ? sql`(${date} - ${first}) // 7` : sql`${date} - ${first}`
}

const ordinalOf = (calendar: Calendar, key: string): number | undefined =>
  isInTime(calendar) ? calendar.ordinalAt(Number(key)) : calendar.ordinalOf(key)

const decode = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Schema.String)))

/** Where in a text of bits the runs of ones are. */
const ones = (bits: string, first: number): Span.Spans =>
  Array.from(bits.matchAll(/1+/g), ({ 0: run, index }) => ({ from: first + index, to: first + index + run.length - 1 }))
