/** What is old goes, and nothing that is needed. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Event, Ledger } from "../../src/engine/Ledger.ts"
import * as CoinGeckoTest from "../../src/layers/coingecko/CoinGeckoTest.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as Retention from "../../src/layers/Retention.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import type { Settings } from "../../src/services/Settings.ts"

const DAY = 86_400_000
const now = 1000 * DAY
const keep = { runs: 10, ticks: 10, offenders: 10, raw: 10, temporary: 1 }

const inFolder = <A, E>(
  test: (folder: string) => Effect.Effect<A, E, Ledger | DuckDb | Settings | NodeServices.NodeServices>,
  chosen: Partial<typeof keep> = {}
) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "gc-"))),
      (_) => Effect.sync(() => rmSync(_, { recursive: true })))
    yield* TestClock.setTime(now - 20 * DAY)
    const settings = CoinGeckoTest.settings({ dataDir: folder, keep: { ...keep, ...chosen } })
    return yield* test(folder).pipe(
      Effect.provide(Layer.mergeAll(settings, LedgerLayer.layer(":memory:"), DuckDbLayer.layerMemory, NodeServices.layer), { local: true })
    )
  }).pipe(Effect.scoped)

const file = (folder: string, name: string, days: number): string => {
  const path = join(folder, name)
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, "12345")
  utimesSync(path, (now - days * DAY) / 1000, (now - days * DAY) / 1000)
  return path
}

const counts = (isMeant: boolean) => Effect.map(Retention.sweep(isMeant), (_) => _.map(({ bytes, count, what }) => [what, count, bytes]))

const run = (id: string, state: "succeeded" | "failed"): ReadonlyArray<Event> => [
  { _tag: "RunRequested", id: `q-${id}`, trigger: "a test", targets: [] },
  { _tag: "RunStarted", run: id, targets: [], trigger: "a test", request: `q-${id}` },
  { _tag: "StepStarted", run: id, id: `s-${id}`, asset: id.slice(0, 1), window: "", subject: "", why: "" },
  { _tag: "StepEnded", id: `s-${id}`, state, rows: 0, changed: 0, note: "" },
  { _tag: "RunEnded", run: id, state },
  { _tag: "RequestEnded", request: `q-${id}`, state, note: "" }
]

it.effect("runs that ended go with their requests; those that are open, new, or the last word on what failed stay", () =>
  inFolder(() =>
    Effect.gen(function*() {
      const { open, record, requests, runs } = yield* Ledger
      const all = (events: ReadonlyArray<Event>) => Effect.forEach(events, (_) => record(_))
      yield* all([...run("a1", "succeeded"), ...run("b1", "failed"), ...run("c1", "failed"), ...run("c2", "succeeded")])
      yield* all([
        { _tag: "RunRequested", id: "open", trigger: "a test", targets: [] },
        { _tag: "RunStarted", run: "open", targets: [], trigger: "a test" }
      ])
      yield* TestClock.setTime(now)
      yield* all(run("d1", "succeeded"))
      const ids = Effect.map(Effect.all([runs(99), requests({})]), ([runs, requests]) => [runs.map((_) => _.id), requests.map((_) => _.id)])
      const before = yield* ids
      assert.deepStrictEqual((yield* counts(false))[0], ["runs", 3, 0])
      assert.deepStrictEqual(yield* ids, before, "nothing is gone that was only counted")
      assert.deepStrictEqual((yield* counts(true))[0], ["runs", 3, 0])
      assert.deepStrictEqual(yield* ids, [["d1", "open", "b1"], ["q-b1", "open", "q-d1"]])
      assert.deepStrictEqual((yield* open).runs.map((_) => _.id), ["open"])
      assert.deepStrictEqual((yield* counts(true))[0], ["runs", 0, 0])
    })
  ))

it.effect("raw answers and half-written files go when they are old, whatever else lies there stays", () =>
  inFolder((folder) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const old = [
        file(folder, "raw/chart/2026-01-01/x.json.gz", 11),
        file(folder, "charts/.a.svg.tmp", 2),
        file(folder, "raw/chart/y.tmp", 2)
      ]
      const kept = [
        file(folder, "raw/chart/2026-01-12/x.json.gz", 9),
        file(folder, "raw/notes.txt", 99),
        file(folder, "charts/a.svg", 99),
        file(folder, "charts/.b.svg.tmp", 0.5),
        file(folder, "crypto.duckdb", 99)
      ]
      const expected = [["raw", 1, 5], ["temporary", 2, 10]]
      assert.deepStrictEqual((yield* counts(false)).slice(3), expected)
      assert.isTrue(old.every((_) => existsSync(_)))
      assert.deepStrictEqual((yield* counts(true)).slice(3), expected)
      assert.deepStrictEqual([...old, ...kept].filter((_) => existsSync(_)), kept)
    })
  ))

it.effect("what is kept for ever stays", () =>
  inFolder((folder) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const old = file(folder, "raw/chart/x.json.gz", 900)
      assert.deepStrictEqual((yield* counts(true))[3], ["raw", 0, 0])
      assert.isTrue(existsSync(old))
    }), { raw: Infinity, offenders: Infinity, runs: Infinity, ticks: Infinity }))

it.effect("rows that checks refused go when they are old", () =>
  inFolder(() =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const sql = yield* DuckDb
      assert.deepStrictEqual((yield* counts(true))[2], ["offenders", 0, 0], "where there are none")
      yield* sql`CREATE TABLE _offenders AS
        SELECT 'x' AS id, to_timestamp(${(now - 11 * DAY) / 1000}) AS refused_at UNION ALL SELECT 'y', to_timestamp(${
        (now - 9 * DAY) / 1000
      })`
      assert.deepStrictEqual((yield* counts(true))[2], ["offenders", 1, 0])
      assert.deepStrictEqual(yield* sql`SELECT id FROM _offenders`, [{ id: "y" }])
    })
  ))
