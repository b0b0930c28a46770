/**
 * Where the process that holds a data file answers, and with what token: a note beside the file that only its user may
 * read. It is believed only when who answers there proves to know the token: a process that died leaves its note, and
 * its port may be another's by now.
 */
import { Effect, FileSystem, Option, Schema } from "effect"

export const Post = Schema.Struct({ pid: Schema.Int, port: Schema.Int, token: Schema.String, since: Schema.Finite })
const Text = Schema.fromJsonString(Post)

export const fileOf = (duckdbPath: string): string => `${duckdbPath}.daemon.json`

/** Put up for as long as the scope lasts. */
export const put = Effect.fnUntraced(function*(duckdbPath: string, post: typeof Post.Type) {
  const fs = yield* FileSystem.FileSystem
  const file = fileOf(duckdbPath)
  const fresh = `${file}.${post.pid}`
  const text = yield* Effect.orDie(Schema.encodeEffect(Text)(post))
  const mine = Effect.map(find(duckdbPath), Option.exists((_) => _.token === post.token))
  yield* Effect.acquireRelease(
    Effect.gen(function*() {
      yield* fs.remove(fresh, { force: true })
      yield* fs.writeFileString(fresh, text, { mode: 0o600, flag: "wx" })
      yield* fs.rename(fresh, file)
    }),
    () => Effect.ignore(Effect.flatMap(mine, (mine) => mine ? fs.remove(file) : Effect.void))
  )
})

/** The note that is there, whoever put it up. */
export const find = Effect.fnUntraced(function*(duckdbPath: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.option(Effect.flatMap(fs.readFileString(fileOf(duckdbPath)), Schema.decodeEffect(Text)))
})
