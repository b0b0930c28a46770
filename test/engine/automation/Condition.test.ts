import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Cadence from "../../../src/engine/automation/Cadence.ts"
import * as Condition from "../../../src/engine/automation/Condition.ts"
import * as Conditions from "../../../src/engine/automation/Conditions.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import { byDay, Day, publish } from "../world.ts"
import { alive, asked, at, inMemory, millis, ticks } from "./world.ts"

/** A day's figures follow from a day's prices; `when` is theirs. Keys are due at 00:35. */
const worldOf = (when: Condition.Condition) => {
  const prices = Asset.make("prices", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
  const rates = Asset.make("rates", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
  const figures = Asset.make("figures", { about: "", into: byDay, per: Day, from: { prices, rates }, when }, () => Effect.succeed([]))
  const made = (asset: Asset.Any, day: string, changed = true) => publish(asset, Day.window(`2026-11-${day}`), { changed })
  const pipeline = Pipeline.make("test", { assets: [figures] })
  /** What is told of figures at a time, handled last at noon of the 23rd. */
  const judged = Effect.fnUntraced(function*(time: string) {
    yield* at(`2026-11-${time}:00Z`)
    return yield* Conditions.judge(yield* pipeline, figures, { since: millis("2026-11-23T12:00:00Z"), asked: {} })
  })
  const holds = (time: string) => Effect.map(judged(time), (_) => _.truth.holds)
  return { prices, rates, figures, made, pipeline, judged, holds }
}

describe("eager", () => {
  it.effect("waits for all that it reads, then asks when a key is missing that fell due", () =>
    inMemory(Effect.gen(function*() {
      const { figures, holds, made, prices, rates } = worldOf(Condition.eager)
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      assert.isFalse(yield* holds("24T00:34"), "the new key is not due")
      assert.isFalse(yield* holds("24T00:36"), "what it reads is missing")
      yield* made(prices, "24")
      assert.isFalse(yield* holds("24T00:40"), "one of the two is missing")
      yield* made(rates, "24")
      assert.isTrue(yield* holds("24T00:41"))
      yield* made(figures, "24")
      assert.isFalse(yield* holds("24T00:42"), "it was made")
    })))

  it.effect("asks when something it reads changed, and not when that came out as it was", () =>
    inMemory(Effect.gen(function*() {
      const { figures, holds, made, prices, rates } = worldOf(Condition.eager)
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      yield* at("2026-11-23T13:00:00Z")
      yield* made(prices, "23", false)
      assert.isFalse(yield* holds("23T13:01"))
      yield* made(prices, "23")
      assert.isTrue(yield* holds("23T13:02"))
    })))

  it.effect("waits while it, or what it reads, is asked for or made", () =>
    inMemory(Effect.gen(function*() {
      const { figures, holds, made, prices, rates } = worldOf(Condition.eager)
      const { record } = yield* Ledger
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      yield* at("2026-11-23T13:00:00Z")
      yield* made(prices, "23")
      for (const target of ["rates", "figures", "+figures"]) {
        yield* record({ _tag: "RunRequested", id: target, trigger: "test", targets: [target] })
        assert.isFalse(yield* holds("23T13:01"), target)
        yield* record({ _tag: "RequestEnded", request: target, state: "failed", note: "" })
        assert.isTrue(yield* holds("23T13:01"), target)
      }
    })))

  it.effect("does not ask for what was missing when it was first looked at", () =>
    inMemory(Effect.gen(function*() {
      const { holds, made, prices, rates } = worldOf(Condition.eager)
      yield* at("2026-11-23T11:00:00Z")
      yield* made(prices, "23")
      yield* made(rates, "23")
      assert.isFalse(yield* holds("23T13:00"))
    })))
})

describe("on missing", () => {
  it.effect("asks once the key is due and what it reads is there, and not because that changed", () =>
    inMemory(Effect.gen(function*() {
      const { figures, holds, made, prices, rates } = worldOf(Condition.onMissing)
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      yield* at("2026-11-23T13:00:00Z")
      yield* made(prices, "23")
      assert.isFalse(yield* holds("23T13:01"))
      for (const asset of [prices, rates]) yield* made(asset, "24")
      assert.isTrue(yield* holds("24T00:36"))
    })))
})

describe("on a cron", () => {
  it.effect("asks when it has passed and everything that it reads changed since", () =>
    inMemory(Effect.gen(function*() {
      const { figures, holds, made, prices, rates } = worldOf(Condition.onCron("0 6 * * *"))
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      yield* at("2026-11-24T05:00:00Z")
      for (const asset of [prices, rates]) yield* made(asset, "24")
      assert.isFalse(yield* holds("24T05:59"), "it has not passed")
      assert.isFalse(yield* holds("24T06:01"), "they changed before it")
      yield* made(prices, "24")
      assert.isFalse(yield* holds("24T06:02"), "one of them did")
      yield* made(rates, "24")
      assert.isTrue(yield* holds("24T06:03"))
      yield* made(figures, "24")
      assert.isFalse(yield* holds("24T06:04"), "it was made since")
    })))
})

describe("an operand", () => {
  const { figures } = worldOf(Condition.eager)
  const newest = { key: "2026-11-24", start: 0, end: 1, dueSince: millis("2026-11-24T00:35:00Z"), nextDue: millis("2026-11-25T00:35:00Z") }
  const last = { ...newest, nextDue: undefined }
  const now = millis("2026-11-24T12:00:00Z")
  const base: Condition.Facts = {
    asset: figures,
    now,
    newest,
    missing: false,
    madeAt: undefined,
    handledAt: now,
    inProgress: false,
    failedAt: undefined,
    codeChanged: false,
    upstream: []
  }
  const of = (name: string, facts: Partial<Condition.Upstream> = {}): Condition.Upstream => ({
    name,
    changedAt: undefined,
    missing: false,
    inProgress: false,
    ...facts
  })
  const judged = (condition: Condition.Condition, facts: Partial<Condition.Facts>) =>
    Effect.runSync(Effect.map(condition.judge({ ...base, ...facts }), (_) => `${_.holds} ${_.evidence} → ${_.otherwise}`))
  const next = "the next key falls due at 2026-11-25 00:35 UTC"
  const never = "never: it has no partition"

  it("missing is about the newest key, or about all there is", () => {
    assert.deepStrictEqual(
      [{ missing: true }, {}, { newest: undefined, missing: true }, { newest: undefined }, { newest: last }].map((_) =>
        judged(Condition.missing, _)
      ),
      [
        "true 2026-11-24 is not there → it is made",
        `false 2026-11-24 is there → ${next}`,
        "true it is not there → it is made",
        "false it is there → it is removed",
        "false 2026-11-24 is there → it is removed"
      ]
    )
  })

  it("newly missing is what fell due since it was handled; without a partition, what nobody handled", () => {
    const due = newest.dueSince
    assert.deepStrictEqual([{ handledAt: due - 1 }, { handledAt: due }, { newest: undefined, handledAt: 0 }, {
      newest: undefined,
      handledAt: due
    }].map((_) => judged(Condition.newlyMissing, { ..._, missing: true })), [
      "true 2026-11-24 fell due at 2026-11-24 00:35 UTC → it is made or asked for",
      `false 2026-11-24 is missing, and was when it was handled at 2026-11-24 00:35 UTC → ${next}`,
      "true it was never made → it is made or asked for",
      `false it is missing, and was when it was handled at 2026-11-24 00:35 UTC → ${never}`
    ])
    assert.deepStrictEqual([{}, { newest: undefined }, { newest: last }].map((_) => judged(Condition.newlyMissing, _)), [
      `false 2026-11-24 is there → ${next}`,
      `false it is there → ${never}`,
      "false 2026-11-24 is there → never: no key comes after it"
    ])
  })

  it("any updated is what changed after it was handled, and not at that moment", () => {
    const upstream = [of("a", { changedAt: now }), of("b", { changedAt: now - 60_000 }), of("c")]
    assert.deepStrictEqual(
      [{ upstream, handledAt: now - 60_000 }, { upstream }, { upstream, handledAt: 0 }, {}].map((_) => judged(Condition.anyDepsUpdated, _)),
      [
        "true a changed at 2026-11-24 12:00 UTC → it is made or asked for",
        "false nothing changed since it was handled at 2026-11-24 12:00 UTC → a, b, c changes",
        "true a changed at 2026-11-24 12:00 UTC, b changed at 2026-11-24 11:59 UTC → it is made or asked for",
        "false it reads nothing → never"
      ]
    )
    assert.strictEqual(judged(Condition.anyDepsUpdated, { upstream: [of("c")], handledAt: 0 }),
      "false nothing changed since the beginning → c changes")
  })

  it("missing and in progress are said of each that it reads, and of itself", () => {
    const upstream = [of("a", { missing: true }), of("b", { inProgress: true })]
    assert.deepStrictEqual(
      [Condition.anyDepsMissing, Condition.anyDepsInProgress].flatMap((_) =>
        [upstream, [of("c"), of("d")], []].map((upstream) => judged(_, { upstream }))
      ),
      [
        "true a → a is no longer missing",
        "false none of c, d → one of them is missing",
        "false it reads nothing → one of them is missing",
        "true b → b is no longer in progress",
        "false none of c, d → one of them is in progress",
        "false it reads nothing → one of them is in progress"
      ]
    )
    assert.deepStrictEqual([true, false].map((inProgress) => judged(Condition.inProgress, { inProgress })), [
      "true it is asked for, or being made → that run ends",
      "false nobody asked for it → somebody asks for it"
    ])
  })

  it("failed and code changed say since when, and what would change them", () => {
    assert.deepStrictEqual([{}, { failedAt: now }].map((_) => judged(Condition.failed, _)), [
      "false nothing of it failed since it was made → a try of it falls short",
      "true at 2026-11-24 12:00 UTC → it is made"
    ])
    assert.deepStrictEqual([{}, { madeAt: now }, { madeAt: now, codeChanged: true }].map((_) => judged(Condition.codeChanged, _)), [
      "false it was never made → its code version is raised",
      "false it was made by version 1 → its code version is raised",
      "true it was not made by version 1 → it is made"
    ])
  })

  it("says when time alone may make it another: of several, the soonest", () => {
    const hour = 3_600_000
    const nine = Condition.cronPassed(Cadence.cron("0 9 * * *"), "nine")
    const at = (condition: Condition.Condition, facts: Partial<Condition.Facts> = {}) =>
      Effect.runSync(condition.judge({ ...base, ...facts })).at
    const [today, tomorrow] = [millis("2026-11-24T09:00:00Z"), millis("2026-11-25T09:00:00Z")]
    // what is due now has passed, and the next is waited for
    assert.deepStrictEqual([today - 1, today, today + 1].map((now) => at(nine, { now, handledAt: today - hour })), [
      today,
      tomorrow,
      tomorrow
    ])
    assert.strictEqual(at(Condition.missing), newest.nextDue)
    assert.isUndefined(at(Condition.missing, { newest: last }))
    assert.isUndefined(at(Condition.inProgress))
    assert.strictEqual(at(Condition.or(Condition.inProgress, nine, Condition.not(Condition.missing))), newest.nextDue)
    const once = Condition.cronPassed(Cadence.cron("0 9 * * *").pipe(Schedule.upTo({ times: 1 })), "once")
    assert.strictEqual(judged(once, { now: today + hour, handledAt: today - hour }),
      "true at 2026-11-24 09:00 UTC → it is made or asked for")
    const none = Condition.cronPassed(Cadence.cron("0 9 * * *").pipe(Schedule.upTo({ times: 0 })), "none")
    assert.strictEqual(judged(none, {}), "false not since it was handled at 2026-11-24 12:00 UTC → never")
  })

  it("of a cadence counts from when it was handled, and a due time that is now has passed", () => {
    const nine = Cadence.cron("0 9 * * *")
    const [today, hour] = [millis("2026-11-24T09:00:00Z"), 3_600_000]
    const passed = Condition.cronPassed(nine, "nine")
    assert.deepStrictEqual(
      [{ now: today, handledAt: today - hour }, { now: today - 1, handledAt: today - hour }, { now: today, handledAt: 0 }]
        .map((_) => judged(passed, _)),
      [
        "true at 2026-11-24 09:00 UTC → it is made or asked for",
        "false not since it was handled at 2026-11-24 08:00 UTC → it is 2026-11-24 09:00 UTC",
        "false not since the beginning → it is 2026-11-25 09:00 UTC"
      ]
    )
    assert.strictEqual(judged(passed, { now: today + 48 * hour, handledAt: today - hour }),
      "true at 2026-11-26 09:00 UTC → it is made or asked for")
    const all = Condition.allDepsUpdatedSince(nine, "nine")
    const upstream = [of("a", { changedAt: today }), of("b", { changedAt: today - 1 }), of("c")]
    assert.deepStrictEqual(
      [{ upstream }, { upstream: upstream.slice(0, 1) }, { upstream, handledAt: now }].map((_) =>
        judged(all, { handledAt: today - hour, ..._ })
      ),
      [
        "false b, c did not change since 2026-11-24 09:00 UTC → b, c changes",
        "true since 2026-11-24 09:00 UTC → it passes again",
        "false it has not passed yet → it passes"
      ]
    )
  })

  it("is printed with what would change it only where it stands in the way, and bare where that is never", () => {
    const printed = (condition: Condition.Condition, facts: Partial<Condition.Facts>) =>
      Condition.print(Effect.runSync(condition.judge({ ...base, ...facts })))
    assert.deepStrictEqual(printed(Condition.and(Condition.not(Condition.inProgress), Condition.anyDepsUpdated), {}), [
      "✗ all of",
      "  ✓ not in progress: nobody asked for it",
      "  ✗ any of what it reads was updated: it reads nothing → never"
    ])
    assert.deepStrictEqual(printed(Condition.inProgress, { inProgress: true }), ["✓ in progress: it is asked for, or being made"])
    assert.deepStrictEqual([Condition.onMissing.text, Condition.not(Condition.missing).text, Condition.onCron("0 6 * * *").text], [
      "all of (newly missing; not any of what it reads is missing; not in progress)",
      "not missing",
      "all of (0 6 * * * has passed; all of what it reads was updated since 0 6 * * *; not in progress)"
    ])
  })
})

describe("explained", () => {
  it.effect("each operand has its evidence, and what would change it where that decides", () =>
    inMemory(Effect.gen(function*() {
      const { figures, judged, made, prices, rates } = worldOf(Condition.eager)
      yield* at("2026-11-23T12:00:00Z")
      for (const asset of [prices, rates, figures]) yield* made(asset, "23")
      yield* at("2026-11-24T01:00:00Z")
      yield* made(prices, "24")
      assert.deepStrictEqual(Condition.print((yield* judged("24T01:05")).truth), [
        "✗ all of",
        "  ✓ any of",
        "    ✓ newly missing: 2026-11-24 fell due at 2026-11-24 00:35 UTC",
        "    ✓ any of what it reads was updated: prices changed at 2026-11-24 01:00 UTC",
        "  ✗ not any of what it reads is missing: rates → when rates is no longer missing",
        "  ✓ not any of what it reads is in progress: none of prices, rates",
        "  ✓ not in progress: nobody asked for it"
      ])
      yield* made(rates, "24")
      yield* made(figures, "24")
      const told = Condition.print((yield* judged("24T01:06")).truth)
      assert.deepStrictEqual(told.slice(0, 4), [
        "✗ all of",
        "  ✗ any of",
        "    ✗ newly missing: 2026-11-24 is there → when the next key falls due at 2026-11-25 00:35 UTC",
        "    ✗ any of what it reads was updated: nothing changed since it was handled at 2026-11-24 01:05 UTC → when prices, rates changes"
      ])
      const cron = worldOf(Condition.onCron("0 6 * * *", "Europe/Paris"))
      assert.deepStrictEqual(Condition.print((yield* cron.judged("24T01:07")).truth).slice(0, 2), [
        "✗ all of",
        "  ✗ 0 6 * * * Europe/Paris has passed: not since it was handled at 2026-11-24 01:05 UTC → when it is 2026-11-24 05:00 UTC"
      ])
    })))

  it.effect("any other sentence can be said: or, not, missing", () =>
    inMemory(Effect.gen(function*() {
      const { holds, made, figures } = worldOf(Condition.or(Condition.missing, Condition.not(Condition.anyDepsMissing)))
      assert.isTrue(yield* holds("23T13:00"))
      yield* made(figures, "23")
      assert.isFalse(yield* holds("23T13:01"))
    })))
})

it.effect("the loop asks for each asset whose condition holds, for its newest key, once", () =>
  inMemory(Effect.gen(function*() {
    const { figures, made, pipeline, prices, rates } = worldOf(Condition.eager)
    yield* at("2026-11-23T12:00:00Z")
    for (const asset of [prices, rates, figures]) yield* made(asset, "23")
    const { record } = yield* Ledger
    const day = Effect.gen(function*() {
      yield* Effect.sleep("14 hours")
      for (const asset of [prices, rates]) yield* made(asset, "24")
      yield* record({ _tag: "StepEnded", id: "", state: "succeeded", rows: 0, changed: 0, note: "" })
      yield* Effect.sleep("1 hour")
      const [request] = yield* Ledger.use((_) => _.requests({}))
      yield* made(figures, "24")
      yield* record({ _tag: "RequestEnded", request: request?.id ?? "", state: "succeeded", note: "" })
      return yield* Effect.never
    })
    yield* alive(yield* pipeline, "2026-11-24T12:00:00Z", day)
    assert.deepStrictEqual(yield* asked, ["2026-11-24T02:00Z sensor conditions succeeded"])
    assert.deepStrictEqual(yield* ticks("conditions"), ["2026-11-24T02:00Z ran figures"])
    const [request] = yield* Ledger.use((_) => _.requests({}))
    assert.deepStrictEqual([request?.targets, request?.tags["condition"], request?.over], [["figures"], "figures", {
      start: millis("2026-11-24T00:00:00Z"),
      end: millis("2026-11-25T00:00:00Z")
    }])
  })))

it.effect("the loop asks at the very time at which a cron passes or a key falls due, and spends nothing on what is read", () =>
  inMemory(Effect.gen(function*() {
    const dues = Asset.make("dues", { about: "", into: byDay, per: Day, when: Condition.onMissing }, () => Effect.succeed([]))
    const six = Asset.make("six", { about: "", into: byDay, per: Day, when: Condition.cronPassed(Cadence.cron("0 6 * * *"), "six") }, () =>
      Effect.succeed([]))
    yield* at("2026-11-23T12:00:00Z")
    yield* publish(dues, Day.window("2026-11-23"))
    yield* alive(yield* Pipeline.make("test", { assets: [dues, six] }), "2026-11-24T12:00:00Z")
    assert.deepStrictEqual(yield* ticks("conditions"), ["2026-11-24T00:35Z ran dues", "2026-11-24T06:00Z ran six"])
    assert.deepStrictEqual((yield* Ledger.use((_) => _.requests({}))).map((_) => _.only), [true, true])
  })))
