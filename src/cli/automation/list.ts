/** `crypto schedule list`, `crypto sensor list`: which there are, whether they are on, and what became of them last. */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { page } from "../page.ts"
import { jsonText, table } from "../plain.ts"
import { looking } from "../reading.ts"
import type { World } from "../world.ts"
import { clock, type Kind, named, toldOf } from "./told.ts"

export const list = (root: Root, world: World, kind: Kind) =>
  Command.make("list", { json }, Effect.fn(`crypto ${kind} list`)(function*({ json }) {
    const items = yield* named(world, kind, [])
    const said = yield* Effect.forEach(items, toldOf).pipe(Effect.provide(looking(world, settingsOf(yield* root))))
    if (json) return yield* Console.log(jsonText(said))
    if (said.length === 0) return yield* Console.error(`This pipeline has no ${kind}.`)
    const { columns, ink } = yield* page
    const rows = said.map((_) => [
      _.name,
      _.on ? "on" : "off",
      _.when,
      _.next === null ? "" : clock(_.next),
      _.last === null ? "" : `${clock(_.last.due)} ${_.last.state}`,
      _.last?.note ?? _.about
    ])
    yield* Console.log(table([kind, "", "when", "next (UTC)", "last (UTC)", "what"], rows, {
      columns,
      whole: [0, 1],
      ink: (cell, row, column) => {
        const last = row === undefined ? undefined : said[row]?.last
        return row === undefined ? ink.dim(cell) : column === 4 && last !== null && last?.state === "failed" ? ink.bad(cell) : cell
      }
    }))
    const failing = said.filter((_) => _.failures > 0)
    if (failing.length > 0) yield* Console.error(`Failing: ${failing.map((_) => `${_.name} (${_.failures} times in a row)`).join(", ")}.`)
  }, exit.ending)).pipe(
    Command.withDescription(`The ${kind}s there are: whether each is on, when it is due next, and what became of its last due time.`),
    Command.withShortDescription(`The ${kind}s there are, and how they stand`),
    Command.withExamples([
      { command: `crypto ${kind} list`, description: `All ${kind}s` },
      { command: `crypto ${kind} list --json`, description: "For a script" }
    ])
  )
