import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Path, PlatformError } from "effect"
import { publish } from "../../../src/layers/chart/files.ts"

const parts = (content: string) => ["svg", "png", "vl.json"].map((extension) => ({ extension, content: `${extension} ${content}` }))

const broken = (method: string) =>
  PlatformError.systemError({ _tag: "WriteZero", module: "FileSystem", method, description: "no space left" })

/** The folder, what lies in it, and the real file system with one call of a kind failing. */
const inFolder = <A, E>(
  body: (
    fs: FileSystem.FileSystem,
    dir: string,
    list: Effect.Effect<ReadonlyArray<string>, PlatformError.PlatformError>
  ) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const dir = yield* fs.makeTempDirectoryScoped({ prefix: "chart-files-" })
    return yield* body(fs, dir, Effect.map(fs.readDirectory(`${dir}/charts`), (names) => names.toSorted()))
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("files of one name", () => {
  it.effect("are all there under their names, and nothing else is", () =>
    inFolder((fs, dir, list) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* publish(dir, "charts/a", parts("1")), ["charts/a.svg", "charts/a.png", "charts/a.vl.json"])
        assert.deepStrictEqual(yield* list, ["a.png", "a.svg", "a.vl.json"])
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.vl.json`), "vl.json 1")
      })
    ))

  it.effect("stay the old ones, all of them, when one cannot be written", () =>
    inFolder((fs, dir, list) =>
      Effect.gen(function*() {
        yield* publish(dir, "charts/a", parts("old"))
        const full: FileSystem.FileSystem = {
          ...fs,
          open: (path, options) => path.endsWith("vl.json.tmp") ? Effect.fail(broken("open")) : fs.open(path, options)
        }
        const failed = yield* Effect.flip(publish(dir, "charts/a", parts("new")).pipe(Effect.provideService(FileSystem.FileSystem, full)))
        assert.strictEqual(failed._tag === "NotWritten" ? failed.file : failed, "charts/a.vl.json")
        for (const extension of ["svg", "png", "vl.json"]) assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.${extension}`),
            `${extension} old`)
        assert.deepStrictEqual(yield* list, ["a.png", "a.svg", "a.vl.json"])
      })
    ))

  it.effect("are each whole when a crash comes between them, and the spec is the last to be new", () =>
    inFolder((fs, dir, list) =>
      Effect.gen(function*() {
        yield* publish(dir, "charts/a", parts("old"))
        const crash: FileSystem.FileSystem = {
          ...fs,
          rename: (from, to) => to.endsWith("png") ? Effect.die("crash") : fs.rename(from, to),
          remove: () => Effect.void
        }
        yield* Effect.exit(publish(dir, "charts/a", parts("new")).pipe(Effect.provideService(FileSystem.FileSystem, crash)))
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.svg`), "svg new")
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.png`), "png old")
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.vl.json`), "vl.json old")
        // what the crash left behind is gone after the next
        assert.include(yield* list, ".a.png.tmp")
        yield* publish(dir, "charts/a", parts("newer"))
        assert.deepStrictEqual(yield* list, ["a.png", "a.svg", "a.vl.json"])
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.png`), "png newer")
      })
    ))

  it.effect("never lie outside the folder, nor under a name that some system reads otherwise", () =>
    inFolder((fs, dir) =>
      Effect.gen(function*() {
        yield* fs.makeDirectory(`${dir}/data/inner`, { recursive: true })
        yield* fs.symlink(dir, `${dir}/data/out`)
        yield* fs.symlink(`${dir}/data/inner`, `${dir}/data/charts`)
        const names = [
          "",
          "/a",
          "../a",
          "charts/../../a",
          "a/./b",
          "a//b",
          "a/",
          "a\u0000b",
          "a\\b",
          "C:a",
          ".hidden",
          "a.",
          "con",
          "charts/NUL.x",
          "a b",
          "é",
          "a".repeat(201),
          "out/a",
          "charts/a"
        ]
        for (const name of names) {
          const refused = yield* Effect.flip(publish(`${dir}/data`, name, parts("1")))
          assert.strictEqual(refused._tag, "BadName", JSON.stringify(name))
        }
        assert.deepStrictEqual(yield* fs.readDirectory(dir), ["data"])
        assert.deepStrictEqual(yield* fs.readDirectory(`${dir}/data/inner`), [])
        // a data folder that is itself reached by a link is fine
        yield* fs.symlink(`${dir}/data/inner`, `${dir}/data-link`)
        assert.lengthOf(yield* publish(`${dir}/data-link`, "console/a", parts("1")), 3)
      })
    ))

  it.effect("replace a link that stands at a file's name, and do not write through it", () =>
    inFolder((fs, dir) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${dir}/secret`, "kept")
        yield* fs.makeDirectory(`${dir}/charts`)
        yield* fs.symlink(`${dir}/secret`, `${dir}/charts/a.svg`)
        yield* fs.symlink(`${dir}/secret`, `${dir}/charts/.a.png.tmp`)
        yield* publish(dir, "charts/a", parts("1"))
        assert.strictEqual(yield* fs.readFileString(`${dir}/secret`), "kept")
        assert.strictEqual(yield* fs.readFileString(`${dir}/charts/a.svg`), "svg 1")
      })
    ))
})
