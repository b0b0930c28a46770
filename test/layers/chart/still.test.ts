import { assert, it } from "@effect/vitest"
import type { TopLevelSpec } from "vega-lite"
import { still } from "../../../src/layers/chart/still.ts"
import { brush, hover, lines, ranged } from "../../../src/services/chartLines.ts"

const series = [{ key: "s0", name: "Bitcoin", colour: "#123456" }]
const of = (name?: string): TopLevelSpec => ({
  data: { values: [{ name: "page_of_a_book", time: 0, params: [{ name: "page_x" }] }] },
  vconcat: [
    {
      ...(name === undefined ? {} : { params: [{ name, value: 1 }] }),
      layer: [
        lines({ series, field: "price", axis: {}, brush: ranged }),
        hover({ series, field: "price", brush: ranged })
      ]
    },
    brush({ field: "price", width: 100 })
  ]
})

it("a picture has no views for a pointer, no parameter they set, and every row", () => {
  const picture = JSON.stringify(still(of()))
  assert.notMatch(picture, /page_(hover|overview|range|at)/)
  assert.notInclude(picture, `"domain":{`)
  assert.deepInclude(still(of()), { data: { values: [{ name: "page_of_a_book", time: 0, params: [{ name: "page_x" }] }] } })
  assert.include(picture, `"type":"line"`)
})

it("other parameters stay", () => {
  assert.include(JSON.stringify(still(of("mine"))), `"params":[{"name":"mine","value":1}]`)
})
