/**
 * The world of a command that only looks: where nothing is kept yet, an empty one in memory, so that looking makes no file;
 * where there is no room to write, one that can be read.
 */
import { Effect, Layer, Option } from "effect"
import type { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import type { Queue } from "../engine/Queue.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Looking } from "../services/DuckDb.ts"
import type { Settings } from "../services/Settings.ts"
import type { Ground, Platform, World } from "./world.ts"

export const reading = (world: World, chosen: SettingsLayer.Flags) => {
  const settings = SettingsLayer.layer(chosen)
  const empty = SettingsLayer.layer({ ...chosen, DUCKDB_PATH: ":memory:" })
  const whole = Effect.map(world.kept, (isKept) => Layer.provideMerge(world.layer, isKept ? settings : empty))
  return Layer.unwrap(Effect.provide(whole, settings)).pipe(Layer.provide(Layer.succeed(Looking, true)))
}

/** The settings, and the ledger alone: what is told to it through a daemon the daemon itself hears, so that it is the daemon's own. */
export const looking = (world: World, chosen: SettingsLayer.Flags) => {
  const ledger: Effect.Effect<Layer.Layer<Ledger, unknown, Ground>> = Effect.map(SettingsLayer.InForce,
    (_) => Option.isSome(_) ? world.layer : world.ledger)
  return Layer.provideMerge(Layer.unwrap(ledger), SettingsLayer.layer(chosen))
}

/** The ledger, which is made if nothing ran yet: what is said has to be kept. */
export const writing = (world: World, chosen: SettingsLayer.Flags) => {
  const settings = SettingsLayer.layer(chosen)
  const whole = Effect.map(world.kept, (isKept) => isKept ? looking(world, chosen) : Layer.provideMerge(world.layer, settings))
  return Layer.unwrap(Effect.provide(whole, settings))
}

/** What works on a pipeline's assets: that the layer answers for all that they ask of the world is said where both were handed in. */
export const answered = <A, E>(self: Effect.Effect<A, E, unknown>): Effect.Effect<A, E, Ledger | Manifest | Queue | Settings | Platform> =>
  // an asset of any pipeline asks for what nobody here can name
  self as Effect.Effect<A, E, Ledger | Manifest | Queue | Settings | Platform>

/** The assets that are meant: all, when nothing is said. The data are opened only for a selection that asks how things stand. */
export const selected = Effect.fnUntraced(function*(world: World, selection: ReadonlyArray<string>, chosen: ReturnType<typeof reading>) {
  const pipeline = yield* world.pipeline
  const expressions = selection.length === 0 ? ["all"] : selection
  return yield* Pipeline.selectDefined(pipeline, expressions).pipe(
    Effect.catchIf((_) => _.reason._tag === "AsksState", () => Effect.provide(answered(Pipeline.select(pipeline, expressions)), chosen))
  )
})

/** A name that is none is told before anything is opened, or made by being opened. */
export const named = Effect.fnUntraced(function*(world: World, selection: ReadonlyArray<string>) {
  yield* Effect.catchIf(Pipeline.selectDefined(yield* world.pipeline, selection), (_) => _.reason._tag === "AsksState", () => Effect.void)
})
