/** The rolling minute over real processes and real time: two databases with one key, one of them killed on the way. */
import { assert, it } from "@effect/vitest"
import { join } from "node:path"
import { inFolder, run, start } from "./command.ts"
import { withServer } from "./server.ts"

const limit = 6

it("two databases with one key, a kill -9 and a restart inside the minute: no rolling 60 seconds hold more calls than the limit",
  () =>
    inFolder((folder) =>
      withServer(["ada", "bitcoin", "cosmos"], {}, async ({ asked, journal, url }) => {
        const envOf = (database: string) => ({
          COINGECKO_API_KEY: "one-key-for-both",
          COINGECKO_BASE_URL: url,
          COINGECKO_RATE_LIMIT: String(limit),
          CRYPTO_COINS: "ada,bitcoin,cosmos",
          CRYPTO_HISTORY_DAYS: "3",
          CRYPTO_DATA_DIR: join(folder, database)
        })
        const first = asked()
        const killed = start(folder, ["run", "price_history", "coin_list"], envOf("a"))
        await first
        killed.child.kill("SIGKILL")
        await killed.ended
        const both = await Promise.all(["a", "b"].map((database) => run(folder, ["run", "price_history", "coin_list"], envOf(database))))
        for (const { code, stderr } of both) assert.strictEqual(code, 0, stderr)
        assert.isAbove(journal.length, limit, "more was wanted than the limit allows")
        for (const { at } of journal) {
          assert.isAtMost(journal.filter((_) => _.at >= at && _.at < at + 60_000).length, limit)
        }
      })
    ), 200_000)
