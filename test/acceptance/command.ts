/** The command as built, in a folder of the test's own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
}

export const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "crypto-acceptance-"))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Nothing of the test's environment reaches it. */
export const start = (folder: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Started => {
  const child = spawn(process.execPath, [built, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, CRYPTO_STATE_DIR: join(folder, "state"), ...env }
  })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (_) => stdout += String(_))
  child.stderr.on("data", (_) => stderr += String(_))
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr }))) }
}

export const run = (folder: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Promise<Ended> =>
  start(folder, args, env).ended

// helpers

const built = fileURLToPath(new URL("../../dist/crypto.js", import.meta.url))
