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

/**
 * The file of the folder that is the command; what it requires beside it is loaded in the same way. Each is an expression:
 * a function of `exports`, `require`, `module` and `__filename`.
 */
export const load = (folder: string, file: string, command: string): void => {
  const { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync } = process.getBuiltinModule("node:fs")
  const { isAscii } = process.getBuiltinModule("node:buffer")
  const { join } = process.getBuiltinModule("node:path")
  const { Script } = process.getBuiltinModule("node:vm")
  const { createRequire, enableCompileCache, getCompileCacheDir } = process.getBuiltinModule("node:module")
  enableCompileCache(join(folder, ".code"))
  const directory = getCompileCacheDir()
  const outside = createRequire(join(folder, file))
  const loaded = new Map<string, { exports: unknown }>()
  const fresh = new Map<string, Loaded>()
  /** All files are read into the same memory: to be given new memory takes longer than to read it full. */
  let scratch = Buffer.allocUnsafeSlow(4 * 1024 * 1024)

  const require = (id: string): unknown => id.startsWith("./") ? (loaded.get(id) ?? run(id)).exports : outside(id)
  const run = (id: string) => {
    // a file has hundreds of names: an object without a prototype is a table from the start, and others are rebuilt for each
    const module: { exports: unknown } = { exports: Object.create(null) }
    loaded.set(id, module)
    const filename = join(folder, id)
    const kept = directory === undefined ? undefined : join(directory, `${command}-${id.slice(2)}`)
    const { at, size } = kept === undefined ? none : read(kept)
    const filled = size + readAt(filename, size).size
    const source = scratch.subarray(size, filled)
    const end = size - source.length
    // V8 itself compares lengths and nothing else
    const cachedData = end > 0 && scratch.subarray(end, size).equals(source) ? scratch.subarray(0, end) : undefined
    const script = new Script(source.toString(isAscii(source) ? "latin1" : "utf8"), { filename, cachedData })
    const isGood = script.cachedDataRejected === false && Date.now() - at < patience
    if (kept !== undefined && !isGood) fresh.set(kept, { script, source: Buffer.from(source) })
    script.runInThisContext()(module.exports, require, module, filename)
    return module
  }
  const none = { at: 0, size: 0 }
  /** The file, into the scratch from `start` on. */
  const readAt = (path: string, start: number) => {
    const file = openSync(path, "r")
    try {
      const { mtimeMs, size } = fstatSync(file)
      if (start + size > scratch.length) scratch = Buffer.concat([scratch], 2 * (start + size))
      let read = 0
      while (read < size) {
        const more = readSync(file, scratch, start + read, size - read, null)
        if (more === 0) break
        read += more
      }
      return { at: mtimeMs, size: read }
    } finally {
      closeSync(file)
    }
  }
  const read = (path: string) => {
    try {
      return readAt(path, 0)
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
