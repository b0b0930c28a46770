/** `crypto schedule history [NAME…]`, `crypto sensor history [NAME…]`: what became of each due time. */
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { State } from "../../engine/automation/Tick.ts"
import { Ledger } from "../../engine/Ledger.ts"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { page } from "../page.ts"
import { jsonText, table } from "../plain.ts"
import { looking } from "../reading.ts"
import type { World } from "../world.ts"
import { clock, type Kind, named, ofTick } from "./told.ts"

export const history = (root: Root, world: World, kind: Kind) =>
  Command.make("history", {
    names: Argument.String("name").pipe(Argument.withDescription(`Names of ${kind}s [default: all]`), Argument.variadic()),
    limit: Flag.Int("limit").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Ticks at most [default 20]"),
      Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })))),
      Flag.withDefault(20)
    ),
    state: Flag.Literals("state", State.literals).pipe(Flag.withDescription("Only those of this state"), Flag.optional),
    json
  }, Effect.fn(`crypto ${kind} history`)(function*({ json, limit, names, state }) {
    const items = yield* named(world, kind, names)
    const states = Option.match(state, { onNone: () => ({}), onSome: (_) => ({ states: [_] }) })
    const found = yield* Effect.forEach(items, ({ name }) => Ledger.use((_) => _.ticks({ source: name, limit, ...states }))).pipe(
      Effect.provide(looking(world, settingsOf(yield* root)))
    )
    const ticks = found.flat().toSorted((a, b) => b.due - a.due).slice(0, limit).map(ofTick)
    if (json) return yield* Console.log(jsonText(ticks))
    if (ticks.length === 0) return yield* Console.error(`There is no such tick yet: ${kind}s are looked after by '${world.typed} daemon'.`)
    const { columns, ink } = yield* page
    const rows = ticks.map((_) => [_.source, clock(_.due), _.state, _.note, _.requests.join(", ")])
    yield* Console.log(table([kind, "due (UTC)", "became", "why", "requests"], rows, {
      columns,
      whole: [0, 1, 2],
      ink: (cell, row, column) => {
        if (row === undefined) return ink.dim(cell)
        const state = ticks[row]?.state
        return column !== 2
          ? cell
          : state === "ran"
          ? ink.good(cell)
          : state === "failed" || state === "missed"
          ? ink.bad(cell)
          : ink.warn(cell)
      }
    }))
  }, exit.ending)).pipe(
    Command.withDescription("What became of each due time, newest first: it ran, waits, was skipped, was missed, or failed, and why."),
    Command.withShortDescription("What became of each due time"),
    Command.withExamples([
      { command: `crypto ${kind} history`, description: `The last twenty of all ${kind}s` },
      { command: `crypto ${kind} history --state missed --limit 100`, description: "What was missed while nobody was there" }
    ])
  )
