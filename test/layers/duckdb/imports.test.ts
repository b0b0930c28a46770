import { assert, describe, it } from "@effect/vitest"
import { DuckDBInstance } from "@duckdb/node-api"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { layer } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { folder } from "./process.ts"

const root = new URL("../../../src/", import.meta.url)
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(new URL(name, root), "utf8") }))
const holding = (pattern: RegExp) => sources.filter((_) => pattern.test(_.text)).map((_) => _.name)

describe("the data file is opened in one place", () => {
  it("one module loads the driver, when it is needed; others know its types at most", () => {
    const loading = sources.flatMap(({ name, text }) =>
      text.split("\n").filter((line) => line.includes("\"@duckdb/") && !line.startsWith("import type ")).map((line) =>
        `${name}: ${line.trim()}`
      )
    )
    assert.deepStrictEqual(loading, [
      "layers/duckdb/native.ts: export const load: Effect.Effect<Api> = Effect.promise(() => import(\"@duckdb/node-api\"))"
    ])
  })

  it("no file of the project uses the driver's streams, which end early without an error", () => {
    assert.deepStrictEqual(holding(/\.(?:stream|startStream)\w*\(\s*(?:sql|query|")/), [])
    assert.deepStrictEqual(holding(/streamAndRead|startStream|fetchAllChunks/), [])
  })

  it("one module looks at its bytes, before it is opened", () => {
    const readers = sources.filter((_) =>
      _.name.startsWith("layers/duckdb/") && /\b(?:open|readFile|copyFile|createReadStream)(?:Sync)?\b[^"]*"node:fs/.test(_.text)
    )
    // owner.ts reads who holds the lock, from the note beside it
    assert.deepStrictEqual(readers.map((_) => _.name).sort(), ["layers/duckdb/file.ts", "layers/duckdb/owner.ts"])
  })

  it.live("a second instance of this process cannot have the file, since both come from the driver's cache", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        yield* DuckDb
        const said = yield* Effect.promise(async () => {
          const instance = await DuckDBInstance.fromCache(":memory:another")
          const connection = await instance.connect()
          return connection.run(`ATTACH '${path}' AS x`).then(() => "attached", (cause: Error) => cause.message)
            .finally(() => (connection.closeSync(), instance.closeSync()))
        })
        assert.match(said, /Unique file handle conflict/)
      }).pipe(Effect.provide(layer({ path, stamp: { source: "sandbox", currency: "usd" } })))
    }))
})
