/** What several commands take: where data come from and go to. */
import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Flags } from "../layers/Settings.ts"

/** The root of the tree; its flags may stand before or after a command's name. */
export const makeRoot = (name: string, about: string) =>
  Command.make(name).pipe(
    Command.withDescription(about),
    Command.withSharedFlags({
      source: Flag.Literals("source", ["live", "sandbox"]).pipe(
        Flag.withDescription("Where data come from; the sandbox is a synthetic market and needs no network [CRYPTO_SOURCE, default live]"),
        Flag.optional
      ),
      dataDir: Flag.String("data-dir").pipe(
        Flag.withDescription("Everything that is made lies below it [CRYPTO_DATA_DIR, default data; for the sandbox data/sandbox]"),
        Flag.optional
      ),
      seed: Flag.String("seed").pipe(
        Flag.withDescription("The sandbox's seed: another seed is another market [CRYPTO_SANDBOX_SEED, default 1]"),
        Flag.optional
      )
    })
  )

export type Root = ReturnType<typeof makeRoot>

const names = { "--source": "CRYPTO_SOURCE", "--data-dir": "CRYPTO_DATA_DIR", "--seed": "CRYPTO_SANDBOX_SEED" } as const

export const isRootFlag = (typed: string): typed is keyof typeof names => Object.hasOwn(names, typed)

/** What the root's flags say, as settings. */
export const settingsOf = (flags: {
  readonly source: Option.Option<string>
  readonly dataDir: Option.Option<string>
  readonly seed: Option.Option<string>
}): Flags => ({
  ...given("CRYPTO_SOURCE", flags.source),
  ...given("CRYPTO_DATA_DIR", flags.dataDir),
  ...given("CRYPTO_SANDBOX_SEED", flags.seed)
})

/** The same of arguments that nobody has parsed, wherever the flags stand. */
export const settingsIn = (args: ReadonlyArray<string>): Flags => {
  const end = args.indexOf("--")
  const found: Partial<Record<keyof Flags, string>> = {}
  for (const [i, arg] of args.slice(0, end === -1 ? args.length : end).entries()) {
    const [flag = "", ...value] = arg.split("=")
    if (isRootFlag(flag)) found[names[flag]] = value.length > 0 ? value.join("=") : args[i + 1] ?? ""
  }
  return found
}

/** The flags that lead another command to the same data, as a shell takes them. */
export const typedAgain = (settings: Flags): ReadonlyArray<string> =>
  Object.entries(names).flatMap(([flag, name]) => {
    const value = settings[name]
    return value === undefined ? [] : [flag, quoted(value)]
  })

/** A word as a shell takes it. */
export const quoted = (word: string): string => /^[\w+*./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

export const json = Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false))

// helpers

const given = (name: keyof Flags, value: Option.Option<string>): Flags =>
  Option.match(value, { onNone: () => ({}), onSome: (_) => ({ [name]: _ }) })
