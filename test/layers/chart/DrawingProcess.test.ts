/** Real processes, watched through Node's own announcement of each child: none outlives what it was asked for. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ChildProcess } from "node:child_process"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as DrawingProcess from "../../../src/layers/chart/DrawingProcess.ts"

const chart = (transform: ReadonlyArray<object> = []) =>
  JSON.stringify({
    data: { values: [{ k: 1, v: 1 }, { k: 2, v: 4 }] },
    transform,
    mark: "point",
    encoding: { x: { field: "k", type: "quantitative" }, y: { field: "v", type: "quantitative" } }
  })

/** A pattern that goes back over itself for ever. */
const endless = chart([{ calculate: `test(/^(a+)+$/, '${"a".repeat(40)}b')`, as: "z" }])
/** One allocation of 2 GB, which in a thread would abort the whole program. */
const hungry = chart([{ calculate: "sequence(0, 3e8)", as: "z" }])

const children = Effect.acquireRelease(
  Effect.sync(() => {
    const seen: Array<ChildProcess> = []
    const see = (message: unknown) => {
      if (typeof message === "object" && message !== null && "process" in message && message.process instanceof ChildProcess)
        seen.push(message.process)
    }
    subscribe("child_process", see)
    return { seen, see }
  }),
  ({ see }) => Effect.sync(() => unsubscribe("child_process", see))
).pipe(Effect.map(({ seen }) => seen))

const options = { heapMb: 96, seconds: 60 }
const gone = (child: ChildProcess | undefined) => child !== undefined && (child.exitCode !== null || child.signalCode !== null)

describe("the drawing process", () => {
  it.live("is one for many drawings, and ends with its scope", () =>
    Effect.gen(function*() {
      const seen = yield* children
      yield* Effect.scoped(Effect.gen(function*() {
        const pen = yield* DrawingProcess.make(options)
        assert.lengthOf(seen, 0)
        const drawn = yield* Effect.all([pen.draw(chart(), ["svg"]), pen.draw(chart(), ["svg"])], { concurrency: 2 })
        assert.isTrue(drawn[0].svg?.startsWith("<svg"))
        assert.deepStrictEqual(drawn[0], drawn[1])
        assert.lengthOf(seen, 1)
        assert.isFalse(gone(seen[0]))
      }))
      assert.isTrue(gone(seen[0]))
    }).pipe(Effect.scoped))

  it.live("refuses what Vega-Lite's schema does not know, though it would be drawn without a word", () =>
    Effect.gen(function*() {
      const pen = yield* DrawingProcess.make(options)
      const refused = yield* Effect.flip(pen.draw(chart().replace("\"point\"", "{\"type\":\"point\",\"colour\":\"red\"}"), ["svg"]))
      assert.strictEqual(refused._tag, "Invalid")
      assert.match(refused._tag === "Invalid" ? refused.problems.join() : "", /colour/)
    }).pipe(Effect.scoped))

  it.live("loads nothing that a spec names, not even what it may read", () =>
    Effect.gen(function*() {
      const pen = yield* DrawingProcess.make(options)
      const spec = { data: { url: import.meta.url, format: { type: "csv" } }, mark: "bar" }
      const refused = yield* Effect.flip(pen.draw(JSON.stringify(spec), ["svg"]))
      assert.match(JSON.stringify(refused), /a chart loads nothing/)
    }).pipe(Effect.scoped))

  it.live("may read, and do nothing else", () =>
    Effect.gen(function*() {
      const seen = yield* children
      const pen = yield* DrawingProcess.make(options)
      yield* pen.draw(chart(), ["svg"])
      const flags = seen[0]?.spawnargs.filter((_) => /^--(permission|allow)/.test(_))
      assert.deepStrictEqual(flags, ["--permission", "--allow-fs-read=*", "--allow-addons"])
    }).pipe(Effect.scoped))

  it.live("has its clock in UTC, whatever the zone of the machine", () =>
    Effect.gen(function*() {
      const pen = yield* DrawingProcess.make(options)
      const spec = {
        data: { values: [{ k: 1 }] },
        transform: [{ calculate: "timeFormat(0, 'midnight is %H:%M')", as: "z" }],
        mark: "text",
        encoding: { text: { field: "z", type: "nominal" } }
      }
      assert.include((yield* pen.draw(JSON.stringify(spec), ["svg"])).svg, "midnight is 00:00")
    }).pipe(Effect.scoped))

  it.live("sees nothing of this process's environment", () =>
    Effect.gen(function*() {
      const before = process.env["NODE_OPTIONS"]
      // whoever sees it cannot even start
      process.env["NODE_OPTIONS"] = "--require=./there-is-no-such-module.cjs"
      const restore = Effect.sync(() => {
        if (before === undefined) delete process.env["NODE_OPTIONS"]
        else process.env["NODE_OPTIONS"] = before
      })
      const drawn = yield* Effect.flatMap(DrawingProcess.make(options), (pen) => pen.draw(chart(), ["svg"])).pipe(Effect.ensuring(restore))
      assert.isTrue(drawn.svg?.startsWith("<svg"))
    }).pipe(Effect.scoped))

  it.live("is ended by an interruption, and the next drawing has another", () =>
    Effect.gen(function*() {
      const seen = yield* children
      const pen = yield* DrawingProcess.make(options)
      yield* pen.draw(chart(), ["svg"])
      const drawing = yield* Effect.forkChild(pen.draw(endless, ["svg"]), { startImmediately: true })
      yield* Fiber.interrupt(drawing)
      assert.strictEqual(seen[0]?.signalCode, "SIGKILL")
      assert.isTrue((yield* pen.draw(chart(), ["svg"])).svg?.startsWith("<svg"))
      assert.lengthOf(seen, 2)
    }).pipe(Effect.scoped))

  it.effect("is ended at the deadline, not before", () =>
    Effect.gen(function*() {
      const seen = yield* children
      const pen = yield* DrawingProcess.make(options)
      const drawing = yield* Effect.forkChild(Effect.flip(pen.draw(endless, ["svg"])), { startImmediately: true })
      yield* TestClock.adjust("59 seconds")
      assert.isFalse(gone(seen[0]))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(drawing), { _tag: "TimedOut", seconds: 60 })
      assert.isTrue(gone(seen[0]))
    }).pipe(Effect.scoped))

  it.live("may die of memory: that is told, and the next drawing has another", () =>
    Effect.gen(function*() {
      const seen = yield* children
      const pen = yield* DrawingProcess.make(options)
      assert.deepStrictEqual(yield* Effect.flip(pen.draw(hungry, ["svg"])), { _tag: "OutOfMemory", heapMb: 96 })
      assert.isTrue((yield* pen.draw(chart(), ["svg"])).svg?.startsWith("<svg"))
      assert.lengthOf(seen, 2)
    }).pipe(Effect.scoped), 120_000)

  it.live("may be killed from outside between two drawings", () =>
    Effect.gen(function*() {
      const seen = yield* children
      const pen = yield* DrawingProcess.make(options)
      yield* pen.draw(chart(), ["svg"])
      const [child] = seen
      yield* Effect.callback<void>((resume) => {
        child?.once("close", () => resume(Effect.void)).kill("SIGKILL")
      })
      assert.isTrue((yield* pen.draw(chart(), ["svg"])).svg?.startsWith("<svg"))
    }).pipe(Effect.scoped))

  it.live("says what Vega warns of, and counts a chart without values as drawn", () =>
    Effect.gen(function*() {
      const pen = yield* DrawingProcess.make(options)
      const log = JSON.stringify({
        data: { values: [{ v: 1 }] },
        mark: "bar",
        encoding: { y: { field: "v", type: "quantitative", scale: { type: "log", zero: true } } }
      })
      const warned = yield* Effect.flip(pen.draw(log, ["svg"]))
      assert.strictEqual(warned._tag, "Invalid")
      assert.match(warned._tag === "Invalid" ? warned.problems[0] : "", /log scale/)
      const wrong = yield* Effect.flip(pen.draw(chart([{ calculate: "nope(datum.v)", as: "z" }]), ["svg"]))
      assert.match(wrong._tag === "Failed" ? wrong.problem : "", /nope/)
      const empty = JSON.stringify({
        data: { values: [] },
        mark: "line",
        encoding: { x: { field: "k", type: "quantitative" }, y: { field: "v", type: "quantitative" } }
      })
      assert.isTrue((yield* pen.draw(empty, ["svg"])).svg?.startsWith("<svg"))
    }).pipe(Effect.scoped))

  it.live("refuses a PNG that its rasteriser could not hold", () =>
    Effect.gen(function*() {
      const pen = yield* DrawingProcess.make(options)
      const vast = JSON.stringify({ data: { values: [{ v: 1 }] }, width: 4000, height: 4000, mark: "point", encoding: {} })
      const refused = yield* Effect.flip(pen.draw(vast, ["png"]))
      assert.strictEqual(refused._tag === "TooLarge" ? refused.limit : refused, 40_000_000)
      assert.isTrue((yield* pen.draw(vast, ["svg"])).svg?.startsWith("<svg"))
    }).pipe(Effect.scoped))
})
