import * as Asset from "../../engine/Asset.ts"
import { signed } from "../../services/chartFrame.ts"
import { hoverRow } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Picture from "../../services/Picture.ts"
import * as deadlines from "../deadlines.ts"
import { rollingCorrelation } from "../derived/rollingCorrelation.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { ends } from "./Series.ts"
import { stripChart } from "./stripChart.ts"

const y = (field: string) => ({
  field,
  type: "quantitative" as const,
  scale: { domain: [-1, 1] },
  axis: { title: null, values: [-1, 0, 1], labelExpr: signed("datum.value", "+d", 0) }
})

const said = (of: string) => `!isValid(${of}) ? '' : format(${of}, '+.3f')`

/** How closely each coin followed bitcoin lately, and how that changed. */
export const rollingChart = Asset.make("rolling_chart", {
  about: "Each tracked coin's correlation with bitcoin over the last 30 and 90 days, day by day",
  group: "visualize",
  source: "rolling_correlation as it is",
  from: { correlations: Asset.every(rollingCorrelation, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, ({ coins, correlations }) =>
  stripChart({
    rows: correlations,
    coins,
    but: "bitcoin",
    column: "correlation_30",
    others: ["correlation_90"],
    title: "Correlation with bitcoin",
    says: "of daily log returns over 30 days (colour) and 90 days (grey)",
    figure: "rolling correlation with bitcoin over 30 days",
    stands: (drawn, all) => ends(drawn, all, "correlation_30", (_) => figure(_, 2)),
    layer: (line, x) => [
      {
        mark: { type: "line", color: ink.line.light, strokeWidth: 1.25 },
        encoding: { x, y: y("correlation_90"), detail: { field: "stretch", type: "nominal" } }
      },
      {
        mark: { type: "line", color: line.colour, strokeWidth: 1.5 },
        encoding: { x, y: y("correlation_30"), detail: { field: "stretch", type: "nominal" } }
      },
      hoverRow({
        name: `hover_${line.key}`,
        x,
        fields: [
          { field: "correlation_30", title: `${line.name}, 30 days`, say: said },
          { field: "correlation_90", title: "90 days", say: said }
        ]
      })
    ]
  }))
