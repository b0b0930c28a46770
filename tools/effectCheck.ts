/**
 * The type check that knows Effect: the same compiler with diagnostics for a floating Effect, a missing `yield*`, an untagged error and the like.
 *
 * Type tests are left out: they are mistakes on purpose, and `tsc` holds each by its `@ts-expect-error`.
 *
 * Its binary does not exist for every platform. Where it is missing this says so and passes: `tsc` has checked the types by then.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"

const name = `@effect/tsgo-${process.platform}-${process.arch}`
const compiler = new URL(`../node_modules/${name}/lib/${process.platform === "win32" ? "tsc.exe" : "tsc"}`, import.meta.url)

if (existsSync(compiler)) {
  process.exitCode = spawnSync(compiler.pathname, ["--noEmit", "--project", "tsconfig.effect.json"], { stdio: "inherit" }).status ?? 1
} else {
  console.log(`The Effect-aware check is left out: ${name} is not installed on this platform.`)
}
