import { assert, describe, it } from "@effect/vitest"
import { compile } from "../../../src/layers/chart/compile.ts"
import { widthOf } from "../../../src/layers/chart/letters.ts"
import { sizeOf, svg } from "../../../src/layers/chart/picture.ts"

describe("letters", () => {
  it("are as wide as a browser measures them in Inter, to a thousandth", () => {
    // Chromium, `measureText` at 100 px, regular and 600
    for (
      const [text, regular, bold] of [
        ["i", 24.219, 26.172],
        ["W", 98.535, 102.002],
        ["0", 63.086, 65.967],
        ["Synthetic Bitcoin", 793.555, 818.75],
        ["−6%", 226.367, 231.689],
        ["", 0, 0]
      ] as const
    ) {
      assert.closeTo(widthOf(text, 100), regular, regular / 500)
      assert.closeTo(widthOf(text, 100, 600), bold, bold / 500)
      assert.closeTo(widthOf(text, 11), widthOf(text, 100) * 0.11, 1e-9)
    }
  })

  it("that the font lacks count as square", () => {
    assert.strictEqual(widthOf("漢字", 10), 20)
  })

  const labelled = (coin: string, title = "") =>
    svg(compile({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      data: { values: [{ coin, of: 1 }] },
      title: { text: title },
      width: 200,
      mark: "bar",
      encoding: {
        x: { field: "of", type: "quantitative" },
        y: { field: "coin", type: "nominal", axis: { labelLimit: 130 } }
      }
    }))

  it("decide which label is cut: one that has room is not", async () => {
    assert.include(await labelled("Synthetic Bitcoin"), ">Synthetic Bitcoin<")
    const cut = await labelled("A coin whose name nobody could read")
    assert.notInclude(cut, ">A coin whose name nobody could read<")
    assert.match(cut, />A coin whose name[^<]{0,8}…</)
  })

  it("decide how wide a picture is: as wide as what is in it", async () => {
    const { width } = sizeOf(await labelled("Short", "A title of some sixty letters, which is wider than the bars"))
    assert.isBelow(width, widthOf("A title of some sixty letters, which is wider than the bars", 13, "bold") + 20)
  })
})
