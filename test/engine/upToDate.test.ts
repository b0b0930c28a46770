/** What runs is what was printed: over random graphs, states and failures. And what one day more, or one changed day, brings about. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import type { Manifest } from "../../src/engine/Manifest.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Status from "../../src/engine/Status.ts"
import * as Memory from "../../src/layers/Memory.ts"
import {
  byDay,
  byMonth,
  Coin,
  coinByDay,
  type Daily,
  Day,
  horizon,
  inOne,
  market,
  millis,
  Month,
  type Monthly,
  setTime,
  told
} from "./world.ts"

const upTo = (maximum: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum })))

/** An asset of a random graph: what it is, and what it reads of those before it, and how. */
const Node = Schema.Struct({
  shape: Schema.Literals(["day", "coin", "month", "each", "one"]),
  reads: Schema.Array(Schema.Struct({ of: upTo(7), how: upTo(3) })).pipe(Schema.check(Schema.isMaxLength(3))),
  lookback: upTo(2),
  calls: Schema.Boolean,
  /** Does its result depend on what is chosen? */
  chooses: Schema.Boolean
})
const Move = Schema.Union([
  /** Values of a source are others from now on. */
  Schema.TaggedStruct("Move", { source: upTo(7), day: upTo(9) }),
  Schema.TaggedStruct("Later", { days: upTo(12) }),
  Schema.TaggedStruct("Choose", { value: upTo(2) }),
  /** Some of it is brought up to date, while some of it is broken. */
  Schema.TaggedStruct("Run", {
    targets: Schema.Array(upTo(7)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3))),
    fails: Schema.Array(upTo(7)).pipe(Schema.check(Schema.isMaxLength(2))),
    coin: Schema.Literals(["btc", "eth", "both"]),
    force: Schema.Boolean,
    only: Schema.Boolean
  })
])
const Case = {
  nodes: Schema.Array(Node).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
  moves: Schema.Array(Move).pipe(Schema.check(Schema.isMaxLength(6)))
}

type Any = Asset.Asset<string, unknown, string, Memory.Rows | Manifest>
/** What a graph is made of is known when it is drawn, so the types of its assets are not. */
const untyped = Asset.make as unknown as (
  name: string,
  options: object,
  body: (inputs: Readonly<Record<string, ReadonlyArray<{ readonly value: number }>>>) => Effect.Effect<unknown, string, Day | Month | Coin>
) => Any
const trailing = Asset.trailing as unknown as (asset: Any, per: unknown, count: number) => Any
const offset = Asset.offset as unknown as typeof trailing
const before = Asset.upTo as unknown as (asset: Any, per: unknown) => Any
const within = Asset.within as unknown as (asset: Any, inner: unknown, outer: unknown, more: number) => Any
const every = Asset.every as unknown as (asset: Any, per: unknown) => Any

const perOf = (shape: typeof Node.Type["shape"]) => shape === "one" ? undefined : shape === "month" || shape === "each" ? Month : Day

/** How an asset may see another; nothing, where it cannot. */
const edge = (from: Any, of: typeof Node.Type["shape"], shape: typeof Node.Type["shape"], how: number): Any | undefined => {
  const [inner, outer] = [perOf(of), perOf(shape)]
  if (inner === undefined) return from
  if (outer === undefined) return every(from, inner)
  if (inner === outer) return [from, trailing(from, inner, 3), offset(from, inner, -1), before(from, inner)][how]
  return inner === Day && outer === Month ? within(from, Day, Month, how % 2) : undefined
}

const drawn = (nodes: ReadonlyArray<typeof Node.Type>) => {
  const made: Array<string> = []
  const moved = new Map<string, number>()
  const choice = { value: 0 }
  const broken = { assets: new Set<string>(), coin: "both" }
  const assets: Array<Any> = []
  nodes.forEach(({ calls, chooses, lookback, reads, shape }, i) => {
    const name = `a${i}`
    const from = Object.fromEntries(reads.flatMap(({ how, of }) => {
      const upstream = assets[of]
      const seen = upstream === undefined ? undefined : edge(upstream, nodes[of]?.shape ?? "one", shape, how)
      return seen === undefined ? [] : [[`i${of}`, seen]]
    }))
    const per = perOf(shape)
    const options = {
      about: "",
      from,
      ...(chooses ? { settings: Effect.sync(() => ({ CHOICE: String(choice.value) })) } : {}),
      into: { day: byDay, coin: coinByDay, month: byMonth, each: byMonth, one: inOne }[shape],
      ...(per === undefined ? {} : { per, lookback }),
      ...(shape === "coin" ? { of: Coin } : {}),
      each: shape === "each",
      calls: () => calls ? 1 : 0
    }
    assets.push(untyped(name, options, Effect.fnUntraced(function*(inputs) {
      const window = per === undefined ? undefined : yield* per
      const coin = shape === "coin" ? yield* Coin : undefined
      made.push([name, window?.toString(), coin].filter((_) => _ !== undefined).join(" "))
      if (broken.assets.has(name) && (coin === undefined || broken.coin === "both" || broken.coin === coin))
        return yield* Effect.fail(`${name} is broken`)
      const sum = Object.values(inputs).flat(2).reduce((sum, _) => sum + (_.value % 1000), 0)
      const value = (key: string) => sum + (moved.get(`${name} ${key}`) ?? 0) + (chooses ? choice.value : 0)
      return window === undefined ? [{ value: value("") }] : window.keys.map((key) => ({
        day: key,
        month: key,
        coin: coin ?? "",
        price: value(key),
        value: value(key)
      }))
    })))
  })
  return { assets, broken, choice, made, moved }
}

/** The slices that a plan's steps say, in their order. */
const slices = (plan: Plan.Plan<unknown, unknown>) =>
  plan.steps.flatMap(({ asset, subjects, window }) =>
    subjects.map((_) => [asset.name, window.toString(), _].filter((_) => _ !== undefined && _ !== "").join(" "))
  )

it.effect.prop("the steps that run are those that were printed, each once; then all is up to date", Case,
  ({ moves, nodes }) =>
    Effect.gen(function*() {
      const { assets, broken, choice, made, moved } = drawn(nodes)
      let now = millis("2026-11-24T12:00:00Z")
      yield* setTime("2026-11-24T12:00:00Z")
      const run = Effect.fnUntraced(function*(targets: ReadonlyArray<Any>, options: Plan.Options) {
        const plan = yield* Plan.make(targets, options)
        const printed = Plan.print(plan)
        assert.deepStrictEqual(printed, Plan.print(yield* Plan.make(targets, options)), "planning changes nothing")
        made.length = 0
        const report = yield* Run.execute(plan)
        const planned = slices(plan)
        assert.strictEqual(new Set(planned).size, planned.length, "each (asset, window, subject) once")
        assert.deepStrictEqual(report.results.map((_) =>
          [_.step.asset.name, _.step.window.toString(), _.subject].filter((_) => _ !== undefined && _ !== "").join(" ")
        ), planned)
        const steps = yield* Ledger.use((_) =>
          _.steps(report.run)
        )
        assert.deepStrictEqual(steps.map((_) => [_.asset, _.window, _.subject].filter((_) => _ !== "").join(" ")).sort(),
          planned.toSorted(), "the ledger tells the same")
        const ran = report.results.filter((_) => _.outcome._tag === "Made" || _.outcome._tag === "Failed")
        assert.deepStrictEqual(
          made.toSorted(),
          ran.map((_) => [_.step.asset.name, _.step.window.toString(), _.subject].filter((_) => _ !== undefined && _ !== "").join(" "))
            .sort(),
          "no body ran beside them"
        )
        for (const { outcome, step } of report.results) {
          if (outcome._tag === "Skipped") assert.isTrue(step.provisional)
          if (outcome._tag === "Failed") assert.isTrue(broken.assets.has(step.asset.name), "what fails is what is broken")
          if (outcome._tag === "Blocked") {
            const upstream = Asset.lineage(step.asset).map((_) => _.name)
            assert.isTrue(upstream.some((_) => _ !== step.asset.name && broken.assets.has(_)), "only what is downstream is stopped")
          }
        }
        return report
      })
      const chosen = (indices: ReadonlyArray<number>) => indices.flatMap((_) => assets[_] ?? [])
      for (const move of moves) {
        if (move._tag === "Later") yield* setTime(new Date(now += move.days * 86_400_000).toISOString())
        if (move._tag === "Move") moved.set(`a${move.source} 2026-11-${20 + move.day}`, move.day + 1)
        if (move._tag === "Choose") choice.value = move.value
        if (move._tag === "Run") {
          broken.assets = new Set(move.fails.map((_) => `a${_}`))
          broken.coin = move.coin
          yield* run(chosen(move.targets), { force: move.force, only: move.only })
        }
      }
      broken.assets = new Set()
      const report = yield* run(assets, {})
      assert.isTrue(report.results.every((_) => _.outcome._tag === "Made" || _.outcome._tag === "Skipped"))
      assert.deepStrictEqual(Plan.print(yield* Plan.make(assets)), [])
      // a forced making that failed is told until the next attempt, though all is there
      for (const { missing, stale } of yield* Status.of(assets)) assert.deepStrictEqual([missing, stale], [0, {}])
    }).pipe(horizon(70), Effect.provide(Memory.layer)), { arbitrary: { runs: 150 } })

describe("a market of days and months", () => {
  /** Prices by coin and day, what follows from them by day and month, a report for each month, and a chart of all. */
  const pipeline = () => {
    const { asked, move, prices } = market()
    const day = (
      name: string,
      asset: Asset.Input<ReadonlyArray<{ readonly price: number }>, "no such coin", Day | Memory.Rows | Manifest>
    ) =>
      Asset.make(name, { about: "", from: { asset }, into: byDay, per: Day }, ({ asset }) =>
        Effect.map(Day, (days): ReadonlyArray<Daily> =>
          days.keys.map((day) => ({
            day,
            value: asset.filter((_) =>
              "day" in _ && _.day === day
            ).reduce((sum, _) => sum + _.price, 0)
          }))))
    const returns = day("returns", Asset.trailing(prices, Day, 2) as never)
    const months = Asset.make("months", { about: "", from: { returns: Asset.within(returns, Day, Month) }, into: byMonth, per: Month },
      ({ returns }) =>
        Effect.map(Month, (months): ReadonlyArray<Monthly> =>
          months.keys.map((month) => ({
            month,
            value: returns.filter((_) => _.day.startsWith(month)).reduce((sum, _) => sum + _.value, 0)
          }))))
    const report = Asset.make("report", {
      about: "",
      from: { months: Asset.trailing(months, Month, 2) },
      into: byMonth,
      per: Month,
      each: true
    },
      ({ months }) =>
        Effect.map(Month, (month): ReadonlyArray<Monthly> => [{ month: month.first, value: months.reduce((sum, _) => sum + _.value, 0) }]))
    const chart = Asset.make("chart", { about: "", from: { returns: Asset.every(returns, Day) }, into: inOne },
      ({ returns }) => Effect.succeed([{ value: returns.reduce((sum, _) => sum + _.value, 0) }]))
    return { all: [report, chart] as const, asked, months, move, prices, report, returns }
  }
  const world = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.andThen(setTime("2026-11-24T12:00:00Z"), self).pipe(horizon(120), Effect.provide(Memory.layer))

  it.effect("a day later makes one small window of each daily asset, and leaves closed months alone", () =>
    world(Effect.gen(function*() {
      const { all } = pipeline()
      yield* Run.upToDate(all)
      assert.deepStrictEqual(Plan.print(yield* Plan.make(all)), [])
      yield* setTime("2026-11-25T12:00:00Z")
      assert.deepStrictEqual(Plan.print(yield* Plan.make(all)), [
        "prices 2026-11-25, 2 subjects (missing 2), 2 calls",
        "returns 2026-11-25 (missing 1)",
        "chart (after upstream)"
      ])
      const [report] = yield* Run.upToDate(all)
      assert.deepStrictEqual(told(report), [
        "Made prices 2026-11-25 btc",
        "Made prices 2026-11-25 eth",
        "Made returns 2026-11-25",
        "Made chart"
      ])
      yield* setTime("2026-12-01T12:00:00Z")
      const [first] = yield* Run.upToDate(all)
      assert.deepStrictEqual(told(first), [
        "Made prices 2026-11-26..2026-12-01 btc",
        "Made prices 2026-11-26..2026-12-01 eth",
        "Made returns 2026-11-26..2026-12-01",
        "Made months 2026-11",
        "Made report 2026-11",
        "Made chart"
      ])
    })))

  it.effect("one stored day that changed makes its own month and what reads it stale, for that reason, and nothing else", () =>
    world(Effect.gen(function*() {
      const { all, move, months, prices, report, returns } = pipeline()
      yield* Run.upToDate(all)
      move("btc", "2026-09-17", 1000)
      yield* Run.upToDate([prices], { force: true, over: { start: millis("2026-09-17T00:00:00Z"), end: millis("2026-09-18T00:00:00Z") } })
      const stale = Effect.map(Status.of([prices, returns, months, report, ...all]), (_) =>
        Object.fromEntries(_.map((status) => [status.asset.name, status.stale])))
      assert.deepStrictEqual(yield* stale, {
        prices: {},
        returns: { "upstream changed": 2 },
        months: { "after upstream": 1 },
        report: { "after upstream": 2 },
        chart: { "after upstream": 1 }
      })
      assert.deepStrictEqual(Plan.print(yield* Plan.make(all)), [
        "returns 2026-09-17..2026-09-18 (upstream changed 2)",
        "months 2026-09 (after upstream 1)",
        "report 2026-09 (after upstream 1)",
        "report 2026-10 (after upstream 1)",
        "chart (after upstream)"
      ])
      const [brought] = yield* Run.upToDate(all)
      assert.deepStrictEqual(told(brought), [
        "Made returns 2026-09-17..2026-09-18",
        "Made months 2026-09",
        "Made report 2026-09",
        "Made report 2026-10",
        "Made chart"
      ])
      yield* Run.upToDate([prices], { force: true })
      assert.deepStrictEqual(Plan.print(yield* Plan.make(all)), [], "made again and the same, it makes nothing stale")
    })))
})
