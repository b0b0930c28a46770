import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ledger } from "../../../src/engine/Ledger.ts"
import { inWorld } from "../world.ts"

const requests = Effect.map(Ledger.use((_) => _.requests({})),
  (_) => _.map(({ parent, state }) => [state, parent === null ? "first" : "again"]))

describe("runs retry", () => {
  it.effect("makes what failed and nothing that was published, and refers to what it takes up", () =>
    inWorld(["oslo"], (weather, asked) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* weather("run", "rain")).code, 3)
        asked.length = 0
        const { code, out } = yield* weather("runs", "retry", "latest")
        assert.strictEqual(code, 3)
        assert.deepStrictEqual(asked, ["oslo 2026-11-22..2026-11-24"])
        assert.match(out, /rain/)
        assert.deepStrictEqual(yield* requests, [["partial", "first"], ["partial", "again"]])
      })))

  it.effect("makes by force only what the first try had not made by force", () =>
    inWorld(["oslo"], (weather, asked) =>
      Effect.gen(function*() {
        yield* weather("run", "rain", "--force")
        asked.length = 0
        yield* weather("runs", "retry", "latest")
        assert.deepStrictEqual(asked, ["oslo 2026-11-22..2026-11-24"])
      })))

  it.effect("of what succeeded, was cut short, or is none, says so and does nothing", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        yield* weather("run", "rain")
        asked.length = 0
        const done = yield* weather("runs", "retry", "latest")
        assert.deepStrictEqual([done.code, done.err], [2, "it succeeded: there is nothing to do again"])
        const ledger = yield* Ledger
        yield* ledger.record({ _tag: "RunRequested", id: "q1", trigger: "a test", targets: ["rain"] }, {
          _tag: "RequestEnded",
          request: "q1",
          state: "interrupted",
          note: ""
        })
        assert.match((yield* weather("runs", "retry", "q1")).err, /it ended interrupted: 'npx weather runs resume q1' is for that/)
        assert.match((yield* weather("runs", "retry", "nothing")).err, /there is no run nothing; 'npx weather runs' lists them/)
        assert.deepStrictEqual(asked, [])
        assert.strictEqual((yield* weather("runs", "resume", "q1")).code, 0)
        assert.deepStrictEqual(yield* requests, [["succeeded", "first"], ["interrupted", "first"], ["succeeded", "again"]])
      })))
})

describe("runs resume", () => {
  it.effect("takes up what a process that died had begun, also when nobody had asked for it in the queue", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        yield* ledger.record({ _tag: "RunStarted", run: "old", targets: ["rain"], trigger: "a library" })
        const { code, err } = yield* weather("runs", "resume", "old")
        assert.strictEqual(code, 0, err)
        assert.deepStrictEqual(asked, ["oslo 2026-11-22..2026-11-24", "rome 2026-11-22..2026-11-24"])
      })))
})

describe("runs cancel", () => {
  it.effect("takes back what waits; what has ended, and what nobody runs any more, is said to be so", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        for (const id of ["q1", "q2"]) yield* ledger.record({ _tag: "RunRequested", id, trigger: "a test", targets: ["rain"] })
        yield* ledger.begin("q2", [], "somebody", Number.MAX_SAFE_INTEGER)
        const { code, err } = yield* weather("runs", "cancel", "q1")
        assert.deepStrictEqual([code, err], [0, "Cancelled. What it had published is kept."])
        assert.match((yield* weather("runs", "cancel", "q1")).err, /it has ended: it is cancelled/)
        assert.match((yield* weather("runs", "cancel", "q2")).err, /its process is gone/)
      })))
})
