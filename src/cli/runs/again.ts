/** `crypto runs retry RUN` and `crypto runs resume RUN`: what a run was asked for, once more; what it had published stays. */
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as Asset from "../../engine/Asset.ts"
import { Ledger } from "../../engine/Ledger.ts"
import * as Pipeline from "../../engine/Pipeline.ts"
import * as Request from "../../engine/Request.ts"
import * as SettingsLayer from "../../layers/Settings.ts"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { answered } from "../reading.ts"
import { concurrency } from "../run/aim.ts"
import { perform, PERSON } from "../run/perform.ts"
import { settle } from "../run/planned.ts"
import type { World } from "../world.ts"
import { asked, which } from "./asked.ts"

/** Which ends each is for. */
const ends = { retry: ["failed", "partial"], resume: ["cancelled", "interrupted", "lost"] } as const

export const again = (root: Root, world: World, word: keyof typeof ends) =>
  Command.make(word, { run: which, concurrency, json }, Effect.fn(`crypto runs ${word}`)(function*({ concurrency, json, run }) {
    const chosen = settingsOf(yield* root)
    const program = Effect.gen(function*() {
      yield* settle
      const request = yield* asked(world, run)
      const states: ReadonlyArray<string> = ends[word]
      if (!states.includes(request.state)) return yield* refused(world, request, word)
      const wanted: Request.Requested = { ...Request.again(request, yield* Asset.newId, "command line"), priority: PERSON }
      // what nobody asked for in the queue is nobody's parent
      const known = yield* Ledger.use((_) => _.requests({ ids: [request.id] }))
      const targets = yield* Pipeline.select(yield* world.pipeline, request.targets)
      yield* perform(world, { asked: { ...wanted, parent: known[0]?.id ?? null }, targets, concurrency, json })
    })
    return yield* Effect.provide(answered(program), Layer.provideMerge(world.layer, SettingsLayer.layer(chosen)))
  }, exit.ending)).pipe(
    Command.withDescription(
      word === "retry"
        ? "What a run was asked for that failed, in whole or in part, once more: what it had published is not made again."
        : "What a run was asked for that was cancelled, interrupted, or lost with its process: what it had published is not made again."
    ),
    Command.withShortDescription(word === "retry" ? "Try again what failed" : "Take up what was cut short"),
    Command.withExamples([{ command: `crypto runs ${word} latest`, description: "The newest run" }])
  )

// helpers

const refused = (world: World, { id, state }: Request.Request, word: keyof typeof ends) => {
  const other = word === "retry" ? "resume" : "retry"
  const states: ReadonlyArray<string> = ends[other]
  if (states.includes(state)) return exit.usage(`it ended ${state}: '${world.typed} runs ${other} ${id}' is for that`)
  return exit.usage(state === "succeeded" ? "it succeeded: there is nothing to do again" : `it has not ended: it is ${state}`)
}
