/**
 * Are the tests worth anything? Each operator and constant of a file is turned into another, one at a time, and the
 * tests that reach the file have to fail: the mutant is killed. Those that survive are listed, and it ends with 1 when
 * fewer than 95 % are killed.
 *
 *     node tools/mutate.ts [--tests FILE,…] [--named PATTERN] [--most N] [--every N] [--lines FROM-TO] [--anew] src/assets/derived/priceTrends.ts …
 *
 * Without `--tests` a file's tests are the quick ones that reach it through imports, twelve or `--most`, the nearest
 * first; of these `--named` takes those whose full name it matches. `--every 5` tries each fifth mutant. Nothing is written: a mutant lives in the process that tests it.
 *
 * A mutant is killed when a test fails, when the file no longer loads, or when the tests work ten times as long as they
 * do without it, or do nothing any more (those that hang are named). A run that tells of no test kills nothing and ends the tool.
 *
 * A process tests many mutants. After each two dozen the tests have to pass in it as things are, else these are tried
 * again, a process each; with `--anew` all are.
 */
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { type End, keptVitest, type Put } from "./keptVitest.ts"
import { type Mutant, mutantsOf } from "./mutants.ts"
import { reaching } from "./reaching.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: "string" },
    named: { type: "string" },
    most: { type: "string", default: "12" },
    every: { type: "string", default: "1" },
    lines: { type: "string", default: "1-1000000" },
    anew: { type: "boolean", default: false }
  }
})
if (positionals.length === 0) {
  console.error("usage: node tools/mutate.ts [--tests FILE,…] [--named PATTERN] [--most N] [--every N] [--lines FROM-TO] [--anew] FILE …")
  process.exit(2)
}
const [fromLine = 1, toLine = Infinity] = values.lines.split("-").map(Number)
const total = { killed: 0, survived: 0 }
const atOnce = 24

/** A file of tests, how long it takes, and what it has done so far. */
interface Tried {
  readonly test: string
  /** As things are; nothing, before it was needed. */
  took: number | undefined
  runs: number
  kills: number
}
interface Killer {
  readonly test: string
  readonly end: End
}
const vitest = await keptVitest(values.named)
const tried = new Map<string, Tried>()

for (const file of positionals) {
  const source = readFileSync(file, "utf8")
  const tests = all(values.tests?.split(",") ?? reaching(file).slice(0, Number(values.most)))
  const mutants = mutantsOf(source, file).filter((_, i) => _.line >= fromLine && _.line <= toLine && i % Number(values.every) === 0)
  let killed = 0
  for (let i = 0; i < mutants.length; i += atOnce) {
    const some = mutants.slice(i, i + atOnce)
    const killers = await killersOf(file, some, tests)
    if (readFileSync(file, "utf8") !== source) throw new Error(`${file} was edited meanwhile: begin again`)
    killers.forEach((killer, j) => {
      const mutant = some[j]
      if (mutant === undefined) return
      if (killer !== undefined) killed++
      console.log(killer === undefined ? `SURVIVED ${say(file, mutant)}` : `killed   ${say(file, mutant)}  (${killer.test} ${killer.end})`)
    })
  }
  total.killed += killed
  total.survived += mutants.length - killed
  console.log(`${file}: ${killed} of ${mutants.length} killed`)
}
const share = total.killed / Math.max(1, total.killed + total.survived)
console.log(`${total.killed} of ${total.killed + total.survived} killed, ${(share * 100).toFixed(1)} %`)
await vitest.close()
process.exit(share < 0.95 ? 1 : 0)

// helpers

function say(file: string, { from, line, to }: Mutant): string {
  return `${file}:${line}  ${from} → ${to === "" ? "nothing" : to}`.replaceAll(/\s+/g, " ")
}

/** What is known of a test; there must be one. */
function all(tests: ReadonlyArray<string>): ReadonlyArray<Tried> {
  if (tests.length === 0) throw new Error("no test reaches the file: name some with --tests")
  return tests.map((test) => {
    const found = tried.get(test) ?? { test, took: undefined, runs: 0, kills: 0 }
    tried.set(test, found)
    return found
  })
}

/** How long a test takes, which must pass as things are. */
async function timed(of: Tried): Promise<number> {
  if (of.took !== undefined) return of.took
  const begin = performance.now()
  let end = await vitest.run(of.test, undefined, 300_000)
  if (end !== "passes") end = await vitest.run(of.test, undefined, 300_000, true)
  if (end !== "passes") throw new Error(`${of.test} ${end} as things are: mend it first`)
  of.took = performance.now() - begin
  return of.took
}

/** What kills each of some mutants; in the end the tests still pass in the process that tried them, else all is done again. */
async function killersOf(
  file: string,
  mutants: ReadonlyArray<Mutant>,
  tests: ReadonlyArray<Tried>
): Promise<ReadonlyArray<Killer | undefined>> {
  const tryEach = async (anew: boolean) => {
    const killers: Array<Killer | undefined> = []
    for (const { end, start, to } of mutants) killers.push(await killerOf({ path: resolve(file), start, end, to }, tests, anew))
    return killers
  }
  if (values.anew) return tryEach(true)
  const killers = await tryEach(false)
  for (const test of new Set(killers.flatMap((_) => _?.end === "fails" ? [_.test] : []))) {
    const end = await vitest.run(test, undefined, 300_000)
    if (end === "passes") continue
    console.log(`${file}: ${test} ${end} in a process that has tried mutants: these are tried again, a process each`)
    return tryEach(true)
  }
  return killers
}

async function killerOf(put: Put, tests: ReadonlyArray<Tried>, anew: boolean): Promise<Killer | undefined> {
  // those first that kill most for their time; those that were not needed yet come last, the nearest first
  const worth = (_: Tried) => _.took === undefined ? 0 : (_.kills + 1) / (_.runs + 2) / (_.took + 100)
  for (const tried of tests.toSorted((a, b) => worth(b) - worth(a))) {
    const patience = Math.min(12_000, Math.max(4_000, 10 * await timed(tried)))
    const run = await vitest.run(tried.test, put, patience, anew)
    // an error from elsewhere may be what another mutant left behind
    const end = run === "leaves an error behind" || run === "tells of no test" ? await vitest.run(tried.test, put, patience, true) : run
    if (end === "tells of no test") throw new Error(`a run of ${tried.test} told of no test`)
    tried.runs++
    if (end === "passes") continue
    tried.kills++
    return { test: tried.test, end }
  }
  return undefined
}
