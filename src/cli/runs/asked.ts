/** The request that is meant by a run's id or its own, whole or how it begins; `latest` is the newest. */
import { Effect } from "effect"
import { Argument } from "effect/cli"
import { Ledger } from "../../engine/Ledger.ts"
import * as Request from "../../engine/Request.ts"
import * as exit from "../exit.ts"
import { oneLine } from "../plain.ts"
import type { World } from "../world.ts"

export const which = Argument.String("run").pipe(
  Argument.withDescription("A run's id as 'runs' lists it, or how it begins; latest for the newest")
)

export const asked = Effect.fnUntraced(function*(world: World, typed: string) {
  const ledger = yield* Ledger
  const runs = yield* typed === "latest" ? ledger.runs(1) : ledger.runs(2, { id: typed })
  const exact = runs.find((_) => _.id === typed) ?? (runs.length === 1 ? runs[0] : undefined)
  const [request] = yield* ledger.requests({ ids: [exact?.request ?? typed] })
  if (request !== undefined) return request
  // a run that nobody asked for in the queue: what it was for is all that is known of it
  if (exact !== undefined) {
    const { startedAt, state, targets, trigger } = exact
    const known = Request.asked({ _tag: "RunRequested", id: exact.id, trigger, targets }, startedAt)
    return new Request.Request({
      ...known,
      state: state === "started" ? "running" : state === "deferred" ? "failed" : state,
      endedAt: exact.endedAt
    })
  }
  return yield* exit.usage(
    runs.length > 1
      ? `${oneLine(typed)} begins the ids of several runs (${runs.map((_) => _.id).join(", ")}): give more of it`
      : `there is no run ${oneLine(typed)}; '${world.typed} runs' lists them`
  )
})
