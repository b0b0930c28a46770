import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeFolder } from "../../src/layers/folder.ts"
import { layer } from "../../src/layers/DuckDb.ts"
import { folder } from "./duckdb/process.ts"
import { reasonOf } from "./duckdb/reasonOf.ts"

it.live("a folder is made with those above it, each with its rights; one that is there is left as it is", () =>
  Effect.gen(function*() {
    const base = yield* folder
    const deep = join(base, "a", "b", "c")
    makeFolder(deep, 0o700)
    makeFolder(deep)
    makeFolder(join(deep, "..", "d"))
    assert.deepStrictEqual(["a", "a/b", "a/b/c"].map((_) => statSync(join(base, _)).mode & 0o777), [0o700, 0o700, 0o700])
    assert.isTrue(statSync(join(base, "a", "b", "d")).isDirectory())
  }))

it.live("where a file is in the way, or no folder can be, that is said: also below /proc, where Node's own way goes on for ever", () =>
  Effect.gen(function*() {
    const base = yield* folder
    writeFileSync(join(base, "file"), "")
    assert.throws(() => makeFolder(join(base, "file")), /EEXIST/)
    assert.throws(() => makeFolder(join(base, "file", "below")), /ENOTDIR|EEXIST/)
    const refused = reasonOf(
      Effect.scoped(Layer.build(layer({ path: "/proc/none/below/crypto.duckdb", stamp: { source: "live", currency: "usd" } })))
    )
    assert.strictEqual((yield* refused)?._tag, "Unavailable")
  }))
