/** `crypto subject`: the sets of subjects that are kept, and edited here. */
import { Command } from "effect/cli"
import type { Root } from "./flags.ts"
import { add, remove } from "./subject/edit.ts"
import { list } from "./subject/list.ts"
import type { World } from "./world.ts"

export { SubjectEditJson } from "./subject/edit.ts"
export { SubjectsJson } from "./subject/list.ts"

export const subject = (root: Root, world: World) =>
  Command.make("subject").pipe(
    Command.withSubcommands([list(root, world), add(root, world), remove(root, world)]),
    Command.withDescription(
      "Sets of subjects that a pipeline keeps: what its assets are made for, one at a time. A set is edited here, by a sensor, or by code; plans and runs follow it."
    ),
    Command.withShortDescription("Sets of subjects that are kept: list, add, delete"),
    Command.withExamples([
      { command: "crypto subject list", description: "The sets there are, and what is in them" },
      { command: "crypto subject add station bern", description: "From now on bern is one of them: the next run makes it" },
      { command: "crypto subject delete station bern", description: "From now on it is not; what was made of it stays" }
    ])
  )
