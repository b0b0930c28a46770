/** Standard output as a page: as wide as the terminal, and coloured where a terminal shows colours; else neither. */
import { Effect, Terminal } from "effect"
import { TerminalCapabilities } from "effect/cli"

/** Each leaves the text as it is where there are no colours. */
export interface Ink {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

export interface Page {
  /** Infinite where nobody looks at it: a file or a pipe gets whole lines. */
  readonly columns: number
  readonly ink: Ink
}

export const page: Effect.Effect<Page, never, Terminal.Terminal> = Effect.gen(function*() {
  const { canAnimate, canColor } = yield* TerminalCapabilities.TerminalCapabilities
  const columns = yield* (yield* Terminal.Terminal).columns
  return { columns: canAnimate && columns > 0 ? columns : Infinity, ink: canColor ? coloured : noInk }
})

export const noInk: Ink = { good: (_) => _, bad: (_) => _, warn: (_) => _, dim: (_) => _, bold: (_) => _ }

// helpers

const sgr = (code: number) => (text: string) => text === "" ? "" : `\x1b[${code}m${text}\x1b[0m`

/** The sixteen colours that every terminal has, so that its theme decides how they look. */
const coloured: Ink = { good: sgr(32), bad: sgr(31), warn: sgr(33), dim: sgr(2), bold: sgr(1) }
