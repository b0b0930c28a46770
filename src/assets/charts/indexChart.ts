import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { palette } from "../../services/chartColours.ts"
import { attribution, numberAxis, outer } from "../../services/chartFrame.ts"
import { brush, data, dayX, hoverRow, ranged, shareOf } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import * as deadlines from "../deadlines.ts"
import { marketIndex } from "../derived/marketIndex.ts"
import { Day } from "../partitions.ts"
import { windows } from "../settings.ts"
import { pixels, since } from "./Series.ts"

interface Row {
  readonly day: string
  readonly time: number
  readonly equal_weight: number | null
  readonly cap_weight: number | null
  readonly breadth: number | null
  readonly coins: number
}

const kinds = [["cap_weight", "Weighted by market cap", palette[1].light], ["equal_weight", "Equally weighted", palette[0].light]] as const

/** The tracked coins as one market; below it the share of coins that rose on the day. */
export const indexChart = Asset.make("index_chart", {
  about: "The tracked coins as one market, indexed to 100, with the share of coins that rose each day",
  group: "visualize",
  source: "market_index as it is",
  from: { index: Asset.every(marketIndex, Day) },
  settings: windows("lines"),
  into: Picture.vega,
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ index }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  // at most two days a pixel: the first and the last of each
  const rows = yield* sql<Row>`
    WITH placed AS (
      SELECT *, (day - min(day) OVER ()) * ${pixels} // (max(day) OVER () - min(day) OVER () + 1) AS pixel
      FROM ${index}
      WHERE day >= ${(yield* since(index)) ?? "0001-01-01"}
    )
    SELECT day, epoch_ms(day) AS time, equal_weight, cap_weight, breadth, coins
    FROM placed
    QUALIFY row_number() OVER (PARTITION BY pixel ORDER BY day) = 1 OR row_number() OVER (PARTITION BY pixel ORDER BY day DESC) = 1
    ORDER BY day`
  const [first, last] = [rows[0]?.day ?? "no day", rows.at(-1)?.day ?? "no day"]
  const end = rows.at(-1)
  const names = kinds.map(([, name]) => name)
  const tell = {
    brush: ranged,
    fields: [
      ...kinds.map(([field, title]) => ({ field, title })),
      { field: "breadth", title: "Coins that rose", say: shareOf },
      { field: "coins", title: "Coins" }
    ]
  }
  return {
    ...outer({
      title: "The tracked coins as one market",
      subtitle:
        `${first} to ${last}, as of ${last} 00:00 UTC · indexed to 100 on the first day; after a day without any return an index is missing`,
      description:
        `Line chart of two market indices from ${first} to ${last}, and of the share of coins that rose each day. At the end: weighted by market cap ${
          end?.cap_weight?.toFixed(1) ?? "none"
        }, equally weighted ${end?.equal_weight?.toFixed(1) ?? "none"}.`,
      attribution: attribution(settings)
    }),
    data: data(rows),
    vconcat: [
      {
        width: pixels,
        height: 260,
        layer: [
          ...kinds.map(([field, name]) => ({
            transform: [{ calculate: `'${name}'`, as: "said" }],
            mark: { type: "line", clip: true } as const,
            encoding: {
              x: dayX({ brush: ranged }),
              y: { field, type: "quantitative" as const, scale: { zero: false }, axis: numberAxis("Index (first day = 100)") },
              color: {
                field: "said",
                type: "nominal" as const,
                scale: { domain: names, range: kinds.map(([, , of]) => of) },
                legend: { columns: 2, labelLimit: 150 }
              }
            }
          })),
          hoverRow({ ...tell, name: "hover" })
        ]
      },
      {
        width: pixels,
        height: 70,
        layer: [
          {
            mark: { type: "line", color: ink.muted.light, strokeWidth: 1, clip: true, interpolate: "step" },
            encoding: {
              x: dayX({ brush: ranged }),
              y: {
                field: "breadth",
                type: "quantitative",
                scale: { domain: [0, 1] },
                axis: { title: "Share of coins that rose", labelExpr: "format(datum.value, '.0%')", values: [0, 0.5, 1] }
              }
            }
          },
          hoverRow({ ...tell, name: "hover_breadth" })
        ]
      },
      brush({ field: "equal_weight", width: pixels })
    ]
  } satisfies TopLevelSpec
}))
