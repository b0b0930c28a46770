/** What is in a table is in its Arrow file: read back by the library, to the last bit and the last NULL. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { tableFromIPC, Vector } from "apache-arrow"
import { Effect, FileSystem, Layer, PlatformError, Schema } from "effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ArrowFile from "../../src/layers/ArrowFile.ts"
import { layerMemory } from "../../src/layers/DuckDb.ts"
import * as Column from "../../src/services/Column.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"

const Sight = Schema.Struct({
  day: Schema.NullOr(Column.Day),
  at: Schema.NullOr(Column.Instant),
  price: Column.figure("in EUR"),
  calls: Schema.NullOr(Column.Whole),
  "is \"odd\"": Schema.NullOr(Schema.Boolean),
  name: Schema.NullOr(Schema.String),
  more: Schema.NullOr(Column.json(Schema.Record(Schema.String, Schema.String)))
})
const columns = Column.of(Sight)

const folder = Effect.acquireRelease(Effect.sync(() => mkdtempSync(join(tmpdir(), "arrow-"))),
  (_) => Effect.sync(() => rmSync(_, { recursive: true })))

/** The file of a table, as it is and as it is read. */
const written = Effect.fnUntraced(function*(table: string, of: ReadonlyArray<Column.Column> = columns) {
  const file = join(yield* folder, "x.arrow")
  const rows = yield* ArrowFile.write(table, of, file)
  const bytes = readFileSync(file)
  return { rows, bytes, table: tableFromIPC(bytes) }
}, Effect.scoped)

/** An empty table `name`, of the columns above. */
const made = (name: string) =>
  DuckDb.use((sql) =>
    sql`CREATE TABLE ${sql(name)} (day DATE, "at" TIMESTAMPTZ, price DOUBLE, calls BIGINT, "is ""odd""" BOOLEAN, name VARCHAR, more JSON)`
  )

const hostile = "=HYPERLINK(\"http://x\")'; DROP TABLE sights; --\u001b[2J<b>\u202e🦆,\n"

/** The values as the file has them: days and microseconds since 1970, and what is missing. */
const stored = (vector: Vector) =>
  Array.from(vector.data).flatMap((_) => Array.from<unknown, unknown>(_.values, (value, i) => _.getValid(i) ? value : null))

layer(Layer.merge(layerMemory, NodeServices.layer), { excludeTestServices: true })("an Arrow file", (it) => {
  it.effect("holds a table whole: smallest and largest, nothing and hostile, in the order of its rows", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* made("sights")
      yield* sql`INSERT INTO sights VALUES
        ('2026-11-02', '2026-11-02 05:06:07.123456+00', 1e-12, 9007199254740991, true, ${hostile}, '{"a":"b"}'),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('1969-12-31', '1969-12-31 23:59:59.999+00', -1.7976931348623157e308, -9223372036854775808, false, '', '{}'),
        ('2026-11-02', '2026-11-02 05:06:07+02', 0.1, 9223372036854775807, false, 'ünï', NULL)`
      const { bytes, rows, table } = yield* written("sights")
      assert.strictEqual(rows, 4)
      assert.strictEqual(bytes.toString("latin1", 0, 6) + bytes.toString("latin1", bytes.length - 6), "ARROW1ARROW1")
      assert.deepStrictEqual(table.schema.fields.map((_) => [_.name, String(_.type), _.nullable, Object.fromEntries(_.metadata)]), [
        ["day", "Date32<DAY>", true, {}],
        ["at", "Timestamp<MICROSECOND, UTC>", true, {}],
        ["price", "Float64", true, { description: "in EUR" }],
        ["calls", "Int64", true, {}],
        ["is \"odd\"", "Bool", true, {}],
        ["name", "Utf8", true, {}],
        ["more", "Utf8", true, {}]
      ])
      assert.deepStrictEqual(table.toArray().map((row) => Object.values(row.toJSON())), [
        [Date.UTC(1969, 11, 31), -1, -1.7976931348623157e308, -9223372036854775808n, false, "", "{}"],
        [Date.UTC(2026, 10, 2), Date.UTC(2026, 10, 2, 3, 6, 7), 0.1, 9223372036854775807n, false, "ünï", null],
        [Date.UTC(2026, 10, 2), Date.UTC(2026, 10, 2, 5, 6, 7) + 123.456, 1e-12, 9007199254740991n, true, hostile, "{\"a\":\"b\"}"],
        [null, null, null, null, null, null, null]
      ])
      assert.deepStrictEqual(columns.slice(0, 2).map((_) => stored(table.getChild(_.name) ?? new Vector([]))), [
        [-1, 20_759, 20_759, null],
        [-1000n, 1_793_588_767_000_000n, 1_793_595_967_123_456n, null]
      ])
    }))

  it.effect("of no rows has the columns all the same", () =>
    Effect.gen(function*() {
      yield* made("bare")
      const { rows, table } = yield* written("bare")
      assert.deepStrictEqual([rows, table.numRows, table.schema.names], [0, 0, columns.map((_) => _.name)])
    }))

  it.effect("is of as many batches as it needs, and no row is lost between two of them", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const n = 65_536 + 1
      yield* sql`CREATE TABLE long AS SELECT ${n} - 1 - range AS i, CASE WHEN range % 3 = 0 THEN NULL ELSE 'é' || range END AS name FROM range(${n})`
      const { rows, table } = yield* written("long", Column.of(Schema.Struct({ i: Column.Whole, name: Schema.NullOr(Schema.String) })))
      assert.deepStrictEqual([rows, table.batches.map((_) => _.numRows)], [n, [65_536, 1]])
      const meant = Array.from({ length: n }, (_, i) => (n - 1 - i) % 3 === 0 ? null : `é${n - 1 - i}`)
      assert.isTrue(table.getChild("i")?.toArray().every((value: bigint, i: number) => value === BigInt(i)))
      assert.deepStrictEqual(Array.from(table.getChild("name") ?? []), meant)
    }))

  it.effect("of the same rows is the same bytes, in whatever order they came, and again", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      yield* sql`CREATE TABLE up AS SELECT range AS i FROM range(1000)`
      yield* sql`CREATE TABLE down AS FROM up ORDER BY i DESC`
      const of = Column.of(Schema.Struct({ i: Column.Whole }))
      const up = yield* written("up", of)
      assert.deepStrictEqual((yield* written("down", of)).bytes, up.bytes)
      assert.deepStrictEqual((yield* written("up", of)).bytes, up.bytes)
      yield* sql`INSERT INTO up VALUES (1000)`
      assert.notDeepEqual((yield* written("up", of)).bytes, up.bytes)
    }))

  it.effect("that cannot be written is an error, and so is a table without one of its columns; the next is written", () =>
    Effect.gen(function*() {
      const sql = yield* DuckDb
      const of = Column.of(Schema.Struct({ i: Column.Whole }))
      yield* sql`CREATE TABLE one AS SELECT 1 AS i`
      const fs = yield* FileSystem.FileSystem
      const full = PlatformError.systemError({ _tag: "WriteZero", module: "FileSystem", method: "write", description: "no space left" })
      const onFullDisk = {
        ...fs,
        open: (...args: Parameters<typeof fs.open>) =>
          Effect.map(fs.open(...args), (_) => Object.assign(_, { writeAll: () => Effect.fail(full) }))
      }
      const error = yield* Effect.flip(Effect.provideService(written("one", of), FileSystem.FileSystem, onFullDisk))
      assert.strictEqual(error, full)
      assert.match(String(yield* Effect.flip(written("one", columns))), /"day"/)
      assert.strictEqual((yield* written("one", of)).rows, 1)
    }))
})
