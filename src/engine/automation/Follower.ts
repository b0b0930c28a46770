/** What carries a schedule that is due after another run: a sensor over the ends of runs, in the order in which they are told. */
import { Clock, Effect, Option, Schema } from "effect"
import { Ledger, type LedgerFailed } from "../Ledger.ts"
import type { After, Schedule } from "./Schedule.ts"
import * as Sensor from "./Sensor.ts"

/** Sees every run that ended since its cursor; asks once for all that made what it waits for. */
export const follower = (schedule: Schedule, after: After): Sensor.Sensor<Ledger> => {
  const look = Effect.fnUntraced(function*(cursor: number): Effect.fn.Return<Option.Option<Sensor.Sighting<number>>, LedgerFailed, Ledger> {
    const ledger = yield* Ledger
    const ended = yield* ledger.ends(cursor, 1000)
    const newest = ended.at(-1)?.seq ?? cursor
    const made: Array<string> = []
    for (const { id, state } of ended) {
      // a subject that fails leaves the others written
      if ((state === "succeeded" || state === "partial") && isMade(after, yield* ledger.steps(id))) made.push(id)
    }
    const [first] = made
    if (first === undefined) return newest === cursor ? Option.none() : Option.some({ cursor: newest, note: "", quiet: true })
    const over = schedule.over(yield* Clock.currentTimeMillis)
    const { priority, runs } = schedule
    return Option.some({
      cursor: newest,
      asks: [{ runs, runKey: first, priority, ...(over === undefined ? {} : { over }) }],
      note: `after ${made.length === 1 ? "run" : "runs"} ${made.join(", ")}`
    })
  })
  return Sensor.make(schedule.name, {
    about: schedule.about,
    kind: "schedule",
    cursor: Schema.Int,
    // what ended before it was switched on is nothing to follow
    start: Ledger.use((_) => _.newestEnd),
    on: schedule.on,
    looks: Sensor.heard({ text: `after ${after.name}`, interest: (_) => _._tag === "RunEnded" }, look)
  })
}

// helpers

const isMade = ({ assets }: After, steps: ReadonlyArray<{ readonly asset: string; readonly state: string }>): boolean =>
  assets.every(({ name }) => steps.some((_) => _.asset === name && _.state === "succeeded"))
