/**
 * Shows a run while it goes on: bars on a terminal, drawn at most ten times a second, and plain lines elsewhere. What is
 * logged meanwhile comes out between them. However it ends, the last state is drawn and the cursor is back.
 */
import { Clock, type Duration, Effect, Logger, Schedule } from "effect"
import { type Event, Progress } from "../../engine/Progress.ts"
import type * as Plan from "../../engine/Plan.ts"
import { count, counted, oneLine } from "../plain.ts"
import { bars, over } from "./bars.ts"
import { failure, isAll, said, still } from "./lines.ts"
import { planned } from "../run/summary.ts"
import { Screen } from "./Screen.ts"
import * as State from "./State.ts"

export interface Shown {
  readonly plan: (plan: Plan.Plan<unknown, unknown>) => Effect.Effect<void>
  readonly state: Effect.Effect<State.State>
}

export interface Options {
  /** Plain lines on a terminal, too. */
  readonly plain: boolean
  readonly limit?: number
}

export const show = Effect.fnUntraced(function*<A, E, R>(options: Options, run: (shown: Shown) => Effect.Effect<A, E, R>) {
  const screen = yield* Screen
  const animates = screen.animates && !options.plain
  let state = State.initial(options.limit)
  /** What has to be written above the bars. */
  let notes: ReadonlyArray<string> = []
  let drawn: ReadonlyArray<string> = []
  let lastSaid = yield* Clock.currentTimeMillis

  const draw = Effect.gen(function*() {
    const next = bars(state, yield* Clock.currentTimeMillis, screen.columns(), screen.rows())
    if (notes.length === 0 && next.join("\n") === drawn.join("\n")) return
    const up = drawn.length > 0 ? `\x1b[${drawn.length}A\x1b[0J` : ""
    const text = up + [...notes, ...next].map((_) => `${_}\n`).join("")
    notes = []
    drawn = next
    screen.write(text)
  })

  const remind = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now - lastSaid < SILENCE) return
    lastSaid = now
    const lines = [...state.lines.values()].filter((_) => _.endedAt === undefined).map((_) => still(state, _, now))
    screen.write(lines.map((_) => `${_}\n`).join(""))
  })

  const others = yield* Progress
  const listen = Effect.fnUntraced(function*(event: Event) {
    yield* others(event)
    const now = yield* Clock.currentTimeMillis
    const before = state
    state = State.apply(before, event, now)
    if (animates) {
      const failed = failure(before, event)
      const ended = [...state.lines.values()].filter((_) =>
        _.endedAt !== undefined && before.lines.get(_.asset)?.endedAt === undefined && !isAll(failed, _)
      )
      notes = [...notes, ...(failed === undefined ? [] : [failed]), ...ended.map((_) => over(_, screen.columns()))]
      return
    }
    const line = said(before, state, event, now)
    if (line === undefined) return
    lastSaid = now
    screen.write(`${line}\n`)
  })

  const logger = Logger.make(({ logLevel, message }) => {
    const line = `${logLevel.toLowerCase()}: ${oneLine([message].flat().map(String).join(" "))}`
    if (animates) notes = [...notes, line]
    else screen.write(`${line}\n`)
  })

  const running = run({
    plan: (plan) =>
      Effect.sync(() => {
        state = State.planned(state, plan)
        if (plan.steps.length === 0) return
        const lines = planned(plan)
        if (animates) notes = [...notes, ...lines]
        else screen.write(lines.map((_) => `${_}\n`).join(""))
      }),
    state: Effect.sync(() => state)
  }).pipe(Effect.provideService(Progress, listen), Effect.provide(Logger.layer([logger])))

  const every = (interval: Duration.Input, what: Effect.Effect<void>) =>
    Effect.raceFirst(running, Effect.andThen(Effect.repeat(what, Schedule.spaced(interval)), Effect.never))
  const shown = !animates ? every("1 second", remind) : Effect.sync(() => screen.write(HIDE)).pipe(
    Effect.andThen(every("100 millis", draw)),
    Effect.ensuring(Effect.andThen(draw, Effect.sync(() => screen.write(SHOW))))
  )
  return yield* Effect.onInterrupt(shown, () => Effect.sync(() => screen.write(kept(state))))
})

// helpers

/** What an interruption leaves behind. */
const kept = ({ lines, plan }: State.State): string => {
  const slices = [...plan.values()].reduce((sum, _) => sum + _.slices, 0)
  const made = [...lines.values()].reduce((sum, _) => sum + _.ended - _.failed, 0)
  return `Interrupted. ${count(made)} of ${
    counted(slices, "part")
  } had ended, and what they made is kept: run it again to go on from there.\n`
}

const HIDE = "\x1b[?25l"
const SHOW = "\x1b[?25h\n"
/** An asset that says nothing for this long is mentioned. */
const SILENCE = 10_000
