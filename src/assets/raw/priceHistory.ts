import { Clock, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinGecko, CoinGeckoError, CoinId } from "../../services/CoinGecko.ts"
import { NotFound } from "../../services/CoinGeckoError.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"
import { Coin } from "../Coin.ts"
import * as deadlines from "../deadlines.ts"
import { Day, day, freeDays, served } from "../partitions.ts"
import { whereabouts } from "./coinList.ts"

/** A coin at 00:00 UTC, the start of `day`, in the file's currency. `total_volume` is that of the 24 hours before. */
export class DailyPrice extends Schema.Class<DailyPrice>("DailyPrice")({
  coin_id: CoinId,
  day,
  price: Schema.Finite.annotate({ description: "Price at 00:00 UTC, in the file's currency" }),
  market_cap: Schema.NullOr(Schema.Finite).annotate({
    description: "Market cap at 00:00 UTC, in the file's currency; 0 where nobody vouched for the supply"
  }),
  total_volume: Schema.NullOr(Schema.Finite).annotate({
    description: "Volume of the 24 hours before 00:00 UTC, in the file's currency"
  })
}) {}

/**
 * A day without a point has no row: nothing is filled. CoinGecko revises what it served, so the two days before are read
 * again, and what changed is told. A coin that CoinGecko does not find any more keeps its history.
 */
export const priceHistory = Asset.make("price_history", {
  about: "Each tracked coin's price, market cap and volume at the start of each day (00:00 UTC)",
  group: "extract",
  source: "GET /coins/{id}/market_chart with daily points, one call a coin, however long the window",
  into: Table.make(DailyPrice, { key: "day", subject: "coin_id" }),
  per: Day,
  of: Coin,
  checks: [Check.unique("coin_id", "day"), Check.within("price", 0, 1e12, "warn"), Check.noGaps("day", { by: "coin_id" })],
  lookback: 2,
  calls: () => 1,
  reach: served,
  lateAfter: deadlines.prices
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const coin = yield* Coin
  const days = yield* Day
  const today = days.calendar.ordinalAt(yield* Clock.currentTimeMillis)
  const reach = today - days.from + 1
  // until today is due, a year back from yesterday begins at a midnight that a free plan has just stopped serving
  const { plan } = yield* Settings
  const chart = yield* gecko.marketChart({ coin, days: plan !== "pro" && reach === freeDays + 1 ? freeDays : reach }).pipe(
    Effect.catchIf(isNotFound, (error) => Effect.flatMap(whereabouts(coin), (hint) => withHint(error, hint)))
  )
  return chart.days
    .filter(({ day }) => days.first <= day && day <= days.last)
    .map(({ day, marketCap, price, totalVolume }) =>
      new DailyPrice({ coin_id: coin, day, price, market_cap: marketCap, total_volume: totalVolume })
    )
}))

// helpers

const isNotFound = (error: CoinGeckoError): boolean => error.reason._tag === "NotFound"

const withHint = ({ attempts, reason, request }: CoinGeckoError, hint: string) =>
  new CoinGeckoError({ request, attempts, reason: reason._tag === "NotFound" ? new NotFound({ detail: reason.detail, hint }) : reason })
