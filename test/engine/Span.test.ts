import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Span from "../../src/engine/Span.ts"

const Key = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: -2, maximum: 9 })))
/** Some of them end before they begin. */
const Raw = Schema.Array(Schema.Struct({ from: Key, to: Key })).pipe(Schema.check(Schema.isMaxLength(7)))

/** The model: a set of keys, one by one. */
const model = (spans: Iterable<Span.Span>) => {
  const keys = new Set<number>()
  for (const { from, to } of spans) for (let key = from; key <= to; key++) keys.add(key)
  return keys
}
const sorted = (keys: Iterable<number>) => [...keys].sort((a, b) => a - b)
const holds = (spans: Span.Spans, keys: Set<number>) => {
  assert.deepStrictEqual(sorted(model(spans)), sorted(keys))
  // as few as can be, sorted and apart: between two of them a key is missing
  spans.forEach((span, i) => assert.isTrue(span.from <= span.to && span.from > (spans[i - 1]?.to ?? -Infinity) + 1))
}

describe("spans are a set of keys", () => {
  it.prop("of", { raw: Raw }, ({ raw }) => holds(Span.of(raw), model(raw)))

  it.prop("ofKeys", { keys: Schema.Array(Key) }, ({ keys }) => holds(Span.ofKeys(keys), new Set(keys)))

  it.prop("union, intersect and subtract", { a: Raw, b: Raw }, ({ a, b }) => {
    const [x, y] = [model(a), model(b)]
    holds(Span.union(Span.of(a), Span.of(b)), new Set([...x, ...y]))
    holds(Span.intersect(Span.of(a), Span.of(b)), new Set([...x].filter((_) => y.has(_))))
    holds(Span.subtract(Span.of(a), Span.of(b)), new Set([...x].filter((_) => !y.has(_))))
  })

  it.prop("size and hull", { raw: Raw }, ({ raw }) => {
    const keys = model(raw)
    assert.strictEqual(Span.size(Span.of(raw)), keys.size)
    assert.deepStrictEqual(Span.hull(Span.of(raw)), keys.size === 0 ? [] : [{ from: Math.min(...keys), to: Math.max(...keys) }])
  })

  it.prop("overlaps", { raw: Raw, from: Key, to: Key }, ({ from, raw, to }) => {
    assert.strictEqual(Span.overlaps(Span.of(raw), { from, to: Math.max(from, to) }),
      [...model(raw)].some((_) => from <= _ && _ <= Math.max(from, to)))
  })
})

describe("what a hand can check", () => {
  it("neighbours are one; with a key between them they are two", () => {
    assert.deepStrictEqual(Span.of([{ from: 4, to: 5 }, { from: 1, to: 3 }]), [{ from: 1, to: 5 }])
    assert.deepStrictEqual(Span.of([{ from: 5, to: 6 }, { from: 1, to: 3 }]), [{ from: 1, to: 3 }, { from: 5, to: 6 }])
  })

  it("one span swallows another", () => assert.deepStrictEqual(Span.of([{ from: 1, to: 9 }, { from: 2, to: 3 }]), [{ from: 1, to: 9 }]))

  it("one key is taken away, alone or from an end or the middle", () => {
    assert.deepStrictEqual(Span.subtract([{ from: 5, to: 5 }], [{ from: 5, to: 5 }]), [])
    assert.deepStrictEqual(Span.subtract([{ from: 5, to: 7 }], [{ from: 5, to: 5 }, { from: 7, to: 7 }]), [{ from: 6, to: 6 }])
    assert.deepStrictEqual(Span.subtract([{ from: 1, to: 2 }, { from: 5, to: 7 }], [{ from: 2, to: 2 }, { from: 6, to: 6 }]), [
      { from: 1, to: 1 },
      { from: 5, to: 5 },
      { from: 7, to: 7 }
    ])
  })

  it("a span may have no end", () => {
    assert.deepStrictEqual(Span.intersect([{ from: 3, to: 7 }], [{ from: 5, to: Infinity }]), [{ from: 5, to: 7 }])
    assert.deepStrictEqual(Span.subtract([{ from: -Infinity, to: Infinity }], [{ from: 0, to: 0 }]), [
      { from: -Infinity, to: -1 },
      { from: 1, to: Infinity }
    ])
    assert.deepStrictEqual(Span.subtract([{ from: -Infinity, to: Infinity }], [{ from: -Infinity, to: 0 }]), [{ from: 1, to: Infinity }])
    assert.deepStrictEqual(Span.subtract([{ from: -Infinity, to: Infinity }], [{ from: 0, to: Infinity }]), [{ from: -Infinity, to: -1 }])
  })

  it("nothing has no size, no hull, and overlaps nothing", () => {
    assert.deepStrictEqual([Span.size(Span.empty), Span.hull(Span.empty), Span.overlaps(Span.empty, { from: 0, to: 9 })], [0, [], false])
  })
})
