/** `crypto subject list [SET]`: which sets there are, what is in them, and what was. */
import { Console, DateTime, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Ledger } from "../../engine/Ledger.ts"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { page } from "../page.ts"
import { jsonText, table } from "../plain.ts"
import { looking } from "../reading.ts"
import type { World } from "../world.ts"
import { setOf, setsOf } from "./sets.ts"

/** What `crypto subject list --json` prints. */
export const SubjectsJson = Schema.Array(Schema.Struct({
  set: Schema.String,
  /** The assets that are made for each of them. */
  assets: Schema.Array(Schema.String),
  /** In the order in which they came in first. */
  keys: Schema.Array(Schema.Struct({
    key: Schema.String,
    /** ISO 8601 in UTC: when it came in last. */
    addedAt: Schema.String,
    /** When it left; with --deleted only. */
    deletedAt: Schema.NullOr(Schema.String)
  }))
}))

export const list = (root: Root, world: World) =>
  Command.make("list", {
    set: Argument.String("set").pipe(Argument.withDescription("A set [default: all]"), Argument.optional),
    deleted: Flag.Boolean("deleted").pipe(Flag.withDescription("Those too that were in it and are no more"), Flag.withDefault(false)),
    json
  }, Effect.fn("crypto subject list")(function*({ deleted, json, set }) {
    const pipeline = yield* world.pipeline
    const sets = Option.isSome(set) ? [yield* setOf(world, set.value)] : setsOf(pipeline)
    const said = yield* Effect.forEach(sets, ({ key: set }) =>
      Effect.map(Ledger.use((_) => _.subjects(set)), (members): typeof SubjectsJson.Type[number] => ({
        set,
        assets: pipeline.assets.filter((_) => _.of?.key === set).map((_) => _.name),
        keys: members.filter((_) => deleted || _.deletedAt === null).map(({ addedAt, deletedAt, key }) => ({
          key,
          addedAt: isoOf(addedAt),
          deletedAt: deletedAt === null ? null : isoOf(deletedAt)
        }))
      }))).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
    if (json) return yield* Console.log(jsonText(said))
    if (said.length === 0) return yield* Console.error("This pipeline keeps no set of subjects: they follow from settings or from rows.")
    const { columns, ink } = yield* page
    const rows = said.flatMap(({ keys, set }) =>
      keys.map((_) => [set, _.key, clock(_.addedAt), _.deletedAt === null ? "" : clock(_.deletedAt)])
    )
    const shown = deleted ? rows : rows.map((_) => _.slice(0, 3))
    const head = ["set", "subject", "added (UTC)", ...(deleted ? ["deleted (UTC)"] : [])]
    if (rows.length > 0) {
      yield* Console.log(table(head, shown, { columns, whole: [0], ink: (cell, row) => row === undefined ? ink.dim(cell) : cell }))
    }
    for (const { set } of said.filter((_) => _.keys.length === 0)) {
      yield* Console.error(`${set} is empty: '${world.typed} subject add ${set} KEY…' fills it.`)
    }
  }, exit.ending)).pipe(
    Command.withDescription("The sets of subjects that the pipeline keeps, and what is in each."),
    Command.withShortDescription("The sets there are, and what is in them"),
    Command.withExamples([
      { command: "crypto subject list", description: "All sets" },
      { command: "crypto subject list station --deleted --json", description: "One, with what left it, for a script" }
    ])
  )

// helpers

const isoOf = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))

const clock = (iso: string): string => iso.slice(0, 19).replace("T", " ")
