/** Raw answers on disk: whole, named safely, or the call does not count. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as RawStore from "../../../src/layers/coingecko/RawStore.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "raw-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true }))
)
const keep = (dataDir: string, about: string, text: string) =>
  RawStore.RawStore.use((_) => _.keep({ endpoint: "market_chart", about, text })).pipe(
    Effect.provide(Layer.provideMerge(RawStore.layer, CoinGeckoTest.settings({ dataDir })))
  )

it.effect("an answer is kept as it came, under a name that holds nothing an API could choose", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 23, 9, 5, 7))
    const dir = yield* folder
    yield* keep(dir, "/coins/..%2F..%2Fetc/\u202ehosts\u0000=(x)-" + "y".repeat(300), "{\"naïve\":1}")
    const day = join(dir, "raw", "market_chart", "2026-11-23")
    const [file = "", ...others] = readdirSync(day)
    assert.deepStrictEqual(others, [])
    assert.match(file, /^090507-coins-2f-2fetc-hosts-x-y+-[0-9a-f]{8}-[0-9a-f]{12}\.json\.gz$/)
    assert.isBelow(file.length, 100)
    assert.strictEqual(gunzipSync(readFileSync(join(day, file))).toString(), "{\"naïve\":1}")
  }))

it.effect("the same answer twice in a second, also at once, is one whole file", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    const text = "x".repeat(100_000)
    yield* Effect.all(Array.from({ length: 8 }, () => keep(dir, "a", text)), { concurrency: "unbounded" })
    const files = readdirSync(join(dir, "raw"), { recursive: true, encoding: "utf8" }).filter((_) => _.endsWith("gz") || _.endsWith("tmp"))
    assert.lengthOf(files, 1)
    assert.strictEqual(gunzipSync(readFileSync(join(dir, "raw", files[0] ?? ""))).toString(), text)
  }))

it.effect("a file that is there is replaced whole, never written into", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    const inode = () => {
      const [file = ""] = readdirSync(join(dir, "raw", "market_chart", "1970-01-01"))
      return statSync(join(dir, "raw", "market_chart", "1970-01-01", file)).ino
    }
    yield* keep(dir, "a", "{}")
    const before = inode()
    // still there under another name, its inode is not given to the next file
    linkSync(join(dir, "raw", "market_chart", "1970-01-01", readdirSync(join(dir, "raw", "market_chart", "1970-01-01"))[0] ?? ""),
      join(dir, "kept"))
    yield* keep(dir, "a", "{}")
    assert.notStrictEqual(inode(), before)
  }))

it.effect("what cannot be written is said, and leaves nothing half-done", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    writeFileSync(join(dir, "raw"), "a file where the folder should be")
    const error = yield* Effect.flip(keep(dir, "a", "{}"))
    assert.strictEqual(error._tag, "NotKept")
    assert.include(error.message, dir)

    const other = yield* folder
    yield* TestClock.setTime(0)
    // the name is taken by a folder, so that the last step fails
    const name = "000000-a-" + "44136fa355b3" + ".json.gz"
    mkdirSync(join(other, "raw", "market_chart", "1970-01-01", name, "in the way"), { recursive: true })
    assert.strictEqual((yield* Effect.flip(keep(other, "a", "{}")))._tag, "NotKept")
    assert.deepStrictEqual(readdirSync(join(other, "raw", "market_chart", "1970-01-01")), [name])
  }))
