import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { coinScale } from "../../services/chartColours.ts"
import { attribution, frame, logAxis, timeAxis, timeScale } from "../../services/chartFrame.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/** A row of price_history under its coin's name; between two stretches lie days without a row. */
interface Point {
  readonly coin_id: string
  readonly coin: string
  readonly day: string
  /** 00:00 UTC of the day, in epoch milliseconds. */
  readonly time: number
  readonly price: number
  readonly stretch: number
}

/** Price of each tracked coin over time, together, on a log scale: equal heights are equal percentages. */
export const priceChart = Asset.make("price_chart", {
  about: "The price of each tracked coin over time, together, on a log scale",
  from: { prices: Asset.every(priceHistory, Day), coins: coinList },
  into: Picture.vega
}, Effect.fnUntraced(function*({ coins, prices }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const points = yield* sql<Point>`
    WITH named AS (
      SELECT coin_id, CASE WHEN count(*) OVER (PARTITION BY name) > 1 THEN name || ' (' || coin_id || ')' ELSE name END AS coin
      FROM ${coins}
      WHERE coin_id IN (SELECT coin_id FROM ${prices})
    )
    SELECT
      p.coin_id,
      coalesce(n.coin, p.coin_id) AS coin,
      p.day,
      epoch_ms(p.day) AS time,
      p.price,
      (p.day - DATE '1970-01-01') - row_number() OVER (PARTITION BY p.coin_id ORDER BY p.day) AS stretch
    FROM ${prices} p
    LEFT JOIN named n USING (coin_id)
    WHERE p.price > 0
    ORDER BY p.coin_id, p.day`
  const names = new Map(points.map((_) => [_.coin_id, _.coin]))
  const newest = new Map(points.map((_) => [_.coin_id, _.price]))
  // the legend reads as the lines lie at their right end
  const ids = [...names.keys()].sort((a, b) => (newest.get(b) ?? 0) - (newest.get(a) ?? 0))
  const shown = ids.map((_) => names.get(_) ?? _)
  const [first, last] = [extreme(points.map((_) => _.day), (a, b) => a < b) ?? "", extreme(points.map((_) => _.day), (a, b) => a > b) ?? ""]
  const low = extreme(points.map((_) => _.price), (a, b) => a < b) ?? 1
  const high = extreme(points.map((_) => _.price), (a, b) => a > b) ?? 1
  const money = settings.currency.toUpperCase()
  return {
    ...frame({
      title: shown.length === 1 ? `Price of ${shown.join()}` : `Prices of ${shown.length} coins`,
      subtitle: points.length === 0 ? "No prices yet" : `${first} to ${last}, each day at 00:00 UTC; equal heights are equal percentages`,
      description: `Line chart of the daily price of ${shown.join(", ")} in ${money}, from ${first} to ${last}, on a log scale.`,
      attribution: attribution(settings)
    }),
    data: { values: [...points] },
    mark: { type: "line" },
    encoding: {
      x: { field: "time", type: "temporal", scale: timeScale, axis: timeAxis() },
      y: {
        field: "price",
        type: "quantitative",
        scale: { type: "log", nice: false },
        axis: logAxis(`Price (${money}, log scale)`, low, high)
      },
      color: {
        field: "coin",
        type: "nominal",
        scale: { domain: shown, range: coinScale(ids).range },
        legend: { columns: { expr: "max(1, floor(width / 190))" }, labelLimit: 165 }
      },
      detail: { field: "stretch", type: "nominal" },
      tooltip: [
        { field: "coin", type: "nominal", title: "Coin" },
        { field: "day", type: "nominal", title: "Day (00:00 UTC)" },
        { field: "price", type: "quantitative", title: `Price (${money})`, format: ",.6~r" }
      ]
    }
  } satisfies TopLevelSpec
}))

// helpers

const extreme = <A>(values: ReadonlyArray<A>, wins: (a: A, b: A) => boolean): A | undefined =>
  values.reduce<A | undefined>((best, _) => best === undefined || wins(_, best) ? _ : best, undefined)
