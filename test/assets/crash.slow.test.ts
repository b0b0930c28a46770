/** Killed with SIGKILL at each point between the commits that tell a step: what another process finds in the same two files. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { dailyReturns } from "../../src/assets/derived/dailyReturns.ts"
import { Ledger, reconcile } from "../../src/engine/Ledger.ts"
import * as Run from "../../src/engine/Run.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import { market, onDisk } from "./onDisk.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "crash-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)

const hashes = Effect.gen(function*() {
  const sql = yield* DuckDb
  return yield* sql`
    SELECT asset, subject, md5(string_agg(t, chr(10) ORDER BY t)) AS hash, count(*) AS n FROM (
      SELECT 'price_history' AS asset, coin_id AS subject, p::VARCHAR AS t FROM price_history p
      UNION ALL SELECT 'daily_returns', '', r::VARCHAR FROM daily_returns r
    ) GROUP BY ALL ORDER BY ALL`
})

const whole = Effect.gen(function*() {
  yield* Run.upToDate([dailyReturns])
  return yield* hashes
})

const dead = (dir: string, ...at: ReadonlyArray<string>) =>
  Effect.sync(() => {
    const died = spawnSync(process.execPath, [fileURLToPath(new URL("./dies.ts", import.meta.url)), dir, ...at], { encoding: "utf8" })
    assert.strictEqual(died.signal, "SIGKILL", died.stderr)
  })

const points = [
  ["started", "price_history", "ethereum"],
  ["staged", "price_history", "ethereum"],
  ["checked", "price_history", "ethereum"],
  ["committing", "price_history", "ethereum"],
  ["published", "price_history", "ethereum"],
  ["committing", "daily_returns", ""],
  ["published", "daily_returns", ""]
] as const

for (const [point, asset, subject] of points) {
  it.live(`killed at "${point}" of ${asset} ${subject}: each window is whole or absent, and only what is absent is made again`, () =>
    Effect.gen(function*() {
      const expected = yield* Effect.provide(whole, onDisk(yield* folder))
      const dir = yield* folder
      yield* dead(dir, point, asset, subject)
      const { after, asked, before, left, open } = yield* Effect.gen(function*() {
        const sql = yield* DuckDb
        const before = yield* sql<{ subject: string; n: number; keys: number }>`
          SELECT subject, count(*) AS n FROM _manifest WHERE asset = 'price_history' GROUP BY ALL ORDER BY ALL`
        // before its first row the table may not be there
        const rows = yield* Effect.orElseSucceed(
          sql<{ coin_id: string; n: number }>`SELECT coin_id, count(*) AS n FROM price_history GROUP BY ALL ORDER BY ALL`,
          () => []
        )
        // rows and their manifest entry came together, thirty days each
        assert.deepStrictEqual(rows.map((_) => [_.coin_id, _.n]), before.map((_) => [_.subject, 30]))
        const left = yield* reconcile
        yield* Run.upToDate([dailyReturns])
        const ledger = yield* Ledger
        return {
          before,
          left,
          open: yield* ledger.open,
          after: yield* hashes,
          asked: yield* CoinGeckoTest.Calls.use((_) =>
            _.all
          )
        }
      }).pipe(Effect.provide(onDisk(dir)))
      assert.deepStrictEqual(after, expected)
      assert.deepStrictEqual(open, { runs: [], steps: [] })
      const step = left.find((_) => _.asset === asset && _.subject === subject)
      assert.isDefined(step, "the step that was under way is settled")
      const missing = Object.keys(market).filter((coin) => !before.some((_) => _.subject === coin))
      assert.deepStrictEqual(asked.toSorted(), missing.map((coin) => `marketChart ${coin} 30`).toSorted())
    }).pipe(Effect.scoped), 30_000)
}
