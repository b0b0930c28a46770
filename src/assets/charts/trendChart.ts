import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { Layer, TopLevelSpec } from "../../services/Chart.ts"
import { palette } from "../../services/chartColours.ts"
import { attribution, numberAxis, outer } from "../../services/chartFrame.ts"
import { brush, data, dayX, hoverRow, ranged } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Coin } from "../Coin.ts"
import * as deadlines from "../deadlines.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universeAndWindows } from "../settings.ts"
import { coverage, pixels, series, since } from "./Series.ts"
import { shown } from "./Shown.ts"

const averages = [["sma_7", "7-day average"], ["sma_50", "50-day average"], ["sma_200", "200-day average"]] as const

/** Of an average: red, teal and navy; violet stands in for one that is the coin's own. */
const hues = [4, 2, 10, 5] as const

interface Crosses {
  readonly n: number
  readonly newest: string
  readonly day: string
}

/** A coin's price among its averages: the band holds 20 days' mean ± 2 standard deviations, the bars below the volume. */
export const trendChart = Asset.make("trend_chart", {
  about: "One coin's price with its 7, 50 and 200-day averages, Bollinger band, crosses and volume",
  group: "visualize",
  source: "price_history and price_trends as they are",
  from: { prices: Asset.every(priceHistory, Day), trends: Asset.every(priceTrends, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  of: Coin,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, prices, trends }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const id = yield* Coin
  const one = yield* shown({ coins, rows: prices, only: id })
  const rows = sql`(SELECT p.*, t.* EXCLUDE (coin_id, day) FROM ${prices} p LEFT JOIN ${trends} t USING (coin_id, day))`
  const drawn = yield* series({
    rows,
    shown: one,
    column: "price",
    from: yield* since(prices),
    others: ["total_volume", "sma_7", "sma_50", "sma_200", "bollinger_lower", "bollinger_middle", "bollinger_upper", "cross"],
    marked: "cross"
  })
  const coin = one.coins[0]
  const name = coin?.name ?? id
  const money = settings.currency.toUpperCase()
  const names = ["Price", ...averages.map(([, says]) => says), "20 days' mean ± 2 σ"]
  const colours = [
    coin?.colour ?? ink.text.light,
    ...hues.map((_) => palette[_].light).filter((_) => _ !== coin?.colour).slice(0, averages.length),
    ink.line.light
  ]
  const colour = {
    field: "said",
    type: "nominal" as const,
    scale: { domain: names, range: colours },
    legend: { columns: 2, labelLimit: 150, symbolOpacity: 1, symbolType: "stroke" }
  }
  const said = (name: string) => [{ calculate: JSON.stringify(name), as: "said" }]
  const line = (field: string, says: string, strokeWidth: number): Layer => ({
    transform: said(says),
    mark: { type: "line", strokeWidth, clip: true },
    encoding: {
      x: dayX({ brush: ranged }),
      y: { field, type: "quantitative", scale: { zero: false }, axis: numberAxis(`Price (${money})`) },
      color: colour,
      detail: { field: "stretch", type: "nominal" }
    }
  })
  const [crosses] = yield* sql<Crosses>`
    SELECT count(*) AS n, max_by("cross", day) AS newest, max(day) AS day
    FROM ${trends}
    WHERE coin_id = ${id} AND "cross" IS NOT NULL AND day BETWEEN TRY_CAST(${drawn.first} AS DATE) AND TRY_CAST(${drawn.last} AS DATE)
    HAVING n > 0`
  const tell = {
    fields: [
      { field: "price", title: `Price (${money})` },
      ...averages.map(([field, title]) => ({ field, title })),
      { field: "bollinger_lower", title: "Band, lower" },
      { field: "bollinger_upper", title: "Band, upper" },
      { field: "total_volume", title: `Volume, 24 h before (${money})` }
    ],
    brush: ranged
  }
  return {
    ...outer({
      title: `${name}: price, averages and volume`,
      subtitle: `${
        coverage(drawn, one)
      } · an average begins when all its days have a price; the grey band is Bollinger's; ▲ golden and ▼ death cross of the 50 and 200-day averages`,
      description:
        `The daily price of ${name} in ${money} from ${drawn.first} to ${drawn.last}, with its 7, 50 and 200-day averages, Bollinger band and volume. ${
          crosses === undefined
            ? "The 50 and 200-day averages did not cross."
            : `The 50 and 200-day averages crossed ${
              crosses.n === 1 ? "once" : `${crosses.n} times, the last time`
            } in a ${crosses.newest} cross on ${crosses.day}.`
        }`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    vconcat: [
      {
        width: pixels,
        height: 300,
        layer: [
          {
            transform: said("20 days' mean ± 2 σ"),
            mark: { type: "area", opacity: 0.22, clip: true },
            encoding: {
              x: dayX({ brush: ranged }),
              y: { field: "bollinger_lower", type: "quantitative", scale: { zero: false }, axis: numberAxis(`Price (${money})`) },
              y2: { field: "bollinger_upper" },
              color: colour,
              detail: { field: "stretch", type: "nominal" }
            }
          },
          ...averages.map(([field, says]) => line(field, says, 1.4)),
          line("price", "Price", 1.75),
          {
            transform: [{ filter: "isValid(datum.cross)" }],
            mark: { type: "point", filled: true, size: 60, color: ink.text.light, clip: true, opacity: 1 },
            encoding: {
              x: dayX({ brush: ranged }),
              y: { field: "sma_50", type: "quantitative" },
              shape: {
                field: "cross",
                type: "nominal",
                scale: { domain: ["golden", "death"], range: ["triangle-up", "triangle-down"] },
                legend: null
              }
            }
          },
          hoverRow({ ...tell, name: "hover" })
        ]
      },
      {
        width: pixels,
        height: 80,
        layer: [
          {
            mark: { type: "area", color: ink.line.light, opacity: 0.55, clip: true, interpolate: "step" },
            encoding: {
              x: dayX({ brush: ranged }),
              y: {
                field: "total_volume",
                type: "quantitative",
                stack: null,
                axis: { ...numberAxis(`Volume, 24 h before (${money})`), tickCount: 3 }
              },
              detail: { field: "stretch", type: "nominal" }
            }
          },
          hoverRow({ ...tell, name: "hover_volume" })
        ]
      },
      brush({ field: "price", width: pixels })
    ]
  } satisfies TopLevelSpec
}))
