/** The ledgers, in memory and in SQLite, keep one contract; the one on disk is whole after a kill and is read by others meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Event, type Lease, Ledger, LedgerFailed, reconcile, type Where, type Which } from "../../src/engine/Ledger.ts"
import { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import type * as Request from "../../src/engine/Request.ts"
import { layer } from "../../src/layers/Ledger.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { publish, source } from "../engine/world.ts"

const runStarted = (run: string, ...targets: ReadonlyArray<string>): Event & { readonly _tag: "RunStarted" } => ({
  _tag: "RunStarted",
  run,
  targets,
  trigger: "a test"
})
const stepStarted = (run: string, id: string) => ({
  _tag: "StepStarted" as const,
  run,
  id,
  asset: "prices",
  window: "2026-11-01..2026-11-03",
  subject: "it's \"btc\"; DROP TABLE step",
  why: "missing 3"
})
const stepEnded = (id: string, state: "succeeded" | "failed" | "skipped" = "succeeded"): Event => ({
  _tag: "StepEnded",
  id,
  state,
  rows: 3,
  changed: 1,
  note: "well",
  checks: [{ check: "unique(day)", severity: "warn", offenders: 2 }]
})
const runEnded = (run: string, state: "succeeded" | "partial" = "succeeded"): Event => ({ _tag: "RunEnded", run, state })

const record = (...events: ReadonlyArray<Event>) =>
  Effect.forEach(events, (event) => Effect.andThen(TestClock.adjust("1 second"), Ledger.use((_) => _.record(event))), { discard: true })
const runs = (limit = 9) => Ledger.use((_) => _.runs(limit))
const steps = (run: string) => Ledger.use((_) => _.steps(run))
const open = Ledger.use((_) => _.open)
const failures = (...assets: ReadonlyArray<string>) => Ledger.use((_) => Effect.map(_.failures(assets), (found) => found.map((_) => _.id)))

const folder = Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "ledger-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true })))
const file = Effect.map(folder, (_) => join(_, "crypto.ledger.sqlite"))

describe.each([["in memory", Layer.fresh(Memory.ledger)], ["in SQLite", Layer.fresh(layer(":memory:"))]])("a ledger %s", (_, ledger) => {
  it.effect("finds runs by how their id begins, by state, and by the assets they had to do with; and an asset's newest steps", () =>
    Effect.gen(function*() {
      yield* record(runStarted("a1", "prices"), stepStarted("a1", "s1"), stepEnded("s1", "failed"), runEnded("a1", "partial"))
      yield* record(runStarted("a2", "coins"), runEnded("a2"), runStarted("b1", "prices"), stepStarted("b1", "s2"))
      const ids = (limit: number, where: Where) => Ledger.use((_) => Effect.map(_.runs(limit, where), (rows) => rows.map((row) => row.id)))
      assert.deepStrictEqual(yield* ids(9, {}), ["b1", "a2", "a1"])
      assert.deepStrictEqual(yield* ids(9, { id: "a" }), ["a2", "a1"])
      assert.deepStrictEqual(yield* ids(9, { id: "_" }), [])
      assert.deepStrictEqual(yield* ids(9, { state: "partial" }), ["a1"])
      assert.deepStrictEqual(yield* ids(9, { assets: ["prices", "none"] }), ["b1", "a1"])
      assert.deepStrictEqual(yield* ids(1, { assets: ["prices"] }), ["b1"])
      assert.deepStrictEqual(yield* ids(9, { assets: ["prices"], state: "partial", id: "a1" }), ["a1"])
      assert.deepStrictEqual(yield* ids(9, { assets: [] }), [])
      const newest = (asset: string, limit: number) => Ledger.use((_) => _.stepsOf(asset, limit))
      assert.deepStrictEqual((yield* newest("prices", 9)).map((_) => [_.id, _.state]), [["s2", "started"], ["s1", "failed"]])
      assert.deepStrictEqual((yield* newest("prices", 1)).map((_) => _.id), ["s2"])
      assert.deepStrictEqual(yield* newest("coins", 9), [])
    }).pipe(Effect.provide(ledger)))

  it.effect("keeps sets of subjects: who came in and left when, in the order of coming in first; told twice changes nothing", () =>
    Effect.gen(function*() {
      const [bad, quoted] = ["'); DROP TABLE subject; --", "\"double\""]
      const added = (...keys: ReadonlyArray<string>): Event => ({ _tag: "SubjectsAdded", set: "station", keys })
      const deleted = (...keys: ReadonlyArray<string>): Event => ({ _tag: "SubjectsDeleted", set: "station", keys })
      yield* record(added(bad, quoted), added("bern", bad), deleted(bad, "nowhere"), deleted(bad), added(bad), deleted("bern"))
      const subjects = (set: string) => Ledger.use((_) => _.subjects(set))
      assert.deepStrictEqual(yield* subjects("station"), [
        { key: bad, addedAt: 5000, deletedAt: null },
        { key: quoted, addedAt: 1000, deletedAt: null },
        { key: "bern", addedAt: 2000, deletedAt: 6000 }
      ])
      assert.deepStrictEqual(yield* subjects("other"), [])
    }).pipe(Effect.provide(ledger)))

  it.effect("tells a run and its steps as they happened, stamped with the clock", () =>
    Effect.gen(function*() {
      yield* record(runStarted("r1", "prices", "returns"), stepStarted("r1", "s1"), stepEnded("s1"), runEnded("r1", "partial"))
      assert.deepStrictEqual(yield* runs(), [
        { id: "r1", targets: ["prices", "returns"], trigger: "a test", request: null, state: "partial", startedAt: 1000, endedAt: 4000 }
      ])
      assert.deepStrictEqual(yield* steps("r1"), [{
        id: "s1",
        run: "r1",
        asset: "prices",
        window: "2026-11-01..2026-11-03",
        subject: "it's \"btc\"; DROP TABLE step",
        why: "missing 3",
        state: "succeeded",
        rows: 3,
        changed: 1,
        note: "well",
        checks: [{ check: "unique(day)", severity: "warn", offenders: 2 }],
        startedAt: 2000,
        endedAt: 3000
      }])
    }).pipe(Effect.provide(ledger)))

  it.effect("lists the failures of assets that the same slice did not make good, oldest first", () =>
    Effect.gen(function*() {
      const tried = (id: string, asset: string, window: string, state: "failed" | "succeeded" | "skipped" | "blocked" | "interrupted") =>
        record({ ...stepStarted("r1", id), asset, window }, { _tag: "StepEnded", id, state, rows: 0, changed: 0, note: "" })
      yield* record(runStarted("r1"))
      yield* tried("a", "prices", "01", "failed")
      yield* tried("b", "prices", "02", "failed")
      yield* tried("c", "returns", "01", "failed")
      yield* record({ ...stepStarted("r1", "d"), asset: "prices", window: "02", subject: "eth" })
      assert.deepStrictEqual(yield* failures("prices", "returns"), ["a", "b", "c"])
      assert.deepStrictEqual(yield* failures("returns"), ["c"])
      assert.deepStrictEqual(yield* failures(), [])
      yield* tried("e", "prices", "01", "interrupted")
      yield* tried("f", "prices", "02", "blocked")
      assert.deepStrictEqual(yield* failures("prices"), ["a", "b"], "what was not tried to its end says nothing")
      yield* tried("g", "prices", "01", "failed")
      yield* tried("h", "prices", "02", "succeeded")
      yield* tried("i", "returns", "01", "skipped")
      assert.deepStrictEqual(yield* failures("prices", "returns"), ["g"])
    }).pipe(Effect.provide(ledger)))

  it.effect("lists runs newest first and so many, steps in the order in which they began, and those of their run only", () =>
    Effect.gen(function*() {
      yield* record(runStarted("r1"), stepStarted("r1", "z"), stepStarted("r1", "a"), runStarted("r2"), stepStarted("r2", "m"),
        runStarted("r3"))
      assert.deepStrictEqual((yield* runs()).map((_) => _.id), ["r3", "r2", "r1"])
      assert.deepStrictEqual((yield* runs(2)).map((_) => _.id), ["r3", "r2"])
      assert.deepStrictEqual((yield* steps("r1")).map((_) => _.id), ["z", "a"])
      assert.deepStrictEqual(yield* steps("r9"), [])
    }).pipe(Effect.provide(ledger)))

  it.effect("of runs that began in one millisecond, the one told last is the newest", () =>
    Effect.gen(function*() {
      const { record } = yield* Ledger
      for (const run of ["r1", "r3", "r2"]) yield* record(runStarted(run))
      assert.deepStrictEqual((yield* runs()).map((_) => _.id), ["r2", "r3", "r1"])
    }).pipe(Effect.provide(ledger)))

  it.effect("knows what began and did not end", () =>
    Effect.gen(function*() {
      yield* record(runStarted("r1"), stepStarted("r1", "s1"), stepStarted("r1", "s2"), stepEnded("s1"), runStarted("r2"), runEnded("r2"))
      const { runs, steps } = yield* open
      assert.deepStrictEqual([runs.map((_) => _.id), steps.map((_) => [_.id, _.state, _.endedAt, _.note])], [["r1"], [[
        "s2",
        "started",
        null,
        ""
      ]]])
      yield* record(stepEnded("s2"), runEnded("r1"))
      assert.deepStrictEqual(yield* open, { runs: [], steps: [] })
    }).pipe(Effect.provide(ledger)))

  it.effect("keeps the first end that is told", () =>
    Effect.gen(function*() {
      yield* record(runStarted("r1"), stepStarted("r1", "s1"), stepEnded("s1", "skipped"), stepEnded("s1", "failed"), runEnded("r1"),
        runEnded("r1", "partial"))
      assert.deepStrictEqual((yield* steps("r1")).map((_) => [_.state, _.endedAt]), [["skipped", 3000]])
      assert.deepStrictEqual((yield* runs()).map((_) => [_.state, _.endedAt]), [["succeeded", 5000]])
      yield* record(stepEnded("unheard of"), runEnded("unheard of"))
    }).pipe(Effect.provide(ledger)))

  it.effect("is reconciled with the manifest: published steps are recovered, others and their runs are lost", () =>
    Effect.gen(function*() {
      yield* record(runStarted("r1"), stepStarted("r1", "m1"), stepStarted("r1", "m2"), stepStarted("r1", "m3"), stepEnded("m3"))
      yield* record(runStarted("r2"), stepStarted("r2", "m9"), runStarted("r3"), runEnded("r3"))
      yield* publish(source("a").asset, Partition.whole)
      assert.isTrue(yield* Manifest.use((_) => _.has("m1")))
      assert.deepStrictEqual((yield* reconcile).map((_) => _.id), ["m1", "m2", "m9"])
      assert.deepStrictEqual([...yield* steps("r1"), ...yield* steps("r2")].map((_) => [_.id, _.state, _.rows, _.changed, _.note]), [
        ["m1", "succeeded", 0, 0, "recovered: its rows were published"],
        ["m2", "failed", 0, 0, "lost: its process died before it was published"],
        ["m3", "succeeded", 3, 1, "well"],
        ["m9", "failed", 0, 0, "lost: its process died before it was published"]
      ])
      assert.deepStrictEqual((yield* runs()).map((_) => [_.id, _.state]), [["r3", "succeeded"], ["r2", "lost"], ["r1", "lost"]])
      assert.deepStrictEqual([yield* reconcile, yield* open], [[], { runs: [], steps: [] }])
    }).pipe(Effect.provide(Layer.merge(ledger, Layer.fresh(Memory.manifest)))))
})

describe.each([["in memory", Layer.fresh(Memory.ledger)], ["in SQLite", Layer.fresh(layer(":memory:"))]])("requests %s", (_, ledger) => {
  const requested = (id: string, rest: Partial<Request.Requested> = {}): Request.Requested => ({
    _tag: "RunRequested",
    id,
    trigger: "a test",
    targets: ["prices"],
    ...rest
  })
  const found = (which: Which = {}) => Ledger.use((_) => _.requests(which))
  const begin = (id: string, ...leases: ReadonlyArray<Lease>) => Ledger.use((_) => _.begin(id, leases, "me", 60_000))
  const held = Effect.map(Ledger.use((_) => _.leases), (_) => _.map(({ name, request }) => `${name} ${request}`))
  const ended = (request: string, state: "succeeded" | "failed" = "succeeded"): Event => ({
    _tag: "RequestEnded",
    request,
    state,
    note: "well"
  })
  const slot = (limit: number): Lease => ({ name: "runs", limit })

  it.effect("are kept as they were asked for, and as what became of them", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"), requested("q2", {
        runKey: "it's 9",
        targets: ["prices", "returns+"],
        over: { start: 5 },
        expiring: { before: 11, madeBefore: 10 },
        subjects: ["'x'", "\"y\""],
        force: true,
        forcedSince: 7,
        only: true,
        which: "missing",
        priority: -3,
        tags: { a: "'b'" },
        parent: "q1",
        notBefore: 9
      }))
      const base = {
        id: "q1",
        runKey: null,
        trigger: "a test",
        targets: ["prices"],
        over: null,
        expiring: null,
        subjects: [],
        force: false,
        forcedSince: null,
        only: false,
        which: "stale",
        priority: 0,
        tags: {},
        parent: null,
        state: "queued",
        note: "",
        requestedAt: 1000,
        notBefore: null,
        beganAt: null,
        endedAt: null,
        owner: null,
        heldUntil: null,
        cancelledAt: null
      }
      assert.deepStrictEqual((yield* found()).map((_): object => ({ ..._ })), [base, {
        ...base,
        id: "q2",
        runKey: "it's 9",
        targets: ["prices", "returns+"],
        over: { start: 5 },
        expiring: { before: 11, madeBefore: 10 },
        subjects: ["'x'", "\"y\""],
        force: true,
        forcedSince: 7,
        only: true,
        which: "missing",
        priority: -3,
        tags: { a: "'b'" },
        parent: "q1",
        requestedAt: 2000,
        notBefore: 9
      }])
      assert.isTrue(yield* begin("q1", slot(1)))
      const running = { ...base, state: "running", beganAt: 2000, owner: "me", heldUntil: 60_000 }
      assert.deepStrictEqual((yield* found({ ids: ["q1"] })).map((_): object => ({ ..._ })), [running])
      yield* Ledger.use((_) => _.hold("me", 90_000))
      yield* Ledger.use((_) => _.hold("another", 95_000))
      assert.deepStrictEqual((yield* found({ ids: ["q1"] })).map((_): object => ({ ..._ })), [{ ...running, heldUntil: 90_000 }])
      yield* record(ended("q1"), ended("q1", "failed"), ended("unheard of"))
      assert.deepStrictEqual((yield* found({ ids: ["q1"] })).map((_): object => ({ ..._ })), [
        { ...running, state: "succeeded", note: "well", endedAt: 3000, heldUntil: null }
      ])
    }).pipe(Effect.provide(ledger)))

  it.effect("begin as they are asked for, or are asked for all the same and wait", () =>
    Effect.gen(function*() {
      const ledger = yield* Ledger
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(ledger.heard, 2)), { startImmediately: true })
      const asked = (id: string, owner = "me") => ledger.begin(requested(id, { owner }), [slot(1)], "me", 60_000)
      assert.isTrue(yield* asked("q1"))
      assert.isFalse(yield* asked("q2"), "the one place is taken")
      assert.deepStrictEqual(yield* held, ["runs q1"])
      assert.deepStrictEqual(
        (yield* found()).map((
          { beganAt, heldUntil, id, owner, requestedAt, state }
        ) => [id, state, requestedAt, beganAt, owner, heldUntil]),
        [["q1", "running", 0, 0, "me", 60_000], ["q2", "queued", 0, null, "me", null]]
      )
      assert.deepStrictEqual((yield* Fiber.join(heard)).map((_) => _._tag === "RunRequested" ? _.id : _._tag), ["q1", "q2"])
    }).pipe(Effect.provide(ledger)))

  it.effect("are found by id, state and run key, and the newest of them when there are many", () =>
    Effect.gen(function*() {
      yield* record(requested("q1", { runKey: "k" }), requested("q2"), requested("q3", { runKey: "k" }), ended("q3"))
      const ids = (which: Which) => Effect.map(found(which), (_) => _.map((_) => _.id))
      assert.deepStrictEqual(yield* ids({}), ["q1", "q2", "q3"])
      assert.deepStrictEqual(yield* ids({ limit: 2 }), ["q2", "q3"])
      assert.deepStrictEqual(yield* ids({ runKey: "k" }), ["q1", "q3"])
      assert.deepStrictEqual(yield* ids({ runKey: "k", states: ["succeeded", "failed"] }), ["q3"])
      assert.deepStrictEqual(yield* ids({ ids: ["q2", "q9"] }), ["q2"])
      assert.deepStrictEqual(yield* ids({ states: [] }), [])
    }).pipe(Effect.provide(ledger)))

  it.effect("begin once, and with all their leases or with none", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"), requested("q2"), requested("q3"))
      assert.isTrue(yield* begin("q1", slot(2), { name: "api", limit: 1 }))
      assert.isFalse(yield* begin("q1", slot(2)), "it no longer waits")
      assert.isFalse(yield* begin("q2", slot(2), { name: "api", limit: 1 }), "of api there is one")
      assert.deepStrictEqual(yield* held, ["runs q1", "api q1"])
      assert.isTrue(yield* begin("q2", slot(2)))
      assert.isFalse(yield* begin("q3", slot(2)), "two run")
      assert.isFalse(yield* begin("unheard of"))
      yield* record(ended("q1"))
      assert.deepStrictEqual(yield* held, ["runs q2"])
      assert.isTrue(yield* begin("q3", slot(2), { name: "api", limit: 1 }))
      assert.deepStrictEqual((yield* found({ states: ["running"] })).map((_) => _.id), ["q2", "q3"])
    }).pipe(Effect.provide(ledger)))

  it.effect("that wait are taken back at once, and those that run are told", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"), requested("q2"), requested("q3"))
      yield* begin("q1", slot(1))
      yield* record(ended("q3"))
      yield* record(...["q1", "q2", "q3", "q9"].map((request): Event => ({ _tag: "CancelRequested", request })))
      assert.deepStrictEqual((yield* found()).map((_) => [_.id, _.state, _.endedAt, _.cancelledAt]), [
        ["q1", "running", null, 5000],
        ["q2", "cancelled", 6000, 6000],
        ["q3", "succeeded", 4000, null]
      ])
      yield* record({ _tag: "CancelRequested", request: "q1" })
      assert.deepStrictEqual((yield* found({ ids: ["q1"] })).map((_) => _.cancelledAt), [5000], "the first word counts")
      assert.isFalse(yield* begin("q2"))
    }).pipe(Effect.provide(ledger)))

  it.effect("that are deferred wait again, and hold nothing meanwhile", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"))
      yield* begin("q1", slot(1))
      yield* record({ _tag: "RequestDeferred", request: "q1", notBefore: 70_000, note: "rate limit" })
      const [q1] = yield* found()
      assert.deepStrictEqual([q1?.state, q1?.notBefore, q1?.note, q1?.beganAt, q1?.owner, q1?.heldUntil], [
        "queued",
        70_000,
        "rate limit",
        null,
        null,
        null
      ])
      assert.deepStrictEqual(yield* held, [])
      assert.isTrue(yield* begin("q1", slot(1)))
      yield* record(ended("q1"), { _tag: "RequestDeferred", request: "q1", notBefore: 1, note: "" })
      assert.deepStrictEqual((yield* found()).map((_) => _.state), ["succeeded"], "what has ended does not wait again")
    }).pipe(Effect.provide(ledger)))

  it.effect("know the runs that were done for them", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"), { ...runStarted("r1"), request: "q1" }, runStarted("r2"), { ...runStarted("r3"), request: "q1" })
      assert.deepStrictEqual((yield* Ledger.use((_) => _.runsOf("q1"))).map((_) => [_.id, _.request]), [["r1", "q1"], ["r3", "q1"]])
      assert.deepStrictEqual((yield* runs()).map((_) => _.request), ["q1", null, "q1"])
    }).pipe(Effect.provide(ledger)))

  it.effect("whose process died are lost at the next start, and what they held is free", () =>
    Effect.gen(function*() {
      yield* record(requested("q1"), requested("q2"), requested("q3"), ended("q3"))
      yield* begin("q1", slot(1))
      yield* reconcile
      assert.deepStrictEqual((yield* found()).map((_) => [_.id, _.state, _.note]), [
        ["q1", "lost", "its process died"],
        ["q2", "queued", ""],
        ["q3", "succeeded", "well"]
      ])
      assert.deepStrictEqual(yield* held, [])
      assert.isTrue(yield* begin("q2", slot(1)))
    }).pipe(Effect.provide(Layer.merge(ledger, Layer.fresh(Memory.manifest)))))
})

describe("the ledger on disk", () => {
  it.effect("records a request with what it follows from, or neither", () =>
    Effect.gen(function*() {
      const path = yield* file
      yield* Effect.gen(function*() {
        const { record } = yield* Ledger
        const asked: Event = { _tag: "RunRequested", id: "q1", trigger: "a test", targets: ["prices"] }
        yield* Effect.flip(record(asked, stepStarted("nowhere", "s1")))
        assert.deepStrictEqual(yield* Ledger.use((_) => _.requests({})), [])
        yield* record(asked, { _tag: "RunStarted", run: "r1", targets: [], trigger: "", request: "q1" })
        assert.lengthOf(yield* Ledger.use((_) => _.requests({})), 1)
      }).pipe(Effect.provide(layer(path), { local: true }))
    }))

  it.effect("outlives its process, and is read by another while it is written", () =>
    Effect.gen(function*() {
      const path = yield* file
      const other = new DatabaseSync(path, { readOnly: false })
      const seen = () => other.prepare("SELECT id, state FROM run ORDER BY rowid").all().map((_) => `${_["id"]} ${_["state"]}`)
      yield* Effect.gen(function*() {
        yield* record(runStarted("r1"))
        assert.deepStrictEqual(seen(), ["r1 started"])
        other.exec("BEGIN")
        assert.deepStrictEqual(seen(), ["r1 started"])
        yield* record(runEnded("r1"), runStarted("r2"))
        assert.deepStrictEqual(seen(), ["r1 started"], "a reader keeps what it began to read")
        other.exec("COMMIT")
        assert.deepStrictEqual(seen(), ["r1 succeeded", "r2 started"])
      }).pipe(Effect.provide(layer(path), { local: true }))
      other.close()
      assert.deepStrictEqual((yield* Effect.provide(runs(), layer(path), { local: true })).map((_) => _.id), ["r2", "r1"])
    }))

  it.live("waits for another process that writes, and goes on when that is done", () =>
    Effect.gen(function*() {
      const path = yield* file
      yield* Effect.gen(function*() {
        const other = new DatabaseSync(path)
        other.exec("BEGIN IMMEDIATE")
        const writing = yield* Effect.forkChild(Ledger.use((_) => _.record(runStarted("r1"))), { startImmediately: true })
        assert.isUndefined(writing.pollUnsafe(), "it has met the lock, and waits")
        other.exec("COMMIT")
        other.close()
        yield* Fiber.join(writing)
        assert.lengthOf(yield* runs(), 1)
      }).pipe(Effect.provide(layer(path), { local: true }))
    }))

  it.effect("has strict tables in WAL mode, and says their version", () =>
    Effect.gen(function*() {
      const path = yield* file
      yield* Effect.provide(runs(), layer(path), { local: true })
      const db = new DatabaseSync(path)
      assert.deepStrictEqual({ ...db.prepare("PRAGMA journal_mode").get() }, { journal_mode: "wal" })
      assert.isAbove(Number(db.prepare("PRAGMA user_version").get()?.["user_version"]), 0)
      assert.deepStrictEqual(
        db.prepare("SELECT name, strict FROM pragma_table_list WHERE name IN ('lease', 'request', 'run', 'step') ORDER BY name").all().map((
          _
        ) => ({ ..._ })),
        ["lease", "request", "run", "step"].map((name) => ({ name, strict: 1 }))
      )
      db.close()
    }))

  it.effect("of the first program, which said no version, is taken as it is", () =>
    Effect.gen(function*() {
      const path = yield* file
      const db = new DatabaseSync(path)
      db.exec(`
        CREATE TABLE run (id TEXT PRIMARY KEY, targets TEXT NOT NULL, "trigger" TEXT NOT NULL, state TEXT NOT NULL,
          startedAt INTEGER NOT NULL, endedAt INTEGER) STRICT;
        CREATE TABLE step (id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), asset TEXT NOT NULL, "window" TEXT NOT NULL,
          subject TEXT NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL, "rows" INTEGER NOT NULL, changed INTEGER NOT NULL,
          note TEXT NOT NULL, startedAt INTEGER NOT NULL, endedAt INTEGER) STRICT;
        INSERT INTO run VALUES ('r1', '["prices"]', 'a test', 'partial', 1, 4);
        INSERT INTO step VALUES ('s1', 'r1', 'prices', '2026-11-01', 'btc', 'missing 1', 'failed', 0, 0, 'no', 2, 3)`)
      db.close()
      const found = Effect.all([
        runs(),
        Effect.map(steps("r1"), (_) => _.map(({ checks, id, state }) => [id, state, checks])),
        failures("prices")
      ])
      const [told, [step], failed] = yield* Effect.provide(found, layer(path), { local: true })
      assert.deepStrictEqual([told.map((_) => _.id), step, failed], [["r1"], ["s1", "failed", []], ["s1"]])
    }))

  it.effect("of a newer program is refused, and left as it is", () =>
    Effect.gen(function*() {
      const path = yield* file
      const db = new DatabaseSync(path)
      db.exec("PRAGMA user_version = 1007")
      db.close()
      const error = yield* Effect.flip(Effect.provide(runs(), layer(path), { local: true }))
      assert.match(error.message, /could not open .*: its tables are of version 1007 and this program knows up to \d+: use a newer one/)
      const after = new DatabaseSync(path)
      assert.deepStrictEqual([{ ...after.prepare("PRAGMA user_version").get() }, after.prepare("SELECT * FROM sqlite_schema").all()], [{
        user_version: 1007
      }, []])
      after.close()
    }))

  it.effect("that cannot be opened, and an event that cannot be told, fail with a type", () =>
    Effect.gen(function*() {
      const dir = yield* folder
      const error = yield* Effect.flip(Effect.provide(runs(), layer(join(dir, "none", "x.sqlite")), { local: true }))
      assert.instanceOf(error, LedgerFailed)
      assert.match(error.message, /^the ledger could not open .*x\.sqlite: .*Check that its folder exists/)
      const twice = yield* Effect.exit(Effect.provide(record(runStarted("r1"), runStarted("r1")), layer(":memory:"), { local: true }))
      assert.match(Exit.isFailure(twice) ? Cause.pretty(twice.cause) : "", /the ledger could not record RunStarted: .*UNIQUE/)
      const orphan = yield* Effect.flip(Effect.provide(record(stepStarted("nowhere", "s1")), layer(":memory:"), { local: true }))
      assert.match(orphan.message, /the ledger could not record StepStarted: .*FOREIGN KEY/)
    }))

  it.effect("that another program spoilt is not guessed at", () =>
    Effect.gen(function*() {
      const path = yield* file
      const spoil = (sql: string) => {
        const db = new DatabaseSync(path)
        db.exec(sql)
        db.close()
      }
      yield* Effect.provide(record(runStarted("r1")), layer(path), { local: true })
      spoil("UPDATE run SET state = 'dreaming'")
      const error = yield* Effect.flip(Effect.provide(runs(), layer(path), { local: true }))
      assert.match(error.message, /^the ledger could not list runs: /)
    }))
})

describe("a process that is killed", () => {
  const script = fileURLToPath(new URL("./fixtures/dyingRun.ts", import.meta.url))
  /** What the ledger says after the kill, and after it was reconciled with a manifest that has, or has not, the step. */
  const killedAt = (point: string, published: boolean) =>
    Effect.gen(function*() {
      const path = yield* file
      const { signal, stderr } = spawnSync(process.execPath, [script, path, point], { encoding: "utf8" })
      assert.strictEqual(signal, "SIGKILL", stderr)
      return yield* Effect.gen(function*() {
        const told = Effect.gen(function*() {
          const [run] = yield* runs()
          return [run?.state, ...(yield* steps(run?.id ?? "")).map((_) => [_.asset, _.state, _.note].join(" ").trim())]
        })
        const before = yield* told
        const manifest = yield* Manifest
        yield* Effect.provideService(reconcile, Manifest, Manifest.of({ ...manifest, has: () => Effect.succeed(published) }))
        return [before, yield* told]
      }).pipe(Effect.provide(Layer.merge(layer(path), Memory.manifest), { local: true }))
    })

  it.effect("before its rows were published has lost the step", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* killedAt("started", false), [
        ["started", "a started"],
        ["lost", "a failed lost: its process died before it was published"]
      ])
    }))

  it.effect("after they were published has not", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* killedAt("published", true), [
        ["started", "a started"],
        ["lost", "a succeeded recovered: its rows were published"]
      ])
    }))
})

it.effect("what is recorded together is there together, or not at all", () =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    yield* ledger.record(runStarted("r1", "prices"), stepStarted("r1", "s1"))
    assert.strictEqual((yield* open).steps.length, 1)
    yield* Effect.flip(ledger.record(runEnded("r1"), runStarted("r1", "prices")))
    assert.strictEqual((yield* open).runs.length, 1)
  }).pipe(Effect.provide(Layer.fresh(layer(":memory:")))))

it.effect("what is old is forgotten, but not an end that a schedule or sensor which is on has yet to see, nor the last try that failed", () =>
  Effect.gen(function*() {
    const ledger = yield* Ledger
    const ended = (run: string, state: "succeeded" | "failed" = "succeeded") =>
      record(runStarted(run, run), { ...stepStarted(run, `${run} step`), asset: run }, stepEnded(`${run} step`, state), runEnded(run))
    const set = (name: string, kind: "schedule" | "sensor", on: boolean, cursor: string): Event => ({
      _tag: "AutomationSet",
      name,
      kind,
      on,
      cadence: "",
      why: "",
      cursor
    })
    yield* Effect.forEach(["a", "b", "c", "d"], (_) => ended(_, _ === "a" ? "failed" : "succeeded"))
    yield* record(set("follower", "schedule", true, "3"), set("hook", "sensor", true, "{\"seq\":2,\"failing\":{}}"),
      set("counts", "sensor", true, "1"), set("off", "schedule", false, "0"), set("other", "sensor", true, "[1]"))
    const kept = Effect.map(ledger.runs(9), (_) => _.map(({ id }) => id).toReversed())
    const before = { runs: Number.MAX_SAFE_INTEGER, ticks: 0 }
    assert.deepStrictEqual(yield* ledger.forget(before, false), { runs: 1, ticks: 0 })
    yield* ledger.forget(before, true)
    assert.deepStrictEqual([yield* kept, (yield* ledger.ends(2, 9)).map((_) => _.id)], [["a", "c", "d"], ["c", "d"]])
    yield* record(set("follower", "schedule", true, "4"), set("hook", "sensor", false, "{\"seq\":2,\"failing\":{}}"))
    yield* ledger.forget(before, true)
    assert.deepStrictEqual(yield* kept, ["a"])
  }).pipe(Effect.provide(Layer.fresh(layer(":memory:")))))
