import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer } from "../../services/chartFrame.ts"
import { data } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { returnDistribution } from "../derived/returnDistribution.ts"
import { dailyReturns } from "../derived/dailyReturns.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { universe } from "../settings.ts"
import { pixels } from "./Series.ts"
import { shown } from "./Shown.ts"

interface Bin {
  readonly coin_id: string
  readonly bin: number
  readonly days: number
  readonly share: number
}

/** How often a coin moved how far in a day: a bar is one per cent wide, and those at the ends hold all that lies beyond. */
export const distributionChart = Asset.make("distribution_chart", {
  about: "How each tracked coin's daily returns are spread, as bars of one per cent",
  group: "visualize",
  source: "return_distribution as it is",
  from: { bins: returnDistribution, returns: Asset.every(dailyReturns, Day), coins: coinList },
  settings: universe,
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ bins, coins, returns }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: bins })
  const keys = new Map(all.coins.map((_) => [_.id, _]))
  const rows = (yield* sql<Bin>`SELECT coin_id, bin, days, share FROM ${bins} ORDER BY coin_id, bin`)
    .flatMap((_) => {
      const coin = keys.get(_.coin_id)
      return coin === undefined ? [] : [{ ..._, coin: coin.name, series: coin.key }]
    })
  const [span] = yield* sql<{ first: string | null; last: string | null }>`
    SELECT min(day) AS first, max(day) AS last FROM ${returns} WHERE simple_return IS NOT NULL`
  const x = {
    field: "bin",
    type: "ordinal" as const,
    scale: { domain: Array.from({ length: 42 }, (_, at) => at - 21), paddingInner: 0.08 }
  }
  const axis = {
    title: null,
    ticks: false,
    labelAngle: 0,
    labelOverlap: false,
    labelExpr:
      "datum.value === -21 ? '< −20%' : datum.value === 20 ? '≥ 20%' : datum.value === 0 ? '0%' : datum.value % 10 === 0 && datum.value > -20 ? format(datum.value / 100, '+.0%') : ''"
  }
  const still = all.coins.map(({ id, name }) => {
    const own = rows.filter((_) => _.coin_id === id)
    const calm = own.filter((_) => _.bin === -1 || _.bin === 0).reduce((sum, _) => sum + _.share, 0)
    return `${name} ${(calm * 100).toFixed(0)} %`
  })
  return {
    ...outer({
      title: "How daily returns are spread",
      subtitle: `${span?.first ?? "no day"} to ${span?.last ?? "no day"}, as of ${
        span?.last ?? "no day"
      } 00:00 UTC · share of days with a return in each per cent; the ends hold all beyond 20 %${
        all.of > all.coins.length ? ` · the first ${all.coins.length} of ${all.of} tracked coins` : ""
      }`,
      description: `One bar chart a coin of its daily returns. Days that moved by less than one per cent: ${still.join(", ")}.`,
      attribution: attribution(settings)
    }),
    data: data(rows),
    vconcat: all.coins.map((coin, at) => ({
      title: { text: coin.name, fontSize: 12, fontWeight: 600, offset: 4, anchor: "start" as const, frame: "group" as const },
      width: pixels,
      height: 64,
      transform: [{ filter: { field: "series", equal: coin.key } }],
      mark: { type: "bar" as const, color: coin.colour, cornerRadiusEnd: 1 },
      encoding: {
        x: { ...x, axis: at === all.coins.length - 1 ? { ...axis, title: "Return over a day" } : axis },
        y: {
          field: "share",
          type: "quantitative" as const,
          axis: { title: null, tickCount: 2, labelExpr: "format(datum.value, '.0%')" }
        },
        tooltip: [
          { field: "coin", type: "nominal" as const, title: "Coin" },
          { field: "bin", type: "quantitative" as const, title: "From, per cent" },
          { field: "days", type: "quantitative" as const, title: "Days", format: ",d" },
          { field: "share", type: "quantitative" as const, title: "Share of days", format: ".2%" }
        ]
      }
    })),
    spacing: 8
  } satisfies TopLevelSpec
}))
