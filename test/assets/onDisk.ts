/** A small market, and the two files of a pipeline in a folder. */
import { Effect, Layer } from "effect"
import { join } from "node:path"
import { Horizon } from "../../src/engine/Partition.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import * as DuckDb from "../../src/layers/DuckDb.ts"
import * as Ledger from "../../src/layers/Ledger.ts"
import * as Manifest from "../../src/layers/Manifest.ts"

const start = Date.UTC(2026, 0, 1)
export const market: CoinGeckoTest.Market = Object.fromEntries(
  ["bitcoin", "ethereum", "solana"].map((coin, i) => [
    coin,
    Array.from({ length: 400 }, (_, n) => [new Date(start + n * 86_400_000).toISOString().slice(0, 10), 100 * (i + 1) + (n % 17)] as const)
  ])
)

export const onDisk = (folder: string) =>
  Layer.mergeAll(
    CoinGeckoTest.layer(market),
    CoinGeckoTest.settings({ coins: Object.keys(market) }),
    Layer.unwrap(Effect.sync(() => Ledger.layer(join(folder, "crypto.ledger.sqlite")))),
    Layer.succeed(Horizon, 30)
  ).pipe(
    Layer.provideMerge(Manifest.layer),
    Layer.provideMerge(DuckDb.layer({ path: join(folder, "crypto.duckdb"), stamp: { source: "custom", currency: "usd" }, roomNeeded: 1 }))
  )
