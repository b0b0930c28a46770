/** The reason of ours behind an error, whether it came as it is or as the cause of a `SqlError`. */
import { Effect, Option } from "effect"
import { SqlError } from "effect/sql"
import { DuckDbError, type Reason } from "../../../src/services/DuckDb.ts"

export const reasonOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Reason | undefined, A, R> =>
  Effect.map(Effect.flip(effect), (error) => {
    if (error instanceof DuckDbError) return error.reason
    return SqlError.isSqlError(error) ? Option.getOrUndefined(Option.map(DuckDbError.of(error), (_) => _.reason)) : undefined
  })
