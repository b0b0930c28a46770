/**
 * The command `crypto` as few files: the launcher, lazy chunks beside it, and the chart worker.
 *
 * Packages with native code, and those whose files are read at run time, stay outside: they are direct dependencies.
 */
import { chmodSync, existsSync } from "node:fs"
import { defineConfig } from "rolldown"

const worker = "src/layers/chart/worker.ts"

export default defineConfig({
  input: { crypto: "src/bin.ts", ...(existsSync(worker) ? { chartWorker: worker } : {}) },
  platform: "node",
  external: [/^node:/, /^@duckdb\/node-bindings/, /^@resvg\//, /^@expo-google-fonts\//],
  output: {
    dir: "dist",
    format: "esm",
    minify: true,
    // All in one folder: code that starts the worker finds it beside itself, whichever chunk it is in.
    entryFileNames: "[name].js",
    chunkFileNames: "chunk-[name].js",
    // What a run loads one after the other, in as few files as that takes: a file more costs a third of a millisecond.
    codeSplitting: {
      groups: [
        { name: "main", test: /src\/cli\/(main|elsewhere|run)\.ts$/, priority: 4 },
        { name: "services", test: /src\/services\//, priority: 3 },
        { name: "program", test: /src\/program\.ts$/, priority: 2 },
        { name: "Live", test: /src\/layers\/Live\.ts$/, priority: 1 }
      ]
    }
  },
  plugins: [
    { name: "executable", writeBundle: () => chmodSync("dist/crypto.js", 0o755) },
    { name: "segmenter", transform: { filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ }, handler: segmentingLater } }
  ]
})

// helpers

/** Making a segmenter reads ICU's data: a tenth of what a run of fresh assets takes, and only help with a table needs it. */
function segmentingLater(code: string): string {
  const eager = /const graphemeSegmenter = (?:\/\*#__PURE__\*\/)?\s*(new Intl\.Segmenter\([^)]*\));/
  if (!eager.test(code)) throw new Error("effect/cli makes its segmenter in another way now: look at rolldown.config.ts")
  return code.replace(eager, "let made; const graphemeSegmenter = { segment: (text) => (made ??= $1).segment(text) };")
}
