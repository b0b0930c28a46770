import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Cli from "../../src/cli/Cli.ts"
import { DuckDb } from "../../src/services/DuckDb.ts"
import { inTables, inWorld } from "./world.ts"

const rain = (city: string, day: string, mm: number | null, note = "") => ({ city, day, mm, note })
const days = [rain("oslo", "2026-11-22", 1), rain("oslo", "2026-11-23", null), rain("rome", "2026-11-24", 0)]
const decode = Schema.decodeEffect(Schema.fromJsonString(Cli.CheckJson))

describe("check", () => {
  it.effect("asks what is published now, and ends with 0 when nothing that blocks is found", () =>
    inTables(days, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "rain")
        const { code, err, out } = yield* weather("check")
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(out.split("\n"), [
          "asset  check               kind   result  offenders",
          "─────  ──────────────────  ─────  ──────  ─────────",
          "rain   within(mm, 0, 500)  block  passed",
          "rain   notNull(mm)         warn   warns           1",
          "",
          "rain: notNull(mm)",
          "  {\"city\":\"oslo\",\"day\":\"2026-11-23\",\"mm\":null,\"note\":\"\"}"
        ])
        assert.strictEqual(err, "Nothing to check yet of wettest: never made.")
      })))

  it.effect("ends with 1 when what is published breaks a check that blocks, and shows the first offenders, inertly", () =>
    inTables(days, (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        const sql = yield* DuckDb
        // what a newer rule, or another program, would find
        yield* sql`UPDATE rain SET mm = -1, note = ${"\x1b[2J"} WHERE city = 'rome'`
        yield* sql`INSERT INTO rain SELECT 'oslo', DATE '2026-11-24', 501, '' FROM range(6)`
        const { code, err, out } = yield* weather("check", "rain")
        assert.strictEqual(code, 1)
        assert.match(out, /rain +within\(mm, 0, 500\) +block +failed +7\n/)
        assert.include(out, "and 2 more")
        assert.notInclude(out, "\x1b")
        assert.match(err,
          /^1 check that would block found offenders in what is published\. Make it again with 'npx weather run rain --force'/)
        const json = yield* weather("check", "--json")
        const said = yield* decode(json.out)
        assert.deepStrictEqual([json.code, said.exitCode, said.neverMade], [1, 1, []])
        const [within] = said.checks
        assert.deepStrictEqual([within?.check, within?.offenders, within?.rows.length], ["within(mm, 0, 500)", 7, 7])
        assert.deepInclude([...within?.rows ?? []], { city: "rome", day: "2026-11-24", mm: -1, note: "\x1b[2J" })
        // and it changed nothing
        assert.deepStrictEqual(yield* sql`SELECT count(*) AS n FROM rain`, [{ n: 9 }])
      })))

  it.effect("of what has no checks says nothing, and of what is no asset what is near", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        yield* weather("run", "all")
        assert.deepStrictEqual(yield* decode((yield* weather("check", "--json")).out), { exitCode: 0, checks: [], neverMade: [] })
        assert.match((yield* weather("check", "rian")).err, /Did you mean rain\?/)
      })))
})
