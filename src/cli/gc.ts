/** `crypto gc`: what is older than it is kept goes; what is published, and what an open run needs, never does. */
import { Console, Effect, Layer, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import type { Ledger } from "../engine/Ledger.ts"
import { sweep } from "../layers/Retention.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import type { DuckDb } from "../services/DuckDb.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { count, jsonText, table } from "./plain.ts"
import { settle } from "./run/planned.ts"
import type { Ground, World } from "./world.ts"

/** What `crypto gc --json` prints. */
export const GcJson = Schema.Struct({
  dryRun: Schema.Boolean,
  found: Schema.Array(Schema.Struct({
    what: Schema.Literals(["runs", "ticks", "superseded", "offenders", "raw", "temporary"]),
    /** How long it is kept; null: for ever. */
    days: Schema.NullOr(Schema.Finite),
    count: Schema.Int,
    bytes: Schema.Int
  }))
})

export const gc = <E>(root: Root, world: World, data: Layer.Layer<DuckDb | Ledger, E, Ground>) =>
  Command.make("gc", {
    dryRun: Flag.Boolean("dry-run").pipe(Flag.withDescription("Say what would go, and remove nothing"), Flag.withDefault(false)),
    json
  }, Effect.fn("crypto gc")(function*({ dryRun, json }) {
    const { assets } = yield* world.pipeline
    const found = yield* Effect.andThen(settle, sweep(assets, !dryRun)).pipe(
      Effect.provide(Layer.provideMerge(Layer.merge(world.layer, data), SettingsLayer.layer(settingsOf(yield* root))))
    )
    const said: typeof GcJson.Type = {
      dryRun,
      found: found.map((_) => ({ ..._, days: Number.isFinite(_.days) ? _.days : null }))
    }
    if (json) return yield* Console.log(jsonText(said))
    const rows = said.found.map((
      _
    ) => [
      names[_.what],
      _.days === null ? "for ever" : `${count(_.days)} days`,
      count(_.count),
      _.bytes === 0 ? "" : `${count(Math.ceil(_.bytes / 1000))} kB`
    ])
    yield* Console.log(table(["what", "kept", dryRun ? "would go" : "gone", "size"], rows))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Removes what is older than CRYPTO_KEEP says: runs that ended and their requests, ticks, entries of what was made again since, rows that checks refused, raw answers, files left half-written. What is published stays, and what is open, and the last word on each part that failed."
    ),
    Command.withShortDescription("Remove what is older than it is kept"),
    Command.withExamples([
      { command: "crypto gc --dry-run", description: "What would go" },
      { command: "crypto gc --json", description: "For a script" }
    ])
  )

// helpers

const names = {
  runs: "runs that ended",
  ticks: "ticks",
  superseded: "entries of what was made again",
  offenders: "rows that checks refused",
  raw: "raw answers",
  temporary: "half-written files"
} as const
