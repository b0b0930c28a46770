/** Whatever is wrong with a definition is said at once, and names its bearer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import * as Definition from "../../src/engine/Definition.ts"
import * as Job from "../../src/engine/Job.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import * as Column from "../../src/services/Column.ts"
import * as Table from "../../src/services/Table.ts"
import { byDay, Coin, coinByDay, Day, inOne, Month } from "./world.ts"

const about = ""
const nothing = () => Effect.succeed([])
/** An asset with some of its facts as no typed program could have them. */
const odd = (name: string, facts: { readonly [K in keyof Asset.Any]?: unknown }): Asset.Any =>
  Object.assign(Asset.make(name, { about, into: inOne }, nothing), facts)
const problems = (...assets: ReadonlyArray<Asset.Any>) => Definition.problems(assets, [])

describe("a definition", () => {
  it("that is right has no problems", () => {
    const Row = Schema.Struct({ coin: Schema.String, day: Column.Day, price: Schema.Finite })
    const prices = Asset.make("prices", {
      about,
      aliases: ["quotes"],
      into: Table.make(Row, { key: "day" }),
      per: Day,
      checks: [
        Check.unique("coin", "day"),
        Check.within("price", 1, 1),
        Check.noGaps("day", { by: "coin" }),
        Check.recent("day", "1 day"),
        Check.rowCount({ drop: 0, rise: 0 }),
        Check.custom("x", { sql: "true" })
      ],
      lookback: 1
    }, nothing)
    const total = Asset.make("total", { about, from: { prices: Asset.every(prices, Day) }, into: inOne, freshFor: "1 hour" }, nothing)
    const coins = Asset.make("coins", { about, into: coinByDay, per: Day, of: Coin }, nothing)
    assert.deepStrictEqual(Definition.problems([prices, total, coins], [Job.make("a_job", { about, assets: [total] })]), [])
  })

  it("has old names that are nobody else's", () => {
    const asset = (name: string, ...aliases: ReadonlyArray<string>) => Asset.make(name, { about, aliases, into: inOne }, nothing)
    const jobs = [Job.make("a_job", { about, assets: [asset("x")] })]
    assert.deepStrictEqual(
      Definition.problems([asset("a", "b", "old", "Old Name"), asset("b", "old", "b"), asset("c", "a_job", "older")], jobs),
      [
        "a: its old name b is the name of another asset",
        "a: its old name \"Old Name\" is not a name",
        "b: its old name old is taken by a",
        "b: its old name b is the name of another asset",
        "c: its old name a_job is taken by job a_job"
      ]
    )
  })

  it("says what is wrong with its partition, and with an edge between two", () => {
    class Odd extends Partition.daily<Odd>()("test/Odd", { zone: "Mars", start: "soon" }) {}
    class Paris extends Partition.monthly<Paris>()("test/Paris", { zone: "Europe/Paris" }) {}
    class None extends Partition.fixed<None>()("test/None", []) {}
    const daily = Asset.make("daily", { about, into: byDay, per: Day }, nothing)
    const months = Asset.make("months", { about, from: { daily: Asset.within(daily, Day, Paris) }, into: byDay, per: Paris }, nothing)
    assert.deepStrictEqual(
      problems(Asset.make("odd", { about, into: byDay, per: Odd }, nothing), months,
        Asset.make("none", { about, into: byDay, per: None }, nothing)),
      [
        "odd: its partition test/Odd: there is no time zone \"Mars\"",
        "odd: its partition test/Odd: its start \"soon\" is no date; a date reads like 2026-11-01",
        "months: its input daily: test/Day is by the clocks of UTC and test/Paris by those of Europe/Paris: neither lies within the other",
        "none: its partition test/None: it has no keys"
      ]
    )
  })

  it("reads the same keys only of what has the same partition", () => {
    const daily = Asset.make("daily", { about, into: byDay, per: Day }, nothing)
    assert.deepStrictEqual(problems(odd("months", { per: Month, into: byDay, from: { daily } }), odd("total", { from: { daily } })), [
      "months: its input daily is per test/Day, and it is per test/Month",
      "total: its input daily is per test/Day, and it is per nothing"
    ])
  })

  it("shares the key of its partition or subject with no other", () => {
    class Again extends Partition.monthly<Again>()("test/Day") {}
    class Other extends Subject.make<Other>()("test/Coin", Effect.succeed([])) {}
    const daily = Asset.make("daily", { about, into: coinByDay, per: Day, of: Coin }, nothing)
    assert.deepStrictEqual(problems(daily, odd("again", { per: Again, into: byDay }), odd("other", { of: Other, into: coinByDay })), [
      "2 partitions are called test/Day",
      "2 subjects are called test/Coin"
    ])
  })

  it("checks columns that its rows have, by what can be", () => {
    const Row = Schema.Struct({ coin: Schema.String, price: Schema.Finite })
    class Region extends Partition.fixed<Region>()("test/Region", ["eu"]) {}
    assert.deepStrictEqual(
      problems(
        odd("prices", {
          into: Table.make(Row),
          checks: [
            Check.unique("coin", "pric"),
            Check.noGaps("day", { by: "coins" }),
            Check.within("price", 2, 1),
            Check.rowCount({ drop: -1 })
          ]
        }),
        odd("regions", { per: Region, into: byDay, checks: [Check.noGaps("day")] })
      ),
      [
        "prices: its check unique(coin, pric) asks for the column pric, which its rows lack: did you mean price?",
        "prices: its check noGaps(day of each coins) asks for the column day, which its rows lack",
        "prices: its check noGaps(day of each coins) asks for the column coins, which its rows lack: did you mean coin?",
        "prices: its check within(price, 2, 1) lets nothing through",
        "prices: its check rowCount(−-100 %) counts by a change below 0",
        "regions: its check noGaps(day) looks for gaps, and its keys lie in no time"
      ]
    )
  })

  it("has a store and a lookback that fit, and words that a selection can say", () => {
    assert.deepStrictEqual(
      problems(
        odd("a", { per: Day, lookback: -1 }),
        odd("b", { of: Coin, lookback: 0.5 }),
        odd("c", { each: true, lookback: 2 }),
        odd("d", { group: "a \"group\"", owner: "x\ny", tags: { tier: "a\\b", fine: "é, 1" } })
      ),
      [
        "a: it is per test/Day, and its store cannot tell one key from another",
        "a: its lookback -1 is no number of keys",
        "b: it is of test/Coin, and its store cannot tell one from another",
        "b: its lookback 0.5 is no number of keys",
        "b: it has a lookback, and no partition whose keys to read again",
        "c: it is made each, and has no partition to be made by",
        "c: it has a lookback, and no partition whose keys to read again",
        "d: no selection can say \"a \\\"group\\\"\": leave out quotation marks, backslashes and line breaks",
        "d: no selection can say \"x\\ny\": leave out quotation marks, backslashes and line breaks",
        "d: no selection can say \"a\\\\b\": leave out quotation marks, backslashes and line breaks"
      ]
    )
  })

  it.effect("that reads itself is said, not followed", () =>
    Effect.gen(function*() {
      const a = odd("a", {})
      const b = odd("b", { from: { a } })
      const c = odd("c", { from: { b } })
      const self = odd("self", {})
      Reflect.set(a, "from", { c })
      Reflect.set(self, "from", { self })
      const error = yield* Effect.flip(Pipeline.make("circles", { assets: [c, self], jobs: [Job.make("none_job", { about, assets: [] })] }))
      assert.deepStrictEqual(error.problems, [
        "a: it reads itself, by way of c and b",
        "b: it reads itself, by way of a and c",
        "c: it reads itself, by way of b and a",
        "self: it reads itself, by way of self",
        "job none_job has no assets"
      ])
    }))

  it("of a memory store's rows, whose columns nobody knows, lets any column be checked", () => {
    assert.deepStrictEqual(problems(odd("a", { into: Memory.store<{ n: number }>()(), checks: [Check.notNull("n")] })), [])
  })
})
