/** `crypto list`: the assets and jobs there are. */
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import * as exit from "./exit.ts"
import { json } from "./flags.ts"
import { page } from "./page.ts"
import { jsonText, table, type TableOptions } from "./plain.ts"
import type { World } from "./world.ts"

/** What `crypto list --json` prints: assets, sources first, and jobs. */
export const ListJson = Schema.Struct({
  assets: Schema.Array(Schema.Struct({
    name: Schema.String,
    about: Schema.String,
    /** How it is kept: a table, a chart. */
    kind: Schema.String,
    /** The unit of its partition's keys. */
    per: Schema.NullOr(Schema.String),
    /** What it is made for, one at a time. */
    of: Schema.NullOr(Schema.String),
    from: Schema.Array(Schema.String)
  })),
  jobs: Schema.Array(Schema.Struct({ name: Schema.String, about: Schema.String, assets: Schema.Array(Schema.String) }))
})

export const list = (world: World) =>
  Command.make("list", { json }, Effect.fn("crypto list")(function*({ json }) {
    const { assets, jobs } = yield* world.pipeline
    const said: typeof ListJson.Type = {
      assets: assets.map(told),
      jobs: jobs.map((_) => ({ name: _.name, about: _.about, assets: _.assets.map((asset) => asset.name) }))
    }
    if (json) return yield* Console.log(jsonText(said))
    const { columns, ink } = yield* page
    const options: TableOptions = { columns, whole: [0], ink: (cell, row) => row === undefined ? ink.dim(cell) : cell }
    yield* Console.log(
      table(["asset", "kept as", "reads", "what it says"], said.assets.map((_) => [_.name, shape(_), _.from.join(", "), _.about]), options)
    )
    if (jobs.length > 0) {
      yield* Console.log(
        `\n${table(["job", "brings up to date", "what for"], said.jobs.map((_) => [_.name, _.assets.join(", "), _.about]), options)}`
      )
    }
  }, exit.ending)).pipe(
    Command.withDescription("The assets, sources first, and the jobs: what may be given to run."),
    Command.withShortDescription("The assets and jobs there are"),
    Command.withExamples([{ command: "crypto list", description: "What there is to run" }, {
      command: "crypto list --json",
      description: "For a script"
    }])
  )

/** An asset, as `list` tells it. */
export const told = (asset: Asset.Any): typeof ListJson.Type["assets"][number] => ({
  name: asset.name,
  about: asset.about,
  kind: asset.into.kind,
  per: asset.per?.calendar.unit ?? null,
  of: asset.of?.key.split("/").at(-1)?.toLowerCase() ?? null,
  from: Object.values(asset.from).map((_) => _.asset.name)
})

/** `table, per day, of each coin` */
export const shape = ({ kind, of, per }: typeof ListJson.Type["assets"][number]): string =>
  [kind, ...(per === null ? [] : [`per ${per}`]), ...(of === null ? [] : [`of each ${of}`])].join(", ")
