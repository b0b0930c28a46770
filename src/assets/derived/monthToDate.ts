import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { byMonth, inOrder, MonthlyPrice } from "./monthlyPrices.ts"

/** The month that the newest day lies in, by the formulas of `monthly_prices`, up to each coin's latest point. */
export const monthToDate = Asset.make("month_to_date", {
  about: "Each coin's open, high, low, latest price, return, volatility, volume and drawdown of the month that is running",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.every(priceHistory, Day) },
  into: Table.make(MonthlyPrice),
  checks: [Check.unique("coin_id"), Check.within("max_drawdown", -1, 0), inOrder],
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  return sql`FROM ${byMonth(sql, prices)} WHERE month = (SELECT date_trunc('month', max(day)) FROM ${prices})`
}))
