import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Random, Result, Schedule } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import { AuditFailed } from "../../src/engine/Check.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import type * as Store from "../../src/engine/Store.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { byDay, byMonth, Coin, coinByDay, type Daily, Day, horizon, inOne, market, Month, noon, setTime, source } from "./world.ts"

const may = Day.at("2026-05-01", "2026-05-03")
const inMemory = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(Effect.provide(Memory.layer))
const log = (...assets: ReadonlyArray<string>) =>
  Effect.map(Manifest.use((_) => _.log(assets)), (entries) =>
    entries.map((_) => [_.asset, _.subject, _.window.first, _.window.last].join(" ")))

describe("an asset is an Effect", () => {
  it.effect("makes what it needs and gives what is kept of its window, without plan, run or ledger", () =>
    inMemory(Effect.gen(function*() {
      const { asset, asked } = source("a")
      const b = Asset.make("b", { about: "twice", from: { a: Asset.trailing(asset, Day, 2) }, into: byDay, per: Day },
        ({ a }) => Effect.map(Day, (days) => a.filter((_) => days.keys.includes(_.day)).map((_) => ({ ..._, value: _.value * a.length }))))
      assert.deepStrictEqual(yield* Effect.provideContext(b, may), [
        { day: "2026-05-01", value: 4 },
        { day: "2026-05-02", value: 8 },
        { day: "2026-05-03", value: 12 }
      ])
      assert.deepStrictEqual(asked, ["2026-04-30..2026-05-03"])
      assert.deepStrictEqual(yield* log("a", "b"), ["a  2026-04-30 2026-05-03", "b  2026-05-01 2026-05-03"])
      const [made] = yield* Manifest.use((_) => _.log(["b"]))
      assert.deepStrictEqual([made?.sawUpTo, Object.keys(made?.inputs ?? {}), made?.rows], [1, ["a"], 3])
    })))

  it.effect("remembers what it was made from, and says it", () =>
    Effect.sync(() => {
      const { asset } = source("a")
      const trailing = Asset.trailing(asset, Day, 2)
      const b = Asset.make("b", {
        about: "of b",
        from: { trailing },
        into: byDay,
        per: Day,
        codeVersion: "7",
        freshFor: "1 minute",
        lookback: 3,
        calls: ({ size }) => size
      }, ({ trailing }) => Effect.succeed(trailing))
      assert.deepStrictEqual([
        b.name,
        b.about,
        b.codeVersion,
        b.freshFor,
        b.lookback,
        b.calls(Day.window("2026-05-01", "2026-05-02")),
        b.each
      ], [
        "b",
        "of b",
        "7",
        60_000,
        3,
        2,
        false
      ])
      assert.isTrue(b.per === Day && b.from["trailing"] === trailing && b.asset === b && trailing.asset === asset && b.into === byDay)
      assert.deepStrictEqual([
        asset.codeVersion,
        asset.freshFor,
        asset.lookback,
        asset.calls(Partition.whole),
        asset.of,
        asset.checks.length
      ], [
        "1",
        Infinity,
        0,
        0,
        undefined,
        0
      ])
      assert.isTrue(Asset.isAsset(b) && !Asset.isAsset(trailing) && !Asset.isAsset({}) && !Asset.isAsset(null) && !Asset.isAsset("b"))
      assert.deepStrictEqual(Asset.lineage(b).map((_) => _.name), ["a", "b"])
      assert.deepStrictEqual(Asset.lineage(b, new Set([asset])).map((_) => _.name), ["b"])
    }))

  it.effect("each: the body sees one key at a time, and a reader gets one result a key", () =>
    inMemory(Effect.gen(function*() {
      const windows: Array<string> = []
      const files = Asset.make("files", { about: "", into: byDay, per: Day, each: true }, () =>
        Effect.map(Day, (days) => {
          windows.push(`${days}`)
          return [{ day: days.first, value: 1 }]
        }))
      const wanted = [["2026-05-01"], ["2026-05-02"], ["2026-05-03"]]
      const keys = (results: ReadonlyArray<ReadonlyArray<Daily>>) => results.map((_) => _.map((_) => _.day))
      assert.deepStrictEqual(keys(yield* Effect.provideContext(files, may)), wanted)
      assert.deepStrictEqual(windows, ["2026-05-01", "2026-05-02", "2026-05-03"])
      const seen: Array<unknown> = []
      const month = Asset.make("month", { about: "", from: { files: Asset.within(files, Day, Month) }, into: byMonth, per: Month },
        ({ files }) =>
          Effect.sync(() => {
            seen.push(files.length, files[30]?.[0]?.day)
            return []
          }))
      yield* Effect.provideContext(month, Month.at("2026-05"))
      assert.deepStrictEqual(seen, [31, "2026-05-31"])
    })))

  it.effect("each, of every key and of every subject: one result a key", () =>
    inMemory(Effect.gen(function*() {
      const files = Asset.make("files", { about: "", into: coinByDay, per: Day, of: Coin, each: true }, Effect.fnUntraced(function*() {
        return [{ day: (yield* Day).first, coin: yield* Coin, price: 1 }]
      }))
      assert.deepStrictEqual((yield* Effect.provideContext(files, may)).map((_) => _.map((_) => `${_.coin} ${_.day}`)), [
        ["btc 2026-05-01", "eth 2026-05-01"],
        ["btc 2026-05-02", "eth 2026-05-02"],
        ["btc 2026-05-03", "eth 2026-05-03"]
      ])
      const all = Asset.make("all", { about: "", from: { files: Asset.every(files, Day) }, into: inOne },
        ({ files }) => Effect.succeed([{ value: files.length }]))
      assert.deepStrictEqual(yield* all.pipe(horizon(5)), [{ value: 5 }])
    })))

  it.effect("upTo and every: all that is kept is read, all that is due is made", () =>
    inMemory(Effect.gen(function*() {
      const { asset, asked } = source("a")
      yield* Effect.provideContext(asset, Day.at("2026-11-01"))
      const running = Asset.make("running", { about: "", from: { a: Asset.upTo(asset, Day) }, into: byDay, per: Day },
        ({ a }) => Effect.map(Day, (days) => [{ day: days.last, value: a.length }]))
      assert.deepStrictEqual(yield* running.pipe(Effect.provideContext(Day.at("2026-11-22")), horizon(5)), [{
        day: "2026-11-22",
        value: 4
      }])
      assert.deepStrictEqual(asked, ["2026-11-01", "2026-11-20..2026-11-22"])
      const total = Asset.make("total", { about: "", from: { a: Asset.every(asset, Day) }, into: inOne },
        ({ a }) => Effect.succeed([{ value: a.length }]))
      assert.deepStrictEqual(yield* total.pipe(horizon(5)), [{ value: 6 }])
      assert.deepStrictEqual(asked.slice(2), ["2026-11-20..2026-11-24"])
    })))
})

describe("an asset of subjects", () => {
  it.effect("makes each there is, one by one, and gives them together", () =>
    inMemory(Effect.gen(function*() {
      const { asked, prices } = market()
      const rows = yield* Effect.provideContext(prices, may)
      assert.deepStrictEqual([rows.length, asked], [6, ["btc 2026-05-01..2026-05-03", "eth 2026-05-01..2026-05-03"]])
      assert.deepStrictEqual(yield* log("prices"), ["prices btc 2026-05-01 2026-05-03", "prices eth 2026-05-01 2026-05-03"])
    })))

  it.effect("makes the one that is provided, with its own upstream, and gives that", () =>
    inMemory(Effect.gen(function*() {
      const { asked, prices } = market()
      const doubled = Asset.make("doubled", { about: "", from: { prices }, into: coinByDay, per: Day, of: Coin },
        ({ prices }) => Effect.succeed(prices.map((_) => ({ ..._, price: _.price * 2 }))))
      const rows = yield* doubled.pipe(Effect.provideContext(Coin.at("eth")), Effect.provideContext(may))
      assert.deepStrictEqual(rows.map((_) => `${_.coin} ${_.day} ${_.price}`), ["eth 2026-05-01 2", "eth 2026-05-02 4", "eth 2026-05-03 6"])
      assert.deepStrictEqual(asked, ["eth 2026-05-01..2026-05-03"])
    })))

  it.effect("does not narrow what is of no subject: an index read by one coin is of all coins", () =>
    inMemory(Effect.gen(function*() {
      const { asked, prices } = market()
      const index = Asset.make("index", { about: "", from: { prices, month: Asset.trailing(prices, Day, 2) }, into: byDay, per: Day },
        ({ prices }) => Effect.map(Day, (days) => [{ day: days.first, value: prices.length }]))
      const beta = Asset.make("beta", { about: "", from: { index, prices }, into: coinByDay, per: Day, of: Coin },
        ({ index, prices }) =>
          Effect.succeed(prices.slice(0, 1).map((_) => ({ ..._, price: (index[0]?.value ?? 0) * 10 + prices.length }))))
      const rows = yield* beta.pipe(Effect.provideContext(Coin.at("eth")), Effect.provideContext(may))
      assert.deepStrictEqual(rows, [{ day: "2026-05-01", coin: "eth", price: 63 }], "6 prices in the index, 3 of its own")
      assert.isTrue(asked.includes("btc 2026-05-01..2026-05-03"))
    })))

  it.effect("is read over an edge for the subject that is made", () =>
    inMemory(Effect.gen(function*() {
      const { prices } = market()
      const returns = Asset.make("returns", {
        about: "",
        from: { prices: Asset.trailing(prices, Day, 2) },
        into: coinByDay,
        per: Day,
        of: Coin
      }, ({ prices }) => Effect.map(Day, (days) => [{ day: days.first, coin: prices[0]?.coin ?? "", price: prices.length }]))
      assert.deepStrictEqual(yield* Effect.provideContext(returns, Day.at("2026-05-03")), [
        { day: "2026-05-03", coin: "btc", price: 2 },
        { day: "2026-05-03", coin: "eth", price: 2 }
      ])
    })))
})

describe("the hook", () => {
  const reading = Effect.provideService(Asset.Making, () => undefined)

  it.effect("decides whether evaluating makes or reads", () =>
    inMemory(Effect.gen(function*() {
      const { asked, prices } = market()
      assert.deepStrictEqual(yield* prices.pipe(reading, Effect.provideContext(may)), [])
      yield* Effect.provideContext(prices, Day.at("2026-05-02"))
      assert.lengthOf(yield* prices.pipe(reading, Effect.provideContext(may)), 2)
      assert.lengthOf(yield* prices.pipe(reading, Effect.provideContext(Coin.at("eth")), Effect.provideContext(may)), 1)
      assert.lengthOf(asked, 2)
    })))

  it.effect("gives the id under which it is published, and what is read over an edge is not made", () =>
    inMemory(Effect.gen(function*() {
      const { asked, asset } = source("a")
      const b = Asset.make("b", { about: "", from: { a: Asset.trailing(asset, Day, 2) }, into: byDay, per: Day },
        ({ a }) => Effect.succeed(a))
      const told: Array<string> = []
      yield* b.pipe(
        Effect.provideService(Asset.Making, (asked) => asked === b ? Effect.succeed("the id") : undefined),
        Effect.provideService(Asset.Published, (of, { rows }) => void told.push(`${of.name} ${rows}`)),
        Effect.provideContext(may)
      )
      const [made] = yield* Manifest.use((_) => _.log(["b"]))
      assert.deepStrictEqual([made?.id, asked, told], ["the id", [], ["b 0"]])
    })))

  it.effect("what is read over an edge is read once", () =>
    inMemory(Effect.gen(function*() {
      const windows: Array<string> = []
      const counted = {
        ...byDay,
        read: (of: Asset.Any, slice: Store.Slice) =>
          Effect.andThen(Effect.sync(() => windows.push(`${slice.window}`)), byDay.read(of, slice))
      }
      const a = Asset.make("a", { about: "", into: counted, per: Day }, () => Effect.succeed([]))
      const b = Asset.make("b", { about: "", from: { a: Asset.trailing(a, Day, 2) }, into: byDay, per: Day }, ({ a }) => Effect.succeed(a))
      const making = (asked: Asset.Any) => asked === b ? Effect.succeed("made b") : undefined
      yield* b.pipe(Effect.provideService(Asset.Making, making), Effect.provideContext(may))
      assert.deepStrictEqual(windows, ["2026-04-30..2026-05-03"])
    })))

  it.effect("what this very reading made has been seen, if it made only some of the inputs", () =>
    inMemory(Effect.gen(function*() {
      const [{ asset: a }, { asset: b }] = [source("a"), source("b")]
      const c = Asset.make("c", { about: "", from: { a, b }, into: byDay, per: Day }, () => Effect.succeed([]))
      yield* c.pipe(
        Effect.provideService(Asset.Making, (asked) => asked === b ? undefined : Effect.succeed(`made ${asked.name}`)),
        Effect.provideContext(may)
      )
      const made = yield* Manifest.use((_) => _.log(["a", "b", "c"]))
      assert.deepStrictEqual(made.map((_) => [_.id, _.seq, _.sawUpTo, _.inputs]), [["made a", 1, 0, {}], ["made c", 2, 1, { a: "made a" }]])
    })))

  it.effect("what was made under an older name of a source is told under its new one; a source that was never made is not told", () =>
    inMemory(Effect.gen(function*() {
      const inputs = (aliases: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const a = Asset.make("a", { about: "", aliases, into: byDay, per: Day }, () => Effect.succeed([]))
          const b = Asset.make("b", { about: "", from: { a }, into: byDay, per: Day }, () => Effect.succeed([]))
          const making = (asked: Asset.Any) => asked === b ? Effect.succeed("made b") : undefined
          yield* b.pipe(Effect.provideService(Asset.Making, making), Effect.provideContext(may))
          return (yield* Manifest.use((_) => _.log(["b"]))).at(-1)?.inputs
        })
      const old = Asset.make("older", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
      yield* old.pipe(Effect.provideService(Asset.Making, () => Effect.succeed("made older")), Effect.provideContext(may))
      assert.deepStrictEqual(yield* inputs([]), {})
      assert.deepStrictEqual(yield* inputs(["oldest", "older"]), { a: "made older" })
    })))

  it.effect("what is published while the inputs are read may not have been seen", () =>
    inMemory(Effect.gen(function*() {
      const { asset: a } = source("a")
      const making = (made: Asset.Any) => (asked: Asset.Any) => asked === made ? Effect.succeed(`made ${made.name}`) : undefined
      // while it is read, somebody else publishes a
      const meanwhile = a.pipe(Effect.provideService(Asset.Making, making(a)), Effect.provideContext(may), Effect.orDie)
      const store = { ...inOne, read: (of: Asset.Any, slice: Store.Slice) => Effect.andThen(meanwhile, inOne.read(of, slice)) }
      const racing = Asset.make("racing", { about: "", into: store }, () => Effect.succeed([]))
      const c = Asset.make("c", { about: "", from: { a, racing }, into: byDay, per: Day }, () => Effect.succeed([]))
      yield* meanwhile
      yield* c.pipe(Effect.provideService(Asset.Making, making(c)), Effect.provideContext(may))
      const [made] = yield* Manifest.use((_) => _.log(["c"]))
      assert.deepStrictEqual([made?.seq, made?.sawUpTo], [3, 1], "a was published a second time while c read its inputs")
    })))
})

describe("a body", () => {
  it.effect("that takes too long is interrupted, and has failed with a type", () =>
    inMemory(Effect.gen(function*() {
      let cleaned = 0
      const slow = Asset.make("slow", { about: "", into: inOne, timeout: "30 seconds" },
        () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => cleaned++)))
      const fiber = yield* Effect.forkChild(Effect.result(slow), { startImmediately: true })
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(cleaned, 0)
      yield* TestClock.adjust("1 millis")
      const result = yield* Fiber.join(fiber)
      assert.deepStrictEqual(result, Result.fail(new Asset.TimedOut({ asset: "slow", after: "30s" })))
      assert.strictEqual(cleaned, 1)
      assert.strictEqual(Result.isFailure(result) ? result.failure.message : "", "slow was not made within 30s, so it was interrupted")
      assert.deepStrictEqual(yield* log("slow"), [])
    })))

  it.effect("whose result takes too long to be kept is interrupted there; what the store refuses is not tried again", () =>
    inMemory(Effect.gen(function*() {
      let cleaned = 0, bodies = 0
      const body = () => Effect.sync(() => (bodies++, []))
      const stuck = { ...inOne, write: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => cleaned++)) }
      const slow = Asset.make("slow", { about: "", into: stuck, timeout: "30 seconds", retry: Schedule.recurs(1) }, body)
      const fiber = yield* Effect.forkChild(Effect.flip(slow), { startImmediately: true })
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual([(yield* Fiber.join(fiber))._tag, cleaned, bodies], ["TimedOut", 2, 2])
      const no = new AuditFailed({ asset: "refused", window: "", subject: "", findings: [] })
      const full = { ...inOne, write: () => Effect.fail(no) }
      const refused = Asset.make("refused", { about: "", into: full, timeout: "30 seconds", retry: Schedule.recurs(1) }, body)
      assert.deepStrictEqual([yield* Effect.flip(refused), bodies], [no, 3])
    })))

  it.effect("that is in time is not", () =>
    inMemory(Effect.gen(function*() {
      const quick = Asset.make("quick", { about: "", into: inOne, timeout: "30 seconds" },
        () => Effect.as(Effect.sleep("29 seconds"), [{ value: 1 }]))
      const fiber = yield* Effect.forkChild(Effect.exit(quick), { startImmediately: true })
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.succeed([{ value: 1 }]))
    })))

  it.effect("is tried again as its schedule says, which sees the typed error; its inputs are read once", () =>
    inMemory(Effect.gen(function*() {
      let tries = 0, reads = 0
      const counted = {
        ...inOne,
        read: (of: Asset.Any, slice: Store.Slice) => Effect.andThen(Effect.sync(() => reads++), inOne.read(of, slice))
      }
      const input = Asset.make("input", { about: "", into: counted }, () => Effect.succeed([]))
      const retry = Schedule.spaced("1 minute").pipe(Schedule.setInputType<"later" | "never" | Asset.TimedOut>(),
        Schedule.while(({ input }) => input === "later"))
      const flaky = Asset.make("flaky", { about: "", from: { input }, into: inOne, retry }, () =>
        Effect.suspend(() =>
          ++tries < 3 ? Effect.fail("later" as const) : tries === 3 ? Effect.succeed([{ value: 3 }]) : Effect.fail("never" as const)
        ))
      const fiber = yield* Effect.forkChild(Effect.exit(flaky), { startImmediately: true })
      assert.strictEqual(tries, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(tries, 2)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.succeed([{ value: 3 }]))
      assert.deepStrictEqual([tries, reads], [3, 1])
      assert.strictEqual(yield* Effect.flip(flaky), "never")
      assert.strictEqual(tries, 4)
    })))

  it.effect("times out once an attempt, and a schedule may give it another", () =>
    inMemory(Effect.gen(function*() {
      let tries = 0
      const stuck = Asset.make("stuck", { about: "", into: inOne, timeout: "10 seconds", retry: Schedule.recurs(1) },
        () => Effect.suspend(() => ++tries === 1 ? Effect.never : Effect.succeed([{ value: 2 }])))
      const fiber = yield* Effect.forkChild(Effect.exit(stuck), { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), Exit.succeed([{ value: 2 }]))
    })))

  it.effect("that hands over what its checks refuse has failed, and what was published before stays", () =>
    inMemory(Effect.gen(function*() {
      const { asset, move } = source("a")
      yield* Effect.provideContext(asset, may)
      move("2026-05-02", NaN)
      const stray = Asset.make("a", { about: "", into: byDay, per: Day }, () =>
        Effect.succeed([{ day: "2026-05-04", value: 1 }, { day: "2026-05-02", value: 0 }]))
      const error = yield* Effect.flip(Effect.provideContext(stray, may))
      assert.deepStrictEqual(error, new AuditFailed({
        asset: "a",
        window: "2026-05-01..2026-05-03",
        subject: "",
        findings: [{ check: "inside the window", severity: "block", offenders: 1 }]
      }))
      assert.deepStrictEqual((yield* log("a")).length, 1)
    })))

  it.effect("runs in a span with the asset's name, its window and its subject", () =>
    inMemory(Effect.gen(function*() {
      const seen = yield* Deferred.make<readonly [string, unknown, unknown]>()
      const traced = Asset.make("traced", { about: "", into: coinByDay, per: Day, of: Coin }, () =>
        Effect.gen(function*() {
          const span = yield* Effect.currentSpan
          yield* Deferred.succeed(seen, [span.name, span.attributes.get("window"), span.attributes.get("subject")])
          return []
        }))
      yield* traced.pipe(Effect.provideContext(Coin.at("eth")), Effect.provideContext(may), Effect.orDie)
      assert.deepStrictEqual(yield* Deferred.await(seen), ["traced", "2026-05-01..2026-05-03", "eth"])
    })))
})

it.effect("ids sort by the time they began, and are never the same", () =>
  Effect.gen(function*() {
    yield* noon
    const [a, b] = [yield* Asset.newId, yield* Asset.newId]
    yield* setTime("2026-11-24T12:00:00.001Z")
    const c = yield* Asset.newId
    assert.notStrictEqual(a, b)
    assert.isTrue(a < c && b < c)
    assert.match(a, /^[0-9a-z]{9}-[0-9a-f]{10}$/)
  }))

it.effect("an id is the millisecond in base 36 and forty random bits in base 16", () =>
  Effect.gen(function*() {
    yield* setTime("1970-01-01T00:00:01.297Z")
    const drawn = { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0.75 }
    assert.strictEqual(yield* Effect.provideService(Asset.newId, Random.Random, drawn), "000000101-c000000000")
  }))
