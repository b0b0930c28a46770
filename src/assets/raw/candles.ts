import { DateTime, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinGecko, CoinId } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { Settings } from "../../services/Settings.ts"
import * as Table from "../../services/Table.ts"
import { Coin } from "../Coin.ts"

/** Prices in the file's currency. A candle's open is the first price inside it, not the close before it. */
export class CandleRow extends Schema.Class<CandleRow>("CandleRow")({
  coin_id: CoinId,
  closes: Column.Instant.annotate({ description: "When the candle closes; the running one, in the future, is left out" }),
  open: Schema.Finite.annotate({ description: "The first price inside the candle" }),
  high: Schema.Finite.annotate({ description: "The highest price inside the candle" }),
  low: Schema.Finite.annotate({ description: "The lowest price inside the candle" }),
  close: Schema.Finite.annotate({ description: "The last price inside the candle" })
}) {}

/** A paid plan serves candles of a day for 180 days; without one they are of four hours up to 30 days, and of four days beyond. */
export const candles = Asset.make("candles", {
  about: "Each tracked coin's open, high, low and close, as coarse as the plan serves them; left out of all",
  group: "extract",
  source: "GET /coins/{id}/ohlc, one call a coin",
  optIn: true,
  into: Table.make(CandleRow, { subject: "coin_id" }),
  of: Coin,
  checks: [Check.unique("coin_id", "closes")],
  freshFor: "4 hours",
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const coin = yield* Coin
  const { historyDays, plan } = yield* Settings
  const now = DateTime.toEpochMillis(yield* DateTime.now)
  const { rows } = yield* plan === "pro"
    ? gecko.ohlc({ coin, days: 180, interval: "daily" })
    : gecko.ohlc({ coin, days: historyDays <= 30 ? 30 : 365 })
  return rows
    .filter((_) => _.closes <= now)
    .map(({ close, closes, high, low, open }) =>
      new CandleRow({ coin_id: coin, closes: DateTime.formatIso(DateTime.makeUnsafe(closes)), open, high, low, close })
    )
}))
