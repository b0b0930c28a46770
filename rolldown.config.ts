/**
 * The command `crypto` as few files, all in one folder: the launcher, the command itself with lazy chunks, and the chart
 * worker, which is a process of its own.
 *
 * The command is CommonJS, for that is what the launcher can load together with V8's code of it (`src/cli/CodeCache.ts`).
 * Packages with native code, and those whose files are read at run time, stay outside: they are direct dependencies.
 */
import { chmodSync } from "node:fs"
import { createRequire } from "node:module"
import { defineConfig, type RolldownOptions, type RolldownPlugin } from "rolldown"

const usual = {
  platform: "node",
  external: [/^@duckdb\/node-bindings/, /^@resvg\//, /^@expo-google-fonts\//]
} satisfies RolldownOptions

export default defineConfig([
  {
    ...usual,
    input: { crypto: "src/bin.ts" },
    external: [...usual.external, "./cli/main.ts"],
    output: { dir: "dist", minify: true },
    plugins: [{ name: "executable", writeBundle: () => chmodSync("dist/crypto.js", 0o755) }]
  },
  {
    ...usual,
    input: { main: "src/cli/main.ts" },
    transform: { define: { "import.meta.env": "undefined" } },
    output: {
      dir: "dist",
      format: "cjs",
      dynamicImportInCjs: false,
      minify: true,
      entryFileNames: "[name].cjs",
      chunkFileNames: "chunk-[name].cjs",
      // What a run loads one after the other, in as few files as that takes: a file more costs a third of a millisecond.
      codeSplitting: {
        groups: [
          { name: "main", test: /src[\\/]cli[\\/](main|elsewhere|run)\.ts$/, priority: 4 },
          { name: "services", test: /src[\\/]services[\\/]/, priority: 3 },
          { name: "program", test: /src[\\/]program\.ts$/, priority: 2 },
          { name: "Live", test: /src[\\/]layers[\\/]Live\.ts$/, priority: 1 }
        ]
      }
    },
    plugins: [
      { name: "segmenter", transform: { filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ }, handler: segmentingLater } },
      calledLater("node:crypto"),
      calledLater("node:fs/promises")
    ]
  },
  { ...usual, input: { chartWorker: "src/layers/chart/worker.ts" }, output: { dir: "dist", minify: true } }
])

// helpers

/** A module of Node's that takes a millisecond or four to load, and of which a run of fresh assets calls nothing: its functions load it. */
function calledLater(module: string): RolldownPlugin {
  const mark = `\0later:${module}`
  const functions = Object.entries(createRequire(import.meta.url)(module)).filter(([name, value]) =>
    typeof value === "function" && /^[a-z]/.test(name)
  )
  return {
    name: "later",
    resolveId: (id) => id === module ? mark : undefined,
    load: (id) =>
      id !== mark
        ? undefined
        : functions.map(([name]) => `export const ${name} = (...args) => process.getBuiltinModule("${module}").${name}(...args)`).join("\n")
  }
}

/** Making a segmenter reads ICU's data: a tenth of what a run of fresh assets takes, and only help with a table needs it. */
function segmentingLater(code: string): string {
  const eager = /const graphemeSegmenter = (?:\/\*#__PURE__\*\/)?\s*(new Intl\.Segmenter\([^)]*\));/
  if (!eager.test(code)) throw new Error("effect/cli makes its segmenter in another way now: look at rolldown.config.ts")
  return code.replace(eager, "let made; const graphemeSegmenter = { segment: (text) => (made ??= $1).segment(text) };")
}
