/**
 * A command line for any pipeline: `run`, `list`, `config`, and whatever commands are added to them. Data go to standard
 * output, everything else to standard error, and how it ended is in the exit code.
 *
 * ```ts
 * Cli.run(pipeline, { name: "weather", version: "1.0.0", about: "Weather, hour by hour", layer })
 * ```
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Fiber, Layer, References, Stdio } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import type * as Pipeline from "../engine/Pipeline.ts"
import { config } from "./config.ts"
import * as exit from "./exit.ts"
import { makeRoot, type Root } from "./flags.ts"
import { list } from "./list.ts"
import { plain } from "./plain.ts"
import { Screen } from "./progress/Screen.ts"
import { run as runCommand } from "./run.ts"
import type { Ground, Needs, World } from "./world.ts"

export { ConfigJson } from "./config.ts"
export { code, Exit } from "./exit.ts"
export { ListJson } from "./list.ts"
export { Screen } from "./progress/Screen.ts"
export { query, QueryJson } from "./query.ts"
export { PlanJson, RunJson } from "./run.ts"
export { sandbox } from "./sandbox.ts"

/** What a command may ask for: the platform, and where progress is shown. */
export type Platform = Command.Environment | Screen

export interface CommandsAsk<Services> {
  readonly "the commands ask for": Services
}
type Answered<Commands extends ReadonlyArray<Command.Command.Any>> =
  [Exclude<Command.Services<Commands[number]>, Platform | Command.CommandContext<string>>] extends [never] ? unknown
    : CommandsAsk<Exclude<Command.Services<Commands[number]>, Platform | Command.CommandContext<string>>>

export interface Options<Target extends Asset.Any, E, Commands extends ReadonlyArray<Command.Command.Any>> {
  /** As it is typed. */
  readonly name: string
  readonly version: string
  readonly about: string
  /** What the assets ask of the world; it may build on the settings, on files and paths. */
  readonly layer: Layer.Layer<Needs<Target>, E, Ground>
  /** Commands beside the usual ones; `root` tells which flags stand before or after their names. */
  readonly commands?: (root: Root) => Commands
}

/** The command line as a function of its arguments: for tests, and for whoever brings a platform. */
export const make = <Target extends Asset.Any, E, const Commands extends ReadonlyArray<Command.Command.Any> = readonly []>(
  pipeline: Effect.Effect<Pipeline.Pipeline<Target>, Pipeline.DefinitionInvalid>,
  options: Options<Target, E, Commands> & Answered<Commands>
): (args: ReadonlyArray<string>) => Effect.Effect<void, exit.Exit, Platform> => {
  const root = makeRoot(options.name, options.about)
  const added: ReadonlyArray<Command.Command.Any> = options.commands?.(root) ?? []
  const query = added.some((_) => _.name === "query") ? `npx ${options.name} query` : undefined
  // the layer answers for the ledger and the manifest, and for what is not seen here: what the assets ask for
  const world = { pipeline, layer: options.layer } as unknown as World
  const usual = [runCommand(root, world, query), list(world), config(root)] as const
  // that the added ones ask for no more than the platform, the type of the options says
  const all = [...usual, ...added] as unknown as typeof usual
  const parse = Command.runWith(root.pipe(Command.withSubcommands(all)), { version: options.version })
  return (args) =>
    parse(args).pipe(
      Effect.catchIf(CliError.isCliError,
        (_) => _._tag === "ShowHelp" && _.errors.length === 0 ? Effect.void : new exit.Exit({ code: exit.code.usage, says: "" })),
      Effect.tapError((_) => _.says === "" ? Effect.void : Console.error(plain(_.says))),
      Effect.provide(manners)
    )
}

/** Runs the command line as this process: its arguments, its terminal, its exit code. */
export const run = <Target extends Asset.Any, E, const Commands extends ReadonlyArray<Command.Command.Any> = readonly []>(
  pipeline: Effect.Effect<Pipeline.Pipeline<Target>, Pipeline.DefinitionInvalid>,
  options: Options<Target, E, Commands> & Answered<Commands>
): void => {
  const commandLine = make(pipeline, options)
  // a reader that has read enough (`| head`) is no failure
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
  Stdio.Stdio.use(({ args }) => Effect.flatMap(args, commandLine)).pipe(
    Effect.ensuring(flushed),
    bounded,
    Effect.provide(Layer.mergeAll(NodeServices.layer, Screen.layer)),
    NodeRuntime.runMain
  )
}

// helpers

const formatter = CliOutput.defaultFormatter({ colors: false })

/** A mistake is answered by what is wrong and where to look, on stderr; not by the whole help. */
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(`${plain(formatter.formatErrors(event.errors)).trim()}\n\nSee '${event.commandPath.join(" ")} --help'`)
      : CliOutput.defaultPresenter.present(event)
})

const manners = Layer.mergeAll(
  presenter,
  CliConfig.layer({ builtIns: GlobalFlag.BuiltIns.filter((_) => _ !== GlobalFlag.Wizard) }),
  Layer.succeed(References.LogToStderr, true)
)

/** What was printed has left the process: on some systems a pipe takes its time, and ending the process drops the rest. */
const flushed = Effect.callback<void>((resume) => void process.stdout.write("", () => resume(Effect.void)))

/** Ctrl-C is answered within two seconds, whatever a finalizer waits for. */
const patience = 1500

/** Interrupted, what runs has so long for its finalizers; then the process ends without them. */
const bounded = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkDetach(self, { startImmediately: true })
  const ended = Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), patience)
    fiber.addObserver(() => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    fiber.interruptUnsafe()
  })
  return yield* Effect.onInterrupt(Fiber.join(fiber), () => ended)
})
