/** What a bare call is answered with: where to begin, and the commands. */
import { Console, Effect } from "effect"
import { isOwn, type RootFlag } from "./flags.ts"
import { groups, type Later } from "./later.ts"
import { page } from "./page.ts"

export const start = Effect.fnUntraced(function*(name: string, about: string, all: ReadonlyArray<Later>, flags: ReadonlyArray<RootFlag>) {
  const { ink } = yield* page
  const width = all.reduce((most, _) => Math.max(most, _.name.length), 0)
  const listed = groups.flatMap((group) => {
    const lines = all.filter((_) => _.group === group).map((_) => `  ${_.name.padEnd(width)}  ${ink.dim(_.about)}`)
    return lines.length === 0 ? [] : ["", ink.bold(group), ...lines]
  })
  yield* Console.log(
    [
      about,
      "",
      ink.bold("Begin here"),
      ...begin.filter(([command]) => isOwn(flags, command)).map(([command, what]) =>
        `  ${`${name} ${command}`.padEnd(name.length + 27)} ${ink.dim(what)}`
      ),
      ...listed,
      "",
      `'${name} COMMAND --help' tells each one's flags, with examples.`
    ].join("\n")
  )
})

// helpers

const begin = [
  ["run all --source sandbox", "everything, on a synthetic market: no network, no key"],
  ["plan all", "what would run on real data, why, and what it would cost"],
  ["run all", "do it"],
  ["graph", "what follows from what, and how it stands"]
] as const
