/** What the commands work on: a pipeline, and the layers it runs on. Both are loaded when a command needs them, and not before. */
import type { Effect, FileSystem, Layer, Option, Path } from "effect"
import type { Command, TerminalCapabilities } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import type { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import type { Key } from "../engine/Partition.ts"
import type * as Pipeline from "../engine/Pipeline.ts"
import type { Queue } from "../engine/Queue.ts"
import type { Settings } from "../services/Settings.ts"
import type { Exit } from "./exit.ts"
import type { Screen } from "./progress/Screen.ts"

/** What a command may ask for: the platform, and where progress is shown. */
export type Platform = Command.Environment | Screen

/** What a layer may build on: files, and what the user chose. */
export type Ground = FileSystem.FileSystem | Path.Path | Settings

/** What assets and sensors (`R`) ask of the world: not the window and the subject being made, and not what layers build on. */
export type Needs<Target extends Asset.Any, R = never> = Exclude<Effect.Services<Target> | R, Key | Ground> | Ledger | Manifest

/** Any pipeline with its layers. That they answer for all that its assets need is said where they are handed in. */
export interface World {
  /** How the command is typed, as one in a shell would, with the flags that say where the data are: `npx crypto --source sandbox`. */
  readonly typed: string
  readonly version: string
  readonly pipeline: Effect.Effect<Pipeline.Any, Pipeline.DefinitionInvalid>
  readonly layer: Layer.Layer<Ledger | Manifest | Queue, unknown, Ground>
  /** The ledger alone: it can be read while another process has the data. */
  readonly ledger: Layer.Layer<Ledger, unknown, Ground>
  /** Is anything kept yet? What only reads asks before it opens: opening would make it. */
  readonly kept: Effect.Effect<boolean, never, Ground>
  /** Who has the data file, if someone has. */
  readonly owner: Effect.Effect<Option.Option<Owner>, never, Ground>
  /** What the source's month has cost so far, if somebody counts. */
  readonly usage: Effect.Effect<Option.Option<Usage>, never, Ground>
  /** What keeps the data in order while a process has them for long: it builds on `layer`. */
  readonly upkeep: Layer.Layer<never, unknown, Ground>
  /** The command line itself: a daemon has it done for others, who look on from another terminal. */
  readonly line: (
    args: ReadonlyArray<string>,
    capabilities?: TerminalCapabilities.TerminalCapabilities
  ) => Effect.Effect<void, Exit, Platform>
  /** All commands, with their code. */
  readonly tree: () => Promise<Command.Command.Any>
  /** The names of all commands. */
  readonly commands: ReadonlyArray<string>
}

/** The process that has the data file, as it says of itself. */
export interface Owner {
  readonly pid: number
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly command: string
}

/** Credits of the source that were used in a month. */
export interface Usage {
  /** `2026-11` */
  readonly month: string
  readonly used: number
}
