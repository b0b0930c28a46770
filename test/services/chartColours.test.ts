/** The palette's promises, computed from its colours: contrast after WCAG 2, dichromacy after Machado 2009, distance in OKLab. */
import { assert, describe, it } from "@effect/vitest"
import { coinScale, type Colour, colourOf, palette } from "../../src/services/chartColours.ts"
import { ink } from "../../src/services/chartTheme.ts"

describe("the palette", () => {
  const shades = ["light", "dark"] as const

  it("stands out from its paper by 3:1, and text by 4.5:1", () => {
    for (const shade of shades) {
      for (const colour of palette) assert.isAtLeast(contrast(colour[shade], ink.paper[shade]), 3, `${colour.name} on ${shade}`)
      for (const text of [ink.text, ink.muted, ink.gain, ink.loss]) assert.isAtLeast(contrast(text[shade], ink.paper[shade]), 4.5)
    }
    assert.isBelow(contrast("#f0e442", ink.paper.light), 3)
  })

  it("is told apart with and without red and green cones", () => {
    for (const shade of shades) {
      assert.isAtLeast(closest(palette.slice(0, 8), shade), 0.1, shade)
      assert.isAtLeast(closest(palette, shade), 0.09, shade)
    }
    assert.isBelow(closest([{ name: "a", light: "#2ca02c", dark: "" }, { name: "b", light: "#a58a20", dark: "" }], "light"), 0.09)
  })

  it("names each colour once, also beside the neutrals, so that a page can re-ink it", () => {
    const light = [...palette, ...Object.values(ink)].map((_) => _.light)
    assert.strictEqual(new Set(light).size, light.length)
  })
})

describe("a coin's colour", () => {
  const universe = ["bitcoin", "ethereum", "tether", "solana", "some-coin", "another-coin", "x", "y", "z", "w"]

  it("is its own wherever it shows", () => {
    assert.strictEqual(colourOf("bitcoin"), palette[0].light)
    assert.strictEqual(colourOf("bitcoin", universe), palette[0].light)
    for (const id of universe) assert.strictEqual(colourOf(id, universe), colourOf(id, universe.toReversed()))
    const whole = coinScale(universe, universe)
    assert.deepStrictEqual(coinScale(["z", "bitcoin"], universe), {
      domain: ["z", "bitcoin"],
      range: [whole.range[8] ?? "", palette[0].light]
    })
  })

  it("is no other's until all twelve are taken", () => {
    const ids = Array.from({ length: 12 }, (_, i) => `coin-${i}`)
    assert.strictEqual(new Set(coinScale(ids).range).size, 12)
    assert.strictEqual(new Set(coinScale([...ids, "one-more"]).range).size, 12)
    assert.strictEqual(new Set(coinScale(universe).range).size, universe.length)
    // tron and avalanche wish for the same one
    assert.strictEqual(colourOf("tron"), colourOf("avalanche-2"))
    assert.notStrictEqual(colourOf("tron", ["tron", "avalanche-2"]), colourOf("avalanche-2", ["tron", "avalanche-2"]))
  })

  it("is found for any name", () => {
    for (const id of ["__proto__", "constructor", "", "\u0000"]) assert.match(colourOf(id), /^#[0-9a-f]{6}$/)
  })
})

// helpers

type Three = readonly [number, number, number]

const rgb = (hex: string): Three => {
  const channel = (at: number) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

const luminance = ([r, g, b]: Three) => 0.2126 * r + 0.7152 * g + 0.0722 * b

const contrast = (a: string, b: string) => {
  const [x, y] = [luminance(rgb(a)), luminance(rgb(b))]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

const times = (rows: readonly [Three, Three, Three], [x, y, z]: Three): Three => {
  const row = ([a, b, c]: Three) => a * x + b * y + c * z
  return [row(rows[0]), row(rows[1]), row(rows[2])]
}

const eyes: ReadonlyArray<readonly [Three, Three, Three]> = [
  [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
]

const oklab = (colour: Three): Three => {
  const [l, m, s] = times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [
    0.0883024619,
    0.2817188376,
    0.6299787005
  ]], colour)
  return times([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [
    0.0259040371,
    0.7827717662,
    -0.808675766
  ]], [Math.cbrt(l), Math.cbrt(m), Math.cbrt(s)])
}

const closest = (colours: ReadonlyArray<Colour>, shade: "light" | "dark") => {
  const clamp = ([r, g, b]: Three): Three => [Math.min(1, Math.max(0, r)), Math.min(1, Math.max(0, g)), Math.min(1, Math.max(0, b))]
  const seen = colours.map((colour) => eyes.map((eye) => oklab(clamp(times(eye, rgb(colour[shade]))))))
  return Math.min(
    ...seen.flatMap((a, i) =>
      seen.slice(i + 1).flatMap((b) => a.map((p, eye) => Math.hypot(...p.map((value, axis) => value - (b[eye]?.[axis] ?? 0)))))
    )
  )
}
