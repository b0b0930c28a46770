import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer } from "../../services/chartFrame.ts"
import { heat } from "../../services/chartHeat.ts"
import { data } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Coin } from "../Coin.ts"
import * as deadlines from "../deadlines.ts"
import { dailyReturns } from "../derived/dailyReturns.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universe } from "../settings.ts"
import { change } from "../words.ts"
import { pixels } from "./Series.ts"
import { shown } from "./Shown.ts"

interface Square {
  readonly coin_id: string
  readonly day: string
  readonly simple_return: number
  /** A year; all there is, if it fits in one. */
  readonly block: string
  /** Of the block, counted from the Monday on or before its first day. */
  readonly week: number
  /** 1 is Monday. */
  readonly weekday: number
}

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

/** Columns of a block: a year touches so many weeks. */
const weeks = 54

/** A square a day, a column a week; a block a year, where there is more than one. */
export const calendarChart = Asset.make("calendar_chart", {
  about: "One coin's return on each day as a calendar: a square a day, a column a week",
  group: "visualize",
  source: "daily_returns: simple_return as it is; days without one are left blank",
  from: { returns: Asset.every(dailyReturns, Day), coins: coinList },
  settings: universe,
  into: Picture.vega,
  of: Coin,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, returns }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const id = yield* Coin
  const one = yield* shown({ coins, rows: returns, only: id })
  const name = one.coins[0]?.name ?? id
  const days = yield* sql<Omit<Square, "block" | "week" | "weekday">>`
    SELECT coin_id, day, simple_return
    FROM ${returns}
    WHERE coin_id = ${id} AND simple_return IS NOT NULL
    ORDER BY day`
  const [first, last] = [days[0]?.day ?? "", days.at(-1)?.day ?? ""]
  const isOne = weekOf(last) - weekOf(first) < weeks
  const squares = days.map((_): Square => {
    const begins = isOne ? first : `${_.day.slice(0, 4)}-01-01`
    return {
      ..._,
      block: isOne ? years(first, last) : _.day.slice(0, 4),
      week: weekOf(_.day) - weekOf(begins),
      weekday: daysOf(_.day) % 7 + 1
    }
  })
  const [best, worst] = [
    squares.toSorted((a, b) => b.simple_return - a.simple_return)[0],
    squares.toSorted((a, b) => a.simple_return - b.simple_return)[0]
  ]
  const span = first === "" ? 0 : daysOf(last) - daysOf(first) + 1
  const said = best === undefined || worst === undefined
    ? "No returns yet"
    : `best ${best.day} (${change(best.simple_return)}), worst ${worst.day} (${change(worst.simple_return)})`
  // where years lie below each other, a month's place is that of a year in the middle of what they do
  const sunday = `${isOne ? (7 * weekOf(first) + 3) * day : Date.UTC(2023, 0, 7)} + datum.value * ${7 * day}`
  return {
    ...outer({
      title: `Daily returns of ${name}`,
      subtitle: first === ""
        ? said
        : `${first} to ${last}, each day from 00:00 to 00:00 UTC · ${said} · ${
          span === squares.length ? "no day missing" : `${span - squares.length} days without a return are blank`
        }`,
      description: `Calendar of the daily returns of ${name} from ${first} to ${last}; ${said}.`,
      attribution: attribution(settings)
    }),
    data: data(squares),
    facet: { row: { field: "block", type: "ordinal", title: null, header: { labelAngle: 0, labelFontWeight: 600, labelAlign: "left" } } },
    spec: {
      width: pixels - 40,
      height: 7 * 15,
      mark: { type: "rect", stroke: "#ffffff", strokeWidth: 1 },
      encoding: {
        x: {
          field: "week",
          type: "ordinal",
          scale: { domain: Array.from({ length: weeks }, (_, week) => week) },
          axis: {
            title: null,
            ticks: false,
            domain: false,
            labelAngle: 0,
            labelOverlap: "greedy",
            labelSeparation: 6,
            // a month is named at its first whole week
            labelExpr: `datum.value < ${weeks - 2} && utcdate(${sunday}) <= 7 ? utcFormat(${sunday}, '%b') : ''`
          }
        },
        y: {
          field: "weekday",
          type: "ordinal",
          scale: { domain: [1, 2, 3, 4, 5, 6, 7] },
          axis: { title: null, ticks: false, domain: false, labelExpr: `${JSON.stringify(weekdays)}[datum.value - 1]`, labelOverlap: false }
        },
        color: heat({
          field: "simple_return",
          steps: [0.01, 0.03, 0.06],
          format: "+.0%",
          title: "Return over the day"
        }),
        tooltip: [
          { field: "day", type: "nominal", title: "Day (stamped 00:00 UTC at its end)" },
          { field: "simple_return", type: "quantitative", title: "Return", format: "+.2%" }
        ]
      }
    },
    spacing: 14
  } satisfies TopLevelSpec
}))

// helpers

/** In milliseconds. */
const day = 86_400_000

/** Since the Monday before 1970 began. */
const daysOf = (of: string): number => Date.parse(of) / day + 3

const weekOf = (of: string): number => Math.floor(daysOf(of) / 7)

/** `2026`, `2025–26` */
const years = (first: string, last: string): string =>
  first.slice(0, 4) === last.slice(0, 4) ? first.slice(0, 4) : `${first.slice(0, 4)}–${last.slice(2, 4)}`
