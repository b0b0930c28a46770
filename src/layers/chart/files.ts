/**
 * Files of one name, published together below one folder.
 *
 * All are written under temporary names and synced before the first is renamed, so no reader ever sees half a file, and
 * a crash before that leaves the old ones untouched; the last named is renamed last. A name never leads out of the
 * folder, by dots, by an absolute path or by a link.
 */
import { Effect, FileSystem, Path, Schema } from "effect"
import type { Reason } from "../../services/Chart.ts"

export interface Part {
  readonly extension: string
  readonly content: string | Uint8Array
}

/** Answers with the names below the folder, in the order given. */
export const publish = Effect.fnUntraced(function*(root: string, base: string, parts: ReadonlyArray<Part>): Effect.fn.Return<
  ReadonlyArray<string>,
  Reason,
  FileSystem.FileSystem | Path.Path
> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const segments = yield* segmentsOf(base)
  const folder = path.join(root, ...segments.slice(0, -1))
  const name = segments.at(-1) ?? base
  const failing = (file: string) => Effect.mapError((cause: unknown): Reason => ({ _tag: "NotWritten", file, cause }))

  yield* fs.makeDirectory(root, { recursive: true }).pipe(failing(root))
  yield* inside(root, segments.slice(0, -1)).pipe(failing(folder),
    Effect.filterOrFail((within) => within, () => badName(`"${base}" leads out of the data folder by a link`)))
  yield* fs.makeDirectory(folder, { recursive: true }).pipe(failing(folder))

  const files = parts.map(({ extension, content }) => ({
    name: [...segments.slice(0, -1), `${name}.${extension}`].join("/"),
    path: path.join(folder, `${name}.${extension}`),
    temporary: path.join(folder, `.${name}.${extension}.tmp`),
    bytes: typeof content === "string" ? new TextEncoder().encode(content) : content
  }))
  const clear = Effect.forEach(files, ({ temporary }) => Effect.ignore(fs.remove(temporary, { force: true })), { discard: true })
  yield* clear
  yield* Effect.forEach(files, ({ temporary, bytes, name }) => written(fs, temporary, bytes).pipe(failing(name)), { discard: true }).pipe(
    // once the first is renamed the others follow, whoever interrupts
    Effect.andThen(
      Effect.uninterruptible(
        Effect.forEach(files, ({ temporary, path, name }) => fs.rename(temporary, path).pipe(failing(name)), { discard: true })
      )
    ),
    Effect.onExit((exit) => (exit._tag === "Success" ? Effect.void : clear))
  )
  // a folder's own entries are durable once it is synced; systems that cannot open a folder sync renames themselves
  yield* Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (opened) => opened.sync)).pipe(Effect.ignore)
  return files.map((file) => file.name)
})

// helpers

const badName = (problem: string): Reason => ({ _tag: "BadName", problem })

/** What a name may be made of: no dots to climb by, no separators but `/`, nothing that some system reads otherwise. */
const Segment = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/),
  Schema.isPattern(/^(?!.*\.\.)(?!.*\.$)(?!(con|prn|aux|nul|com\d|lpt\d)(\.|$)).*$/i))

const segmentsOf = (base: string): Effect.Effect<ReadonlyArray<string>, Reason> => {
  const segments = base.split("/")
  const bad = segments.find((segment) => !Schema.is(Segment)(segment))
  return bad === undefined
    ? Effect.succeed(segments)
    : Effect.fail(badName(`${JSON.stringify(base)} is no name: ${JSON.stringify(bad)} may not be part of one`))
}

/** Of the folders on the way, those that exist lie where they seem to. */
const inside = Effect.fnUntraced(function*(root: string, segments: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  let real = yield* fs.realPath(root)
  for (const segment of segments) {
    const next = path.join(real, segment)
    if (!(yield* fs.exists(next))) return true
    if ((yield* fs.realPath(next)) !== next) return false
    real = next
  }
  return true
})

const written = (fs: FileSystem.FileSystem, file: string, bytes: Uint8Array) =>
  Effect.scoped(Effect.flatMap(fs.open(file, { flag: "wx", mode: 0o644 }), (opened) => Effect.andThen(opened.writeAll(bytes), opened.sync)))
