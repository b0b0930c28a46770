#!/usr/bin/env node
/**
 * The launcher of the command `crypto`: what has to be true of the process before any other module is loaded.
 *
 * It is the one file that touches `process`, and it imports nothing but `node:module`, so that an old Node
 * gets a sentence instead of a stack trace.
 */
import module from "node:module"

/** DuckDB's queries and file writes share libuv's pool; its size is read once, at the pool's first use, and its default of 4 is fewer than one run wants. */
process.env["UV_THREADPOOL_SIZE"] ??= "16"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `crypto needs Node 22.19 or newer, and this is Node ${process.versions.node}. In the repository, \`npx crypto\` uses the Node it brings; elsewhere install a newer Node.\n`
  )
  process.exitCode = 2
} else {
  module.enableCompileCache()
  await import("./cli/main.ts")
}
