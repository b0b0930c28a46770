import { assert, describe, it } from "@effect/vitest"
import { fileName, slug } from "../../src/services/fileName.ts"

describe("fileName", () => {
  it("is the asset, then the subject's slug and hash, then the partition", () => {
    assert.strictEqual(fileName("price_chart"), "price_chart")
    assert.strictEqual(fileName("monthly_report", { partition: "2026-10" }), "monthly_report--2026-10")
    // printf bitcoin | sha256sum
    assert.strictEqual(fileName("price_chart", { subject: "bitcoin" }), "price_chart--bitcoin-6b88c087")
    assert.strictEqual(fileName("price_chart", { subject: "bitcoin", partition: "2026-10" }), "price_chart--bitcoin-6b88c087--2026-10")
  })

  it("keeps apart what looks alike, and joins what is the same", () => {
    const twins = ["Bitcoin", "bitcoin", "bit-coin", "bit coin", "bitco\u00edn", "bitcoi\u0301n", "", "-", "x".repeat(300), "x".repeat(301)]
    assert.strictEqual(new Set(twins.map((subject) => fileName("a", { subject }))).size, twins.length)
    assert.strictEqual(fileName("a", { subject: "Bitcoin" }), fileName("a", { subject: "Bitcoin" }))
  })

  it("is a plain name, whatever the subject", () => {
    for (
      const subject of ["../../etc/passwd", "/", "a\u0000b", "CON", "-rf", ".", "\u202etxt", "\ud800", "日本", "*?<>|\"", "a".repeat(5000)]
    ) {
      assert.match(fileName("price_chart", { subject, partition: "../2026" }), /^price_chart--[a-z0-9-]{1,60}-[0-9a-f]{8}--2026$/, subject)
    }
    assert.strictEqual(slug("  Wrapped_Bitcoin (BTC)  "), "wrapped-bitcoin-btc")
    assert.strictEqual(slug("Münze"), "munze")
    assert.strictEqual(slug("日本"), "x")
    assert.strictEqual(slug(`${"a".repeat(59)}--b`), "a".repeat(59))
  })
})
