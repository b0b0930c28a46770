import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { bars, over } from "../../src/cli/progress/bars.ts"
import { said, still } from "../../src/cli/progress/lines.ts"
import { Screen } from "../../src/cli/progress/Screen.ts"
import { show, type Shown } from "../../src/cli/progress/show.ts"
import * as State from "../../src/cli/progress/State.ts"
import * as Asset from "../../src/engine/Asset.ts"
import { whole } from "../../src/engine/Partition.ts"
import type * as Plan from "../../src/engine/Plan.ts"
import { type Event, Progress } from "../../src/engine/Progress.ts"
import * as Memory from "../../src/layers/Memory.ts"

const begun = (id: string, asset = "prices", subject = id): Event => ({
  _tag: "StepStarted",
  run: "r",
  id,
  asset,
  window: "2026-11-01",
  subject,
  why: "missing 1"
})
const ended = (id: string, state: "succeeded" | "failed" | "skipped" | "interrupted" = "succeeded", note = ""): Event => ({
  _tag: "StepEnded",
  id,
  state,
  rows: state === "succeeded" ? 365 : 0,
  changed: 0,
  note
})
const call: Event = { _tag: "Call", request: "GET /x", status: 200, ms: 1 }
const waiting = (until: number, why = "rate limit of 6 calls a minute"): Event => ({ _tag: "Waiting", why, until })

const make = (name: string) => Asset.make(name, { about: "", into: Memory.store<{ readonly n: number }>()() }, () => Effect.succeed([]))
const step = (name: string, slices: number, calls: number): Plan.Step => ({
  asset: make(name),
  window: whole,
  subjects: Array.from({ length: slices }, (_, i) => String(i)),
  why: {},
  provisional: false,
  fresh: 0,
  calls,
  credits: calls,
  after: []
})
const plan = (...steps: ReadonlyArray<Plan.Step>): Plan.Plan => ({ targets: [], steps, pending: [], unavailable: [] })

/** Events in their order, each at its second. */
const after = (state: State.State, ...events: ReadonlyArray<readonly [second: number, event: Event]>): State.State =>
  events.reduce((state, [second, event]) => State.apply(state, event, second * 1000), state)

/** Ten coins, a call each, six calls a minute. */
const ten = State.planned(State.initial(6), plan(step("prices", 10, 10)))
/** Three of them made in three seconds. */
const three = after(ten, [0, begun("a")], [0, begun("b")], [1, call], [1, ended("a")], [1, begun("c")], [2, call], [2, ended("b")], [
  3,
  call
], [3, ended("c")], [3, begun("d")])

describe("how long it will still take", () => {
  it("follows the pace so far while the rate limit allows", () => {
    const line = after(State.planned(State.initial(), plan(step("prices", 10, 10))), [0, begun("a")], [2, ended("a")], [4, begun("b")], [
      4,
      ended("b")
    ])
    assert.strictEqual(State.left(line, line.lines.get("prices") ?? assert.fail(), 4000), 16_000)
  })

  it("counts the waits that the rate limit will ask for", () => {
    // 3 of 6 calls of this minute are spent, 7 are wanted: three at once, then when the calls of seconds 1, 2, 3 and
    // 3 of these have left the window of 61 s; the fourth of them at 3 + 61 = 64 s, in 61 s. Work: 7 at 1 s each.
    assert.strictEqual(State.limitWait(three, 7, 3000), 61_000)
    assert.strictEqual(State.left(three, three.lines.get("prices") ?? assert.fail(), 3000), 68_000)
    assert.strictEqual(State.limitWait(three, 3, 3000), 0)
    assert.strictEqual(State.limitWait(three, 4, 3000), 59_000)
    // six more than that are a window later
    assert.strictEqual(State.limitWait(three, 10, 3000), 59_000 + 61_000)
  })

  it("does not take waiting for working", () => {
    const state = after(three, [3, waiting(60_000)])
    const line = state.lines.get("prices") ?? assert.fail()
    assert.strictEqual(State.waitedAt(state, 13_000), 10_000)
    // at 60 s, 57 were waited: three slices took three seconds
    assert.strictEqual(State.left({ ...state, limit: undefined }, line, 60_000), 7000)
  })

  it("counts a wait that two tell of once", () => {
    const state = after(ten, [0, waiting(10_000)], [1, waiting(10_000)], [2, waiting(12_000)])
    assert.strictEqual(State.waitedAt(state, 12_000), 12_000)
  })
})

describe("bars", () => {
  it("show how far it is, how fast, how long still, and what it waits for, within 80 columns", () =>
    assert.deepStrictEqual(bars(after(three, [3, waiting(44_000)]), 3000, 80, 24), [
      "  prices       ███████░░░░░░░░░░░░░░░░░ 3/10  60/min  68 s left",
      "  waiting 41 s: rate limit of 6 calls a minute"
    ]))

  it("show no bar for what is made in one piece", () => {
    const state = after(State.planned(State.initial(), plan(step("coin_list", 1, 1))), [0, begun("a", "coin_list")])
    assert.deepStrictEqual(bars(state, 2500, 80, 24), ["  coin_list    2.5 s"])
  })

  it("are gone when their asset is over, and a line stays", () => {
    const state = after(State.planned(State.initial(), plan(step("p", 2, 0))), [0, begun("a", "p")], [1, ended("a")], [1, begun("b", "p")],
      [2, ended("b", "failed")])
    assert.deepStrictEqual(bars(state, 2000, 80, 24), [])
    assert.strictEqual(over(state.lines.get("p") ?? assert.fail(), 80), "✗ p: 1 made, 365 rows, 1 failed, 2.0 s")
  })

  it("stay on the screen: as many as there is room, none wider than it, and nothing hostile", () => {
    const names = Array.from({ length: 30 }, (_, i) => `asset_${i}`)
    const started = State.planned(State.initial(), plan(...names.map((_) => step(_, 3, 3))))
    const state = after(started, ...names.map((_) => [0, begun(_, _)] as const), [0, waiting(9000, `x\x1b[2J${"wide ".repeat(40)}`)])
    const lines = bars(state, 1000, 40, 10)
    assert.strictEqual(lines.length, 8)
    assert.strictEqual(lines[6], "  and 24 more")
    assert.isTrue(lines.every((_) => _.length < 40 && !_.includes("\x1b")))
  })

  it("an interrupted slice has not ended", () =>
    assert.strictEqual(after(three, [4, ended("d", "interrupted")]).lines.get("prices")?.ended, 3))
})

describe("lines of a log", () => {
  const tell = (state: State.State, second: number, event: Event) =>
    said(state, State.apply(state, event, second * 1000), event, second * 1000)

  it("tell the start once, each tenth, and the end", () => {
    assert.strictEqual(tell(ten, 0, begun("a")), "prices: started (2026-11-01, 10 parts, 10 calls, missing 1)")
    assert.isUndefined(tell(three, 4, begun("e")))
    assert.strictEqual(tell(three, 4, ended("d")), "prices: 4 of 10, 66 s left")
    const many = after(State.planned(State.initial(), plan(step("m", 100, 0))), [0, begun("a", "m")], [1, ended("a")], [1, begun("b", "m")])
    assert.isUndefined(tell(many, 2, ended("b")))
    const one = after(State.planned(State.initial(), plan(step("s", 1, 0))), [0, begun("a", "s")])
    assert.strictEqual(tell(one, 1, ended("a")), "✓ s: 365 rows, 1.0 s")
    assert.strictEqual(tell(one, 1, ended("a", "skipped")), "✓ s: unchanged, 1.0 s")
  })

  it("tell the failure of what is made in one piece once, and its end where others were made", () => {
    const one = after(State.planned(State.initial(), plan(step("s", 1, 0))), [0, begun("a", "s")])
    assert.strictEqual(tell(one, 1, ended("a", "failed", "no such coin")), "✗ s a: failed: no such coin")
    const two = after(State.planned(State.initial(), plan(step("s", 2, 0))), [0, begun("a", "s")], [1, ended("a")], [1, begun("b", "s")])
    assert.strictEqual(tell(two, 2, ended("b", "failed", "no such coin")),
      "✗ s b: failed: no such coin\n✗ s: 1 made, 365 rows, 1 failed, 2.0 s")
  })

  it("name whom a failure concerns, and why, inertly", () =>
    assert.strictEqual(tell(three, 4, ended("d", "failed", "no\x1b[31m such coin")),
      "✗ prices d: failed: no[31m such coin\nprices: 4 of 10, 66 s left"))

  it("tell a wait once", () => {
    assert.strictEqual(tell(three, 3, waiting(44_000)), "waiting 41 s: rate limit of 6 calls a minute")
    assert.isUndefined(tell(after(three, [3, waiting(44_000)]), 4, waiting(44_000)))
  })

  it("say where something stands that is long silent", () => {
    assert.strictEqual(still(three, three.lines.get("prices") ?? assert.fail(), 3000), "prices: 3 of 10, 68 s left")
  })
})

describe("a run that is shown", () => {
  const screen = (animates: boolean) => {
    const written: Array<string> = []
    const service = Screen.of({ animates, columns: () => 80, rows: () => 24, write: (text) => void written.push(text) })
    return { written, on: Effect.provideService(Screen, service) }
  }
  /** One asset of two slices: one after 1 s, the other after 30 s. */
  const work = Effect.fnUntraced(function*(shown: Shown) {
    const tell = yield* Progress
    yield* shown.plan(plan(step("prices", 2, 2)))
    yield* tell(begun("a"))
    yield* Effect.sleep("1 second")
    yield* tell(ended("a"))
    yield* tell(begun("b"))
    yield* Effect.logWarning("a row\x1b[2J was left out")
    yield* Effect.sleep("29 seconds")
    yield* tell(ended("b"))
    return "done"
  })

  it.effect("on a terminal is drawn in place at most ten times a second, and leaves its last state and a cursor", () =>
    Effect.gen(function*() {
      const { on, written } = screen(true)
      const fiber = yield* Effect.forkChild(on(show({ plain: false }, work)))
      yield* TestClock.adjust("1 second")
      assert.isAtMost(written.length, 12)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "done")
      assert.strictEqual(written[0], "\x1b[?25l")
      assert.strictEqual(written.at(-1), "\x1b[?25h\n")
      const text = written.join("")
      assert.include(text, "Plan: 1 step, 2 calls to the source\n")
      assert.include(text, "warn: a row[2J was left out\n")
      assert.include(text, "  prices       ████████████░░░░░░░░░░░░ 1/2")
      // the last thing drawn replaces the bars
      assert.match(written.at(-2) ?? "", /^\x1b\[1A\x1b\[0J✓ prices: 2 made, 730 rows, 30 s\n$/)
    }))

  it.effect("is not drawn more often because more happens", () =>
    Effect.gen(function*() {
      const { on, written } = screen(true)
      const busy = Effect.fnUntraced(function*(shown: Shown) {
        const tell = yield* Progress
        yield* shown.plan(plan(step("prices", 100, 0)))
        for (let i = 0; i < 100; i++) {
          yield* tell(begun(String(i)))
          yield* Effect.sleep("5 millis")
          yield* tell(ended(String(i)))
        }
      })
      const fiber = yield* Effect.forkChild(on(show({ plain: false }, busy)))
      for (let i = 0; i < 100; i++) yield* TestClock.adjust("5 millis")
      yield* Fiber.join(fiber)
      // hiding the cursor, five or six frames, the last one, and the cursor again
      assert.isAtMost(written.length, 9)
    }))

  it.effect("elsewhere is plain lines without any escape, one each ten silent seconds", () =>
    Effect.gen(function*() {
      const { on, written } = screen(false)
      const fiber = yield* Effect.forkChild(on(show({ plain: false }, work)))
      yield* TestClock.adjust("31 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(written.join("").split("\n"), [
        "Plan: 1 step, 2 calls to the source",
        "  prices (), 2 calls",
        "prices: started (2026-11-01, 2 parts, 2 calls, missing 1)",
        "prices: 1 of 2, 1.0 s left",
        "warn: a row[2J was left out",
        "prices: 1 of 2, 11 s left",
        "prices: 1 of 2, 21 s left",
        "✓ prices: 2 made, 730 rows, 30 s",
        ""
      ])
    }))

  it.effect("is plain on a terminal, too, where JSON was asked for", () =>
    Effect.gen(function*() {
      const { on, written } = screen(true)
      const fiber = yield* Effect.forkChild(on(show({ plain: true }, work)))
      yield* TestClock.adjust("31 seconds")
      yield* Fiber.join(fiber)
      assert.notInclude(written.join(""), "\x1b")
    }))

  it.effect("says what is kept when it is interrupted, with the cursor back", () =>
    Effect.gen(function*() {
      const { on, written } = screen(true)
      const fiber = yield* Effect.forkChild(on(show({ plain: false }, work)))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
      assert.deepStrictEqual(written.slice(-2), [
        "\x1b[?25h\n",
        "Interrupted. 1 of 2 parts had ended, and what they made is kept: run it again to go on from there.\n"
      ])
    }))
})
