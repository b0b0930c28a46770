#!/usr/bin/env node
/**
 * The launcher of the command `crypto`: what has to be true of the process before any other module is loaded.
 *
 * It imports no package, so that an old Node gets a sentence instead of a stack trace, and help is there at once: the build
 * wrote it down beside this file.
 */
import { load } from "./cli/CodeCache.ts"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)

/** What is asked for, if it is one of the pages: a bare call, `--help`, `run --help`, `help run`, `--version`. */
const topicOf = ([first, second, ...more]: ReadonlyArray<string>): string | undefined => {
  if (first === undefined) return ""
  if (second === undefined)
    return first === "help" || first === "-h" || first === "--help"
      ? "--help"
      : first === "-v"
      ? "--version"
      : first
  if (more.length > 0) return undefined
  return first === "help" ? second : second === "--help" || second === "-h" ? first : undefined
}

/** The page, plain or in colours as the command itself would choose; nothing, where nobody wrote it. */
const page = (args: ReadonlyArray<string>): string | undefined => {
  const topic = topicOf(args)
  // a command's name alone runs it
  if (topic === undefined || (args.length === 1 && !["--help", "--version"].includes(topic))) return undefined
  try {
    // an import would have to tell all names of the module, some of which load further ones
    const { readFileSync } = process.getBuiltinModule("node:fs")
    const pages: unknown = JSON.parse(readFileSync(new URL("help.json", import.meta.url), "utf8"))
    if (typeof pages !== "object" || pages === null || !Object.hasOwn(pages, topic)) return undefined
    const [plain, coloured]: ReadonlyArray<string> = Reflect.get(pages, topic)
    const { FORCE_COLOR, NO_COLOR, TERM } = process.env
    const forced = FORCE_COLOR !== undefined && !["", "0", "false"].includes(FORCE_COLOR.toLowerCase())
    return TERM !== "dumb" && (NO_COLOR ?? "") === "" && (forced || process.stdout.isTTY) ? coloured : plain
  } catch {
    return undefined
  }
}

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `crypto needs Node 22.19 or newer, and this is Node ${process.versions.node}. In the repository, \`npx crypto\` uses the Node it brings; elsewhere install a newer Node.\n`
  )
  process.exitCode = 2
} else {
  const help = page(process.argv.slice(2))
  if (help === undefined) {
    // DuckDB's queries and file writes share libuv's pool: its default of 4 is fewer than one run wants, and all begin at its first use
    process.env["UV_THREADPOOL_SIZE"] ??= String(Math.min(16, Math.max(8, 4 * process.getBuiltinModule("node:os").availableParallelism())))
    if (import.meta.url.endsWith(".ts")) await import("./cli/main.ts")
    else load(import.meta.dirname, "main.cjs", /^[a-z]+$/.exec(process.argv[2] ?? "")?.[0] ?? "other")
  } else {
    // a reader that has read enough (`| head`) is no failure
    process.stdout.on("error", () => {})
    process.stdout.write(help)
  }
}
