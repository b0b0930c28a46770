/** A log for a year: bounded on disk, and never in the way of what it logs. */
import { assert, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as LogFile from "../../src/layers/LogFile.ts"

const folder = Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "log-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true })))
const logged = (path: string, lines: number, options: { readonly size?: number; readonly keep?: number } = {}) =>
  Effect.gen(function*() {
    const log = yield* LogFile.make({ path, ...options })
    yield* Effect.forEach(Array.from({ length: lines }, (_, i) => i), (i) => Effect.logInfo(`line ${i}`)).pipe(
      Effect.provide(Logger.layer([log]))
    )
  })

it.effect("goes on where it ended, in a folder that it makes, for its user's eyes", () =>
  Effect.gen(function*() {
    const path = join(yield* folder, "logs", "daemon.log")
    yield* logged(path, 2)
    yield* logged(path, 1)
    assert.deepStrictEqual(readFileSync(path, "utf8").trim().split("\n").map((_) => /message="(.*)"/.exec(_)?.[1]), [
      "line 0",
      "line 1",
      "line 0"
    ])
    assert.strictEqual(statSync(path).mode & 0o777, 0o600)
  }))

it.effect("is of so many files of such a size, the newest lines in the first, however much is logged", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    yield* logged(join(dir, "daemon.log"), 500, { size: 1000, keep: 2 })
    assert.deepStrictEqual(readdirSync(dir).toSorted(), ["daemon.log", "daemon.log.1", "daemon.log.2"])
    for (const file of readdirSync(dir)) assert.isAtMost(statSync(join(dir, file)).size, 1000)
    const all = ["daemon.log.2", "daemon.log.1", "daemon.log"].flatMap((
      _
    ) => [...readFileSync(join(dir, _), "utf8").matchAll(/line (\d+)/g)]).map((_) => Number(_[1]))
    assert.deepStrictEqual(all, Array.from({ length: all.length }, (_, i) => 500 - all.length + i),
      "no line between the oldest kept and the newest is missing")
  }))

it.effect("that cannot be written loses its lines, and nothing else", () =>
  Effect.gen(function*() {
    const dir = yield* folder
    writeFileSync(join(dir, "file"), "")
    yield* logged(join(dir, "file", "daemon.log"), 3)
    assert.deepStrictEqual(readdirSync(dir), ["file"])
  }))
