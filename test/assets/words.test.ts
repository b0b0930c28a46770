/** Figures in words, at and around every point where the way of writing changes. */
import { assert, it } from "@effect/vitest"
import { change, figure, moved, size } from "../../src/assets/words.ts"

const says = (write: (of: number) => string, all: ReadonlyArray<readonly [number, string]>) =>
  assert.deepStrictEqual(all.map(([of]) => [of, write(of)]), all.map(([of, said]) => [of, said]))

it("a change has its sign, unless it is written as 0.0, and thousands apart", () =>
  says(change, [
    [0, "0.0 %"],
    [-0, "0.0 %"],
    [0.00049, "0.0 %"],
    [-0.00049, "0.0 %"],
    [0.0005, "+0.1 %"],
    [-0.0005, "−0.1 %"],
    [-12.345, "−1,234.5 %"]
  ]))

it("a size has a sign below zero alone, and none before 0.0", () =>
  says(size, [[0, "0.0 %"], [-0.0004, "0.0 %"], [0.123, "12.3 %"], [-0.123, "−12.3 %"]]))

it("a figure has the digits and the unit asked for, and no sign before what is written as 0", () => {
  says((_) => figure(_, 0, " %"), [[0, "0 %"], [-0.4, "0 %"], [-12.5001, "−13 %"]])
  says((_) => figure(_, 2), [[-0.004, "0.00"], [0.755, "0.76"], [-1, "−1.00"]])
})

it("what did not move did not change: no more than a double makes of equal prices", () =>
  says(moved, [
    [0, "did not change"],
    [-2.2e-16, "did not change"],
    [9.9e-10, "did not change"],
    [1e-9, "rose by 0.0000001%"],
    [0.00004, "rose by 0.004%"],
    [0.1234, "rose by 12.3%"],
    [-0.75, "fell by 75%"],
    [11, "rose by 1,100%"]
  ]))
