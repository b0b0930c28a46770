import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"
import { Day, day } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"

/** A coin on a day, against the others, since B: the first day on which all of them have a price above 0. */
export class IndexedPrice extends Schema.Class<IndexedPrice>("IndexedPrice")({
  coin_id: CoinId,
  day,
  base_day: Column.Day.annotate({ description: "B, the first day on which all compared coins have a price above 0" }),
  price: Schema.Finite.annotate({ description: "p(D), in the file's currency" }),
  indexed: Schema.Finite.annotate({ description: "100 · p(D) / p(B)" }),
  place: Column.Whole.annotate({ description: "1 for the highest indexed of the day; equals share a place" }),
  against_mean: Column.figure("indexed / mean indexed of the day's coins − 1, a fraction"),
  drawdown: Schema.Finite.annotate({ description: "p(D) / the highest price since B, − 1: a fraction, 0 or below" }),
  volatility: Column.figure("Sample standard deviation of all log returns there are since B, × √365: a fraction a year")
}) {}

/**
 * The coins compared are those that the newest day has a price above 0 of: one that dropped out is no longer among
 * them. A coin's row of the newest day is its summary. No day is filled: a coin without a price that day has no row.
 */
export const indexedPrices = Asset.make("indexed_prices", {
  about: "The tracked coins from the first day they have in common: each indexed to 100, its place, drawdown and volatility since",
  source: "price_history",
  group: "transform",
  from: { prices: Asset.every(priceHistory, Day) },
  into: Table.make(IndexedPrice),
  checks: [Check.unique("coin_id", "day"), Check.within("drawdown", -1, 0)],
  lateAfter: deadlines.pictures
}, Effect.fnUntraced(function*({ prices }) {
  const sql = yield* DuckDb
  return sql`
    WITH
      compared AS (
        SELECT *
        FROM ${prices}
        WHERE coin_id IN (SELECT coin_id FROM ${prices} WHERE price > 0 AND day = (SELECT max(day) FROM ${prices}))
      ),
      base AS (
        SELECT min(day) AS base_day
        FROM (
          SELECT day
          FROM compared
          WHERE price > 0
          GROUP BY day
          HAVING count(*) = (SELECT count(DISTINCT coin_id) FROM compared)
        )
      ),
      since AS (
        SELECT
          coin_id,
          day,
          base_day,
          price,
          100 * (price / first_value(price) OVER w) AS indexed,
          price / max(price) OVER w - 1 AS drawdown,
          CASE WHEN lag(day) OVER w = day - 1 AND lag(price) OVER w > 0 AND price > 0 THEN ln(price / lag(price) OVER w) END AS log_return
        FROM compared, base
        WHERE day >= base_day
        WINDOW w AS (PARTITION BY coin_id ORDER BY day)
      )
    SELECT
      coin_id,
      day,
      base_day,
      price,
      indexed,
      rank() OVER (PARTITION BY day ORDER BY indexed DESC) AS place,
      indexed / nullif(avg(indexed) OVER (PARTITION BY day), 0) - 1 AS against_mean,
      drawdown,
      stddev_samp(log_return) OVER (PARTITION BY coin_id ORDER BY day) * sqrt(365) AS volatility
    FROM since`
}))
