import { assert, it } from "@effect/vitest"
import { Effect, Exit, Semaphore } from "effect"
import { Connection, objects, readAll, type Shared } from "../../../src/layers/duckdb/connection.ts"
import * as Database from "../../../src/layers/duckdb/database.ts"
import { ours } from "../../../src/layers/duckdb/failure.ts"
import { type Api, Link, load, type Result } from "../../../src/layers/duckdb/native.ts"
import * as Values from "../../../src/layers/duckdb/values.ts"

/** A database in memory, as `open` hands it over. */
const opened = async (duck: Api): Promise<Database.Opened> => {
  const instance = await duck.DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  await connection.run(`ATTACH ':memory:' AS ${Database.catalog}; USE ${Database.catalog}`)
  return { instance, connection, intact: Effect.void }
}

/** A connection by itself, as after a COMMIT that failed: it believes in a transaction, and there is none. */
const connection = Effect.gen(function*() {
  const duck = yield* load
  const instance = yield* Effect.promise(() => duck.DuckDBInstance.create(":memory:"))
  const link = new Link(yield* Effect.promise(() => instance.connect()))
  const shared: Shared = {
    database: { link: Effect.succeed(link), intact: Effect.void, ended: () => Effect.void },
    values: Values.make(duck),
    threads: yield* Semaphore.make(1),
    turn: yield* Semaphore.make(1),
    maxRows: 10,
    deadline: Infinity
  }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      link.close()
      instance.closeSync()
    })
  )
  return { shared, link }
})

it.live("a ROLLBACK after a COMMIT that left no transaction is no error, for the COMMIT's own is the one to tell", () =>
  Effect.gen(function*() {
    const { link, shared } = yield* connection
    const one = new Connection(shared, link, true)
    assert.deepStrictEqual(yield* Effect.exit(one.rollback), Exit.void)
    yield* one.execute("BEGIN", [], undefined)
    yield* one.execute("CREATE TABLE t (i INT)", [], undefined)
    yield* one.rollback
    const tables = yield* new Connection(shared, link, false).execute("SELECT count(*) AS n FROM duckdb_tables()", [], undefined)
    assert.deepStrictEqual(tables, [{ n: 0 }])
  }).pipe(Effect.scoped))

it.live("a result that ends before its last row is an error, and not a shorter result", () =>
  Effect.gen(function*() {
    const { link, shared } = yield* connection
    const whole = yield* link.run((native) => native.run("SELECT i FROM range(3) t(i)"))
    const read = (rowCount: number) =>
      Effect.tryPromise({
        try: () =>
          readAll(
            Object.create(whole, { rowCount: { value: rowCount } }) as Result,
            shared,
            "SELECT",
            objects,
            "number",
            () => false
          ),
        catch: String
      })
    assert.strictEqual(yield* Effect.flip(read(4)), "Error: INTERNAL Error: 4 rows were promised, and 3 came")
  }).pipe(Effect.scoped))

it.live("a file that DuckDB gave up is opened again; a database in memory is not, for it would be empty", () =>
  Effect.gen(function*() {
    const duck = yield* load
    for (const mends of [true, false]) {
      let opens = 0
      const open = () =>
        Effect.promise(() => {
          opens++
          return opened(duck)
        })
      const database = yield* Database.make("x", open, { mends })
      const down = ours("SELECT 1", { _tag: "Down", found: "FATAL Error: so it is", stopped: false })
      yield* Effect.scoped(Effect.flatMap(database.link, (link) => database.ended(link, down)))
      const again = yield* Effect.exit(Effect.scoped(database.link))
      assert.deepStrictEqual([Exit.isSuccess(again), opens], mends ? [true, 2] : [false, 1])
    }
  }).pipe(Effect.scoped))

it.live("a connection is another's when nothing was left on it, and closed when something may be", () =>
  Effect.gen(function*() {
    const { link, shared } = yield* connection
    const after = (...statements: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        link.used = false
        const one = new Connection(shared, link, false)
        yield* Effect.forEach(statements, (_) => Effect.exit(one.execute(_, [], undefined)))
        return link.used
      })
    for (
      const statement of ["SELECT 1", "FROM range(2)", "CREATE TABLE IF NOT EXISTS t (i INT)", "WITH a AS (SELECT 1 AS i) FROM a"]
    ) assert.isFalse(yield* after(statement), statement)
    for (
      const statement of [
        "CREATE TEMP TABLE s (i INT)",
        "CREATE TABLE IF NOT EXISTS u (i INT); BEGIN",
        "SELECT 1; BEGIN",
        "INSERT INTO t VALUES (1)",
        "USE memory",
        "SELECT error('no')",
        "ROLLBACK"
      ]
    ) assert.isTrue(yield* after(statement), statement)
    assert.isTrue(yield* after("CREATE TEMP TABLE r (i INT)", "SELECT 1"), "what was left stays left")
    link.used = false
    yield* new Connection(shared, link, true).execute("SELECT 1", [], undefined)
    assert.isTrue(link.used, "a transaction's is nobody else's")
  }).pipe(Effect.scoped))

it.live("a connection that is free again is taken before one is opened, and none outlives its database", () =>
  Effect.gen(function*() {
    const duck = yield* load
    const open = () => Effect.promise(() => opened(duck))
    const database = yield* Database.make("x", open, { mends: true })
    const taken = (used: boolean) => Effect.scoped(Effect.tap(database.link, (_) => Effect.sync(() => _.used = used)))
    const first = yield* taken(false)
    assert.strictEqual(yield* taken(true), first)
    const second = yield* taken(false)
    assert.notStrictEqual(second, first)
    const down = ours("SELECT 1", { _tag: "Down", found: "FATAL Error: so it is", stopped: false })
    yield* Effect.scoped(Effect.all([database.link, database.link]))
    yield* Effect.scoped(Effect.flatMap(database.link, (link) => database.ended(link, down)))
    const third = yield* Effect.scoped(Effect.tap(database.link, (_) => _.run((native) => native.run("SELECT 1"))))
    assert.notStrictEqual(third, second)
  }).pipe(Effect.scoped))
