/** Telling somebody outside: a web address or a command that the settings name. */
import { Context, type Effect, Schema } from "effect"

export class HookFailed extends Schema.TaggedError<HookFailed>()("HookFailed", {
  hook: Schema.Literals(["webhook", "command"]),
  problem: Schema.String
}) {
  override get message() {
    const setting = this.hook === "webhook" ? "CRYPTO_WEBHOOK_URL" : "CRYPTO_HOOK_COMMAND"
    return `the ${this.hook} (${setting}) was not told: ${this.problem}`
  }
}

/** What is told: the same id for the same news, however often it is told. */
export interface News {
  readonly id: string
  /** One sentence. */
  readonly text: string
  readonly details: Readonly<Record<string, unknown>>
}

export class Hook extends Context.Service<Hook, {
  /** One POST of JSON. Answers whether there is a webhook at all. */
  readonly webhook: (news: News) => Effect.Effect<boolean, HookFailed>
  /** The command, with JSON on its standard input. Answers whether there is one at all. */
  readonly command: (news: News) => Effect.Effect<boolean, HookFailed>
}>()("crypto/services/Hook") {}
