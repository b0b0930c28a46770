/**
 * A command whose code is loaded when its name is typed. Until then it is a name and a sentence: enough for the help that
 * lists it and for a mistyped name that was near it, and nothing to wait for.
 */
import type { Command } from "effect/cli"
import type { Root } from "./flags.ts"
import type { Platform, World } from "./world.ts"

export interface Later {
  readonly name: string
  /** The command's own short description: a test holds the two together. */
  readonly about: string
  /** What it is listed under. */
  readonly group: Group
  /** Whether it always asks for the layer: what that builds on is begun before anything else. */
  readonly opens: boolean
  readonly load: (root: Root, world: World) => Promise<Command.Command.Any>
}

/** In the order in which help lists them. */
export const groups = ["Make", "Look", "Take out", "Time", "Keep in order"] as const
export type Group = typeof groups[number]

/** What a command asks for that neither the platform nor its parent gives. */
export interface CommandAsks<Services> {
  readonly "the command asks for": Services
}
type Unanswered<C> = Exclude<Command.Services<C>, Platform | Command.CommandContext<string>>
/** One that asks for more than it gets does not fit where commands are listed. */
type Fits<C> = [Unanswered<C>] extends [never] ? Later : CommandAsks<Unanswered<C>>

export const later = <C extends Command.Command.Any>(
  name: string,
  about: string,
  group: Group,
  load: (root: Root, world: World) => Promise<C>,
  { opens = false } = {}
): Fits<C> => {
  const command: Later = { name, about, group, opens, load }
  // which of the two it is, only the type tells
  return command as Fits<C>
}
