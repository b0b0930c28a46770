import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, logAxis } from "../../services/chartFrame.ts"
import { data, hover, lines } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universeAndWindows } from "../settings.ts"
import { asTheyEnd, changes, coverage, extent, series, since } from "./Series.ts"
import { shown } from "./Shown.ts"

/** Price of each tracked coin over time, together, on a log scale: equal heights are equal percentages. */
export const priceChart = Asset.make("price_chart", {
  about: "The price of each tracked coin over time, together, on a log scale",
  group: "visualize",
  source: "price_history as it is",
  from: { prices: Asset.every(priceHistory, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, prices }) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: prices })
  const drawn = yield* series({ rows: prices, shown: all, column: "price", above: 0, from: yield* since(prices) })
  const legend = asTheyEnd(all, drawn, "price")
  const money = settings.currency.toUpperCase()
  const [low, high] = extent(drawn, "price")
  const names = legend.coins.map((_) => _.name)
  return {
    ...frame({
      title: names.length === 1 ? `Price of ${names.join()}` : `Prices of ${names.length} coins`,
      subtitle: `${coverage(drawn, legend)} · equal heights are equal percentages`,
      description: `Line chart of the daily price of ${
        names.join(", ")
      } in ${money}, from ${drawn.first} to ${drawn.last}, on a log scale. ${changes(drawn, legend, "price")}`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    layer: [
      lines({
        series: legend.coins,
        field: "price",
        scale: { type: "log" },
        axis: logAxis(`Price (${money}, log scale)`, low, high)
      }),
      hover({ series: legend.coins, field: "price" })
    ]
  } satisfies TopLevelSpec
}))
