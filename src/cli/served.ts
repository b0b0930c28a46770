/**
 * A command line done here for somebody who typed it elsewhere: the same function, on the world that is open here. What
 * it prints, draws and asks of its terminal goes there; a relative path is meant from where it was typed.
 */
import { Console, Context, Effect, FileSystem, Option, Path, Queue, Sink, Stdio, Stream, Terminal } from "effect"
import type { Command, Said } from "../web/Api.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { Screen } from "./progress/Screen.ts"
import { Opening } from "./report/opened.ts"
import type { World } from "./world.ts"

/** Answers the exit code. `chosen` is what was chosen when this process was started. */
export const served = (world: World, chosen: ReadonlyArray<SettingsLayer.Row>) =>
  Effect.fnUntraced(function*(command: typeof Command.Type, say: (said: typeof Said.Type) => void) {
    const path = yield* Path.Path
    const fs = yield* FileSystem.FileSystem
    const settings = yield* Settings
    const { animates, columns, errColumns, errRows, hasColour, outIsTerminal } = command.facing
    const isHere = path.resolve(command.cwd) === path.resolve(".")
    const from = (given: string) => path.resolve(command.cwd, given)
    const away: Settings["Service"] = {
      ...settings,
      dataDir: path.resolve(settings.dataDir),
      duckdbPath: path.resolve(settings.duckdbPath)
    }
    const paths = { ...path, resolve: (...segments: ReadonlyArray<string>) => path.resolve(command.cwd, ...segments) }
    const facing = Context.empty().pipe(
      Context.add(Console.Console, consoleOf(say)),
      Context.add(Screen, Screen.of({
        animates,
        columns: () => errColumns,
        rows: () => errRows,
        write: (text) => say({ _tag: "Drawn", text })
      })),
      Context.add(Stdio.Stdio, stdioOf(command.args, outIsTerminal, say)),
      Context.add(Terminal.Terminal, terminalOf(columns, errRows, say)),
      Context.add(SettingsLayer.InForce, Option.some(isHere ? settings : away)),
      Context.add(Opening, (file) => Effect.sync(() => say({ _tag: "Opened", file: path.resolve(file) }))),
      Context.add(Path.Path, isHere ? path : paths),
      Context.add(FileSystem.FileSystem, isHere ? fs : based(fs, from))
    )
    for (const line of unused(chosen, command.settings)) say({ _tag: "Err", text: line })
    const line = world.line(command.args, { canColor: hasColour, canAnimate: outIsTerminal, canPrompt: false })
    return yield* Effect.provideContext(line, facing).pipe(
      Effect.as<number>(exit.code.done),
      Effect.catchTag("Exit", (_) => Effect.succeed(_.code))
    )
  })

// helpers

const text = (args: ReadonlyArray<unknown>) => args.map(String).join(" ")

/** Both streams, line by line; what is of no use to somebody elsewhere is this process's own. */
const consoleOf = (say: (said: typeof Said.Type) => void): Console.Console => {
  const out = (...args: ReadonlyArray<unknown>) => say({ _tag: "Out", text: text(args) })
  const err = (...args: ReadonlyArray<unknown>) => say({ _tag: "Err", text: text(args) })
  return { ...globalThis.console, log: out, info: out, debug: out, error: err, warn: err, trace: err }
}

const stdioOf = (args: ReadonlyArray<string>, outIsTerminal: boolean, say: (said: typeof Said.Type) => void) => {
  const decoder = new TextDecoder()
  const sink = (tell: (text: string) => void) =>
    Sink.forEach((chunk: string | Uint8Array) =>
      Effect.sync(() => tell(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true })))
    )
  return Stdio.make({
    args: Effect.succeed(args),
    stdoutIsTerminal: Effect.succeed(outIsTerminal),
    stdout: () => sink((text) => say({ _tag: "Written", text })),
    stderr: () => sink((text) => say({ _tag: "Drawn", text })),
    stdin: Stream.empty
  })
}

const terminalOf = (columns: number, rows: number, say: (said: typeof Said.Type) => void) =>
  Terminal.make({
    columns: Effect.succeed(columns),
    rows: Effect.succeed(rows),
    size: Effect.flatMap(Queue.unbounded<Terminal.Size>(), (queue) => Effect.as(Queue.offer(queue, { columns, rows }), queue)),
    readInput: Effect.flatMap(Queue.unbounded<Terminal.UserInput>(), (queue) => Effect.as(Queue.shutdown(queue), queue)),
    readLine: Effect.fail(new Terminal.QuitError({})),
    display: (text) => Effect.sync(() => say({ _tag: "Written", text }))
  })

/** Each relative path that it is asked for, at either place where one may stand, is another process's. */
const based = (fs: FileSystem.FileSystem, from: (path: string) => string): FileSystem.FileSystem => {
  const two = new Set(["copy", "copyFile", "link", "rename", "symlink"])
  const methods = Object.entries(fs).map(([name, method]: readonly [string, unknown]) => {
    if (typeof method !== "function" || name.startsWith("makeTemp")) return [name, method]
    const call = (...args: ReadonlyArray<unknown>): unknown =>
      Reflect.apply(method, fs, args.map((_, i) => typeof _ === "string" && (i === 0 || (i === 1 && two.has(name))) ? from(_) : _))
    return [name, call]
  })
  // the same methods under the same names
  return { ...fs, ...Object.fromEntries(methods) } as FileSystem.FileSystem
}

/** Where the data lie led here; anything else that was chosen where the command was typed, and otherwise here, is not in force. */
const unused = (chosen: ReadonlyArray<SettingsLayer.Row>, theirs: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  chosen.flatMap(({ name, value }) => {
    const other = theirs[name]
    if (other === undefined || other === value || places.has(name)) return []
    return [`The daemon has ${name}=${value}: ${name}=${other} is not used. Start the daemon with it to change that.`]
  })

const places = new Set(["CRYPTO_DATA_DIR", "DUCKDB_PATH", "CRYPTO_STATE_DIR"])
