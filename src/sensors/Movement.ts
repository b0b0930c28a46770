/**
 * How far prices moved, and when that is worth a run: arithmetic on what was seen before and what is seen now.
 *
 * At a look at time t, a coin's move is p(t) / p(s) − 1 for that earlier look s in [t − window, t) for which its size is
 * greatest (of equal ones the earliest). The coin FIRES at t if the size is at least `threshold`, it is armed, and at
 * least `coolDown` has passed since it fired last. Firing disarms it; it is armed again at the first look at which the
 * size is below `threshold − hysteresis` (or nothing within the window is known), and can fire from the next look on.
 * A price that is missing, or not above 0, is no look at that coin.
 */
import { Duration, Schema } from "effect"

export interface Options {
  /** 0.05 is five percent, up or down. */
  readonly threshold: number
  readonly window: Duration.Input
  /** How much calmer than the threshold it has to be before it may fire again. */
  readonly hysteresis: number
  readonly coolDown: Duration.Input
}

/** `[epoch milliseconds, price]` */
const Observation = Schema.Tuple([Schema.Finite, Schema.Finite])

/** Of one coin: what was seen within the window, oldest first. */
export const State = Schema.Struct({
  seen: Schema.Array(Observation),
  armed: Schema.Boolean,
  firedAt: Schema.NullOr(Schema.Finite)
})
export type State = typeof State.Type

export interface Move {
  /** p(t) / p(since) − 1 */
  readonly size: number
  readonly since: number
}

export const initial: State = { seen: [], armed: true, firedAt: null }

/** One look at one coin. */
export const look = (
  state: State,
  at: number,
  price: number,
  options: Options
): { readonly state: State; readonly move: Move | undefined; readonly fires: boolean } => {
  const reach = at - Duration.toMillis(Duration.fromInputUnsafe(options.window))
  const before = state.seen.filter(([time]) => time >= reach && time < at)
  const move = greatest(before, price)
  const size = move === undefined ? 0 : Math.abs(move.size)
  const rested = state.firedAt === null || at - state.firedAt >= Duration.toMillis(Duration.fromInputUnsafe(options.coolDown))
  const fires = state.armed && rested && move !== undefined && size >= options.threshold
  const armed = fires ? false : state.armed || size < options.threshold - options.hysteresis
  return { state: { seen: [...before, [at, price]], armed, firedAt: fires ? at : state.firedAt }, move, fires }
}

// helpers

const greatest = (before: State["seen"], price: number): Move | undefined => {
  let found: Move | undefined
  for (const [since, old] of before) {
    const size = price / old - 1
    if (found === undefined || Math.abs(size) > Math.abs(found.size)) found = { size, since }
  }
  return found
}
