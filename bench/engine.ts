/**
 * What the engine costs beside the least that could do the same, in one process and side by side:
 *
 * - a step that does nothing, beside the full floor (`step.ts`);
 * - the status of 3,000 days × 100 subjects, and what their state takes in the data file;
 * - `crypto --help` beside an empty script, `crypto run` of what is fresh beside a process that opens DuckDB.
 *
 * Figures are medians of interleaved rounds: of what runs again and again in this process, processor time, which other work
 * on the machine does not count into; of what is the first in a process of its own, and of commands, the time until it
 * ended. Ratios hold on any machine, milliseconds on this one.
 */
import { Clock, DateTime, Effect, Layer } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Asset from "../src/engine/Asset.ts"
import { Entry, Manifest } from "../src/engine/Manifest.ts"
import * as Partition from "../src/engine/Partition.ts"
import * as Plan from "../src/engine/Plan.ts"
import * as Status from "../src/engine/Status.ts"
import * as Subject from "../src/engine/Subject.ts"
import * as DuckDbLayer from "../src/layers/DuckDb.ts"
import * as LedgerLayer from "../src/layers/Ledger.ts"
import * as ManifestLayer from "../src/layers/Manifest.ts"
import * as Memory from "../src/layers/Memory.ts"
import { DuckDb } from "../src/services/DuckDb.ts"
import { compare, median, table } from "./measure.ts"
import { engine, floor, inMemory, N, time } from "./step.ts"

const root = fileURLToPath(new URL("../", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "bench-"))

try {
  await steps()
  await state()
  commands()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// helpers

async function steps(): Promise<void> {
  const [bareSteps, ourSteps] = [await floor(), engine()]
  let files = 0
  const durable = () =>
    Effect.provide(ourSteps.run,
      Layer.mergeAll(Layer.fresh(Memory.rows), Layer.fresh(Memory.manifest),
        Layer.fresh(LedgerLayer.layer(join(folder, `${files++}.sqlite`)))))
  const again = Effect.gen(function*() {
    yield* ourSteps.run
    const begun = process.cpuUsage()
    for (let i = 0; i < 3; i++) yield* Plan.make(ourSteps.assets)
    return cpu(begun) / 3
  })
  const cpuOf = async (effect: Effect.Effect<void, unknown>) => (await time(effect)).cpu

  // V8 has optimised what a run calls after some thirty of them
  await compare(30, () => cpuOf(bareSteps), () => cpuOf(inMemory(ourSteps)))
  const [bare, ours] = await compare(15, () => cpuOf(bareSteps), () => cpuOf(inMemory(ourSteps)))
  const [recorded] = await compare(1, () => cpuOf(durable()))
  const fresh = await Effect.runPromise(Effect.provide(again, Layer.fresh(Memory.layer)) as Effect.Effect<number>)
  const first = (what: "floor" | "engine") => {
    const ended = spawnSync(process.execPath, ["--expose-gc", join(root, "bench/firstStep.ts"), what], { encoding: "utf8" })
    if (ended.status !== 0) throw new Error(ended.stderr)
    const took: { readonly wall: number } = JSON.parse(ended.stdout)
    return took.wall
  }
  const [bareFirst, ourFirst] = compareSync(11, () => first("floor"), () => first("engine"))
  table(`A step that does nothing, N = ${N}, concurrency 8`, ["", "µs a step", "beside the floor"], [
    ["the full floor (warm, cpu)", us(bare), "1"],
    ["the engine, plan and run, in memory (warm, cpu)", us(ours), ratio(ours, bare, 3)],
    ["the same with a ledger on disk, two durable commits a step (warm, cpu)", us(recorded), ratio(recorded, bare)],
    ["the full floor (first in its process, on the clock)", us(bareFirst), "1"],
    ["the engine (first in its process, on the clock)", us(ourFirst), ratio(ourFirst, bareFirst, 3)],
    ["planning what is fresh (cpu)", us(fresh), ""]
  ])
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
  const [nothing, help, opens, runs] = compareSync(21, () => run(empty), () => run(crypto, "--help"),
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

/** Milliseconds of the processor's since then. */
function cpu(begun: NodeJS.CpuUsage): number {
  const { system, user } = process.cpuUsage(begun)
  return (system + user) / 1000
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
