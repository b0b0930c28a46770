/**
 * The one module that loads `@duckdb/node-api`, when the first database is opened.
 *
 * What runs on a connection can be stopped: an interruption, or the deadline, asks DuckDB to stop until it has.
 * (DuckDB forgets a request that comes before the query has started, so it is asked again and again.) The deadline is
 * kept in real time: a test that moves the clock by a day does not end the query it waits for.
 *
 * Results are always read whole. The driver's streams end early, without an error, when a query fails half-way.
 */
import type * as Duck from "@duckdb/node-api"
import { Effect } from "effect"

export type Api = typeof Duck
export type Instance = Duck.DuckDBInstance
export type Connection = Duck.DuckDBConnection
export type Result = Awaited<ReturnType<Duck.DuckDBConnection["run"]>>
export type Type = Duck.DuckDBType
export type Value = Duck.DuckDBValue

/** 0.1 to 0.3 s, once. */
export const load: Effect.Effect<Api> = Effect.promise(() => import("@duckdb/node-api"))

/** Why work on a connection ended without a result. */
export type Failure =
  | { readonly _tag: "Failed"; readonly cause: unknown }
  | { readonly _tag: "Late"; readonly seconds: number }

/** A connection, and what is needed to stop what runs on it. */
export class Link {
  readonly connection: Connection
  /** Whether something of what ran here may be left: a transaction, a temporary table, a failure. */
  used = false
  private running: (() => Promise<void>) | undefined

  constructor(connection: Connection) {
    this.connection = connection
  }

  /** Runs until it has settled: also when interrupted, nothing is left behind. `stopping` tells work in JavaScript to end. */
  run<A>(work: (connection: Connection, stopping: () => boolean) => Promise<A>, deadline: number = Infinity): Effect.Effect<A, Failure> {
    return Effect.callback<A, Failure>((resume) => {
      let settled = false
      let stopping = false
      let late = false
      const settle = (result: Effect.Effect<A, Failure>) => {
        settled = true
        clearTimeout(timer)
        this.running = undefined
        resume(result)
      }
      const done = work(this.connection, () => stopping).then(
        (value) => settle(Effect.succeed(value)),
        (cause: unknown) => settle(Effect.fail(late ? { _tag: "Late", seconds: deadline / 1000 } : { _tag: "Failed", cause }))
      )
      const stop = async () => {
        stopping = true
        while (!settled) {
          this.connection.interrupt()
          await Promise.race([done, pause(askAgain)])
        }
      }
      const timer = deadline === Infinity ? undefined : setTimeout(() => {
        late = true
        void stop()
      }, Math.min(deadline, longestTimer))
      this.running = stop
      return Effect.promise(stop)
    })
  }

  /** Stops what runs, if anything does. */
  stop(): Promise<void> {
    return this.running?.() ?? Promise.resolve()
  }

  close(): void {
    this.connection.closeSync()
  }
}

/** `holds`: whether the process stays for it. */
export const pause = (millis: number, holds = true) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, millis)
    if (!holds) timer.unref()
  })

// helpers

/** Interruption was measured to take 1 to 128 ms; asking costs nothing. */
const askAgain = 5
/** Node fires a longer timer at once. */
const longestTimer = 2 ** 31 - 1
