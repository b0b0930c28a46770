/** `crypto runs cancel RUN`: takes back a run that waits or is under way. It needs the ledger alone, so it reaches any process. */
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { Ledger } from "../../engine/Ledger.ts"
import * as exit from "../exit.ts"
import { type Root, settingsOf } from "../flags.ts"
import { looking } from "../reading.ts"
import type { World } from "../world.ts"
import { asked, which } from "./asked.ts"

export const cancel = (root: Root, world: World) =>
  Command.make("cancel", { run: which }, Effect.fn("crypto runs cancel")(function*({ run }) {
    yield* Effect.gen(function*() {
      const ledger = yield* Ledger
      const { id, state } = yield* asked(world, run)
      if (state !== "queued" && state !== "running") return yield* exit.usage(`it has ended: it is ${state}`)
      if (state === "running" && Option.isNone(yield* world.owner)) {
        return yield* exit.usage("its process is gone: the next command that opens the data says so, and frees what it held")
      }
      yield* ledger.record({ _tag: "CancelRequested", request: id })
      const ended = Effect.gen(function*() {
        while (true) {
          const [request] = yield* ledger.requests({ ids: [id] })
          if (request === undefined || request.endedAt !== null) return request?.state ?? "cancelled"
          yield* Effect.sleep("100 millis")
        }
      })
      const settled = yield* Effect.timeoutOption(ended, "10 seconds")
      yield* Console.error(
        Option.match(settled, {
          onNone: () => "It was told to stop, and has not ended yet.",
          onSome: (_) =>
            _ === "cancelled" ? "Cancelled. What it had published is kept." : `It ended before it could be stopped: it is ${_}.`
        })
      )
    }).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Takes back a run that waits, or stops one that is under way, in whatever process. What it had published is kept."
    ),
    Command.withShortDescription("Take back what waits or runs"),
    Command.withExamples([{ command: "crypto runs cancel latest", description: "The newest run" }])
  )
