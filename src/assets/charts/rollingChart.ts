import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer } from "../../services/chartFrame.ts"
import { data, hoverRow, strips } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { rollingCorrelation } from "../derived/rollingCorrelation.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { coverage, pixels, series } from "./Series.ts"
import { shown } from "./Shown.ts"

/** How closely each coin followed bitcoin lately, and how that changed. */
export const rollingChart = Asset.make("rolling_chart", {
  about: "Each tracked coin's correlation with bitcoin over the last 30 and 90 days, day by day",
  group: "visualize",
  source: "rolling_correlation as it is",
  from: { correlations: Asset.every(rollingCorrelation, Day), coins: coinList },
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, correlations }) {
  const settings = yield* Settings
  const every = yield* shown({ coins, rows: correlations })
  const others = every.coins.filter((_) => _.id !== "bitcoin")
  const all = { coins: others, of: every.of - (every.coins.length - others.length) }
  const drawn = yield* series({ rows: correlations, shown: all, column: "correlation_30", others: ["correlation_90"] })
  const newest = new Map(drawn.points.map((_) => [_.coin_id, Number(_["correlation_30"])]))
  const y = (field: string) => ({
    field,
    type: "quantitative" as const,
    scale: { domain: [-1, 1] },
    axis: { title: null, values: [-1, 0, 1], format: "+d" }
  })
  return {
    ...outer({
      title: "Correlation with bitcoin",
      subtitle: `${coverage(drawn, all)} · of daily log returns over 30 days (colour) and 90 days (grey)`,
      description:
        `One line chart a coin of its rolling correlation with bitcoin from ${drawn.first} to ${drawn.last}. Over 30 days at the end: ${
          all.coins.map((_) => `${_.name} ${newest.get(_.id)?.toFixed(2) ?? "none"}`).join(", ")
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
            { field: "correlation_30", title: `${line.name}, 30 days`, say: (of) => `!isValid(${of}) ? '' : format(${of}, '+.3f')` },
            { field: "correlation_90", title: "90 days", say: (of) => `!isValid(${of}) ? '' : format(${of}, '+.3f')` }
          ]
        })
      ]
    }),
    spacing: 10
  } satisfies TopLevelSpec
}))
