import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Fiber, Latch, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import { Ledger, LedgerFailed } from "../../src/engine/Ledger.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import { Note } from "../../src/engine/Note.ts"
import * as Plan from "../../src/engine/Plan.ts"
import { type Event, Progress } from "../../src/engine/Progress.ts"
import * as Run from "../../src/engine/Run.ts"
import type * as Store from "../../src/engine/Store.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { byDay, Coin, coinByDay, Day, horizon, inOne, market, noon, planned, setTime, source, told } from "./world.ts"

/** Noon of the 24th, and three days within the horizon: the 22nd to the 24th. */
const threeDays = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(horizon(3), Effect.provide(Memory.layer))

/** What the ledger says of the newest run: its state, then its steps. */
const ledgered = Effect.gen(function*() {
  const ledger = yield* Ledger
  const [run] = yield* ledger.runs(1)
  const steps = yield* ledger.steps(run?.id ?? "")
  return [
    `${run?.trigger} ${run?.targets.join()} ${run?.state}`,
    ...steps.map((_) => [_.asset, _.window, _.subject, _.state, _.note].filter((_) => _ !== "").join(" "))
  ]
})
const last = (reports: ReadonlyArray<Run.Report<unknown>>) => reports.at(-1)

describe("a run", () => {
  it.effect("reads what a step reads, and not what it made", () =>
    threeDays(Effect.gen(function*() {
      const reads: Array<string> = []
      const into = { ...byDay, read: (asset: Asset.Any, slice: Store.Slice) => (reads.push(asset.name), byDay.read(asset, slice)) }
      const a = Asset.make("a", { about: "", into, per: Day }, () => Effect.map(Day, (_) => _.keys.map((day) => ({ day, value: 1 }))))
      const b = Asset.make("b", { about: "", from: { a }, into, per: Day }, ({ a }) => Effect.succeed(a))
      yield* Run.upToDate([b])
      assert.deepStrictEqual(reads, ["a"])
      assert.lengthOf(yield* Effect.provideContext(b, Day.at("2026-11-22", "2026-11-24")), 3, "who yields it has it")
    })))

  it.effect("does what was planned, tells the ledger and whoever listens, and leaves nothing to do", () =>
    threeDays(Effect.gen(function*() {
      const { asset: a, asked } = source("a")
      const b = Asset.make("b", { about: "", from: { a: Asset.trailing(a, Day, 2) }, into: byDay, per: Day }, ({ a }) =>
        Effect.map(Day, (days) => a.filter((_) => days.keys.includes(_.day))))
      const plan = yield* Plan.make([b])
      const events: Array<Event> = []
      const report = yield* Run.execute(plan, { trigger: "a test" }).pipe(
        Effect.provideService(Progress, (event) => Effect.sync(() => void events.push(event)))
      )
      assert.deepStrictEqual([report.state, ...told(report)], [
        "succeeded",
        "Made a 2026-11-22..2026-11-24",
        "Made b 2026-11-22..2026-11-24"
      ])
      assert.deepStrictEqual(report.results.map((_) => _.step), plan.steps)
      assert.deepStrictEqual(asked, ["2026-11-22..2026-11-24"], "a was made once, and read by b")
      assert.deepStrictEqual(yield* ledgered, [
        "a test b succeeded",
        "a 2026-11-22..2026-11-24 succeeded",
        "b 2026-11-22..2026-11-24 succeeded"
      ])
      const [run] = yield* Ledger.use((_) => _.runs(1))
      const [first] = yield* Ledger.use((_) => _.steps(report.run))
      assert.deepStrictEqual([run?.id, first?.run, first?.why, first?.rows, first?.changed], [report.run, report.run, "never made 3", 3, 3])
      assert.isTrue(yield* Manifest.use((_) => _.has(first?.id ?? "")), "it is published under the step's id")
      assert.deepStrictEqual(events.map((_) => _._tag), ["RunStarted", "StepStarted", "StepEnded", "StepStarted", "StepEnded", "RunEnded"])

      const reports = yield* Run.upToDate([b])
      assert.deepStrictEqual([reports.length, last(reports)?.state, told(last(reports))], [1, "succeeded", []])
      assert.deepStrictEqual(yield* ledgered, ["library b succeeded"])
    })))

  it.effect("skips what stood only for its upstream's sake, when that came out as it was", () =>
    threeDays(Effect.gen(function*() {
      const reader = (a: ReturnType<typeof source<"a">>["asset"]) =>
        Asset.make("b", { about: "", from: { a }, into: byDay, per: Day }, ({ a }) => Effect.succeed(a))
      const [one, two] = [source("a"), source("a", { codeVersion: "2" })]
      yield* Run.upToDate([reader(one.asset)])
      assert.deepStrictEqual(told(last(yield* Run.upToDate([reader(two.asset)]))), [
        "Made a 2026-11-22..2026-11-24",
        "Skipped b 2026-11-22..2026-11-24"
      ])
      assert.deepStrictEqual((yield* ledgered).slice(1), [
        "a 2026-11-22..2026-11-24 succeeded",
        "b 2026-11-22..2026-11-24 skipped what it reads came out as it was"
      ])
      const skipped = (yield* Ledger.use((_) => _.stepsOf("b", 1)))[0]
      assert.deepStrictEqual([skipped?.rows, skipped?.changed, skipped?.checks], [0, 0, []])
      const again = source("a", { codeVersion: "3" })
      again.move("2026-11-23", 99)
      const report = last(yield* Run.upToDate([reader(again.asset)]))
      assert.deepStrictEqual(told(report), ["Made a 2026-11-22..2026-11-24", "Made b 2026-11-22..2026-11-24"])
      assert.deepStrictEqual(report?.results.map(({ outcome }) => outcome._tag === "Made" ? outcome.publication.changed.length : 0), [1, 1])
      assert.deepStrictEqual(yield* planned([reader(again.asset)]), [])
    })))

  it.effect("records what checks warn of, and publishes", () =>
    threeDays(Effect.gen(function*() {
      const warned = Asset.make("warned", { about: "", into: byDay, per: Day, checks: [Check.within("value", 0, 22, "warn")] },
        () => Effect.map(Day, (days) => days.keys.map((day) => ({ day, value: Number(day.slice(8)) }))))
      const report = last(yield* Run.upToDate([warned]))
      assert.deepStrictEqual([report?.state, ...yield* ledgered], [
        "succeeded",
        "library warned succeeded",
        "warned 2026-11-22..2026-11-24 succeeded within(value, 0, 22): 2 offenders"
      ])
    })))

  it.effect("tells what was noted on the way, with the step and with what was published; nothing, where nothing was", () =>
    threeDays(Effect.gen(function*() {
      const noting = Asset.make("noting", { about: "", into: inOne }, () =>
        Effect.gen(function*() {
          const note = yield* Note
          for (const text of ["seen", "and seen", "seen"]) yield* note(text)
          return []
        }))
      const quiet = Asset.make("quiet", { about: "", into: inOne }, () => Effect.succeed([]))
      const report = last(yield* Run.upToDate([noting, quiet]))
      const notes = report?.results.map(({ outcome }) =>
        outcome._tag === "Made" && "notes" in outcome.publication ? outcome.publication.notes : "none"
      )
      assert.deepStrictEqual(notes, [["seen", "and seen"], "none"])
      assert.deepStrictEqual((yield* ledgered).slice(1), ["noting succeeded seen; and seen", "quiet succeeded"])
    })))

  it.effect("of steps that wait makes as many at once as are allowed, and no more", () =>
    threeDays(Effect.gen(function*() {
      const door = yield* Latch.make()
      let inside = 0, most = 0
      const slow = Asset.make("slow", { about: "", into: byDay, per: Day, each: true }, () =>
        Effect.acquireUseRelease(
          Effect.sync(() => most = Math.max(most, ++inside)),
          () => Effect.as(door.await, []),
          () => Effect.sync(() => inside--)
        ))
      const run = yield* Effect.forkChild(Run.upToDate([slow], { concurrency: 2 }), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(inside, 2)
      yield* door.open
      assert.deepStrictEqual([last(yield* Fiber.join(run))?.results.length, most], [3, 2])
      yield* door.close
      most = 0
      const again = yield* Effect.forkChild(Run.upToDate([slow], { force: true }).pipe(horizon(6)), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* door.open
      assert.deepStrictEqual([last(yield* Fiber.join(again))?.results.length, most], [6, 4], "four, where nobody says otherwise")
    })))

  it.effect("starts a step when what it reads has ended, not before, and what is apart goes on at once", () =>
    threeDays(Effect.gen(function*() {
      const door = yield* Latch.make()
      const began: Array<string> = []
      const a = Asset.make("a", { about: "", into: inOne }, () =>
        Effect.andThen(Effect.sync(() => began.push("a")), Effect.as(door.await, [{ value: 1 }])))
      const b = Asset.make("b", { about: "", from: { a }, into: inOne }, ({ a }) =>
        Effect.sync(() => (began.push(`b reads ${a.length}`), [])))
      const apart = Asset.make("apart", { about: "", into: inOne }, () => Effect.sync(() => (began.push("apart"), [])))
      const run = yield* Effect.forkChild(Run.upToDate([b, apart]), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(began, ["a", "apart"])
      yield* door.open
      yield* Fiber.join(run)
      assert.deepStrictEqual(began, ["a", "apart", "b reads 1"])
    })))
})

describe("a failure", () => {
  const failing = Asset.make("failing", { about: "", into: byDay, per: Day }, () => Effect.fail("no such thing" as const))
  const reader = Asset.make("reader", { about: "", from: { failing }, into: byDay, per: Day }, ({ failing }) => Effect.succeed(failing))
  const further = Asset.make("further", { about: "", from: { reader }, into: byDay, per: Day }, ({ reader }) => Effect.succeed(reader))

  it.effect("stops what reads it, however far, and nothing else", () =>
    threeDays(Effect.gen(function*() {
      const { asset: apart } = source("apart")
      const report = last(yield* Run.upToDate([further, apart]))
      assert.deepStrictEqual([report?.state, ...told(report)], [
        "failed",
        "Failed failing 2026-11-22..2026-11-24",
        "Blocked reader 2026-11-22..2026-11-24",
        "Blocked further 2026-11-22..2026-11-24",
        "Made apart 2026-11-22..2026-11-24"
      ])
      assert.deepStrictEqual(report?.results.flatMap(({ outcome }) => outcome._tag === "Blocked" ? [outcome.by] : []), [
        "failing 2026-11-22..2026-11-24 (never made 3)",
        "reader 2026-11-22..2026-11-24 (never made 3)"
      ])
      const [run, ...steps] = yield* ledgered
      assert.deepStrictEqual([run, ...steps.toSorted()], [
        "library further,apart failed",
        "apart 2026-11-22..2026-11-24 succeeded",
        "failing 2026-11-22..2026-11-24 failed no such thing",
        "further 2026-11-22..2026-11-24 blocked blocked by reader 2026-11-22..2026-11-24 (never made 3)",
        "reader 2026-11-22..2026-11-24 blocked blocked by failing 2026-11-22..2026-11-24 (never made 3)"
      ])
      assert.deepStrictEqual((yield* Ledger.use((_) => _.open)).steps, [])
      const rows = yield* Ledger.use((_) => _.steps(report?.run ?? ""))
      assert.deepStrictEqual(rows.filter((_) => _.asset !== "apart").map(({ changed, checks, rows }) => [rows, changed, checks]), [
        [0, 0, []],
        [0, 0, []],
        [0, 0, []]
      ])
    })))

  it.effect("in one stretch stops what reads that stretch; what reads another goes on", () =>
    threeDays(Effect.gen(function*() {
      const gaps = Asset.make("gaps", { about: "", into: byDay, per: Day, each: true },
        () => Effect.flatMap(Day, (days) => days.first === "2026-11-23" ? Effect.fail("gone" as const) : Effect.succeed([])))
      const copy = Asset.make("copy", { about: "", from: { gaps }, into: byDay, per: Day, each: true }, () => Effect.succeed([]))
      const report = last(yield* Run.upToDate([copy]))
      assert.deepStrictEqual([report?.state, ...told(report)], [
        "failed",
        "Made gaps 2026-11-22",
        "Failed gaps 2026-11-23",
        "Made gaps 2026-11-24",
        "Made copy 2026-11-22",
        "Blocked copy 2026-11-23",
        "Made copy 2026-11-24"
      ])
      assert.deepStrictEqual(yield* planned([copy]), ["gaps 2026-11-23 (missing 1)", "copy 2026-11-23 (missing 1)"])
    })))

  it.effect("that will pass is deferred where somebody comes back to it; another, in the same run, has failed", () =>
    threeDays(Effect.gen(function*() {
      const busy = Asset.make("busy", { about: "", into: inOne }, () => Effect.fail({ notBefore: 5 }))
      const broken = Asset.make("broken", { about: "", into: inOne }, () => Effect.fail("no such thing" as const))
      const states = Effect.map(ledgered, (_) => _.map((_) => _.split(" ").slice(0, 3).join(" ")))
      yield* Run.upToDate([busy, broken], { defers: true })
      assert.deepStrictEqual(yield* states, ["library busy,broken deferred", "busy deferred [object", "broken failed no"])
      yield* Run.upToDate([busy, broken])
      assert.deepStrictEqual(yield* states, ["library busy,broken failed", "busy failed [object", "broken failed no"])
      yield* Run.upToDate([broken], { defers: true })
      assert.deepStrictEqual(yield* states, ["library broken failed", "broken failed no"])
    })))

  it.effect("that nobody foresaw is a failure like any", () =>
    threeDays(Effect.gen(function*() {
      const broken = Asset.make("broken", { about: "", into: inOne }, () => Effect.die(new Error("index out of range")))
      const torn = Asset.make("torn", { about: "", into: inOne }, () => Effect.interrupt)
      const b = Asset.make("b", { about: "", from: { broken, torn }, into: inOne }, () => Effect.succeed([]))
      const report = last(yield* Run.upToDate([b]))
      assert.deepStrictEqual([report?.state, ...told(report)], ["failed", "Failed broken", "Failed torn", "Blocked b"])
      assert.deepStrictEqual((yield* ledgered).slice(1).toSorted(), [
        "b blocked blocked by broken (never made)",
        "broken failed defect: index out of range",
        "torn interrupted interrupted"
      ])
    })))

  it.effect("that passes is tried again on the clock's time; one that takes too long has failed", () =>
    threeDays(Effect.gen(function*() {
      let tries = 0, cleaned = 0
      const flaky = Asset.make("flaky", { about: "", into: inOne, retry: Schedule.spaced("1 minute") },
        () => Effect.suspend(() => ++tries < 3 ? Effect.fail("later" as const) : Effect.succeed([])))
      const slow = Asset.make("slow", { about: "", into: inOne, timeout: "30 seconds" },
        () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => cleaned++)))
      const run = yield* Effect.forkChild(Run.upToDate([flaky, slow]), { startImmediately: true })
      yield* TestClock.adjust("2 minutes")
      const report = last(yield* Fiber.join(run))
      assert.deepStrictEqual([told(report), tries, cleaned], [["Made flaky", "Failed slow"], 3, 1])
      assert.deepStrictEqual((yield* ledgered).slice(1), [
        "flaky succeeded",
        "slow failed slow was not made within 30s, so it was interrupted"
      ])
      assert.strictEqual((yield* Clock.currentTimeMillis) - ((yield* Ledger.use((_) => _.runs(1)))[0]?.startedAt ?? 0), 120_000)
    })))

  it.effect("of the ledger ends the run at once: what nobody can tell may not happen", () =>
    threeDays(Effect.gen(function*() {
      const { asset, asked } = source("a")
      const ledger = yield* Ledger
      const deaf = Ledger.of({
        ...ledger,
        record: (event) =>
          event._tag === "StepStarted" ? new LedgerFailed({ doing: "record", cause: new Error("disk full") }) : ledger.record(event)
      })
      const error = yield* Effect.flip(Effect.provideService(Run.upToDate([asset]), Ledger, deaf))
      assert.deepStrictEqual([error.message, asked], ["the ledger could not record: disk full", []])
      const [run] = yield* ledger.runs(1)
      assert.strictEqual(run?.state, "started", "and reconciliation will find it")
    })))

  it("explains itself in the errors' own words, each once", () => {
    const cause = Cause.fromReasons([
      ...Cause.fail(new Error("no route")).reasons,
      ...Cause.fail(new Error("no route")).reasons,
      ...Cause.die("odd").reasons,
      ...Cause.interrupt(1).reasons
    ])
    assert.strictEqual(Run.explain(cause), "no route; defect: odd")
    assert.strictEqual(Run.explain(Cause.interrupt(1)), "interrupted")
  })

  it("says when to come back if one of its errors does: the latest of those instants", () => {
    const errors = (...errors: ReadonlyArray<unknown>) => Run.notBefore(Cause.fromReasons(errors.flatMap((_) => Cause.fail(_).reasons)))
    assert.strictEqual(errors(new Error("no"), { notBefore: 5 }, { notBefore: 7 }, { notBefore: 6 }), 7)
    assert.isUndefined(errors(new Error("no"), { notBefore: "soon" }, null, undefined, "later"))
    assert.isUndefined(Run.notBefore(Cause.die({ notBefore: 5 })))
  })
})

describe("subjects", () => {
  const world = () => {
    const fails = new Set<string>()
    const { asked, move, prices } = market({ fails })
    const returns = Asset.make("returns", { about: "", from: { prices }, into: coinByDay, per: Day, of: Coin },
      ({ prices }) => Effect.succeed(prices))
    const index = Asset.make("index", { about: "", from: { returns }, into: byDay, per: Day },
      ({ returns }) => Effect.map(Day, (days) => days.keys.map((day) => ({ day, value: returns.filter((_) => _.day === day).length }))))
    return { fails, asked, move, prices, returns, index }
  }

  it.effect("one that fails leaves the others, and what reads them all, to go on", () =>
    threeDays(Effect.gen(function*() {
      const { fails, index } = world()
      fails.add("eth")
      const report = last(yield* Run.upToDate([index]))
      assert.deepStrictEqual([report?.state, ...told(report)], [
        "partial",
        "Made prices 2026-11-22..2026-11-24 btc",
        "Failed prices 2026-11-22..2026-11-24 eth",
        "Made returns 2026-11-22..2026-11-24 btc",
        "Blocked returns 2026-11-22..2026-11-24 eth",
        "Made index 2026-11-22..2026-11-24"
      ])
      assert.strictEqual((yield* ledgered)[0], "library index partial")
    })))

  it.effect("one that fails again, where the others need nothing, is no more lost than before", () =>
    threeDays(Effect.gen(function*() {
      const { asked, fails, index } = world()
      fails.add("eth")
      yield* Run.upToDate([index])
      const report = last(yield* Run.upToDate([index]))
      assert.deepStrictEqual([report?.state, ...told(report)], [
        "partial",
        "Failed prices 2026-11-22..2026-11-24 eth",
        "Blocked returns 2026-11-22..2026-11-24 eth",
        "Skipped index 2026-11-22..2026-11-24"
      ])
      assert.deepStrictEqual(asked.filter((_) => _.startsWith("btc")).length, 1)
    })))

  it.effect("one that fails in a step of its own leaves what reads them all to go on", () =>
    threeDays(Effect.gen(function*() {
      const { fails, index, prices } = world()
      yield* Run.execute(yield* Plan.make([prices], { over: { end: Date.UTC(2026, 10, 23) } }))
      const { steps } = yield* Plan.make([index])
      assert.deepStrictEqual(steps.filter((_) => _.asset === prices).map((_) => _.subjects), [["btc", "eth"]])
      yield* Effect.provideContext(prices, Coin.at("btc")).pipe(Effect.provideContext(Day.at("2026-11-23")))
      fails.add("eth")
      const report = last(yield* Run.upToDate([index]))
      assert.deepStrictEqual([report?.state, told(report).filter((_) => /prices|index/.test(_))], ["partial", [
        "Failed prices 2026-11-23..2026-11-24 eth",
        "Made prices 2026-11-24 btc",
        "Made index 2026-11-22..2026-11-24"
      ]])
    })))

  it.effect("all of them failing is a failure, and stops what reads them", () =>
    threeDays(Effect.gen(function*() {
      const { fails, index } = world()
      fails.add("eth").add("btc")
      const report = last(yield* Run.upToDate([index]))
      assert.deepStrictEqual([report?.state, told(report).at(-1)], ["failed", "Blocked index 2026-11-22..2026-11-24"])
    })))

  it.effect("a failure of what is of none is not partial, whatever became of the subjects", () =>
    threeDays(Effect.gen(function*() {
      const { fails, prices } = world()
      fails.add("eth")
      const chart = Asset.make("chart", { about: "", from: { prices: Asset.every(prices, Day) }, into: inOne },
        () => Effect.fail("no ink" as const))
      const report = last(yield* Run.upToDate([chart]))
      assert.deepStrictEqual([report?.state, told(report).at(-1)], ["failed", "Failed chart"])
    })))

  it.effect("one that failed is made in the next run, and the others are not asked again", () =>
    threeDays(Effect.gen(function*() {
      const { asked, fails, index } = world()
      fails.add("eth")
      yield* Run.upToDate([index])
      fails.clear()
      asked.length = 0
      const report = last(yield* Run.upToDate([index]))
      assert.deepStrictEqual([report?.state, asked], ["succeeded", ["eth 2026-11-22..2026-11-24"]])
      assert.deepStrictEqual(told(report).at(-1), "Made index 2026-11-22..2026-11-24")
      const [row] = yield* Effect.provideContext(Effect.provideService(index, Asset.Making, () => undefined), Day.at("2026-11-24"))
      assert.deepStrictEqual(row, { day: "2026-11-24", value: 2 })
    })))
})

describe("an interruption", () => {
  const slowly = Effect.gen(function*() {
    const a = Asset.make("a", { about: "", into: inOne }, () => Effect.as(Effect.sleep("1 minute"), []))
    const b = Asset.make("b", { about: "", from: { a }, into: inOne }, () => Effect.as(Effect.sleep("1 minute"), []))
    const waiting = Asset.make("waiting", { about: "", into: inOne }, () => Effect.succeed([]))
    return yield* Effect.forkChild(Run.upToDate([b, waiting], { concurrency: 1 }), { startImmediately: true })
  })

  it.effect("is told for the run and for what was under way; what had not begun was not", () =>
    threeDays(Effect.gen(function*() {
      const run = yield* slowly
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(run)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(run)))
      assert.deepStrictEqual(yield* ledgered, ["library b,waiting interrupted", "a interrupted interrupted"])
      assert.deepStrictEqual(yield* Ledger.use((_) => _.open), { runs: [], steps: [] })
    })))

  it.effect("leaves what had ended as it ended", () =>
    threeDays(Effect.gen(function*() {
      const run = yield* slowly
      yield* TestClock.adjust("90 seconds")
      yield* Fiber.interrupt(run)
      assert.deepStrictEqual(yield* ledgered, [
        "library b,waiting interrupted",
        "a succeeded",
        "waiting succeeded",
        "b interrupted interrupted"
      ])
    })))

  it.effect("before the making began, or after it was published, is told all the same", () =>
    threeDays(Effect.gen(function*() {
      const { asset } = source("a")
      const held = (point: Run.CrashPoint) => Effect.provideService(Run.Plug, (at) => at === point ? Effect.sleep("1 minute") : Effect.void)
      const early = yield* Effect.forkChild(held("started")(Run.upToDate([asset])), { startImmediately: true })
      yield* Fiber.interrupt(early)
      assert.deepStrictEqual(yield* ledgered, ["library a interrupted", "a 2026-11-22..2026-11-24 interrupted interrupted"])
      const late = yield* Effect.forkChild(held("published")(Run.upToDate([asset])), { startImmediately: true })
      const ending = yield* Effect.forkChild(Fiber.interrupt(late), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(ending)
      assert.deepStrictEqual((yield* ledgered).slice(1), ["a 2026-11-22..2026-11-24 succeeded"])
    })))
})

describe("up to date", () => {
  const world = (shops: ReadonlyArray<string>) => {
    const list = Asset.make("shop_list", { about: "", into: inOne, freshFor: "1 hour" }, () => Effect.sync(() => (asked.push("list"), [])))
    const asked: Array<string> = []
    class Shop extends Subject.make<Shop>()(
      "test/Shop",
      Effect.gen(function*() {
        const { ids } = yield* Manifest.use((_) => _.newest(["shop_list"]))
        return !ids.has("shop_list") ? yield* new Subject.Unknown({ subject: "shops", after: list }) : shops
      })
    ) {}
    const into = Memory.store<{ day: string; shop: string }>()({ key: "day", subject: "shop" })
    const sales = Asset.make("sales", { about: "", into, per: Day, of: Shop },
      () => Effect.flatMap(Shop, (shop) => Effect.sync(() => (asked.push(shop), []))))
    return { list, sales, asked }
  }

  it.effect("plans again when it is known what was not, and shows each plan before it is spent", () =>
    threeDays(Effect.gen(function*() {
      const { asked, sales } = world(["north", "south"])
      const plans: Array<ReadonlyArray<string>> = []
      const reports = yield* Run.upToDate([sales], {
        onPlan: (plan) => Effect.sync(() => void plans.push([...Plan.print(plan), ...asked]))
      })
      assert.deepStrictEqual(plans, [
        ["shop_list (never made)", "sales (to be planned when shop_list has been made)"],
        ["sales 2026-11-22..2026-11-24, 2 subjects (never made 6)", "list"]
      ])
      assert.deepStrictEqual([reports.map((_) => _.state), asked], [["succeeded", "succeeded"], ["list", "north", "south"]])
      assert.lengthOf(yield* Ledger.use((_) => _.runs(9)), 2)
    })))

  it.effect("tells what ends with it when its last run does, of all its runs, and once", () =>
    threeDays(Effect.gen(function*() {
      const { sales } = world(["north"])
      const closed: Array<ReadonlyArray<number>> = []
      const closing = (reports: ReadonlyArray<Run.Report<unknown>>) => {
        closed.push(reports.map((_) => _.results.length))
        return []
      }
      yield* Run.upToDate([sales], { closing })
      assert.deepStrictEqual(closed, [[1, 1]])
      assert.lengthOf(yield* Run.upToDate([sales]), 1)
    })))

  it.effect("forces a target once, not once a plan", () =>
    threeDays(Effect.gen(function*() {
      const { asked, list, sales } = world(["north"])
      yield* Run.upToDate([sales, list], { force: true })
      assert.deepStrictEqual(asked, ["list", "north"])
      yield* Run.upToDate([sales, list], { force: true })
      assert.deepStrictEqual(asked.slice(2).toSorted(), ["list", "north"])
    })))

  it.effect("ends when there is no progress to be made", () =>
    threeDays(Effect.gen(function*() {
      class Never
        extends Subject.make<Never>()("test/Never", Effect.suspend(() => new Subject.Unknown({ subject: "nevers", after: list })))
      {}
      const list = Asset.make("never_list", { about: "", into: inOne }, () => Effect.succeed([]))
      const never = Asset.make("never", { about: "", into: coinByDay, per: Day, of: Never }, () => Effect.succeed([]))
      const reports = yield* Run.upToDate([never])
      assert.deepStrictEqual(reports.map(told), [["Made never_list"], []])
      class Flaps extends Subject.make<Flaps>()(
        "test/Flaps",
        Effect.suspend(() => ++asks % 2 === 0 ? Effect.succeed(["x"]) : new Subject.Unknown({ subject: "flaps", after: list }))
      ) {}
      let asks = 0
      const flaps = Asset.make("flaps", { about: "", into: coinByDay, per: Day, of: Flaps }, () => Effect.succeed([]))
      assert.isBelow((yield* Run.upToDate([flaps, never])).length, 4)
    })))

  it.effect("ends when more is unknown than before", () =>
    threeDays(Effect.gen(function*() {
      let asks = 0
      const list = Asset.make("fading_list", { about: "", into: inOne }, () => Effect.succeed([]))
      const unknown = Effect.suspend(() => new Subject.Unknown({ subject: "some", after: list }))
      class First extends Subject.make<First>()("test/First", unknown) {}
      class Second extends Subject.make<Second>()("test/Second", Effect.suspend(() => ++asks === 1 ? Effect.succeed([]) : unknown)) {}
      const first = Asset.make("first", { about: "", into: coinByDay, per: Day, of: First }, () => Effect.succeed([]))
      const second = Asset.make("second", { about: "", into: coinByDay, per: Day, of: Second }, () => Effect.succeed([]))
      const pending: Array<number> = []
      yield* Run.upToDate([first, second], { onPlan: (plan) => Effect.sync(() => void pending.push(plan.pending.length)) })
      assert.deepStrictEqual(pending, [1, 2])
    })))

  it.effect("ends when what it waits for has failed", () =>
    threeDays(Effect.gen(function*() {
      const list = Asset.make("lost_list", { about: "", into: inOne }, () => Effect.fail("lost" as const))
      class Lost extends Subject.make<Lost>()("test/Lost", Effect.suspend(() => new Subject.Unknown({ subject: "lost", after: list }))) {}
      const lost = Asset.make("lost", { about: "", into: coinByDay, per: Day, of: Lost }, () => Effect.succeed([]))
      assert.deepStrictEqual((yield* Run.upToDate([lost])).map((_) => _.state), ["failed"])
    })))

  it.effect("a day later makes the one day, and reads again what may have been revised", () =>
    threeDays(Effect.gen(function*() {
      const { asked, move, prices } = market({ lookback: 2 })
      const chart = Asset.make("chart", { about: "", from: { prices: Asset.every(prices, Day) }, into: inOne },
        ({ prices }) => Effect.succeed([{ value: prices.length }]))
      yield* Run.upToDate([chart])
      yield* setTime("2026-11-25T00:40:00Z")
      move("eth", "2026-11-24", 99)
      const report = last(yield* Run.upToDate([chart]))
      assert.deepStrictEqual(asked.slice(2), ["btc 2026-11-23..2026-11-25", "eth 2026-11-23..2026-11-25"])
      const changed = report?.results.map(({ outcome }) => outcome._tag === "Made" ? outcome.publication.changed : [])
      const day = (iso: string) => Day.calendar.ordinalOf(iso) ?? NaN
      assert.deepStrictEqual(changed, [
        [{ from: day("2026-11-25"), to: day("2026-11-25") }],
        [{ from: day("2026-11-24"), to: day("2026-11-25") }],
        [{ from: 0, to: 0 }]
      ])
      assert.deepStrictEqual(told(last(yield* Run.upToDate([chart]))), [])
    })))
})

describe("whatever the graph, whatever was there, whatever fails", () => {
  const Byte = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
  const Node = Schema.Struct({ from: Byte, kind: Byte, fails: Byte, ofCoin: Schema.Boolean })
  const Nodes = Schema.Array(Node).pipe(Schema.check(Schema.isMinLength(1)), Schema.check(Schema.isMaxLength(6)))

  /** A graph from numbers: the bits of `from` choose what a node reads, `kind` over which edge, `fails` for whom it fails, and when. */
  const graph = (nodes: typeof Nodes.Type) => {
    const bodies: Array<string> = []
    const moods = { round: 0 }
    const assets: Array<Asset.Asset<string, unknown, unknown, Day | Manifest | Memory.Rows>> = []
    nodes.forEach((node, i) => {
      const upstream = assets.filter((_, j) => (node.from >> j & 1) === 1)
      const from: Record<string, Asset.Input<unknown, unknown, Day | Manifest | Memory.Rows>> = {}
      for (const input of upstream) {
        const edge = (node.kind + i) % 3
        from[input.name] = edge === 0 ? input : edge === 1 ? Asset.trailing(input, Day, 2) : Asset.upTo(input, Day)
      }
      const fails = (subject: string) => (node.fails >> (moods.round + (subject === "eth" ? 4 : 0)) & 3) === 3
      const body = (subject: string) =>
        Effect.gen(function*() {
          const days = yield* Day
          bodies.push([`n${i}`, `${days}`, subject].filter((_) => _ !== "").join(" "))
          if (fails(subject)) return yield* Effect.fail("as it was told" as const)
          return days.keys.map((day) => ({ day, coin: subject, price: node.kind % 2 === 0 ? 1 : moods.round, value: 1 }))
        })
      const into = Memory.store<{ day: string; coin: string; price: number }>()({ key: "day", subject: "coin" })
      assets.push(
        node.ofCoin
          ? Asset.make(`n${i}`, { about: "", from, into, per: Day, of: Coin, calls: () => node.kind % 2 }, () => Effect.flatMap(Coin, body))
          : Asset.make(`n${i}`, { about: "", from, into, per: Day, each: node.kind % 5 === 0 }, () => body(""))
      )
    })
    return { assets, bodies, moods }
  }

  it.effect.prop("what is printed is what is done, each slice once; when nothing fails, nothing is left to do", { nodes: Nodes },
    ({ nodes }) =>
      Effect.gen(function*() {
        yield* noon
        const { assets, bodies, moods } = graph(nodes)
        for (moods.round = 0; moods.round < 3; moods.round++) {
          bodies.length = 0
          const plan = yield* Plan.make(assets)
          const slices = plan.steps.flatMap((step) =>
            step.subjects.map((subject) => [step.asset.name, `${step.window}`, subject].filter((_) => _ !== undefined).join(" "))
          )
          assert.strictEqual(new Set(slices).size, slices.length, "no slice twice")
          const { results, state } = yield* Run.execute(plan)
          assert.deepStrictEqual(
            results.map((_) => [_.step.asset.name, `${_.step.window}`, _.subject].filter((_) => _ !== undefined).join(" ")),
            slices
          )
          const tried = results.filter(({ outcome }) => outcome._tag === "Made" || outcome._tag === "Failed")
          assert.deepStrictEqual(bodies.toSorted(),
            tried.map((_) => [_.step.asset.name, `${_.step.window}`, _.subject].filter((_) => _ !== undefined).join(" ")).toSorted())
          const steps = yield* Ledger.use((_) => _.runs(1)).pipe(Effect.flatMap(([run]) => Ledger.use((_) => _.steps(run?.id ?? ""))))
          assert.deepStrictEqual(steps.map((_) => [_.asset, _.window, _.subject].filter((_) => _ !== "").join(" ")).toSorted(),
            slices.toSorted())
          assert.deepStrictEqual(yield* Ledger.use((_) => _.open), { runs: [], steps: [] })
          // only what reads a failure is blocked, and no slice is made of what was lost
          for (const { outcome, step, subject } of results) {
            const read = results.filter((_) =>
              step.after.includes(_.step) && (step.asset.of === undefined || _.step.asset.of === undefined || _.subject === subject)
            )
            const lost = read.filter((_) => _.outcome._tag === "Failed" || _.outcome._tag === "Blocked")
            if (outcome._tag === "Blocked") assert.isAbove(lost.length, 0)
            if (lost.some((_) => _.subject === undefined || step.asset.of !== undefined)) assert.strictEqual(outcome._tag, "Blocked")
          }
          assert.strictEqual(state === "succeeded", results.every(({ outcome }) => outcome._tag === "Made" || outcome._tag === "Skipped"))
          if (state === "succeeded") assert.deepStrictEqual(Plan.print(yield* Plan.make(assets)), [])
          yield* TestClock.adjust("1 day")
        }
      }).pipe(horizon(4), Effect.provide(Memory.layer, { local: true })), { arbitrary: { runs: 60 } })
})
