/**
 * Are the tests worth anything? Each operator and constant of a file is turned into another, one at a time, and the
 * tests that import the file have to fail: the mutant is killed. Those that survive are listed, and it ends with 1 when
 * fewer than 95 % are killed.
 *
 *     node tools/mutate.ts [--tests FILE,…] [--every N] [--lines FROM-TO] src/assets/derived/priceTrends.ts …
 *
 * Without `--tests` a file's tests are the quick ones that import it, the fastest first. `--every 5` tries each fifth
 * mutant. Nothing is written: a mutant lives in the process that tests it.
 *
 * A mutant is killed when a test fails, when the file no longer loads, or when the tests take ten times as long as they
 * do without it (those that hang are named). A run that tells of no test kills nothing and ends the tool.
 */
import { spawn } from "node:child_process"
import { globSync, readFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"
import { parseArgs } from "node:util"
import { type Mutant, mutantsOf } from "./mutants.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: "string" }, every: { type: "string", default: "1" }, lines: { type: "string", default: "1-1000000" } }
})
if (positionals.length === 0) {
  console.error("usage: node tools/mutate.ts [--tests FILE,…] [--every N] [--lines FROM-TO] FILE …")
  process.exit(2)
}
const [fromLine = 1, toLine = Infinity] = values.lines.split("-").map(Number)
const total = { killed: 0, survived: 0 }

interface Timed {
  readonly test: string
  readonly took: number
}
/** How a run of tests ended. */
type End = "passes" | "fails" | "does not load" | "hangs"

for (const file of positionals) {
  const source = readFileSync(file, "utf8")
  const tests = await quickest(values.tests?.split(",") ?? importers(file))
  const mutants = mutantsOf(source, file).filter((_, i) => _.line >= fromLine && _.line <= toLine && i % Number(values.every) === 0)
  const survivors: Array<Mutant> = []
  for (const mutant of mutants) {
    if (readFileSync(file, "utf8") !== source) throw new Error(`${file} was edited meanwhile: begin again`)
    const killer = await killedBy(file, mutant, tests)
    if (killer === undefined) survivors.push(mutant)
    console.log(`${killer === undefined ? "SURVIVED" : "killed  "} ${say(file, mutant)}${killer === undefined ? "" : `  (${killer})`}`)
  }
  total.killed += mutants.length - survivors.length
  total.survived += survivors.length
  console.log(`${file}: ${mutants.length - survivors.length} of ${mutants.length} killed`)
}
const share = total.killed / Math.max(1, total.killed + total.survived)
console.log(`${total.killed} of ${total.killed + total.survived} killed, ${(share * 100).toFixed(1)} %`)
process.exit(share < 0.95 ? 1 : 0)

// helpers

function say(file: string, { from, line, to }: Mutant): string {
  return `${file}:${line}  ${from} → ${to === "" ? "nothing" : to}`.replaceAll(/\s+/g, " ")
}

/** The quick tests that import a file themselves. */
function importers(file: string): ReadonlyArray<string> {
  return globSync("test/**/*.test.ts")
    .filter((_) => !_.endsWith(".slow.test.ts") && !_.startsWith("test/package"))
    .filter((test) =>
      [...readFileSync(test, "utf8").matchAll(/from "(\.[^"]+)"/g)].some(([, to]) =>
        relative("", resolve(dirname(test), to ?? "")) === file
      )
    )
}

/** The tests that pass as things are, the fastest first; there must be one, and all must pass. */
async function quickest(tests: ReadonlyArray<string>): Promise<ReadonlyArray<Timed>> {
  const timed: Array<Timed> = []
  for (const test of tests) {
    const begin = performance.now()
    const end = await run(test, {}, 300_000)
    if (end !== "passes") throw new Error(`${test} ${end} as things are: mend it first`)
    timed.push({ test, took: performance.now() - begin })
  }
  if (timed.length === 0) throw new Error("no test imports the file: name some with --tests")
  return timed.sort((a, b) => a.took - b.took)
}

async function killedBy(file: string, { end, start, to }: Mutant, tests: ReadonlyArray<Timed>): Promise<string | undefined> {
  for (const { test, took } of tests) {
    const ended = await run(test, { path: resolve(file), start, end, to }, Math.max(20_000, 10 * took))
    if (ended !== "passes") return `${test} ${ended}`
  }
  return undefined
}

/** The tests run in a group of processes of their own, so that what hangs in a worker ends with them. */
function run(test: string, mutant: object, patience: number): Promise<End> {
  const vitest = spawn(process.execPath, [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--root",
    ".",
    "--config",
    "tools/mutate.vitest.ts",
    "--project",
    "quick",
    "--bail",
    "1",
    test
  ], {
    env: { ...process.env, MUTANT: JSON.stringify(mutant), NO_COLOR: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    detached: true
  })
  const stop = () => vitest.pid !== undefined && process.kill(-vitest.pid, "SIGKILL")
  const interrupted = () => {
    stop()
    process.exit(130)
  }
  let told: End | undefined
  const timer = setTimeout(() => {
    told ??= "hangs"
    stop()
  }, patience)
  vitest.on("message", (end: End) => {
    told = end
  })
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted)
  return new Promise((done, fail) =>
    vitest.on("close", () => {
      clearTimeout(timer)
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted)
      if (told === undefined) fail(new Error(`a run of ${test} told of no test`))
      else done(told)
    })
  )
}
