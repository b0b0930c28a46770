import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Result } from "effect"
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { layer } from "../../../src/layers/DuckDb.ts"
import { ownerOf } from "../../../src/layers/duckdb/owner.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { folder, owner } from "./process.ts"
import { reasonOf } from "./reasonOf.ts"

const stamp = { source: "sandbox", currency: "usd" }
const opened = (path: string) => Effect.scoped(Layer.build(layer({ path, stamp })))

describe("a data file has one owner", () => {
  it.live("a second process is told at once who has it, without waiting for it; after kill -9 it is free", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      const first = yield* owner("hold", path)
      yield* first.said((line) => line === "held")
      const reason = yield* reasonOf(opened(path))
      assert.strictEqual(reason?._tag, "InUse")
      if (reason?._tag === "InUse") {
        assert.deepStrictEqual(reason.pid, Option.some(first.process.pid ?? 0))
        assert.deepStrictEqual(reason.command, Option.some("child.ts hold"))
        assert.match(Option.getOrElse(reason.since, () => ""), /^\d{4}-\d\d-\d\dT/)
      }
      assert.deepStrictEqual(Option.map(yield* ownerOf(path), (_) => [_.pid, _.command]),
        Option.some([first.process.pid ?? 0, "child.ts hold"]))
      yield* first.kill
      // what it said of itself is still there, and its lock is not
      assert.isTrue(existsSync(`${path}.lock.json`))
      assert.deepStrictEqual(yield* ownerOf(path), Option.none())
      yield* opened(path)
    }))

  it.live("who has it is asked without taking it, by any name, and makes nothing", () =>
    Effect.gen(function*() {
      const home = yield* folder
      const path = join(home, "x.duckdb")
      assert.deepStrictEqual(yield* ownerOf(path), Option.none())
      assert.deepStrictEqual(yield* ownerOf(join(home, "none", "x.duckdb")), Option.none())
      assert.deepStrictEqual(readdirSync(home), [])
      yield* Effect.gen(function*() {
        for (const name of [path, `${home}/./nothing/../x.duckdb`]) {
          assert.deepStrictEqual(Option.map(yield* ownerOf(name), (_) => _.pid), Option.some(process.pid))
        }
        // and it still has it
        assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "InUse")
      }).pipe(Effect.provide(layer({ path, stamp })))
      assert.deepStrictEqual(yield* ownerOf(path), Option.none())
    }))

  // opening and closing the data file in the owning process drops DuckDB's own lock: ours has to hold without it
  it.live("also when the owner has read the file beside DuckDB", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* Effect.gen(function*() {
        closeSync(openSync(path, "r"))
        const second = yield* owner("hold", path)
        const said = yield* second.said((line) => line !== "")
        assert.strictEqual(said, "refused InUse")
      }).pipe(Effect.provide(layer({ path, stamp })))
    }))

  it.live("nor may the same process open it twice, by whatever name", () =>
    Effect.gen(function*() {
      const home = yield* folder
      const path = join(home, "x.duckdb")
      yield* Effect.gen(function*() {
        yield* DuckDb
        for (const again of [path, `${home}/./nothing/../x.duckdb`]) {
          assert.strictEqual((yield* reasonOf(opened(again)))?._tag, "InUse")
        }
      }).pipe(Effect.provide(layer({ path, stamp })))
      yield* opened(path)
    }))

  it.live("a file that is opened and closed leaves the lock file and nothing else", () =>
    Effect.gen(function*() {
      const home = yield* folder
      const path = join(home, "deep", "er", "x.duckdb")
      yield* Effect.gen(function*() {
        yield* DuckDb
        assert.deepStrictEqual(Object.keys(JSON.parse(readFileSync(`${path}.lock.json`, "utf8"))), ["pid", "since", "command"])
      }).pipe(Effect.provide(layer({ path, stamp })))
      assert.deepStrictEqual(readdirSync(join(home, "deep", "er")).sort(), ["x.duckdb", "x.duckdb.lock"])
    }))

  it.live("a folder that cannot be made is a typed error", () =>
    Effect.gen(function*() {
      const home = yield* folder
      yield* opened(join(home, "x.duckdb"))
      const reason = yield* reasonOf(opened(join(home, "x.duckdb", "y.duckdb")))
      assert.strictEqual(reason?._tag, "Unavailable")
      assert.isTrue(existsSync(join(home, "x.duckdb")))
    }))
})

describe("a race for the file", () => {
  it.live("has one winner", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      const results = yield* Effect.scoped(
        Effect.forEach([1, 2, 3, 4], () => Effect.result(Layer.build(layer({ path, stamp }))), { concurrency: "unbounded" })
      )
      assert.strictEqual(results.filter(Result.isSuccess).length, 1)
    }))
})
