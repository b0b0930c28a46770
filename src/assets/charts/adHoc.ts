/**
 * A chart that nobody defined beforehand: some coins, one figure, some days, as lines. It reads what is kept and makes
 * nothing.
 */
import { Data, Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { TopLevelSpec } from "../../services/Chart.ts"
import { attribution, frame, logAxis, numberAxis, shareAxis, sizeAxis } from "../../services/chartFrame.ts"
import { data, hover, lines, shareOf, shareSaid } from "../../services/chartLines.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import { Settings } from "../../services/Settings.ts"
import { dailyReturns } from "../derived/dailyReturns.ts"
import { priceTrends } from "../derived/priceTrends.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { asTheyEnd, coverage, extent, type Point, series } from "./Series.ts"
import { shown, type ShownCoin } from "./Shown.ts"

export const kinds = ["price", "indexed", "volume", "return", "volatility", "drawdown", "rsi"] as const
export type Kind = (typeof kinds)[number]

export interface Asked {
  readonly coins: ReadonlyArray<string>
  readonly kind: Kind
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly log: boolean
}

/** A share is a change and bears its sign; a size is a fraction too, and has none. */
export type Unit = "amount" | "share" | "size" | "index"

export interface AdHoc {
  readonly spec: TopLevelSpec
  readonly title: string
  readonly subtitle: string
  readonly attribution: string
  readonly coins: ReadonlyArray<ShownCoin>
  readonly points: ReadonlyArray<Point>
  readonly column: string
  readonly log: boolean
  readonly unit: Unit
}

/** Coins of whom nothing of the kind is kept. */
export class NotKept extends Data.TaggedError("NotKept")<{
  readonly asset: string
  readonly missing: ReadonlyArray<string>
  readonly kept: ReadonlyArray<string>
}> {
  override get message() {
    return this.kept.length === 0
      ? `${this.asset} holds nothing yet: bring it up to date first (run ${this.asset})`
      : `${this.asset} holds nothing of ${this.missing.join(", ")} in these days. It holds: ${
        this.kept.join(", ")
      }. CRYPTO_COINS says which coins are tracked`
  }
}

export const adHoc = Effect.fnUntraced(function*({ coins, from, kind, log, to }: Asked) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const money = settings.currency.toUpperCase()
  const { asset, axis, column, rows, title, unit } = yield* figureOf(kind, money, { from, to })
  const held = yield* sql<{ coin_id: string }>`SELECT DISTINCT coin_id FROM ${rows} WHERE ${sql(column)} IS NOT NULL ORDER BY coin_id`
  const kept = held.map((_) => _.coin_id)
  const missing = coins.filter((_) => !kept.includes(_))
  if (missing.length > 0) return yield* new NotKept({ asset, missing, kept })
  const all = yield* shown({ coins: yield* read(coinList), rows, ...(coins.length === 0 ? {} : { only: coins }) })
  const drawn = yield* series({ rows, shown: all, column, from, to, ...(log ? { above: 0 } : {}) })
  if (drawn.points.length === 0) return yield* new NotKept({ asset, missing: coins.length === 0 ? ["any coin"] : coins, kept })
  const legend = asTheyEnd(all, drawn, column)
  const [low, high] = extent(drawn, column)
  const names = legend.coins.map((_) => _.name)
  const words = {
    title: `${title}${names.length === 1 ? ` of ${names.join()}` : `: ${names.length} coins`}`,
    subtitle: coverage(drawn, legend),
    description: `Line chart: ${title.toLowerCase()} of ${names.join(", ")} from ${drawn.first} to ${drawn.last}.`,
    attribution: attribution(settings)
  }
  return {
    spec: {
      ...frame(words),
      data: data(drawn.points),
      layer: [
        lines({
          series: legend.coins,
          field: column,
          scale: log ? { type: "log" } : {},
          axis: log ? logAxis(axis.replace(/\)$/, ", log scale)"), low, high) : axisOf[unit](axis)
        }),
        hover({ series: legend.coins, field: column, ...sayOf[unit] })
      ]
    },
    title: words.title,
    subtitle: words.subtitle,
    attribution: words.attribution,
    coins: legend.coins,
    points: drawn.points,
    column,
    log,
    unit
  } satisfies AdHoc
})

// helpers

const sayOf: Partial<Record<Unit, { readonly say: (of: string) => string }>> = { share: { say: shareSaid }, size: { say: shareOf } }

const axisOf = { amount: numberAxis, index: numberAxis, share: shareAxis, size: sizeAxis }

/** The asset as it is kept: reading makes nothing. */
const read = <A, E, R>(input: Effect.Effect<A, E, R>) => Effect.provideService(input, Asset.Making, () => undefined)

const figureOf = Effect.fnUntraced(function*(kind: Kind, money: string, days: Pick<Asked, "from" | "to">) {
  const sql = yield* DuckDb
  const prices = read(Asset.every(priceHistory, Day))
  const trends = read(Asset.every(priceTrends, Day))
  switch (kind) {
    case "price":
      return {
        asset: "price_history",
        rows: yield* prices,
        column: "price",
        title: "Price",
        axis: `Price (${money})`,
        unit: "amount"
      } as const
    case "volume":
      return {
        asset: "price_history",
        rows: yield* prices,
        column: "total_volume",
        title: "Volume",
        axis: `Volume of the 24 hours before (${money})`,
        unit: "amount"
      } as const
    case "indexed": {
      const rows = sql`(
        SELECT coin_id, day, 100 * price / arg_min(price, day) OVER (PARTITION BY coin_id) AS indexed
        FROM ${yield* prices}
        WHERE price > 0 AND day BETWEEN ${days.from ?? "0001-01-01"} AND ${days.to ?? "9999-12-31"}
      )`
      return {
        asset: "price_history",
        rows,
        column: "indexed",
        title: "What 100 became",
        axis: "Index (first day = 100)",
        unit: "index"
      } as const
    }
    case "return":
      return {
        asset: "daily_returns",
        rows: yield* read(Asset.every(dailyReturns, Day)),
        column: "simple_return",
        title: "Daily return",
        axis: "Return over the day",
        unit: "share"
      } as const
    case "volatility":
      return {
        asset: "price_trends",
        rows: yield* trends,
        column: "volatility_30d",
        title: "Volatility over 30 days",
        axis: "Volatility (per year)",
        unit: "size"
      } as const
    case "drawdown":
      return {
        asset: "price_trends",
        rows: yield* trends,
        column: "drawdown",
        title: "Below the highest price so far",
        axis: "Drawdown",
        unit: "share"
      } as const
    case "rsi":
      return {
        asset: "price_trends",
        rows: yield* trends,
        column: "rsi_14",
        title: "RSI over 14 days",
        axis: "RSI",
        unit: "index"
      } as const
  }
})
