/** The mutation tool finds operators and constants in code and in SQL, and leaves alone what means nothing at run time. */
import { assert, it } from "@effect/vitest"
import { mutantsOf } from "../../tools/mutants.ts"

const found = (source: string) => mutantsOf(source, "a.ts").map(({ from, line, to }) => `${line}: ${from} → ${to}`)

it("turns operators, numbers, booleans and conditions", () => {
  assert.deepStrictEqual(found("const f = (a: 1 | 2) => a > 9 && !b ? -c : true\nd += 1e-12"), [
    "1: a > 9 && !b → !(a > 9 && !b)",
    "1: > → >=",
    "1: 9 → 10",
    "1: && → ||",
    "1: ! → ",
    "1: - → ",
    "1: true → false",
    "2: += → -=",
    "2: 1e-12 → 1e-3"
  ])
})

it("turns comparisons, signs, words, texts and numbers of SQL, between and in what is interpolated", () => {
  const source =
    "const q = sql`SELECT *, count(*), -a * 2 FROM t WHERE x = 'y' AND ${v + 1} <= ln(é) AND d BETWEEN 1 AND DATE '1970-01-01'`"
  assert.deepStrictEqual(found(source), [
    "1: - → ",
    "1: * → /",
    "1: 2 → 3",
    "1: = → <>",
    "1: 'y' → 'xy'",
    "1: AND → OR",
    "1: + → -",
    "1: 1 → 2",
    "1: <= → <",
    "1: ln → exp",
    "1: AND → OR",
    "1: 1 → 2"
  ])
})

it("makes no mutant that does not compile: brackets stay in pairs, also where an alternative stands in a row of them", () => {
  assert.deepStrictEqual(found("const f = a ?? b ?? -1"), [
    "1: a ?? b → ((a) && (b))",
    "1: a ?? b ?? -1 → ((a ?? b) || (-1))",
    "1: - → ",
    "1: 1 → 2"
  ])
  assert.deepStrictEqual(found("const g = !(-(a)) && 0x9e"), ["1: ! → ", "1: - → ", "1: && → ||", "1: 0x9e → 159"])
  assert.deepStrictEqual(found("const h = a ?? 0"), ["1: a ?? 0 → ((a) && (0))", "1: 0 → 1"])
  assert.deepStrictEqual(found("const i = a ?? \"b\", j = c ?? true"), [
    "1: a ?? \"b\" → ((a) && (\"b\"))",
    "1: c ?? true → ((c) || (true))",
    "1: true → false"
  ])
})

it("leaves text that is no SQL alone, and types and imports", () => {
  assert.deepStrictEqual(found("import { a } from \"a\"\nconst s: 5 = `1 + 1 = ${s as 3}`\nsql.literal(`a > ${s}`)"), ["3: > → >="])
})
