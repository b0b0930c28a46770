import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const built = fileURLToPath(new URL("../../dist/crypto.js", import.meta.url))

const run = (file: string, args: ReadonlyArray<string> = [], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [file, ...args], { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env } })

/** The middle of nine: one slow start on a busy machine does not decide. */
const startTime = (file: string, args: ReadonlyArray<string>): number => {
  const times = Array.from({ length: 9 }, () => {
    const begin = performance.now()
    run(file, args)
    return performance.now() - begin
  })
  return times.sort((a, b) => a - b)[4] ?? Number.NaN
}

const inFolder = (body: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "crypto-launcher-"))
  try {
    body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe("the launcher, as built", () => {
  it("is executable and starts with its interpreter", () => {
    assert.notStrictEqual(statSync(built).mode & 0o111, 0)
    assert.match(readFileSync(built, "utf8"), /^#!\/usr\/bin\/env node\n/)
  })

  it("shows its help and ends well", () => assert.strictEqual(run(built, ["--help"]).status, 0))

  it("starts in a few times what an empty script takes: nothing heavy is on the way", () =>
    inFolder((folder) => {
      const empty = join(folder, "empty.mjs")
      writeFileSync(empty, "")
      assert.isBelow(startTime(built, ["--help"]) / startTime(empty, []), 5)
    }))

  /** With the default of 4, digests at once run on 4 more threads. */
  it.each([[{}, Math.min(16, Math.max(8, 4 * availableParallelism()))], [{ UV_THREADPOOL_SIZE: "6" }, 6]])(
    "gives libuv the pool that %o says: %i threads",
    (env, threads) =>
      inFolder((folder) => {
        const launcher = join(folder, "crypto.mjs")
        writeFileSync(launcher, readFileSync(built))
        writeFileSync(
          join(folder, "main.cjs"),
          `(function (exports, require) { const { pbkdf2 } = require("node:crypto")
         const { readdirSync } = require("node:fs")
         const tasks = () => readdirSync("/proc/self/task").length
         const before = tasks()
         for (let i = 0; i < 16; i++) pbkdf2("a", "b", 20_000, 64, "sha512", () => {})
         console.log(tasks() - before) })`
        )
        if (readdirSync("/").includes("proc")) assert.strictEqual(run(launcher, [], env).stdout.trim(), String(threads))
      })
  )

  it("says which Node it needs where it gets an older one", () =>
    inFolder((folder) => {
      const old = join(folder, "old.mjs")
      writeFileSync(old, "Object.defineProperty(process.versions, \"node\", { value: \"22.18.0\" })")
      const told = spawnSync(process.execPath, ["--import", old, built, "--help"], { encoding: "utf8" })
      assert.strictEqual(told.status, 2)
      assert.strictEqual(told.stdout, "")
      assert.match(told.stderr, /^crypto needs Node 22\.19 or newer, and this is Node 22\.18\.0\. [^\n]+\n$/)
    }))
})
