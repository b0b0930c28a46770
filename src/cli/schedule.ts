/** `crypto schedule`: what is asked for in time. */
import { Command } from "effect/cli"
import { history } from "./automation/history.ts"
import { list } from "./automation/list.ts"
import { startSchedule, stop } from "./automation/switch.ts"
import { tick } from "./automation/tick.ts"
import type { Root } from "./flags.ts"
import type { World } from "./world.ts"

export { AutomationJson, HistoryJson, TickJson } from "./automation/told.ts"

export const schedule = (root: Root, world: World) =>
  Command.make("schedule").pipe(
    Command.withSubcommands([
      list(root, world, "schedule"),
      startSchedule(root, world),
      stop(root, world, "schedule"),
      tick(root, world, "schedule"),
      history(root, world, "schedule")
    ]),
    Command.withDescription(
      "Schedules ask for runs when they are due: which there are, what became of their due times, and switching them on and off. The daemon looks after them."
    ),
    Command.withShortDescription("What runs when: list, start, stop, tick, history"),
    Command.withExamples([{ command: "crypto schedule list", description: "All of them, and how they stand" }])
  )
