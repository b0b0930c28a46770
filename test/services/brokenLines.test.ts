import { assert, it } from "@effect/vitest"
import { brokenLines } from "../../src/services/brokenLines.ts"

it("text is broken at its blanks, and nothing of it is lost", () => {
  assert.deepStrictEqual(brokenLines("one two three four", 9), ["one two", "three", "four"])
  assert.deepStrictEqual(brokenLines("a-word-that-is-too-long and more", 8), ["a-word-that-is-too-long", "and more"])
  assert.deepStrictEqual(brokenLines("", 8), [""])
})
