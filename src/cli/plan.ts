/** `crypto plan TARGET…`: what `crypto run` of the same would do, and what that would cost. It spends nothing and makes no file. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { answered, named, reading } from "./reading.ts"
import { aimFlags } from "./run/aim.ts"
import { sayPlan } from "./run/planned.ts"
import type { World } from "./world.ts"

export { PlanJson } from "./run/planned.ts"

export const plan = (root: Root, world: World) =>
  Command.make("plan", { ...aimFlags, json }, Effect.fn("crypto plan")(function*(input) {
    yield* named(world, input.targets)
    yield* answered(sayPlan(world, input, input.json)).pipe(Effect.provide(reading(world, settingsOf(yield* root))))
  }, exit.ending)).pipe(
    Command.withDescription(
      "What run would do with the same words: each step with its reason, its keys and its calls, and what all of it would cost. Nothing is spent."
    ),
    Command.withShortDescription("What would run, why, and what it would cost"),
    Command.withExamples([
      { command: "crypto plan all", description: "Everything that is missing or stale" },
      { command: "crypto plan price_history --from 2026-01-01 --to 2026-01-31", description: "A month of prices" },
      { command: "crypto plan all --json", description: "For a script: may it afford this?" }
    ])
  )
