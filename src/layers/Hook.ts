/**
 * Hooks over fetch and a shell. The web address is a secret, since whoever knows it may post there: it is in no message
 * and no span, and only the address itself is sent to: a redirection is a failure.
 */
import { Context, Duration, Effect, Layer, Option, Redacted, Schedule } from "effect"
import { spawn } from "node:child_process"
import { Hook, HookFailed, type News } from "../services/Hook.ts"
import { Settings } from "../services/Settings.ts"

export const layer: Layer.Layer<Hook, never, Settings> = Layer.effect(
  Hook,
  Effect.gen(function*() {
    const { hookCommand, webhookUrl } = yield* Settings
    const context = yield* Effect.context()
    const post = (url: string, news: News) =>
      Effect.tryPromise({
        try: async (signal) =>
          Context.get(context, await fetching())(url, {
            method: "POST",
            redirect: "manual",
            signal,
            headers: { "content-type": "application/json", "idempotency-key": news.id },
            body: body(news)
          }),
        // what a fetch says of its failure may hold the address
        catch: () => new HookFailed({ hook: "webhook", problem: "nobody answered there" })
      }).pipe(
        Effect.flatMap((response) =>
          response.ok ? Effect.void : new HookFailed({ hook: "webhook", problem: `it answered ${response.status}` })
        ),
        Effect.timeoutOrElse({
          duration: patience,
          orElse: () => new HookFailed({ hook: "webhook", problem: `it did not answer within ${Duration.format(patience)}` })
        }),
        Effect.retry({ schedule: again, times: 2 })
      )
    return Hook.of({
      webhook: (news) => Option.isNone(webhookUrl) ? Effect.succeed(false) : Effect.as(post(Redacted.value(webhookUrl.value), news), true),
      command: (news) => Option.isNone(hookCommand) ? Effect.succeed(false) : Effect.as(run(hookCommand.value, news), true)
    })
  })
)

// helpers

/** Loaded for who sends: most commands tell nobody. */
const fetching = () => import("effect/http").then(({ FetchHttpClient }) => FetchHttpClient.Fetch)

const patience = Duration.seconds(10)
const again = Schedule.exponential("1 second").pipe(Schedule.jittered)

/** `text` and `content` are where the usual chat services look. */
const body = ({ details, id, text }: News): string => JSON.stringify({ id, text, content: text, ...details })

/** The news reach the command as its input, never as a part of it. */
const run = (command: string, news: News) =>
  Effect.callback<void, HookFailed>((resume) => {
    const fail = (problem: string) => resume(new HookFailed({ hook: "command", problem }))
    const child = spawn(command, { shell: true, stdio: ["pipe", "ignore", "ignore"] })
    child.on("error", (error) => fail(error.message))
    child.on("exit",
      (code, signal) => code === 0 ? resume(Effect.void) : fail(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`))
    // a command that does not read its input is none the worse
    child.stdin.on("error", () => {})
    child.stdin.end(body(news))
    return Effect.sync(() => void child.kill())
  }).pipe(Effect.timeoutOrElse({
    duration: "30 seconds",
    orElse: () => new HookFailed({ hook: "command", problem: "it did not end within 30 seconds" })
  }))
