/**
 * The command `crypto` as few files, all in one folder: the launcher, the command itself with lazy chunks, and the chart
 * worker, which is a process of its own.
 *
 * The command is CommonJS, for that is what the launcher can load together with V8's code of it (`src/cli/CodeCache.ts`).
 * Native code, and packages whose files are read at run time, stay outside: they are direct dependencies, or found from one.
 */
import { chmodSync } from "node:fs"
import { createRequire } from "node:module"
import { defineConfig, type RolldownOptions, type RolldownPlugin } from "rolldown"

const usual = {
  platform: "node",
  external: [/^@duckdb\/node-bindings-/, /^@resvg\//, /^@expo-google-fonts\//],
  onLog: (_, { code, message }) => {
    if (code === "IMPORT_IS_UNDEFINED") throw new Error(message)
  }
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
          { name: "spare", test: /src[\\/]layers[\\/]duckdb[\\/]spare\.ts$/, priority: 3.5 },
          { name: "services", test: /src[\\/]services[\\/]/, priority: 3 },
          { name: "program", test: /src[\\/]program\.ts$/, priority: 2 },
          { name: "Live", test: /src[\\/]layers[\\/]Live\.ts$/, priority: 1 }
        ]
      }
    },
    plugins: [
      { name: "segmenter", transform: { filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ }, handler: segmentingLater } },
      { name: "probes", transform: { filter: { id: /effect\/dist\/(Utils|internal\/effect)\.js$/ }, handler: knownOfV8 } },
      { name: "ascii", generateBundle: (_, files) => Object.values(files).forEach((file) => file.type === "chunk" && wrap(file)) },
      { name: "bindings", transform: { filter: { id: /@duckdb\/node-bindings\/duckdb\.js$/ }, handler: besideThem } },
      taken("node:fs"),
      taken("node:module"),
      taken("node:path"),
      taken("node:url"),
      calledLater("node:child_process", "child_process"),
      calledLater("node:crypto"),
      calledLater("node:fs/promises"),
      calledLater("node:os"),
      calledLater("node:readline")
    ]
  },
  { ...usual, input: { chartWorker: "src/layers/chart/worker.ts" }, output: { dir: "dist", minify: true } }
])

// helpers

/** A module of Node's as it is: the bundle would copy its names, one by one, for each file that asks for it. */
function taken(module: string): RolldownPlugin {
  const mark = `\0taken:${module}`
  const named = Object.entries(Object.getOwnPropertyDescriptors(createRequire(import.meta.url)(module))).filter(([name]) =>
    /^[A-Za-z]\w*$/.test(name) && name !== "default"
  )
  // what is behind a getter is loaded by asking for it
  const exported = named.map(([name, { get }]) =>
    `export const ${name} = ${get === undefined ? `taken.${name}` : `/*#__PURE__*/ new Proxy({}, { get: (_, key) => taken.${name}[key] })`}`
  )
  return {
    name: "taken",
    resolveId: (id, _, { kind }) => id === module && kind === "import-statement" ? mark : undefined,
    load: (id) =>
      id !== mark ? undefined : [`const taken = process.getBuiltinModule("${module}")`, "export default taken", ...exported].join("\n")
  }
}

/** A module of Node's that takes a millisecond or four to load, and of which a run of fresh assets calls nothing: its functions load it. */
function calledLater(module: string, alias = module): RolldownPlugin {
  const mark = `\0later:${module}`
  const functions = Object.entries(createRequire(import.meta.url)(module)).filter(([name, value]) =>
    typeof value === "function" && /^[a-z]/.test(name)
  )
  return {
    name: "later",
    resolveId: (id) => id === module || id === alias ? mark : undefined,
    load: (id) =>
      id !== mark
        ? undefined
        : functions.map(([name]) => `export const ${name} = (...args) => process.getBuiltinModule("${module}").${name}(...args)`).join("\n")
  }
}

/** What the launcher loads (`src/cli/CodeCache.ts`): a function, in characters of which V8 keeps each in one byte. */
function wrap(file: { code: string }): void {
  const escaped = file.code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
  file.code = `(function(exports,require,module,__filename){"use strict";${escaped}\n})`
}

/** Making a segmenter reads ICU's data: a tenth of what a run of fresh assets takes, and only help with a table needs it. */
function segmentingLater(code: string): string {
  const eager = /const graphemeSegmenter = (?:\/\*#__PURE__\*\/)?\s*(new Intl\.Segmenter\([^)]*\));/
  if (!eager.test(code)) throw new Error("effect/cli makes its segmenter in another way now: look at rolldown.config.ts")
  return code.replace(eager, "let made; const graphemeSegmenter = { segment: (text) => (made ??= $1).segment(text) };")
}

/** DuckDB's packages of native code are found from the one that chooses among them, wherever that is installed. */
function besideThem(code: string): string {
  const asks = /require\(('|`)@duckdb\/node-bindings-/g
  if (!asks.test(code)) throw new Error("@duckdb/node-bindings chooses its native code in another way now: look at rolldown.config.ts")
  return `const { createRequire } = process.getBuiltinModule("node:module")
const beside = createRequire(createRequire(__filename).resolve("@duckdb/node-bindings"))
${code.replace(asks, "beside($1@duckdb/node-bindings-")}`
}

/** Effect tries out whether stack frames bear a property's name. V8's do; to say where one lies it parses the whole file again, for 3 ms. */
function knownOfV8(code: string): string {
  const picks = /error\.stack\?\.includes\(InternalTypeId\) === true/
  const marks = /error\.stack\?\.includes\("\[as " \+ marker \+ "\]"\) === true/
  if (!picks.test(code) && !marks.test(code)) throw new Error("effect tries out its engine in another way now: look at rolldown.config.ts")
  return code.replace(picks, "true").replace(marks, "true")
}
