/**
 * What the engine costs beside the least that could do the same, in one process and side by side:
 *
 * - a step that does nothing, beside the full floor: ready queue, 8 workers, and for each step a span, annotations, a
 *   timeout, and two events that reach DuckDB in batches;
 * - the status of 3,000 days × 100 subjects, and what their state takes in the data file;
 * - `crypto --help` beside an empty script, `crypto run` of what is fresh beside a process that opens DuckDB.
 *
 * Figures are medians of interleaved rounds: within the process of processor time, which other work on the machine does
 * not count into; of commands of the time until they ended. Ratios hold on any machine, milliseconds on this one.
 */
import { DuckDBInstance } from "@duckdb/node-api"
import { Clock, DateTime, Effect, Exit, Layer, Queue } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Asset from "../src/engine/Asset.ts"
import { Entry, Manifest } from "../src/engine/Manifest.ts"
import * as Partition from "../src/engine/Partition.ts"
import * as Plan from "../src/engine/Plan.ts"
import * as Run from "../src/engine/Run.ts"
import * as Status from "../src/engine/Status.ts"
import * as Subject from "../src/engine/Subject.ts"
import * as DuckDbLayer from "../src/layers/DuckDb.ts"
import * as LedgerLayer from "../src/layers/Ledger.ts"
import * as ManifestLayer from "../src/layers/Manifest.ts"
import * as Memory from "../src/layers/Memory.ts"
import { DuckDb } from "../src/services/DuckDb.ts"
import { compare, median, table } from "./measure.ts"

const root = fileURLToPath(new URL("../", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "bench-"))
const N = 1000

try {
  await steps()
  await state()
  commands()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// helpers

/** Ten wide, each reading two of the layer before. */
function parentsOf(i: number): ReadonlyArray<number> {
  const row = Math.floor(i / 10) - 1
  return row < 0 ? [] : [row * 10 + i % 10, row * 10 + (i + 1) % 10]
}

async function steps(): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run("CREATE TABLE event (run VARCHAR, step VARCHAR, kind VARCHAR, ts BIGINT)")

  /** The floor: what any engine has to do for a step, and nothing else. */
  const floor = Effect.gen(function*() {
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

  const store = Memory.store<{ readonly n: number }>()()
  const assets: Array<Asset.Any> = []
  for (let i = 0; i < N; i++) {
    const from = Object.fromEntries(parentsOf(i).map((_) => [`p${_}`, assets[_] as Asset.Any]))
    assets.push(untyped(`a${i}`, { about: "", from, into: store, timeout: "1 minute" }, () => Effect.succeed([])))
  }
  const engine = Effect.gen(function*() {
    const report = yield* Run.execute((yield* Plan.make(assets)) as Plan.Plan, { concurrency: 8 })
    if (report.state !== "succeeded" || report.results.length !== N) throw new Error("not every step was made")
  })
  const inMemory = () => Effect.provide(engine, Layer.fresh(Memory.layer)) as Effect.Effect<void>
  let files = 0
  const durable = () =>
    Effect.provide(engine,
      Layer.mergeAll(Layer.fresh(Memory.rows), Layer.fresh(Memory.manifest),
        Layer.fresh(LedgerLayer.layer(join(folder, `${files++}.sqlite`))))) as Effect.Effect<void>
  const again = Effect.gen(function*() {
    yield* engine
    const begun = process.cpuUsage()
    for (let i = 0; i < 3; i++) yield* Plan.make(assets)
    return cpu(begun) / 3
  })

  const cold = [await time(floor), await time(inMemory())]
  // V8 has optimised what a run calls after some thirty of them
  await compare(30, () => time(floor), () => time(inMemory()))
  const [bare, ours] = await compare(15, () => time(floor), () => time(inMemory()))
  const [recorded] = await compare(1, () => time(durable()))
  const fresh = await Effect.runPromise(Effect.provide(again, Layer.fresh(Memory.layer)) as Effect.Effect<number>)
  table(`A step that does nothing, N = ${N}, concurrency 8`, ["", "µs a step (cpu)", "beside the floor"], [
    ["the full floor (warm)", us(bare), "1"],
    ["the engine, plan and run, in memory (warm)", us(ours), ratio(ours, bare, 3)],
    ["the same with a ledger on disk, two durable commits a step (warm)", us(recorded), ratio(recorded, bare)],
    ["the full floor (first in the process)", us(cold[0]), "1"],
    ["the engine (first in the process)", us(cold[1]), ratio(cold[1], cold[0], 3)],
    ["planning what is fresh", us(fresh), ""]
  ])
  connection.closeSync()
}

async function state(): Promise<void> {
  class Day extends Partition.daily<Day>()("bench/Day", { exists: "start" }) {}
  const subjects = Array.from({ length: 100 }, (_, i) => `coin-${i}`)
  class Coin extends Subject.make<Coin>()("bench/Coin", Effect.succeed(subjects)) {}
  const prices = Asset.make("prices", {
    about: "",
    into: Memory.store<{ readonly day: string; readonly coin: string }>()({ key: "day", subject: "coin" }),
    per: Day,
    of: Coin
  }, () => Effect.succeed([]))
  const returns = Asset.make("returns", {
    about: "",
    from: { prices: Asset.trailing(prices, Day, 2) },
    into: Memory.store<{ readonly day: string; readonly coin: string }>()({ key: "day", subject: "coin" }),
    per: Day,
    of: Coin
  }, () => Effect.succeed([]))
  const measured = (
    path: string,
    entries: (today: number, day: (ordinal: number) => string) => Iterable<readonly [first: string, last: string, subject: string]>
  ) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const manifest = yield* Manifest
      const today = Day.calendar.ordinalAt(yield* Clock.currentTimeMillis)
      yield* sql.checkpoint
      const before = statSync(path).size
      yield* sql.atomic(Effect.forEach(["prices", "returns"], (asset) =>
        Effect.forEach(entries(today, Day.calendar.keyOf), ([first, last, subject], i) =>
          manifest.publish(new Entry({
            id: `${asset}-${i}`,
            asset,
            subject,
            window: { first, last },
            changed: [{ first, last }],
            codeVersion: "1",
            sawUpTo: 1e6,
            inputs: {},
            rows: 3000,
            contentHash: "0123456789abcdef0123456789abcdef",
            warnings: [],
            at: DateTime.toEpochMillis(DateTime.makeUnsafe("2026-11-25T00:00:00Z"))
          })), { discard: true }), { discard: true }))
      yield* sql.checkpoint
      const size = statSync(path).size - before
      const times: Array<number> = []
      for (let i = 0; i < 7; i++) {
        const begun = process.cpuUsage()
        const [one, two] = yield* Status.of([prices, returns])
        times.push(cpu(begun))
        if (one?.state !== "fresh" || two?.state !== "fresh")
          throw new Error(`not fresh: ${JSON.stringify([one, two])}`)
      }
      return { size, first: times[0] ?? NaN, warm: median(times) }
    }).pipe(
      Effect.provide(
        Layer.mergeAll(Layer.fresh(LedgerLayer.layer(":memory:")), Layer.succeed(Partition.Horizon, 3000), Layer.fresh(Memory.rows),
          ManifestLayer.layer).pipe(
            Layer.provideMerge(DuckDbLayer.layer({ path, stamp: { source: "bench", currency: "none" } }))
          )
      )
    )
  const whole = await Effect.runPromise(
    measured(join(folder, "whole.duckdb"), (today, day) => subjects.map((_) => [day(today - 2999), day(today), _] as const))
  )
  const monthly = await Effect.runPromise(measured(join(folder, "monthly.duckdb"), function*(today, day) {
    for (let from = today - 2999; from <= today; from += 30)
      for (const _ of subjects) yield [day(from), day(Math.min(today, from + 29)), _] as const
  }))
  table("The status of two assets of 3,000 days × 100 subjects", ["made", "state in the file", "status, first (cpu)", "status, warm (cpu)"],
    [
      ["in one go", kib(whole.size), ms(whole.first), `${ms(whole.warm)} (goal 50 ms, 1 MiB)`],
      ["month by month", kib(monthly.size), ms(monthly.first), ms(monthly.warm)]
    ])
}

function commands(): void {
  const node = process.execPath
  const crypto = join(root, "dist/crypto.js")
  const [empty, bare] = [join(folder, "empty.mjs"), join(root, "bench/bareDuckDb.mjs")]
  writeFileSync(empty, "")
  const env = { ...process.env, CRYPTO_DATA_DIR: join(folder, "data"), CRYPTO_STATE_DIR: join(folder, "state"), NO_COLOR: "1" }
  const run = (...args: ReadonlyArray<string>) => {
    const begun = performance.now()
    const ended = spawnSync(node, args, { env, encoding: "utf8" })
    if (ended.status !== 0) throw new Error(`${args.join(" ")} ended with ${ended.status}: ${ended.stderr}`)
    return performance.now() - begun
  }
  const fresh = [crypto, "run", "coin_list", "--source", "sandbox"]
  run(...fresh)
  run(bare, join(folder, "bare.duckdb"))
  const [nothing, help, opens, runs] = compareSync(11, () => run(empty), () => run(crypto, "--help"),
    () => run(bare, join(folder, "bare.duckdb")), () => run(...fresh))
  table("A command, cold", ["", "ms", "beside the bare"], [
    ["an empty script", ms(nothing), "1"],
    ["crypto --help", ms(help), ratio(help, nothing, 2)],
    ["a process that opens DuckDB, writes a row and reads it", ms(opens), "1"],
    ["crypto run of what is fresh", ms(runs), ratio(runs, opens, 1.25)]
  ])
}

function compareSync(rounds: number, ...runs: ReadonlyArray<() => number>): ReadonlyArray<number> {
  const times = runs.map((): Array<number> => [])
  for (let round = 0; round < rounds; round++) runs.forEach((run, i) => times[i]?.push(run()))
  return times.map(median)
}

async function time(effect: Effect.Effect<void, unknown>): Promise<number> {
  const begun = process.cpuUsage()
  await Effect.runPromise(effect)
  return cpu(begun)
}

/** Milliseconds of the processor's since then. */
function cpu(begun: NodeJS.CpuUsage): number {
  const { system, user } = process.cpuUsage(begun)
  return (system + user) / 1000
}

/** What a graph is made of is known when it is drawn, so the types of its assets are not. */
function untyped(name: string, options: object, body: () => Effect.Effect<unknown>): Asset.Any {
  return (Asset.make as unknown as (name: string, options: object, body: () => Effect.Effect<unknown>) => Asset.Any)(name, options, body)
}

function us(millis = NaN): string {
  return (millis / N * 1000).toFixed(1)
}
function ms(millis = NaN): string {
  return `${millis.toFixed(1)} ms`
}
function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`
}
function ratio(ours = NaN, floor = NaN, goal?: number): string {
  return `${(ours / floor).toFixed(2)}${goal === undefined ? "" : ` (goal ${goal})`}`
}
