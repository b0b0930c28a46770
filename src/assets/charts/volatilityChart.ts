import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, sizeAxis } from "../../services/chartFrame.ts"
import { data, hover, lines, shareOf } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { asTheyEnd, coverage, ends, series, since } from "./Series.ts"
import { shown } from "./Shown.ts"

/** How much each coin's price moves about: the standard deviation of 30 days' log returns, as a share a year. */
export const volatilityChart = Asset.make("volatility_chart", {
  about: "The 30-day volatility of each tracked coin over time, a year's share",
  group: "visualize",
  source: "price_trends: volatility_30d as it is",
  from: { trends: Asset.every(priceTrends, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, trends }) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: trends })
  const drawn = yield* series({ rows: trends, shown: all, column: "volatility_30d", from: yield* since(trends) })
  const legend = asTheyEnd(all, drawn, "volatility_30d")
  return {
    ...frame({
      title: "Volatility over 30 days",
      subtitle: `${coverage(drawn, legend)} · standard deviation of 30 daily log returns × √365`,
      description: `Line chart of 30-day volatility, annualised, from ${drawn.first} to ${drawn.last}. ${
        ends(drawn, legend, "volatility_30d", (_) => figure(_ * 100, 0, " %"))
      }`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    layer: [
      lines({
        series: legend.coins,
        field: "volatility_30d",
        scale: { zero: true },
        axis: sizeAxis("Volatility (per year)")
      }),
      hover({ series: legend.coins, field: "volatility_30d", say: shareOf })
    ]
  } satisfies TopLevelSpec
}))
