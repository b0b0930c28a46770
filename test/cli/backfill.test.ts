import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { TestClock, TestConsole } from "effect/testing"
import { BackfillJson } from "../../src/cli/backfill.ts"
import { BackfillsJson } from "../../src/cli/backfills.ts"
import * as Cli from "../../src/cli/Cli.ts"
import * as Asset from "../../src/engine/Asset.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { Day } from "../engine/world.ts"
import { inWorld, typing } from "./world.ts"

const october = ["--from", "2026-10-01", "--to", "2026-10-10"]

describe("backfill", () => {
  it.effect("with --plan says batches, parts, calls and time, and spends nothing; without it runs what was printed", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const plan = yield* weather("backfill", "rain", ...october, "--batch", "4", "--newest-first", "--plan")
        assert.strictEqual(plan.code, 0, plan.err)
        assert.deepStrictEqual(plan.out.split("\n").slice(2, 5).map((_) => _.replaceAll(/ +/g, " ").trim()), [
          "1/3 2026-10-07..2026-10-10 rain 2 never made 8 2",
          "2/3 2026-10-03..2026-10-06 rain 2 never made 8 2",
          "3/3 2026-10-01..2026-10-02 rain 2 never made 4 2"
        ])
        assert.match(plan.out, /6 calls to the source\. At 5 a minute they take 61 s at least\. Nothing was spent\.$/)
        assert.deepStrictEqual(asked, [])
        const done = yield* weather("backfill", "rain", ...october, "--batch", "4", "--newest-first")
        assert.strictEqual(done.code, 0, done.err)
        assert.deepStrictEqual(asked.filter((_) => _.startsWith("oslo")), [
          "oslo 2026-10-07..2026-10-10",
          "oslo 2026-10-03..2026-10-06",
          "oslo 2026-10-01..2026-10-02"
        ])
        assert.match(done.screen, /✓ batch 3\/3 2026-10-01..2026-10-02: succeeded, 2 parts made, 4 rows/)
        asked.length = 0
        const again = yield* weather("backfill", "rain", ...october)
        assert.match(again.err, /^Nothing is missing or stale there: nothing would run\./)
        assert.deepStrictEqual(asked, [])
      })))

  it.effect("says its plan as its schema does", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("backfill", "rain", ...october, "--plan", "--json")
        const { plan } = yield* Schema.decodeEffect(Schema.fromJsonString(BackfillJson))(out)
        assert.deepStrictEqual([plan.calls, plan.unavailable, plan.batches], [2, [], [{
          from: "2026-10-01",
          to: "2026-10-10",
          parts: 2,
          why: { "never made": 20 },
          assets: ["rain"],
          calls: 2
        }]])
      })))

  it.effect("that fell short in part ends with 3, says how to go on, and goes on with what fell short alone", () =>
    inWorld(["oslo"], (weather, asked) =>
      Effect.gen(function*() {
        const first = yield* weather("backfill", "rain", ...october)
        assert.strictEqual(first.code, 3, first.err)
        assert.match(first.err,
          /Backfill \S+ partial: 0 of 1 batch succeeded\.[\s\S]*'npx weather backfills resume \S+' makes what is missing/)
        const list = yield* weather("backfills", "--json")
        const [said] = yield* Schema.decodeEffect(Schema.fromJsonString(BackfillsJson))(list.out)
        assert.deepStrictEqual([said?.state, said?.from, said?.to, said?.batches, said?.succeeded], [
          "partial",
          "2026-10-01",
          "2026-10-10",
          1,
          0
        ])
        asked.length = 0
        assert.strictEqual((yield* weather("backfills", "resume")).code, 3)
        assert.strictEqual((yield* weather("backfill", "rain", ...october, "--only-failed")).code, 3)
        assert.deepStrictEqual(new Set(asked), new Set(["oslo 2026-10-01..2026-10-10"]))
      })))

  it.effect("refuses what makes no sense", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* weather("backfill", "rain")).code, 2)
        const both = yield* weather("backfill", "rain", ...october, "--only-missing", "--only-failed")
        assert.deepStrictEqual([both.code, both.err], [2, "--only-missing and --only-failed are two choices: give one"])
        assert.match((yield* weather("backfills", "pause")).err, /there is no backfill latest/)
        yield* weather("backfill", "rain", ...october)
        assert.match((yield* weather("backfills", "resume")).err, /it succeeded: there is nothing to go on with/)
        assert.match((yield* weather("backfills", "pause")).err, /it has nothing to hold: it is succeeded/)
      })))
})

it.effect("a backfill that is interrupted is paused: what it made stays, it says how to go on, and it goes on with the rest alone", () =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.UTC(2026, 10, 24, 12))
    const asked: Array<string> = []
    const rain = Asset.make("rain", { about: "", into: Memory.store<{ readonly day: string }>()({ key: "day" }), per: Day },
      Effect.fnUntraced(function*() {
        const days = yield* Day
        asked.push(`${days}`)
        yield* Effect.sleep("1 minute")
        return days.keys.map((day) => ({ day }))
      }))
    const layer = Layer.succeedContext(yield* Layer.build(Memory.layer))
    const weather = typing(Cli.make(Pipeline.make("weather", { assets: [rain] }), { name: "weather", version: "1", about: "", layer }), {})
    const first = yield* Effect.forkChild(weather("backfill", "rain", ...october, "--batch", "5"), { startImmediately: true })
    yield* TestClock.adjust("1 second")
    yield* TestClock.adjust("1 minute")
    yield* TestClock.adjust("2 seconds")
    yield* Fiber.interrupt(first)
    const err = (yield* TestConsole.errorLines).map(String).join("\n")
    const id = /Paused\. What it had published is kept: 'npx weather backfills resume (\S+)' goes on from there\./.exec(err)?.[1]
    assert.isDefined(id, err)
    assert.deepStrictEqual(asked, ["2026-10-01..2026-10-05", "2026-10-06..2026-10-10"])
    const [said] = yield* Schema.decodeEffect(Schema.fromJsonString(BackfillsJson))((yield* weather("backfills", "--json")).out)
    assert.deepStrictEqual([said?.backfill, said?.state, said?.succeeded], [id, "paused", 1])
    const resumed = yield* Effect.forkChild(weather("backfills", "resume", id ?? ""), { startImmediately: true })
    for (let i = 0; i < 70; i++) yield* TestClock.adjust("1 second")
    const { code } = yield* Fiber.join(resumed)
    assert.deepStrictEqual([code, asked.slice(2)], [0, ["2026-10-06..2026-10-10"]])
  }).pipe(Effect.scoped))
