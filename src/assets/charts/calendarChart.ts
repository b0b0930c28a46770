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
import { pixels } from "./Series.ts"
import { shown } from "./Shown.ts"

interface Square {
  readonly coin_id: string
  readonly day: string
  readonly simple_return: number
  readonly year: string
  /** Of the year, counted from the Monday on or before its first day. */
  readonly week: number
  /** 1 is Monday. */
  readonly weekday: number
}

const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

/** A square a day, a column a week, a block a year: when a coin rose and fell, and how far. */
export const calendarChart = Asset.make("calendar_chart", {
  about: "One coin's return on each day as a calendar: a square a day, a column a week, a block a year",
  group: "visualize",
  source: "daily_returns: simple_return as it is; days without one are left blank",
  from: { returns: Asset.every(dailyReturns, Day), coins: coinList },
  into: Picture.vega,
  of: Coin,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, returns }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const id = yield* Coin
  const one = yield* shown({ coins, rows: returns, only: id })
  const name = one.coins[0]?.name ?? id
  const squares = yield* sql<Square>`
    SELECT
      coin_id,
      day,
      simple_return,
      year(day)::VARCHAR AS year,
      (day - date_trunc('week', date_trunc('year', day))::DATE) // 7 AS week,
      isodow(day) AS weekday
    FROM ${returns}
    WHERE coin_id = ${id} AND simple_return IS NOT NULL
    ORDER BY day`
  const [best, worst] = [
    squares.toSorted((a, b) => b.simple_return - a.simple_return)[0],
    squares.toSorted((a, b) => a.simple_return - b.simple_return)[0]
  ]
  const [first, last] = [squares[0]?.day ?? "", squares.at(-1)?.day ?? ""]
  const span = first === "" ? 0 : (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1
  const said = best === undefined || worst === undefined
    ? "No returns yet"
    : `best ${best.day} (${share(best.simple_return)}), worst ${worst.day} (${share(worst.simple_return)})`
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
    facet: { row: { field: "year", type: "ordinal", title: null, header: { labelAngle: 0, labelFontWeight: 600, labelAlign: "left" } } },
    spec: {
      width: pixels - 40,
      height: 7 * 15,
      mark: { type: "rect", stroke: "#ffffff", strokeWidth: 1 },
      encoding: {
        x: {
          field: "week",
          type: "ordinal",
          scale: { domain: Array.from({ length: 54 }, (_, week) => week) },
          axis: {
            title: null,
            ticks: false,
            domain: false,
            labelAngle: 0,
            labelOverlap: "greedy",
            labelSeparation: 6,
            // a month is named at its first whole week
            labelExpr: "datum.value < 53 && utcdate(utc(2023, 0, 7) + datum.value * 604800000) <= 7" +
              " ? utcFormat(utc(2023, 0, 7) + datum.value * 604800000, '%b') : ''"
          }
        },
        y: {
          field: "weekday",
          type: "ordinal",
          scale: { domain: [1, 2, 3, 4, 5, 6, 7] },
          axis: { title: null, ticks: false, domain: false, labelExpr: `${JSON.stringify(weekdays)}[datum.value - 1]`, labelOverlap: false }
        },
        color: heat({ field: "simple_return", steps: [0.01, 0.03, 0.06], format: "+.0%", title: "Return over the day" }),
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

const share = (of: number): string => `${of >= 0 ? "+" : "−"}${(Math.abs(of) * 100).toFixed(1)} %`
