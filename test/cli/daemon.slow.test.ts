/** Two terminals: one holds the data, the other works as if it were alone; and when the first is killed, it is. */
import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const built = fileURLToPath(new URL("../../dist/crypto.js", import.meta.url))

const envOf = (folder: string, more: Record<string, string> = {}) => ({
  PATH: process.env["PATH"],
  HOME: folder,
  CRYPTO_STATE_DIR: join(folder, "state"),
  CRYPTO_TOP: "3",
  CRYPTO_SOURCE: "sandbox",
  ...more
})

/** What a terminal shows of a command, and how it ended. */
const crypto = (folder: string, args: ReadonlyArray<string>, more: Record<string, string> = {}) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [built, ...args], {
    cwd: folder,
    encoding: "utf8",
    env: envOf(folder, more)
  })
  return { status, stdout, stderr }
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise<number | null>((resolve) => child.on("exit", resolve))

interface Daemon {
  readonly child: ChildProcess
  readonly url: string
}

/** Answers once it says where it is. */
const daemon = async (folder: string, more: Record<string, string> = {}): Promise<Daemon> => {
  const child = spawn(process.execPath, [built, "daemon"], { cwd: folder, env: envOf(folder, more), stdio: ["ignore", "pipe", "pipe"] })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ""
    child.stderr.on("data", (_) => said += String(_))
    child.stdout.on("data", (_) => resolve(String(_).trim()))
    child.on("exit", () => reject(new Error(said)))
  })
  return { child, url }
}

/** A folder, and at most one daemon at a time in it, which does not outlive the test. */
const inFolder = async (body: (folder: string, start: (more?: Record<string, string>) => Promise<Daemon>) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), "crypto-daemon-"))
  const started: Array<ChildProcess> = []
  try {
    await body(folder, async (more) => {
      const found = await daemon(folder, more)
      started.push(found.child)
      return found
    })
  } finally {
    for (const child of started) {
      child.kill("SIGKILL")
      await ended(child)
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

const note = (folder: string) => join(folder, "data", "sandbox", "crypto.duckdb.daemon.json")
/** Times and ids differ from run to run. */
const steady = (text: string) =>
  text.replaceAll(/\d+(\.\d+)? (ms|s)\b/g, "# s").replaceAll(/0m[a-z0-9]{7}-[0-9a-f]{10}/g, "RUN").replaceAll(/\d\d:\d\d(:\d\d(\.\d+)?)?/g,
    "TIME")

describe("with a daemon up", () => {
  it("the other terminal's commands say the same and end the same as alone, and one that fails too", () =>
    inFolder(async (folder) => {
      const commands = [
        // what would be made of itself meanwhile
        ["schedule", "stop", "analytics_after_prices"],
        ["sensor", "stop", "conditions"],
        ["run", "price_history", "--concurrency", "1"],
        ["run", "price_history", "--plan"],
        ["query", "SELECT count(*) AS n FROM price_history"],
        ["query", "SELECT nonsense"],
        ["run", "nonsense"],
        ["list", "--json"],
        ["export", "price_history", "--format", "csv"],
        ["status", "price_history"],
        ["status", "--json"],
        ["show", "price_history"],
        ["check", "price_history"],
        ["graph", "price_chart"],
        ["plan", "price_chart"],
        ["runs"],
        ["logs"],
        ["explain", "price_history"],
        ["schedule", "list"],
        ["no_such_command"]
      ]
      const alone = mkdtempSync(join(folder, "alone-"))
      const beside = mkdtempSync(join(folder, "beside-"))
      const expected = commands.map((_) => crypto(alone, _))
      const { child } = await daemon(beside)
      try {
        const found = commands.map((_) => crypto(beside, _))
        for (const [i, { status, stderr, stdout }] of found.entries()) {
          const one = expected[i]
          assert.deepStrictEqual([commands[i], status, steady(stdout)], [commands[i], one?.status, steady(one?.stdout ?? "")])
          // progress depends on the pace
          if (i !== 2) assert.strictEqual(steady(stderr), steady(one?.stderr ?? ""))
        }
        const log = readFileSync(join(beside, "data", "sandbox", "logs", "daemon.log"), "utf8")
        assert.include(log, "does for another terminal: query", "they went through it")
      } finally {
        child.kill("SIGKILL")
        await ended(child)
      }
    }))

  it("a second daemon refuses, ends with 5, and says who has the file", () =>
    inFolder(async (folder, start) => {
      const { child } = await start()
      const second = crypto(folder, ["daemon"])
      assert.strictEqual(second.status, 5)
      assert.match(second.stderr, new RegExp(`in use by .*daemon.* \\(pid ${child.pid}\\)`))
      assert.strictEqual(crypto(folder, ["query", "SELECT 1 AS one"]).status, 0, "and the first goes on")
    }))

  it("files are read and written where they were asked for, and what was chosen there otherwise is said to be unused", () =>
    inFolder(async (folder, start) => {
      await start()
      const away = join(folder, "away")
      mkdirSync(away)
      const env = { CRYPTO_DATA_DIR: "../data/sandbox", CRYPTO_TOP: "7" }
      const ran = crypto(away, ["run", "coin_list", "--json"], env)
      assert.strictEqual(ran.status, 0, ran.stderr)
      assert.include(ran.stderr, "The daemon has CRYPTO_TOP=3: CRYPTO_TOP=7 is not used.")
      const exported = crypto(away, ["export", "coin_list", "--out", "coins.csv"], env)
      assert.strictEqual(exported.status, 0, exported.stderr)
      assert.isTrue(existsSync(join(away, "coins.csv")))
      assert.isFalse(existsSync(join(folder, "coins.csv")))
      assert.isFalse(existsSync(join(away, "data")))
    }))

  it("killed, it leaves a note that nobody believes: the next command works alone, and the next daemon takes its place", () =>
    inFolder(async (folder, start) => {
      const first = await start()
      assert.strictEqual(crypto(folder, ["run", "coin_list"]).status, 0)
      assert.strictEqual(statSync(note(folder)).mode & 0o777, 0o600)
      first.child.kill("SIGKILL")
      await ended(first.child)
      assert.isTrue(existsSync(note(folder)))
      const alone = crypto(folder, ["query", "SELECT count(*) > 0 AS some FROM coin_list"])
      assert.deepStrictEqual([alone.status, alone.stderr], [0, ""])
      // the port is another's by now, who never gets to see the token
      const shown: Array<string> = []
      const stranger = createServer((request, response) => {
        shown.push(JSON.stringify([request.url, request.headers]))
        response.end(JSON.stringify({ pid: 1, version: "", since: 0, proof: "" }))
      })
      const port = Number(new URL(first.url).port)
      await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve))
      try {
        assert.strictEqual((stranger.address() as AddressInfo).port, port)
        const child = spawn(process.execPath, [built, "query", "SELECT 1 AS one"], { cwd: folder, env: envOf(folder), stdio: "ignore" })
        assert.strictEqual(await ended(child), 0)
        assert.lengthOf(shown, 1)
        assert.notInclude(shown.join(), JSON.parse(readFileSync(note(folder), "utf8")).token)
      } finally {
        await new Promise((resolve) => stranger.close(resolve))
      }
      const second = await start()
      assert.strictEqual(crypto(folder, ["query", "SELECT 1 AS one"]).status, 0)
      second.child.kill("SIGTERM")
      assert.strictEqual(await ended(second.child), 130)
      assert.isFalse(existsSync(note(folder)), "told to stop, it takes its note along")
    }))

  it("a command that is interrupted there is interrupted here; told to stop in the middle of a run, the daemon ends in time and the rest is made later", () =>
    inFolder(async (folder, start) => {
      let asked = 0
      let first: () => void = () => {}
      const met = new Promise<void>((resolve) => first = resolve)
      const deaf = createServer(() => (asked++, first()))
      const port = await new Promise<number>((resolve) => deaf.listen(0, "127.0.0.1", () => resolve((deaf.address() as AddressInfo).port)))
      try {
        const env = { CRYPTO_SOURCE: "live", COINGECKO_BASE_URL: `http://127.0.0.1:${port}/api/v3`, CRYPTO_DATA_DIR: "data/sandbox" }
        const { child } = await start(env)
        const client = spawn(process.execPath, [built, "run", "coin_list"], {
          cwd: folder,
          env: envOf(folder, env),
          stdio: ["ignore", "pipe", "pipe"]
        })
        let said = ""
        client.stderr.on("data", (_) => said += String(_))
        await met
        client.kill("SIGINT")
        assert.strictEqual(await ended(client), 130, said)
        assert.include(said, "Interrupted. 0 of 1 part had ended")
        const states = () => JSON.parse(crypto(folder, ["runs", "--json"], env).stdout).map((_: { readonly state: string }) => _.state)
        assert.deepStrictEqual(states(), ["interrupted"])
        const before = asked
        const another = spawn(process.execPath, [built, "run", "coin_list"], { cwd: folder, env: envOf(folder, env), stdio: "ignore" })
        while (asked === before) await new Promise((resolve) => setTimeout(resolve, 20))
        child.kill("SIGTERM")
        assert.strictEqual(await ended(child), 130)
        await ended(another)
        assert.deepStrictEqual(states(), ["interrupted", "interrupted"])
      } finally {
        deaf.closeAllConnections()
        deaf.close()
      }
    }))
})
