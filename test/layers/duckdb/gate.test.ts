import { afterAll, assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { layer as duckDb } from "../../../src/layers/DuckDb.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { reasonOf } from "./reasonOf.ts"

const folder = mkdtempSync(join(tmpdir(), "crypto-gate-"))
const exports = join(folder, "exports")
mkdirSync(exports)
writeFileSync(join(folder, "secret.txt"), "secret")
writeFileSync(join(exports, "out.csv"), "a,b\n1,2\n")
const stamp = { source: "sandbox", currency: "usd" }
const World = Layer.fresh(duckDb({ path: join(folder, "gate.duckdb"), stamp, exports }))

afterAll(() => rmSync(folder, { recursive: true }))

layer(World, { excludeTestServices: true })("a stranger's query", (it) => {
  it.effect("reads tables, with names and types, as JSON", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE t AS SELECT * FROM (VALUES (1, 2.5::DOUBLE, DATE '2026-01-01'), (2, NULL, NULL)) v(i, x, d)`
      assert.deepStrictEqual(yield* sql.queryReadOnly("SELECT * FROM t ORDER BY i DESC -- newest first"), {
        columns: [{ name: "i", type: "INTEGER" }, { name: "x", type: "DOUBLE" }, { name: "d", type: "DATE" }],
        rows: [{ i: 2, x: null, d: null }, { i: 1, x: 2.5, d: "2026-01-01" }],
        truncated: false
      })
      const odd = yield* sql.queryReadOnly(
        "SELECT 9007199254740993 AS big, 'NaN'::DOUBLE AS nan, '\\xFF'::BLOB AS raw, [1, NULL] AS list, MAP {'k': DATE '2026-01-01'} AS map;"
      )
      assert.deepStrictEqual(odd.rows, [{ big: "9007199254740993", nan: "NaN", raw: "ff", list: [1, null], map: { k: "2026-01-01" } }])
    }))

  it.effect.each([
    "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
    "FROM t",
    "VALUES (1), (2)",
    "TABLE t",
    "DESCRIBE t",
    "SHOW TABLES",
    "SUMMARIZE t",
    "EXPLAIN SELECT * FROM t",
    "explain analyze SELECT * FROM t;",
    "SELECT * FROM range(3) r(i), duckdb_tables() d",
    "SELECT 'a;b' AS x /* ; */ ;\n",
    "SELECT i, row_number() OVER (ORDER BY i) FROM t"
  ])("may be %s", (query) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      assert.isAbove((yield* sql.queryReadOnly(query)).columns.length, 0)
    }))

  it.effect.each([
    "INSERT INTO t VALUES (9, 9, NULL)",
    "INSERT INTO t VALUES (9, 9, NULL) RETURNING i",
    "UPDATE t SET i = 9",
    "DELETE FROM t",
    "DROP TABLE t",
    "CREATE TABLE u AS SELECT 1",
    "CREATE TEMP TABLE u AS SELECT 1",
    "CREATE OR REPLACE TEMP MACRO f() AS 1",
    "SELECT 1; SELECT 2",
    "EXPLAIN SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM t",
    "COMMIT; DELETE FROM t",
    "SELECT 1) ; DELETE FROM t; SELECT * FROM (SELECT 1",
    "SELECT 1\0; DELETE FROM t",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN ANALYZE CREATE TEMP TABLE u AS SELECT 1",
    `COPY t TO '${exports}/stolen.csv'`,
    `EXPLAIN ANALYZE COPY t TO '${exports}/stolen.csv'`,
    `EXPORT DATABASE '${exports}'`,
    `ATTACH '${folder}/other.duckdb'`,
    "DETACH crypto",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET VARIABLE x = 1",
    "RESET threads",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CALL enable_logging()",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN",
    "",
    ";",
    "-- nothing",
    "SELECT /* open",
    // functions that reach files, run text as SQL, or change the process
    `SELECT * FROM read_text('${folder}/secret.txt')`,
    `SELECT * FROM read_csv('${exports}/out.csv')`,
    `SELECT (SELECT max(content) FROM read_blob('${folder}/secret.txt'))`,
    `SELECT * FROM '${exports}/out.csv'`,
    `SELECT (SELECT max(a) FROM "${exports}/out.csv")`,
    "FROM 'out.csv'",
    "FROM 'https://example.org/x.csv'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/hostname')",
    "SELECT * FROM parquet_metadata('/etc/hostname')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query('SELECT * FROM enable_log' || 'ging()')",
    "SELECT * FROM query_table(['t'])",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM \"ENABLE_LOGGING\"()",
    "SELECT * FROM system.main.enable_logging()",
    // this one ends the whole process where only the settings are locked
    `SELECT * FROM enable_logging('QueryLog', storage => 'file', storage_config => {'path': '${folder}/log.csv'})`,
    "DESCRIBE SELECT * FROM enable_logging()",
    "SELECT 1 UNION ALL SELECT 1 FROM enable_profiling()",
    "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM checkpoint()) SELECT * FROM r",
    "SELECT * FROM t, LATERAL (SELECT * FROM force_checkpoint())",
    "SELECT * FROM enable_peg_parser()",
    "SELECT list_transform([1], lambda x: write_log('a'))"
  ])("may not be %s", (query) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const before = yield* sql`SELECT count(*) AS n, sum(i) AS s FROM t`
      const files = readdirSync(folder, { recursive: true }).sort()
      assert.strictEqual((yield* reasonOf(sql.queryReadOnly(query)))?._tag, "NotAllowed")
      assert.deepStrictEqual(yield* sql`SELECT count(*) AS n, sum(i) AS s FROM t`, before)
      assert.deepStrictEqual(readdirSync(folder, { recursive: true }).sort(), files)
    }))

  it.effect("is told what was wrong with it", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const found = (query: string) =>
        Effect.map(reasonOf(sql.queryReadOnly(query)), (reason) => reason?._tag === "NotAllowed" ? reason.found : undefined)
      assert.strictEqual(yield* found("DELETE FROM t"), "it is no SELECT")
      assert.strictEqual(yield* found("SELECT 1; SELECT 2"), "more than one statement")
      assert.strictEqual(yield* found(""), "no statement")
      assert.strictEqual(yield* found("SELECT * FROM enable_logging()"), "the function enable_logging")
      assert.match((yield* found("SELECT (")) ?? "", /^it cannot be parsed: .*syntax error/)
    }))

  it.effect("writes nothing through a view that would", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE SEQUENCE s`
      yield* sql`CREATE VIEW counting AS SELECT nextval('s') AS n`
      yield* Effect.flip(sql.queryReadOnly("SELECT * FROM counting"))
      assert.deepStrictEqual(yield* sql`SELECT * FROM counting`, [{ n: 1 }])
    }))

  it.effect("ends at its row limit and says that there is more; exactly as many are not more", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const some = (rows: number) => sql.queryReadOnly(`SELECT i FROM range(${rows}) t(i) ORDER BY i DESC`, { limit: 3 })
      assert.deepStrictEqual((yield* some(4)).rows, [{ i: 3 }, { i: 2 }, { i: 1 }])
      assert.deepStrictEqual((yield* some(100)).rows, [{ i: 99 }, { i: 98 }, { i: 97 }])
      assert.isTrue((yield* some(4)).truncated)
      assert.isFalse((yield* some(3)).truncated)
    }))

  it.effect("ends at its deadline", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const endless = "SELECT sum(a.i * b.i) FROM range(100000000) a(i), range(10000) b(i)"
      assert.deepStrictEqual(yield* reasonOf(sql.queryReadOnly(endless, { timeout: "50 millis" })), { _tag: "Timeout", seconds: 0.05 })
    }))
})

layer(World, { excludeTestServices: true })("the database itself", (it) => {
  it.effect.each([
    `SELECT * FROM read_text('${folder}/secret.txt')`,
    `COPY (SELECT 1) TO '${folder}/stolen.csv'`,
    `COPY (SELECT 1) TO '${exports}/../stolen.csv'`,
    `ATTACH '${folder}/other.duckdb'`,
    "INSTALL httpfs",
    "LOAD sqlite_scanner",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET memory_limit = '9GB'",
    "SET GLOBAL TimeZone = 'Europe/Berlin'"
  ])("refuses our own %s", (statement) =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* Effect.flip(sql.unsafe(statement))
      assert.isFalse(existsSync(join(folder, "stolen.csv")))
    }))

  it.effect("fetches no extension, and loads none by itself", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const settings = yield* sql<{ name: string; value: string }>`
        SELECT name, value
        FROM duckdb_settings()
        WHERE name LIKE 'auto%known_extensions' OR name LIKE 'allow_%_extensions'
        ORDER BY name`
      assert.deepStrictEqual(settings.map((_) => [_.name, _.value]), [
        ["allow_community_extensions", "false"],
        ["allow_unsigned_extensions", "false"],
        ["autoinstall_known_extensions", "false"],
        ["autoload_known_extensions", "false"]
      ])
    }))

  it.effect("writes to its exports folder", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql.unsafe(`COPY (SELECT 1 AS a) TO '${exports}/mine.csv'`)
      assert.isTrue(existsSync(join(exports, "mine.csv")))
    }))
})
