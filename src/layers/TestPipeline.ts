/**
 * A whole world for a test, in memory and on the test's clock: a small market instead of CoinGecko, a DuckDB of its own,
 * a ledger, and charts that are drawn by nobody.
 */
import { DateTime, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Horizon } from "../engine/Partition.ts"
import { Chart } from "../services/Chart.ts"
import { Report } from "../services/Report.ts"
import type { Settings } from "../services/Settings.ts"
import * as CoinGeckoTest from "./coingecko/CoinGeckoTest.ts"
import * as DuckDb from "./DuckDb.ts"
import * as Ledger from "./Ledger.ts"
import * as Manifest from "./Manifest.ts"

export interface World {
  /** `[ISO day, price, market cap, 24 h volume]` of each coin; each coin is tracked. */
  readonly market: CoinGeckoTest.Market
  /** Where the test's clock begins, in UTC. */
  readonly now: string
  readonly settings?: Partial<Settings["Service"]>
}

/**
 * The clock begins at `now`, and the settings are those of a test unless others are given.
 *
 * ```ts
 * import { DuckDb, dailyReturns, Run, TestPipeline } from "crypto-pipeline"
 * import { Effect } from "effect"
 *
 * export const rows = Effect.gen(function*() {
 *   yield* Run.upToDate([dailyReturns])
 *   const sql = yield* DuckDb
 *   return yield* sql`FROM daily_returns ORDER BY day`
 * }).pipe(Effect.provide(TestPipeline.layer({
 *   now: "2026-01-02T06:00:00Z",
 *   market: { bitcoin: [["2026-01-01", 90], ["2026-01-02", 120]] }
 * })))
 * ```
 */
export const layer = ({ market, now, settings }: World) =>
  Layer.mergeAll(
    CoinGeckoTest.layer(market),
    CoinGeckoTest.settings({ plan: "pro", coins: Object.keys(market), ...settings }),
    Manifest.layer.pipe(Layer.provideMerge(DuckDb.layerMemory)),
    Layer.fresh(Ledger.layer(":memory:")),
    Layer.succeed(Chart, undrawn),
    Layer.succeed(Report, unkept),
    Layer.succeed(Horizon, settings?.historyDays ?? 365),
    Layer.effectDiscard(TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe(now))))
  )

// helpers

/** Says where the file would be. */
const unkept = Report.of({
  page: ({ body }) => Effect.succeed(body.markup),
  keep: (base) => Effect.succeed({ files: [`${base}.html`] })
})

/** Draws an empty picture, and says where the files would be. */
const undrawn = Chart.of({
  render: (spec) => Effect.succeed({ spec: JSON.stringify(spec), svg: "<svg></svg>", png: new Uint8Array(), html: "", live: "{}" }),
  draw: (base) => Effect.succeed({ files: [`${base}.svg`, `${base}.png`, `${base}.html`, `${base}.vl.json`] })
})
