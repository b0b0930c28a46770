import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer, shareAxis } from "../../services/chartFrame.ts"
import { data, hoverRow, shareSaid, strips } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { coverage, pixels, series } from "./Series.ts"
import { shown } from "./Shown.ts"

/** How far each coin is below the highest price it had: under water until it is back at the surface. */
export const drawdownChart = Asset.make("drawdown_chart", {
  about: "How far each tracked coin is below its highest price so far, day by day: under water",
  group: "visualize",
  source: "price_trends: drawdown as it is",
  from: { trends: Asset.every(priceTrends, Day), coins: coinList },
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, trends }) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: trends })
  const drawn = yield* series({ rows: trends, shown: all, column: "drawdown" })
  const deepest = all.coins.map(({ id, name }) => {
    const own = drawn.points.filter((_) => _.coin_id === id).toSorted((a, b) => Number(a["drawdown"]) - Number(b["drawdown"]))[0]
    return `${name} ${((Number(own?.["drawdown"] ?? 0)) * 100).toFixed(0)} % on ${own?.day ?? "no day"}`
  })
  return {
    ...outer({
      title: "Under water: below the highest price so far",
      subtitle: `${coverage(drawn, all)} · the highest stored price is the surface; one scale for all`,
      description: `One area chart a coin of its drawdown from ${drawn.first} to ${drawn.last}. Deepest: ${deepest.join(", ")}.`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    vconcat: strips({
      points: drawn.points,
      series: all.coins,
      width: pixels,
      layer: (line, x) => [
        {
          mark: { type: "area", color: line.colour, opacity: 0.35, line: { color: line.colour, strokeWidth: 1.25 } },
          encoding: {
            x,
            y: {
              field: "drawdown",
              type: "quantitative",
              scale: { domain: [Math.min(-0.01, ...drawn.points.map((_) => Number(_["drawdown"]))), 0], nice: true },
              axis: { ...shareAxis(""), title: null, tickCount: 3 }
            },
            detail: { field: "stretch", type: "nominal" }
          }
        },
        hoverRow({ name: `hover_${line.key}`, x, fields: [{ field: "drawdown", title: line.name, say: shareSaid }] })
      ]
    }),
    spacing: 10
  } satisfies TopLevelSpec
}))
