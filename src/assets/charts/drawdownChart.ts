import * as Asset from "../../engine/Asset.ts"
import { shareAxis } from "../../services/chartFrame.ts"
import { hoverRow, shareSaid } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { extent, type Series } from "./Series.ts"
import type { Shown } from "./Shown.ts"
import { stripChart } from "./stripChart.ts"

/** How far each coin is below the highest price it had: under water until it is back at the surface. */
export const drawdownChart = Asset.make("drawdown_chart", {
  about: "How far each tracked coin is below its highest price so far, day by day: under water",
  group: "visualize",
  source: "price_trends: drawdown as it is",
  from: { trends: Asset.every(priceTrends, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, ({ coins, trends }) =>
  stripChart({
    rows: trends,
    coins,
    column: "drawdown",
    title: "Under water: below the highest price so far",
    says: "the highest stored price is the surface; one scale for all",
    figure: "drawdown",
    stands: (drawn, all) => `Deepest: ${deepest(drawn, all)}.`,
    layer: (line, x, drawn) => [
      {
        mark: { type: "area", color: line.colour, opacity: 0.35, line: { color: line.colour, strokeWidth: 1.25 } },
        encoding: {
          x,
          y: {
            field: "drawdown",
            type: "quantitative",
            // stacked, the days of a gap would be filled with 0
            stack: null,
            scale: { domain: [Math.min(-0.01, extent(drawn, "drawdown")[0]), 0], nice: true },
            axis: { ...shareAxis(""), title: null, tickCount: 3 }
          },
          detail: { field: "stretch", type: "nominal" }
        }
      },
      hoverRow({ name: `hover_${line.key}`, x, fields: [{ field: "drawdown", title: line.name, say: shareSaid }] })
    ]
  }))

// helpers

const deepest = ({ points }: Series, { coins }: Shown): string =>
  coins.map(({ id, name }) => {
    const own = points.filter((_) => _.coin_id === id).toSorted((a, b) => Number(a["drawdown"]) - Number(b["drawdown"]))[0]
    return `${name} ${figure(Number(own?.["drawdown"] ?? 0) * 100, 0, " %")} on ${own?.day ?? "no day"}`
  }).join(", ")
