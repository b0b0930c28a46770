/** What somebody who rests is woken by: an hour, or news that this process records. */
import { Effect, Queue, Stream } from "effect"
import { type Event, Ledger } from "../Ledger.ts"
import { until } from "./Pulse.ts"

/** Rests until an instant (epoch milliseconds), or until something of interest was recorded since the last rest. */
export const bell = Effect.fnUntraced(function*(interest: (event: Event) => boolean) {
  const { heard } = yield* Ledger
  const rung = yield* Queue.sliding<void>(1)
  yield* heard.pipe(
    Stream.filter(interest),
    Stream.runForEach(() => Queue.offer(rung, undefined)),
    Effect.forkScoped({ startImmediately: true })
  )
  return (instant: number) => Effect.raceFirst(Queue.take(rung), until(instant))
})
