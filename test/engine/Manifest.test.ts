import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Manifest from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Memory from "../../src/layers/Memory.ts"

class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}
const { calendar } = Day
const zero = calendar.ordinalOf("2026-05-01") ?? 0
const keyOf = (at: number) => calendar.keyOf(zero + at)

interface Made {
  readonly subject?: string
  readonly window: readonly [from: number, to: number]
  /** Keys whose content came out another than it was. */
  readonly changed?: ReadonlyArray<number>
  readonly codeVersion?: string
  readonly sawUpTo?: number
}

const logOf = (made: ReadonlyArray<Made>): ReadonlyArray<Manifest.Numbered> =>
  made.map(({ changed = [], codeVersion = "1", sawUpTo = 0, subject = "", window: [from, to] }, i) =>
    Object.assign(
      new Manifest.Entry({
        id: `m${i + 1}`,
        asset: "prices",
        subject,
        window: { first: keyOf(from), last: keyOf(to) },
        changed: changed.map((_) => ({ first: keyOf(_), last: keyOf(_) })),
        codeVersion,
        sawUpTo,
        inputs: { SETTING: codeVersion },
        rows: 0,
        contentHash: "",
        warnings: [],
        at: (i + 1) * 1000
      }),
      { seq: i + 1 }
    )
  )

const Key = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 14 })))
const Log = Schema.Array(Schema.Struct({
  subject: Schema.Literals(["", "btc"]),
  window: Schema.Tuple([Key, Key]),
  changed: Schema.Array(Key),
  codeVersion: Schema.Literals(["1", "2"]),
  sawUpTo: Schema.Int
})).pipe(Schema.check(Schema.isMaxLength(10)))

type Known = Omit<Manifest.Stretch, "from" | "to">

/** The model: what each key remembers, one by one. */
const model = (log: ReadonlyArray<Manifest.Numbered>) => {
  const known = new Map<string, Known>()
  for (const { asset, at, changed, codeVersion, id, inputs, sawUpTo, seq, subject, window } of log) {
    const [from, to] = [calendar.ordinalOf(window.first) ?? NaN, calendar.ordinalOf(window.last) ?? NaN]
    for (let key = from; key <= to; key++) {
      const before = known.get(`${subject} ${key}`)
      const differs = before === undefined || changed.some((_) => _.first === calendar.keyOf(key))
      known.set(`${subject} ${key}`, {
        changed: differs ? seq : before.changed,
        made: seq,
        id,
        as: asset,
        codeVersion,
        sawUpTo,
        inputs,
        at
      })
    }
  }
  return known
}

it.effect("the history of an asset is what was published under any of its names, oldest first", () =>
  Effect.gen(function*() {
    const manifest = yield* Manifest.Manifest
    for (const [i, asset] of ["old", "other", "new", "old"].entries()) {
      for (const entry of logOf([{ window: [i, i] }])) yield* manifest.publish(new Manifest.Entry({ ...entry, asset }))
    }
    const named = { name: "new", aliases: ["old", "oldest"] }
    const history = yield* Manifest.historyOf([named, { name: "none", aliases: [] }])
    assert.deepStrictEqual([...history].map(([{ name }, entries]) => [name, entries.map((_) => `${_.seq} ${_.asset}`)]), [
      ["new", ["1 old", "3 new", "4 old"]],
      ["none", []]
    ])
  }).pipe(Effect.provide(Memory.manifest)))

describe("the state of an asset", () => {
  it.prop("is what each key remembers", { made: Log }, ({ made }) => {
    const log = logOf(made)
    const found = new Map<string, Known>()
    for (const [subject, stretches] of Manifest.fold(log, calendar)) {
      stretches.forEach(({ from, to, ...known }, i) => {
        assert.isTrue(from <= to && from > (stretches[i - 1]?.to ?? -Infinity), "sorted and apart")
        for (let key = from; key <= to; key++) found.set(`${subject} ${key}`, known)
      })
    }
    assert.deepStrictEqual([...found].sort(([a], [b]) => a < b ? -1 : 1), [...model(log)].sort(([a], [b]) => a < b ? -1 : 1))
  })

  const told = (made: ReadonlyArray<Made>, subject = "") =>
    (Manifest.fold(logOf(made), calendar).get(subject) ?? []).map((_) =>
      `${_.from - zero}..${_.to - zero} changed ${_.changed} made ${_.made} ${_.id}`
    )

  it("after a first time: all of it changed", () => assert.deepStrictEqual(told([{ window: [0, 9] }]), ["0..9 changed 1 made 1 m1"]))

  it("made again as it was: made anew, changed as before", () => {
    assert.deepStrictEqual(told([{ window: [0, 9] }, { window: [0, 9] }]), ["0..9 changed 1 made 2 m2"])
  })

  it("one changed day in the middle is told apart from its neighbours", () => {
    assert.deepStrictEqual(told([{ window: [0, 9] }, { window: [2, 6], changed: [4] }]), [
      "0..1 changed 1 made 1 m1",
      "2..3 changed 1 made 2 m2",
      "4..4 changed 2 made 2 m2",
      "5..6 changed 1 made 2 m2",
      "7..9 changed 1 made 1 m1"
    ])
  })

  it("what fills a gap has changed, and what surrounds it has not", () => {
    assert.deepStrictEqual(told([{ window: [0, 1] }, { window: [4, 5] }, { window: [0, 5] }]), [
      "0..1 changed 1 made 3 m3",
      "2..3 changed 3 made 3 m3",
      "4..5 changed 2 made 3 m3"
    ])
  })

  it("what lies before and after what is made again stays", () => {
    assert.deepStrictEqual(told([{ window: [0, 1] }, { window: [4, 5] }, { window: [8, 9] }, { window: [4, 5], changed: [4, 5] }]), [
      "0..1 changed 1 made 1 m1",
      "4..5 changed 4 made 4 m4",
      "8..9 changed 3 made 3 m3"
    ])
  })

  it("a change outside of what was made is none", () => {
    assert.deepStrictEqual(told([{ window: [0, 9] }, { window: [0, 3], changed: [7] }]), [
      "0..3 changed 1 made 2 m2",
      "4..9 changed 1 made 1 m1"
    ])
  })

  it("is kept for each subject", () => {
    const made: ReadonlyArray<Made> = [{ subject: "btc", window: [0, 3] }, { subject: "eth", window: [2, 5] }]
    assert.deepStrictEqual([told(made, "btc"), told(made, "eth"), told(made)], [
      ["0..3 changed 1 made 1 m1"],
      ["2..5 changed 2 made 2 m2"],
      []
    ])
    const state = Manifest.fold(logOf(made), calendar)
    assert.deepStrictEqual(Manifest.changes(state, undefined).map((_) => _.id), ["m1", "m2"])
    assert.deepStrictEqual(Manifest.changes(state, "eth").map((_) => _.id), ["m2"])
    assert.deepStrictEqual(Manifest.changes(state, "sol"), [])
  })

  it.prop("is the same without what is superseded, and another without any other entry", [Log], ([made]) => {
    const log = logOf(made.map((_) => ({ ..._, window: [Math.min(..._.window), Math.max(..._.window)] as const })))
    const gone = Manifest.superseded(log, calendar)
    const left = log.filter((_) => !gone.includes(_))
    const told = (log: ReadonlyArray<Manifest.Numbered>) => [...model(log)].sort(([a], [b]) => a < b ? -1 : 1)
    assert.deepStrictEqual(told(left), told(log))
    for (const entry of left) assert.notDeepEqual(told(left.filter((_) => _ !== entry)), told(log))
  })

  it("is superseded when each of its keys was made again, and changed again if it changed in it", () => {
    const superseded = (...made: ReadonlyArray<Made>) => Manifest.superseded(logOf(made), calendar).map((_) => _.id)
    assert.deepStrictEqual(superseded({ window: [0, 0], changed: [0] }, { window: [0, 0], changed: [0] }), ["m1"])
    assert.deepStrictEqual(superseded({ window: [0, 0], changed: [0] }, { window: [0, 0] }, { window: [0, 0] }), ["m2"], "the last change")
    assert.deepStrictEqual(superseded({ window: [0, 3], changed: [0, 1, 2, 3] }, { window: [0, 2], changed: [0, 1, 2] }), [],
      "a key is left")
    assert.deepStrictEqual(superseded({ window: [0, 0], subject: "btc" }, { window: [0, 0], subject: "eth" }), [])
    const [entry] = logOf([{ window: [0, 3] }])
    const months = entry === undefined ? [] : [{ ...entry, window: { first: "2026-05", last: "2026-06" } }]
    assert.deepStrictEqual(Manifest.superseded(months, calendar), [], "keys of another calendar are not its to judge")
  })

  it("leaves out what another calendar's keys say", () => {
    const [entry] = logOf([{ window: [0, 3] }])
    assert.isDefined(entry)
    if (entry === undefined) return
    const months = { ...entry, window: { first: "2026-05", last: "2026-06" } }
    const backwards = { ...entry, window: { first: keyOf(3), last: keyOf(0) } }
    const half = { ...entry, window: { first: keyOf(0), last: "" } }
    assert.strictEqual(Manifest.fold([months, backwards, half], calendar).size, 0)
    assert.deepStrictEqual(Manifest.fold([{ ...entry, changed: [{ first: "2026-05", last: "2026-05" }] }], calendar).get("")?.length, 1)
  })
})
