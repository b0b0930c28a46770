/** A day of the daemon's loops under the test clock: every tick told, nothing left over, and no more memory at its end than after its first hours. */
import { assert, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Asset from "../../src/engine/Asset.ts"
import * as Automation from "../../src/engine/automation/Automation.ts"
import * as Cadence from "../../src/engine/automation/Cadence.ts"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import * as Job from "../../src/engine/Job.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Queue from "../../src/engine/Queue.ts"
import { free, world } from "./queueing.ts"
import { inOne } from "./world.ts"

const HOURS = 24
setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")
/** Megabytes in use, when nothing is left to collect. */
const used = Effect.sync(() => {
  collect()
  return process.memoryUsage().heapUsed / 1e6
})

it.effect("a day, a tick a minute", () =>
  world(Effect.gen(function*() {
    const beat = Asset.make("beat", { about: "", into: inOne, freshFor: 0 },
      () => Effect.map(Clock.currentTimeMillis, (value) => [{ value }]))
    const job = Job.make("beat_job", { about: "", assets: [beat] })
    const schedule = Schedule.make("minutely", { about: "", runs: job, cadence: Cadence.cron("* * * * *") })
    const pipeline = yield* Pipeline.make("test", { assets: [beat], jobs: [job], schedules: [schedule] })
    const queue = yield* Queue.make(pipeline)
    yield* Effect.forkChild(queue.work)
    yield* Effect.forkChild(Automation.run(pipeline))
    const held: Array<number> = []
    for (let hour = 0; hour < HOURS; hour++) {
      for (let minute = 0; minute < 60; minute++) yield* TestClock.adjust("1 minute")
      held.push(yield* used)
    }
    const { requests, ticks } = yield* Ledger
    const told = yield* ticks({ source: "minutely" })
    assert.strictEqual(told.length, HOURS * 60)
    assert.strictEqual(new Set(told.map((_) => _.due)).size, HOURS * 60)
    const asked = yield* requests({})
    assert.deepStrictEqual(asked.filter((_) => _.state !== "succeeded"), [])
    assert.strictEqual(asked.length, told.filter((_) => _.state === "ran").length)
    yield* free
    // the ledger and the manifest lie in memory here, and grow by what they are told: some kilobytes a run
    const [early = 0, late = 0] = [held[5], held.at(-1)]
    assert.isBelow(late - early, 8, `MB in use each hour: ${held.map(Math.round).join(", ")}`)
  })), 240_000)
