/**
 * The daemon's loops at one tick a second, on a data file and a ledger on disk: how late each tick is told, how long its
 * run takes to begin, and how much memory the process holds as time goes by.
 *
 *     node bench/daemon.ts [--minutes 0.5]      # ten for a figure to quote
 */
import { Clock, Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Asset from "../src/engine/Asset.ts"
import * as Automation from "../src/engine/automation/Automation.ts"
import * as Cadence from "../src/engine/automation/Cadence.ts"
import * as Schedule from "../src/engine/automation/Schedule.ts"
import * as Job from "../src/engine/Job.ts"
import { Ledger } from "../src/engine/Ledger.ts"
import * as Pipeline from "../src/engine/Pipeline.ts"
import * as Queue from "../src/engine/Queue.ts"
import * as LedgerLayer from "../src/layers/Ledger.ts"
import * as Memory from "../src/layers/Memory.ts"

const { values } = parseArgs({ options: { minutes: { type: "string", default: "0.5" } } })
const seconds = Math.round(Number(values.minutes) * 60)

const beat = Asset.make("beat", { about: "When it was made", into: Memory.store<{ readonly at: number }>()(), freshFor: 0 },
  () => Effect.map(Clock.currentTimeMillis, (at) => [{ at }]))
const job = Job.make("beat_job", { about: "Every second", assets: [beat] })
const schedule = Schedule.make("every_second", { about: "Every second", runs: job, cadence: Cadence.every("1 second"), overlap: "allow" })
const pipeline = Pipeline.make("bench", { assets: [beat], jobs: [job], schedules: [schedule] })

const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6)
const at = (sorted: ReadonlyArray<number>, share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
const spread = (name: string, millis: ReadonlyArray<number>) => {
  const sorted = millis.toSorted((a, b) => a - b)
  console.log(`${name}: median ${at(sorted, 0.5)} ms, 99 % ${at(sorted, 0.99)} ms, most ${at(sorted, 1)} ms`)
}

const measured = Effect.gen(function*() {
  const queue = yield* Queue.make(yield* pipeline)
  yield* Effect.forkChild(queue.work)
  yield* Effect.forkChild(Automation.run(yield* pipeline))
  const held: Array<number> = []
  const every = Math.max(1, Math.round(seconds / 10))
  for (let second = 0; second < seconds; second += every) {
    yield* Effect.sleep(`${every} seconds`)
    held.push(megabytes())
  }
  const ledger = yield* Ledger
  const ticks = yield* ledger.ticks({ source: "every_second" })
  const requests = yield* ledger.requests({})
  console.log(
    `${ticks.length} ticks in ${seconds} s; ${
      requests.filter((_) => _.state === "succeeded").length
    } runs succeeded of ${requests.length} asked for`
  )
  spread("told after it was due", ticks.map((_) => _.at - _.due))
  spread("begun after it was asked for", requests.flatMap((_) => _.beganAt === null ? [] : [_.beganAt - _.requestedAt]))
  console.log(`resident, at each tenth: ${held.join(", ")} MB`)
})

const folder = mkdtempSync(join(tmpdir(), "bench-daemon-"))
try {
  const world = Layer.mergeAll(Memory.rows, Memory.manifest, LedgerLayer.layer(join(folder, "bench.ledger.sqlite")))
  await Effect.runPromise(measured.pipe(Effect.scoped, Effect.provide(world)))
} finally {
  rmSync(folder, { recursive: true })
}
