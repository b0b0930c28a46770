import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { check, Unsound } from "../../../src/layers/chart/compile.ts"
import { keywords, problems, type Schema, sentence } from "../../../src/layers/chart/jsonSchema.ts"

const say = (schema: Schema, value: unknown) => problems(schema, value).map(sentence)

const unsound = (spec: unknown): ReadonlyArray<string> => {
  try {
    check(spec)
    return []
  } catch (cause) {
    if (cause instanceof Unsound) return cause.problems
    throw cause
  }
}

describe("each keyword holds and refuses", () => {
  const cases: ReadonlyArray<readonly [string, Schema, unknown, unknown, string]> = [
    ["type", { type: "number" }, 1, "1", `the spec: "1" is not a number`],
    ["type, of several", { type: ["string", "null"] }, null, 1, "the spec: 1 is not a string or null"],
    ["integer", { type: "integer" }, 2, 2.5, "the spec: 2.5 is not an integer"],
    ["const", { const: 1 }, 1, 2, "the spec: 2 is not 1"],
    ["enum", { enum: ["a", null] }, null, "b", `the spec: "b" is none of "a", null`],
    ["minimum", { minimum: 0 }, 0, -1, "the spec: -1, at least 0"],
    ["maximum", { maximum: 1 }, 1, 2, "the spec: 2, at most 1"],
    ["minLength", { minLength: 1 }, "a", "", "the spec: 0 characters, at least 1"],
    ["maxLength", { maxLength: 1 }, "a", "ab", "the spec: 2 characters, at most 1"],
    ["minItems", { minItems: 1 }, [1], [], "the spec: 0 items, at least 1"],
    ["maxItems", { maxItems: 1 }, [1], [1, 2], "the spec: 2 items, at most 1"],
    ["items", { items: { type: "number" } }, [1], [1, "a"], `[1]: "a" is not a number`],
    ["required", { required: ["a"] }, { a: 1 }, {}, `the spec: "a" is missing`],
    ["properties", { properties: { a: { type: "number" } } }, { a: 1, b: "x" }, { a: "x" }, `a: "x" is not a number`],
    [
      "additionalProperties: false",
      { properties: { a: {} }, additionalProperties: false },
      { a: 1 },
      { b: 1 },
      `the spec: "b" is not known here`
    ],
    ["additionalProperties", { additionalProperties: { type: "number" } }, { a: 1 }, { a: "x" }, `a: "x" is not a number`],
    ["minProperties", { minProperties: 1 }, { a: 1 }, {}, "the spec: 0 properties, at least 1"],
    ["anyOf", { anyOf: [{ type: "number" }, { const: "a" }] }, "a", "b", `the spec: "b" is none of a number, "a"`],
    [
      "anyOf, and what stands beside it",
      { anyOf: [{ type: "number" }, { type: "string" }], minimum: 0 },
      "a",
      -1,
      "the spec: -1, at least 0"
    ],
    ["$ref", { $ref: "#/definitions/A", definitions: { A: { type: "number" } } }, 1, "a", `the spec: "a" is not a number`]
  ]
  for (const [name, schema, good, bad, words] of cases) {
    it(name, () => {
      assert.deepStrictEqual(say(schema, good), [])
      assert.deepStrictEqual(say(schema, bad), [words])
    })
  }
})

it("Vega-Lite's schema uses no other keyword", () => {
  const root: unknown = JSON.parse(readFileSync(new URL("./vega-lite-schema.json", import.meta.resolve("vega-lite")), "utf8"))
  const seen = new Set<string>()
  const walk = (schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return
    for (const [key, value] of Object.entries(schema)) {
      seen.add(key)
      if (key === "properties" || key === "definitions") { for (const inner of Object.values(value ?? {})) walk(inner) }
      else if (["anyOf", "items"].includes(key) && Array.isArray(value)) value.forEach(walk)
      else if (["items", "additionalProperties"].includes(key)) walk(value)
    }
  }
  walk(root)
  assert.isAbove(seen.size, 15)
  assert.deepStrictEqual([...seen].filter((key) => !keywords.has(key)), [])
})

describe("a mistake in a spec is named at its place", () => {
  const base = { data: { values: [{ a: 1 }] }, mark: "bar", encoding: { x: { field: "a", type: "quantitative" } } }
  it("and a sound spec has none", () => assert.deepStrictEqual(unsound(base), []))

  const mistakes: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["a mark that is none", { ...base, mark: "nope" }, /^mark: "nope" is none of .*"bar"/],
    [
      "a type that is none",
      { ...base, encoding: { x: { field: "a", type: "numbr" } } },
      /^encoding\.x\.type: "numbr" is none of "quantitative"/
    ],
    ["a channel that is none", { ...base, encoding: { z: { field: "a", type: "nominal" } } }, /^encoding: "z" is not known here/],
    [
      "a typing error in the axis",
      { ...base, encoding: { x: { field: "a", type: "quantitative", axis: { titel: "A" } } } },
      /^encoding\.x\.axis: "titel" is not known here/
    ],
    ["a width of text", { ...base, width: "wide" }, /^width: "wide" is none of/],
    ["a config that is none", { ...base, config: { axis: { grid: "yes" } } }, /^config\.axis\.grid: "yes"/],
    ["a spec without a mark", { data: { values: [] } }, /is missing|not known/]
  ]
  for (const [name, spec, words] of mistakes) it(name, () => assert.match(unsound(spec)[0] ?? "", words))
})
