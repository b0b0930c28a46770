import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day } from "../partitions.ts"
import { dailyReturns } from "./dailyReturns.ts"

/** A bin holds the returns from `lower` up to, and without, `upper`. The bins are one per cent wide; the two at the ends are open. */
export class ReturnBin extends Schema.Class<ReturnBin>("ReturnBin")({
  coin_id: CoinId,
  bin: Column.Whole.annotate({ description: "The bin's lower edge in per cent, −20 to 20; −21 is what lies below −20 %" }),
  lower: Column.figure("The lowest return in it, a fraction; missing for the lowest bin"),
  upper: Column.figure("The return that it ends before, a fraction; missing for the highest bin"),
  days: Column.Whole.annotate({ description: "Simple daily returns in it" }),
  share: Schema.Finite.annotate({ description: "days / all simple daily returns of the coin, a fraction" })
}) {}

/** An edge counts upwards, to eleven digits: 1.29 / 1 − 1 is 29 % whatever a double makes of it. */
export const returnDistribution = Asset.make("return_distribution", {
  about: "How each coin's simple daily returns are spread: days a bin of one per cent, from −20 % to 20 %",
  source: "daily_returns",
  group: "transform",
  from: { returns: Asset.every(dailyReturns, Day) },
  into: Table.make(ReturnBin),
  checks: [Check.unique("coin_id", "bin"), Check.within("share", 0, 1)],
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ returns }) {
  const sql = yield* DuckDb
  return sql`
    WITH
      binned AS (
        SELECT coin_id, greatest(-21, least(20, floor(round(simple_return * 100, 9)))) AS bin
        FROM ${returns}
        WHERE simple_return IS NOT NULL
      ),
      bins AS (
        SELECT coin_id, unnest(range(-21, 21)) AS bin
        FROM (SELECT DISTINCT coin_id FROM binned)
      )
    SELECT
      coin_id,
      bin,
      CASE WHEN bin > -21 THEN bin / 100 END AS lower,
      CASE WHEN bin < 20 THEN (bin + 1) / 100 END AS upper,
      count(binned.bin) AS days,
      count(binned.bin) / sum(count(binned.bin)) OVER (PARTITION BY coin_id) AS share
    FROM bins
    LEFT JOIN binned USING (coin_id, bin)
    GROUP BY coin_id, bin`
}))
