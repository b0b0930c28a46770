/** Real processes that own a data file, and the folders they own it in. All of them end with the scope. */
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "crypto-duckdb-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

export interface Owner {
  readonly process: ChildProcess
  /** What it has said so far. */
  readonly lines: ReadonlyArray<string>
  /** Waits until it has said a line of which this is true. */
  readonly said: (is: (line: string) => boolean) => Effect.Effect<string>
  readonly kill: Effect.Effect<void>
}

export const owner = (mode: "hold" | "write", path: string) =>
  Effect.acquireRelease(Effect.sync(() => start(mode, path)), (owner) => owner.kill)

// helpers

const child = new URL("./fixtures/child.ts", import.meta.url).pathname

const start = (mode: string, path: string): Owner => {
  const process_ = spawn(process.execPath, [child, mode, path], { stdio: ["ignore", "pipe", "inherit"] })
  const lines: Array<string> = []
  const waiting = new Set<() => void>()
  const tell = () => waiting.forEach((check) => check())
  const gone = new Promise<void>((resolve) => process_.once("exit", () => resolve()))
  createInterface({ input: process_.stdout }).on("line", (line) => {
    lines.push(line)
    tell()
  }).on("close", tell)
  return {
    process: process_,
    lines,
    said: (is) =>
      Effect.callback<string>((resume) => {
        const check = () => {
          const line = lines.find(is)
          if (line !== undefined) {
            waiting.delete(check)
            resume(Effect.succeed(line))
          } else if (process_.exitCode !== null) resume(Effect.die(`it ended, having said: ${lines.join(" | ")}`))
        }
        waiting.add(check)
        check()
      }),
    kill: Effect.promise(() => {
      process_.kill("SIGKILL")
      return gone
    })
  }
}
