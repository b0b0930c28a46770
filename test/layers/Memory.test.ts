import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import { Entry, inMemory as beginningWith, Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import type * as Store from "../../src/engine/Store.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { byDay, byMonth, Coin, coinByDay, type Daily, Day, inOne, Month, noon, type Price } from "../engine/world.ts"

const window = Day.window("2026-05-01", "2026-05-03")
const at = (day: string) => Day.calendar.ordinalOf(day) ?? NaN
const inMemory = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.andThen(noon, effect).pipe(Effect.provide(Memory.layer))

const daily = (checks: ReadonlyArray<Check.Check<Daily>> = []) =>
  Asset.make("daily", { about: "", into: byDay, per: Day, checks }, () => Effect.succeed([]))
const write = Effect.fnUntraced(function*<Row extends object>(
  into: Memory.Rowed<Row, unknown, unknown>,
  asset: Asset.Any,
  rows: ReadonlyArray<Row>,
  slice: Partial<Store.Slice> = {}
) {
  const id = yield* Asset.newId
  return yield* into.write({ id, asset, window, subject: undefined, sawUpTo: 0, inputs: { up: "stream" }, ...slice }, rows)
})
const read = (into: typeof byDay, asset: Asset.Any, first: string, last = first) =>
  Effect.map(into.read(asset, { window: Day.window(first, last), subject: undefined }), (rows) => rows.map((_) => `${_.day} ${_.value}`))
const rowsOf = (...rows: ReadonlyArray<readonly [day: string, value: number]>) =>
  rows.map(([day, value]) => ({ day: `2026-05-${day}`, value }))

describe("a store in memory", () => {
  it.effect("gives the window that is read, and no other row", () =>
    inMemory(Effect.gen(function*() {
      yield* write(byDay, daily(), rowsOf(["01", 1], ["02", 2], ["03", 3]))
      assert.deepStrictEqual(yield* read(byDay, daily(), "2026-05-02", "2026-05-09"), ["2026-05-02 2", "2026-05-03 3"])
      assert.deepStrictEqual(yield* read(byDay, daily(), "2026-05-04"), [])
      assert.deepStrictEqual(
        yield* byDay.read(Asset.make("other", { about: "", into: byDay, per: Day }, () => Effect.succeed([])), {
          window,
          subject: undefined
        }),
        []
      )
    })))

  it.effect("replaces the slice that is written, and leaves the rest", () =>
    inMemory(Effect.gen(function*() {
      yield* write(byDay, daily(), rowsOf(["01", 1], ["02", 2], ["03", 3]))
      yield* write(byDay, daily(), rowsOf(["02", 20]), { window: Day.window("2026-05-02", "2026-05-03") })
      assert.deepStrictEqual(yield* read(byDay, daily(), "2026-05-01", "2026-05-09"), ["2026-05-01 1", "2026-05-02 20"])
    })))

  it.effect("tells key by key what changed: another value, a row more or less, but not another order nor the 13th digit", () =>
    inMemory(Effect.gen(function*() {
      const changed = (...rows: ReadonlyArray<readonly [day: string, value: number]>) =>
        Effect.map(write(byDay, daily(), rowsOf(...rows)), (_) => _.changed)
      const span = (from: string, to = from) => ({ from: at(`2026-05-${from}`), to: at(`2026-05-${to}`) })
      assert.deepStrictEqual(yield* changed(["01", 1], ["02", 2], ["02", 0.1], ["03", 3]), [span("01", "03")])
      assert.deepStrictEqual(yield* changed(["03", 3], ["02", 0.1], ["02", 2], ["01", 1]), [])
      assert.deepStrictEqual(yield* changed(["01", 1], ["02", 2], ["02", 0.1 + 1e-15], ["03", 3]), [])
      assert.deepStrictEqual(yield* changed(["01", 1], ["02", 2], ["02", 0.1 + 1e-9], ["03", 3]), [span("02")])
      assert.deepStrictEqual(yield* changed(["01", 7], ["02", 2], ["02", 0.1 + 1e-9]), [span("01"), span("03")])
      assert.deepStrictEqual(yield* changed(), [span("01", "02")])
    })))

  it.effect("publishes an entry that says all of it", () =>
    inMemory(Effect.gen(function*() {
      const { changed, rows, warnings } = yield* write(byDay, daily([Check.within("value", 0, 2, "warn")]), rowsOf(["01", 1], ["03", 3]))
      assert.deepStrictEqual([changed.length, rows, warnings], [2, 2, [{ check: "within(value, 0, 2)", severity: "warn", offenders: 1 }]])
      const [entry] = yield* Manifest.use((_) => _.log(["daily"]))
      const { contentHash, id, ...rest } = entry ?? { contentHash: "", id: "" }
      assert.isAbove(contentHash.length, 0)
      assert.isTrue(yield* Manifest.use((_) => _.has(id)))
      assert.deepStrictEqual(rest, {
        asset: "daily",
        subject: "",
        window: { first: "2026-05-01", last: "2026-05-03" },
        changed: [{ first: "2026-05-01", last: "2026-05-01" }, { first: "2026-05-03", last: "2026-05-03" }],
        codeVersion: "1",
        sawUpTo: 0,
        inputs: { up: "stream" },
        rows: 2,
        warnings: ["within(value, 0, 2): 1 offender"],
        at: Date.UTC(2026, 10, 24, 12),
        seq: 1
      })
    })))

  it.effect("has one hash for one content", () =>
    inMemory(Effect.gen(function*() {
      yield* write(byDay, daily(), rowsOf(["01", 1], ["02", 2]))
      yield* write(byDay, daily(), rowsOf(["02", 2], ["01", 1]))
      yield* write(byDay, daily(), rowsOf(["02", 1], ["01", 2]))
      const [a, b, c] = (yield* Manifest.use((_) => _.log(["daily"]))).map((_) => _.contentHash)
      assert.isTrue(a === b && b !== c)
    })))

  it.effect("keeps subjects apart", () =>
    inMemory(Effect.gen(function*() {
      const prices = Asset.make("prices", { about: "", into: coinByDay, per: Day, of: Coin }, () => Effect.succeed([]))
      const price = (coin: string, day: string): Price => ({ coin, day, price: 1 })
      yield* write(coinByDay, prices, [price("btc", "2026-05-01")], { subject: "btc" })
      yield* write(coinByDay, prices, [price("eth", "2026-05-01")], { subject: "eth" })
      yield* write(coinByDay, prices, [], { subject: "btc" })
      const of = (subject: string | undefined) => Effect.map(coinByDay.read(prices, { window, subject }), (rows) => rows.map((_) => _.coin))
      assert.deepStrictEqual([yield* of(undefined), yield* of("eth"), yield* of("btc")], [["eth"], ["eth"], []])
      const stray = yield* Effect.flip(
        write(coinByDay, prices, [price("btc", "2026-05-01"), price("eth", "2026-05-02")], { subject: "btc" })
      )
      assert.deepStrictEqual(stray.checks, ["of the subject: 1 offender"])
      assert.strictEqual(stray.message.slice(0, 95),
        "prices btc 2026-05-01..2026-05-03 was made and not published, because of of the subject: 1 offe")
    })))

  it.effect("keeps all in one, where nothing tells keys apart", () =>
    inMemory(Effect.gen(function*() {
      const total = Asset.make("total", { about: "", into: inOne }, () => Effect.succeed([]))
      const one = { window: Partition.whole }
      assert.deepStrictEqual((yield* write(inOne, total, [{ value: 1 }, { value: 2 }], one)).changed, [{ from: 0, to: 0 }])
      assert.deepStrictEqual((yield* write(inOne, total, [{ value: 2 }, { value: 1 }], one)).changed, [])
      assert.deepStrictEqual(yield* inOne.read(total, { ...one, subject: undefined }), [{ value: 2 }, { value: 1 }])
    })))

  it.effect("takes a date or an instant for the key in whose time it lies", () =>
    inMemory(Effect.gen(function*() {
      const months = Asset.make("months", { about: "", into: byMonth, per: Month }, () => Effect.succeed([]))
      const may = Month.window("2026-04", "2026-05")
      const rows = [{ month: "2026-05", value: 1 }, { month: "2026-05-17", value: 2 }, { month: "2026-04-30T23:59:59Z", value: 3 }]
      const { changed } = yield* write(byMonth, months, rows, { window: may })
      assert.deepStrictEqual(changed, [{ from: may.from, to: may.to }])
      const april = yield* byMonth.read(months, { window: Month.window("2026-04"), subject: undefined })
      assert.deepStrictEqual(april, [{ month: "2026-04-30T23:59:59Z", value: 3 }])
      const error = yield* Effect.flip(
        write(byMonth, months, [{ month: "May", value: 1 }, { month: "2026-06-01", value: 1 }], { window: may })
      )
      assert.deepStrictEqual(error.checks, ["inside the window: 2 offenders"])
    })))

  it.effect("of named keys takes the name and nothing else", () =>
    inMemory(Effect.gen(function*() {
      class Region extends Partition.fixed<Region>()("test/Region", ["eu", "us"]) {}
      const into = Memory.store<{ region: string }>()({ key: "region" })
      const regions = Asset.make("regions", { about: "", into, per: Region }, () => Effect.succeed([]))
      const both = { window: Region.window("eu", "us") }
      assert.deepStrictEqual((yield* write(into, regions, [{ region: "us" }], both)).changed, [{ from: 1, to: 1 }])
      assert.deepStrictEqual((yield* Effect.flip(write(into, regions, [{ region: "2026-05-01" }], both))).checks, [
        "inside the window: 1 offender"
      ])
    })))
})

describe("what a blocking check finds is refused, and the old rows stay", () => {
  interface Row {
    readonly day: string
    readonly a: number | null
    readonly b: string | null | undefined
  }
  const into = Memory.store<Row>()({ key: "day" })
  const row = (a: number | null, b: string | null | undefined = "b"): Row => ({ day: "2026-05-01", a, b })
  const audit = Effect.fnUntraced(function*(check: Check.Check<Row>, ...rows: ReadonlyArray<Row>) {
    const asset = Asset.make("audited", { about: "", into, per: Day, checks: [check] }, () => Effect.succeed([]))
    const result = yield* Effect.result(write(into, asset, rows))
    return result._tag === "Failure" ? result.failure.checks : result.success.warnings.map(Check.describe)
  })

  it.effect("notNull", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* audit(Check.notNull("a", "b"), row(1), row(0, "")), [])
      assert.deepStrictEqual(
        yield* audit(Check.notNull("a", "b"), row(1), row(null), row(2, null), { day: "2026-05-01", a: 1, b: undefined }),
        [
          "notNull(a, b): 3 offenders"
        ]
      )
    })))

  it.effect("unique", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* audit(Check.unique("a", "b"), row(1), row(2), row(1, "c")), [])
      assert.deepStrictEqual(yield* audit(Check.unique("a", "b"), row(1), row(2), row(1), row(1)), ["unique(a, b): 3 offenders"])
    })))

  it.effect("within, both ends allowed, and no value too", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* audit(Check.within("a", 0, 2), row(0), row(2), row(null)), [])
      assert.deepStrictEqual(yield* audit(Check.within("a", 0, 2), row(-0.1), row(2.1), row(NaN), row(1)), ["within(a, 0, 2): 3 offenders"])
      assert.deepStrictEqual(yield* audit(Check.within("a", 0, 2, "warn"), row(3)), ["within(a, 0, 2): 1 offender"])
    })))

  it.effect("nothing of it is published", () =>
    inMemory(Effect.gen(function*() {
      yield* write(byDay, daily(), rowsOf(["01", 1]))
      const checks = [Check.within("value", 0, 2), Check.within("value", 0, 1, "warn")]
      const error = yield* Effect.flip(write(byDay, daily(checks), rowsOf(["01", 2], ["02", 9])))
      assert.deepStrictEqual(error, new Check.AuditFailed({
        asset: "daily",
        window: "2026-05-01..2026-05-03",
        subject: "",
        findings: [{ check: "within(value, 0, 2)", severity: "block", offenders: 1 }]
      }))
      assert.deepStrictEqual(yield* read(byDay, daily(), "2026-05-01", "2026-05-03"), ["2026-05-01 1"])
      assert.lengthOf(yield* Manifest.use((_) => _.log(["daily"])), 1)
    })))
})

it.effect("rows are kept only if the manifest could say so", () =>
  inMemory(Effect.gen(function*() {
    const manifest = yield* Manifest
    const torn = Manifest.of({ ...manifest, publish: () => Effect.die("no space") })
    const exit = yield* Effect.exit(Effect.provideService(write(byDay, daily(), rowsOf(["01", 1])), Manifest, torn))
    assert.isTrue(Exit.isFailure(exit))
    assert.deepStrictEqual(yield* read(byDay, daily(), "2026-05-01"), [])
  })))

const entryOf = (id: string, asset: string) =>
  new Entry({
    id,
    asset,
    subject: "",
    window: { first: "", last: "" },
    changed: [],
    codeVersion: "1",
    sawUpTo: 0,
    inputs: {},
    rows: 0,
    contentHash: "",
    warnings: [],
    at: 0
  })

it.effect("the manifest numbers what is published, and knows the newest of each asset", () =>
  inMemory(Effect.gen(function*() {
    const manifest = yield* Manifest
    assert.deepStrictEqual(yield* manifest.newest(["a"]), { seq: 0, ids: new Map() })
    for (const [id, asset] of [["m1", "a"], ["m2", "b"], ["m3", "a"], ["m4", "c"]] as const) yield* manifest.publish(entryOf(id, asset))
    assert.deepStrictEqual(yield* manifest.newest(["a", "b", "z"]), { seq: 4, ids: new Map([["a", "m3"], ["b", "m2"]]) })
    assert.deepStrictEqual((yield* manifest.log(["c", "a"])).map((_) => [_.seq, _.id]), [[1, "m1"], [3, "m3"], [4, "m4"]])
    assert.deepStrictEqual([yield* manifest.has("m3"), yield* manifest.has("m5"), yield* manifest.log([])], [true, false, []])
    assert.instanceOf((yield* manifest.log(["b"]))[0], Entry)
    yield* manifest.forget([3, 4])
    assert.deepStrictEqual((yield* manifest.log(["c", "a"])).map((_) => _.id), ["m1"])
    assert.deepStrictEqual([yield* manifest.has("m3"), yield* manifest.has("m2")], [false, true])
    yield* manifest.publish(entryOf("m5", "a"))
    assert.deepStrictEqual((yield* manifest.newest(["a"])).seq, 5, "numbers go on")
  })))

it.effect("a manifest that begins with entries knows them, and numbers on from the last", () =>
  Effect.gen(function*() {
    const manifest = yield* Manifest
    assert.deepStrictEqual(yield* manifest.newest(["a"]), { seq: 7, ids: new Map([["a", "m7"]]) })
    yield* manifest.publish(entryOf("m8", "b"))
    assert.deepStrictEqual((yield* manifest.log(["a", "b"])).map((_) => _.seq), [2, 4, 7, 8])
  }).pipe(Effect.provide(beginningWith([2, 4, 7].map((seq) => Object.assign(entryOf(`m${seq}`, "a"), { seq }))))))
