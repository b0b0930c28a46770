/** Another process on this machine that holds the data, asked to do a command. */
import { Cause, Effect, Exit, Fiber, Option, Predicate, Schema, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { randomBytes } from "node:crypto"
import * as Api from "./Api.ts"
import * as Guard from "./Guard.ts"
import type { Post } from "./Post.ts"

/** It was there, and then it was not. */
export class Gone extends Schema.TaggedError<Gone>()("Gone", { pid: Schema.Int, cause: Schema.Defect() }) {
  override get message() {
    return `the daemon that has the data (process ${this.pid}) went away while it did this. What it had published is kept: do it again`
  }
}

/** Is it there, and does it know the token? Only then the token is shown to it. */
export const meet = Effect.fnUntraced(function*(post: typeof Post.Type) {
  const baseUrl = `http://127.0.0.1:${post.port}`
  const stranger = yield* HttpApiClient.make(Api.Api, { baseUrl })
  const nonce = randomBytes(16).toString("hex")
  const hello = yield* stranger.daemon.hello({ query: { nonce } }).pipe(Effect.timeout("2 seconds"), Effect.option)
  if (Option.isNone(hello) || !Guard.same(hello.value.proof, Guard.proof(post.token, nonce))) return Option.none()
  const client = yield* HttpApiClient.make(Api.Api, {
    baseUrl,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(post.token))
  })
  return Option.some({ client, hello: hello.value })
}, Effect.provide(FetchHttpClient.layer))

type Met = Effect.Success<ReturnType<typeof meet>>
export type Client = Option.Option.Value<Met>["client"]

/** Has it done there, hears all that is said, and answers the exit code. Interrupted, it is too, and heard to its end. */
export const command = (
  client: Client,
  pid: number,
  asked: Omit<typeof Api.Command.Type, "id">,
  say: (said: typeof Api.Said.Type) => void
) =>
  Effect.gen(function*() {
    const id = randomBytes(16).toString("hex")
    let code: number | undefined
    const hearing = client.daemon.command({ payload: { ...asked, id } }).pipe(
      Stream.unwrap,
      Stream.runForEach((said) =>
        Effect.sync(() => {
          if (said._tag === "Ended") code = said.code
          else say(said)
        })
      )
    )
    const fiber = yield* Effect.forkDetach(hearing, { startImmediately: true })
    const stopped = client.daemon.interrupt({ params: { id }, payload: {} }).pipe(Effect.andThen(Fiber.await(fiber)),
      Effect.timeout("1300 millis"), Effect.ignore)
    const exit = yield* Fiber.await(fiber).pipe(Effect.onInterrupt(() => Effect.andThen(stopped, Fiber.interrupt(fiber))))
    if (code !== undefined) return code
    if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
    const cause = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    return Predicate.isTagged(cause, "SchemaError") ? yield* Effect.die(cause) : yield* new Gone({ pid, cause })
  })
