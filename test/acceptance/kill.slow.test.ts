/** The command killed with SIGKILL at instants spread from its first request to its end. */
import { assert, it } from "@effect/vitest"
import { inFolder, run, start } from "./command.ts"
import { priceOf, type Server, withServer } from "./server.ts"

const coins = ["ada", "bitcoin", "cosmos", "doge", "ether", "flow"]
const days = 30
const targets = ["coin_list", "daily_returns", "price_chart"]
const DAY = 86_400_000

const envOf = ({ url }: Server) => ({
  COINGECKO_BASE_URL: url,
  COINGECKO_RATE_LIMIT: "600",
  CRYPTO_COINS: coins.join(),
  CRYPTO_HISTORY_DAYS: String(days)
})

/** Rows of a query; none when there is no file or no such table yet. */
const ask = async (folder: string, env: Readonly<Record<string, string>>, sql: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const { code, stderr, stdout } = await run(folder, ["query", "--json", sql], env)
  if (code !== 0) assert.match(stderr, /there is no data file|does not exist/)
  return code === 0 ? JSON.parse(stdout).rows : []
}

/** Of each coin: whether a window is published, and how many rows there are. */
const state = `
  SELECT coalesce(m.subject, p.coin_id) AS coin, m.subject IS NOT NULL AS published, count(p.coin_id) AS n
  FROM (SELECT DISTINCT subject FROM _manifest WHERE asset = 'price_history') m FULL JOIN price_history p ON p.coin_id = m.subject
  GROUP BY ALL ORDER BY ALL`

const content = `
  SELECT md5(string_agg(t, chr(10) ORDER BY t)) AS hash, count(*) AS n
  FROM (SELECT p::VARCHAR AS t FROM price_history p UNION ALL SELECT r::VARCHAR FROM daily_returns r)`

it("at each, every window is whole or absent; the next run completes with equal content, and asks for no published window",
  () =>
    inFolder((reference) =>
      withServer(coins, { delay: 120 }, async (server) => {
        const env = envOf(server)
        const first = server.asked()
        const whole = start(reference, ["run", ...targets], env)
        await first
        const begin = performance.now()
        const { code, stderr } = await whole.ended
        assert.strictEqual(code, 0, stderr)
        const took = performance.now() - begin
        const expected = await ask(reference, env, content)
        assert.strictEqual(expected[0]?.["n"], 2 * coins.length * days)
        const prices = await ask(reference, env, "SELECT coin_id, day, price FROM price_history ORDER BY ALL LIMIT 1000")
        for (const { coin_id, day, price } of prices) assert.strictEqual(price, priceOf(String(coin_id), Date.parse(String(day)) / DAY))

        const kills = 6
        for (let kill = 0; kill < kills; kill++) {
          await inFolder(async (folder) => {
            const asked = server.asked()
            const { child, ended } = start(folder, ["run", ...targets], env)
            await asked
            await new Promise((resolve) => setTimeout(resolve, took * kill / kills))
            child.kill("SIGKILL")
            await ended
            const before = await ask(folder, env, state)
            assert.deepStrictEqual(before, before.map(({ coin }) => ({ coin, published: true, n: days })), `killed at ${kill}/${kills}`)
            const known = server.journal.length
            const next = await run(folder, ["run", ...targets], env)
            assert.strictEqual(next.code, 0, next.stderr)
            assert.deepStrictEqual(await ask(folder, env, content), expected)
            const missing = coins.filter((coin) => !before.some((_) => _["coin"] === coin))
            assert.deepStrictEqual(server.journal.slice(known).flatMap((_) => _.coin ?? []).toSorted(), missing)
          })
        }
      })
    ), 480_000)
