import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { breaches, type SourceFile } from "./laws.ts"

const root = new URL("../../", import.meta.url)

const sources = (folder: string): ReadonlyArray<SourceFile> =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), "utf8") }))

const breachesOf = (path: string, text: string) => breaches([{ path, text }])

describe("the source tree", () => {
  it("keeps every law", () => {
    const files = sources("src")
    assert.isAbove(files.length, 1)
    assert.deepStrictEqual(breaches(files), [])
  })

  it("has a floor for each of its folders and files", () => {
    const known = ["engine", "services", "assets", "layers", "schedules", "sensors", "cli", "web", "program.ts", "index.ts", "bin.ts"]
    assert.deepStrictEqual(readdirSync(new URL("src", root)).filter((name) => !known.includes(name)), [])
  })

  it("is mirrored by its tests: no folder of tests without its folder of sources", () => {
    const folders = readdirSync(new URL("test", root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").split("/test/").at(-1) ?? "")
      .filter((path) =>
        /^(engine|services|layers|assets|schedules|sensors|cli|web)\//.test(path) && !/\/(fixtures?|goldens?|types)(\/|$)/.test(path)
      )
    assert.deepStrictEqual(folders.filter((path) => !existsSync(new URL(`src/${path}`, root))), [])
  })
})

describe("a file imports only downwards", () => {
  it.each<readonly [path: string, from: string]>([
    ["src/services/Table.ts", "../engine/Asset.ts"],
    ["src/assets/raw/coinList.ts", "../../services/CoinGecko.ts"],
    ["src/assets/derived/dailyReturns.ts", "../raw/priceHistory.ts"],
    ["src/layers/CoinGecko.ts", "../services/CoinGecko.ts"],
    ["src/schedules/daily.ts", "../assets/index.ts"],
    ["src/program.ts", "./schedules/index.ts"],
    ["src/cli/run.ts", "../program.ts"],
    ["src/index.ts", "./layers/CoinGecko.ts"],
    ["src/engine/Plan.ts", "effect/Graph"],
    ["src/layers/duckdb/instance.ts", "@duckdb/node-api"],
    ["src/layers/chart/worker.ts", "vega-lite"],
    ["src/layers/ArrowFile.ts", "apache-arrow"],
    ["src/cli/version.ts", "../../package.json"]
  ])("%s may import %s", (path, from) => assert.deepStrictEqual(breachesOf(path, `import { x } from "${from}"`), []))

  it.each<readonly [path: string, from: string, wrong: string]>([
    ["src/engine/Asset.ts", "../services/DuckDb.ts", "imports src/services/DuckDb.ts: engine does not stand on services"],
    ["src/engine/Asset.ts", "node:fs", "imports node:fs: the engine knows effect only"],
    ["src/services/DuckDb.ts", "../layers/DuckDb.ts", "imports src/layers/DuckDb.ts: services does not stand on layers"],
    ["src/assets/raw/coinList.ts", "../../layers/CoinGecko.ts", "imports src/layers/CoinGecko.ts: assets does not stand on layers"],
    ["src/layers/CoinGecko.ts", "../assets/raw/coinList.ts", "imports src/assets/raw/coinList.ts: layers does not stand on assets"],
    ["src/schedules/daily.ts", "../program.ts", "imports src/program.ts: schedules does not stand on program"],
    ["src/program.ts", "./cli/main.ts", "imports src/cli/main.ts: program does not stand on cli"],
    ["src/web/Server.ts", "../cli/main.ts", "imports src/cli/main.ts: web does not stand on cli"],
    ["src/services/DuckDb.ts", "@duckdb/node-api", "imports @duckdb/node-api: only src/layers/duckdb/ may"],
    ["src/layers/DuckDb.ts", "@duckdb/node-api", "imports @duckdb/node-api: only src/layers/duckdb/ may"],
    ["src/layers/Files.ts", "apache-arrow", "imports apache-arrow: only src/layers/ArrowFile.ts may"],
    ["src/cli/export.ts", "apache-arrow/ipc/writer", "imports apache-arrow/ipc/writer: only src/layers/ArrowFile.ts may"],
    ["src/services/Ledger.ts", "node:sqlite", "imports node:sqlite: only src/layers/ may"],
    ["src/services/Table.ts", "../engine/Asset", "imports ../engine/Asset: write the file's ending"],
    ["src/services/Table.ts", "../../test/mock.ts", "imports test/mock.ts: outside src"]
  ])("%s may not import %s", (path, from, wrong) => {
    assert.deepStrictEqual(breachesOf(path, `\nimport { x } from "${from}"`), [`${path}:2 ${wrong}`])
    assert.deepStrictEqual(breachesOf(path, `import type { X } from "${from}"`), [`${path}:1 ${wrong}`])
    assert.deepStrictEqual(breachesOf(path, `export * from "${from}"`), [`${path}:1 ${wrong}`])
    assert.deepStrictEqual(breachesOf(path, `export { x } from "${from}"`), [`${path}:1 ${wrong}`])
    assert.deepStrictEqual(breachesOf(path, `const x = () => import("${from}")`), [`${path}:1 ${wrong}`])
    assert.deepStrictEqual(breachesOf(path, `type X = import("${from}").X`), [`${path}:1 ${wrong}`])
  })

  it("lets a spec's types be named anywhere, and its compiler be loaded in the chart layer only", () => {
    assert.deepStrictEqual(breachesOf("src/services/Chart.ts", "import type { TopLevelSpec } from \"vega-lite\""), [])
    assert.deepStrictEqual(breachesOf("src/services/Chart.ts", "import { compile } from \"vega-lite\""), [
      "src/services/Chart.ts:1 imports vega-lite: only src/layers/chart/ may"
    ])
  })

  it("refuses a computed import, which nobody can follow", () =>
    assert.deepStrictEqual(breachesOf("src/cli/run.ts", "const x = (name: string) => import(name)"), [
      "src/cli/run.ts:1 imports a computed name: write it out"
    ]))

  it("refuses a folder for what has no noun", () =>
    assert.deepStrictEqual(breachesOf("src/services/utils/dates.ts", ""), [
      "src/services/utils/dates.ts:1 has a folder \"utils\": name it after its noun"
    ]))
})

describe("time, chance and the environment come from services", () => {
  it.each([
    ["Date.now()", "reads the clock with Date.now: use Clock or DateTime"],
    ["globalThis.Date.now()", "reads the clock with Date.now: use Clock or DateTime"],
    ["new Date()", "reads the clock with new Date(): use Clock or DateTime"],
    ["Math.random()", "draws with Math.random: use Random, or a seed"],
    ["process.env", "reads process.env: use Config"],
    ["process[\"env\"]", "reads process.env: use Config"],
    ["process.exit(1)", "ends the process at once: fail, and let the runtime end it"],
    ["console.log(1)", "prints with console: use Console or Effect.log"]
  ])("%s is refused",
    (text, wrong) => assert.deepStrictEqual(breachesOf("src/layers/X.ts", `const x = ${text}`), [`src/layers/X.ts:1 ${wrong}`]))

  it.each(["new Date(0)", "\"Date.now()\"", "/* Math.random() */ 1", "process.pid", "Console.log(1)", "clock.now()"])("%s is not",
    (text) => assert.deepStrictEqual(breachesOf("src/layers/X.ts", `const x = ${text}`), []))

  it("the chart worker, a process of its own, may end itself", () =>
    assert.deepStrictEqual(breachesOf("src/layers/chart/worker.ts", "process.on(\"disconnect\", () => process.exit())"), []))

  it.each(["src/bin.ts", "src/cli/CodeCache.ts"])("%s, which has no services yet, may set the environment and read the clock",
    (path) => assert.deepStrictEqual(breachesOf(path, "process.env[\"X\"] = String(Date.now())"), []))
})
