/**
 * What the command says when it is asked for help never changes between builds: so it is written down at the build, as the
 * command itself says it, plain and in colours. The launcher prints it without loading the command.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { ConfigProvider, Console, Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import * as CommandLine from "../src/cli/CommandLine.ts"
import { options, pipeline } from "../src/cli/crypto.ts"
import { Screen } from "../src/cli/progress/Screen.ts"
import { usual } from "../src/cli/usual.ts"

const commandLine = CommandLine.make(pipeline, options)

const said = (args: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.gen(function*() {
    const lines: Array<string> = []
    const platform = Layer.mergeAll(NodeServices.layer, Screen.layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
    yield* commandLine(args).pipe(
      Effect.provideService(Console.Console, { ...globalThis.console, log: (text: string) => void lines.push(text) }),
      Effect.provide(platform)
    )
    return `${lines.join("\n")}\n`
  })

const pages = Effect.gen(function*() {
  const topics: ReadonlyArray<readonly [topic: string, args: ReadonlyArray<string>]> = [
    ["", []],
    ["--help", ["--help"]],
    ["--version", ["--version"]],
    ...[...usual, ...options.commands].map(({ name }) => [name, [name, "--help"]] as const)
  ]
  return yield* Effect.forEach(topics,
    ([topic, args]) =>
      Effect.map(Effect.all([said(args, { NO_COLOR: "1" }), said(args, { FORCE_COLOR: "1" })]), (texts) => [topic, texts] as const))
})

const written = await Effect.runPromise(pages)
writeFileSync(new URL("../dist/help.json", import.meta.url), JSON.stringify(Object.fromEntries(written)))
