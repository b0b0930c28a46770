import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, logAxis, numberAxis, outer } from "../../services/chartFrame.ts"
import { brush, data, hover, lines, ranged } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Coin } from "../Coin.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universeAndWindows } from "../settings.ts"
import { changes, coverage, extent, pixels, series, since } from "./Series.ts"
import { shown } from "./Shown.ts"

/** A coin's price twice: linear, where equal heights are equal amounts, and log, where they are equal percentages. */
export const coinChart = Asset.make("coin_chart", {
  about: "The price of one coin over time, linear and log; its page has a brush to choose a range",
  group: "visualize",
  source: "price_history as it is",
  from: { prices: Asset.every(priceHistory, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  of: Coin,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, prices }) {
  const settings = yield* Settings
  const one = yield* shown({ coins, rows: prices, only: yield* Coin })
  const drawn = yield* series({ rows: prices, shown: one, column: "price", above: 0, from: yield* since(prices) })
  const money = settings.currency.toUpperCase()
  const name = one.coins[0]?.name ?? (yield* Coin)
  const [low, high] = extent(drawn, "price")
  const view = (type: "linear" | "log") => ({
    width: pixels,
    height: 220,
    layer: [
      lines({
        series: one.coins,
        field: "price",
        scale: { type },
        axis: type === "log" ? logAxis(`Price (${money}, log scale)`, low, high) : numberAxis(`Price (${money})`),
        brush: ranged
      }),
      hover({ series: one.coins, field: "price", brush: ranged })
    ]
  })
  return {
    ...outer({
      title: `Price of ${name}`,
      subtitle: coverage(drawn, one),
      description: `Two line charts of the daily price of ${name} in ${money}, from ${drawn.first} to ${drawn.last}: linear and log. ${
        changes(drawn, one, "price")
      }`,
      attribution: attribution(settings)
    }),
    data: data(drawn.points),
    vconcat: [
      view("linear"),
      view("log"),
      brush({ field: "price", width: pixels })
    ]
  } satisfies TopLevelSpec
}))
