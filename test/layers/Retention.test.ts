/** What is old goes, and nothing that is needed. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Asset from "../../src/engine/Asset.ts"
import { type Event, Ledger } from "../../src/engine/Ledger.ts"
import { Entry, Manifest } from "../../src/engine/Manifest.ts"
import * as CoinGeckoTest from "../../src/layers/coingecko/CoinGeckoTest.ts"
import * as DuckDbLayer from "../../src/layers/DuckDb.ts"
import * as LedgerLayer from "../../src/layers/Ledger.ts"
import * as ManifestLayer from "../../src/layers/Manifest.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as Retention from "../../src/layers/Retention.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import type { Settings } from "../../src/services/Settings.ts"

const DAY = 86_400_000
const now = 1000 * DAY
const keep = { runs: 10, ticks: 10, superseded: 10, offenders: 10, raw: 10, temporary: 1 }

const data = Layer.fresh(ManifestLayer.layer.pipe(Layer.provideMerge(DuckDbLayer.layerMemory)))

const inFolder = <A, E>(
  test: (folder: string) => Effect.Effect<A, E, Ledger | Manifest | DuckDb | Settings | NodeServices.NodeServices>,
  chosen: Partial<typeof keep> = {}
) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "gc-"))),
      (_) => Effect.sync(() => rmSync(_, { recursive: true })))
    yield* TestClock.setTime(now - 20 * DAY)
    const settings = CoinGeckoTest.settings({ dataDir: folder, keep: { ...keep, ...chosen } })
    return yield* test(folder).pipe(
      Effect.provide(Layer.mergeAll(settings, LedgerLayer.layer(":memory:"), data, NodeServices.layer), { local: true })
    )
  }).pipe(Effect.scoped)

const snapshot = Asset.make("snapshot", { about: "", aliases: ["quotes"], into: Memory.store<{ readonly price: number }>()() },
  () => Effect.succeed([]))

const file = (folder: string, name: string, days: number): string => {
  const path = join(folder, name)
  mkdirSync(join(path, ".."), { recursive: true })
  writeFileSync(path, "12345")
  utimesSync(path, (now - days * DAY) / 1000, (now - days * DAY) / 1000)
  return path
}

const counts = (isMeant: boolean) =>
  Effect.map(Retention.sweep([snapshot], isMeant), (_) => _.map(({ bytes, count, what }) => [what, count, bytes]))

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
      assert.deepStrictEqual((yield* counts(false)).slice(4), expected)
      assert.isTrue(old.every((_) => existsSync(_)))
      assert.deepStrictEqual((yield* counts(true)).slice(4), expected)
      assert.deepStrictEqual([...old, ...kept].filter((_) => existsSync(_)), kept)
    })
  ))

it.effect("what is kept for ever stays", () =>
  inFolder((folder) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const old = file(folder, "raw/chart/x.json.gz", 900)
      assert.deepStrictEqual((yield* counts(true))[4], ["raw", 0, 0])
      assert.isTrue(existsSync(old))
    }), { raw: Infinity, offenders: Infinity, superseded: Infinity, runs: Infinity, ticks: Infinity }))

it.effect("rows that checks refused go when they are old", () =>
  inFolder(() =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const sql = yield* DuckDb
      assert.deepStrictEqual((yield* counts(true))[3], ["offenders", 0, 0], "where there are none")
      yield* sql`CREATE TABLE _offenders AS
        SELECT 'x' AS id, to_timestamp(${(now - 11 * DAY) / 1000}) AS refused_at UNION ALL SELECT 'y', to_timestamp(${
        (now - 9 * DAY) / 1000
      })`
      assert.deepStrictEqual((yield* counts(true))[3], ["offenders", 1, 0])
      assert.deepStrictEqual(yield* sql`SELECT id FROM _offenders`, [{ id: "y" }])
    })
  ))

const published = (id: string, days: number, asset = "snapshot") =>
  Manifest.use((_) =>
    _.publish(
      new Entry({
        id,
        asset,
        subject: "",
        window: { first: "", last: "" },
        changed: [{ first: "", last: "" }],
        codeVersion: "1",
        sawUpTo: 0,
        inputs: {},
        rows: 1,
        contentHash: id,
        warnings: [],
        at: now - days * DAY
      })
    )
  )

it.effect("entries of what was made again go when they are old; the newest of each stays, however old, and so does what is no asset's", () =>
  inFolder(() =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      yield* published("a", 99, "quotes")
      yield* published("b", 11)
      yield* published("c", 9)
      yield* published("d", 8)
      for (const id of ["x", "y"]) yield* published(id, 99, "nobody's")
      const ids = Effect.map(Manifest.use((_) => _.log(["snapshot", "quotes", "nobody's"])), (_) => _.map(({ id, seq }) => `${seq} ${id}`))
      const all = yield* ids
      assert.deepStrictEqual((yield* counts(false))[2], ["superseded", 2, 0])
      assert.deepStrictEqual(yield* ids, all, "nothing is gone that was only counted")
      assert.deepStrictEqual((yield* counts(true))[2], ["superseded", 2, 0])
      assert.deepStrictEqual(yield* ids, ["3 c", "4 d", "5 x", "6 y"])
      assert.deepStrictEqual((yield* counts(true))[2], ["superseded", 0, 0])
      yield* published("e", 0)
      assert.strictEqual((yield* ids).at(-1), "7 e", "numbers go on")
    })
  ))

it.effect("is swept at once, and once a day from then on", () =>
  inFolder((folder) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now)
      const written = (day: number) => file(folder, `charts/${day}.tmp`, 2 - day)
      const first = written(0)
      yield* Layer.build(Retention.daily([snapshot]))
      const gone = (path: string) => Effect.repeat(Effect.yieldNow, { until: () => !existsSync(path) })
      yield* gone(first)
      const second = written(1)
      yield* TestClock.adjust("23 hours")
      assert.isTrue(existsSync(second))
      yield* TestClock.adjust("1 hour")
      yield* gone(second)
    }).pipe(Effect.scoped)
  ))
