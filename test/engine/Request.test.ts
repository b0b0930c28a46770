/** Whether a run key may be used again. */
import { assert, describe, it } from "@effect/vitest"
import * as Request from "../../src/engine/Request.ts"

const known = (state: typeof Request.State.Type, at = 0) => {
  const request = Request.asked({ _tag: "RunRequested", id: state, runKey: "k", trigger: "a test", targets: [] }, at)
  return new Request.Request({ ...request, state })
}
const states = Request.State.literals

describe("a run key", () => {
  it("that nobody used may be used under each policy", () => {
    for (const policy of ["once", "untilSuccess", { ttl: "1 hour" }] as const) assert.isUndefined(Request.standing([], policy, 0))
  })

  it("is used up by its first request under once, however that ended", () => {
    assert.deepStrictEqual(states.map((_) => Request.standing([known(_)], "once", 9)?.id), [...states])
  })

  it("stands under untilSuccess while a run of it waits, is under way or succeeded, and not when all of them fell short", () => {
    assert.deepStrictEqual(states.filter((_) => Request.standing([known(_)], "untilSuccess", 9) !== undefined), [
      "queued",
      "running",
      "succeeded"
    ])
    assert.strictEqual(Request.standing([known("failed"), known("succeeded"), known("lost")], "untilSuccess", 9)?.id, "succeeded")
  })

  it("stands for a time under ttl, and not a millisecond longer", () => {
    const hour = 3_600_000
    assert.strictEqual(Request.standing([known("failed", 5)], { ttl: "1 hour" }, 5 + hour - 1)?.id, "failed")
    assert.isUndefined(Request.standing([known("failed", 5)], { ttl: "1 hour" }, 5 + hour))
  })
})

it("asked for again, it is as it was; what was forced is forced from the first time on, and nothing else is", () => {
  const asks = {
    trigger: "a test",
    targets: ["a"],
    subjects: ["s"],
    expiring: { before: 9, madeBefore: 8 },
    runKey: "k",
    only: true,
    which: "missing",
    priority: 3,
    tags: { team: "x" }
  } as const
  const of = (force: boolean, forcedSince: number | null) =>
    Request.again(Request.asked({ _tag: "RunRequested", id: "one", force, forcedSince, ...asks }, 7), "two", "a retry")
  const again = { _tag: "RunRequested", ...asks, id: "two", trigger: "a retry", parent: "one", over: null } as const
  assert.deepStrictEqual([of(true, null), of(true, 5), of(false, null)], [
    { ...again, force: true, forcedSince: 7 },
    { ...again, force: true, forcedSince: 5 },
    { ...again, force: false, forcedSince: null }
  ])
})

it("requests take turns by priority, none if nothing is said, and equal ones as they were asked for", () => {
  const of = (id: string, priority?: number) =>
    Request.asked({ _tag: "RunRequested", id, trigger: "a test", targets: [], ...priority === undefined ? {} : { priority } }, 0)
  assert.deepStrictEqual([of("a", 0), of("b", 5), of("c", 0), of("d", 5), of("e", -1), of("f")].toSorted(Request.byTurn).map((_) => _.id), [
    "b",
    "d",
    "a",
    "c",
    "f",
    "e"
  ])
})

it("is deferred while it waits until an instant, and its note says why; a pause has no end", () => {
  const request = Request.asked({ _tag: "RunRequested", id: "a", trigger: "a test", targets: [] }, 0)
  const is = (fields: Partial<Request.Request>) => Request.isDeferred(new Request.Request({ ...request, ...fields }))
  const deferred = { note: "asked to come back later", notBefore: 9 }
  assert.deepStrictEqual(
    [deferred, { ...deferred, notBefore: Request.NEVER - 1 }].map(is),
    [true, true]
  )
  assert.deepStrictEqual(
    [
      {},
      { ...deferred, state: "running" as const },
      { ...deferred, note: "" },
      { ...deferred, notBefore: null },
      { ...deferred, notBefore: Request.NEVER }
    ].map(is),
    [false, false, false, false, false]
  )
})
