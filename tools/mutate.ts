/**
 * Are the tests worth anything? Each operator and constant of a file is turned into another, one at a time, and the
 * tests that import the file have to fail: the mutant is killed. Those that survive are listed, and it ends with 1 when
 * fewer than 95 % are killed.
 *
 *     node tools/mutate.ts [--tests FILE,…] [--every N] [--lines FROM-TO] src/assets/derived/priceTrends.ts …
 *
 * Without `--tests` a file's tests are the quick ones that import it, the fastest first. `--every 5` tries each fifth
 * mutant. Nothing is written: a mutant lives in the process that tests it.
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

for (const file of positionals) {
  const source = readFileSync(file, "utf8")
  const tests = await quickest(values.tests?.split(",") ?? importers(file))
  const mutants = mutantsOf(source, file).filter((_, i) => _.line >= fromLine && _.line <= toLine && i % Number(values.every) === 0)
  const survivors: Array<Mutant> = []
  for (const mutant of mutants) {
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
  return `${file}:${line}  ${from} → ${to === "" ? "nothing" : to}`
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
async function quickest(tests: ReadonlyArray<string>): Promise<ReadonlyArray<string>> {
  const timed: Array<{ readonly test: string; readonly took: number }> = []
  for (const test of tests) {
    const begin = performance.now()
    if (!await passes(test, {})) throw new Error(`${test} fails as things are: mend it first`)
    timed.push({ test, took: performance.now() - begin })
  }
  if (timed.length === 0) throw new Error("no test imports the file: name some with --tests")
  return timed.sort((a, b) => a.took - b.took).map((_) => _.test)
}

async function killedBy(file: string, { end, start, to }: Mutant, tests: ReadonlyArray<string>): Promise<string | undefined> {
  for (const test of tests) if (!await passes(test, { path: resolve(file), start, end, to })) return test
  return undefined
}

/** A mutant that hangs is killed after a minute, and counts as killed. */
function passes(test: string, mutant: object): Promise<boolean> {
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
    stdio: "ignore",
    timeout: 60_000
  })
  return new Promise((done) => vitest.on("close", (code) => done(code === 0)))
}
