import { assert, describe, it } from "@effect/vitest"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { isDown, isNoTransaction, sqlError, words } from "../../../src/layers/duckdb/failure.ts"

/** What DuckDB itself says, in the pinned version, is what the classes go by. */
const said = async (work: (a: DuckDBConnection, b: DuckDBConnection) => Promise<unknown>): Promise<unknown> => {
  const instance = await DuckDBInstance.create(":memory:")
  const [a, b] = [await instance.connect(), await instance.connect()]
  try {
    await work(a, b)
    return undefined
  } catch (cause) {
    return cause
  } finally {
    a.closeSync()
    b.closeSync()
    instance.closeSync()
  }
}
const each = async (connection: DuckDBConnection, statements: ReadonlyArray<string>) => {
  for (const statement of statements) await connection.run(statement)
}

describe("what DuckDB says", () => {
  it.each<readonly [tag: string, what: string, work: Parameters<typeof said>[0]]>([
    ["SqlSyntaxError", "no statement", (a) => a.run("SELEC 1")],
    ["SqlSyntaxError", "no statement, with parameters", (a) => a.run("SELEC $1", [1])],
    ["SqlSyntaxError", "no such table", (a) => a.run("FROM nothing")],
    ["SqlSyntaxError", "no such column", (a) => a.run("SELECT nothing")],
    ["UnknownError", "a conversion", (a) => a.run("SELECT 'x'::INTEGER")],
    ["UnknownError", "out of range", (a) => a.run("SELECT 2147483647::INTEGER + 1::INTEGER")],
    ["ConstraintError", "a null where none may be", (a) => each(a, ["CREATE TABLE n (i INTEGER NOT NULL)", "INSERT INTO n VALUES (NULL)"])],
    [
      "UniqueViolation",
      "a key twice",
      (a) => each(a, ["CREATE TABLE k (i INTEGER PRIMARY KEY)", "INSERT INTO k VALUES (1)", "INSERT INTO k VALUES (1)"])
    ],
    [
      "AuthorizationError",
      "a file, when none may be read",
      (a) => each(a, ["SET enable_external_access = false", "SELECT * FROM read_text('/etc/hostname')"])
    ],
    ["SerializationError", "two updates of one row", async (a, b) => {
      await each(a, ["CREATE TABLE t AS SELECT 1 AS i", "BEGIN", "UPDATE t SET i = 2"])
      await each(b, ["BEGIN", "UPDATE t SET i = 3"])
    }],
    ["SerializationError", "two deletes of one row", async (a, b) => {
      await each(a, ["CREATE TABLE t AS SELECT 1 AS i", "BEGIN", "DELETE FROM t"])
      await each(b, ["BEGIN", "DELETE FROM t"])
    }],
    ["SerializationError", "two of the same table", async (a, b) => {
      await each(a, ["BEGIN", "CREATE TABLE t (i INTEGER)"])
      await each(b, ["BEGIN", "CREATE TABLE t (i INTEGER)"])
    }],
    ["SerializationError", "a table dropped meanwhile", async (a, b) => {
      await each(a, ["CREATE TABLE t (i INTEGER)"])
      await each(b, ["BEGIN", "FROM t"])
      await each(a, ["DROP TABLE t"])
      await each(b, ["INSERT INTO t VALUES (1)"])
    }],
    ["SerializationError", "a key that came meanwhile, at COMMIT", async (a, b) => {
      await each(a, ["CREATE TABLE k (i INTEGER PRIMARY KEY)", "BEGIN", "INSERT INTO k VALUES (1)"])
      await each(b, ["BEGIN", "INSERT INTO k VALUES (1)"])
      await each(a, ["COMMIT"])
      await each(b, ["COMMIT"])
    }]
  ])("%s: %s", async (tag, _, work) => {
    const cause = await said(work)
    assert.instanceOf(cause, Error)
    const error = sqlError({ _tag: "Failed", cause }, "SELECT 1")
    assert.strictEqual(error.reason._tag, tag, error.message)
    assert.isTrue(error.message.startsWith("SELECT 1: "))
    assert.isFalse(isDown(words(cause)))
  })

  it("a ROLLBACK without a transaction is known as such", async () => {
    assert.isTrue(isNoTransaction(words(await said((a) => a.run("ROLLBACK")))))
    assert.isFalse(isNoTransaction(words(await said((a) => a.run("FROM nothing")))))
  })

  it("a connection that was closed is down", async () => {
    const cause = await said(async (a) => {
      a.closeSync()
      await a.run("SELECT 1")
    })
    assert.isTrue(isDown(words(cause)), words(cause))
  })

  it.each([
    "FATAL Error: Failed to create checkpoint because of error: Could not write file",
    "INTERNAL Error: Attempted to access index 0 within vector of size 0",
    "Failed to execute: FATAL Error: Failed: database has been invalidated because of a previous fatal error.",
    "IO Error: Checkpoint failed for database \"crypto\". The database has been invalidated. Original error: No space left on device"
  ])("%s: down", (text) => {
    assert.isTrue(isDown(text))
    assert.strictEqual(sqlError({ _tag: "Failed", cause: new Error(text) }, "COMMIT").reason._tag, "ConnectionError")
  })

  it("a value that speaks of FATAL errors is none", () => {
    assert.isFalse(isDown("Conversion Error: Could not convert string 'FATAL Error' to INT32"))
  })
})
