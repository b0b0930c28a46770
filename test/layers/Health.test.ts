/** What is found from outside: nothing is opened that another may have, and nothing is changed. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import * as DuckDb from "../../src/layers/DuckDb.ts"
import * as Health from "../../src/layers/Health.ts"
import * as Ledger from "../../src/layers/Ledger.ts"
import * as Manifest from "../../src/layers/Manifest.ts"
import { Ledger as LedgerTag } from "../../src/engine/Ledger.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "health-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)

const stamp = { source: "sandbox", currency: "usd" }

/** What is not fine, as `level about: says`. */
const outside = (dir: string) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24))
    const found = yield* Health.outside
    return found.filter((_) => _.level !== "fine").map((_) => `${_.level} ${_.about}: ${_.says.replaceAll(dir, "")}`)
  }).pipe(
    Effect.provide(
      Layer.merge(NodeServices.layer,
        CoinGeckoTest.settings({ dataDir: dir, duckdbPath: join(dir, "x.duckdb"), stateDir: join(dir, "state") }))
    )
  )

const made = (dir: string) => Effect.scoped(Layer.build(DuckDb.layer({ path: join(dir, "x.duckdb"), stamp })))

describe("from outside", () => {
  it.live("a place where nothing was made is well, and stays as it was", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      assert.deepStrictEqual(yield* Effect.provide(outside(dir), TestClock.layer()), [])
      assert.deepStrictEqual(readdirSync(dir), [])
    }))

  it.live("a data file that was made and closed is well; one that is held is told with its holder", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* made(dir)
      assert.deepStrictEqual(yield* Effect.provide(outside(dir), TestClock.layer()), [])
      const held = Effect.provide(outside(dir), Layer.merge(TestClock.layer(), DuckDb.layer({ path: join(dir, "x.duckdb"), stamp })))
      const [only, ...more] = yield* held
      assert.deepStrictEqual(more, [])
      assert.match(only ?? "", new RegExp(`^note data file: /x\\.duckdb is in use by .* \\(pid ${process.pid}\\) since `))
    }))

  it.live.each<readonly [string, (path: string, bytes: Buffer) => void, RegExp]>([
    [
      "no DuckDB file",
      (path) => writeFileSync(path, "hello, I am a text and long enough"),
      /^bad data file: .*it is no DuckDB file|^bad data file: .*is no DuckDB file/
    ],
    ["an empty file", (path) => writeFileSync(path, ""), /^bad data file: /],
    ["a folder", (path) => (rmSync(path), mkdirSync(path)), /^bad data file: .*no file/],
    ["a file that was cut off", (path, bytes) => writeFileSync(path, bytes.subarray(0, bytes.length - 1000)), /^bad data file: .*cut off/],
    [
      "a file that is gone while its log is there",
      (path) => (rmSync(path), writeFileSync(`${path}.wal`, "x")),
      /^bad data file: .*the file is missing/
    ],
    ["a log that a killed process left", (path) => writeFileSync(`${path}.wal`, "x"), /^note data file: its log x\.duckdb\.wal holds/],
    [
      "a ledger that is no database",
      (path) => writeFileSync(path.replace(".duckdb", ".ledger.sqlite"), "a text and no database"),
      /^bad ledger: .*no SQLite file/
    ],
    [
      "a call log that is no database",
      (path) => (mkdirSync(join(path, "..", "state")), writeFileSync(join(path, "..", "state", "calls.sqlite"), "text")),
      /^bad call log: /
    ],
    [
      "what a killed process left unfinished",
      (path) => writeFileSync(join(path, "..", ".a.csv.part"), ""),
      /^note folder: 1 unfinished files were left: \.a\.csv\.part/
    ],
    ["another database", (path) => writeFileSync(join(path, "..", "old.duckdb"), ""), /^note folder: other databases lie here: old\.duckdb/]
  ])("tells %s, and leaves it", ([_, harm, says]) =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* made(dir)
      const path = join(dir, "x.duckdb")
      harm(path, readFileSync(path))
      const before = readdirSync(dir)
      const found = yield* Effect.provide(outside(dir), TestClock.layer())
      assert.strictEqual(found.length, 1)
      assert.match(found[0] ?? "", says)
      assert.deepStrictEqual(readdirSync(dir), before)
    }))

  it.effect("a clock before the program was built", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      yield* TestClock.setTime(0)
      const found = yield* Health.outside.pipe(
        Effect.provide(
          Layer.merge(NodeServices.layer,
            CoinGeckoTest.settings({ dataDir: dir, duckdbPath: join(dir, "x.duckdb"), stateDir: join(dir, "state") }))
        )
      )
      assert.deepStrictEqual(found.filter((_) => _.level === "bad").map((_) => _.says), [
        "this machine says it is 1970-01-01T00:00:00.000Z"
      ])
    }))
})

describe("of an opened file", () => {
  const data = Layer.fresh(
    Layer.mergeAll(Manifest.layer.pipe(Layer.provideMerge(DuckDb.layerMemory)), Ledger.layer(":memory:"))
  )

  it.effect("tells whether it agrees with the ledger", () =>
    Effect.gen(function*() {
      const levels = Effect.map(Health.inside([]), (_) => _.map(({ about, level }) => `${level} ${about}`))
      assert.deepStrictEqual(yield* levels, ["fine tables", "fine agreement"])
      yield* LedgerTag.use((_) =>
        _.record(
          { _tag: "RunStarted", run: "r", targets: ["a"], trigger: "a test" },
          { _tag: "StepStarted", run: "r", id: "s", asset: "a", window: "", subject: "", why: "" },
          { _tag: "StepEnded", id: "s", state: "succeeded", rows: 1, changed: 1, note: "" }
        )
      )
      const found = yield* Health.inside([])
      assert.deepStrictEqual(found.map(({ about, level }) => `${level} ${about}`), ["fine tables", "bad agreement", "note agreement"])
      assert.include(found[1]?.says, "1 parts of a were published, and the data file does not have them")
    }).pipe(Effect.provide(data)))
})
