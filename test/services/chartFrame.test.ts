import { assert, describe, it } from "@effect/vitest"
import * as vega from "vega"
import { attribution, frame, logTicks, tidyNumber } from "../../src/services/chartFrame.ts"
import { theme } from "../../src/services/chartTheme.ts"

/** What Vega makes of an expression. */
const said = (expression: string): unknown => {
  const view = new vega.View(vega.parse({ signals: [{ name: "it", init: expression }] }), { renderer: "none" })
  try {
    return view.run().signal("it")
  } finally {
    view.finalize()
  }
}

describe("a frame", () => {
  it("carries what every chart says", () => {
    assert.deepStrictEqual(frame({ title: "T", subtitle: "S", description: "D", attribution: "A" }), {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      title: { text: "T", subtitle: ["S", "A"] },
      description: "D",
      width: 760,
      height: 380,
      usermeta: { attribution: "A" },
      config: theme
    })
    assert.strictEqual(frame({ title: "T", subtitle: "S", description: "D", attribution: "A", width: 300 }).width, 300)
  })

  it("says who the data are from, and when they are synthetic", () => {
    const from = { sandboxSeed: "7", baseUrl: "https://prices.test:8443/api/v3" }
    assert.strictEqual(attribution({ ...from, source: "live" }), "Data provided by CoinGecko")
    assert.strictEqual(attribution({ ...from, source: "sandbox" }), "SYNTHETIC data (sandbox seed 7): not a real market")
    assert.strictEqual(attribution({ ...from, source: "custom" }), "Data in CoinGecko's format from prices.test:8443")
    assert.strictEqual(attribution({ ...from, baseUrl: "not a url", source: "custom" }),
      "Data in CoinGecko's format from a server of your own")
  })
})

describe("a number is tidy", () => {
  const tidy: ReadonlyArray<readonly [number | null, string]> = [
    [0, "0"],
    [1e-12, "1e-12"],
    [-2.5e-9, "−2.5e-9"],
    [0.0000012, "0.0000012"],
    [0.1 + 0.2, "0.3"],
    [1.0005, "1.0005"],
    [67_200, "67,200"],
    [999_999, "999,999"],
    [1_250_000, "1.25M"],
    [2e9, "2B"],
    [-3.4e12, "−3.4T"],
    [1e13, "10T"],
    [null, ""]
  ]
  for (const [number, text] of tidy) it(`${number} is "${text}"`, () => assert.strictEqual(said(tidyNumber(`(${number})`)), text))
})

describe("ticks of a log axis", () => {
  it("are round, within the data, and few", () => {
    assert.deepStrictEqual(logTicks(58, 152), [60, 70, 80, 90, 100, 120, 140])
    assert.deepStrictEqual(logTicks(1, 1000), [1, 10, 100, 1000])
    assert.deepStrictEqual(logTicks(2, 90), [2, 5, 10, 20, 50])
    // too narrow for a power of ten to fall into it
    assert.deepStrictEqual(logTicks(3e-7, 3.1e-7), [3e-7, 3.02e-7, 3.04e-7, 3.06e-7, 3.08e-7, 3.1e-7])
    assert.deepStrictEqual(logTicks(0.9982, 1.0033), [0.999, 1, 1.001, 1.002, 1.003])
    assert.deepStrictEqual(logTicks(7, 7), [7])
    for (const [low, high] of [[1e-12, 1e13], [0.5, 70_000], [2, 9], [9e-9, 1.1e-8]] as const) {
      const ticks = logTicks(low, high)
      assert.isTrue(ticks.length >= 1 && ticks.length <= 9 && ticks.every((tick) => tick >= low && tick <= high),
        `${low} to ${high}: ${ticks.join()}`)
    }
  })

  it("are none where a logarithm has none", () => {
    for (const [low, high] of [[0, 1], [-1, 1], [2, 1], [Number.NaN, 1], [1, Infinity]] as const)
      assert.deepStrictEqual(logTicks(low, high), [])
  })
})
