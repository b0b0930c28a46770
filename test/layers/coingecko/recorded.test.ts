/** What was recorded once is answered again, through everything that lies above the wire. */
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CoinGeckoTest, httpMock, layerParts } from "../../../src/layers/CoinGecko.ts"
import * as CallLog from "../../../src/layers/coingecko/CallLog.ts"
import * as RawStore from "../../../src/layers/coingecko/RawStore.ts"
import { CoinGecko } from "../../../src/services/CoinGecko.ts"

const folder = Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "recorded-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true })))

const ids = Array.from({ length: 40 }, (_, i) => `a-rather-long-id-${i}`)
const price = (coins: ReadonlyArray<string>) =>
  CoinGecko.use((_) => _.simplePrice({ coins })).pipe(Effect.map((_) => _.quotes.map((_) => _.price)))

it.effect("each question has its own answer, however long it is; asked again, the later one; never asked, it is not found", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    const settings = CoinGeckoTest.settings({ dataDir: dir })
    let n = 0
    const real = httpMock((url) => Effect.sync(() => ({ [(url.searchParams.get("ids") ?? "").split(",").at(-1) ?? ""]: { usd: ++n } })))
    const recording = layerParts.pipe(Layer.provide([real, CallLog.layerMemory, RawStore.layer]), Layer.provide(settings))
    const asked = Effect.gen(function*() {
      const found = yield* Effect.all([price(ids), price([...ids, "one"]), price(["a-b"]), price(["a", "b"])])
      return found
    })
    const then = yield* Effect.provide(asked, recording)
    assert.deepStrictEqual(then, [[1], [2], [3], [4]])
    const layer = CoinGeckoTest.recorded(join(dir, "raw")).pipe(Layer.provide(settings))
    yield* Effect.gen(function*() {
      assert.deepStrictEqual(yield* asked, then)
      assert.deepStrictEqual(yield* price(ids), [1], "the last answer is given for ever")
      const error = yield* Effect.flip(price(["other"]))
      assert.deepInclude(error.reason, { _tag: "NotFound" })
      assert.include(error.message, "not recorded in")
    }).pipe(Effect.provide(layer))
  }).pipe(Effect.scoped))
