import { assert, describe, it } from "@effect/vitest"
import { count, counted, duration, jsonText, oneLine, plain, table } from "../../src/cli/plain.ts"

/** Sets the title, clears the screen, turns the line around, rings, and hides. */
const hostile = "a\x1b]0;owned\x07\x1b[2Jb\u202egnp\u009bc\r\nd"

describe("a table on a terminal", () => {
  const rows = [["0mwwjuc13-566d", "a long text that may be cut", "1,234"], ["x", "short", "5"]]
  it("is no wider than the terminal: what may be cut is cut, numbers and what is copied are not", () =>
    assert.deepStrictEqual(table(["run", "what it says", "n"], rows, { columns: 36, whole: [0] }).split("\n"), [
      "run             what it says       n",
      "──────────────  ─────────────  ─────",
      "0mwwjuc13-566d  a long text …  1,234",
      "x               short              5"
    ]))

  it("is as wide as it is where nobody looks", () =>
    assert.include(table(["run", "what it says", "n"], rows), "a long text that may be cut"))

  it("has its columns where they belong, also under letters that are wide, or none", () =>
    assert.deepStrictEqual(table(["name", "n"], [["bitcoin", "1"], ["比特币", "2"], ["e\u0301ther", "3"]]).split("\n"), [
      "name     n",
      "───────  ─",
      "bitcoin  1",
      "比特币   2",
      "e\u0301ther    3"
    ]))

  it("is coloured after its widths are settled", () =>
    assert.strictEqual(table(["a", "b"], [["xyz", "1"]], { ink: (cell, row) => row === undefined ? cell : `<${cell}>` }),
      "a    b\n───  ─\n<xyz>  <1>"))
})

describe("text from elsewhere", () => {
  it("cannot steer a terminal, and keeps its lines and their indentation", () => {
    assert.strictEqual(plain(`one\n  two${hostile}`), "one\n  twoa]0;owned[2Jbgnpc\nd")
    assert.strictEqual(oneLine(hostile), "a]0;owned[2Jbgnpc d")
  })

  it("is inert in a table, which stays aligned", () => {
    assert.strictEqual(
      table(["name", "n"], [[hostile, "1"], ["日本", "-20.5"]]),
      ["name                     n", "───────────────────  ─────", "a]0;owned[2Jbgnpc d      1", "日本                 -20.5"].join("\n")
    )
  })

  it("is inert in JSON, and the same value to whoever reads it", () => {
    const text = jsonText({ name: hostile })
    // oxlint-disable-next-line no-control-regex
    assert.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
    assert.deepStrictEqual(JSON.parse(text), { name: hostile })
  })
})

describe("a table", () => {
  it("puts numbers to the right, and words to the left", () => {
    assert.strictEqual(table(["coin", "rows"], [["bitcoin", "3,650"], ["eth", ""]]), "coin      rows\n───────  ─────\nbitcoin  3,650\neth")
  })
  it("without rows is its head", () => assert.strictEqual(table(["a", "bc"], []), "a  bc\n─  ──"))
})

describe("figures", () => {
  it("have thousands told apart", () => assert.deepStrictEqual([0, 999, 1000, 1234567].map(count), ["0", "999", "1,000", "1,234,567"]))
  it("have a plural", () =>
    assert.deepStrictEqual([counted(1, "call"), counted(2, "call"), counted(0, "entry", "entries")], ["1 call", "2 calls", "0 entries"]))
  it("of time are as fine as matters", () =>
    assert.deepStrictEqual([0, 400, 9_949, 9_950, 41_000, 99_000, 125_000, 3_780_000, -5].map(duration), [
      "0.0 s",
      "0.4 s",
      "9.9 s",
      "10 s",
      "41 s",
      "99 s",
      "2 min 5 s",
      "1 h 3 min",
      "0.0 s"
    ]))
})
