/** Steps that do nothing, a thousand of them, ten wide, each reading two of the layer before: by the engine, and by the least that could do the same. */
import { DuckDBInstance } from "@duckdb/node-api"
import { Clock, Effect, Exit, Layer, Queue } from "effect"
import * as Asset from "../src/engine/Asset.ts"
import type { Ledger } from "../src/engine/Ledger.ts"
import type { Manifest } from "../src/engine/Manifest.ts"
import * as Plan from "../src/engine/Plan.ts"
import * as Run from "../src/engine/Run.ts"
import * as Memory from "../src/layers/Memory.ts"

export const N = 1000

/** The full floor: a ready queue, 8 workers, and for each step a span, annotations, a timeout, and two events that reach DuckDB in batches. */
export async function floor(): Promise<Effect.Effect<void, unknown>> {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run("CREATE TABLE event (run VARCHAR, step VARCHAR, kind VARCHAR, ts BIGINT)")

  return Effect.gen(function*() {
    const appender = yield* Effect.promise(() => connection.createAppender("event"))
    let rows = 0
    const tell = (step: string, kind: string, at: number) => {
      appender.appendVarchar("r")
      appender.appendVarchar(step)
      appender.appendVarchar(kind)
      appender.appendBigInt(BigInt(at))
      appender.endRow()
      if (++rows % 256 === 0) appender.flushSync()
    }
    const waits = Array.from({ length: N }, (_, i) => parentsOf(i).length)
    const children = Array.from({ length: N }, (): Array<number> => [])
    for (let i = 0; i < N; i++) for (const parent of parentsOf(i)) children[parent]?.push(i)
    const ready = yield* Queue.unbounded<number>()
    let left = N
    for (let i = 0; i < N; i++) if (waits[i] === 0) yield* Queue.offer(ready, i)
    const worker = Effect.gen(function*() {
      while (true) {
        const i = yield* Queue.take(ready)
        if (i < 0) return
        const step = `a${i}`
        tell(step, "started", yield* Clock.currentTimeMillis)
        const exit = yield* Effect.exit(Effect.void.pipe(
          Effect.timeoutOrElse({ duration: "1 minute", orElse: () => Effect.fail("late") }),
          Effect.annotateLogs({ step }),
          Effect.withSpan(step, { attributes: { step } })
        ))
        tell(step, Exit.isSuccess(exit) ? "succeeded" : "failed", yield* Clock.currentTimeMillis)
        for (const child of children[i] ?? []) if ((waits[child] = (waits[child] ?? 0) - 1) === 0) yield* Queue.offer(ready, child)
        if (--left === 0) { for (let w = 0; w < 8; w++) yield* Queue.offer(ready, -1) }
      }
    })
    yield* Effect.all(Array.from({ length: 8 }, () => worker), { concurrency: "unbounded", discard: true })
    appender.flushSync()
    appender.closeSync()
  })
}

export interface Engine {
  readonly assets: ReadonlyArray<Asset.Any>
  /** Plan and run, on what keeps rows, manifest and ledger. */
  readonly run: Effect.Effect<void, unknown, Memory.Rows | Manifest | Ledger>
}

/** Its assets are defined when it is made, which a run finds done. */
export function engine(): Engine {
  const store = Memory.store<{ readonly n: number }>()()
  const assets: Array<Asset.Any> = []
  for (let i = 0; i < N; i++) {
    const from = Object.fromEntries(parentsOf(i).map((_) => [`p${_}`, assets[_] as Asset.Any]))
    assets.push(untyped(`a${i}`, { about: "", from, into: store, timeout: "1 minute" }, () => Effect.succeed([])))
  }
  const run = Effect.gen(function*() {
    const report = yield* Run.execute((yield* Plan.make(assets)) as Plan.Plan, { concurrency: 8 })
    if (report.state !== "succeeded" || report.results.length !== N) throw new Error("not every step was made")
  })
  // the assets' types are not known, so neither is what they ask of the world
  return { assets, run: run as Effect.Effect<void, unknown, Memory.Rows | Manifest | Ledger> }
}

export const inMemory = ({ run }: Engine): Effect.Effect<void, unknown> => Effect.provide(run, Layer.fresh(Memory.layer))

/** Milliseconds that it takes, of the processor and on the clock. */
export async function time(effect: Effect.Effect<void, unknown>): Promise<{ readonly cpu: number; readonly wall: number }> {
  const [begun, at] = [process.cpuUsage(), performance.now()]
  await Effect.runPromise(effect)
  const wall = performance.now() - at
  const { system, user } = process.cpuUsage(begun)
  return { cpu: (system + user) / 1000, wall }
}

// helpers

function parentsOf(i: number): ReadonlyArray<number> {
  const row = Math.floor(i / 10) - 1
  return row < 0 ? [] : [row * 10 + i % 10, row * 10 + (i + 1) % 10]
}

/** What a graph is made of is known when it is drawn, so the types of its assets are not. */
function untyped(name: string, options: object, body: () => Effect.Effect<unknown>): Asset.Any {
  return (Asset.make as unknown as (name: string, options: object, body: () => Effect.Effect<unknown>) => Asset.Any)(name, options, body)
}
