/** `crypto sensor`: what is watched. */
import { Command } from "effect/cli"
import { history } from "./automation/history.ts"
import { list } from "./automation/list.ts"
import { startSensor, stop } from "./automation/switch.ts"
import { tick } from "./automation/tick.ts"
import type { Root } from "./flags.ts"
import type { World } from "./world.ts"

export const sensor = (root: Root, world: World) =>
  Command.make("sensor").pipe(
    Command.withSubcommands([
      list(root, world, "sensor"),
      startSensor(root, world),
      stop(root, world, "sensor"),
      tick(root, world, "sensor"),
      history(root, world, "sensor")
    ]),
    Command.withDescription(
      "Sensors look at the world and ask for runs: which there are, what they saw, and switching them on and off. The daemon looks after them."
    ),
    Command.withShortDescription("What is watched: list, start, stop, tick, history"),
    Command.withExamples([{ command: "crypto sensor list", description: "All of them, and how they stand" }])
  )
