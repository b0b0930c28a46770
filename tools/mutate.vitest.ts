/**
 * The suites, with one source file read as a mutant of itself: `MUTANT` says which, and nothing is written. How the tests
 * ended is told to the process that began them; when there was none, nothing is told.
 */
import { readFileSync } from "node:fs"
import { defineConfig, mergeConfig } from "vitest/config"
import base from "../vitest.config.ts"

const mutant: unknown = JSON.parse(process.env["MUTANT"] ?? "{}")
const of = (name: string): unknown => typeof mutant === "object" && mutant !== null ? Reflect.get(mutant, name) : undefined

export default mergeConfig(
  base,
  defineConfig({
    // what is cached by the name of the file is not the mutant
    test: {
      fsModuleCache: false,
      reporters: [{
        onTestRunEnd(files, errors) {
          const tests = files.flatMap((_) => [...(_.children.allTests())])
          const fails = tests.some((_) => _.result().state === "failed") || errors.length > 0
          const end = fails
            ? "fails"
            : files.some((_) => !_.ok())
            ? "does not load"
            : tests.some((_) => _.result().state === "passed")
            ? "passes"
            : undefined
          if (end !== undefined) process.send?.(end)
        }
      }]
    },
    plugins: [{
      name: "mutant",
      enforce: "pre",
      load(id: string) {
        const [start, end] = [Number(of("start")), Number(of("end"))]
        if (id.split("?")[0] !== of("path")) return undefined
        const source = readFileSync(id.split("?")[0] ?? "", "utf8")
        return source.slice(0, start) + String(of("to")) + source.slice(end)
      }
    }]
  })
)
