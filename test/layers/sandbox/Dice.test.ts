import { assert, describe, it } from "@effect/vitest"
import * as Dice from "../../../src/layers/sandbox/Dice.ts"

const COUNT = 20_000
const throws = (roll: (n: number) => number) => Array.from({ length: COUNT }, (_, n) => roll(n))
const mean = (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0) / xs.length
const variance = (xs: ReadonlyArray<number>) => {
  const middle = mean(xs)
  return mean(xs.map((x) => (x - middle) ** 2))
}

describe("sandbox dice", () => {
  it("the n-th throw is the same in any order, and differs between streams, seeds and counters", () => {
    const [a, b] = [Dice.make("seed", "a"), Dice.make("seed", "a")]
    const forward = throws(a.normal)
    const backward = Array.from({ length: COUNT }, (_, i) => b.normal(COUNT - 1 - i)).reverse()
    assert.deepStrictEqual(forward, backward)
    assert.notStrictEqual(a.even(1), a.even(2))
    assert.notStrictEqual(a.even(1), Dice.make("seed", "b").even(1))
    assert.notStrictEqual(a.even(1), Dice.make("other", "a").even(1))
    // the border between seed and stream counts
    assert.notStrictEqual(Dice.make("ab", "c").even(1), Dice.make("a", "bc").even(1))
  })

  it("even throws fill (0, 1) evenly", () => {
    const xs = throws(Dice.make("seed", "even").even)
    assert.closeTo(mean(xs), 0.5, 0.01)
    assert.closeTo(variance(xs), 1 / 12, 0.003)
    assert.isTrue(xs.every((x) => x > 0 && x < 1))
    const tenths = Array.from({ length: 10 }, (_, i) => xs.filter((x) => Math.floor(x * 10) === i).length)
    assert.isTrue(tenths.every((n) => Math.abs(n - COUNT / 10) < 200), tenths.join())
  })

  it("normal and wild throws have mean 0 and variance 1; wild ones go further out", () => {
    const normal = throws(Dice.make("seed", "x").normal)
    const wild = throws(Dice.make("seed", "y").wild)
    for (const xs of [normal, wild]) {
      assert.closeTo(mean(xs), 0, 0.025)
      assert.closeTo(variance(xs), 1, 0.04)
    }
    const far = (xs: ReadonlyArray<number>) => xs.filter((x) => Math.abs(x) > 4).length
    assert.isAbove(far(wild), 4 * Math.max(1, far(normal)))
  })

  it("neighbouring throws are not correlated", () => {
    const xs = throws(Dice.make("seed", "x").normal)
    assert.closeTo(mean(xs.slice(1).map((x, i) => x * (xs[i] ?? Number.NaN))), 0, 0.025)
  })
})
