/** Where progress is shown: standard error, so that data on standard output stay what they are. */
import { Config, Context, Effect, Layer } from "effect"

export class Screen extends Context.Service<Screen, {
  /** Can lines be drawn again? Not in a log, a pipe, a CI job or a dumb terminal. */
  readonly animates: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly write: (text: string) => void
}>()("crypto/cli/Screen") {
  /** This process's. */
  static readonly layer = Layer.effect(
    Screen,
    Effect.gen(function*() {
      const { stderr } = process
      const [term, ci] = yield* Effect.orDie(Effect.all([Config.option(Config.String("TERM")), Config.option(Config.String("CI"))]))
      const isCi = ci._tag === "Some" && !["0", "false"].includes(ci.value)
      return Screen.of({
        // where it is no terminal, Node leaves it out
        animates: Boolean(stderr.isTTY) && !isCi && !(term._tag === "Some" && term.value === "dumb"),
        columns: () => stderr.columns || 80,
        rows: () => stderr.rows || 24,
        write: (text) => void stderr.write(text)
      })
    })
  )
}
