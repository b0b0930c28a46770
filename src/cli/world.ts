/** What the commands work on: a pipeline, and the layers it runs on. Both are loaded when a command needs them, and not before. */
import type { Effect, FileSystem, Layer, Path } from "effect"
import type * as Asset from "../engine/Asset.ts"
import type { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import type { Key } from "../engine/Partition.ts"
import type * as Pipeline from "../engine/Pipeline.ts"
import type { Settings } from "../services/Settings.ts"

/** What a layer may build on: files, and what the user chose. */
export type Ground = FileSystem.FileSystem | Path.Path | Settings

/** What assets ask of the world: not the window and the subject being made, and not what layers build on. */
export type Needs<Target extends Asset.Any> = Exclude<Effect.Services<Target>, Key | Ground> | Ledger | Manifest

/** Any pipeline with its layers. That they answer for all that its assets need is said where they are handed in. */
export interface World {
  readonly pipeline: Effect.Effect<Pipeline.Any, Pipeline.DefinitionInvalid>
  readonly layer: Layer.Layer<Ledger | Manifest, unknown, Ground>
}
