import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Cadence from "../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../src/engine/automation/Sensor.ts"
import * as Job from "../../src/engine/Job.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Status from "../../src/engine/Status.ts"
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

  it.effect("of one that was renamed, keeps what was made of it", () =>
    Effect.gen(function*() {
      const old = Asset.make("old_name", { about: "", into: Memory.store<{ n: number }>()() }, () => Effect.succeed([{ n: 1 }]))
      const now = Asset.make("new_name", { about: "", aliases: ["older_name", "old_name"], into: Memory.store<{ n: number }>()() },
        () => Effect.succeed([{ n: 2 }]))
      const reader = Asset.make("reader", { about: "", from: { now }, into: Memory.store<{ n: number }>()() },
        ({ now }) => Effect.succeed(now))
      yield* Run.upToDate([old])
      assert.deepStrictEqual((yield* Status.of([now])).map((_) => _.state), ["fresh"])
      assert.deepStrictEqual((yield* Plan.make([reader])).steps.map((_) => _.asset.name), ["reader"])
      yield* Run.upToDate([reader])
      assert.deepStrictEqual(yield* Memory.Rows.useSync((_) => ["old_name", "new_name", "reader"].map(_.get)), [[], [{ n: 1 }], [{ n: 1 }]])
      assert.deepStrictEqual((yield* Plan.make([reader])).steps, [])
      yield* Run.upToDate([now], { force: true })
      assert.deepStrictEqual((yield* Status.of([now, reader])).map((_) => [_.state, _.stale]), [["fresh", {}], ["stale", {
        "upstream changed": 1
      }]])
    }).pipe(Effect.provide(Memory.layer)))

  it.effect("of no job is one of assets alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* Pipeline.make("crypto", { assets: [list] })).jobs, [])
    }))

  it.effect("says all that is wrong with it at once", () =>
    Effect.gen(function*() {
      const broken = Pipeline.make("broken", {
        assets: [list, asset("coin_list"), asset("all"), asset("Coin-List"), asset("1st"), asset("both")],
        jobs: [job("coin_list", list), job("both", list), job("empty_job"), job("all_job", list)]
      })
      const error = yield* Effect.flip(broken)
      assert.deepStrictEqual(error.problems, [
        "coin_list is the name of an asset and an asset and a job",
        "all is a word of selections and cannot be the name of an asset",
        "\"Coin-List\" is not a name: use lower-case letters, digits and _, a letter first",
        "\"1st\" is not a name: use lower-case letters, digits and _, a letter first",
        "both is the name of an asset and a job",
        "job empty_job has no assets"
      ])
      assert.strictEqual(error.message.split("\n").length, 7)
      assert.match(error.message, /^pipeline broken cannot be used:\n- coin_list is/)
    }))

  it.effect("and what is wrong with its schedules and sensors, in the same breath", () =>
    Effect.gen(function*() {
      const cron = (name: string, expression: string, options: { readonly catchUp?: Schedule.CatchUp } = {}) =>
        Schedule.make(name, { about: "", runs: list, cadence: Cadence.cron(expression), ...options })
      const broken = Pipeline.make("broken", {
        assets: [list, asset("all")],
        schedules: [
          cron("daily", "0 0 30 2 *"),
          cron("daily", "0 9 * * *"),
          cron("Hourly", "0 * * * *", { catchUp: { max: 0 } }),
          cron("one_by_one", "0 * * * *", { catchUp: { max: 1 } }),
          Schedule.make("elsewhere", { about: "", runs: history, cadence: Schedule.after(job("far_job", returns)) }),
          Schedule.make("idle", { about: "", runs: [], cadence: Cadence.every("1 hour") })
        ],
        sensors: [Sensor.make("watcher", {
          about: "",
          cursor: Schema.Null,
          start: Effect.succeed(null),
          looks: Sensor.polled(Cadence.cron("99 * * * *"), "", () => Effect.succeed({ cursor: null, note: "" }))
        })]
      })
      assert.deepStrictEqual((yield* Effect.flip(broken)).problems, [
        "all is a word of selections and cannot be the name of an asset",
        "daily is the name of a schedule and a schedule",
        "\"Hourly\" is not a name: use lower-case letters, digits and _, a letter first",
        "schedule daily: 0 0 30 2 * never falls due: there is no such date",
        "sensor watcher: 99 * * * * is no cron: Expected a value between 0 and 59 (\"99\"); a cron reads like 40 0 * * * (minute hour day month weekday)",
        "schedule Hourly catches up on 0 due times: say 1 or more, or none",
        "schedule elsewhere: price_history is no asset or job of the pipeline",
        "schedule elsewhere: far_job is no asset or job of the pipeline",
        "schedule idle runs nothing"
      ])
    }))

  it.effect("has no asset or job that a selection could not name", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Pipeline.make("broken", {
        assets: [list, asset("changed"), asset("not")],
        jobs: [job("all", list), job("and", list), job("or", list), job("roots", list)]
      }))
      assert.deepStrictEqual(error.problems, [
        "changed is a word of selections and cannot be the name of an asset",
        "not is a word of selections and cannot be the name of an asset",
        "all is a word of selections and cannot be the name of a job",
        "and is a word of selections and cannot be the name of a job",
        "or is a word of selections and cannot be the name of a job"
      ])
    }))
})

describe("a selection", () => {
  const select = (...targets: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const jobs = [job("overview_job", overview, list)]
      return names(yield* Pipeline.selectDefined(yield* Pipeline.make("crypto", { assets: [returns, overview], jobs }), targets))
    })

  it.effect("gives what was named, each once, in the pipeline's order", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* select("market_overview", "coin_list", "coin_list"), ["coin_list", "market_overview"])
      assert.deepStrictEqual(yield* select("price_history"), ["price_history"])
      assert.deepStrictEqual(yield* select(), [])
    }))

  it.effect("of a job gives its assets, of all every one, of several all that any selects", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* select("overview_job", "daily_returns"), ["coin_list", "daily_returns", "market_overview"])
      assert.deepStrictEqual(yield* select("all"), ["coin_list", "price_history", "daily_returns", "market_overview"])
      assert.deepStrictEqual(yield* select("1+daily_returns", "market_*"), ["price_history", "daily_returns", "market_overview"])
    }))

  it.effect("fails with the first expression that is wrong", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(select("coin_list", "price_histroy", "nope"))
      assert.strictEqual(
        error.message,
        "There is no asset or job called \"price_histroy\". Did you mean price_history?\n  price_histroy\n  ^"
      )
    }))

  it.effect("by definitions alone cannot ask for a state", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(select("coin_list", "coin_list or status:stale"))
      assert.strictEqual(
        error.message,
        "This asks for a state, which only a run can tell: name assets, groups, tags or jobs here.\n  coin_list or status:stale\n  ^"
      )
    }))

  const small = Asset.make("small", { about: "", into: Memory.store<{ n: number }>()() }, () => Effect.succeed([{ n: 1 }]))
  const large = Asset.make("large", { about: "", from: { small }, into: Memory.store<{ n: number }>()() }, () => Effect.succeed([{ n: 1 }]))

  it.effect("that asks for a state reads the manifest and the ledger", () =>
    Effect.gen(function*() {
      const pipeline = yield* Pipeline.make("sizes", { assets: [large] })
      const selected = (...targets: ReadonlyArray<string>) => Effect.map(Pipeline.select(pipeline, targets), names)
      assert.deepStrictEqual(yield* selected("status:missing"), ["small", "large"])
      assert.deepStrictEqual(yield* selected("status:fresh"), [])
      yield* Run.upToDate([small])
      assert.deepStrictEqual(yield* selected("status:missing"), ["large"])
      assert.deepStrictEqual(yield* selected("status:fresh"), ["small"])
      assert.deepStrictEqual(yield* selected("+status:missing"), ["small", "large"])
      yield* Run.upToDate([large])
      assert.deepStrictEqual(yield* selected("status:fresh and not small"), ["large"])
      assert.deepStrictEqual(yield* selected("changed", "status:failed", "check:failed"), [])
    }).pipe(Effect.provide(Memory.layer)))
})
