/**
 * An instance of DuckDB that is begun before it is known what for. It has no file, and nothing is opened by making it; but
 * loading DuckDB and making one take as long as all assets take to load, and can be done meanwhile.
 */
import { Context, Effect, Fiber, Layer, Option } from "effect"
import * as Asset from "../../engine/Asset.ts"
import type { DuckDbError } from "../../services/DuckDb.ts"
import { load } from "./native.ts"
import { start, type Started } from "./open.ts"

export interface Spare {
  /** The spare instance, for the first that asks. */
  readonly take: Effect.Effect<Option.Option<Started>, DuckDbError>
}
export const Spare = Context.Reference<Spare>("crypto/layers/duckdb/Spare", { defaultValue: () => ({ take: Effect.succeedNone }) })

/** Begins it, and does not wait for it. One that nobody took is closed with the scope. */
export const layer: Layer.Layer<never> = Layer.effect(
  Spare,
  Effect.gen(function*() {
    // loaded first: what is loaded after that leaves the pool's threads alone
    const [duck, id] = yield* Effect.all([load, Asset.newId])
    const making = yield* Effect.forkScoped(start(duck, id), { startImmediately: true })
    let spare: typeof making | undefined = making
    const take = Effect.suspend(() => {
      const mine = spare
      spare = undefined
      return mine === undefined ? Effect.succeedNone : Effect.asSome(Fiber.join(mine))
    })
    yield* Effect.addFinalizer(() => Effect.ignoreCause(Effect.map(take, Option.map(close))))
    return { take }
  })
)

// helpers

const close = ({ connection, instance }: Started): void => {
  connection.closeSync()
  instance.closeSync()
}
