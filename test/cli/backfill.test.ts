import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { BackfillJson } from "../../src/cli/backfill.ts"
import { BackfillsJson } from "../../src/cli/backfills.ts"
import { inWorld } from "./world.ts"

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
