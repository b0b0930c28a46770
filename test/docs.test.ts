/** The documents cannot lie: what scripts rely on is held against the code. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { page } from "../tools/jsonDocs.ts"

describe("docs/json.md", () => {
  it("says what the schemas of --json say: `node tools/jsonDocs.ts` writes it anew", () =>
    assert.strictEqual(readFileSync(new URL("../docs/json.md", import.meta.url), "utf8"), page()))
})
