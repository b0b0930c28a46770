/** Figures as a reader sees them, at and around every point where the way of writing changes. */
import { assert, describe, it } from "@effect/vitest"
import { change, coins, facts, formulas, provided, ratio, share, size, table, tidy } from "../../../src/assets/reports/Figures.ts"
import { html } from "../../../src/services/Html.ts"

const says = <A>(write: (of: A) => string, all: ReadonlyArray<readonly [A, string]>) =>
  assert.deepStrictEqual(all.map(([of]) => [of, write(of)]), all.map(([of, said]) => [of, said]))

describe("a figure", () => {
  it("has six digits at most, and four in a power: a letter from a million on, the power below a millionth, n/a where it is missing", () =>
    says<number | null | undefined>(tidy, [
      [null, "n/a"],
      [undefined, "n/a"],
      [0, "0"],
      [1, "1"],
      [67_200, "67,200"],
      [67_200.49, "67,200.5"],
      [123_456.7, "123,457"],
      [999_999, "999,999"],
      // what six digits round up to a million is one
      [999_999.4, "999,999"],
      [999_999.5, "1M"],
      [1e6, "1M"],
      [1_254_000, "1.254M"],
      [1_234_567.8, "1.23457M"],
      [999_999_499, "999.999M"],
      [999_999_500, "1B"],
      [1e9, "1B"],
      [2.5e9, "2.5B"],
      [999_999_500_000, "1T"],
      [1e12, "1T"],
      [3.4e12, "3.4T"],
      [1e13, "10T"],
      [2.5e15, "2,500T"],
      [0.5, "0.5"],
      [0.000012, "0.000012"],
      [0.00001234567, "0.0000123457"],
      [1e-6, "0.000001"],
      [0.99e-6, "9.9e-7"],
      [1e-7, "1e-7"],
      [1.2e-9, "1.2e-9"],
      [1.2346e-9, "1.235e-9"],
      [1.0501e-10, "1.05e-10"],
      [1e-12, "1e-12"]
    ]))

  it("that is a change has its sign, unless it would be written as 0.0", () =>
    says<number | null | undefined>(share, [
      [null, "n/a"],
      [undefined, "n/a"],
      [0, "0.0 %"],
      [0.00049, "0.0 %"],
      [-0.00049, "0.0 %"],
      [0.0005, "+0.1 %"],
      [-0.0005, "−0.1 %"],
      [0.123, "+12.3 %"],
      [-0.0449, "−4.5 %"],
      [1, "+100.0 %"],
      [-1, "−100.0 %"],
      [12.3456, "+1,234.6 %"]
    ]))

  it("that is a change has a colour beside its sign, up or down, and none where it is neither", () =>
    says<number | null | undefined>((_) => change(_).markup, [
      [null, "<span>n/a</span>"],
      [undefined, "<span>n/a</span>"],
      [0, "<span>0.0 %</span>"],
      [0.00049, "<span>0.0 %</span>"],
      [-0.00049, "<span>0.0 %</span>"],
      [0.0005, "<span class=\"up\">+0.1 %</span>"],
      [-0.0005, "<span class=\"down\">−0.1 %</span>"],
      [0.25, "<span class=\"up\">+25.0 %</span>"],
      [-0.25, "<span class=\"down\">−25.0 %</span>"]
    ]))

  it("that is a size has a sign below zero alone", () =>
    says<number | null | undefined>(size, [
      [null, "n/a"],
      [undefined, "n/a"],
      [0, "0.0 %"],
      [-0, "0.0 %"],
      [-0.0003, "0.0 %"],
      [0.0005, "0.1 %"],
      [0.123, "12.3 %"],
      [-0.0833, "−8.3 %"],
      [1.5, "150.0 %"],
      [-1, "−100.0 %"],
      [25, "2,500.0 %"]
    ]))

  it("without a unit has two decimals, and no minus before 0.00", () =>
    says<number | null | undefined>(ratio, [
      [null, "n/a"],
      [undefined, "n/a"],
      [0, "0.00"],
      [-0.004, "0.00"],
      [0.756, "0.76"],
      [-0.756, "−0.76"],
      [12, "12.00"]
    ]))
})

it("one is a coin, and none or more are coins", () => says(coins, [[0, "0 coins"], [1, "1 coin"], [2, "2 coins"]]))

describe("a report", () => {
  it("has headline figures in a list: name, figure, note", () => {
    assert.strictEqual(
      facts([["Coins", "3", "all <of> them"], ["Return", change(0.5)]]).markup,
      "<ul class=\"facts\"><li><span>Coins</span><b>3</b><span>all &#60;of&#62; them</span></li>" +
        "<li><span>Return</span><b><span class=\"up\">+50.0 %</span></b><span></span></li></ul>"
    )
    assert.strictEqual(facts([]).markup, "<ul class=\"facts\"></ul>")
  })

  it("has tables that say what they are, whose rows begin with a head", () =>
    assert.strictEqual(
      table("A \"caption\"", ["Coin", "Price"], [["<b>", "1"], [html`<i>x</i>`, null]]).markup,
      `<div class="wide" tabindex="0" role="region" aria-label="A &#34;caption&#34;"><table>
<caption>A &#34;caption&#34;</caption>
<thead><tr><th scope="col">Coin</th><th scope="col">Price</th></tr></thead>
<tbody><tr><th scope="row">&#60;b&#62;</th><td>1</td></tr>
<tr><th scope="row"><i>x</i></th><td></td></tr>
</tbody>
</table></div>`
    ))

  it("says of each column with a description what it is, and leaves out the others", () =>
    assert.strictEqual(
      formulas([
        { name: "a", description: "x < y", type: "DOUBLE" },
        { name: "b", description: undefined, type: "VARCHAR" },
        { name: "c", description: "z", type: "BIGINT" }
      ]).markup,
      "<dl class=\"formulas\"><dt>a</dt><dd>x &#60; y</dd><dt>c</dt><dd>z</dd></dl>"
    ))

  it("says who provided the data, and in large letters that a market is synthetic", () => {
    assert.strictEqual(provided("Data provided by CoinGecko").markup, "<p class=\"line\">Data provided by CoinGecko</p>")
    assert.strictEqual(provided("SYNTHETIC data").markup, "<p class=\"synthetic\">SYNTHETIC data</p>")
    assert.strictEqual(provided("No SYNTHETIC data").markup, "<p class=\"line\">No SYNTHETIC data</p>")
  })
})
