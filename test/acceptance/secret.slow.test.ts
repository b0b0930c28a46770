/** A key that is told by nothing: looked for in every file that a run makes and every word that it says. */
import { assert, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { inFolder, run } from "./command.ts"
import { type Fault, withServer } from "./server.ts"

const key = "CG-canary-5f1c77e2"

/** Every other answer is a refusal or a break, and each says the key back. */
const faulty: Fault = (response, _, n) => {
  if (n % 2 === 0) return false
  const [status, headers, body]: [number, Record<string, string>, string] = n % 3 === 0
    ? [500, { "content-type": "application/json" }, JSON.stringify({ error: `not with ${key}` })]
    : n % 5 === 0
    ? [429, { "retry-after": "0", "x-echo": key }, key]
    : [200, { "content-type": `text/${key}` }, key]
  response.writeHead(status, headers).end(body)
  return true
}

it("a server that fails and echoes, the log at its loudest: no file, output or error has the key", () =>
  inFolder((folder) =>
    withServer(["ada", key], { fault: faulty }, async ({ url }) => {
      const env = {
        COINGECKO_API_KEY: key,
        COINGECKO_BASE_URL: url,
        COINGECKO_RATE_LIMIT: "600",
        CRYPTO_COINS: "ada,nobody",
        CRYPTO_HISTORY_DAYS: "3"
      }
      const commands = [
        ["run", "all", "--log-level", "all"],
        ["run", "all", "--force", "--json", "--log-level", "all"],
        ["config"],
        ["config", "--json"],
        ["query", "--json", "FROM coin_list", "--log-level", "all"],
        ["run", "nothing-of-this-name"]
      ]
      const said: Array<string> = []
      for (const args of commands) {
        const { stderr, stdout } = await run(folder, args, env)
        said.push(stdout, stderr)
        assert.isFalse(stdout.includes(key) || stderr.includes(key), args.join(" "))
      }
      assert.include(said[0], "price_history", "the run ran")
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((_) => _.isFile()).map((_) =>
        join(_.parentPath, _.name)
      )
      assert.isTrue(["crypto.duckdb", ".ledger.sqlite", ".vl.json", ".html", ".png", ".json.gz", "calls.sqlite"].every((end) =>
        files.some((_) => _.endsWith(end))
      ), files.join("\n"))
      const holds = (file: string) => {
        const bytes = readFileSync(file)
        return file.includes(key) || bytes.includes(key) || (file.endsWith(".gz") && gunzipSync(bytes).includes(key))
      }
      assert.deepStrictEqual(files.filter(holds), [])
    })
  ))
