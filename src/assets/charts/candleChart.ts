import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, numberAxis, tidyNumber } from "../../services/chartFrame.ts"
import { data, dayX } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Picture from "../../services/Picture.ts"
import { Settings } from "../../services/Settings.ts"
import { Coin } from "../Coin.ts"
import { candles } from "../raw/candles.ts"
import { coinList } from "../raw/coinList.ts"
import { universe } from "../settings.ts"
import { shown } from "./Shown.ts"

interface Candle {
  readonly coin_id: string
  readonly closes: string
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** A body from open to close, hollow where the price rose, and a wick from low to high. */
export const candleChart = Asset.make("candle_chart", {
  about: "One coin's candles: open, high, low and close; left out of all, for it costs a call a coin",
  group: "visualize",
  source: "candles as they are",
  optIn: true,
  from: { candles, coins: coinList },
  settings: universe,
  into: Picture.vega,
  of: Coin
}, Effect.fnUntraced(function*({ candles, coins }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const id = yield* Coin
  const one = yield* shown({ coins, rows: candles, only: id })
  const name = one.coins[0]?.name ?? id
  const rows = yield* sql<Candle>`
    SELECT coin_id, closes, epoch_ms(closes) AS time, open, high, low, close
    FROM ${candles}
    WHERE coin_id = ${id}
    ORDER BY closes`
  const [first, last] = [rows[0], rows.at(-1)]
  const each = rows.slice(1).reduce((least, _, at) => Math.min(least, _.time - (rows[at]?.time ?? 0)), Infinity)
  const money = settings.currency.toUpperCase()
  const said = (_: Candle | undefined) => _?.closes.slice(0, 16).replace("T", " ") ?? "no time"
  const colour = {
    condition: { test: "datum.close >= datum.open", value: ink.gain.light },
    value: ink.loss.light
  }
  return {
    ...frame({
      title: rows.length === 1 ? `One candle of ${name}` : `Candles of ${name}${lasting(each)}`,
      subtitle: `${said(first)} to ${said(last)} UTC, as of the last close · each drawn where it closes; hollow: rose, filled: fell${
        settings.plan === "pro" ? "" : " · without a paid plan CoinGecko serves candles of 4 hours up to 30 days, and of 4 days beyond"
      }`,
      description: `Candlestick chart of ${name} in ${money}: ${rows.length} candles from ${said(first)} to ${said(last)} UTC.`,
      attribution: attribution(settings)
    }),
    data: data(rows),
    encoding: { x: dayX({ title: "Close of the candle (UTC)" }) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 1 },
        encoding: {
          y: { field: "low", type: "quantitative", scale: { zero: false }, axis: numberAxis(`Price (${money})`) },
          y2: { field: "high" },
          color: colour
        }
      },
      {
        transform: (["open", "high", "low", "close"] as const).map((of) => ({ calculate: tidyNumber(`datum.${of}`), as: `${of}_said` })),
        mark: { type: "bar", width: { expr: `max(2, width / ${Math.max(1, rows.length)} * 0.6)` }, cornerRadiusEnd: 0, strokeWidth: 1 },
        encoding: {
          y: { field: "open", type: "quantitative" },
          y2: { field: "close" },
          fill: { condition: { test: "datum.close >= datum.open", value: ink.paper.light }, value: ink.loss.light },
          stroke: colour,
          tooltip: [
            { field: "closes", type: "nominal", title: "Closes (UTC)" },
            ...(["open", "high", "low", "close"] as const).map((of) => ({ field: `${of}_said`, type: "nominal" as const, title: of }))
          ]
        }
      }
    ]
  } satisfies TopLevelSpec
}))

// helpers

const lasting = (millis: number): string => {
  if (!Number.isFinite(millis)) return ""
  const minutes = Math.round(millis / 60_000)
  if (minutes < 60) return `, ${counted(minutes, "minute")} each`
  return `, ${minutes < 1440 ? counted(Math.round(minutes / 60), "hour") : counted(Math.round(minutes / 1440), "day")} each`
}

const counted = (count: number, of: string): string => `${count} ${of}${count === 1 ? "" : "s"}`
