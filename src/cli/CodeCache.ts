/**
 * Loads the built command with what V8 had compiled of it when the same command last ended.
 *
 * Node's compile cache keeps what is compiled while a file is loaded. Most functions are compiled later, when they are
 * first called, and again in each process: that is a fifth of the time a short command takes. So here the code is kept as
 * it is when the process ends, for each command its own, beside the command, where only those may write who may change it
 * (NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE switches it off). What V8 does not take is compiled again.
 */
import type { Script } from "node:vm"

/** After an hour, what is kept is written anew: with what a process had to compile beside it. */
const patience = 3_600_000

/** Exit codes of commands that did what they do: done, partial, unhealthy. Others end half-way, and have used less. */
const whole = new Set([0, 3, 7])

/** A file's code, and its text: both are kept, for code of another text would be run as if it were of this one. */
interface Loaded {
  readonly script: Script
  readonly source: Buffer
}

/** The file of the folder that is the command; what it requires beside it is loaded in the same way. */
export const load = (folder: string, file: string, command: string): void => {
  const { readFileSync, renameSync, statSync, writeFileSync } = process.getBuiltinModule("node:fs")
  const { join } = process.getBuiltinModule("node:path")
  const { Script } = process.getBuiltinModule("node:vm")
  const { createRequire, enableCompileCache, getCompileCacheDir } = process.getBuiltinModule("node:module")
  enableCompileCache(join(folder, ".code"))
  const directory = getCompileCacheDir()
  const outside = createRequire(join(folder, file))
  const loaded = new Map<string, { exports: unknown }>()
  const fresh = new Map<string, Loaded>()

  const require = (id: string): unknown => id.startsWith("./") ? (loaded.get(id) ?? run(id)).exports : outside(id)
  const run = (id: string) => {
    // a file has hundreds of names: an object without a prototype is a table from the start, and others are rebuilt for each
    const module: { exports: unknown } = { exports: Object.create(null) }
    loaded.set(id, module)
    const filename = join(folder, id)
    const source = readFileSync(filename)
    const kept = directory === undefined ? undefined : join(directory, `${command}-${id.slice(2)}`)
    const { at, cachedData } = kept === undefined ? none : read(kept, source)
    const script = new Script(`(function (exports, require, module, __filename) {"use strict";${source}\n})`, { filename, cachedData })
    const isGood = script.cachedDataRejected === false && performance.timeOrigin - at < patience
    if (kept !== undefined && !isGood) fresh.set(kept, { script, source })
    script.runInThisContext()(module.exports, require, module, filename)
    return module
  }
  const none = { at: 0, cachedData: undefined }
  const read = (path: string, source: Buffer) => {
    try {
      const bytes = readFileSync(path)
      const end = bytes.length - source.length
      // V8 itself compares lengths and nothing else
      return bytes.subarray(end).equals(source) ? { at: statSync(path).mtimeMs, cachedData: bytes.subarray(0, end) } : none
    } catch {
      return none
    }
  }
  const keep = (path: string, { script, source }: Loaded) => {
    try {
      writeFileSync(`${path}.${process.pid}`, Buffer.concat([script.createCachedData(), source]))
      renameSync(`${path}.${process.pid}`, path)
    } catch {
      // no room, or no right to write there: the next process compiles it again
    }
  }

  process.on("exit", (code) => {
    if (whole.has(code)) fresh.forEach((loaded, path) => keep(path, loaded))
  })
  require(`./${file}`)
}
