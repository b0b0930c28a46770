import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as Cli from "../../src/cli/Cli.ts"
import { noInk } from "../../src/cli/page.ts"
import { toText } from "../../src/cli/show/toText.ts"
import { inTables, inWorld } from "./world.ts"

const rain = (city: string, day: string, mm: number | null, note = "") => ({ city, day, mm, note })
const decode = Schema.decodeEffect(Schema.fromJsonString(Cli.ShowJson))

describe("show", () => {
  it.effect("tells all that is known of a table", () => {
    const days = [rain("oslo", "2026-11-22", 1), rain("oslo", "2026-11-24", null, "x\x1b[2J"), rain("rome", "2026-11-23", 2.5)]
    return inTables(days, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "rain")
        const json = yield* weather("show", "rain", "--json")
        const { makings, ...said } = yield* decode(json.out)
        assert.deepStrictEqual(said, {
          name: "rain",
          about: "Rain of each city",
          kind: "table",
          group: "extract",
          owner: "met office",
          source: "the gauges",
          tags: { wet: "", unit: "mm" },
          codeVersion: "1",
          per: "day",
          of: "city",
          from: [],
          to: ["wettest"],
          freshFor: null,
          lateAfter: null,
          state: "fresh",
          why: "",
          lateSince: null,
          madeAt: "2026-11-24T12:00:00.000Z",
          coverage: [{ subjects: ["oslo", "rome"], intervals: [{ first: "2026-11-22", last: "2026-11-24" }], keys: 3 }],
          checks: [
            { check: "within(mm, 0, 500)", severity: "block", result: "passed", note: "" },
            { check: "notNull(mm)", severity: "warn", result: "warned", note: "notNull(mm): 1 offender" },
            { check: "rowCount(−50 %)", severity: "block", result: "passed", note: "" }
          ],
          files: [],
          profile: {
            rows: 3,
            columns: [
              { name: "city", type: "VARCHAR", description: null, nulls: 0, distinct: 2, min: "oslo", max: "rome" },
              { name: "day", type: "DATE", description: null, nulls: 0, distinct: 3, min: "2026-11-22", max: "2026-11-24" },
              { name: "mm", type: "DOUBLE", description: "rain of the day, in mm", nulls: 1, distinct: 2, min: "1.0", max: "2.5" },
              { name: "note", type: "VARCHAR", description: null, nulls: 0, distinct: 2, min: "", max: "x\x1b[2J" }
            ],
            lastRows: [
              { city: "oslo", day: "2026-11-24", mm: null, note: "x\x1b[2J" },
              { city: "rome", day: "2026-11-23", mm: 2.5, note: "" },
              { city: "oslo", day: "2026-11-22", mm: 1, note: "" }
            ]
          }
        })
        assert.deepStrictEqual(makings.map((_) => [_.subject, _.window, _.state, _.rows, _.why]).toSorted(), [
          ["oslo", "2026-11-22..2026-11-24", "succeeded", 2, "never made 6"],
          ["rome", "2026-11-22..2026-11-24", "succeeded", 1, "never made 6"]
        ])
        const narrow = toText({ ...said, makings }, "data", { columns: 34, ink: noInk }).split("\n")
        // what a column says is not cut, and columns for which there is no room are counted
        assert.includeMembers(narrow, ["mm  rain of the day, in mm", "city  day          mm  note", "oslo  2026-11-24       x[2J"])
        const few = toText({ ...said, makings }, "data", { columns: 20, ink: noInk })
        assert.include(few, "\ncity  day\n")
        assert.isTrue(few.endsWith("and 2 columns more"))
        const { out } = yield* weather("show", "rain")
        for (
          const part of [
            "rain  table, per day, of each city\nRain of each city\n\nstatus    ● fresh\nmade      2026-11-24 12:00:00 UTC\n",
            "source    the gauges\ngroup     extract\nowner     met office\ntags      wet, unit=mm\nread by   wettest\n",
            "Keys\n  oslo, rome: 2026-11-22..2026-11-24 (3 keys each)\n",
            "notNull(mm)         warn   warned  1 offender\n",
            "mm      DOUBLE       1         2  1.0         2.5         rain of the day, in mm\n",
            "oslo  2026-11-24       x[2J\n"
          ]
        ) assert.include(out, part)
        assert.notInclude(out, "\x1b")
      }))
  })

  it.effect("tells a refusal with its check until it is made good, and keys that are missing", () => {
    const days = [rain("oslo", "2026-11-22", 1), rain("rome", "2026-11-23", 2)]
    return inTables(days, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "rain")
        yield* TestClock.adjust("1 day")
        days.push(rain("oslo", "2026-11-25", -7), rain("rome", "2026-11-25", 7))
        yield* weather("run", "rain", "--partition", "2026-11-25")
        const said = yield* decode((yield* weather("show", "rain", "--json")).out)
        assert.strictEqual(said.state, "failed")
        assert.deepStrictEqual(said.checks[0], {
          check: "within(mm, 0, 500)",
          severity: "block",
          result: "failed",
          note: "within(mm, 0, 500): 1 offender"
        })
        assert.deepStrictEqual(said.coverage, [
          { subjects: ["oslo"], intervals: [{ first: "2026-11-22", last: "2026-11-24" }], keys: 3 },
          { subjects: ["rome"], intervals: [{ first: "2026-11-22", last: "2026-11-25" }], keys: 4 }
        ])
      }))
  })

  it.effect("of what was never made says so, and of what keeps no table its windows", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const never = yield* weather("show", "rain")
        assert.strictEqual(never.out,
          "rain  memory, per day, of each city\nRain of each city\n\nstatus    ○ never made: never made, 6 keys\nread by   wettest")
        yield* weather("run", "all")
        const said = yield* decode((yield* weather("show", "wettest", "--json")).out)
        assert.deepStrictEqual([said.state, said.profile, said.from], ["fresh", null, ["rain"]])
      })))

  it.effect("tells of one asset, not of several, and of none that is not", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const several = yield* weather("show", "all")
        assert.deepStrictEqual([several.code, several.out, several.err], [2, "", "show tells of one asset, and all selects rain, wettest"])
        assert.match((yield* weather("show", "wet")).err, /There is no asset or job called "wet"/)
        assert.match((yield* weather("show")).err, /Missing required argument: asset/)
      })))
})
