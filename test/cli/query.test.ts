import { assert, describe, it } from "@effect/vitest"
import { toCsv, toTable } from "../../src/cli/query.ts"

const columns = [{ name: "name", type: "VARCHAR" }, { name: "n", type: "DOUBLE" }]
const one = (name: string | null, n: number | null = 1) => ({ columns, rows: [{ name, n }], truncated: false })

describe("CSV", () => {
  it.each([
    ["=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    [" =1", "' =1"],
    ["plain", "plain"],
    ["a,b", "\"a,b\""],
    ["two\nlines", "\"two\nlines\""],
    ["a=b", "a=b"]
  ])("has %j as %j: no formula, and RFC 4180", (given, cell) => assert.strictEqual(toCsv(one(given), false), `name,n\r\n${cell},1`))

  it("keeps negative numbers numbers, and nothing empty", () => assert.strictEqual(toCsv(one(null, -1.5), false), "name,n\r\n,-1.5"))

  it("is the text as it is, where that is asked for", () => assert.strictEqual(toCsv(one("=1"), true), "name,n\r\n=1,1"))
})

describe("a table", () => {
  it("counts its rows, and is inert", () =>
    assert.strictEqual(toTable(one("\x1b[31mred\x1b[0m")), "name        n\n──────────  ─\n[31mred[0m  1\n(1 row)"))
  it("has lists as JSON", () =>
    assert.strictEqual(toTable({ columns: [{ name: "l", type: "INTEGER[]" }], rows: [{ l: [1, 2] }], truncated: false }),
      "l\n─────\n[1,2]\n(1 row)"))
})
