import { Effect } from "effect"
import type { Statement } from "effect/sql"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, logAxis } from "../../services/chartFrame.ts"
import { data, hover, level, lines } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import type { Rows } from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { indexedPrices } from "../derived/indexedPrices.ts"
import { Day } from "../partitions.ts"
import { coinList, type ListedCoin } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universe } from "../settings.ts"
import { asTheyEnd, changes, coverage, extent, series } from "./Series.ts"
import { shown } from "./Shown.ts"

/** Formula: 100 · p(D) / p(B), B the first day on which all compared coins have a price above 0. */
export const coinComparison = Asset.make("coin_comparison", {
  about: "What 100 in each tracked coin became since the first day that all have, on a log scale",
  group: "visualize",
  source: "indexed_prices: indexed as it is",
  from: { indexed: indexedPrices, prices: Asset.every(priceHistory, Day), coins: coinList },
  settings: universe,
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, indexed, prices }) {
  const sql = yield* DuckDb
  const [young] = yield* sql<Young>`
    SELECT max_by(coin_id, first) AS coin_id, min(first) AS oldest
    FROM (SELECT coin_id, min(day) AS first FROM ${prices} SEMI JOIN ${indexed} USING (coin_id) WHERE price > 0 GROUP BY coin_id)
    HAVING max(first) > min(first)`
  return yield* comparison({ coins, rows: indexed, young })
}))

/** What all have in common begins where the youngest coin does; it is named, and how far back the others go. */
interface Young {
  readonly coin_id: string
  readonly oldest: string
}

/** Rows that hold coin_id, day, price and indexed, compared. */
export const comparison = Effect.fnUntraced(function*(
  { coins, rows, young }: { readonly coins: Rows<ListedCoin>; readonly rows: Statement.Fragment; readonly young?: Young | undefined }
) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows })
  const drawn = yield* series({ rows, shown: all, column: "indexed", others: ["price"] })
  const legend = asTheyEnd(all, drawn, "indexed")
  const [low, high] = extent(drawn, "indexed")
  const late = new Set(drawn.points.filter((_) => _.day === drawn.first).map((_) => _.coin_id)).size < legend.coins.length
  const begins = late ? "a coin that begins later begins at 100" : "each coin begins at 100"
  const name = legend.coins.find((_) => _.id === young?.coin_id)?.name
  return {
    ...frame({
      title: "What 100 became: coins compared",
      subtitle: `${coverage(drawn, legend)} · ${begins}${
        young === undefined
          ? ""
          : ` on the first day that all have: ${name ?? young.coin_id} is the youngest, other prices go back to ${young.oldest}`
      }`,
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
})
