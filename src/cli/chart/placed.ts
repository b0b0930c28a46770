/** A file where the user asked for it: whole or not at all, under a temporary name first. */
import { Effect, FileSystem, Path } from "effect"
import * as exit from "../exit.ts"

export const placed = Effect.fnUntraced(function*(file: string, content: string | Uint8Array) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const whole = path.resolve(file)
  const temporary = path.join(path.dirname(whole), `.${path.basename(whole)}.tmp`)
  yield* Effect.andThen(
    fs.makeDirectory(path.dirname(whole), { recursive: true }),
    typeof content === "string" ? fs.writeFileString(temporary, content) : fs.writeFile(temporary, content)
  ).pipe(
    Effect.andThen(fs.rename(temporary, whole)),
    Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true }))),
    Effect.mapError((cause) => exit.usage(`--out ${file} cannot be written: ${cause.message}. Name a file in a folder that may be written`))
  )
  return whole
})
