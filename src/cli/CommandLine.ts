/** The command line as a function of its arguments, and as this process. `Cli.ts` is what users of the library see of it. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Fiber, Layer, Option, References, Stdio, type Terminal } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag, type HelpDoc, TerminalCapabilities } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import type { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import type * as Pipeline from "../engine/Pipeline.ts"
import * as Queue from "../engine/Queue.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import * as exit from "./exit.ts"
import { isOwn, makeRoot, type Root, type RootFlag, settingsIn, typedAgain } from "./flags.ts"
import { groups, type Later } from "./later.ts"
import { mistake } from "./mistake.ts"
import { plain } from "./plain.ts"
import { platform } from "./platform.ts"
import { Screen } from "./progress/Screen.ts"
import { start } from "./start.ts"
import { usual } from "./usual.ts"
import type { Ground, Needs, Owner, Platform, Usage, World } from "./world.ts"

export interface Options<Target extends Asset.Any, E, R = never> {
  /** As it is typed. */
  readonly name: string
  readonly version: string
  readonly about: string
  /** What the assets ask of the world; it may build on the settings, on files and paths. */
  readonly layer: Layer.Layer<Needs<Target, R>, E, Ground>
  /** What the layer builds on that takes long to load and opens nothing [default: nothing does]. */
  readonly early?: Layer.Layer<never>
  /** The ledger alone, for commands that look at it while another process has the data [default: as `layer` has it]. */
  readonly ledger?: Layer.Layer<Ledger, unknown, Ground>
  /** Whether anything is kept yet: what only reads leaves a world that was never begun as it is [default: there is]. */
  readonly kept?: Effect.Effect<boolean, never, Ground>
  /** Who has the data [default: nobody else]. */
  readonly owner?: Effect.Effect<Option.Option<Owner>, never, Ground>
  /** What the source's month has cost so far [default: nobody counts]. */
  readonly usage?: Effect.Effect<Option.Option<Usage>, never, Ground>
  /** What keeps the data in order while a daemon has them; it may build on `layer`, which is built once [default: nothing]. */
  readonly upkeep?: Layer.Layer<never, unknown, Ground>
  /** The flags that may stand with every command: the source and the seed are for who has a sandbox [default: data-dir]. */
  readonly flags?: ReadonlyArray<RootFlag>
  /** Commands beside the usual ones. */
  readonly commands?: ReadonlyArray<Later>
}

/** The command line as a function of its arguments: for tests, and for whoever brings a platform. */
export const make = <Target extends Asset.Any, R, E>(
  pipeline: Effect.Effect<Pipeline.Pipeline<Target, R>, Pipeline.DefinitionInvalid>,
  options: Options<Target, E, R>
): World["line"] => {
  const flags = options.flags ?? ["data-dir"]
  const root = makeRoot(options.name, options.about, flags)
  const all: ReadonlyArray<Later> = [...usual, ...(options.commands ?? [])]
  const { early = Layer.empty, kept, layer, ledger, owner, upkeep, usage } = options
  const commands = all.map((_) => _.name)
  const defaults = {
    typed: `npx ${options.name}`,
    version: options.version,
    ledger: ledger ?? layer,
    kept: kept ?? Effect.succeed(true),
    commands
  }
  const line: World["line"] = (typed, capabilities) =>
    Effect.gen(function*() {
      const args = asked(typed)
      const here = { ...world, typed: [world.typed, ...typedAgain(settingsIn(args))].join(" ") }
      const tree = yield* Effect.promise(() => treeOf(root, here, all, args))
      yield* Command.runWith(tree, { version: options.version })(args)
    }).pipe(
      Effect.catchIf(CliError.isCliError,
        (_) => _._tag === "ShowHelp" && _.errors.length === 0 ? Effect.void : new exit.Exit({ code: exit.code.usage, says: "" })),
      Effect.tapError((_) => _.says === "" ? Effect.void : Console.error(plain(_.says))),
      Effect.provide(Layer.merge(
        all.some((_) => _.opens && typed.includes(_.name)) ? early : Layer.empty,
        manners(options.name, all, flags, capabilities)
      ))
    )
  const known = once(pipeline)
  const queue = Layer.effect(Queue.Queue, Effect.flatMap(known, Queue.make))
  // the layer answers for the ledger and the manifest, and for what is not seen here: what the assets ask for
  const answers = layer as unknown as Layer.Layer<Ledger | Manifest, E, Ground>
  const whole = Layer.provideMerge(queue as unknown as Layer.Layer<Queue.Queue, unknown, Ledger | Manifest>, answers)
  const world: World = {
    pipeline: known,
    layer: whole,
    ...defaults,
    owner: owner ?? Effect.succeedNone,
    usage: usage ?? Effect.succeedNone,
    upkeep: upkeep ?? Layer.empty,
    line,
    tree: () => treeOf(root, world, all, commands)
  }
  return line
}

/** Runs the command line as this process: its arguments, its terminal, its exit code. */
export const run = <Target extends Asset.Any, R, E>(
  pipeline: Effect.Effect<Pipeline.Pipeline<Target, R>, Pipeline.DefinitionInvalid>,
  options: Options<Target, E, R>
): void => {
  const commandLine = make(pipeline, options)
  // a reader that has read enough (`| head`) is no failure
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})
  const run = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
    const elsewhere = yield* Effect.promise(() => import("./elsewhere.ts"))
    if (!(yield* elsewhere.done(args))) yield* commandLine(args)
  })
  Stdio.Stdio.use(({ args }) => Effect.flatMap(args, (args) => bounded(Effect.ensuring(run(args), flushed), args.includes("daemon")))).pipe(
    Effect.provide(Layer.mergeAll(platform, Screen.layer)),
    Effect.provideService(SettingsLayer.Remembered, new Map()),
    NodeRuntime.runMain
  )
}

// helpers

/** What it came to is kept: several ask for the pipeline, and what is wrong with it is looked for once. */
const once = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  let known: Effect.Effect<A> | undefined
  return Effect.suspend(() => known ?? Effect.tap(self, (_) => Effect.sync(() => void (known = Effect.succeed(_)))))
}

/** `help run` is `run --help`. */
const asked = (args: ReadonlyArray<string>): ReadonlyArray<string> => args[0] === "help" ? [...args.slice(1), "--help"] : args

/** The tree, with the code of the commands that are named: of all of them for a script that completes any. */
const treeOf = async (root: Root, world: World, all: ReadonlyArray<Later>, args: ReadonlyArray<string>) => {
  const wholly = args.some((_) => _.startsWith("--completions"))
  const loaded = await Promise.all(all.map((later) => wholly || args.includes(later.name) ? later.load(root, world) : unloaded(later)))
  const entries = groups.map((group) => ({ group, commands: loaded.filter((_, i) => all[i]?.group === group) }))
  // that commands ask for no more than the platform, the type of the options says
  return root.pipe(Command.withSubcommands(entries.filter((_) => _.commands.length > 0))) as unknown as Command.Command<
    string,
    unknown,
    {},
    exit.Exit,
    Platform
  >
}

const unloaded = async ({ about, name }: Later): Promise<Command.Command.Any> =>
  Command.make(name).pipe(Command.withShortDescription(about))

/** A mistake is answered by what is wrong and where to look, on stderr, not by the whole help; a bare call by where to begin. */
const presenter = Effect.fnUntraced(function*(name: string, all: ReadonlyArray<Later>, flags: ReadonlyArray<RootFlag>) {
  const terminal = yield* Effect.context<Terminal.Terminal>()
  return CliOutput.layerPresenter({
    present: (given) => {
      const event = given._tag === "Version" ? given : { ...given, helpDoc: called(name, flags, given.helpDoc) }
      if (event._tag === "InvalidInvocation") return Console.error(mistake(event))
      return event._tag === "Help" && event.reason === "Implicit" && event.commandPath.length === 1
        ? Effect.provideContext(start(name, event.helpDoc.description, all, flags), terminal)
        : CliOutput.defaultPresenter.present(event)
    }
  })
})

/** The usual commands' examples are written as `crypto` is typed; other command lines bear other names, and have fewer flags. */
const called = (name: string, flags: ReadonlyArray<RootFlag>, { examples = [], ...doc }: HelpDoc.HelpDoc): HelpDoc.HelpDoc => ({
  ...doc,
  examples: examples.filter((_) => isOwn(flags, _.command)).map((_) => ({ ..._, command: _.command.replaceAll(/\bcrypto(?= )/g, name) }))
})

const manners = (
  name: string,
  all: ReadonlyArray<Later>,
  flags: ReadonlyArray<RootFlag>,
  capabilities: TerminalCapabilities.TerminalCapabilities | undefined
) =>
  Layer.mergeAll(
    Layer.unwrap(presenter(name, all, flags)),
    capabilities === undefined ? TerminalCapabilities.layer : Layer.succeed(TerminalCapabilities.TerminalCapabilities, capabilities),
    CliConfig.layer({ builtIns: GlobalFlag.BuiltIns.filter((_) => _ !== GlobalFlag.Wizard) }),
    Layer.succeed(References.LogToStderr, true)
  )

/** What was printed has left the process: on some systems a pipe takes its time, and ending the process drops the rest. */
const flushed = Effect.callback<void>((resume) => void process.stdout.write("", () => resume(Effect.void)))

/** Ctrl-C is answered within two seconds, whatever a finalizer waits for. */
const patience = 1500
/** What others look on at, or wait for, is ended in order: whoever stops a service waits ten seconds at least. */
const longPatience = 9000

/** Interrupted, what runs has so long for its finalizers; then the process ends without them. */
const bounded = Effect.fnUntraced(function*<A, E, R>(self: Effect.Effect<A, E, R>, isLong: boolean) {
  const fiber = yield* Effect.forkDetach(self, { startImmediately: true })
  const ended = Effect.callback<void>((resume) => {
    const timer = setTimeout(() => resume(Effect.void), isLong ? longPatience : patience)
    fiber.addObserver(() => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    fiber.interruptUnsafe()
  })
  return yield* Effect.onInterrupt(Fiber.join(fiber), () => ended)
})
