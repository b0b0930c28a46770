/** What several commands take: where data come from and go to. */
import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Flags } from "../layers/Settings.ts"

const flags = {
  source: Flag.Literals("source", ["live", "sandbox"]).pipe(
    Flag.withDescription("Where data come from; the sandbox is a synthetic market and needs no network [CRYPTO_SOURCE, default live]"),
    Flag.optional
  ),
  "data-dir": Flag.String("data-dir").pipe(
    Flag.withDescription("Everything that is made lies below it [CRYPTO_DATA_DIR, default data; for the sandbox data/sandbox]"),
    Flag.optional
  ),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("The sandbox's seed: another seed is another market [CRYPTO_SANDBOX_SEED, default 1]"),
    Flag.optional
  )
}

/** A flag that may stand with every command. */
export type RootFlag = keyof typeof flags

/** What each stands for. */
const settings = { source: "CRYPTO_SOURCE", "data-dir": "CRYPTO_DATA_DIR", seed: "CRYPTO_SANDBOX_SEED" } as const
const all = ["source", "data-dir", "seed"] as const

/** The root of the tree; its flags may stand before or after a command's name. */
export const makeRoot = (name: string, about: string, own: ReadonlyArray<RootFlag>) => {
  const shared: Readonly<Record<string, Flag.Flag<Option.Option<string>>>> = Object.fromEntries(own.map((_) => [_, flags[_]]))
  return Command.make(name).pipe(Command.withDescription(about), Command.withSharedFlags(shared))
}

export type Root = ReturnType<typeof makeRoot>

/** What the root's flags say, as settings. */
export const settingsOf = (said: Readonly<Record<string, Option.Option<string>>>): Flags =>
  Object.fromEntries(
    all.flatMap((flag) => Option.match(said[flag] ?? Option.none(), { onNone: () => [], onSome: (_) => [[settings[flag], _]] }))
  )

/** The root's flag that is typed so. */
export const rootFlag = (typed: string): RootFlag | undefined => all.find((_) => typed === `--${_}`)

/** The same of arguments that nobody has parsed, wherever the flags stand. */
export const settingsIn = (args: ReadonlyArray<string>): Flags => {
  const end = args.indexOf("--")
  const found: Partial<Record<keyof Flags, string>> = {}
  for (const [i, arg] of args.slice(0, end === -1 ? args.length : end).entries()) {
    const [typed = "", ...value] = arg.split("=")
    const flag = rootFlag(typed)
    if (flag !== undefined) found[settings[flag]] = value.length > 0 ? value.join("=") : args[i + 1] ?? ""
  }
  return found
}

/** The flags that lead another command to the same data, as a shell takes them. */
export const typedAgain = (given: Flags): ReadonlyArray<string> =>
  all.flatMap((flag) => {
    const value = given[settings[flag]]
    return value === undefined ? [] : [`--${flag}`, quoted(value)]
  })

/** Whether an example is of this command line: it has no flag of the root that this one lacks. */
export const isOwn = (own: ReadonlyArray<RootFlag>, command: string): boolean =>
  all.every((_) => own.includes(_) || !command.split(" ").includes(`--${_}`))

/** A word as a shell takes it. */
const quoted = (word: string): string => /^[\w+*./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

export const json = Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false))
