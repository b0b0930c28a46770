/** `crypto query SQL`: one SELECT on the data file, which it cannot change. */
import { Cause, Console, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Run from "../engine/Run.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import { DuckDb, DuckDbError, Looking, type ReadOnlyResult } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { counted, jsonText, oneLine, table, textOf } from "./plain.ts"
import type { Ground } from "./world.ts"

/** What `crypto query --json` prints. A whole number that a number cannot hold is a string. */
export const QueryJson = Schema.Struct({
  columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })),
  rows: Schema.Array(Schema.Record(Schema.String, Schema.Json)),
  /** There are more rows than `--limit` allows. */
  truncated: Schema.Boolean
})

const isSet = (name: string, about: string) => Flag.Boolean(name).pipe(Flag.withDescription(about), Flag.withDefault(false))

/** `data` is the data file of the settings. */
export const query = <E>(root: Root, data: Layer.Layer<DuckDb, E, Ground>) =>
  Command.make(
    "query",
    {
      sql: Argument.String("sql").pipe(Argument.withDescription("One SELECT or EXPLAIN")),
      limit: Flag.Int("limit").pipe(
        Flag.withDescription("Rows at most [default 1000]"),
        Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })))),
        Flag.withDefault(1000)
      ),
      csv: isSet("csv", "CSV in which a spreadsheet finds no formulas"),
      raw: isSet("raw", "With --csv: text as it is"),
      json
    },
    Effect.fn("crypto query")(function*({ csv, json, limit, raw, sql }) {
      if (json && csv) return yield* exit.usage("--json and --csv are two formats: give one")
      if (raw && !csv) return yield* exit.usage("--raw is for --csv")
      const result = yield* Effect.gen(function*() {
        yield* isThere
        // what is wrong with the statement is for whoever wrote it; what is wrong with the file keeps its own code
        const asked = DuckDb.use((_) => _.queryReadOnly(sql, { limit })).pipe(
          Effect.catchIf((_) => _._tag === "SqlError" && Option.isNone(DuckDbError.of(_)), (_) => exit.usage(Run.explain(Cause.fail(_))))
        )
        return yield* Effect.provide(asked, Layer.provide(data, Layer.succeed(Looking, true)))
      }).pipe(Effect.provide(SettingsLayer.layer(settingsOf(yield* root))))
      yield* Console.log(json ? jsonText(result) : csv ? toCsv(result, raw) : toTable(result))
      if (result.truncated) yield* Console.error(`There are more than ${counted(limit, "row")}: raise --limit to see them.`)
    }, exit.ending)
  ).pipe(
    Command.withDescription(
      "One SELECT or EXPLAIN on the data file. It reads tables and nothing else: no files, no network, no settings, no writing."
    ),
    Command.withShortDescription("One SELECT on the data file, which it cannot change"),
    Command.withExamples([
      {
        command: `crypto query "FROM price_history WHERE coin_id = 'bitcoin' ORDER BY day DESC LIMIT 5"`,
        description: "The newest prices"
      },
      { command: `crypto query --csv "FROM daily_returns" --limit 100000`, description: "A table as CSV" }
    ])
  )

export const toTable = ({ columns, rows }: ReadOnlyResult): string =>
  `${table(columns.map((_) => _.name), rows.map((row) => columns.map((_) => textOf(row[_.name]))))}\n(${counted(rows.length, "row")})`

/** RFC 4180. A text that a spreadsheet would compute is led by an apostrophe; numbers stay numbers. */
export const toCsv = ({ columns, rows }: ReadOnlyResult, raw: boolean): string => {
  const quote = (cell: string) => /[",\r\n]/.test(cell) ? `"${cell.replaceAll("\"", "\"\"")}"` : cell
  const cell = (value: Schema.Json | undefined) =>
    quote(typeof value === "string" && !raw && /^\s*[=+\-@]|^[\t\r]/.test(value) ? `'${value}` : textOf(value))
  return [columns.map((_) => cell(_.name)).join(","), ...rows.map((row) => columns.map((_) => cell(row[_.name])).join(","))].join("\r\n")
}

// helpers

/** A query makes no data file: one that is missing was never made, or is looked for in the wrong place. */
const isThere = Effect.gen(function*() {
  const { duckdbPath } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  if (yield* fs.exists(duckdbPath)) return
  return yield* exit.usage(
    `there is no data file at ${
      oneLine(duckdbPath)
    } yet. Make one with run, or say where it is with --data-dir, or --source sandbox for the sandbox's`
  )
})
