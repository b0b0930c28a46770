/** `npm run bench [name…]`: each bench in a process of its own, one after the other; all of them, if none is named. */
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"

const here = import.meta.dirname
/** A bench is a file that is no part of another one: `bench/engine.ts`. */
const parts = ["run.ts", "measure.ts", "step.ts", "firstStep.ts"]
const all = readdirSync(here).filter((_) => _.endsWith(".ts") && !parts.includes(_)).map((_) => _.slice(0, -3))
const named = process.argv.slice(2)
const unknown = named.filter((_) => !all.includes(_))
if (unknown.length > 0) {
  console.error(`There is no bench called ${unknown.join(", ")}. There are: ${all.join(", ")}.`)
  process.exitCode = 2
} else {
  for (const name of named.length > 0 ? named : all) {
    const { status } = spawnSync(process.execPath, [join(here, `${name}.ts`)], { stdio: "inherit" })
    if (status !== 0) process.exitCode = 1
  }
}
