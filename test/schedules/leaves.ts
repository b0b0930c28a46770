/** The pipeline's schedules, and a sensor that looks every quarter of an hour, over some days of a clock that is moved. */
import { assert } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Schema } from "effect"
import * as Cadence from "../../src/engine/automation/Cadence.ts"
import { Pulse } from "../../src/engine/automation/Pulse.ts"
import * as Schedule from "../../src/engine/automation/Schedule.ts"
import * as Sensor from "../../src/engine/automation/Sensor.ts"
import * as Job from "../../src/engine/Job.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { pipeline } from "../../src/program.ts"
import { monthlyReportOnTheFirst } from "../../src/schedules/index.ts"
import { alive, at, figures, millis, prices } from "../engine/automation/world.ts"

const DAY = 86_400_000

/** Each due time from the first day until the last (not in it) has one tick, each of which ran once: how many, and how many followed. */
export const leaves = (first: string, last: string) =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const [start, end] = [millis(`${first}T00:00:00Z`), millis(`${last}T00:00:00Z`)]
    const report = monthlyReportOnTheFirst(Job.make("report_job", { about: "", assets: [figures] }))
    const timed = (yield* pipeline).schedules.filter((_) => !Schedule.isAfter(_.cadence) && _.name !== report.name)
    const quarterly = Sensor.make("quarterly", {
      about: "",
      cursor: Schema.Int,
      start: Effect.succeed(0),
      looks: Sensor.polled(Cadence.every("15 minutes"), "every 15 minutes",
        (cursor: number) => Effect.succeed({ cursor: cursor + 1, note: "" }))
    })
    const world = yield* Pipeline.make("world", {
      assets: [figures],
      schedules: [
        ...timed.map((_) => ({ ..._, targets: ["figures"] })),
        { ...report, targets: ["figures"] },
        Schedule.make("follower", { about: "", runs: prices, cadence: Schedule.after(figures) })
      ],
      sensors: [quarterly]
    })
    yield* at(new Date(start - 1000).toISOString())
    yield* alive(world, new Date(end - 1000).toISOString())
    const due = (source: string) => Effect.map(ledger.ticks({ source }), (_) => _.toReversed().map((_) => _.due))
    const days = Array.from({ length: (end - start) / DAY }, (_, i) => start + i * DAY)
    const is = (day: number, part: "day" | "weekDay", value: number) => DateTime.toPartsUtc(DateTime.makeUnsafe(day))[part] === value
    const expected = {
      market_data_daily: days.map((_) => _ + 8 * 3_600_000),
      metadata_weekly: days.filter((_) => is(_, "weekDay", 0)),
      monthly_report_on_the_first: days.filter((_) => is(_, "day", 1)).map((_) => _ + 50 * 60_000),
      price_history_daily: days.map((_) => _ + 40 * 60_000)
    }
    for (const [source, dues] of Object.entries(expected)) assert.deepStrictEqual(yield* due(source), dues)
    assert.deepStrictEqual(yield* due("quarterly"),
      Array.from({ length: (end - start) / 900_000 + 1 }, (_, i) => start - 1000 + i * 900_000))
    const ticks = (yield* ledger.ticks({})).filter((_) => _.source !== "quarterly")
    assert.deepStrictEqual([...new Set(ticks.map((_) => _.state))], ["ran"])
    assert.strictEqual(new Set(ticks.flatMap((_) => _.requests)).size, ticks.length)
    const asked = yield* ledger.requests({})
    assert.strictEqual(asked.length, ticks.length)
    assert.isTrue(asked.every((_) => _.state === "succeeded"))
    return { due: Object.values(expected).flat().length, follows: (yield* due("follower")).length }
  }).pipe(Effect.provide(Layer.fresh(Layer.merge(Memory.layer, Layer.succeed(Pulse, Duration.days(1))))))
