import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Job from "../../src/engine/Job.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"

const asset = <const Name extends string>(name: Name, ...upstream: ReadonlyArray<Asset.Any>) =>
  Asset.make(name, { about: "", from: Object.fromEntries(upstream.map((_) => [_.name, _])), into: Memory.store<{ n: number }>()() }, () =>
    Effect.succeed([]))

const list = asset("coin_list")
const history = asset("price_history", list)
const returns = asset("daily_returns", history)
const overview = asset("market_overview", list)

const job = (name: string, ...assets: ReadonlyArray<Asset.Any>) => Job.make(name, { about: "", assets })
const names = (assets: ReadonlyArray<Asset.Any>) => assets.map((_) => _.name)

describe("a pipeline", () => {
  it.effect("holds what its assets and jobs read, named or not, each once and sources first", () =>
    Effect.gen(function*() {
      const pipeline = yield* Pipeline.make("crypto", { assets: [returns], jobs: [job("overview_job", overview, returns)] })
      assert.deepStrictEqual(names(pipeline.assets), ["coin_list", "price_history", "daily_returns", "market_overview"])
      assert.deepStrictEqual(pipeline.jobs.map((_) => _.name), ["overview_job"])
    }))

  it.effect("of no job is one of assets alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* Pipeline.make("crypto", { assets: [list] })).jobs, [])
    }))

  it.effect("says all that is wrong with it at once", () =>
    Effect.gen(function*() {
      const broken = Pipeline.make("broken", {
        assets: [list, asset("coin_list"), asset("all"), asset("Coin-List"), asset("1st")],
        jobs: [job("coin_list", list), job("empty_job"), job("all_job", list)]
      })
      const error = yield* Effect.flip(broken)
      assert.deepStrictEqual(error.problems, [
        "coin_list is the name of an asset and an asset and a job",
        "all is reserved for everything and cannot be the name of an asset",
        "\"Coin-List\" is not a name: use lower-case letters, digits and _, a letter first",
        "\"1st\" is not a name: use lower-case letters, digits and _, a letter first",
        "job empty_job has no assets"
      ])
      assert.strictEqual(error.message.split("\n").length, 6)
      assert.match(error.message, /^pipeline broken cannot be used:\n- coin_list is/)
    }))

  it.effect("has no job called all", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Pipeline.make("broken", { assets: [list], jobs: [job("all", list)] }))
      assert.deepStrictEqual(error.problems, ["all is reserved for everything and cannot be the name of a job"])
    }))
})

describe("a selection", () => {
  const select = (...targets: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const jobs = [job("overview_job", overview, list)]
      return names(yield* Pipeline.select(yield* Pipeline.make("crypto", { assets: [returns, overview], jobs }), targets))
    })

  it.effect("gives what was named, each once, in the pipeline's order", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* select("market_overview", "coin_list", "coin_list"), ["coin_list", "market_overview"])
      assert.deepStrictEqual(yield* select("price_history"), ["price_history"])
      assert.deepStrictEqual(yield* select(), [])
    }))

  it.effect("of a job gives its assets, of all every one", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* select("overview_job", "daily_returns"), ["coin_list", "daily_returns", "market_overview"])
      assert.deepStrictEqual(yield* select("all"), ["coin_list", "price_history", "daily_returns", "market_overview"])
    }))

  const message = (target: string) => Effect.map(Effect.flip(select(target)), (_) => _.message)

  it.effect("of what is not there says what is near, or what there is", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* message("price_histroy"), "There is no asset or job called \"price_histroy\". Did you mean price_history?")
      assert.strictEqual(yield* message("COIN_LIST"), "There is no asset or job called \"COIN_LIST\". Did you mean coin_list?")
      assert.strictEqual(yield* message("overview_jo"), "There is no asset or job called \"overview_jo\". Did you mean overview_job?")
      assert.strictEqual(
        yield* message("xyzzy"),
        "There is no asset or job called \"xyzzy\". There are: coin_list, price_history, daily_returns, market_overview, overview_job."
      )
    }))

  it.effect("names the three nearest, nearest first, and no further than a third of the name or two letters", () =>
    Effect.gen(function*() {
      const assets = ["btc_dd", "btc_c", "btc_b", "btc_a", "bitcoin_cash"].map((_) => asset(_))
      const near = Effect.fnUntraced(function*(target: string) {
        return (yield* Effect.flip(Pipeline.select(yield* Pipeline.make("near", { assets }), [target]))).nearest
      })
      assert.deepStrictEqual(yield* near("btc_"), ["btc_c", "btc_b", "btc_a"])
      assert.deepStrictEqual(yield* near("btc_ddd"), ["btc_dd"])
      assert.deepStrictEqual(yield* near("btc_dddd"), ["btc_dd"])
      assert.deepStrictEqual(yield* near("btc_ddddd"), [])
      assert.deepStrictEqual(yield* near("bitcoin_c"), ["bitcoin_cash"])
      assert.deepStrictEqual(yield* near("bitcoin_"), ["bitcoin_cash"])
      assert.deepStrictEqual(yield* near("bitcoin"), [])
    }))
})
