import { assert, describe, it } from "@effect/vitest"
import { DuckDBInstance } from "@duckdb/node-api"
import { Effect, Layer, Schema } from "effect"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { layer, type Options } from "../../../src/layers/DuckDb.ts"
import * as Asset from "../../../src/engine/Asset.ts"
import { Manifest as EngineManifest } from "../../../src/engine/Manifest.ts"
import { whole } from "../../../src/engine/Partition.ts"
import * as Manifest from "../../../src/layers/Manifest.ts"
import { DuckDb, Looking } from "../../../src/services/DuckDb.ts"
import * as Table from "../../../src/services/Table.ts"
import { folder } from "./process.ts"
import { reasonOf } from "./reasonOf.ts"

const stamp = { source: "sandbox", currency: "usd" }
const at = (path: string, options: Partial<Options> = {}) => layer({ path, stamp, ...options })
const opened = (path: string, options?: Partial<Options>) => Effect.scoped(Layer.build(at(path, options)))
const using = <A, E>(path: string, use: Effect.Effect<A, E, DuckDb>, options?: Partial<Options>) => Effect.provide(use, at(path, options))
const sha = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex")

/** A DuckDB file that this project did not make, by DuckDB itself. */
const foreign = (path: string, statements: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    for (const statement of statements) await connection.run(statement)
    connection.closeSync()
    instance.closeSync()
  })

const filled = DuckDb.use((sql) =>
  Effect.gen(function*() {
    yield* sql`CREATE TABLE t AS SELECT i, 'x' || i AS s FROM range(50000) r(i)`
    yield* sql.checkpoint
  })
)
const count = DuckDb.use((sql) => Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM t`, ([row]) => row?.n))

describe("what is no file of ours is refused, and left as it is", () => {
  it.live.each<readonly [what: string, make: (path: string) => void, tag: string, says: RegExp]>([
    ["an empty file", (path) => writeFileSync(path, ""), "Foreign", /no DuckDB file/],
    ["a text", (path) => writeFileSync(path, "coin,price\n".repeat(1000)), "Foreign", /no DuckDB file/],
    [
      "a SQLite file, for which DuckDB would fetch an extension",
      (path) => {
        const database = new DatabaseSync(path)
        database.exec("CREATE TABLE t (i)")
        database.close()
      },
      "Foreign",
      /no DuckDB file/
    ],
    ["a folder", (path) => mkdirSync(path), "Foreign", /no file/]
  ])("%s", ([, make, tag, says]) =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      make(path)
      const before = statSync(path).isFile() ? sha(path) : undefined
      const error = yield* Effect.flip(opened(path))
      assert.strictEqual(error._tag === "DuckDbError" ? error.reason._tag : "", tag)
      assert.match(error.message, says)
      if (before !== undefined) assert.strictEqual(sha(path), before)
    }))

  it.live("a file of the earlier Python project, with the way out, and not a byte of it changed", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "crypto.duckdb")
      yield* foreign(path, [
        "CREATE TABLE crypto_prices (coin VARCHAR, price DECIMAL(18, 8))",
        "INSERT INTO crypto_prices VALUES ('bitcoin', 1)"
      ])
      const before = sha(path)
      const error = yield* Effect.flip(opened(path))
      assert.strictEqual(error._tag === "DuckDbError" ? error.reason._tag : "", "Foreign")
      assert.include(error.message, "it holds the tables crypto_prices and no stamp")
      assert.include(error.message, "Rename it, or set DUCKDB_PATH")
      assert.strictEqual(sha(path), before)
    }))

  it.live("nor one of the newest format, which is opened for writing at once", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "crypto.duckdb")
      yield* Effect.promise(async () => {
        const instance = await DuckDBInstance.create(":memory:")
        const connection = await instance.connect()
        await connection.run(`ATTACH '${path}' AS x (STORAGE_VERSION 'latest'); CREATE TABLE x.t AS SELECT 1 AS n; DETACH x`)
        connection.closeSync()
        instance.closeSync()
      })
      const before = [sha(path), statSync(path).mtimeMs]
      assert.strictEqual(readFileSync(path).readBigUInt64LE(12), 68n)
      assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "Foreign")
      assert.deepStrictEqual([sha(path), statSync(path).mtimeMs], before)
    }))

  it.live("nor is its log written into it, as opening it for writing would", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "crypto.duckdb")
      yield* Effect.promise(async () => {
        const instance = await DuckDBInstance.create(`${path}.live`)
        const connection = await instance.connect()
        await connection.run("CREATE TABLE crypto_prices (coin VARCHAR, price DECIMAL(18, 8))")
        await connection.run("INSERT INTO crypto_prices VALUES ('bitcoin', 1)")
        // as a killed process leaves them
        for (const end of ["", ".wal"]) copyFileSync(`${path}.live${end}`, `${path}${end}`)
        connection.closeSync()
        instance.closeSync()
      })
      const before = [sha(path), sha(`${path}.wal`)]
      assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "Foreign")
      assert.deepStrictEqual([sha(path), sha(`${path}.wal`)], before)
    }))

  it.live("an earlier storage format is refused by name, and so is a later one", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, filled)
      for (const version of [63, 99]) {
        const bytes = readFileSync(path)
        bytes.writeBigUInt64LE(BigInt(version), 12)
        writeFileSync(`${path}.${version}`, bytes)
        assert.deepStrictEqual(yield* reasonOf(opened(`${path}.${version}`)), {
          _tag: "WrongVersion",
          what: "its storage format",
          found: String(version),
          expected: "64 to 68"
        })
      }
    }))

  it.live("a file of another source or another currency: both are said", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, filled)
      const before = sha(path)
      for (const other of [{ source: "live", currency: "usd" }, { source: "sandbox", currency: "eur" }]) {
        const error = yield* Effect.flip(opened(path, { stamp: other }))
        assert.include(error.message, `it holds sandbox data in usd, and ${other.source} data in ${other.currency} was asked for`)
      }
      assert.strictEqual(sha(path), before)
      assert.strictEqual(yield* using(path, count), 50000)
    }))

  it.live("a DuckDB that was not tried", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      assert.deepStrictEqual(yield* reasonOf(opened(path, { version: "v1.4.5" })), {
        _tag: "WrongVersion",
        what: "its version",
        found: "v1.5.5",
        expected: "v1.4.5"
      })
      assert.isFalse(existsSync(path))
    }))
})

describe("damage is said, never read as no data", () => {
  it.live("the file is missing, its log is there", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      writeFileSync(`${path}.wal`, "rows")
      assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "Damaged")
      assert.isFalse(existsSync(path))
      rmSync(`${path}.wal`)
      yield* opened(path)
    }))

  it.live("the file is cut short", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, filled)
      truncateSync(path, Math.floor(statSync(path).size / 2))
      assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "Damaged")
    }))

  it.live("a log of an older file: DuckDB would replay it silently into one of the default format", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.gen(function*() {
        yield* filled
        yield* DuckDb.use((sql) => sql`INSERT INTO t VALUES (-1, 'in the log')`)
        assert.isTrue(existsSync(`${path}.wal`))
        copyFileSync(`${path}.wal`, `${path}.kept`)
        yield* DuckDb.use((sql) => Effect.andThen(sql.checkpoint, Effect.andThen(sql`INSERT INTO t VALUES (-2, 'later')`, sql.checkpoint)))
      }))
      renameSync(`${path}.kept`, `${path}.wal`)
      assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "Damaged")
    }))

  it.live.each<readonly [what: string, damage: (path: string) => void]>([
    ["removed", (path) => rmSync(path)],
    ["replaced", (path) => {
      copyFileSync(path, `${path}.copy`)
      renameSync(`${path}.copy`, path)
    }]
  ])("the file is %s while it is open: nothing more is written, nor read", ([, damage]) =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* filled
        const inside = sql.withTransaction(Effect.andThen(sql`INSERT INTO t VALUES (1, 'y')`, Effect.sync(() => damage(path))))
        assert.strictEqual((yield* reasonOf(inside))?._tag, "Replaced")
        assert.strictEqual((yield* reasonOf(sql`INSERT INTO t VALUES (2, 'y')`))?._tag, "Replaced")
        assert.strictEqual((yield* reasonOf(count))?._tag, "Replaced")
      }))
    }))

  it.live("the file is removed, and a statement outside of a transaction writes: refused, too", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.gen(function*() {
        const sql = yield* DuckDb
        yield* filled
        rmSync(path)
        assert.strictEqual((yield* reasonOf(sql`INSERT INTO t VALUES (2, 'y')`))?._tag, "Replaced")
      }))
    }))
})

describe("the disk", () => {
  it.live("without room enough who only looks reads what is there, and writes nothing", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "full.duckdb")
      yield* using(path, Effect.provide(filled, Manifest.layer))
      const before = sha(path)
      const into = Table.make(Schema.Struct({ i: Schema.Finite, s: Schema.String }))
      const tabled = Asset.make("t", { about: "", into }, () => Effect.succeed([]))
      const looked = Effect.fnUntraced(function*(roomNeeded: number) {
        const sql = yield* DuckDb
        const { newest } = yield* EngineManifest
        const { rows } = yield* into.read(tabled, { window: whole, subject: undefined })
        const written = yield* Effect.exit(sql.withTransaction(sql`INSERT INTO t SELECT 1, 'x'`))
        return { isReadOnly: sql.isReadOnly, rows: (yield* rows).length, newest: yield* newest([]), wrote: written._tag, roomNeeded }
      })
      const looking = (roomNeeded: number) =>
        Effect.provide(looked(roomNeeded),
          Manifest.layer.pipe(Layer.provideMerge(at(path, { roomNeeded })), Layer.provide(Layer.succeed(Looking, true))))
      const newest = { seq: 0, ids: new Map() }
      assert.deepStrictEqual(yield* looking(1e18), { isReadOnly: true, rows: 50_000, newest, wrote: "Failure", roomNeeded: 1e18 })
      assert.deepStrictEqual([sha(path), existsSync(`${path}.wal`)], [before, false])
      assert.deepStrictEqual(yield* looking(1), { isReadOnly: false, rows: 50_001, newest, wrote: "Success", roomNeeded: 1 })
      // what it would have to write first, it does not open
      const refused = (name: string) => {
        const other = join(path, "..", name)
        return Effect.map(reasonOf(Effect.provideService(opened(other, { roomNeeded: 1e18 }), Looking, true)), (_) => _?._tag)
      }
      yield* foreign(join(path, "..", "empty.duckdb"), [])
      assert.deepStrictEqual([yield* refused("none.duckdb"), yield* refused("empty.duckdb")], ["NoSpace", "NoSpace"])
      assert.isFalse(existsSync(join(path, "..", "none.duckdb")))
    }))

  it.live("without room enough nothing is opened for writing", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      const reason = yield* reasonOf(opened(path, { roomNeeded: 1e18 }))
      assert.strictEqual(reason?._tag, "NoSpace")
      assert.isFalse(existsSync(path))
    }))

  it.live("what a killed process spilled is swept away, and a query spills beside the file", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      mkdirSync(`${path}.tmp`)
      writeFileSync(join(`${path}.tmp`, "duckdb_temp_storage_DEFAULT-0.tmp"), "left behind")
      yield* using(path, Effect.gen(function*() {
        const sql = yield* DuckDb
        assert.isFalse(existsSync(join(`${path}.tmp`, "duckdb_temp_storage_DEFAULT-0.tmp")))
        const [set] = yield* sql<Record<string, string>>`
          SELECT current_setting('temp_directory') AS temp, current_setting('max_temp_directory_size') AS most, current_setting('memory_limit') AS memory`
        assert.strictEqual(set?.["temp"], `${path}.tmp`)
        assert.match(String(set?.["most"]), /^[\d.]+ [MGT]iB$/)
        assert.notStrictEqual(set?.["most"], "90% of available disk space")
        assert.match(String(set?.["memory"]), /iB$/)
      }))
    }))

  it.live("a table written anew again and again does not grow the file, when it is checkpointed", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.gen(function*() {
        const sql = yield* DuckDb
        const refresh = Effect.andThen(sql`CREATE OR REPLACE TABLE t AS SELECT i, md5(i::VARCHAR) AS s FROM range(30000) r(i)`,
          sql.checkpoint)
        yield* Effect.andThen(refresh, refresh)
        const size = statSync(path).size
        yield* Effect.repeat(refresh, { times: 6 })
        assert.isAtMost(statSync(path).size, size * 1.6)
      }))
    }))
})

describe("a file of ours", () => {
  it.live("is stamped, keeps its rows, leaves no log behind, and is the one file under all its names", () =>
    Effect.gen(function*() {
      const home = yield* folder
      const path = join(home, "x.duckdb")
      yield* using(path, filled)
      assert.deepStrictEqual(readdirSync(home).sort(), ["x.duckdb", "x.duckdb.lock"])
      assert.strictEqual(readFileSync(path).readBigUInt64LE(12), 68n)
      symlinkSync(path, join(home, "link.duckdb"))
      yield* using(join(home, "link.duckdb"), Effect.gen(function*() {
        const sql = yield* DuckDb
        assert.strictEqual(yield* count, 50000)
        assert.deepStrictEqual(yield* sql`FROM _meta ORDER BY key`, [
          { key: "currency", value: "usd" },
          { key: "format", value: "1" },
          { key: "source", value: "sandbox" }
        ])
        assert.strictEqual((yield* reasonOf(opened(path)))?._tag, "InUse")
      }))
    }))

  it.live("times are UTC's, whatever the zone of the machine", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.gen(function*() {
        const sql = yield* DuckDb
        assert.deepStrictEqual(yield* sql`SELECT TIMESTAMPTZ '2026-01-01T00:30:00+01:00'::DATE AS d, current_setting('TimeZone') AS zone`, [
          { d: "2025-12-31", zone: "UTC" }
        ])
      }))
    }))
})

describe("a migration", () => {
  const migrations = [
    { to: 3, about: "a price is a DOUBLE", rewrite: { prices: "SELECT coin, price::DOUBLE AS price FROM prices" } },
    { to: 2, about: "a coin has an id", rewrite: { prices: "SELECT lower(coin) AS coin, price FROM prices" } }
  ]
  const prices = DuckDb.use((sql) => sql`SELECT *, typeof(price) AS type FROM prices ORDER BY coin`)
  const format = DuckDb.use((sql) => sql`SELECT value FROM _meta WHERE key = 'format'`)
  const old = (path: string) =>
    using(path, DuckDb.use((sql) => sql`CREATE TABLE prices AS SELECT 'BTC' AS coin, 1.5::DECIMAL(18, 8) AS price`))

  it.live("writes the tables anew, in order, once", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* old(path)
      for (const _ of [1, 2]) {
        yield* using(path, Effect.gen(function*() {
          assert.deepStrictEqual(yield* prices, [{ coin: "btc", price: 1.5, type: "DOUBLE" }])
          assert.deepStrictEqual(yield* format, [{ value: "3" }])
          assert.isFalse(existsSync(`${path}.wal`), "it is in the file itself, and not in a log that a crash leaves behind")
          assert.deepStrictEqual(yield* DuckDb.use((sql) => sql`SELECT table_name AS t FROM duckdb_tables() ORDER BY 1`), [{ t: "_meta" }, {
            t: "prices"
          }])
        }), { migrations })
      }
    }))

  it.live("that fails has not happened: the file is as it was, and of its old format", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* old(path)
      const broken = {
        to: 2,
        about: "broken",
        rewrite: { prices: "SELECT lower(coin) AS coin, price FROM prices", no_such: "SELECT * FROM no_such" }
      }
      yield* Effect.flip(opened(path, { migrations: [broken] }))
      yield* using(path, Effect.gen(function*() {
        assert.deepStrictEqual(yield* prices, [{ coin: "BTC", price: 1.5, type: "DECIMAL(18,8)" }])
        assert.deepStrictEqual(yield* format, [{ value: "1" }])
      }))
    }))

  it.live("a new file is of the newest format, and one from a newer program is refused", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "x.duckdb")
      yield* using(path, Effect.map(format, (found) => assert.deepStrictEqual(found, [{ value: "3" }])), {
        migrations: [{ to: 3, about: "nothing", rewrite: {} }]
      })
      assert.deepStrictEqual(yield* reasonOf(opened(path)), {
        _tag: "WrongVersion",
        what: "the format of its tables",
        found: "3",
        expected: "at most 1"
      })
    }))
})
