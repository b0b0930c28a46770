/**
 * The coins that are tracked: those the settings name, or else the top ones by market cap of the newest snapshot.
 *
 * A coin that drops out keeps its history and is no longer refreshed.
 */
import { Effect } from "effect"
import { Manifest } from "../engine/Manifest.ts"
import * as Subject from "../engine/Subject.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import { marketSnapshot } from "./raw/marketSnapshot.ts"

const tracked = Effect.gen(function*() {
  const { coins, top } = yield* Settings
  if (coins.length > 0) return [...new Set(coins)]
  const { ids } = yield* Manifest.use((_) => _.newest([marketSnapshot.name]))
  if (!ids.has(marketSnapshot.name)) return yield* new Subject.Unknown({ subject: "coins", after: marketSnapshot })
  const sql = yield* DuckDb
  const rows = yield* sql<{ coin_id: string }>`
    SELECT coin_id
    FROM market_snapshot
    WHERE observed_at = (SELECT max(observed_at) FROM market_snapshot)
    ORDER BY market_cap_rank NULLS LAST, market_cap DESC NULLS LAST, coin_id
    LIMIT ${top}`
  return rows.map((_) => _.coin_id)
})

export class Coin extends Subject.make<Coin>()("crypto/Coin", tracked) {}
