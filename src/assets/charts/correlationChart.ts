import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame } from "../../services/chartFrame.ts"
import { heat, labelLimit, onHeat } from "../../services/chartHeat.ts"
import { data } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { correlationMatrix } from "../derived/correlationMatrix.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universe } from "../settings.ts"
import { figure } from "../words.ts"
import { shown } from "./Shown.ts"

interface Pair {
  readonly coin_a: string
  readonly coin_b: string
  readonly correlation: number | null
  readonly days: number
}

/** More names than these cannot be read beside each other. */
const most = 20

/** Which coins move together: each two coins' correlation of daily log returns, as a coloured square with its figure. */
export const correlationChart = Asset.make("correlation_chart", {
  about: "How closely the daily returns of each two tracked coins move together, as a heatmap",
  group: "visualize",
  source: "correlation_matrix as it is",
  from: { matrix: correlationMatrix, prices: Asset.every(priceHistory, Day), coins: coinList },
  settings: universe,
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ coins, matrix, prices }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const all = yield* shown({ coins, rows: sql`(SELECT coin_a AS coin_id FROM ${matrix})`, most })
  const names = new Map(all.coins.map((_) => [_.id, _.name]))
  const order = all.coins.map((_) => _.name)
  const rows = yield* sql<Pair>`FROM ${matrix} ORDER BY coin_a, coin_b`
  const pairs = rows.flatMap((_) => {
    const [a, b] = [names.get(_.coin_a), names.get(_.coin_b)]
    return a === undefined || b === undefined ? [] : [{ ..._, a, b }]
  })
  const [span] = yield* sql<{ first: string | null; last: string | null }>`SELECT min(day) AS first, max(day) AS last FROM ${prices}`
  const closest = pairs.filter((_) => _.coin_a < _.coin_b && _.correlation !== null).toSorted((x, y) =>
    (y.correlation ?? 0) - (x.correlation ?? 0)
  )
  const say = (pair: typeof pairs[number] | undefined) =>
    pair === undefined ? "none" : `${pair.a} and ${pair.b} (${figure(pair.correlation ?? 0, 2)})`
  const steps = [0.25, 0.5, 0.75] as const
  const axis = { title: null, ticks: false, domain: false, labelLimit } as const
  return {
    ...frame({
      title: "Which coins move together",
      subtitle: `Pearson correlation of daily log returns, ${span?.first ?? "no day"} to ${
        span?.last ?? "no day"
      } (UTC) · pairs with fewer than 30 common days are blank${
        all.of > order.length ? ` · the first ${order.length} of ${all.of} tracked coins` : ""
      }`,
      description: `Heatmap of the correlation of daily log returns of ${order.join(", ")}. Closest: ${say(closest[0])}; least close: ${
        say(closest.at(-1))
      }.`,
      attribution: attribution(settings),
      height: { step: 34 }
    }),
    data: data(pairs),
    encoding: {
      x: { field: "a", type: "nominal", sort: order, scale: { domain: order }, axis: { ...axis, labelAngle: -45, labelOverlap: false } },
      y: { field: "b", type: "nominal", sort: order, scale: { domain: order }, axis }
    },
    layer: [
      {
        transform: [{ filter: "isValid(datum.correlation)" }],
        mark: { type: "rect", stroke: "#ffffff", strokeWidth: 1 },
        encoding: {
          color: heat({ field: "correlation", steps, format: "+.2~f", title: "Correlation" }),
          tooltip: [
            { field: "a", type: "nominal", title: "Coin" },
            { field: "b", type: "nominal", title: "and" },
            { field: "correlation", type: "quantitative", title: "Correlation", format: ".4f" },
            { field: "days", type: "quantitative", title: "Common days", format: ",d" }
          ]
        }
      },
      {
        transform: [{ filter: "isValid(datum.correlation)" }],
        mark: { type: "text", fontSize: { expr: `width < ${order.length * 34} ? 8 : 11` } },
        encoding: {
          text: { field: "correlation", type: "quantitative", format: ".2f" },
          color: onHeat({ field: "correlation", steps }),
          opacity: { value: { expr: `width < ${order.length * 24} ? 0 : 1` } }
        }
      }
    ]
  } satisfies TopLevelSpec
}))
