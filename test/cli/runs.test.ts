import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import * as Asset from "../../src/engine/Asset.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { CoinGeckoError, RateLimited } from "../../src/services/CoinGeckoError.ts"
import { inWorld, typing } from "./world.ts"

const decode = Schema.decodeEffect(Schema.fromJsonString(Cli.RunsJson))
const owner = Effect.succeedSome({ pid: 7, since: "2026-11-24T12:00:00.000Z", command: "weather run" })

/** A run that began and does not end, with one part that ended and one that has not. */
const begun = Ledger.use((_) =>
  _.record(
    { _tag: "RunStarted", run: "zz1", targets: ["rain"], trigger: "a test" },
    { _tag: "StepStarted", run: "zz1", id: "s1", asset: "rain", window: "2026-11-24", subject: "oslo", why: "missing 1" },
    { _tag: "StepEnded", id: "s1", state: "succeeded", rows: 1, changed: 1, note: "within(mm, 0, 9): 1 offender" },
    { _tag: "StepStarted", run: "zz1", id: "s2", asset: "rain", window: "2026-11-24", subject: "rome\x1b[2J", why: "missing 1" }
  )
)
const ended = Ledger.use((_) =>
  _.record({ _tag: "StepEnded", id: "s2", state: "failed", rows: 0, changed: 0, note: "no gauge" }, {
    _tag: "RunEnded",
    run: "zz1",
    state: "partial"
  })
)

describe("runs", () => {
  it.effect("are listed newest first, with what came of their parts", () =>
    inWorld(["oslo"], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        yield* TestClock.adjust("1 hour")
        yield* weather("run", "wettest", "--force", "--only")
        const all = yield* decode((yield* weather("runs", "--json")).out)
        assert.deepStrictEqual(all.map(({ run: _, ...rest }) => rest), [{
          state: "succeeded",
          trigger: "command line",
          targets: ["wettest"],
          startedAt: "2026-11-24T13:00:00.000Z",
          endedAt: "2026-11-24T13:00:00.000Z",
          deferred: null,
          made: 1,
          skipped: 0,
          failed: 0,
          blocked: 0,
          interrupted: 0,
          rows: 1
        }, {
          state: "partial",
          trigger: "command line",
          targets: ["rain", "wettest"],
          startedAt: "2026-11-24T12:00:00.000Z",
          endedAt: "2026-11-24T12:00:00.000Z",
          deferred: null,
          made: 2,
          skipped: 0,
          failed: 1,
          blocked: 0,
          interrupted: 0,
          rows: 4
        }])
        const { out } = yield* weather("runs")
        assert.match(out, /^run .* state .* started \(UTC\) +took +parts +targets +asked by\n/)
        assert.match(out, / partial +2026-11-24 12:00:00 +0\.0 s +2 made, 1 failed +rain, wettest +command line$/)
        const ids = (...args: ReadonlyArray<string>) =>
          Effect.flatMap(weather("runs", "--json", ...args), ({ out }) => Effect.map(decode(out), (_) => _.map((run) => run.run)))
        const [newest, oldest] = all.map((_) => _.run)
        assert.deepStrictEqual(yield* ids("--limit", "1"), [newest])
        assert.deepStrictEqual(yield* ids("--state", "partial"), [oldest])
        assert.deepStrictEqual(yield* ids("--asset", "rain"), [oldest])
        assert.deepStrictEqual(yield* ids("--asset", "daily_job"), [newest, oldest])
        assert.deepStrictEqual(yield* ids("--state", "failed"), [])
      })))

  it.effect("nothing is a list, too: empty for a script, a hint for people", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* weather("runs", "--json")).out, "[]")
        const { code, err, out } = yield* weather("runs")
        assert.deepStrictEqual([code, out, err], [0, "", "Nothing has run here yet. Begin with 'npx weather run all'."])
        yield* weather("run", "all")
        assert.strictEqual((yield* weather("runs", "--state", "failed")).err, "There are no such runs: leave a condition out.")
      })))

  it.effect("one that is open is started while its process lives, and lost when nobody has the data", () =>
    Effect.gen(function*() {
      const states = (owner: Cli.Options<never, never>["owner"]) =>
        inWorld([], (weather) =>
          Effect.gen(function*() {
            yield* begun
            return (yield* decode((yield* weather("runs", "--json")).out)).map((_) => _.state)
          }), {}, owner === undefined ? {} : { owner })
      assert.deepStrictEqual(yield* states(owner), ["started"])
      assert.deepStrictEqual(yield* states(undefined), ["lost"])
    }))

  it.effect("an asset, a state or a number that is none is a mistake", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const asset = yield* weather("runs", "--asset", "rian")
        assert.deepStrictEqual([asset.code, asset.err, asset.out], [
          2,
          "There is no asset or job called \"rian\". Did you mean rain?\n  rian\n  ^",
          ""
        ])
        assert.match((yield* weather("runs", "--state", "good")).err, /good[\s\S]*succeeded/)
        assert.strictEqual((yield* weather("runs", "--limit", "0")).code, 2)
      })))
})

describe("a run that is deferred", () => {
  const deferred = Ledger.use((_) =>
    _.record(
      { _tag: "RunRequested", id: "q1", trigger: "schedule daily", targets: ["rain"] },
      { _tag: "RunStarted", run: "zz1", targets: ["rain"], trigger: "schedule daily", request: "q1" },
      { _tag: "StepStarted", run: "zz1", id: "s1", asset: "rain", window: "2026-11-24", subject: "rome", why: "missing 1" },
      { _tag: "StepEnded", id: "s1", state: "deferred", rows: 0, changed: 0, note: "busy" },
      { _tag: "RunEnded", run: "zz1", state: "deferred" },
      { _tag: "RequestDeferred", request: "q1", notBefore: Date.UTC(2026, 10, 24, 12, 15), note: "rain rome: busy\x1b[2J" }
    )
  )

  it.effect("says until when and why in runs, logs and status, and that nothing is to be done while a daemon is there", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        yield* TestClock.adjust("1 second")
        yield* deferred
        const { err, out } = yield* weather("runs")
        assert.match(out, /^zz1 +deferred +2026-11-24 12:00:01 .* 1 failed +rain/m)
        assert.strictEqual(err, "zz1 goes on at 2026-11-24 12:15 UTC: rain rome: busy[2J")
        const [run] = yield* decode((yield* weather("runs", "--state", "deferred", "--json")).out)
        assert.deepStrictEqual(run?.deferred, { until: "2026-11-24T12:15:00.000Z", why: "rain rome: busy\x1b[2J" })
        const logs = (yield* weather("logs")).out.split("\n")
        assert.strictEqual(logs.at(-1), "12:00:01.000 ✗ run: deferred (0.0 s, until 2026-11-24 12:15 UTC: rain rome: busy[2J)")
        const status = yield* weather("status")
        assert.strictEqual(status.code, 7)
        assert.deepStrictEqual(status.out.split("\n").slice(0, 3), [
          "✗ not fine: 1 problem",
          "  ✗ schedule daily (rain) is deferred until 2026-11-24 12:15 UTC: rain rome: busy[2J",
          "    nothing: it goes on then; 'npx weather runs cancel q1' takes it back"
        ])
      }), {}, { owner: Effect.map(owner, Option.map((_) => ({ ..._, pid: process.pid }))) }))

  it.effect("asks for a daemon where there is none; what it makes is not told a second time as missing", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        yield* TestClock.adjust("24 hours")
        yield* deferred
        const { problems } = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.StatusJson))((yield* weather("status", "--json")).out)
        assert.deepStrictEqual(problems.map((_) => _.mend), ["npx weather daemon"])
        yield* Ledger.use((_) => _.record({ _tag: "CancelRequested", request: "q1" }))
        assert.match((yield* weather("status")).out, /rain lacks 2 keys/)
        assert.strictEqual((yield* weather("runs")).err, "")
      }), {}, { owner: Effect.sync(Option.none) }))
})

it.effect("a run whose source asks for a longer wait than anybody waits fails with exit code 6, and says when to come back", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
    const reason = new RateLimited({ retryAfter: 900, until: Date.UTC(2026, 10, 24, 12, 15) })
    const asset = Asset.make("prices", { about: "", into: Memory.store<{ readonly a: number }>()() }, () =>
      Effect.fail(new CoinGeckoError({ request: "GET /ping", attempts: 1, reason })))
    const layer = Layer.succeedContext(yield* Layer.build(Memory.layer))
    const crypto = typing(Cli.make(Pipeline.make("test", { assets: [asset] }), { name: "crypto", version: "1", about: "", layer }), {})
    const { code, err } = yield* crypto("run", "prices")
    assert.strictEqual(code, 6)
    assert.match(err, /Try again in 900 s, from 2026-11-24 12:15 UTC on/)
    assert.deepStrictEqual((yield* decode((yield* crypto("runs", "--json")).out)).map((_) => [_.state, _.deferred]), [["failed", null]])
  }).pipe(Effect.scoped))

describe("logs", () => {
  const lines = [
    "run zz1 of 2026-11-24 (times are UTC): rain",
    "12:00:00.000   run: started (rain, by a test)",
    "12:00:00.000   rain oslo 2026-11-24: started (missing 1)",
    "12:00:00.000 ! rain oslo 2026-11-24: succeeded (1 row, 1 changed key, 0.0 s, warning: within(mm, 0, 9): 1 offender)",
    "12:00:00.000   rain rome[2J 2026-11-24: started (missing 1)",
    "12:00:05.000 ✗ rain rome[2J 2026-11-24: failed (5.0 s, no gauge)",
    "12:00:05.000 ✗ run: partial (5.0 s)"
  ]

  it.effect("tell what a run did, in order, inertly; by latest, by its id, or by how that begins", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* begun
        yield* TestClock.adjust("5 seconds")
        yield* ended
        for (const args of [[], ["latest"], ["zz1"], ["z"]]) {
          assert.deepStrictEqual((yield* weather("logs", ...args)).out.split("\n"), lines)
        }
        const { events, run } = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.LogsJson))((yield* weather("logs", "--json")).out)
        assert.deepStrictEqual([run.run, run.state, run.made, run.failed], ["zz1", "partial", 1, 1])
        assert.deepStrictEqual(events[4], {
          at: "2026-11-24T12:00:05.000Z",
          what: "step ended",
          state: "failed",
          asset: "rain",
          window: "2026-11-24",
          subject: "rome\x1b[2J",
          rows: 0,
          changed: 0,
          took: 5000,
          note: "no gauge"
        })
      })))

  it.effect("--follow tells what happens when it happens, and ends with the run", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* begun
        const text = yield* Effect.forkChild(weather("logs", "--follow"), { startImmediately: true })
        yield* TestClock.adjust("5 seconds")
        yield* ended
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual((yield* Fiber.join(text)).out.split("\n"), lines)
      }), {}, { owner }))

  it.effect("--follow --json is an event a line", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* begun
        yield* ended
        const { out } = yield* weather("logs", "--follow", "--json")
        const events = yield* Effect.forEach(out.split("\n"), (_) => Schema.decodeEffect(Schema.fromJsonString(Cli.LogEventJson))(_))
        assert.deepStrictEqual(events.map((_) => _.what), [
          "run started",
          "step started",
          "step ended",
          "step started",
          "step ended",
          "run ended"
        ])
      })))

  it.effect("--follow does not wait for a process that is gone", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* begun
        const { code, err, out } = yield* weather("logs", "--follow")
        assert.strictEqual(code, 0)
        assert.strictEqual(out, lines.slice(0, 5).join("\n"))
        assert.strictEqual(err, "Its process is gone. The next run settles what it had published, and makes the rest.")
      }), {}, { owner: Effect.sync(Option.none) }))

  it.effect("of a run that is none, and where nothing ran, are a mistake", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.match((yield* weather("logs")).err, /^nothing has run here yet/)
        yield* begun
        yield* Ledger.use((_) => _.record({ _tag: "RunStarted", run: "zz2", targets: ["rain"], trigger: "a test" }))
        const none = yield* weather("logs", "zz9")
        assert.deepStrictEqual([none.code, none.err], [2, "there is no run zz9. The newest are zz2, zz1; 'npx weather runs' lists more"])
        assert.strictEqual((yield* weather("logs", "zz")).err, "zz begins the ids of several runs (zz2, zz1): give more of it")
        assert.match((yield* weather("logs", "zz1")).out, /^run zz1/)
      })))
})
