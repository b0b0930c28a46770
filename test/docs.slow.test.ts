/** The API reference is what the compiler says of the code, and its examples are code. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { examples, mistakes, page } from "../tools/apiDocs.ts"

describe("docs/api.md", () => {
  it("says what the declarations and docstrings say: `node tools/apiDocs.ts` writes it anew", () =>
    assert.strictEqual(readFileSync(new URL("../docs/api.md", import.meta.url), "utf8"), page()))
})

describe("an example in a docstring", () => {
  it("compiles against the library", () => {
    const all = examples()
    assert.isAbove(all.length, 5)
    assert.deepStrictEqual(mistakes(all), [])
  })
  it("that does not compile is told by where it stands", () =>
    assert.deepStrictEqual(
      mistakes([
        { at: "src/right.ts:1", code: `import { Job } from "crypto-pipeline"\nexport const make = Job.make` },
        { at: "src/wrong.ts:1", code: `import { Nothing } from "crypto-pipeline"\nexport const it = Nothing` }
      ]),
      ["src/wrong.ts:1, line 1 of the example: error TS2305: Module '\"crypto-pipeline\"' has no exported member 'Nothing'."]
    ))
})
