import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame } from "../../services/chartFrame.ts"
import { colour, data, dayX, hover, shareOf } from "../../services/chartLines.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { dominance } from "../derived/dominance.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universeAndWindows } from "../settings.ts"
import { figure } from "../words.ts"
import { asTheyEnd, coverage, ends, series, since } from "./Series.ts"
import { shown } from "./Shown.ts"

/** Who holds how much of the tracked market: shares of a day's market cap, one on the other, up to the whole. */
export const dominanceChart = Asset.make("dominance_chart", {
  about: "Each tracked coin's share of the market cap of all tracked coins, stacked day by day",
  group: "visualize",
  source: "dominance: share as it is",
  from: { shares: Asset.every(dominance, Day), coins: coinList },
  settings: universeAndWindows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, shares }) {
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: shares })
  const drawn = yield* series({ rows: shares, shown: all, column: "share", from: yield* since(shares) })
  const order = asTheyEnd(all, drawn, "share").coins
  const places = new Map(order.map((_, at) => [_.id, at]))
  return {
    ...frame({
      title: "Dominance: shares of the tracked market cap",
      subtitle: `${coverage(drawn, all)} · of the coins tracked, not of all there are`,
      description: `Stacked area chart of market cap shares from ${drawn.first} to ${drawn.last}. ${
        ends(drawn, { ...all, coins: order }, "share", (_) => figure(_ * 100, 1, " %"))
      }`,
      attribution: attribution(settings)
    }),
    // the largest lies at the bottom
    data: data(drawn.points.map((_) => ({ ..._, place: places.get(_.coin_id) ?? 0 }))),
    layer: [
      {
        // a bar a day and not an area: a coin that lacks a day leaves a hole, and moves no other coin's days
        mark: {
          type: "bar",
          cornerRadiusEnd: 0,
          binSpacing: 0,
          width: { expr: `max(1, ceil(width / ${Math.max(1, new Set(drawn.points.map((_) => _.day)).size)}) + 0.4)` }
        },
        encoding: {
          x: dayX(),
          y: {
            field: "share",
            type: "quantitative",
            stack: "zero",
            scale: { domain: [0, 1] },
            axis: { title: "Share of market cap", labelExpr: "format(datum.value, '.0%')", tickCount: 5 }
          },
          color: colour(order),
          order: { field: "place", type: "ordinal" }
        }
      },
      hover({ series: order, field: "share", say: shareOf })
    ]
  } satisfies TopLevelSpec
}))
