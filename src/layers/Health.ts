/**
 * What can be told of the health of a place where data are kept: first from outside, without opening anything that another
 * process may have or that opening would change; then, where nobody has the file and nothing outside is wrong, by reading
 * it whole. Every finding says what is so, and, when it is not as it should be, what to do.
 */
import { Clock, DateTime, Effect, Option } from "effect"
import { open as openFile, readdir, stat, statfs } from "node:fs/promises"
import { basename, dirname, extname, join, resolve } from "node:path"
import { Ledger } from "../engine/Ledger.ts"
import { Manifest } from "../engine/Manifest.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import { inspect, room, spill } from "./duckdb/file.ts"
import { load } from "./duckdb/native.ts"
import { pinned } from "./duckdb/open.ts"
import { ownerOf } from "./duckdb/owner.ts"
import { ledgerPath } from "./Files.ts"
import * as Sqlite from "./sqlite/Sqlite.ts"

export interface Finding {
  readonly about: string
  /** `note`: worth knowing, and nothing is wrong. */
  readonly level: "fine" | "note" | "bad"
  readonly says: string
  /** Empty when there is nothing to do. */
  readonly todo: string
}

/** From outside. */
export const outside = Effect.gen(function*() {
  const settings = yield* Settings
  const owner = yield* ownerOf(settings.duckdbPath)
  return [
    ...(yield* versions),
    ...(yield* disk(settings.dataDir)),
    ...(yield* dataFile(settings.duckdbPath, owner)),
    ...(yield* ledgerFile(ledgerPath(settings.duckdbPath))),
    ...(yield* callLog(settings.stateDir)),
    ...(yield* leftovers(settings.dataDir, settings.duckdbPath, Option.isSome(owner))),
    ...(yield* pythonProject),
    ...(yield* clock)
  ]
})

/** Of an opened data file: all of it can be read, and it agrees with the ledger. `tables` are the names of those it may hold. */
export const inside = Effect.fnUntraced(function*(tables: ReadonlyArray<string>) {
  return [...(yield* readable(tables)), ...(yield* agreement)]
})

// helpers

const fine = (about: string, says: string): Finding => ({ about, level: "fine", says, todo: "" })
const note = (about: string, says: string, todo = ""): Finding => ({ about, level: "note", says, todo })
const bad = (about: string, says: string, todo: string): Finding => ({ about, level: "bad", says, todo })

const said = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)
/** `12 kB`, `5.5 MB`, `72.1 GB` */
const sizeOf = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`

const versions = Effect.gen(function*() {
  const duck = yield* Effect.result(Effect.flatMap(load, (duck) => Effect.sync(() => duck.version())))
  const duckdb = duck._tag === "Success" ? duck.success : ""
  const { node, sqlite = "unknown" } = process.versions
  return [
    fine("node", `${node}, with SQLite ${sqlite}`),
    duckdb === pinned
      ? fine("duckdb", duckdb)
      : bad("duckdb", duckdb === "" ? "it cannot be loaded" : `it is ${duckdb}, and ${pinned} is what this program was tried with`,
        "Install the versions of the lock file: npm ci")
  ]
})

const disk = (dataDir: string) =>
  Effect.tryPromise(async () => {
    let folder = resolve(dataDir)
    // of a folder that is yet to be made, the nearest that is there
    while (folder !== dirname(folder) && await missing(folder)) folder = dirname(folder)
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  }).pipe(
    Effect.map((free) => [
      free < room
        ? bad("disk", `${sizeOf(free)} are free for ${dataDir}, and ${sizeOf(room)} are needed to write safely`, "Make room")
        : fine("disk", `${sizeOf(free)} are free for ${dataDir}`)
    ]),
    Effect.catch((error) => Effect.succeed([bad("disk", `${dataDir} cannot be looked at: ${said(error.cause)}`, "Check its rights")]))
  )

const missing = (path: string): Promise<boolean> => stat(path).then(() => false, () => true)

const dataFile = Effect.fnUntraced(function*(path: string, owner: Effect.Success<ReturnType<typeof ownerOf>>) {
  const about = "data file"
  const held = Option.map(owner, ({ command, pid, since }) => note(about, `${path} is in use by ${command} (pid ${pid}) since ${since}`))
  const found = yield* Effect.result(inspect(path))
  if (found._tag === "Failure") {
    const { reason } = found.failure
    const todo = "todo" in reason ? reason.todo : "Check its rights, or set DUCKDB_PATH to another file"
    return [bad(about, "found" in reason ? `${path}: ${reason.found}` : found.failure.message, todo)]
  }
  if (found.success === "none") return [fine(about, `there is none at ${path} yet: the first run makes it`)]
  const { cut, log, size } = yield* Effect.promise(() => shapeOf(path))
  if (cut && Option.isNone(owner)) {
    return [
      bad(about, `${path} was cut off: ${sizeOf(size)} are no whole number of its blocks`,
        `Restore a copy, or move ${basename(path)} and ${basename(path)}.wal away and run again to rebuild`)
    ]
  }
  return [
    Option.getOrElse(held, () => fine(about, `${path}, ${sizeOf(size)}, nobody has it`)),
    ...(log > 0 && Option.isNone(owner)
      ? [
        note(about, `its log ${basename(path)}.wal holds ${sizeOf(log)}: a process was killed. The next run takes it in`,
          "Never remove it without the file: what it holds would be lost")
      ]
      : [])
  ]
})

/** Three headers of 4 kB, then blocks of 256 kB. */
const shapeOf = async (path: string) => {
  const { size } = await stat(path)
  const log = await stat(`${path}.wal`).then((_) => _.size, () => 0)
  return { size, log, cut: size < 3 * 4096 || (size - 3 * 4096) % 262_144 !== 0 }
}

const ledgerFile = Effect.fnUntraced(function*(path: string) {
  const about = "ledger"
  const begins = yield* Effect.promise(() => beginning(path))
  if (begins === undefined) return [fine(about, "there is none yet")]
  const todo = `Move ${basename(path)} away: the next run begins a new one, and what is published stays`
  // an empty file is what SQLite makes before its first table
  if (begins !== "" && !begins.startsWith("SQLite format 3")) return [bad(about, `${path} is no SQLite file`, todo)]
  return yield* Sqlite.open(path).pipe(
    Effect.flatMap((file) => file.all("PRAGMA quick_check(1)")),
    Effect.scoped,
    Effect.map((rows) => {
      const [result] = rows.map((_) => String(_["quick_check"]))
      return [result === "ok" ? fine(about, `${path} is whole`) : bad(about, `${path} is damaged: ${result}`, todo)]
    }),
    Effect.catch((error) => Effect.succeed([bad(about, error.message, todo)]))
  )
})

const beginning = async (path: string): Promise<string | undefined> => {
  const file = await openFile(path).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return buffer.toString("latin1", 0, bytesRead)
  } finally {
    await file.close()
  }
}

const callLog = Effect.fnUntraced(function*(stateDir: string) {
  const about = "call log"
  const path = join(stateDir, "calls.sqlite")
  const begins = yield* Effect.promise(() => beginning(path))
  if (begins === undefined) return [fine(about, `there is none in ${stateDir} yet`)]
  return begins === "" || begins.startsWith("SQLite format 3")
    ? [fine(about, path)]
    : [
      bad(about, `${path} is no SQLite file`,
        "Move it away: then wait a minute before the next run, for nobody knows the calls of this minute")
    ]
})

/** What a killed process left, and what does not belong here. */
const leftovers = Effect.fnUntraced(function*(dataDir: string, duckdbPath: string, isHeld: boolean) {
  const about = "folder"
  const names = yield* Effect.promise(() => readdir(dataDir, { recursive: true }).catch((): Array<string> => []))
  const own = new Set([basename(duckdbPath), `${basename(duckdbPath)}.wal`])
  const parts = names.filter((_) => /\.(part|tmp)$/.test(_) && basename(_) !== basename(spill(duckdbPath)))
  const strangers = names.filter((_) => [".duckdb", ".db"].includes(extname(_)) && !own.has(basename(_)) && !/^sandbox(-|\b)/.test(_))
  const spilled = !isHeld && !(yield* Effect.promise(() => missing(spill(duckdbPath))))
  return [
    ...(parts.length > 0 && !isHeld
      ? [note(about, `${parts.length} unfinished files were left: ${some(parts)}`, "Remove them when nothing runs")]
      : []),
    ...(spilled ? [note(about, `${basename(spill(duckdbPath))} was left by a killed process`, "The next run sweeps it away")] : []),
    ...(strangers.length > 0
      ? [note(about, `other databases lie here: ${some(strangers)}`, "They are left alone; DUCKDB_PATH chooses which one is used")]
      : [])
  ]
})

const some = (names: ReadonlyArray<string>): string => names.length > 4 ? `${names.slice(0, 4).join(", ")}, …` : names.join(", ")

/** What the earlier project, in Python, leaves where it ran. */
const pythonProject = Effect.promise(async () => {
  const names = await readdir(".").catch((): Array<string> => [])
  const left = names.filter((_) =>
    /^(dagster\.yaml|workspace\.yaml|dagster_home|\.dagster|pyproject\.toml|requirements\.txt|setup\.py|venv|\.venv)$/.test(_)
  )
  return left.length === 0
    ? []
    : [note("folder", `files of a Python project lie here: ${left.join(", ")}`, "This program reads none of them")]
})

/** 2026: whoever built this lived then. */
const built = Date.UTC(2026, 0, 1)

const clock = Effect.map(Clock.currentTimeMillis, (now) => [
  now < built
    ? bad("clock", `this machine says it is ${DateTime.formatIso(DateTime.makeUnsafe(now))}`,
      "Set the clock: days and limits are told by it")
    : fine("clock", `${DateTime.formatIso(DateTime.makeUnsafe(now)).slice(0, 16)}Z`)
])

const readable = Effect.fnUntraced(function*(tables: ReadonlyArray<string>) {
  const sql = yield* DuckDb
  const there = yield* sql<{ name: string }>`
    SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1`
  const found: Array<Finding> = []
  let rows = 0
  for (const { name } of there) {
    // every block of the table has to be read for this
    const read = yield* Effect.result(sql<{ n: number }>`SELECT count(*) AS n, bit_xor(hash(t))::VARCHAR AS h FROM ${sql(name)} t`.pipe(
      Effect.catchDefect((defect) => Effect.fail(defect))
    ))
    if (read._tag === "Success") rows += read.success[0]?.n ?? 0
    else {
      found.push(
        bad(name, `it cannot be read: ${said(read.failure)}`,
          "Other tables are whole. Restore a copy of the data file, or move it away and run again to rebuild")
      )
    }
  }
  const strangers = there.map((_) => _.name).filter((_) => !_.startsWith("_") && !tables.includes(_))
  return [
    ...found,
    ...(found.length === 0 ? [fine("tables", `${there.length} tables with ${rows} rows, all of them readable`)] : []),
    ...(strangers.length > 0
      ? [note("tables", `no asset is called ${some(strangers)}`, "They were made by an older version or by hand, and are left alone")]
      : [])
  ]
})

/** What the ledger last calls published of each asset and subject, the manifest has: what is older may be superseded. Nothing was published in the future. */
const agreement = Effect.gen(function*() {
  const [ledger, manifest, now] = [yield* Ledger, yield* Manifest, yield* Clock.currentTimeMillis]
  const runs = yield* ledger.runs(200)
  const steps = (yield* Effect.forEach(runs, (_) => ledger.steps(_.id))).flat().filter((_) => _.state === "succeeded")
  const newest = new Map(steps.sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0)).map((_) => [`${_.asset} ${_.subject}`, _]))
  const lost = yield* Effect.filter([...newest.values()], (_) => Effect.map(manifest.has(_.id), (has) => !has))
  const { runs: open } = yield* ledger.open
  const future = runs.filter((_) => _.startedAt > now + 60_000)
  const names = [...new Set(lost.map((_) => _.asset))]
  return [
    lost.length === 0
      ? fine("agreement", `what the ledger says of its last ${runs.length} runs is published`)
      : bad("agreement",
        `the ledger says that ${lost.length} parts of ${
          some(names)
        } were published, and the data file does not have them: it is older than the ledger`,
        "If it was restored from a copy, run again: what is missing is made. If not, the disk lost it"),
    ...(open.length > 0 ? [note("agreement", `${open.length} runs were cut short`, "The next run settles them")] : []),
    ...(future.length > 0
      ? [
        bad("clock", `${future.length} runs began in the future: the clock was set back`,
          "Set the clock right; until then what they made looks new")
      ]
      : [])
  ]
})
