import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer } from "../../services/chartFrame.ts"
import { data, hoverRow, strips } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { coverage, pixels, series } from "./Series.ts"
import { shown } from "./Shown.ts"

/** Wilder's relative strength index over 14 days: above 70 people call a coin overbought, below 30 oversold. */
export const rsiChart = Asset.make("rsi_chart", {
  about: "The 14-day relative strength index of each tracked coin over time, with its levels of 30 and 70",
  group: "visualize",
  source: "price_trends: rsi_14 as it is",
  from: { trends: Asset.every(priceTrends, Day), coins: coinList },
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, trends }) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: trends })
  const drawn = yield* series({ rows: trends, shown: all, column: "rsi_14" })
  const newest = new Map(drawn.points.map((_) => [_.coin_id, Number(_["rsi_14"])]))
  const y = {
    field: "rsi_14",
    type: "quantitative" as const,
    scale: { domain: [0, 100] },
    axis: { title: null, values: [30, 70], format: "d" }
  }
  return {
    ...outer({
      title: "Relative strength index (RSI, 14 days)",
      subtitle: `${coverage(drawn, all)} · 0 to 100; above 70 is called overbought, below 30 oversold`,
      description: `One line chart a coin of its 14-day RSI from ${drawn.first} to ${drawn.last}. At the end: ${
        all.coins.map((_) => `${_.name} ${newest.get(_.id)?.toFixed(0) ?? "none"}`).join(", ")
      }.`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    vconcat: strips({
      points: drawn.points,
      series: all.coins,
      width: pixels,
      layer: (line, x) => [
        {
          data: { values: [{ low: 30, high: 70 }] },
          mark: { type: "rect", color: ink.grid.light, opacity: 0.6 },
          encoding: { y: { ...y, field: "low" }, y2: { field: "high" } }
        },
        {
          mark: { type: "line", color: line.colour, strokeWidth: 1.25 },
          encoding: { x, y, detail: { field: "stretch", type: "nominal" } }
        },
        hoverRow({ name: `hover_${line.key}`, x, fields: [{ field: "rsi_14", title: line.name, say: (of) => `format(${of}, '.1f')` }] })
      ]
    }),
    spacing: 10
  } satisfies TopLevelSpec
}))
