/** A year of ten coins, killed in the middle and taken up: no window that was published is asked for again. */
import { assert, it } from "@effect/vitest"
import { inFolder, run, start } from "../acceptance/command.ts"
import { withServer } from "../acceptance/server.ts"

const coins = Array.from({ length: 10 }, (_, i) => `coin-${String.fromCharCode(97 + i)}`)
const DAY = 86_400_000
const day = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10)
/** Slices that are made at the same time. */
const inFlight = 4

for (const [when, after] of [["early", 2], ["in the middle", 6], ["late", 9]] as const) {
  it(`killed ${when}, it is taken up with the calls that are left and those that were under way`, () =>
    inFolder((folder) =>
      withServer(coins, { delay: 120 }, async ({ asked, journal, url }) => {
        const env = { COINGECKO_BASE_URL: url, COINGECKO_RATE_LIMIT: "600", CRYPTO_COINS: coins.join() }
        const { child, ended } = start(folder, ["backfill", "price_history", "--from", day(360)], env)
        const history = () => journal.filter((_) => _.coin !== undefined)
        while (history().length < after) await asked()
        child.kill("SIGKILL")
        await ended
        const before = history().length
        const list = JSON.parse((await run(folder, ["backfills", "--json"], env)).stdout)
        assert.lengthOf(list, 1)
        const resumed = await run(folder, ["backfills", "resume"], env)
        assert.strictEqual(resumed.code, 0, resumed.stderr)
        assert.isAtMost(history().length, coins.length + inFlight)
        assert.isAtLeast(history().length, coins.length)
        assert.isAtMost(before, after + inFlight)
        const rows = JSON.parse(
          (await run(folder, ["query", "--json", "SELECT count(*) AS n, count(DISTINCT coin_id) AS coins FROM price_history"], env))
            .stdout
        ).rows
        assert.deepStrictEqual(rows, [{ n: 361 * coins.length, coins: coins.length }])
        const again = await run(folder, ["backfill", "price_history", "--from", day(360), "--plan"], env)
        assert.match(again.stdout, /^Nothing is missing or stale there/)
      })
    ))
}
