/**
 * What the three presets say in scripted scenarios, derived from Dagster's expressions:
 *
 * eager: in_latest_time_window & (newly_missing | any_deps_updated).since_last_handled() & ~any_deps_missing & ~any_deps_in_progress & ~in_progress
 * on_missing: in_latest_time_window & missing.newly_true().since_last_handled() & ~any_deps_missing
 * on_cron: in_latest_time_window & cron_tick_passed.since_last_handled() & all_deps_updated_since_cron
 *
 * where handled is: made, asked for by the condition, or looked at for the first time. One thing is another here: what was
 * made again and came out as it was is no update. Each judgement says which operand stands in the way, as `explain` prints it.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Asset from "../../../src/engine/Asset.ts"
import * as Condition from "../../../src/engine/automation/Condition.ts"
import * as Conditions from "../../../src/engine/automation/Conditions.ts"
import { Ledger } from "../../../src/engine/Ledger.ts"
import * as Partition from "../../../src/engine/Partition.ts"
import * as Pipeline from "../../../src/engine/Pipeline.ts"
import { byDay, byMonth, Day, inOne, Month, publish } from "../world.ts"
import { at, inMemory, millis } from "./world.ts"

/**
 * At a time of November 2026 (`24T00:36`), one of:
 * `prices 24`, `figures 2026-10`, `total`: made, with other content; `prices 20..24 same`: made, and it came out as it was;
 * `asks figures`: somebody asks for it, `ends figures`: that run ends, `fails figures`: it fails;
 * `request`: its condition asked for it; `older`: what is kept was made by an older version;
 * `holds`; or what stands in the way, as it is printed without its evidence.
 */
type Line = readonly [time: string, ...happens: ReadonlyArray<string>]

const prices = Asset.make("prices", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
const rates = Asset.make("rates", { about: "", into: byDay, per: Day }, () => Effect.succeed([]))
const daily = (when: Condition.Condition) =>
  Asset.make("figures", { about: "", into: byDay, per: Day, from: { prices, rates }, when, codeVersion: "2" }, () => Effect.succeed([]))
const monthly = (when: Condition.Condition) =>
  Asset.make("figures", { about: "", into: byMonth, per: Month, from: { prices: Asset.within(prices, Day, Month) }, when }, () =>
    Effect.succeed([]))
const whole = (when: Condition.Condition) =>
  Asset.make("figures", { about: "", into: inOne, from: { prices: Asset.every(prices, Day) }, when }, () => Effect.succeed([]))

const play = (figures: Asset.Any, script: ReadonlyArray<Line>) =>
  inMemory(Effect.gen(function*() {
    const { record } = yield* Ledger
    const pipeline = yield* Pipeline.make("test", { assets: [figures, prices, rates] })
    // looked at for the first time at eleven on the 23rd
    let cursor: Conditions.Cursor = { since: millis("2026-11-23T11:00:00Z"), asked: {} }
    const assets: Readonly<Record<string, Asset.Any>> = { figures, prices, rates }
    const windowOf = (asset: Asset.Any, text: string) => {
      if (asset.per === undefined) return Partition.whole
      const calendar = asset.per.calendar
      const full = text.split("..").map((_) => _.length === 2 ? `2026-11-${_}` : _).join("..")
      return Partition.parseWindow(calendar, full) ?? assert.fail(text)
    }
    const happens = Effect.fnUntraced(function*(text: string, time: string) {
      const [word = "", key = "", same] = text.split(" ")
      const asset = assets[word]
      const id = `request of ${key}`
      if (asset !== undefined) return yield* publish(asset, windowOf(asset, key), { changed: same !== "same" })
      if (word === "older") return yield* publish(figures, windowOf(figures, key), { codeVersion: "1" })
      if (word === "request") return void (cursor = { ...cursor, asked: { figures: millis(`2026-11-${time}:00Z`) } })
      if (word === "asks") return yield* record({ _tag: "RunRequested", id: `${id} ${time}`, trigger: "test", targets: [key] })
      if (word === "ends" || word === "fails") {
        const open = (yield* Ledger.use((_) => _.requests({ states: ["queued"] }))).filter((_) => _.targets.includes(key))
        for (const { id } of open) {
          const step = {
            _tag: "StepStarted",
            run: id,
            id: `step of ${id}`,
            asset: key,
            window: "2026-11-24",
            subject: "",
            why: ""
          } as const
          const state = word === "ends" ? "succeeded" : "failed"
          yield* record({ _tag: "RunStarted", run: id, targets: [key], trigger: "test" }, step)
          yield* record(
            { _tag: "StepEnded", id: step.id, state, rows: 0, changed: 0, note: "" },
            { _tag: "RunEnded", run: id, state },
            { _tag: "RequestEnded", request: id, state, note: "" }
          )
        }
        return
      }
      const { truth } = yield* Conditions.judge(pipeline, figures, cursor)
      const lines = Condition.print(truth)
      const stands = lines.filter((_) => _.trim().startsWith("✗") && / → /.test(_)).map((_) => _.trim().slice(2).replace(/:.*/, ""))
      assert.deepStrictEqual(truth.holds ? ["holds"] : stands, text.split(" + "), `${time} ${text}\n${lines.join("\n")}`)
      assert.strictEqual(lines.length > 1, truth.of.length > 0)
    })
    for (const [time, ...all] of script) {
      yield* at(`2026-11-${time}:00Z`)
      for (const text of all) yield* happens(text, time)
    }
  }))

const missing = "not any of what it reads is missing"
const depsBusy = "not any of what it reads is in progress"
const busy = "not in progress"
const noNews = "newly missing + any of what it reads was updated"
/** Noon of the 23rd: everything is there. */
const before: Line = ["23T12:00", "prices 23", "rates 23", "figures 23"]

type Scenario = readonly [name: string, figures: Asset.Any, ...script: ReadonlyArray<Line>]

const eager: ReadonlyArray<Scenario> = [
  [
    "asks once a key has fallen due and all that it reads is there, and not before",
    daily(Condition.eager),
    before,
    ["24T00:34", noNews],
    ["24T00:36", missing],
    ["24T00:40", "prices 24", missing],
    ["24T00:41", "rates 24", "holds"]
  ],
  ["asks when one thing that it reads was updated since it was handled", daily(Condition.eager), before, ["23T12:01", noNews], [
    "23T13:00",
    "prices 23",
    "holds"
  ]],
  ["does not ask when that came out as it was (ours)", daily(Condition.eager), before, ["23T13:00", "prices 23 same", noNews]],
  ["does not ask twice: having asked is handled", daily(Condition.eager), before, ["23T13:00", "prices 23", "holds", "request"], [
    "23T13:01",
    noNews
  ]],
  ["does not ask again because its run failed", daily(Condition.eager), before, ["23T13:00", "prices 23", "request", "asks figures"], [
    "23T13:05",
    "fails figures",
    noNews
  ]],
  [
    "asks again after a failure when something is updated again",
    daily(Condition.eager),
    before,
    ["23T13:00", "prices 23", "request", "asks figures"],
    ["23T13:05", "fails figures"],
    ["23T14:00", "rates 23", "holds"]
  ],
  ["waits while it is in progress, and asks for what was updated meanwhile", daily(Condition.eager), before, ["23T13:00", "asks figures"], [
    "23T13:01",
    "prices 23",
    busy
  ], ["23T13:02", "ends figures", "holds"]],
  [
    "waits while something that it reads is in progress",
    daily(Condition.eager),
    before,
    ["23T13:00", "prices 23", "asks rates", depsBusy],
    ["23T13:02", "ends rates", "holds"]
  ],
  ["is about the newest key: an older one that was updated is none of it", daily(Condition.eager), before, [
    "23T13:00",
    "prices 20..22",
    noNews
  ], ["23T13:01", "prices 22..23", "holds"]],
  ["does not ask for what was missing when it was first looked at", daily(Condition.eager), ["23T10:00", "prices 23", "rates 23"], [
    "23T12:00",
    noNews
  ], ["23T13:00", "rates 23", "holds"]],
  ["is handled by whoever makes it by hand", daily(Condition.eager), before, ["23T13:00", "prices 23", "holds"], [
    "23T13:30",
    "figures 23",
    noNews
  ]],
  [
    "asks again for each key that falls due",
    daily(Condition.eager),
    before,
    ["24T00:36", "prices 24", "rates 24", "holds", "request"],
    ["24T00:40", "figures 24", noNews],
    ["25T00:36", missing],
    ["25T00:37", "prices 25", "rates 25", "holds"]
  ],
  [
    "asks for the newest key alone, when several fell due while nobody looked",
    daily(Condition.eager),
    before,
    ["26T12:00", "prices 24..25", "rates 24..25", missing],
    ["26T12:01", "prices 26", "rates 26", "holds", "request"],
    ["26T12:02", noNews]
  ],
  [
    "without a partition it is never newly missing once it was looked at, and follows what it reads",
    whole(Condition.eager),
    ["23T12:00", "prices 20..22", missing],
    ["23T12:01", "prices 23", "holds", "request"],
    ["23T12:02", noNews],
    ["23T12:03", "figures -", noNews],
    ["23T15:00", "prices 21", "holds"]
  ],
  [
    "fans out: a month waits for its own days, and not for today's",
    monthly(Condition.eager),
    [
      "23T12:00",
      "figures 2026-09"
    ],
    ["23T12:01", "prices 2026-10-01..2026-10-30", missing],
    ["23T12:02", "prices 2026-10-31", "holds"]
  ],
  [
    "fans out: a day of the running month does not touch the month that has ended, a revised one of it does",
    monthly(Condition.eager),
    ["23T12:00", "prices 2026-10-01..2026-10-31", "figures 2026-10"],
    ["23T13:00", "prices 2026-11-23", noNews],
    ["23T14:00", "prices 2026-10-07", "holds"]
  ]
]

const onMissing: ReadonlyArray<Scenario> = [
  ["asks once a key is due and what it reads is there", daily(Condition.onMissing), before, ["24T00:34", "newly missing"], [
    "24T00:36",
    missing
  ], ["24T00:40", "prices 24", "rates 24", "holds"]],
  ["does not ask because something was updated", daily(Condition.onMissing), before, ["23T13:00", "prices 23", "newly missing"]],
  ["does not ask for what was missing when it was first looked at", daily(Condition.onMissing), [
    "23T12:00",
    "prices 23",
    "rates 23",
    "newly missing"
  ]],
  [
    "having asked is handled, however that ended, until the next key",
    daily(Condition.onMissing),
    before,
    ["24T00:40", "prices 24", "rates 24", "holds", "request", "asks figures"],
    ["24T00:45", "fails figures", "newly missing"],
    ["25T00:40", "prices 25", "rates 25", "holds"]
  ],
  ["is handled by whoever makes it", daily(Condition.onMissing), before, [
    "24T00:40",
    "prices 24",
    "rates 24",
    "figures 24",
    "newly missing"
  ]]
]

const six = Condition.onCron("0 6 * * *")
const updated = "all of what it reads was updated since 0 6 * * *"
const passed = "0 6 * * * has passed"
const onCron: ReadonlyArray<Scenario> = [
  [
    "asks when it has passed and everything that it reads was updated since",
    daily(six),
    before,
    ["24T05:59", `${passed} + ${updated}`],
    ["24T06:00", updated],
    ["24T06:05", "prices 24", updated],
    ["24T06:06", "rates 24", "holds"]
  ],
  ["what was updated before it does not count", daily(six), before, ["24T05:00", "prices 24", "rates 24"], ["24T06:01", updated]],
  [
    "asks once for each time that it passes",
    daily(six),
    before,
    ["24T06:05", "prices 24", "rates 24", "holds", "request"],
    ["24T06:06", `${passed} + ${updated}`],
    ["25T06:01", updated],
    ["25T06:05", "prices 25", "rates 25", "holds"]
  ],
  ["asks once for several times that passed while nobody looked", daily(six), before, [
    "26T07:00",
    "prices 26",
    "rates 26",
    "holds",
    "request"
  ], ["26T07:01", `${passed} + ${updated}`]],
  ["what was made since is handled", daily(six), before, ["24T06:05", "prices 24", "rates 24", "figures 24", `${passed} + ${updated}`]],
  ["waits while it is in progress", daily(six), before, ["24T06:05", "prices 24", "rates 24", "asks figures", busy], [
    "24T06:06",
    "ends figures",
    "holds"
  ]],
  ["passes by the clocks of its zone", daily(Condition.onCron("0 6 * * *", "Europe/Paris")), before, [
    "24T04:59",
    "0 6 * * * Europe/Paris has passed + all of what it reads was updated since 0 6 * * * Europe/Paris"
  ], ["24T05:05", "prices 24", "rates 24", "holds"]]
]

const own: ReadonlyArray<Scenario> = [
  [
    "failed holds from the failure until it is made",
    daily(Condition.failed),
    before,
    ["23T12:30", "failed"],
    ["23T13:00", "asks figures"],
    ["23T13:01", "fails figures", "holds"],
    ["23T13:02", "figures 23", "failed"]
  ],
  [
    "code version changed holds while what is kept was made by another",
    daily(Condition.codeChanged),
    ["23T12:00", "code version changed"],
    ["23T12:30", "older 23", "holds"],
    ["23T13:00", "figures 23", "code version changed"]
  ]
]

describe.each([["eager", eager], ["on missing", onMissing], ["on a cron", onCron], ["an operand of your own sentence:", own]])(
  "%s",
  (_, scenarios) => {
    it.effect.each(scenarios.map(([name, figures, ...script]) => ({ name, figures, script })))("$name",
      ({ figures, script }) => play(figures, script))
  }
)

it("there are twenty scenarios at least", () => assert.isAtLeast(eager.length + onMissing.length + onCron.length, 20))
