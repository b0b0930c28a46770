/**
 * A span is a run of neighbouring keys by their ordinals, both ends in it; a `Spans` is a set of them, sorted, apart
 * and as few as can be. Staleness, coverage and demand are sums and differences of such sets, so planning a decade
 * costs no more than planning a day.
 */
export interface Span {
  readonly from: number
  readonly to: number
}

export type Spans = ReadonlyArray<Span>

export const empty: Spans = []

/** The set of the keys that lie in any of the spans; a span that ends before it begins holds none. */
export const of = (spans: ReadonlyArray<Span>): Spans => {
  const [only] = spans
  if (only === undefined) return empty
  if (spans.length === 1) return only.from > only.to ? empty : [{ from: only.from, to: only.to }]
  let out: Array<Span> = []
  for (const { from, to } of spans) {
    if (from > to) continue
    const last = out.at(-1)
    if (last === undefined) out = [{ from, to }]
    else if (from < last.from) return of(spans.toSorted((a, b) => a.from - b.from))
    else if (from <= last.to + 1) out[out.length - 1] = { from: last.from, to: Math.max(last.to, to) }
    else out.push({ from, to })
  }
  return out
}

/** Single keys, in any order. */
export const ofKeys = (ordinals: Iterable<number>): Spans => of(Array.from(ordinals, (_) => ({ from: _, to: _ })))

export const union = (self: Spans, that: Spans): Spans => self.length === 0 ? that : that.length === 0 ? self : of([...self, ...that])

export const intersect = (self: Spans, that: Spans): Spans => {
  const out: Array<Span> = []
  for (let i = 0, j = 0;;) {
    const a = self[i]
    const b = that[j]
    if (a === undefined || b === undefined) return out
    const from = Math.max(a.from, b.from)
    const to = Math.min(a.to, b.to)
    if (from <= to) out.push({ from, to })
    if (a.to === to) i++
    if (b.to === to) j++
  }
}

export const subtract = (self: Spans, that: Spans): Spans => self.length === 0 || that.length === 0 ? self : intersect(self, gaps(that))

/** How many keys. */
export const size = (self: Spans): number => self.reduce((sum, { from, to }) => sum + to - from + 1, 0)

/** The one span from the first key to the last. */
export const hull = (self: Spans): Spans => self.length === 0 ? empty : [self.reduce(({ from }, { to }) => ({ from, to }))]

export const overlaps = (self: Spans, { from, to }: Span): boolean => self.some((_) => _.from <= to && from <= _.to)

// helpers

/** What lies before, between and after; nothing where a span has no end. */
const gaps = (self: Spans): Spans =>
  [...self, undefined]
    .map((next, i) => ({ from: (self[i - 1]?.to ?? -Infinity) + 1, to: (next?.from ?? Infinity) - 1 }))
    .filter(({ from, to }) => from < Infinity && to > -Infinity)
