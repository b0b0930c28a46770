/** `crypto site --out DIR`: what is kept, as linked pages that any web server, or none, can show. It asks the source for nothing. */
import { Console, Effect, FileSystem, Path, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { attribution } from "../services/chartFrame.ts"
import * as Column from "../services/Column.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import { placed } from "./chart/placed.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { counted, jsonText } from "./plain.ts"
import { toCsv } from "./query.ts"
import { answered, reading } from "./reading.ts"
import { resultsOf } from "./run/results.ts"
import { newestFirst } from "./show/newestFirst.ts"
import { graphPage, index, page, type Site, tablePage } from "./site/pages.ts"
import type { World } from "./world.ts"

/** What `crypto site --json` prints. */
export const SiteJson = Schema.Struct({ folder: Schema.String, files: Schema.Int })

/** Rows that a page shows, and those that a CSV beside it holds. */
const [shown, most] = [500, 200_000]

export const site = (root: Root, world: World) =>
  Command.make(
    "site",
    {
      out: Flag.String("out").pipe(Flag.withMetavar("DIR"),
        Flag.withDescription("The folder it is made in; files of the same names are replaced")),
      json
    },
    Effect.fn("crypto site")(function*({ json, out }) {
      const program = Effect.gen(function*() {
        const settings = yield* Settings
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const { assets } = yield* world.pipeline
        const isThere = (file: string) => fs.exists(path.join(settings.dataDir, file))
        // what was kept and has been removed by hand is not shown
        const results = yield* Effect.forEach(yield* resultsOf(assets),
          (result) => Effect.map(Effect.filter(result.files, isThere), (files) => ({ ...result, files })))
        if (results.length === 0)
          return yield* exit.usage(
            `nothing is kept yet that a site could show: make something first (${world.typed} run all)`
          )
        const folder = path.resolve(out)
        const of: Site = { assets, results, attribution: attribution(settings), title: "Crypto market data" }
        let files = 0
        const put = Effect.fnUntraced(function*(name: string, content: string | Uint8Array) {
          yield* placed(path.join(folder, name), content)
          files++
        })
        for (const file of results.flatMap((_) => _.files)) yield* put(file, yield* fs.readFile(path.join(settings.dataDir, file)))
        const sql = yield* DuckDb
        for (const asset of assets) {
          const result = results.find((_) => _.asset === asset.name && _.kind === "table")
          if (result === undefined) continue
          const { keyed, row } = asset.into
          const order = keyed && row !== undefined ? ` ORDER BY ${newestFirst(Column.of(row))}` : ""
          const all = yield* sql.queryReadOnly(`SELECT * FROM "${asset.name}"${order}`, { limit: most, timeout: "60 seconds" })
          yield* put(`tables/${asset.name}.csv`, `${toCsv(all, false)}\r\n`)
          yield* put(
            `tables/${asset.name}.html`,
            page(of, asset.name, "../", tablePage(asset, result, { ...all, rows: all.rows.slice(0, shown) }, !all.truncated))
          )
        }
        yield* put("graph.html", page(of, "Asset graph", "", graphPage(of)))
        yield* put("index.html", page(of, of.title, "", index(of)))
        if (json) return yield* Console.log(jsonText({ folder, files }))
        yield* Console.error(`${counted(files, "file")} in ${folder}`)
        yield* Console.log(path.join(folder, "index.html"))
      })
      return yield* Effect.provide(answered(program), reading(world, settingsOf(yield* root)))
    }, exit.ending)
  ).pipe(
    Command.withDescription(
      "What is kept, as linked pages: reports, charts, tables with their newest rows and as CSV, and the asset graph. No script, no network."
    ),
    Command.withShortDescription("What is kept, as a folder of linked pages"),
    Command.withExamples([{ command: "crypto site --out site", description: "Then open site/index.html, or serve the folder" }])
  )
