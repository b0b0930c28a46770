import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, logAxis } from "../../services/chartFrame.ts"
import { data, hover, level, lines } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { asTheyEnd, changes, coverage, extent, series } from "./Series.ts"
import { shown } from "./Shown.ts"

/** Formula: 100 · p(D) / p(F), F the coin's first day with a price above 0. */
export const coinComparison = Asset.make("coin_comparison", {
  about: "What 100 in each tracked coin became: prices indexed to 100 on the coin's first day, on a log scale",
  group: "visualize",
  source: "price_history: 100 · p(D) / p(F), F the coin's first day",
  from: { prices: Asset.every(priceHistory, Day), coins: coinList },
  into: Picture.vega
}, Effect.fnUntraced(function*({ coins, prices }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: prices })
  const rows =
    sql`(SELECT coin_id, day, price, 100 * price / arg_min(price, day) OVER (PARTITION BY coin_id) AS indexed FROM ${prices} WHERE price > 0)`
  const drawn = yield* series({ rows, shown: all, column: "indexed", others: ["price"] })
  const legend = asTheyEnd(all, drawn, "indexed")
  const [low, high] = extent(drawn, "indexed")
  const late = new Set(drawn.points.filter((_) => _.day === drawn.first).map((_) => _.coin_id)).size < legend.coins.length
  return {
    ...frame({
      title: "What 100 became: coins compared",
      subtitle: `${coverage(drawn, legend)} · ${late ? "a coin that begins later begins at 100" : "each coin begins at 100"}`,
      description: `Line chart of prices indexed to 100, from ${drawn.first} to ${drawn.last}, on a log scale. ${
        changes(drawn, legend, "indexed")
      }`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    layer: [
      ...level("indexed", 100, ""),
      lines({
        series: legend.coins,
        field: "indexed",
        scale: { type: "log" },
        axis: logAxis("Index (first day = 100, log scale)", low, high)
      }),
      hover({ series: legend.coins, field: "indexed" })
    ]
  } satisfies TopLevelSpec
}))
