import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const source = new URL("../../src/cli/CodeCache.ts", import.meta.url).href

const inFolder = (body: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "crypto-code-"))
  try {
    mkdirSync(join(folder, "cache"))
    body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Loads `main.cjs` of the folder as the command of that name; what is printed, and how it ended. */
const load = (folder: string, command: string, env: Record<string, string | undefined> = {}) => {
  const script = `import { load } from ${JSON.stringify(source)}
    const { Script } = process.getBuiltinModule("node:vm")
    process.getBuiltinModule("node:vm").Script = class extends Script {
      constructor(code, options) {
        super(code, options)
        console.error(this.cachedDataRejected === false ? "taken" : "compiled")
      }
    }
    load(${JSON.stringify(folder)}, "main.cjs", ${JSON.stringify(command)})`
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(folder, "cache"), ...env }
  })
  return { status, said: stderr.trim().split("\n"), printed: stdout.trim() }
}

/** As the bundle writes it. */
const write = (folder: string, files: Record<string, string>): void => {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), `(function(exports,require,module,__filename){"use strict";${text}\n})`)
}

/** What is kept, without Node's own. */
const kept = (folder: string, cache = "cache"): ReadonlyArray<string> =>
  readdirSync(join(folder, cache), { recursive: true, encoding: "utf8" }).filter((_) => _.endsWith(".cjs")).toSorted()

const two = {
  "main.cjs": `const { word } = require("./chunk-word.cjs"), { basename } = require("node:path")
    console.log(word(), basename(__filename), this === undefined)`,
  "chunk-word.cjs": `Object.defineProperty(exports, "word", { get: () => () => "here" })`
}

describe("the code that is kept of a command", () => {
  it("is taken when the same command is loaded again, and by no other", () =>
    inFolder((folder) => {
      write(folder, two)
      assert.deepStrictEqual(load(folder, "run"), { status: 0, said: ["compiled", "compiled"], printed: "here main.cjs true" })
      assert.deepStrictEqual(load(folder, "run"), { status: 0, said: ["taken", "taken"], printed: "here main.cjs true" })
      assert.deepStrictEqual(load(folder, "list").said, ["compiled", "compiled"])
      assert.strictEqual(kept(folder).length, 4)
    }))

  it("lies beside the command, where only those may write who may change it", () =>
    inFolder((folder) => {
      write(folder, two)
      const lies = { NODE_COMPILE_CACHE: undefined }
      assert.deepStrictEqual(load(folder, "run", lies).said, ["compiled", "compiled"])
      assert.deepStrictEqual(load(folder, "run", lies).said, ["taken", "taken"])
      assert.strictEqual(kept(folder, ".code").length, 2)
      assert.strictEqual(kept(folder).length, 0)
    }))

  it("holds what was compiled after the file was loaded", () =>
    inFolder((folder) => {
      const late = `function late() { return ${Array.from({ length: 500 }, (_, i) => `"${i}"`).join(" + ")} }`
      write(folder, { "main.cjs": `${late}\nsetTimeout(() => console.log(late().length), process.env.LATE)` })
      load(folder, "early", { LATE: "0" })
      write(folder, { "main.cjs": `${late}\nsetTimeout(() => console.log(typeof late), process.env.LATE)` })
      load(folder, "never", { LATE: "0" })
      // beside the text
      const [called = NaN, uncalled = NaN] = kept(folder).map((_) => statSync(join(folder, "cache", _)).size - late.length)
      assert.isAbove(called, uncalled * 2)
    }))

  it("is written anew after an hour, and not before", () =>
    inFolder((folder) => {
      write(folder, two)
      load(folder, "run")
      const [old = "", young = ""] = kept(folder).map((_) => join(folder, "cache", _))
      const at = (minutes: number) => Math.floor(Date.now() / 1000) - minutes * 60
      utimesSync(old, at(61), at(61))
      utimesSync(young, at(58), at(58))
      assert.deepStrictEqual(load(folder, "run").said, ["taken", "taken"])
      assert.deepStrictEqual([old, young].map((_) => Date.now() - statSync(_).mtimeMs < 30 * 60_000), [true, false])
    }))

  it("is none of a file that has changed, even by a letter", () =>
    inFolder((folder) => {
      write(folder, two)
      load(folder, "run")
      write(folder, { "chunk-word.cjs": two["chunk-word.cjs"].replace("here", "gone") })
      assert.deepStrictEqual(load(folder, "run"), { status: 0, said: ["taken", "compiled"], printed: "gone main.cjs true" })
      assert.deepStrictEqual(load(folder, "run"), { status: 0, said: ["taken", "taken"], printed: "gone main.cjs true" })
      assert.strictEqual(kept(folder).length, 2)
    }))

  it("is of the text as it is, whatever its alphabet and however long it is", () =>
    inFolder((folder) => {
      for (const word of ["a", "ä", "漢字"]) {
        write(folder, { "main.cjs": `console.log("${word}", "${"x".repeat(5_000_000)}".length)` })
        for (const said of ["compiled", "taken"]) {
          assert.deepStrictEqual(load(folder, "run"), { status: 0, said: [said], printed: `${word} 5000000` })
        }
      }
    }))

  it("is made anew when V8 does not take it", () =>
    inFolder((folder) => {
      write(folder, two)
      load(folder, "run")
      const [spoilt = ""] = kept(folder).map((_) => join(folder, "cache", _))
      writeFileSync(spoilt, "no code at all")
      assert.deepStrictEqual(load(folder, "run"), { status: 0, said: ["taken", "compiled"], printed: "here main.cjs true" })
      assert.notInclude(readFileSync(spoilt, "utf8"), "no code at all")
      assert.deepStrictEqual(load(folder, "run").said, ["taken", "taken"])
    }))

  it("is not kept of what was typed wrong or failed half-way, nor when Node is told to keep nothing", () =>
    inFolder((folder) => {
      write(folder, two)
      assert.strictEqual(load(folder, "run", { NODE_DISABLE_COMPILE_CACHE: "1" }).printed, "here main.cjs true")
      write(folder, { "main.cjs": "process.exitCode = Number(process.env.CODE)" })
      const ended = (CODE: string) => [load(folder, `ends${CODE}`, { CODE }).status, kept(folder).length]
      for (const code of ["1", "2", "4", "5", "6", "130"]) assert.deepStrictEqual(ended(code), [Number(code), 0])
      assert.deepStrictEqual(ended("7"), [7, 1])
    }))
})
