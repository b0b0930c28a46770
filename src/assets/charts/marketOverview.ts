import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Condition from "../../engine/automation/Condition.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { colourOf } from "../../services/chartColours.ts"
import { attribution, numberAxis, outer, tidyNumber } from "../../services/chartFrame.ts"
import { data, dayX } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import type { Rows } from "../../services/Table.ts"
import { Coin } from "../Coin.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { bySize, type Market, marketSnapshot } from "../raw/marketSnapshot.ts"
import { type DailyPrice, priceHistory } from "../raw/priceHistory.ts"
import { universeAndWindows } from "../settings.ts"

const periods = [["24 h", "price_change_percentage_24h"], ["7 d", "price_change_percentage_7d"], [
  "30 d",
  "price_change_percentage_30d"
]] as const

interface Lately {
  readonly coin_id: string
  readonly day: string
  readonly time: number
  readonly price: number
  /** Between the coin's least (0) and greatest (1) price of these days. */
  readonly relative: number
  readonly stretch: number
}

/** So many rows are a page; the coins beyond are in the table. */
const most = 50

/** The market now: the coins by size, how far each moved, and the way of its price over the last 30 days. */
export const marketOverview = Asset.make("market_overview", {
  about: "Market cap of each tracked coin now, its change over 24 hours, 7 days and 30 days, and its last days as a line",
  group: "visualize",
  source: "market_snapshot as it is; the lines are price_history's last days",
  from: { market: marketSnapshot, prices: Asset.every(priceHistory, Day) },
  settings: universeAndWindows("overview"),
  into: Picture.vega,
  lateAfter: deadlines.market,
  // the last 30 days follow when prices come after the snapshot: from what is kept, so it costs no call
  when: Condition.eager
}, (inputs) => overview(inputs))

export const overview = Effect.fnUntraced(
  function*({ market, prices }: { readonly market: Rows<Market>; readonly prices: Rows<DailyPrice> }) {
    const sql = yield* DuckDb
    const settings = yield* Settings
    const all = yield* bySize(market)
    const coins = labels(all).slice(0, most)
    const lately = yield* sql<Lately>`
    SELECT
      coin_id,
      day,
      epoch_ms(day) AS time,
      price,
      coalesce((price - min(price) OVER own) / nullif(max(price) OVER own - min(price) OVER own, 0), 0.5) AS relative,
      (day - DATE '1970-01-01') - row_number() OVER (PARTITION BY coin_id ORDER BY day) AS stretch
    FROM ${prices}
    WHERE day >= (SELECT max(day) - ${settings.windows.overview} FROM ${prices}) AND price > 0
    WINDOW own AS (PARTITION BY coin_id)
    ORDER BY coin_id, day`
    const names = new Map(coins.map((_) => [_.coin_id, _.coin]))
    const universe = [...new Set([...(yield* Coin.list), ...coins.map((_) => _.coin_id)])]
    const order = coins.map((_) => _.coin)
    const money = settings.currency.toUpperCase()
    const asOf = all[0]?.observed_at.replace("T", " ").slice(0, 16) ?? ""
    const since = lately.map((_) => _.day).toSorted()[0]
    const y = { field: "coin", type: "nominal", sort: order, title: null, axis: { labelLimit: 130, ticks: false, domain: false } } as const
    const colour = {
      field: "coin",
      type: "nominal",
      legend: null,
      scale: { domain: order, range: coins.map((_) => colourOf(_.coin_id, universe)) }
    } as const
    return {
      ...outer({
        title: `Market overview: ${coins.length} ${coins.length === 1 ? "coin" : "coins"}`,
        subtitle: `Market cap in ${money} and price change in percent, as of ${asOf} UTC${
          all.length > coins.length ? ` · the ${coins.length} largest of ${all.length}` : ""
        }${since === undefined ? "" : ` · lines: daily prices since ${since}, each on a scale of its own`}`,
        description: `Market cap of ${
          order.join(", ")
        } in ${money}, with the price change over 24 hours, 7 days and 30 days, as of ${asOf} UTC.`,
        attribution: attribution(settings)
      }),
      data: { values: coins },
      // one above the other, so that each has the whole width of a phone
      vconcat: [
        {
          width,
          height: { step: 24 },
          transform: [{ calculate: tidyNumber("datum.market_cap"), as: "said" }],
          mark: { type: "bar" },
          encoding: {
            y,
            x: { field: "market_cap", type: "quantitative", axis: numberAxis(`Market cap (${money})`) },
            color: colour,
            tooltip: [{ field: "coin", type: "nominal", title: "Coin" }, { field: "said", type: "nominal", title: `Market cap (${money})` }]
          }
        },
        {
          width,
          height: { step: 24 },
          transform: [
            { fold: periods.map(([, column]) => column), as: ["column", "change"] },
            {
              calculate: `!isValid(datum.change) ? 'n/a' : abs(datum.change) < 0.05 ? '0.0 %' : format(datum.change, '+,.1f') + ' %'`,
              as: "said"
            },
            { calculate: periods.map(([name, column]) => `datum.column === '${column}' ? '${name}'`).join(" : ") + " : ''", as: "period" }
          ],
          mark: { type: "text", align: "center" },
          encoding: {
            y,
            x: {
              field: "period",
              type: "nominal",
              sort: periods.map(([name]) => name),
              axis: { orient: "top", title: "Price change", labelAngle: 0, domain: false, ticks: false }
            },
            text: { field: "said", type: "nominal" },
            color: {
              condition: [
                { test: "isValid(datum.change) && datum.change >= 0.05", value: ink.gain.light },
                { test: "isValid(datum.change) && datum.change <= -0.05", value: ink.loss.light }
              ],
              value: ink.muted.light
            }
          }
        },
        {
          data: data(lately.flatMap((_) => (names.has(_.coin_id) ? [{ ..._, coin: names.get(_.coin_id) }] : []))),
          width,
          height: { step: 24, for: "position" },
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: {
            y,
            yOffset: { field: "relative", type: "quantitative", scale: { domain: [1.15, -0.15] } },
            x: dayX(),
            color: colour,
            detail: { field: "stretch", type: "nominal" }
          }
        }
      ]
    } satisfies TopLevelSpec
  }
)

// helpers

const width = 560

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
