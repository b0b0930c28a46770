/** The quick tests that reach a source file through imports: those that stand nearest to it first. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

export const reaching = (file: string): ReadonlyArray<string> => {
  const importers = new Map<string, Array<string>>()
  for (const from of globSync("{src,test}/**/*.ts")) {
    for (const to of imported(from)) importers.set(to, [...importers.get(to) ?? [], from])
  }
  const distance = new Map([[file, 0]])
  for (const [at, far] of distance) {
    for (const importer of importers.get(at) ?? []) if (!distance.has(importer)) distance.set(importer, far + 1)
  }
  return [...distance]
    .filter(([_]) => _.endsWith(".test.ts") && !_.endsWith(".slow.test.ts") && !_.startsWith("test/package/"))
    .sort(([a, m], [b, n]) => m - n || alike(b, file) - alike(a, file) || (a < b ? -1 : 1))
    .map(([_]) => _)
}

// helpers

const imported = (from: string): ReadonlyArray<string> =>
  [...readFileSync(from, "utf8").matchAll(/^(?:import|export) (?!type )[^"]*from "(\.[^"]+)"|import\("(\.[^"]+)"\)|^import "(\.[^"]+)"/gm)]
    .map(([, ...to]) => relative("", join(dirname(from), to.find((_) => _ !== undefined) ?? "")))
    .filter((_) => existsSync(_))

/** How many letters of their paths are the same, from the beginning, without `src` and `test`. */
const alike = (test: string, file: string): number => {
  const [a, b] = [test, file].map((_) => _.slice(_.indexOf("/") + 1))
  return [...a ?? ""].findIndex((letter, i) => letter !== b?.[i])
}
