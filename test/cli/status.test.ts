import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import { inWorld } from "./world.ts"

const decode = Schema.decodeEffect(Schema.fromJsonString(Cli.StatusJson))
const owner = Effect.succeedSome({ pid: 7, since: "2026-11-24T11:59:00.000Z", command: "weather run" })

describe("status", () => {
  it.effect("is one line and 0 when everything is fine", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        const { code, err, out } = yield* weather("status")
        assert.deepStrictEqual([code, err, out], [0, "", "● fine: 2 fresh, last made 2026-11-24 12:00 UTC"])
      })))

  it.effect("is 7 where nothing was made, and tells the command that does", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* weather("status")
        assert.deepStrictEqual([code, err, out], [7, "", "✗ not fine: 1 problem\n  ✗ nothing was made yet\n    npx weather run all"])
      })))

  it.effect("tells what failed, of whom and why, until it is made good", () => {
    const fails = ["oslo"]
    return inWorld(fails, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        const failed = yield* weather("status")
        assert.strictEqual(failed.code, 7)
        assert.strictEqual(failed.out, "✗ not fine: 1 problem\n  ✗ rain of oslo failed: no rain gauge[2J in oslo\n    npx weather run rain")
        fails.length = 0
        yield* weather("run", "all")
        assert.strictEqual((yield* weather("status")).code, 0)
      }))
  })

  it.effect("tells keys that are due and missing; what was never made is none of them while something was", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "rain")
        assert.strictEqual((yield* weather("status")).out, "● fine: 1 fresh, 1 never made, last made 2026-11-24 12:00 UTC")
        yield* TestClock.adjust("1 day")
        const { out } = yield* weather("status", "--json")
        const said = yield* decode(out)
        assert.deepStrictEqual(said.problems, [{ what: "rain lacks 2 keys of 6", mend: "npx weather run rain" }])
        assert.deepStrictEqual([said.exitCode, said.assets, said.busy, said.credits], [7, { missing: 1, "never made": 1 }, null, null])
        assert.deepStrictEqual([said.lastRun?.state, said.lastRun?.made], ["succeeded", 2])
      })))

  it.effect("the command that mends leads to the same data, wherever the flags stood and whatever they hold", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const mends = (...args: ReadonlyArray<string>) =>
          Effect.map(Effect.flatMap(weather(...args, "--json"), (_) => decode(_.out)), (_) => _.problems.map((_) => _.mend))
        assert.deepStrictEqual(yield* mends("status"), ["npx weather run all"])
        assert.deepStrictEqual(yield* mends("--source", "sandbox", "status", "--seed=it's"), [
          `npx weather --source sandbox --seed 'it'\\''s' run all`
        ])
        assert.deepStrictEqual(yield* mends("status", "--data-dir", "my data"), ["npx weather --data-dir 'my data' run all"])
      })))

  it.effect("says LATE, since when and what mends it, a second after the deadline and not at it", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const nothing = yield* weather("status")
        assert.include(nothing.out, "nothing was made yet")
        yield* weather("run", "rain")
        // the 25th is due at its midnight
        yield* TestClock.setTime(Date.UTC(2026, 10, 25, 6))
        assert.include((yield* weather("status")).out, "✗ rain lacks 2 keys of 6\n")
        yield* TestClock.adjust("1 second")
        const { code, out } = yield* weather("status")
        assert.deepStrictEqual([code, out], [
          7,
          "✗ not fine: 1 problem\n  ✗ rain of oslo, rome is LATE since 2026-11-25 06:00 UTC\n    npx weather run rain"
        ])
        const shown = yield* weather("show", "rain")
        assert.include(shown.out, "status    ◷ late: since 2026-11-25 06:00 UTC, 2 of 6 keys missing\n")
        assert.include(shown.out, "\nlate      6 h 0 min after a key is due\n")
        assert.include((yield* weather("graph")).out,
          "◷ rain        memory, per day, of each city · since 2026-11-25 06:00 UTC, 2 of 6 keys missing")
        yield* weather("run", "rain")
        assert.strictEqual((yield* weather("status")).code, 0)
      }), {}, { promised: true }))

  it.effect("tells what reads a late asset and is late too in one line with it; one command mends both", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        yield* TestClock.setTime(Date.UTC(2026, 10, 25, 12, 0, 1))
        const { out } = yield* weather("status", "--json")
        const said = yield* decode(out)
        assert.deepStrictEqual([said.exitCode, said.assets, said.problems], [7, { late: 2 }, [{
          what: "rain of oslo, rome is LATE since 2026-11-25 06:00 UTC, and with it wettest",
          mend: "npx weather run status:late"
        }]])
        yield* weather("run", "status:late")
        assert.strictEqual((yield* weather("status")).code, 0)
      }), {}, { promised: true }))

  it.effect("tells a run that was cut short, and what takes it up; not one that another process is at", () =>
    Effect.gen(function*() {
      const begun = Ledger.use((_) => _.record({ _tag: "RunStarted", run: "zz1", targets: ["rain"], trigger: "a test" }))
      yield* inWorld([], (weather) =>
        Effect.gen(function*() {
          yield* weather("run", "all")
          yield* begun
          const { code, out } = yield* weather("status")
          assert.strictEqual(code, 7)
          assert.include(out, "✗ run zz1 was cut short: its process is gone\n    npx weather runs resume zz1")
        }))
      yield* inWorld([], (weather) =>
        Effect.gen(function*() {
          yield* begun
          const { code, out } = yield* weather("status")
          assert.deepStrictEqual([code, out], [
            0,
            "● fine, as far as can be told; weather run (pid 7) has the data since 2026-11-24 11:59:00 UTC"
          ])
          assert.deepStrictEqual((yield* decode((yield* weather("status", "--json")).out)).busy?.pid, 7)
        }), {}, { owner })
    }))

  it.effect("beside another process it tells how the last run ended", () =>
    inWorld(["oslo", "rome"], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        const { code, out } = yield* weather("status")
        assert.strictEqual(code, 7)
        assert.match(out, /✗ the last run, \w+-\w+, ended as failed\n {4}npx weather logs \w/)
      }), {}, { owner }))

  it.effect("is 7, and no failure of its own, when the data cannot be opened", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { code, out } = yield* weather("status")
        assert.strictEqual(code, 7)
        assert.match(out, /^✗ not fine: 1 problem\n {2}✗ .*the disk is gone\n {4}see what it says$/)
      }), {}, { kept: Effect.die("the disk is gone") }))

  it.effect("counts credits, and tells when they are used up", () =>
    Effect.gen(function*() {
      const spent = (used: number) =>
        inWorld([], (weather) =>
          Effect.gen(function*() {
            yield* weather("run", "all")
            return yield* weather("status")
          }), { COINGECKO_API_KEY: "CG-secret" }, { usage: Effect.succeedSome({ month: "2026-11", used }) })
      const some = yield* spent(1234)
      assert.strictEqual(some.code, 0)
      assert.include(some.out, "1,234 calls in 2026-11 of 10,000, 8,766 left.")
      const all = yield* spent(10_000)
      assert.strictEqual(all.code, 7)
      assert.include(all.out, "✗ the credits of 2026-11 are used up: 10,000 of 10,000")
    }))
})
