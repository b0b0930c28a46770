import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, Month } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { monthlyPrices } from "./monthlyPrices.ts"

const rank = (description: string) => Schema.NullOr(Column.Whole).annotate({ description })

/** Where a coin stood among the tracked ones in a month; equals share a rank. A change is positive when the coin rose. */
export class MonthlyRank extends Schema.Class<MonthlyRank>("MonthlyRank")({
  coin_id: CoinId,
  month: Column.Day.annotate({ description: "The first day of the month" }),
  monthly_return: Column.figure("As in monthly_prices; missing for a month that the coin did not close"),
  return_rank: rank("1 for the highest monthly_return of the month"),
  return_rank_change: rank("return_rank of the month before − this one"),
  best: Schema.Boolean.annotate({ description: "Has it the month's highest return?" }),
  worst: Schema.Boolean.annotate({ description: "Has it the month's lowest return?" }),
  market_cap: Column.figure("Market cap at the closing point (M+1)-01, in the file's currency"),
  cap_rank: rank("1 for the highest market cap at the closing point"),
  cap_rank_change: rank("Rank by market cap at the opening point M-01 − cap_rank")
}) {}

export const monthlyRanking = Asset.make("monthly_ranking", {
  about: "The tracked coins of each month by return and by market cap, with the change of rank, the best and the worst",
  source: "monthly_prices, price_history",
  group: "transform",
  from: { months: Asset.trailing(monthlyPrices, Month, 2), prices: Asset.within(priceHistory, Day, Month, 1) },
  into: Table.make(MonthlyRank, { key: "month" }),
  per: Month,
  checks: [Check.unique("coin_id", "month")],
  lateAfter: deadlines.figures
}, Effect.fnUntraced(function*({ months, prices }) {
  const sql = yield* DuckDb
  const { first, last } = yield* Month
  return sql`
    WITH
      returns AS (
        SELECT coin_id, month, CASE WHEN closed THEN monthly_return END AS monthly_return
        FROM ${months}
      ),
      ranked AS (
        SELECT coin_id, month, rank() OVER (PARTITION BY month ORDER BY monthly_return DESC) AS place
        FROM returns
        WHERE monthly_return IS NOT NULL
      ),
      caps AS (
        SELECT coin_id, day, market_cap, rank() OVER (PARTITION BY day ORDER BY market_cap DESC) AS place
        FROM ${prices}
        WHERE market_cap > 0 AND date_trunc('month', day) = day
      )
    SELECT
      r.coin_id,
      r.month,
      r.monthly_return,
      now.place AS return_rank,
      before.place - now.place AS return_rank_change,
      coalesce(r.monthly_return = max(r.monthly_return) OVER m, false) AS best,
      coalesce(r.monthly_return = min(r.monthly_return) OVER m, false) AS worst,
      closing.market_cap,
      closing.place AS cap_rank,
      opening.place - closing.place AS cap_rank_change
    FROM returns r
    LEFT JOIN ranked now USING (coin_id, month)
    LEFT JOIN ranked before ON before.coin_id = r.coin_id AND before.month = r.month - INTERVAL 1 MONTH
    LEFT JOIN caps opening ON opening.coin_id = r.coin_id AND opening.day = r.month
    LEFT JOIN caps closing ON closing.coin_id = r.coin_id AND closing.day = r.month + INTERVAL 1 MONTH
    WHERE r.month BETWEEN ${`${first}-01`} AND ${`${last}-01`}
    WINDOW m AS (PARTITION BY r.month)`
}))
