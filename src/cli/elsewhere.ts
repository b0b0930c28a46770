/**
 * A command that finds a daemon on its data goes through it: the daemon runs the very same command line with its own
 * layers, and this process prints what that says and ends as it ended. What the environment holds stays here.
 */
import { Console, Effect, Option, Stdio, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"
import * as SettingsLayer from "../layers/Settings.ts"
import * as Post from "../web/Post.ts"
import * as exit from "./exit.ts"
import { rootFlag, settingsIn } from "./flags.ts"
import { plain } from "./plain.ts"
import { Screen } from "./progress/Screen.ts"
import { opened } from "./report/opened.ts"

/** What is about this process and its terminal, and not about the data. */
const alone = new Set(["daemon", "sandbox", "config", "doctor", "completions", "help"])
const local = new Set(["--help", "-h", "--version", "-v", "--completions"])

/** Whether it was done elsewhere: not, if nobody there answers. */
export const done = Effect.fnUntraced(function*(args: ReadonlyArray<string>) {
  const word = wordOf(args)
  if (word === undefined || alone.has(word) || args.some((_) => local.has(_.split("=")[0] ?? ""))) return false
  const resolved = yield* Effect.option(SettingsLayer.resolve(settingsIn(args)))
  if (Option.isNone(resolved)) return false
  const { rows, settings } = resolved.value
  const post = yield* Post.find(settings.duckdbPath)
  if (Option.isNone(post)) return false
  const Client = yield* Effect.promise(() => import("../web/Client.ts"))
  const met = yield* Client.meet(post.value)
  if (Option.isNone(met)) return false
  const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
  const [screen, terminal, stdio] = yield* Effect.all([Screen, Terminal.Terminal, Stdio.Stdio])
  const asked = {
    args: [...args],
    cwd: process.cwd(),
    settings: Object.fromEntries(rows.filter((_) => _.from !== "default" && !SettingsLayer.isSecret(_.name)).map((_) => [_.name, _.value])),
    facing: {
      columns: yield* terminal.columns,
      errColumns: screen.columns(),
      errRows: screen.rows(),
      outIsTerminal: yield* stdio.stdoutIsTerminal,
      hasColour: canColor,
      animates: screen.animates
    }
  }
  const printed = yield* Console.Console
  const toOpen: Array<string> = []
  const code = yield* Client.command(met.value.client, met.value.hello.pid, asked, (said) => {
    if (said._tag === "Out") printed.log(said.text)
    else if (said._tag === "Err") printed.error(said.text)
    else if (said._tag === "Drawn") screen.write(said.text)
    else if (said._tag === "Written") process.stdout.write(said.text)
    else if (said._tag === "Opened") toOpen.push(said.file)
  }).pipe(Effect.catchTag("Gone", (_) => Effect.as(Console.error(plain(_.message)), exit.code.failed)))
  yield* Effect.forEach(toOpen, opened)
  if (code === exit.code.interrupted) return yield* Effect.interrupt
  return code === exit.code.done ? true : yield* new exit.Exit({ code, says: "" })
})

// helpers

/** The command's name: the first argument that is no flag and no value of one of the root's. */
const wordOf = (args: ReadonlyArray<string>): string | undefined =>
  args.find((_, i) => !_.startsWith("-") && rootFlag(args[i - 1] ?? "") === undefined)
