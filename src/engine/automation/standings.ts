/** Where schedules and sensors stand, as the ledger has it, and how it is told what became of their due times. */
import { Array as Arr, Effect } from "effect"
import { type Event, Ledger, recordAll } from "../Ledger.ts"

export const standingNow = (name: string) => Ledger.use((ledger) => Effect.map(ledger.standings, (_) => _.find((_) => _.name === name)))

/** Where it stands; it is told to the ledger now, if it was never switched or if its cadence is another one than then. */
export const standingOf = Effect.fnUntraced(function*(
  item: { readonly name: string; readonly on: boolean },
  kind: "schedule" | "sensor",
  cadence: string
) {
  const known = yield* standingNow(item.name)
  if (known?.cadence === cadence && known.kind === kind) return known
  yield* Ledger.use((_) =>
    _.record({
      _tag: "AutomationSet",
      name: item.name,
      kind,
      on: known?.on ?? item.on,
      cadence,
      why: known === undefined ? "as defined" : `its cadence was ${known.cadence}`,
      ...fromNow(kind)
    })
  )
  const told = yield* standingNow(item.name)
  return told ?? (yield* Effect.die(new Error(`the ledger was told where ${item.name} stands, and does not know`)))
})

/** A schedule that is switched has nothing to make up for, nor has one that follows runs; a sensor goes on from where it was. */
export const fromNow = (kind: "schedule" | "sensor") => kind === "schedule" ? { cursor: null } : {}

/** What belongs together is told together, so many due times in one transaction: the oldest first, so what is cut short goes on where it was. */
export const tell = (told: ReadonlyArray<ReadonlyArray<Event>>) => Effect.forEach(Arr.chunksOf(told, 500), (some) => recordAll(some.flat()))
