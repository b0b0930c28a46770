import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option } from "effect"
import { SqlError } from "effect/sql"
import { code, ending, ofReports, usage } from "../../src/cli/exit.ts"
import * as Asset from "../../src/engine/Asset.ts"
import { DefinitionInvalid } from "../../src/engine/Pipeline.ts"
import { SelectionError } from "../../src/engine/Selection.ts"
import { whole } from "../../src/engine/Partition.ts"
import type * as Plan from "../../src/engine/Plan.ts"
import type * as Run from "../../src/engine/Run.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { SettingsInvalid } from "../../src/layers/Settings.ts"
import { BeyondDepth, Budget, CoinGeckoError, NotFound, type Reason, Transport } from "../../src/services/CoinGeckoError.ts"
import { DuckDbError } from "../../src/services/DuckDb.ts"

const asset = Asset.make("a", { about: "", into: Memory.store<{ readonly n: number }>()() }, () => Effect.succeed([]))
const step: Plan.Step = {
  asset,
  window: whole,
  subjects: [undefined],
  why: {},
  provisional: false,
  fresh: 0,
  calls: 0,
  credits: 0,
  after: []
}
const made: Run.Outcome<unknown> = { _tag: "Made", publication: { rows: 1, changed: [], warnings: [] } }
const failed = (...errors: ReadonlyArray<unknown>): ReadonlyArray<Run.Outcome<unknown>> =>
  errors.map((_) => ({ _tag: "Failed", cause: Cause.fail(_) }))
const report = (state: "succeeded" | "partial" | "failed", outcomes: ReadonlyArray<Run.Outcome<unknown>>): Run.Report<unknown> => ({
  run: "r",
  state,
  results: outcomes.map((outcome) => ({ step, subject: undefined, outcome }))
})

const gecko = (reason: Reason) => new CoinGeckoError({ request: "GET /ping", attempts: 1, reason })
const lost = gecko(new Transport({ detail: "reset" }))
const missing = gecko(new NotFound({ detail: "coin not found" }))
const spent = gecko(new Budget({ used: 5, allowed: 5, month: "2026-11" }))
const deep = gecko(new BeyondDepth({ detail: "" }))
const none = Option.none()
const inUse = new DuckDbError({ asked: "f", reason: { _tag: "InUse", pid: none, since: none, command: none } })
const foreign = new DuckDbError({ asked: "f", reason: { _tag: "Foreign", found: "another", todo: "rename it" } })
const sql = (cause: unknown) => new SqlError.SqlError({ reason: new SqlError.UnknownError({ cause, message: "m" }) })

describe("a run ends with", () => {
  it.each<readonly [string, number, Run.Report<unknown>]>([
    ["0 when all is made", 0, report("succeeded", [made])],
    ["1 when a step failed", 1, report("failed", [made, ...failed(missing)])],
    ["1 when it failed for two reasons", 1, report("failed", failed(lost, missing))],
    ["3 when subjects failed and the rest is written", 3, report("partial", [made, ...failed(missing, lost)])],
    ["4 when the budget is used up, wherever that struck", 4, report("partial", [made, ...failed(spent, spent)])],
    ["4 when the plan does not reach so far back", 4, report("failed", failed(deep))],
    ["3 when a subject failed otherwise, besides the budget", 3, report("partial", [made, ...failed(spent, missing)])],
    ["6 when the source is unreachable and nothing was made", 6, report("failed", [...failed(lost), { _tag: "Blocked", by: "a" }])],
    ["1 when the source went away half-way", 1, report("failed", [made, ...failed(lost)])],
    ["1 when the code is wrong", 1, report("failed", [{ _tag: "Failed", cause: Cause.die(new Error("bug")) }])]
  ])("%s", (_, expected, one) => assert.strictEqual(ofReports([one]), expected))

  it("the worse of two runs", () =>
    assert.strictEqual(ofReports([report("succeeded", [made]), report("partial", [made, ...failed(missing)])]), 3))
})

describe("a command that fails ends with", () => {
  it.effect.each<readonly [string, number, unknown]>([
    ["2 for settings", 2, new SettingsInvalid({ problems: ["p"] })],
    ["2 for a definition", 2, new DefinitionInvalid({ pipeline: "p", problems: [] })],
    ["2 for a target", 2, new SelectionError({ expression: "x", at: 0, reason: { _tag: "Nothing" } })],
    ["2 for a file of another's", 2, foreign],
    ["5 for a file in use", 5, inUse],
    ["5 for a file in use, told by a statement", 5, sql(inUse)],
    ["1 for any other statement", 1, sql(new Error("no such table"))],
    ["6 for a source that does not answer", 6, lost],
    ["1 for what nobody expected", 1, new Error("?")],
    ["what it said itself", 2, usage("no")]
  ])("%s", ([_, expected, error]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(ending(Effect.fail(error)))).code, expected)
    }))

  it.effect("a message in which a terminal finds no orders", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(ending(Effect.die(new Error("x\x1b[2Jy"))))).says, "defect: x[2Jy")
    }))

  it.effect("an interruption stays one", () =>
    Effect.gen(function*() {
      const exit = yield* Effect.exit(ending(Effect.interrupt))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
    }))
})

it("the codes are the ones that scripts know", () =>
  assert.deepStrictEqual(code, {
    done: 0,
    failed: 1,
    usage: 2,
    partial: 3,
    budget: 4,
    inUse: 5,
    unreachable: 6,
    unhealthy: 7,
    interrupted: 130
  }))
