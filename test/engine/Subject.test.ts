/** Subjects whose list is a set kept in the ledger: what is in it is planned and made, what leaves it stays as it was made. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Backfill from "../../src/engine/Backfill.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Queue from "../../src/engine/Queue.ts"
import * as Run from "../../src/engine/Run.ts"
import * as Status from "../../src/engine/Status.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { Day, horizon, noon, planned, setTime, told } from "./world.ts"

class Station extends Subject.kept<Station>()("station") {}

const hostile = ["../../etc/passwd", "'; DROP TABLE levels; --", "<script>alert(1)</script>", "a b", "日本", "a".repeat(200)]

/** Levels by station and day, their doubles station by station, and the sum over all stations. */
const world = () => {
  const asked: Array<string> = []
  const levels = Asset.make("levels", {
    about: "",
    into: Memory.store<{ day: string; station: string; metres: number }>()({ key: "day", subject: "station" }),
    per: Day,
    of: Station,
    calls: () => 1
  }, Effect.fnUntraced(function*() {
    const [days, station] = [yield* Day, yield* Station]
    asked.push(`${station} ${days}`)
    return days.keys.map((day) => ({ day, station, metres: station.length }))
  }))
  const doubles = Asset.make("doubles", {
    about: "",
    from: { levels },
    into: Memory.store<{ day: string; station: string; metres: number }>()({ key: "day", subject: "station" }),
    per: Day,
    of: Station
  }, ({ levels }) => Effect.succeed(levels.map((_) => ({ ..._, metres: 2 * _.metres }))))
  const sum = Asset.make("sum", {
    about: "",
    from: { levels: Asset.every(levels, Day) },
    into: Memory.store<{ metres: number }>()()
  }, ({ levels }) => Effect.succeed([{ metres: levels.reduce((sum, _) => sum + _.metres, 0) }]))
  return { asked, levels, doubles, sum }
}

const inMemory = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.provide(horizon(2)(Effect.andThen(noon, self)), Layer.fresh(Memory.layer)))

describe("a kept set", () => {
  it.effect("is empty until somebody adds to it, keeps the order of coming in, and knows each once", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* Station.list, [])
      assert.deepStrictEqual(yield* Subject.add(Station, ["bern", "basel", "bern"]), ["bern", "basel"])
      assert.deepStrictEqual(yield* Subject.add(Station, ["aarau", "bern"]), ["aarau"])
      assert.deepStrictEqual(yield* Subject.remove(Station, ["basel", "nowhere"]), ["basel"])
      assert.deepStrictEqual(yield* Station.list, ["bern", "aarau"])
      assert.deepStrictEqual(yield* Subject.add(Station, ["basel"]), ["basel"])
      assert.deepStrictEqual(yield* Station.list, ["bern", "basel", "aarau"])
    })))

  it.effect("takes any name that can be seen and told apart, and no other: then nothing is added at all", () =>
    inMemory(Effect.gen(function*() {
      assert.deepStrictEqual(yield* Subject.add(Station, hostile), hostile)
      const refused = ["", " bern", "bern\t", "be\nrn", "be\u001b[2Jrn", "be\u202ern", "be\ud800rn", "be\u2028rn", "a".repeat(201)]
      for (const key of refused) {
        const error = yield* Effect.flip(Subject.add(Station, ["fine", key]))
        assert.strictEqual(error._tag, "KeyRefused")
        assert.notMatch(error.message, /[\p{Cc}\p{Cs}\u202e\u2028]/u)
      }
      assert.deepStrictEqual(yield* Station.list, hostile)
    })))

  it("a text that is refused is shown, cut to sixty characters", () => {
    const said = (key: string) => new Subject.KeyRefused({ set: "station", key, problem: "no" }).message
    assert.deepStrictEqual([said("a".repeat(60)), said("a".repeat(61)), said("be\nrn")], [
      `"${"a".repeat(60)}" is no key for station: no`,
      `"${"a".repeat(60)}…" is no key for station: no`,
      "\"be\\nrn\" is no key for station: no"
    ])
  })

  it("is told from a list that follows from something", () => {
    class Listed extends Subject.make<Listed>()("test/Listed", Effect.succeed([])) {}
    assert.deepStrictEqual([Station.kept, Listed.kept], [true, false])
  })

  it.effect("shows in plans, with reasons: what came in was never made, what read it follows, what went is in no plan", () =>
    inMemory(Effect.gen(function*() {
      const { doubles, levels, sum } = world()
      const targets = [levels, doubles, sum] as const
      assert.deepStrictEqual(yield* planned([levels, doubles]), [])
      yield* Subject.add(Station, ["bern", "basel"])
      assert.deepStrictEqual(yield* planned(targets), [
        "levels 2026-11-23..2026-11-24, 2 subjects (never made 4), 2 calls",
        "doubles 2026-11-23..2026-11-24, 2 subjects (never made 4)",
        "sum (never made)"
      ])
      yield* Run.upToDate(targets)
      assert.deepStrictEqual(yield* planned(targets), [])
      yield* Subject.add(Station, ["chur"])
      assert.deepStrictEqual(yield* planned(targets), [
        "levels 2026-11-23..2026-11-24, chur (never made 2), 1 call",
        "doubles 2026-11-23..2026-11-24, chur (never made 2)",
        "sum (after upstream)"
      ])
      yield* Subject.remove(Station, ["chur"])
      assert.deepStrictEqual(yield* planned(targets), [])
      const [found] = yield* Status.of([levels])
      assert.deepStrictEqual([found?.keys, found?.state], [4, "fresh"])
    })))

  it.effect("keeps what was made of one that went, lets readers read it, and makes only what is missing when it is back", () =>
    inMemory(Effect.gen(function*() {
      const { asked, levels, sum } = world()
      const rows = yield* Memory.Rows
      yield* Subject.add(Station, ["bern", "chiasso"])
      yield* Run.upToDate([sum])
      yield* Subject.remove(Station, ["chiasso"])
      yield* setTime("2026-11-25T12:00:00Z")
      yield* Run.upToDate([sum])
      assert.deepStrictEqual(asked, ["bern 2026-11-23..2026-11-24", "chiasso 2026-11-23..2026-11-24", "bern 2026-11-25"])
      assert.deepStrictEqual(rows.get("sum"), [{ metres: 3 * 4 + 2 * 7 }])
      yield* Subject.add(Station, ["chiasso"])
      assert.deepStrictEqual(yield* planned([levels]), ["levels 2026-11-25, chiasso (missing 1), 1 call"])
    })))

  it.effect("is narrowed by name, for a plan, a queued run and a backfill; a name that has left meanwhile makes nothing", () =>
    inMemory(Effect.gen(function*() {
      const { asked, doubles, levels, sum } = world()
      yield* Subject.add(Station, ["bern", "basel", "chur"])
      assert.deepStrictEqual(yield* planned([doubles], { subjects: ["chur", "bern"] }), [
        "levels 2026-11-23..2026-11-24, 2 subjects (never made 4), 2 calls",
        "doubles 2026-11-23..2026-11-24, 2 subjects (never made 4)"
      ])
      assert.deepStrictEqual(yield* planned([doubles], { subjects: ["nowhere"] }), [])
      const backfill = yield* Backfill.plan([levels], { start: Date.UTC(2026, 10, 23), end: Date.UTC(2026, 10, 25), subjects: ["basel"] })
      assert.deepStrictEqual(backfill.batches.flatMap((_) => _.steps).flatMap((_) => _.subjects), ["basel"])
      const [batch] = Backfill.requests("b1", ["r1"], backfill, {
        targets: ["levels"],
        trigger: "backfill",
        which: "stale",
        subjects: ["basel"]
      })
      const queue = yield* Queue.make(yield* Pipeline.make("test", { assets: [levels, doubles, sum] }))
      const ledger = yield* Ledger
      if (batch === undefined) return assert.fail("there is a batch")
      yield* ledger.record(batch, {
        _tag: "RunRequested",
        id: "r2",
        trigger: "test",
        targets: ["doubles"],
        subjects: ["chur"],
        over: { start: Date.UTC(2026, 10, 24) }
      })
      yield* Effect.forkScoped(queue.work, { startImmediately: true })
      yield* setTime("2026-11-24T12:01:00Z")
      assert.deepStrictEqual(asked, ["chur 2026-11-24", "basel 2026-11-23..2026-11-24"])
      assert.deepStrictEqual((yield* ledger.requests({})).map((_) => [_.state, _.subjects]), [
        ["succeeded", ["basel"]],
        ["succeeded", ["chur"]]
      ])
      const again = yield* Run.upToDate([levels], { subjects: ["chur"] })
      assert.deepStrictEqual(again.flatMap(told), ["Made levels 2026-11-23 chur"])
      assert.strictEqual(Plan.calls(yield* Plan.make([levels])), 1)
    })))
})
