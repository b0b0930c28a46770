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

/** What the flags before or after the command say, as settings. */
export const settingsOf = (flags: {
  readonly source: Option.Option<string>
  readonly dataDir: Option.Option<string>
  readonly seed: Option.Option<string>
}): Flags => ({
  ...given("CRYPTO_SOURCE", flags.source),
  ...given("CRYPTO_DATA_DIR", flags.dataDir),
  ...given("CRYPTO_SANDBOX_SEED", flags.seed)
})

export const json = Flag.Boolean("json").pipe(Flag.withDescription("One JSON document on stdout"), Flag.withDefault(false))

// helpers

const given = (name: keyof Flags, value: Option.Option<string>): Flags =>
  Option.match(value, { onNone: () => ({}), onSome: (_) => ({ [name]: _ }) })
