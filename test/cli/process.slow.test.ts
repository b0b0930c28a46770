import { assert, describe, it } from "@effect/vitest"
import { tableFromIPC } from "apache-arrow"
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const built = fileURLToPath(new URL("../../dist/crypto.js", import.meta.url))

const hangs = fileURLToPath(new URL("fixtures/hangs.ts", import.meta.url))

const inFolder = async (body: (folder: string) => Promise<void> | void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "crypto-cli-"))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An API that takes every request and answers none; `asked` when the first has come. */
const deaf = async (body: (env: Record<string, string>, asked: Promise<void>) => Promise<void>) => {
  const server = createServer(() => {})
  const asked = new Promise<void>((resolve) => server.on("request", () => resolve()))
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)))
  try {
    await body({ COINGECKO_BASE_URL: `http://127.0.0.1:${port}/api/v3` }, asked)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A process of the test's: it does not outlive it. */
const start = async (
  folder: string,
  args: ReadonlyArray<string>,
  env: Record<string, string>,
  body: (child: ChildProcessWithoutNullStreams) => Promise<void>
) => {
  const child = spawn(process.execPath, args, { cwd: folder, env: envOf(folder, env) })
  try {
    await body(child)
  } finally {
    child.kill("SIGKILL")
  }
}

const ended = (child: ChildProcessWithoutNullStreams) => new Promise<number | null>((resolve) => child.on("exit", resolve))

const envOf = (folder: string, more: Record<string, string> = {}) => ({
  PATH: process.env["PATH"],
  HOME: folder,
  CRYPTO_STATE_DIR: join(folder, "state"),
  ...more
})

const crypto = (folder: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [built, ...args], { cwd: folder, encoding: "utf8", env: envOf(folder, env) })

describe("the command, as built", () => {
  it("runs all on the sandbox, says where everything is, and answers a query about it; another seed, other figures", () =>
    inFolder((folder) => {
      const ran = crypto(folder, ["run", "all", "--source", "sandbox", "--json"])
      assert.strictEqual(ran.status, 0, ran.stderr)
      assert.notInclude(ran.stderr, "\x1b")
      const { exitCode, results } = JSON.parse(ran.stdout)
      assert.strictEqual(exitCode, 0)
      const chart = results.find((_: { asset: string }) => _.asset === "price_chart")
      for (const file of chart.files) assert.isTrue(existsSync(join(folder, "data/sandbox", file)), file)
      const ask = (...flags: ReadonlyArray<string>) => {
        const asked = crypto(folder, ["query", "--json", ...flags, "SELECT count(*) AS n, sum(price) AS total FROM price_history"])
        assert.strictEqual(asked.status, 0, asked.stderr)
        return JSON.parse(asked.stdout).rows[0]
      }
      const first = ask("--source", "sandbox")
      assert.strictEqual(first.n, results.find((_: { asset: string }) => _.asset === "price_history").rows)
      const again = crypto(folder, ["run", "all", "--source", "sandbox"])
      assert.match(again.stdout, /Everything is up to date[\s\S]*data\/sandbox\/charts\/price_chart\.html/)
      assert.strictEqual(crypto(folder, ["run", "price_history", "--source", "sandbox"], { CRYPTO_SANDBOX_SEED: "2" }).status, 0)
      assert.notStrictEqual(ask("--source", "sandbox", "--seed", "2").total, first.total)
    }))

  it("refuses what a query may not do, and a file that was never made", () =>
    inFolder((folder) => {
      assert.strictEqual(crypto(folder, ["query", "SELECT 1"]).status, 2)
      assert.isFalse(existsSync(join(folder, "data")))
      assert.strictEqual(crypto(folder, ["run", "market_snapshot", "--source", "sandbox"]).status, 0)
      const drop = crypto(folder, ["query", "--source", "sandbox", "DROP TABLE market_snapshot"])
      assert.deepStrictEqual([drop.status, drop.stdout], [2, ""])
      const csv = crypto(folder, ["query", "--source", "sandbox", "--csv", "SELECT '=1+1' AS a, -1 AS b"])
      assert.strictEqual(csv.stdout, "a,b\r\n'=1+1,-1\n")
    }))

  it.each(["SIGINT", "SIGTERM"] as const)("ends within two seconds of %s, with 130, says what is kept, and leaves the file free",
    (signal) =>
      inFolder((folder) =>
        deaf(async (env, asked) => {
          await start(folder, [built, "run", "coin_list"], env, async (child) => {
            let said = ""
            child.stderr.on("data", (_) => said += String(_))
            await asked
            const begin = performance.now()
            child.kill(signal)
            assert.strictEqual(await ended(child), 130)
            assert.isBelow(performance.now() - begin, 2000)
            assert.match(said, /Interrupted\. 0 of 1 part had ended, and what they made is kept/)
          })
          const next = crypto(folder, ["run", "coin_list", "--plan"], env)
          assert.strictEqual(next.status, 0, next.stderr)
          assert.notInclude(next.stderr, "cut short")
        })
      ))

  it("does not wait longer than two seconds for a finalizer that never ends", () =>
    inFolder((folder) =>
      start(folder, [hangs, "run", "stuck"], {}, async (child) => {
        await new Promise<void>((resolve) => child.stdout.on("data", () => resolve()))
        const begin = performance.now()
        child.kill("SIGINT")
        assert.strictEqual(await ended(child), 130)
        assert.isBelow(performance.now() - begin, 2000)
      })
    ))

  it("says who has the file, and ends with 5, when another process does", () =>
    inFolder((folder) =>
      deaf((env, asked) =>
        start(folder, [built, "run", "coin_list"], env, async (child) => {
          await asked
          const second = crypto(folder, ["run", "coin_list"], env)
          assert.strictEqual(second.status, 5)
          assert.include(second.stderr, `pid ${child.pid}`)
        })
      )
    ))

  it("serves the sandbox until it is stopped, and a run takes it for the API", () =>
    inFolder((folder) =>
      start(folder, [built, "sandbox", "--seed", "9"], {}, async (child) => {
        const url = await new Promise<string>((resolve) => child.stdout.on("data", (_) => resolve(String(_).trim())))
        assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/api\/v3$/)
        const ran = crypto(folder, ["run", "market_snapshot", "--json"], { COINGECKO_BASE_URL: url })
        assert.strictEqual(ran.status, 0, ran.stderr)
        assert.strictEqual(JSON.parse(ran.stdout).source, "custom")
        child.kill("SIGTERM")
        assert.strictEqual(await ended(child), 130)
      })
    ))

  it("exports tables whole, never over another file, and as CSV without formulas unless they are asked for", () =>
    inFolder((folder) => {
      assert.strictEqual(crypto(folder, ["run", "market_snapshot", "--source", "sandbox"]).status, 0)
      const exported = (...args: ReadonlyArray<string>) => crypto(folder, ["export", "market_snapshot", "--source", "sandbox", ...args])
      for (const format of ["parquet", "csv", "json", "arrow"]) {
        const file = join(folder, `new/x.${format}`)
        const first = exported("--out", file, "--json")
        assert.strictEqual(first.status, 0, first.stderr)
        assert.deepStrictEqual(JSON.parse(first.stdout).files.map((_: { rows: number; file: string }) => [_.rows, _.file]), [[10, file]])
        const bytes = readFileSync(file)
        const again = exported("--out", file)
        assert.deepStrictEqual([again.status, again.stdout], [2, ""])
        assert.match(again.stderr, /is there already: give --overwrite/)
        assert.strictEqual(exported("--out", file, "--overwrite").status, 0)
        assert.deepStrictEqual(readFileSync(file), bytes)
      }
      assert.strictEqual(exported().status, 0)
      assert.deepStrictEqual(readdirSync(join(folder, "data/sandbox/exports")), ["market_snapshot.parquet"])
      const rows = JSON.parse(readFileSync(join(folder, "new/x.json"), "utf8"))
      assert.match(rows[0].observed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      const table = tableFromIPC(readFileSync(join(folder, "new/x.arrow")))
      assert.deepStrictEqual(table.toArray().map((_) => ({ ..._.toJSON(), observed_at: new Date(_["observed_at"]).toISOString() })), rows)
      assert.match(exported("--raw").stderr, /--raw is for CSV/)
      assert.match(exported("--out", "x.csv", "--format", "json").stderr, /two formats/)
      assert.match(crypto(folder, ["export", "all", "--source", "sandbox", "--out", "one.csv"]).stderr,
        /is one file, and \d+ tables are selected/)
    }))

  it("doctor finds a healthy place well, and a damaged one not; status and plan make nothing", () =>
    inFolder((folder) => {
      assert.strictEqual(crypto(folder, ["plan", "all", "--source", "sandbox"]).status, 0)
      assert.strictEqual(crypto(folder, ["status", "--source", "sandbox"]).status, 7)
      assert.strictEqual(crypto(folder, ["graph", "--source", "sandbox"]).status, 0)
      assert.strictEqual(crypto(folder, ["run", "price_histroy", "--source", "sandbox"]).status, 2)
      assert.isFalse(existsSync(join(folder, "data")))
      assert.strictEqual(crypto(folder, ["run", "market_snapshot", "--source", "sandbox"]).status, 0)
      const well = crypto(folder, ["doctor", "--source", "sandbox", "--json"], { COINGECKO_API_KEY: "CG-secret" })
      assert.strictEqual(well.status, 0, well.stdout)
      assert.notInclude(well.stdout + well.stderr, "CG-secret")
      assert.include(well.stdout, "all of them readable")
      const file = join(folder, "data/sandbox/crypto.duckdb")
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0, 4096, 12_288))
      const ill = crypto(folder, ["doctor", "--source", "sandbox"])
      assert.strictEqual(ill.status, 1)
      assert.match(ill.stdout, /✗ data file .*\n.*→ /)
      assert.match(ill.stdout, /1 thing to mend\.\n$/)
    }))

  it("prints the help that the command itself would, without loading it", () =>
    inFolder((folder) => {
      const out = (...args: ReadonlyArray<string>) => crypto(folder, args, { NO_COLOR: "1" }).stdout
      assert.strictEqual(out("run", "--help"), out("--help", "run"))
      assert.strictEqual(out("help", "run"), out("run", "-h"))
      assert.strictEqual(out("--help"), out("--help", "--log-level", "none"))
      assert.strictEqual(out("-v"), out("--version", "--log-level", "none"))
      assert.match(out(), /Begin here/)
      assert.include(crypto(folder, ["--help"], { FORCE_COLOR: "1" }).stdout, "\x1b[1m")
      assert.match(crypto(folder, ["hlep"]).stderr, /Unknown subcommand "hlep"/)
    }))

  it("loads no database, no assets and no layers to print its help, and does to plan a run", () =>
    inFolder((folder) => {
      const tell = `import { registerHooks } from "node:module"
        const tell = (url) => process.stderr.write("loads " + url + "\\n")
        registerHooks({ load: (url, context, next) => (tell(url), next(url, context)) })
        const vm = process.getBuiltinModule("node:vm")
        vm.Script = class extends vm.Script { constructor(code, options) { super(code, options), tell(options.filename) } }`
      const loaded = (...args: ReadonlyArray<string>) => {
        const ran = spawnSync(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, built, ...args], {
          cwd: folder,
          encoding: "utf8",
          env: envOf(folder)
        })
        assert.strictEqual(ran.status, 0, ran.stderr)
        // DuckDB's own code lies in "lib"
        return ["chunk-Arrow.node", "chunk-Live", "chunk-lib", "chunk-program", "main.cjs"].filter((_) =>
          ran.stderr.split("\n").some((line) => line.startsWith("loads ") && line.includes(_))
        )
      }
      assert.deepStrictEqual(loaded("--help"), [])
      assert.deepStrictEqual(loaded("config"), ["main.cjs"])
      assert.deepStrictEqual(loaded("run", "all", "--plan", "--source", "sandbox"), [
        "chunk-Live",
        "chunk-lib",
        "chunk-program",
        "main.cjs"
      ])
      loaded("run", "market_snapshot", "--source", "sandbox")
      assert.notInclude(loaded("export", "market_snapshot", "--source", "sandbox"), "chunk-Arrow.node")
      assert.include(loaded("export", "market_snapshot", "--source", "sandbox", "--format", "arrow"), "chunk-Arrow.node")
    }))
})
