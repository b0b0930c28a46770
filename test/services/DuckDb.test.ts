import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { SqlError } from "effect/sql"
import { DuckDbError, type Reason } from "../../src/services/DuckDb.ts"

const message = (reason: Reason) => new DuckDbError({ asked: "data/crypto.duckdb", reason }).message

describe("a DuckDbError says what was asked, what came and what to do", () => {
  it.each<readonly [reason: Reason, message: string]>([
    [
      { _tag: "InUse", pid: Option.some(18326), since: Option.some("2026-11-23T10:02:00.000Z"), command: Option.some("crypto daemon") },
      "data/crypto.duckdb: the file is in use by \"crypto daemon\" (pid 18326) since 2026-11-23T10:02:00.000Z. One process owns it at a time: wait for that one, or stop it"
    ],
    [
      { _tag: "InUse", pid: Option.none(), since: Option.none(), command: Option.none() },
      "data/crypto.duckdb: the file is in use by another process. One process owns it at a time: wait for that one, or stop it"
    ],
    [
      { _tag: "NoSpace", free: 12_345_678, needed: 200_000_000 },
      "data/crypto.duckdb: 12 MB are free on its disk, and 200 MB are needed to write safely. Make room"
    ],
    [
      { _tag: "TooLarge", rows: 11, limit: 10 },
      "data/crypto.duckdb: the result has 11 rows, and 10 are read at most. Aggregate, or read it page by page"
    ],
    [
      { _tag: "Down", found: "IO Error: No space left on device", stopped: true },
      "data/crypto.duckdb: DuckDB gave the database up again and again, last with: IO Error: No space left on device. Look at the disk, then start again"
    ]
  ])("%o", (reason, says) => assert.strictEqual(message(reason), says))

  it("and is found behind a SqlError", () => {
    const ours = new DuckDbError({ asked: "SELECT 1", reason: { _tag: "Timeout", seconds: 5 } })
    assert.deepStrictEqual(DuckDbError.of(new SqlError.SqlError({ reason: new SqlError.StatementTimeoutError({ cause: ours }) })),
      Option.some(ours))
    assert.deepStrictEqual(DuckDbError.of(new SqlError.SqlError({ reason: new SqlError.UnknownError({ cause: "x" }) })), Option.none())
  })
})
