/** `crypto report` and `crypto site`: what they make, where, how they end, and that nothing is left half-written. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema } from "effect"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import * as Cli from "../../src/cli/Cli.ts"
import { options } from "../../src/cli/crypto.ts"
import * as ReportLayer from "../../src/layers/Report.ts"
import * as TestPipeline from "../../src/layers/TestPipeline.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import { pipeline } from "../../src/program.ts"
import { typing } from "./world.ts"

const days = (from: string, count: number) =>
  Array.from({ length: count }, (_, at) => new Date(Date.parse(from) + at * 86_400_000).toISOString().slice(0, 10))

/** November and December 2025 of two coins, seen on the morning of 2 January. */
const market = {
  bitcoin: days("2025-10-31", 64).map((day, at) => [day, 100 + at, 1000 + at, 10] as const),
  ethereum: days("2025-10-31", 64).map((day, at) => [day, 50 - at / 4, 500, 5] as const)
}

const here = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "report-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** Files as they are, but for the .env of whoever runs the tests. */
const files = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem,
    (fs) => FileSystem.FileSystem.of({ ...fs, stat: (path) => fs.stat(path === ".env" ? "no such file" : path) }))
).pipe(Layer.provide(NodeServices.layer))

/** The pipeline's command line on a market in memory, with its reports in a folder of the test's. */
const inFolder = <A, E>(
  test: (crypto: ReturnType<typeof typing>, folder: string) => Effect.Effect<A, E>,
  coins: CoinGeckoTest.Market = market,
  tracked: ReadonlyArray<string> = Object.keys(coins)
) =>
  Effect.scoped(Effect.gen(function*() {
    const folder = yield* here
    const dataDir = join(folder, "data")
    const settings = { historyDays: 64, dataDir, coins: tracked }
    const reports = ReportLayer.layer.pipe(Layer.provide([NodeServices.layer, CoinGeckoTest.settings(settings)]))
    const world = Layer.succeedContext(
      yield* Layer.build(Layer.merge(TestPipeline.layer({ market: coins, now: "2026-01-02T06:00:00Z", settings }), reports))
    )
    const commandLine = Cli.make(pipeline, {
      ...options,
      layer: world,
      ledger: world,
      kept: Effect.succeed(true),
      owner: Effect.succeedNone,
      usage: Effect.succeedNone
    } as never)
    return yield* test(typing(commandLine, { CRYPTO_DATA_DIR: dataDir, CRYPTO_STATE_DIR: folder }, files), folder)
  }))

/** Every file below a folder, by its path. */
const below = (folder: string): ReadonlyArray<string> =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((_) => statSync(join(folder, _)).isFile()).toSorted()
    : []

const read = (file: string) => readFileSync(file, "utf8")

describe("crypto report", () => {
  it.effect("makes the market's page and says where it is", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* crypto("report")
        assert.deepStrictEqual([code, out], [0, join(folder, "data/reports/market_report.html")], err)
        assert.match(read(out), /^<!doctype html>[^]*<h1>Crypto market report<\/h1>[^]*<\/html>\n$/)
        assert.deepStrictEqual(below(join(folder, "data/reports")), ["market_report.html"])
        const again = yield* crypto("report", "--json")
        assert.deepStrictEqual(yield* Schema.decodeEffect(Schema.fromJsonString(Cli.ReportJson))(again.out), {
          asset: "market_report",
          file: out
        })
      })
    ))

  it.effect("makes a month's page, and a copy of it under the name that was asked for", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        const copy = join(folder, "copies/december.html")
        const { code, err, out } = yield* crypto("report", "--month", "2025-12", "--out", copy)
        assert.deepStrictEqual([code, out], [0, copy], err)
        assert.include(read(copy), "<h1>Crypto market in December 2025</h1>")
        assert.strictEqual(read(copy), read(join(folder, "data/reports/monthly_report--2025-12.html")))
        assert.deepStrictEqual(below(join(folder, "copies")), ["december.html"])
        assert.deepStrictEqual(below(join(folder, "data/reports")), ["monthly_report--2025-12.html"], "that month, and no other")
      })
    ))

  it.effect("says of a month that is none, has not ended, or lies too far back, what it lacks, and copies no page", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        for (
          const [month, says, exit] of [
            ["december", /--month december/, 2],
            ["2025-13", /--month 2025-13/, 2],
            ["2025-12-05", /--month 2025-12-05/, 2],
            ["2026-01", /--month 2026-01/, 2],
            ["2020-02", /nothing to report of 2020-02: no price of that month is kept, or can be had with this plan/, 4]
          ] as const
        ) {
          const { code, err, out } = yield* crypto("report", "--month", month, "--out", join(folder, "copy.html"))
          assert.deepStrictEqual([month, code, out], [month, exit, ""], err)
          assert.match(err, says)
          assert.notInclude(err, "--partition")
        }
        assert.isFalse(existsSync(join(folder, "copy.html")))
      })
    ))

  it.effect("leaves nothing where it may not write, and says so; what is kept is kept", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        writeFileSync(join(folder, "file"), "mine")
        const { code, err, out } = yield* crypto("report", "--month", "2025-12", "--out", join(folder, "file/december.html"))
        assert.deepStrictEqual([code, out], [2, ""], err)
        assert.include(err, "cannot be written")
        assert.deepStrictEqual(below(folder), ["data/reports/monthly_report--2025-12.html", "file"])
        assert.strictEqual(read(join(folder, "file")), "mine")
      })
    ))

  it.effect("opens it where there is a desktop, and says so where there is none", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        const bin = join(folder, "bin")
        const path = process.env["PATH"]
        yield* Effect.addFinalizer(() => Effect.sync(() => void (process.env["PATH"] = path)))
        process.env["PATH"] = bin
        const none = yield* crypto("report", "--open")
        assert.deepStrictEqual([none.code, none.out], [0, join(folder, "data/reports/market_report.html")])
        assert.include(none.err, "There is nothing here to open it with")
        yield* Effect.promise(() => import("node:fs/promises").then((fs) => fs.mkdir(bin)))
        for (const name of ["xdg-open", "open", "explorer.exe"]) writeFileSync(join(bin, name), "#!/bin/sh\n", { mode: 0o755 })
        const opened = yield* crypto("report", "--open")
        assert.deepStrictEqual([opened.code, opened.out], [0, none.out])
        assert.notInclude(opened.err, "There is nothing here to open it with")
      }).pipe(Effect.scoped)
    ))

  it.effect("of coins of whom one fails ends as partial, and names it", () =>
    inFolder(
      (crypto) =>
        Effect.gen(function*() {
          const { code, err } = yield* crypto("report")
          assert.strictEqual(code, 3, err)
          assert.include(err, "nocoin")
        }),
      market,
      ["bitcoin", "nocoin"]
    ))
})

describe("crypto site", () => {
  it.effect("has nothing to show where nothing is kept, and makes nothing", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* crypto("site", "--out", join(folder, "site"))
        assert.deepStrictEqual([code, out], [2, ""])
        assert.include(err, "nothing is kept yet that a site could show")
        assert.deepStrictEqual(below(folder), [])
      })
    ))

  it.effect("is linked pages that all lead somewhere, without a script, and as many files as it says", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* crypto("report")).code, 0)
        assert.strictEqual((yield* crypto("report", "--month", "2025-12")).code, 0)
        assert.strictEqual((yield* crypto("run", "market_index")).code, 0)
        const site = join(folder, "site")
        const { code, err, out } = yield* crypto("site", "--out", site, "--json")
        assert.strictEqual(code, 0, err)
        const made = below(site)
        assert.deepStrictEqual(yield* Schema.decodeEffect(Schema.fromJsonString(Cli.SiteJson))(out), { folder: site, files: made.length })
        assert.includeMembers([...made], [
          "index.html",
          "graph.html",
          "reports/market_report.html",
          "reports/monthly_report--2025-12.html",
          "tables/monthly_prices.html",
          "tables/monthly_prices.csv"
        ])
        for (const page of made.filter((_) => _.endsWith(".html") && !_.startsWith("reports/"))) {
          const text = read(join(site, page))
          assert.notMatch(text, /<script/, page)
          assert.include(text, "default-src 'none'; script-src 'none'", page)
          for (const [, link = ""] of text.matchAll(/(?:href|src)="([^"#]+)"/g)) {
            assert.isTrue(existsSync(resolve(dirname(join(site, page)), link)), `${page} leads to ${link}`)
          }
        }
        for (const table of made.filter((_) => _.endsWith(".csv"))) {
          const [head = "", ...rows] = read(join(site, table)).trim().split("\r\n")
          const time = head.split(",").findIndex((_) => _ === "day" || _ === "month")
          const times = rows.flatMap((_) => _.split(",")[time] ?? [])
          assert.deepStrictEqual(times, times.toSorted().reverse(), `${table}: the newest first`)
        }
        const again = yield* crypto("site", "--out", site)
        assert.deepStrictEqual([again.code, again.out, below(site)], [0, join(site, "index.html"), made])
      })
    ))

  it.effect("does not lead to what was removed by hand", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* crypto("report")).code, 0)
        rmSync(join(folder, "data/reports/market_report.html"))
        assert.strictEqual((yield* crypto("site", "--out", join(folder, "site"))).code, 0)
        assert.notInclude(read(join(folder, "site/index.html")), "market_report.html")
        assert.notInclude(below(join(folder, "site")), "reports/market_report.html")
      })
    ))

  it.effect("that cannot be written says so, and is not half there", () =>
    inFolder((crypto, folder) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* crypto("report")).code, 0)
        writeFileSync(join(folder, "file"), "mine")
        const { code, err, out } = yield* crypto("site", "--out", join(folder, "file"))
        assert.deepStrictEqual([code, out], [2, ""], err)
        assert.include(err, "cannot be written")
        assert.strictEqual(read(join(folder, "file")), "mine")
      })
    ))

  it.effect("wants to be told where", () =>
    inFolder((crypto) =>
      Effect.gen(function*() {
        const { code, err } = yield* crypto("site")
        assert.strictEqual(code, 2)
        assert.include(err, "--out")
      })
    ))
})
