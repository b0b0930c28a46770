/** When a due time is acted upon, and what becomes of those that cannot be had. */
import { assert, describe, it } from "@effect/vitest"
import * as Schedule from "../../../src/engine/automation/Schedule.ts"
import * as Job from "../../../src/engine/Job.ts"
import { Month } from "../world.ts"
import { daily, figures, millis, prices } from "./world.ts"

const noon = millis("2026-11-24T12:00:00Z")
const minute = 60_000

describe("a schedule", () => {
  it("is on, catches up on the latest, skips what overlaps and is in no hurry, where nobody says otherwise", () => {
    const { cadence: _, over, ...said } = daily()
    assert.deepStrictEqual(said, {
      name: "daily",
      about: "",
      runs: [prices],
      targets: ["prices"],
      assets: [prices],
      catchUp: "latest",
      overlap: "skip",
      jitter: 0,
      on: true,
      priority: 0
    })
    assert.isUndefined(over(noon))
  })

  it("runs assets and jobs, by their names, as its options say", () => {
    const runs = [Job.make("both", { about: "", assets: [prices, figures] }), prices]
    const over = () => ({ start: 1, end: 2 })
    const said = daily({ runs, catchUp: { max: 2 }, overlap: "allow", jitter: "2 seconds", on: false, over, priority: 3 })
    assert.deepStrictEqual(
      [said.targets, said.assets, said.catchUp, said.overlap, said.jitter, said.on, said.over(noon), said.priority],
      [["both", "prices"], [prices, figures, prices], { max: 2 }, "allow", 2000, false, { start: 1, end: 2 }, 3]
    )
  })

  it("follows another's runs, or time", () => {
    assert.deepStrictEqual(Schedule.after(prices), { _tag: "After", name: "prices", assets: [prices] })
    assert.deepStrictEqual([Schedule.isAfter(Schedule.after(prices)), Schedule.isAfter(daily().cadence)], [true, false])
  })

  it("asks for the newest key that is due", () => {
    assert.deepStrictEqual(Schedule.newest(Month)(noon), { start: millis("2026-10-01T00:00:00Z"), end: millis("2026-11-01T00:00:00Z") })
  })

  it("is acted upon when it is due, or up to its jitter later: the same for the same due time, wherever it is asked", () => {
    assert.strictEqual(Schedule.firesAt({ name: "a", jitter: 0 }, noon), noon)
    const late = Array.from({ length: 50 }, (_, i) => Schedule.firesAt({ name: "a", jitter: 2 }, noon + i) - noon - i)
    assert.deepStrictEqual([...new Set(late)].sort(), [0, 1, 2])
    assert.strictEqual(Schedule.firesAt({ name: "a", jitter: 1e9 }, noon) - noon, 775_721_950)
  })
})

describe("what falls due", () => {
  /** Due each hour from noon; looked at in time after the last of them, when nobody says otherwise. */
  const decided = (
    options: Parameters<typeof daily>[0],
    count: number,
    situation: Partial<Omit<Schedule.Situation, "dues">> = {}
  ) => {
    const dues = Array.from({ length: count }, (_, i) => noon + i * 60 * minute)
    const now = noon + (count - 1) * 60 * minute
    const { makeWay, verdicts } = Schedule.decide(daily(options), { dues, now, seen: undefined, busy: false, waiting: 0, ...situation })
    assert.deepStrictEqual(verdicts.map((_) => _.due), dues)
    return [makeWay, ...verdicts.map(({ note, state }) => note === "" ? state : `${state}: ${note}`)]
  }

  it("while nobody was there is missed, but for what is caught up on, and says why", () => {
    const seen = noon + 60 * minute
    const nobody = "missed: nobody looked before 2026-11-24 15:00 UTC, when a newer one was due"
    const asleep = "missed: the process was down or asleep from 2026-11-24 13:00 UTC to 2026-11-24 15:00 UTC"
    assert.deepStrictEqual(decided({ catchUp: "latest" }, 4, { seen }), [false, nobody, nobody, asleep, "ran"])
    assert.deepStrictEqual(decided({ catchUp: { max: 2 } }, 4), [false, nobody, nobody, "ran", "waiting: waits for the one before it"])
    const waits = "waiting: waits for the one before it"
    assert.deepStrictEqual(decided({ catchUp: "all" }, 4), [false, "ran", waits, waits, waits])
  })

  it("is caught up on by nobody after five minutes from when it is acted upon", () => {
    const at = (now: number, jitter = 0) => String(decided({ catchUp: "none", jitter }, 1, { now })[1]).split(":")[0]
    assert.deepStrictEqual([at(noon + 5 * minute), at(noon + 5 * minute + 1)], ["ran", "missed"])
    const later = Schedule.firesAt({ name: "daily", jitter: 9 * minute }, noon)
    assert.deepStrictEqual([at(later + 5 * minute, 9 * minute), at(later + 5 * minute + 1, 9 * minute)], ["ran", "missed"])
  })

  it("while a run is under way, or one waits to begin, is skipped, waits, or makes that go", () => {
    const all = "all" as const
    const under = "skipped: the run before it is still under way"
    const waits = "waiting: waits for the run before it"
    const skipped = "skipped: one waits already"
    for (const taken of [{ busy: true }, { waiting: 1 }]) {
      assert.deepStrictEqual(decided({ catchUp: all, overlap: "skip" }, 2, taken), [false, under, under])
      assert.deepStrictEqual(decided({ catchUp: all, overlap: "bufferAll" }, 2, taken), [false, waits, waits])
      assert.deepStrictEqual(decided({ catchUp: all, overlap: "allow" }, 2, taken), [false, "ran", "ran"])
      assert.deepStrictEqual(decided({ catchUp: all, overlap: "cancelOther" }, 2, taken), [
        true,
        "waiting: waits for the run that it cancelled",
        "waiting: waits for the one before it"
      ])
    }
    assert.deepStrictEqual(decided({ catchUp: all, overlap: "bufferOne" }, 2, { busy: true }), [false, waits, skipped])
    assert.deepStrictEqual(decided({ catchUp: all, overlap: "bufferOne" }, 2, { waiting: 1 }), [false, skipped, skipped])
  })
})
