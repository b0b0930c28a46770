import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, signed } from "../../services/chartFrame.ts"
import { heat, labelLimit, onHeat } from "../../services/chartHeat.ts"
import { data } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { monthlyPrices } from "../derived/monthlyPrices.ts"
import { Month } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { shown } from "./Shown.ts"

const most = 40

interface Cell {
  readonly coin_id: string
  readonly month: string
  readonly monthly_return: number
}

/** What each coin gained and lost in each month that has ended. */
export const monthlyChart = Asset.make("monthly_chart", {
  about: "What each tracked coin gained or lost in each month that has ended, as a table in colours",
  group: "visualize",
  source: "monthly_prices: monthly_return as it is",
  from: { prices: Asset.every(monthlyPrices, Month), coins: coinList },
  settings: universeAndWindows("months"),
  into: Picture.vega,
  lateAfter: deadlines.months
}, Effect.fnUntraced(function*({ coins, prices }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: prices, most })
  const names = new Map(all.coins.map((_) => [_.id, _.name]))
  const found = yield* sql<Cell>`
    SELECT coin_id, month, monthly_return
    FROM ${prices}
    WHERE monthly_return IS NOT NULL
    ORDER BY coin_id, month`
  const every = [...new Set(found.map((_) => _.month))].toSorted()
  const columns = every.slice(-settings.windows.months)
  const cells = found.flatMap((_) => {
    const coin = names.get(_.coin_id)
    return coin === undefined || !columns.includes(_.month) ? [] : [{ ..._, coin, said: _.month.slice(0, 7) }]
  })
  const sorted = cells.toSorted((a, b) => b.monthly_return - a.monthly_return)
  const say = (cell: typeof cells[number] | undefined) =>
    cell === undefined ? "none" : `${cell.coin} in ${cell.said} (${figure(cell.monthly_return * 100, 1, " %")})`
  const [first, last] = [columns[0]?.slice(0, 7) ?? "no month", columns.at(-1)?.slice(0, 7) ?? "no month"]
  const [closing] = yield* sql<{ day: string | null }>`SELECT (max(month) + INTERVAL 1 MONTH)::DATE AS day FROM ${prices}`
  const closed = closing?.day ?? "no day"
  const steps = [0.05, 0.15, 0.3] as const
  const order = all.coins.map((_) => _.name)
  const axis = { title: null, ticks: false, domain: false } as const
  return {
    ...frame({
      title: "Returns by month",
      subtitle:
        `${first} to ${last}, as of ${closed} 00:00 UTC; from the first of a month to the first of the next · months whose first or last price is missing are blank${
          every.length > columns.length ? ` · the last ${columns.length} of ${every.length} months` : ""
        }${all.of > order.length ? ` · the first ${order.length} of ${all.of} tracked coins` : ""}`,
      description: `Table of monthly returns of ${order.join(", ")}, ${first} to ${last}. Best: ${say(sorted[0])}; worst: ${
        say(sorted.at(-1))
      }.`,
      attribution: attribution(settings),
      height: { step: 28 }
    }),
    data: data(cells),
    encoding: {
      x: {
        field: "said",
        type: "ordinal",
        scale: { domain: columns.map((_) => _.slice(0, 7)) },
        axis: {
          ...axis,
          orient: "top",
          labelAngle: { expr: `width < ${columns.length * 48} ? -90 : 0` },
          labelAlign: { expr: `width < ${columns.length * 48} ? 'left' : 'center'` },
          labelBaseline: { expr: `width < ${columns.length * 48} ? 'middle' : 'bottom'` }
        }
      },
      y: { field: "coin", type: "nominal", scale: { domain: order }, axis: { ...axis, labelLimit } }
    },
    layer: [
      {
        mark: { type: "rect", stroke: "#ffffff", strokeWidth: 1 },
        encoding: {
          color: heat({ field: "monthly_return", steps, format: "+.0%", title: "Return over the month" }),
          tooltip: [
            { field: "coin", type: "nominal", title: "Coin" },
            { field: "said", type: "nominal", title: "Month" },
            { field: "monthly_return", type: "quantitative", title: "Return", format: "+.2%" }
          ]
        }
      },
      {
        transform: [{ calculate: signed("datum.monthly_return", "+.0%", 0.005), as: "written" }],
        mark: { type: "text", fontSize: { expr: `width < ${columns.length * 44} ? 8 : 11` } },
        encoding: {
          text: { field: "written", type: "nominal" },
          color: onHeat({ field: "monthly_return", steps }),
          opacity: { value: { expr: `width < ${columns.length * 22} ? 0 : 1` } }
        }
      }
    ]
  } satisfies TopLevelSpec
}))
