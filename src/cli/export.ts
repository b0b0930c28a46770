/** `crypto export SELECTION…`: tables as files. They are written in a folder of their own, and each appears whole under its name. */
import { Console, Effect, FileSystem, type Layer, Option, Path, Predicate, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type * as Asset from "../engine/Asset.ts"
import * as ArrowFile from "../layers/ArrowFile.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import * as Column from "../services/Column.ts"
import { DuckDb, type DuckDbClient } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { count, counted, few, jsonText, oneLine, table } from "./plain.ts"
import { reading, selected } from "./reading.ts"
import type { Ground, World } from "./world.ts"
import { quotedName } from "../services/quotedName.ts"
import { quotedText } from "../services/quotedText.ts"

/** What `crypto export --json` prints. */
export const ExportJson = Schema.Struct({
  files: Schema.Array(Schema.Struct({ asset: Schema.String, file: Schema.String, rows: Schema.Int, bytes: Schema.Int })),
  /** What was selected and has no rows to export: charts, and tables that were never made. */
  skipped: Schema.Array(Schema.String)
})

const formats = ["parquet", "csv", "json", "arrow"] as const

const flags = {
  selection: Argument.String("selection").pipe(
    Argument.withDescription("Assets, jobs or selections of them; all for everything"),
    Argument.variadic({ min: 1 })
  ),
  format: Flag.Literals("format", formats).pipe(
    Flag.withDescription("How they are written; by the ending of --out, if it has one of these [default parquet]"),
    Flag.optional
  ),
  out: Flag.String("out").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("PATH"),
    Flag.withDescription("A file, for one table; or a folder, for one file a table [default: exports in the data folder]"),
    Flag.optional
  ),
  overwrite: Flag.Boolean("overwrite").pipe(Flag.withDescription("Replace files that are there"), Flag.withDefault(false)),
  raw: Flag.Boolean("raw").pipe(Flag.withDescription("CSV: text as it is, also what a spreadsheet would compute"), Flag.withDefault(false)),
  json
}

/** `data` is the data file of the settings, whose DuckDB may write into the folder `exports` of the data folder. */
export const exporting = <E>(root: Root, world: World, data: Layer.Layer<DuckDb, E, Ground>) =>
  Command.make("export", flags, Effect.fn("crypto export")(function*({ format, json, out, overwrite, raw, selection }) {
    const chosen = settingsOf(yield* root)
    const assets = yield* selected(world, selection, reading(world, chosen))
    const how = yield* formatOf(format, out)
    if (raw && how !== "csv") return yield* exit.usage(`--raw is for CSV, and the format is ${how}`)
    const tables = assets.filter((_) => _.into.kind === "table" && _.into.row !== undefined)
    if (tables.length === 0) return yield* exit.usage(`${selection.join(", ")} selects no table: only tables have rows to export`)
    const said = yield* Effect.gen(function*() {
      yield* isKept(world)
      const places = yield* placesOf(tables, how, out, overwrite)
      return yield* Effect.provide(written(places, how, raw), data)
    }).pipe(Effect.provide(SettingsLayer.layer(chosen)))
    const skipped = [...assets.filter((_) => !tables.includes(_)).map((_) => _.name), ...said.skipped]
    const document: typeof ExportJson.Type = { files: said.files, skipped }
    if (json) yield* Console.log(jsonText(document))
    else if (said.files.length > 0) {
      const { columns, ink } = yield* page
      const rows = said.files.map((_) => [_.asset, count(_.rows), count(_.bytes), _.file])
      yield* Console.log(
        table(["table", "rows", "bytes", "file"], rows, {
          columns,
          whole: [3],
          ink: (cell, row) => row === undefined ? ink.dim(cell) : cell
        })
      )
    }
    if (said.skipped.length > 0) yield* Console.error(`Never made, so not exported: ${few(said.skipped, "table")}.`)
    const drawn = skipped.length - said.skipped.length
    if (drawn > 0)
      yield* Console.error(`${counted(drawn, "asset")} selected ${drawn === 1 ? "is no table" : "are no tables"}, and left out.`)
    if (said.files.length === 0)
      return yield* exit.usage(`nothing was exported: make it first with '${world.typed} run ${selection.join(" ")}'`)
  }, exit.ending)).pipe(
    Command.withDescription(
      "Tables as Parquet, CSV, JSON or Arrow files. Each file is there whole or not at all, and none is replaced without --overwrite. In CSV a text that a spreadsheet would compute is led by an apostrophe, unless --raw is given."
    ),
    Command.withShortDescription("Tables as Parquet, CSV, JSON or Arrow files"),
    Command.withExamples([
      { command: "crypto export price_history --out prices.parquet", description: "One table, one file" },
      { command: "crypto export group:transform --format csv --out tables/", description: "A folder of CSV files" },
      { command: "crypto export price_trends --out trends.arrow", description: "An Arrow file: pyarrow, polars and R open it at once" },
      { command: "crypto export all --overwrite --json", description: "Everything, again, for a script" }
    ])
  )

// helpers

type Format = typeof formats[number]

interface Place {
  readonly asset: Asset.Any
  readonly file: string
}

const formatOf = Effect.fnUntraced(function*(format: Option.Option<Format>, out: Option.Option<string>) {
  const ending = formats.find((_) => Option.exists(out, (file) => file.toLowerCase().endsWith(`.${_}`)))
  if (Option.isNone(format)) return ending ?? "parquet"
  if (ending !== undefined && ending !== format.value)
    return yield* exit.usage(`--format ${format.value} and --out ${Option.getOrElse(out, () => "")} are two formats: give one`)
  return format.value
})

const isKept = Effect.fnUntraced(function*(world: World) {
  if (yield* world.kept) return
  const { duckdbPath } = yield* Settings
  return yield* exit.usage(
    `there is no data file at ${oneLine(duckdbPath)} yet. Make one with '${world.typed} run', or say where it is with --data-dir`
  )
})

/** Where each table goes; nothing is begun when a file is in the way. */
const placesOf = Effect.fnUntraced(function*(
  tables: ReadonlyArray<Asset.Any>,
  format: Format,
  out: Option.Option<string>,
  overwrite: boolean
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { dataDir } = yield* Settings
  const target = Option.getOrElse(out, () => path.join(dataDir, "exports"))
  const isFile = target.toLowerCase().endsWith(`.${format}`)
  if (isFile && tables.length > 1) {
    return yield* exit.usage(`--out ${oneLine(target)} is one file, and ${tables.length} tables are selected: give a folder, or one table`)
  }
  const places = tables.map((asset): Place => ({ asset, file: isFile ? target : path.join(target, `${asset.name}.${format}`) }))
  const there: Array<string> = []
  for (const { file } of places) if (yield* Effect.orElseSucceed(fs.exists(file), () => false)) there.push(file)
  if (there.length > 0 && !overwrite) {
    return yield* exit.usage(
      `${oneLine(there.join(", "))} ${there.length === 1 ? "is" : "are"} there already: give --overwrite to replace, or another --out`
    )
  }
  return places
})

const written = Effect.fnUntraced(function*(places: ReadonlyArray<Place>, format: Format, raw: boolean) {
  const sql = yield* DuckDb
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = path.resolve((yield* Settings).dataDir, "exports")
  yield* fs.makeDirectory(folder, { recursive: true })
  const files: Array<typeof ExportJson.Type["files"][number]> = []
  const skipped: Array<string> = []
  for (const { asset, file } of places) {
    const [is] = yield* sql<{ n: number }>`
      SELECT count(*) AS n FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ${asset.name}`
    if ((is?.n ?? 0) === 0) {
      skipped.push(asset.name)
      continue
    }
    const made = path.join(folder, `.${asset.name}.${format}.part`)
    const columns = asset.into.row === undefined ? [] : Column.of(asset.into.row)
    const rows = yield* Effect.gen(function*() {
      const rows = yield* format === "arrow"
        ? ArrowFile.write(asset.name, columns, made)
        : copied(sql, copy(asset.name, columns, made, format, raw))
      yield* fs.makeDirectory(path.dirname(path.resolve(file)), { recursive: true })
      yield* moved(made, path.resolve(file))
      return rows
    }).pipe(
      Effect.catchTag("PlatformError", (error) =>
        new exit.Exit({
          code: exit.code.failed,
          says: `${oneLine(file)} could not be written: ${because(error)}. Give another --out, or make room and check rights there`
        })),
      Effect.ensuring(Effect.ignore(fs.remove(made, { force: true })))
    )
    const { size } = yield* fs.stat(file)
    files.push({ asset: asset.name, file, rows, bytes: Number(size) })
  }
  return { files, skipped }
})

/** What the operating system says, without what was done about it. */
const because = (error: unknown): string => {
  const cause = Predicate.hasProperty(error, "cause") ? error.cause : Predicate.hasProperty(error, "reason") ? error.reason : undefined
  return cause instanceof Error || Predicate.hasProperty(cause, "cause")
    ? because(cause)
    : error instanceof Error
    ? error.message
    : String(error)
}

/** Under its name at once and whole, also on another disk. */
const moved = Effect.fnUntraced(function*(from: string, to: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.rename(from, to).pipe(
    Effect.catch(() => {
      const beside = `${to}.part`
      return fs.copyFile(from, beside).pipe(
        Effect.andThen(fs.rename(beside, to)),
        Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true })))
      )
    })
  )
})

/** The number of rows that DuckDB wrote. */
const copied = (sql: DuckDbClient, statement: string) =>
  Effect.map(sql.unsafe<{ Count: number }>(statement), ([wrote]) => wrote?.Count ?? 0)

/** Rows in the order of their key and then of all they hold, so that the same rows are the same file. */
const copy = (
  table: string,
  columns: ReadonlyArray<Column.Column>,
  file: string,
  format: Exclude<Format, "arrow">,
  raw: boolean
): string => {
  const text = format === "csv" || format === "json"
  const cells = columns.map(({ name, type }) => {
    const cell = quotedName(name)
    if (text && type === "TIMESTAMPTZ") return `strftime(${cell} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS ${cell}`
    return format === "csv" && !raw && type === "VARCHAR"
      ? `CASE WHEN regexp_matches(${cell}, '^\\s*[=+\\-@]|^[\\t\\r]') THEN '''' || ${cell} ELSE ${cell} END AS ${cell}`
      : cell
  })
  return `COPY (SELECT ${cells.join(", ")} FROM (FROM ${quotedName(table)} ORDER BY ALL)) TO ${quotedText(file)} (${how[format]})`
}

const how: Readonly<Record<Exclude<Format, "arrow">, string>> = {
  parquet: "FORMAT parquet, COMPRESSION zstd",
  csv: "FORMAT csv, HEADER true",
  json: "FORMAT json, ARRAY true"
}
