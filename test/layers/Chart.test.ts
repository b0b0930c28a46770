/** Charts drawn by the real process: what a spec may not do is refused by name, what data say stays text, and one death is nobody else's. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ChartLayer from "../../src/layers/Chart.ts"
import { CoinGeckoTest } from "../../src/layers/CoinGecko.ts"
import { Chart, type ChartError, type TopLevelSpec } from "../../src/services/Chart.ts"
import { frame } from "../../src/services/chartFrame.ts"

/** A data folder with a parent of its own, so that what escapes from it can be seen. */
const folder = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "chart-"))),
    (_) => Effect.sync(() => rmSync(_, { recursive: true }))
  ),
  (parent) => {
    const dir = join(parent, "data")
    mkdirSync(dir)
    return dir
  }
)

const hostile = `</script><img src=x onerror=alert(1)>"'<!-- ]]>`
const spec = (name = "a", values: ReadonlyArray<object> = [{ t: 0, v: 1, name }, { t: 86_400_000, v: 2, name }]): TopLevelSpec => ({
  ...frame({ title: name, subtitle: name, description: name, attribution: "a test" }),
  data: { values: [...values] },
  mark: "line",
  encoding: {
    x: { field: "t", type: "temporal", scale: { type: "utc" } },
    y: { field: "v", type: "quantitative" },
    color: { field: "name", type: "nominal" },
    tooltip: [{ field: "name", type: "nominal" }]
  }
})

const run = <A, E>(effect: (dir: string) => Effect.Effect<A, E, Chart>, options: Partial<ChartLayer.Options> = {}) =>
  Effect.gen(function*() {
    const dir = yield* folder
    const layer = ChartLayer.layerWith(options).pipe(Layer.provide([NodeServices.layer, CoinGeckoTest.settings({ dataDir: dir })]))
    return yield* Effect.provide(effect(dir), layer)
  }).pipe(Effect.scoped)

const refusal = (bad: TopLevelSpec) =>
  run(() => Chart.use((_) => Effect.flip(_.render(bad, ["svg"])))).pipe(Effect.map((error: ChartError) => error.reason))

describe("a chart", () => {
  it.live("is four files, each whole, the same bytes each time", () =>
    run((dir) =>
      Effect.gen(function*() {
        const chart = yield* Chart
        const { files } = yield* chart.draw("charts/price", spec())
        assert.deepStrictEqual(files, ["charts/price.svg", "charts/price.png", "charts/price.html", "charts/price.vl.json"])
        const first = files.map((_) => readFileSync(join(dir, _)))
        assert.deepStrictEqual(first[1]?.subarray(0, 4), Buffer.from([0x89, 0x50, 0x4e, 0x47]))
        yield* chart.draw("charts/price", spec())
        assert.deepStrictEqual(files.map((_) => readFileSync(join(dir, _))), first)
        assert.lengthOf(readdirSync(join(dir, "charts")), 4)
      })
    ))

  it.live("says what data say as text, whatever it is", () =>
    run(() =>
      Effect.gen(function*() {
        const { html, svg } = yield* Chart.use((_) => _.render(spec(`${hostile}\u0000\ud800`), ["svg", "html"]))
        assert.notMatch(svg, /<(img|script|image|foreignObject)\b/i)
        assert.notMatch(svg, /[\u0000\ud800]/)
        assert.include(svg, "&lt;img")
        assert.notMatch(html.replace(/<script>[\s\S]*?<\/script>/g, ""), /<img\b/i)
        assert.strictEqual(html.match(/<script/g)?.length, html.match(/<\/script>/g)?.length)
        const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ""
        assert.include(policy, "default-src 'none'")
        assert.notMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline|https?:/)
        assert.notMatch(html, /\ssrc="http|<link[^>]+href="http/)
      })
    ))

  it.live("stays below the data folder", () =>
    run((dir) =>
      Effect.gen(function*() {
        const chart = yield* Chart
        symlinkSync("..", join(dir, "out"))
        for (const base of ["../x", "/etc/x", "charts/../../x", "a\u0000b", "out/x", ""]) {
          assert.strictEqual((yield* Effect.flip(chart.draw(base, spec()))).reason._tag, "BadName", base)
        }
        assert.deepStrictEqual(readdirSync(join(dir, "..")), ["data"])
      })
    ))
})

describe("is refused", () => {
  const base = spec()
  const bad: ReadonlyArray<readonly [string, string, TopLevelSpec]> = [
    ["data from a URL", "Refused", { ...base, data: { url: "file:///etc/passwd" } }],
    ["a link from data", "Refused", {
      data: { values: [{ a: "javascript:alert(1)" }] },
      mark: "point",
      encoding: { href: { field: "a", type: "nominal" } }
    }],
    ["an image", "Refused", { data: { values: [{ a: 1 }] }, mark: "image", encoding: { url: { field: "a", type: "nominal" } } }],
    ["a lookup from a URL", "Refused", {
      ...base,
      transform: [{ lookup: "name", from: { data: { url: "https://example.test/x.json" }, key: "name", fields: ["v"] } }]
    }],
    ["more rows than can be drawn", "TooLarge", spec("a", Array.from({ length: 20_001 }, (_, i) => ({ t: i, v: i, name: "a" })))],
    ["a field that needs another type", "Invalid", {
      data: { values: [{ a: 1 }] },
      mark: "bar",
      encoding: { size: { field: "a", type: "nominal" }, x: { field: "a", aggregate: "none" as "sum", type: "quantitative" } }
    }]
  ]
  for (const [name, tag, wrong] of bad) {
    it.live(name, () => Effect.map(refusal(wrong), (reason) => assert.strictEqual(reason._tag, tag, JSON.stringify(reason))))
  }
})

it.live("a drawing that takes too long is stopped", () =>
  run(() => Effect.map(Chart.use((_) => Effect.flip(_.render(spec(), ["svg"]))), (_) => assert.strictEqual(_.reason._tag, "TimedOut")), {
    seconds: 0.001
  }))

it.live("one that takes the memory dies alone, and the next one is drawn", () =>
  run(() =>
    Effect.gen(function*() {
      const chart = yield* Chart
      const rows = Array.from({ length: 20_000 }, (_, i) => ({ t: i, v: i % 97, name: "a" }))
      const large = { ...spec("a", rows), mark: "point" as const }
      const error = yield* Effect.flip(chart.render(large, ["svg", "png", "html"]))
      assert.strictEqual(error.reason._tag, "OutOfMemory", error.message)
      assert.include((yield* chart.render(spec(), ["svg"])).svg, "<svg")
    }), { heapMb: 40 }), 120_000)
