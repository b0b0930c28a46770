import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { coinScale } from "../../services/chartColours.ts"
import { attribution, frame, numberAxis } from "../../services/chartFrame.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { type Market, marketSnapshot } from "../raw/marketSnapshot.ts"

const periods = [["24 h", "price_change_percentage_24h"], ["7 d", "price_change_percentage_7d"], [
  "30 d",
  "price_change_percentage_30d"
]] as const

/** The market now: the coins by size, and how far each moved. */
export const marketOverview = Asset.make("market_overview", {
  about: "Market cap of each tracked coin now, and its change over 24 hours, 7 days and 30 days",
  from: { market: marketSnapshot },
  into: Picture.vega
}, Effect.fnUntraced(function*({ market }) {
  const settings = yield* Settings
  const rows = (yield* market.rows).toSorted((a, b) => (b.market_cap ?? -1) - (a.market_cap ?? -1) || (a.coin_id < b.coin_id ? -1 : 1))
  const money = settings.currency.toUpperCase()
  const asOf = rows[0]?.observed_at.replace("T", " ").slice(0, 16) ?? ""
  const coins = labels(rows)
  const order = coins.map((_) => _.coin)
  const y = { field: "coin", type: "nominal", sort: order, title: null } as const
  const { height: _height, width: _width, ...framed } = frame({
    title: `Market overview: ${rows.length} coins`,
    subtitle: `Market cap in ${money} and price change in percent, as of ${asOf} UTC`,
    description: `Market cap of ${
      order.join(", ")
    } in ${money}, with the price change over 24 hours, 7 days and 30 days, as of ${asOf} UTC.`,
    attribution: attribution(settings)
  })
  return {
    ...framed,
    data: { values: coins },
    // one above the other, so that both have the whole width of a phone
    vconcat: [
      {
        width: 560,
        height: { step: 24 },
        mark: { type: "bar" },
        encoding: {
          y: { ...y, axis: { labelLimit: 180, ticks: false, domain: false } },
          x: { field: "market_cap", type: "quantitative", axis: numberAxis(`Market cap (${money})`) },
          color: {
            field: "coin",
            type: "nominal",
            legend: null,
            scale: { domain: order, range: coinScale(coins.map((_) => _.coin_id)).range }
          },
          tooltip: [{ field: "coin", type: "nominal", title: "Coin" }, {
            field: "market_cap",
            type: "quantitative",
            title: `Market cap (${money})`,
            format: ",.6~r"
          }]
        }
      },
      {
        width: 560,
        height: { step: 24 },
        transform: [
          { fold: periods.map(([, column]) => column), as: ["column", "change"] },
          { calculate: `isValid(datum.change) ? format(datum.change, '+,.1f') + ' %' : 'n/a'`, as: "said" },
          { calculate: periods.map(([name, column]) => `datum.column === '${column}' ? '${name}'`).join(" : ") + " : ''", as: "period" }
        ],
        mark: { type: "text", align: "center" },
        encoding: {
          y: { ...y, axis: { labelLimit: 180, ticks: false, domain: false } },
          x: {
            field: "period",
            type: "nominal",
            sort: periods.map(([name]) => name),
            axis: { orient: "top", title: "Price change", labelAngle: 0, domain: false, ticks: false }
          },
          text: { field: "said", type: "nominal" },
          color: {
            condition: [
              { test: "isValid(datum.change) && datum.change > 0", value: ink.gain.light },
              { test: "isValid(datum.change) && datum.change < 0", value: ink.loss.light }
            ],
            value: ink.muted.light
          }
        }
      }
    ]
  } satisfies TopLevelSpec
}))

// helpers

/** What the chart needs of each row; a name that two coins share is told apart by the id. */
const labels = (rows: ReadonlyArray<Market>) =>
  rows.map(({ coin_id, market_cap, name, ...row }) => ({
    coin_id,
    coin: rows.filter((_) => _.name === name).length > 1 ? `${name} (${coin_id})` : name,
    market_cap,
    price_change_percentage_24h: row.price_change_percentage_24h,
    price_change_percentage_7d: row.price_change_percentage_7d,
    price_change_percentage_30d: row.price_change_percentage_30d
  }))
