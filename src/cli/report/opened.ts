/** A file opened as the desktop opens it; where there is no desktop, that is said and no failure. */
import { Console, Context, Effect } from "effect"
import { spawn } from "node:child_process"
import { platform } from "node:os"

export const opened = (file: string): Effect.Effect<void> => Effect.flatMap(Opening, (open) => open(file))

/** Here; or, for somebody who typed it elsewhere, there: a daemon has no desktop. */
export const Opening = Context.Reference<(file: string) => Effect.Effect<void>>("crypto/cli/Opening", { defaultValue: () => here })

// helpers

const here = (file: string): Effect.Effect<void> =>
  Effect.callback<boolean>((resume) => {
    const [command, ...args] = opener(file)
    const child = spawn(command, args, { detached: true, stdio: "ignore" })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("spawn", () => {
      child.unref()
      resume(Effect.succeed(true))
    })
  }).pipe(
    Effect.flatMap((isOpen) => (isOpen ? Effect.void : Console.error(`There is nothing here to open it with: open ${file} in a browser`)))
  )

const opener = (file: string): readonly [string, ...Array<string>] => {
  switch (platform()) {
    case "darwin":
      return ["open", file]
    case "win32":
      return ["explorer.exe", file]
    default:
      return ["xdg-open", file]
  }
}
