/** `crypto completions SHELL`: the script that completes commands, flags and the names of assets and jobs in a shell. */
import { Console, Effect } from "effect"
import { Argument, Command, Completions } from "effect/cli"
import * as exit from "./exit.ts"
import type { Root } from "./flags.ts"
import type { World } from "./world.ts"

const shells = ["bash", "zsh", "fish", "powershell"] as const

const flags = {
  shell: Argument.Literals("shell", shells).pipe(Argument.withDescription("Which shell it is for"))
}

export const completions = (root: Root, world: World) =>
  Command.make("completions", flags, Effect.fn("crypto completions")(function*({ shell }) {
    const { assets, jobs } = yield* world.pipeline
    const tree = yield* Effect.promise(world.tree)
    const names = [...assets.map((_) => _.name), ...jobs.map((_) => _.name), "all"]
    yield* Console.log(Completions.generate(root.name, shell, named(Completions.fromCommand(tree), names)))
    yield* Console.error(where[shell](root.name))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Prints a script that completes commands, flags, and the names of assets and jobs. Print it again when there are new ones."
    ),
    Command.withShortDescription("A script that completes names in a shell"),
    Command.withExamples([
      { command: "crypto completions bash > ~/.local/share/bash-completion/completions/crypto", description: "For bash" },
      { command: "crypto completions zsh > \"${fpath[1]}/_crypto\"", description: "For zsh" },
      { command: "crypto completions fish > ~/.config/fish/completions/crypto.fish", description: "For fish" }
    ])
  )

// helpers

/** What takes assets, by the name of its argument or flag: a script can complete what it knows, and no more. */
const takesAssets = new Set(["target", "selection", "asset"])

const named = (command: Completions.CommandDescriptor, names: ReadonlyArray<string>): Completions.CommandDescriptor => {
  const choice = { _tag: "Choice", values: names } as const
  return {
    ...command,
    arguments: command.arguments.map((_) => takesAssets.has(_.name) ? { ..._, type: choice } : _),
    flags: command.flags.map((_) => takesAssets.has(_.name) && _.type._tag === "String" ? { ..._, type: choice } : _),
    subcommands: command.subcommands.map((_) => named(_, names))
  }
}

const where: Readonly<Record<typeof shells[number], (name: string) => string>> = {
  bash: (name) => `Keep it as ~/.local/share/bash-completion/completions/${name}, or: source <(${name} completions bash)`,
  zsh: (name) => `Keep it as _${name} in a folder of $fpath, and start zsh again`,
  fish: (name) => `Keep it as ~/.config/fish/completions/${name}.fish`,
  powershell: (name) => `Add to $PROFILE: ${name} completions powershell | Out-String | Invoke-Expression`
}
