/** `crypto graph [SELECTION…]`: what follows from what, as a tree for people, or as Mermaid or DOT for whatever draws them. */
import { Cause, Console, Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import * as Run from "../engine/Run.ts"
import * as Status from "../engine/Status.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { dot, edges, mermaid } from "./graph/drawing.ts"
import { tree } from "./graph/tree.ts"
import { told } from "./list.ts"
import { page } from "./page.ts"
import { jsonText, oneLine } from "./plain.ts"
import { answered, reading, selected } from "./reading.ts"
import { type Standing, standing, states } from "./standing.ts"
import type { World } from "./world.ts"

/** What `crypto graph --json` prints: the assets, sources first, and who reads whom. */
export const GraphJson = Schema.Struct({
  assets: Schema.Array(Schema.Struct({
    name: Schema.String,
    /** How it is kept: a table, a chart. */
    kind: Schema.String,
    group: Schema.NullOr(Schema.String),
    /** The unit of its partition's keys. */
    per: Schema.NullOr(Schema.String),
    /** What it is made for, one at a time. */
    of: Schema.NullOr(Schema.String),
    state: Schema.Literals(states),
    /** Why it stands so; empty when it is fresh. */
    why: Schema.String
  })),
  /** `to` reads `from`. */
  edges: Schema.Array(Schema.Struct({ from: Schema.String, to: Schema.String }))
})

const flags = {
  selection: Argument.String("selection").pipe(
    Argument.withDescription("Assets, jobs or selections of them [default: all]"),
    Argument.variadic()
  ),
  format: Flag.Literals("format", ["tree", "mermaid", "dot"]).pipe(
    Flag.withDescription("tree for people, mermaid or dot for what draws them [default tree]"),
    Flag.withDefault("tree")
  ),
  json
}

export const graph = (root: Root, world: World) =>
  Command.make("graph", flags, Effect.fn("crypto graph")(function*({ format, json, selection }) {
    const pipeline = yield* world.pipeline
    const chosen = reading(world, settingsOf(yield* root))
    const assets = yield* selected(world, selection, chosen)
    // these say how assets hang together, and not how they stand: that changes from day to day
    if (!json && format !== "tree") return yield* Console.log(format === "dot" ? dot(pipeline.name, assets) : mermaid(assets))
    const found = yield* answered(Status.of(assets)).pipe(Effect.provide(chosen), Effect.sandbox, Effect.result)
    // the graph is the definition's: it is there also when the data are not
    const known = new Map(found._tag === "Success" ? found.success.map((_) => [_.asset, standing(_)]) : [])
    const stands = (asset: Asset.Any): Standing => known.get(asset) ?? { state: "unknown", why: "" }
    if (json) {
      const said: typeof GraphJson.Type = {
        assets: assets.map((asset) => {
          const { kind, name, of, per } = told(asset)
          return { name, kind, group: asset.group ?? null, per, of, ...stands(asset) }
        }),
        edges: edges(assets).map(([from, to]) => ({ from: from.name, to: to.name }))
      }
      return yield* Console.log(jsonText(said))
    }
    const { columns, ink } = yield* page
    yield* Console.log(tree(assets, stands, ink, columns))
    if (found._tag === "Failure") {
      if (Cause.hasInterruptsOnly(found.failure)) return yield* Effect.interrupt
      yield* Console.error(`How they stand could not be told: ${oneLine(Run.explain(found.failure))}`)
    }
  }, exit.ending)).pipe(
    Command.withDescription(
      "What follows from what. The tree tells how each asset is kept and how it stands, and why; --json tells the same to a script."
    ),
    Command.withShortDescription("What follows from what, and how it stands"),
    Command.withExamples([
      { command: "crypto graph", description: "Everything" },
      { command: "crypto graph crypto_analytics_job", description: "What a job makes" },
      { command: "crypto graph --format mermaid > graph.mmd", description: "For a document" },
      { command: "crypto graph --format dot | dot -Tsvg > graph.svg", description: "Drawn by Graphviz" }
    ])
  )
