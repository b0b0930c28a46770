import { assert, describe, it } from "@effect/vitest"
import { braille, type Drawing } from "../../../src/cli/chart/braille.ts"

const of = (some: Partial<Drawing>): Drawing => ({
  lines: [],
  columns: 20,
  rows: 4,
  log: false,
  ticks: (low, high) => [low, high],
  value: (_) => _.toFixed(0),
  time: (_) => `t${_}`,
  ink: (text) => text,
  ...some
})
const points = (values: ReadonlyArray<number>, stretches: ReadonlyArray<number> = []) =>
  values.map((value, at) => ({ at, value, stretch: stretches[at] ?? 0 }))
const body = (drawn: ReadonlyArray<string>) => drawn.slice(0, -2).map((_) => _.replace(/^.*┤/, ""))

describe("a chart of letters", () => {
  it("rises from the lower left to the upper right, between its least and greatest", () => {
    const drawn = braille(of({ lines: [{ name: "a", points: points([0, 10]) }] }))
    assert.lengthOf(drawn, 6)
    assert.match(drawn[0] ?? "", /^10 ┤ +\S+$/)
    assert.match(drawn[3] ?? "", /^ 0 ┤\S+ *$/)
    assert.match(drawn[5] ?? "", /^ +t0 .* t1$/)
  })

  it("is never wider than asked", () => {
    for (const columns of [12, 20, 80]) {
      const drawn = braille(of({ columns, lines: [{ name: "a", points: points([1, 5, 2]) }, { name: "b", points: points([3, 3, 3]) }] }))
      for (const line of drawn.slice(0, -1)) assert.isAtMost(line.length, columns)
    }
  })

  it("leaves a hole where a stretch ends", () => {
    const whole = body(braille(of({ columns: 43, lines: [{ name: "a", points: points([1, 1, 1, 1]) }] }))).join("")
    const gap = body(braille(of({ columns: 43, lines: [{ name: "a", points: points([1, 1, 1, 1], [0, 0, 1, 1]) }] }))).join("")
    assert.notMatch(whole.trim(), / /)
    assert.match(gap.trim(), /\S {3,}\S/)
  })

  it("tells lines apart by the letters at their ends", () => {
    const drawn = body(braille(of({ lines: [{ name: "x", points: points([0, 10]) }, { name: "y", points: points([10, 0]) }] })))
    assert.match(drawn[0] ?? "", /a$/)
    assert.match(drawn[3] ?? "", /b$/)
  })

  it("has equal heights for equal factors on a log scale", () => {
    const drawn = braille(of({ rows: 5, log: true, lines: [{ name: "a", points: points([1, 10, 100]) }] }))
    assert.match(drawn[0] ?? "", /^100 /)
    assert.match(drawn[4] ?? "", /^ {2}1 /)
  })

  it("has the ticks that it is given beside the rows in which their values lie", () => {
    const drawn = braille(of({ rows: 6, ticks: () => [20, 40], lines: [{ name: "a", points: points([10, 60]) }] }))
    assert.deepStrictEqual(drawn.slice(0, 6).map((_) => _.slice(0, 3)), ["   ", "   ", "40 ", "   ", "20 ", "   "])
  })

  it("of nothing is nothing", () => {
    assert.deepStrictEqual(braille(of({})), [])
  })
})
