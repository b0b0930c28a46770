import * as Asset from "../../engine/Asset.ts"
import { hoverRow } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Picture from "../../services/Picture.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { ends } from "./Series.ts"
import { stripChart } from "./stripChart.ts"

const y = {
  field: "rsi_14",
  type: "quantitative" as const,
  scale: { domain: [0, 100] },
  axis: { title: null, values: [30, 70], format: "d" }
}

/** Wilder's relative strength index over 14 days: above 70 people call a coin overbought, below 30 oversold. */
export const rsiChart = Asset.make("rsi_chart", {
  about: "The 14-day relative strength index of each tracked coin over time, with its levels of 30 and 70",
  group: "visualize",
  source: "price_trends: rsi_14 as it is",
  from: { trends: Asset.every(priceTrends, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, ({ coins, trends }) =>
  stripChart({
    rows: trends,
    coins,
    column: "rsi_14",
    title: "Relative strength index (RSI, 14 days)",
    says: "0 to 100; above 70 is called overbought, below 30 oversold",
    figure: "14-day RSI",
    stands: (drawn, all) => ends(drawn, all, "rsi_14", (_) => figure(_, 0)),
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
  }))
