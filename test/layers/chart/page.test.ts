import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { runInNewContext } from "node:vm"
import type { TopLevelSpec } from "vega-lite"
import { boot } from "../../../src/layers/chart/boot.ts"
import { compile } from "../../../src/layers/chart/compile.ts"
import { page, specOfPage, wordsOf } from "../../../src/layers/chart/page.ts"
import { palette } from "../../../src/services/chartColours.ts"
import { attribution, frame } from "../../../src/services/chartFrame.ts"
import { ink } from "../../../src/services/chartTheme.ts"

const hostile = `</script><script>alert(1)</script><img src=x onerror='alert(2)'> "&amp;" <!-- \u2028`
const spec = (name: string): TopLevelSpec => ({
  ...frame({
    title: name,
    subtitle: `all of ${name}`,
    description: `about ${name}`,
    attribution: attribution({ source: "live", sandboxSeed: "", baseUrl: "" })
  }),
  data: { values: [{ v: 1, name }] },
  mark: "bar",
  encoding: { x: { field: "v", type: "quantitative" }, y: { field: "name", type: "nominal" } }
})
const drawn = (of: TopLevelSpec) => page(wordsOf(of), compile(specOfPage(of)), "<svg></svg>")
const scriptsOf = (html: string) => [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((_) => _[1] ?? "")

describe("a chart's page", () => {
  const html = drawn(spec("Bitcoin"))

  it("allows its own scripts by their hashes, and nothing more", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ""
    const hashes = scriptsOf(html).map((code) => `'sha256-${createHash("sha256").update(code).digest("base64")}'`)
    assert.lengthOf(hashes, 3)
    assert.strictEqual(policy,
      `default-src 'none'; script-src ${hashes.join(" ")}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`)
    assert.isBelow(html.indexOf("Content-Security-Policy"), html.indexOf("<script"))
    // what a parser turns into another text has another hash
    for (const code of scriptsOf(html)) assert.notMatch(code, /\r|<!--|<\/script/i)
  })

  it("is drawn by an interpreter, which makes no code of text, and has a loader that refuses whatever it is asked for", async () => {
    const views: Array<Record<string, unknown>> = []
    class View {
      constructor(_: unknown, options: Record<string, unknown>) {
        views.push(options)
      }
      runAsync() {
        return Promise.resolve(this)
      }
    }
    const element = { textContent: "{}", dataset: { spec: "spec" }, append: () => {}, setAttribute: () => {} }
    const parsed: Array<ReadonlyArray<unknown>> = []
    const vega = { View, parse: (...args: ReadonlyArray<unknown>) => parsed.push(args), Error: 1 }
    const vegaInterpreter = {}
    runInNewContext(boot, {
      vega,
      vegaInterpreter,
      document: {
        getElementById: () => element,
        createElement: () => element,
        querySelectorAll: () => [element],
        documentElement: element
      }
    })
    assert.strictEqual(JSON.stringify(parsed), `[[{},null,{"ast":true}]]`)
    assert.strictEqual(views[0]?.["expr"], vegaInterpreter)
    const loader = views[0]?.["loader"] as Record<string, (uri: string) => Promise<unknown>>
    for (const ask of ["load", "sanitize", "http", "file"]) {
      const said = await loader[ask]?.("https://elsewhere.example/").then(() => "loaded", String)
      assert.strictEqual(said, "Error: a chart loads nothing", ask)
    }
  })

  it("needs nothing from anywhere", () => {
    const markup = html.replace(/<script[^>]*>[\s\S]*?<\/script>/g, "")
    assert.notMatch(markup, /\b(src|srcset|action)=|<link|@import|url\(/i)
    assert.deepStrictEqual([...markup.matchAll(/href="([^"]*)"/g)].map((_) => _[1]), ["https://www.coingecko.com/"])
  })

  it("says in words what is drawn, and who the data are from", () => {
    assert.include(html, `<h1 id="title">Bitcoin</h1>`)
    assert.include(html, `<p class="line">all of Bitcoin</p>`)
    assert.include(html, "<figcaption>about Bitcoin</figcaption>")
    assert.include(html, "Data provided by CoinGecko</a>")
    assert.include(html, `<noscript><svg></svg></noscript>`)
    const synthetic = { ...spec("x"), ...frame({ title: "x", subtitle: "y", description: "z", attribution: "SYNTHETIC data" }) }
    assert.include(drawn(synthetic), "<footer>SYNTHETIC data</footer>")
  })

  it("says what data say as text", () => {
    const bad = drawn(spec(hostile))
    assert.lengthOf(scriptsOf(bad), 3)
    assert.notMatch(bad.replace(/<script[^>]*>[\s\S]*?<\/script>/g, ""), /<img|<!-- |alert\(1\)<\/script/)
    const data = /<script type="application\/json" id="spec">([\s\S]*?)<\/script>/.exec(bad)?.[1] ?? ""
    assert.notInclude(data, "<")
    assert.include(JSON.stringify(JSON.parse(data)), "onerror='alert(2)'")
    assert.deepStrictEqual(JSON.parse(data).data[0].values[0].name, hostile)
  })

  it("has a dark twin for each colour of the theme", () => {
    const dark = html.slice(html.indexOf("@media screen and (prefers-color-scheme:dark)"))
    for (const { light, dark: twin } of [...palette, ...Object.values(ink)]) {
      assert.include(dark, `.chart [fill="${light}"],noscript [fill="${light}"]{fill:${twin}}`)
      assert.include(dark, `.chart [stroke="${light}"],noscript [stroke="${light}"]{stroke:${twin}}`)
    }
  })

  it("leaves the title to the page, and its subtitle unbroken", () => {
    assert.notProperty(specOfPage(spec("a")), "title")
    const long = "a subtitle that is longer than a picture is wide, ".repeat(4).trim()
    const of = { ...spec("a"), ...frame({ title: "a", subtitle: long, description: "", attribution: "b" }) }
    assert.strictEqual(of.title.subtitle.length, 3)
    assert.strictEqual(wordsOf(of).line, long)
  })
})
