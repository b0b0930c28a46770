import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, FileSystem, Layer, Schema } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import * as Cadence from "../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../src/engine/automation/Sensor.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { figures, prices } from "../engine/automation/world.ts"

const pipeline = Pipeline.make("weather", {
  assets: [figures],
  schedules: [
    Schedule.make("daily", { about: "Every day", runs: prices, cadence: Cadence.cron("0 9 * * *"), catchUp: { max: 2 } }),
    Schedule.make("after_daily", { about: "What follows", runs: figures, cadence: Schedule.after(prices), on: false })
  ],
  sensors: [Sensor.make("counter", {
    about: "Counts its looks",
    cursor: Schema.Int,
    start: Effect.succeed(0),
    calls: 1,
    looks: Sensor.polled(Cadence.every("1 hour"), "every hour", (cursor: number) =>
      Effect.succeed({ cursor: cursor + 1, asks: cursor === 1 ? [{ runs: [prices] }] : [], note: `look ${cursor + 1}` }))
  })]
})

/** A command line on a ledger of its own, at noon of 24 November 2026: what it printed, on which stream, and its exit code. */
const inWorld = <A, E>(
  test: (crypto: (line: string) => Effect.Effect<{ code: number; out: string; err: string }>) => Effect.Effect<A, E, Ledger>
) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
    const memory = Layer.succeedContext(yield* Layer.build(Memory.layer))
    const commandLine = Cli.make(pipeline, { name: "crypto", version: "1.2.3", about: "", layer: memory })
    const platform = Layer.mergeAll(
      NodeServices.layer,
      FileSystem.layerNoop({}),
      ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} })),
      Layer.succeed(Cli.Screen, { animates: false, columns: () => 80, rows: () => 24, write: () => {} })
    )
    let [out, err] = [0, 0]
    const run = (line: string) =>
      Effect.gen(function*() {
        const ended = yield* Effect.result(commandLine(line.split(" ")))
        const [logs, errors] = [yield* TestConsole.logLines, yield* TestConsole.errorLines]
        const said = {
          code: ended._tag === "Success" ? 0 : ended.failure.code,
          out: logs.slice(out).join("\n"),
          err: errors.slice(err).join("\n")
        }
        out = logs.length
        err = errors.length
        return said
      }).pipe(Effect.provide(platform))
    return yield* Effect.provide(test(run), memory)
  }).pipe(Effect.scoped)

const parse = <A>(schema: Schema.Codec<A, unknown>) => (text: string) => Schema.decodeEffect(Schema.fromJsonString(schema))(text)

describe("schedule", () => {
  it.effect("list says what there is, whether it is on, and when it is due next", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* crypto("schedule list")
        assert.deepStrictEqual([code, err], [0, ""])
        assert.match(out, /^daily +on +0 9 \* \* \* +2026-11-25 09:00:00 +Every day$/m)
        assert.match(out, /^after_daily +off +after prices +What follows$/m)
        const said = yield* parse(Cli.AutomationJson)((yield* crypto("schedule list --json")).out)
        assert.deepStrictEqual(said[0], {
          name: "daily",
          on: true,
          about: "Every day",
          when: "0 9 * * *",
          next: "2026-11-25T09:00:00.000Z",
          since: null,
          why: "as defined",
          last: null,
          failures: 0,
          targets: ["prices"],
          catchUp: "max 2",
          overlap: "skip"
        })
      })
    ))

  it.effect("stop and start are kept, and count from the moment they are said", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* crypto("schedule stop daily")).err, "daily is off.")
        assert.strictEqual((yield* crypto("schedule stop daily")).err, "daily is off already.")
        assert.match((yield* crypto("schedule list")).out, /^daily +off +0 9 \* \* \* +Every day$/m)
        yield* TestClock.adjust("1 hour")
        yield* Ledger.use((_) =>
          _.record({ _tag: "AutomationSet", name: "after_daily", kind: "schedule", on: false, cadence: "", why: "", cursor: "7" })
        )
        assert.strictEqual((yield* crypto("schedule start daily after_daily")).err,
          "daily is on: its due times count from now.\nafter_daily is on: its due times count from now.")
        const standings = yield* Ledger.use((_) => _.standings)
        assert.deepStrictEqual(standings.map(({ cadence, cursor, name, on, since, why }) => [name, on, since, cadence, why, cursor]), [
          ["after_daily", true, Date.UTC(2026, 10, 24, 13), "after prices", "by hand", null],
          ["daily", true, Date.UTC(2026, 10, 24, 13), "0 9 * * *", "by hand", null]
        ])
      })
    ))

  it.effect("tick asks for the run now, and leaves the due times alone", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* crypto("schedule tick daily")
        const [request] = yield* Ledger.use((_) => _.requests({}))
        assert.deepStrictEqual([code, out, err], [0, "daily: asked for prices", `${request?.id} waits for 'npx crypto daemon'.`])
        assert.deepStrictEqual([request?.trigger, request?.targets, request?.tags], ["schedule daily", ["prices"], {
          schedule: "daily",
          by: "hand"
        }])
        assert.deepStrictEqual(yield* Ledger.use((_) => _.ticks({})), [])
      })
    ))

  it.effect("history tells each due time, newest first, by name, state and number", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        const nothing = yield* crypto("schedule history")
        assert.deepStrictEqual([nothing.code, nothing.out, nothing.err], [
          0,
          "",
          "There is no such tick yet: schedules are looked after by 'npx crypto daemon'."
        ])
        assert.strictEqual((yield* crypto("schedule history --json")).out, "[]")
        yield* crypto("schedule start daily")
        const tick = (day: number, state: "ran" | "missed") =>
          ({ _tag: "Ticked", source: "daily", due: Date.UTC(2026, 10, day, 9), state, note: `note ${day}` }) as const
        yield* Ledger.use((_) => _.record(tick(25, "missed"), tick(26, "missed"), tick(27, "ran")))
        const days = (line: string) =>
          Effect.flatMap(crypto(line), ({ out }) => Effect.map(parse(Cli.HistoryJson)(out), (_) => _.map((tick) => tick.due.slice(8, 10))))
        assert.deepStrictEqual(yield* days("schedule history --json"), ["27", "26", "25"])
        assert.deepStrictEqual(yield* days("schedule history daily --state missed --json"), ["26", "25"])
        assert.deepStrictEqual(yield* days("schedule history --limit 1 --json"), ["27"])
        assert.deepStrictEqual(yield* days("schedule history after_daily --json"), [])
        assert.match((yield* crypto("schedule history")).out, /^daily +2026-11-26 09:00:00 +missed +note 26$/m)
      })
    ))

  it.effect("a name that is none is a mistake, and the nearest is named", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        for (const command of ["start", "stop", "tick", "history"]) {
          const { code, err, out } = yield* crypto(`schedule ${command} dialy`)
          assert.deepStrictEqual([code, out, err], [2, "", "There is no schedule called \"dialy\". Did you mean daily?"])
        }
        assert.strictEqual((yield* crypto("schedule start counter")).err,
          "There is no schedule called \"counter\". There are: daily, after_daily.")
        assert.strictEqual((yield* crypto("schedule start")).code, 2)
      })
    ))
})

describe("sensor", () => {
  it.effect("tick takes a look, on or off: its cursor moves, and what it asks for is asked for", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        yield* crypto("sensor stop counter")
        assert.strictEqual((yield* crypto("sensor tick counter")).out, "counter: skipped: look 1")
        yield* TestClock.adjust("1 minute")
        const { err, out } = yield* crypto("sensor tick counter")
        const [request] = yield* Ledger.use((_) => _.requests({}))
        assert.deepStrictEqual([out, err], ["counter: ran: look 2", `${request?.id} waits for 'npx crypto daemon'.`])
        const [said] = yield* parse(Cli.AutomationJson)((yield* crypto("sensor list --json")).out)
        assert.deepStrictEqual([said?.on, said?.cursor, said?.last?.state, said?.calls], [false, "2", "ran", 1])
      })
    ))

  it.effect("start --reset forgets where it was, and start does not", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        yield* crypto("sensor tick counter")
        const cursor = Effect.map(Ledger.use((_) => _.standings), (_) => _[0]?.cursor)
        yield* crypto("sensor stop counter")
        yield* crypto("sensor start counter")
        assert.strictEqual(yield* cursor, "1")
        assert.strictEqual((yield* crypto("sensor start counter --reset")).err, "counter is on: its due times count from now.")
        assert.isNull(yield* cursor)
      })
    ))
})

describe("explain", () => {
  it.effect("tells of each asset why it is, or is not, asked for, and by which schedules", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* crypto("explain figures")
        assert.deepStrictEqual([code, err], [0, ""])
        assert.deepStrictEqual(out.split("\n"), [
          "figures has no condition of its own; eager would say:",
          "  ✗ all of",
          "    ✓ any of",
          "      ✓ newly missing: it was never made",
          "      ✗ any of what it reads was updated: nothing changed since the beginning",
          "    ✗ not any of what it reads is missing: prices → when prices is no longer missing",
          "    ✓ not any of what it reads is in progress: none of prices",
          "    ✓ not in progress: nobody asked for it",
          "Schedules that ask for it: after_daily (after prices)."
        ])
        yield* crypto("schedule tick daily")
        const [said, ...others] = yield* parse(Cli.ExplainJson)((yield* crypto("explain prices --json")).out)
        assert.deepStrictEqual([said?.asset, said?.own, said?.schedules, said?.truth.holds, said?.asks, others], [
          "prices",
          false,
          ["daily"],
          false,
          false,
          []
        ])
        assert.deepStrictEqual(said?.truth.of.at(-1), {
          says: "not in progress",
          holds: false,
          evidence: "it is asked for, or being made",
          otherwise: "that run ends",
          of: []
        })
        assert.strictEqual((yield* crypto("explain figurs")).code, 2)
      })
    ))
})

describe("simulate", () => {
  it.effect("tells the ticks of some days, what they would cost, and that nothing was run", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        yield* crypto("schedule start after_daily")
        const { code, err, out } = yield* crypto("simulate --from 2026-11-25 --to 2026-11-26 --steps")
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(out.split("\n").slice(2).map((_) => _.trim()), [
          "2026-11-25 09:00  daily        runs prices, 1 step",
          "prices (never made)",
          "2026-11-25 09:00  after_daily  runs figures, after daily, 1 step",
          "figures (never made)",
          "2026-11-26 09:00  daily        runs prices, nothing to make"
        ])
        assert.deepStrictEqual(err.split("\n"), [
          "counter looks every hour: 48 looks, 48 calls.",
          "3 ticks and 48 calls from 2026-11-25T00:00 to 2026-11-27T00:00; at this rate 720 calls in thirty days. Nothing was run."
        ])
        assert.deepStrictEqual(yield* Ledger.use((_) => _.requests({})), [])
        const said = yield* parse(Cli.SimulateJson)((yield* crypto("simulate --from 2026-11-25 --to 2026-11-25 --json")).out)
        assert.deepStrictEqual(said.ticks.map((_) => [_.at, _.schedule, _.after]), [
          ["2026-11-25T09:00:00.000Z", "daily", null],
          ["2026-11-25T09:00:00.000Z", "after_daily", "daily"]
        ])
        assert.deepStrictEqual([said.to, said.calls, said.callsInThirtyDays, said.monthlyCredits], [
          "2026-11-26T00:00:00.000Z",
          24,
          720,
          null
        ])
      })
    ))

  it.effect("of days that are none, or too many, is a mistake", () =>
    inWorld((crypto) =>
      Effect.gen(function*() {
        const says = (line: string) => Effect.map(crypto(`simulate ${line}`), ({ code, err }) => [code, err])
        assert.deepStrictEqual(yield* says("--from 2026-02-30"), [2, "--from 2026-02-30 is no day; a day reads like 2026-12-01"])
        assert.deepStrictEqual(yield* says("--from 2026-12-02 --to 2026-12-01"), [
          2,
          "--from comes after --to: there is no day between them"
        ])
        assert.deepStrictEqual(yield* says("--to 2036-12-01"), [2, "that is more than 400 days: simulate a shorter time"])
      })
    ))
})
