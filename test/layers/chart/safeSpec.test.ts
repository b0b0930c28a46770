import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { limits, safeSpec } from "../../../src/layers/chart/safeSpec.ts"

const rows = [{ t: 0, v: 1 }]
const base = { data: { values: rows }, mark: "line", encoding: { y: { field: "v", type: "quantitative" } } }

const safe = (spec: unknown) => Result.getOrThrow(safeSpec(spec))
const reason = (spec: unknown, bounds = limits) => {
  const result = safeSpec(spec, bounds)
  return Result.isFailure(result) ? result.failure : undefined
}
const at = (spec: unknown) => {
  const found = reason(spec)
  return found?._tag === "Refused" ? found.at : found
}

describe("what passes", () => {
  it("is the spec as it was, when nothing is wrong with it", () => assert.deepStrictEqual(safe(base), base))

  it("has columns of any name: what is in the rows is data", () => {
    const spec = {
      ...base,
      data: { values: [{ href: "javascript:alert(1)", url: "file:///etc/passwd", mark: "image", timeUnit: "year", data: "x" }] }
    }
    assert.deepStrictEqual(safe(spec), spec)
  })

  it("is JSON: no NaN, no undefined, small integers as numbers", () => {
    const spec = { ...base, width: undefined, data: { values: [{ a: Number.NaN, b: -Infinity, c: 5n, d: undefined, e: null }] } }
    assert.deepStrictEqual(safe(spec), { ...base, data: { values: [{ a: null, b: null, c: 5, e: null }] } })
  })

  it("has text without what breaks XML or turns text around, in rows, column names and words", () => {
    const spec = { ...base, title: "a\u0000b\ud800c\u202ed\uffff", data: { values: [{ "n\u0007": "\u001b[31mred\u009b\n!" }] } }
    assert.deepStrictEqual(safe(spec), { ...base, title: "abcd", data: { values: [{ n: "[31mred !" }] } })
  })

  it("has sizes within bounds", () => {
    assert.deepStrictEqual(safe({ ...base, width: 1e9, height: { step: 1e6 } }), { ...base, width: 4000, height: { step: 200 } })
    assert.deepStrictEqual(safe({ ...base, width: -5, height: 300.4 }), { ...base, width: 1, height: 300 })
    assert.deepStrictEqual(safe({ ...base, width: "container" }), { ...base, width: "container" })
  })

  it("has its temporal positions in UTC", () => {
    const x = { field: "t", type: "temporal" }
    assert.deepStrictEqual(safe({ ...base, encoding: { x } }), { ...base, encoding: { x: { ...x, scale: { type: "utc" } } } })
    assert.deepStrictEqual(safe({ ...base, encoding: { x: { ...x, scale: { nice: false } } } }), {
      ...base,
      encoding: { x: { ...x, scale: { nice: false, type: "utc" } } }
    })
    const kept = { ...base, encoding: { x: { ...x, timeUnit: "utcyearmonth", scale: { type: "band" } } } }
    assert.deepStrictEqual(safe(kept), kept)
  })
})

describe("what is refused, with its place", () => {
  const refused: ReadonlyArray<readonly [string, unknown, string]> = [
    ["data from a URL", { ...base, data: { url: "data.csv" } }, "spec.data.url"],
    ["data as text", { ...base, data: { values: "a,b\n1,2" } }, "spec.data.values"],
    ["a generator", { ...base, data: { sequence: { start: 0, stop: 1e9 } } }, "spec.data.sequence"],
    [
      "a URL deep in a layer's lookup",
      { layer: [{ ...base, transform: [{ from: { data: { url: "x" } } }] }] },
      "spec.layer[0].transform[0].from.data.url"
    ],
    ["a link channel", { ...base, encoding: { href: { field: "v" } } }, "spec.encoding.href"],
    ["a link on the mark", { ...base, mark: { type: "bar", href: "javascript:alert(1)" } }, "spec.mark.href"],
    ["a link in the config", { ...base, config: { bar: { href: "https://example.test" } } }, "spec.config.bar.href"],
    ["an image", { ...base, mark: { type: "image" } }, "spec.mark.type"],
    ["options for an embedding page", { ...base, usermeta: { embedOptions: { loader: {} } } }, "spec.usermeta"],
    ["chance", { ...base, transform: [{ sample: 10 }] }, "spec.transform[0].sample"],
    ["chance in an expression", { ...base, transform: [{ calculate: "random()", as: "r" }] }, "spec.transform[0].calculate"],
    ["the clock", { ...base, transform: [{ filter: "datum.t < now()" }] }, "spec.transform[0].filter"],
    ["the clock, in a list", { ...base, transform: [{ filter: { and: ["datum.t < now()"] } }] }, "spec.transform[0].filter.and[0]"],
    [
      "local time in an expression",
      { ...base, transform: [{ calculate: "timeFormat(datum.t, '%Y')", as: "y" }] },
      "spec.transform[0].calculate"
    ],
    ["a local unit", { ...base, encoding: { x: { field: "t", timeUnit: "year" } } }, "spec.encoding.x.timeUnit"],
    ["a local unit, at length", { ...base, encoding: { x: { field: "t", timeUnit: { unit: "year" } } } }, "spec.encoding.x.timeUnit"],
    ["a local scale", { ...base, encoding: { x: { field: "t", scale: { type: "time" } } } }, "spec.encoding.x.scale"],
    ["a local tooltip", { ...base, encoding: { tooltip: [{ field: "t", type: "temporal" }] } }, "spec.encoding.tooltip[0]"],
    ["a Date", { ...base, data: { values: [{ t: new Date(0) }] } }, "spec.data.values[0].t"],
    ["an integer that no double holds", { ...base, data: { values: [{ v: 2n ** 53n }] } }, "spec.data.values[0].v"],
    ["a function", { ...base, title: () => "x" }, "spec.title"],
    ["a class", { ...base, encoding: new Map() }, "spec.encoding"],
    ["no spec", [base], "spec"]
  ]
  for (const [name, spec, place] of refused) it(name, () => assert.deepStrictEqual(at(spec), place.replace("filter.and[0]", "filter.and")))

  it("and not what only looks like it", () => {
    for (const calculate of ["utcFormat(datum.t, '%Y')", "utcyear(datum.t)", "datum.now", "datum.random + 1", "floor(datum.v)"]) {
      assert.isUndefined(reason({ ...base, transform: [{ calculate, as: "x" }] }), calculate)
    }
    assert.isUndefined(reason({ ...base, title: "What is now (and was random())" }))
    assert.isUndefined(reason({ ...base, encoding: { x: { field: "t", timeUnit: { unit: "year", utc: true } } } }))
  })
})

describe("what is too large", () => {
  const many = (count: number) => Array.from({ length: count }, (_, v) => ({ v }))

  it("is counted over all data sets, and refused before it is copied", () => {
    assert.isUndefined(reason({ ...base, data: { values: many(20_000) } }))
    assert.deepStrictEqual(reason({ ...base, data: { values: many(20_001) } }), {
      _tag: "TooLarge",
      what: "rows",
      found: 20_001,
      limit: 20_000
    })
    const parts = { layer: [{ data: { values: many(15_000) } }, { data: { values: many(5_001) } }] }
    assert.deepStrictEqual(reason(parts), { _tag: "TooLarge", what: "rows", found: 20_001, limit: 20_000 })
    const named = { ...base, data: { name: "a" }, datasets: { a: many(20_001) } }
    assert.strictEqual(reason(named)?._tag, "TooLarge")
    assert.strictEqual(reason({ ...base, data: { values: Array.from({ length: 3_000_000 }) } })?._tag, "TooLarge")
  })

  it("is also a spec that is deep or endless", () => {
    const endless: Record<string, unknown> = { ...base }
    endless["layer"] = [endless]
    assert.strictEqual(reason(endless)?._tag, "TooLarge")
    assert.strictEqual(reason({ ...base, params: Array.from({ length: 20_001 }, () => 0) })?._tag, "TooLarge")
  })
})
