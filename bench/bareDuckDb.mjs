/** The least that a process which opens a DuckDB file does: a row in, a row out. */
import { DuckDBInstance } from "@duckdb/node-api"

const instance = await DuckDBInstance.create(process.argv[2])
const connection = await instance.connect()
await connection.run("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
await connection.run("INSERT INTO t VALUES (1)")
const rows = await (await connection.run("SELECT count(*) AS n FROM t")).getRowObjectsJS()
if (rows.length !== 1) throw new Error("no row came back")
connection.closeSync()
instance.closeSync()
