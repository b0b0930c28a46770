import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Cli from "../../src/cli/Cli.ts"
import { inWorld } from "./world.ts"

describe("plan", () => {
  it.effect("says the steps, why, and what they cost; and makes nothing", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const { out } = yield* weather("plan", "wettest")
        assert.strictEqual(
          out,
          [
            "asset    window                  for     why           calls",
            "───────  ──────────────────────  ──────  ────────────  ─────",
            "rain     2026-11-22..2026-11-24  2 each  never made 6      2",
            "wettest                                  never made",
            "",
            "2 calls to the source. At 1 a minute they take 61 s at least. Nothing was spent."
          ].join("\n")
        )
        assert.deepStrictEqual(asked, [])
        yield* weather("run", "all")
        assert.strictEqual((yield* weather("plan", "all")).out, "Everything is up to date: nothing would run.")
      }), { COINGECKO_RATE_LIMIT: "1" }))

  it.effect("--json says the same to a script", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("plan", "rain", "--json", "--from", "2026-11-23")
        assert.deepStrictEqual(yield* Schema.decodeEffect(Schema.fromJsonString(Cli.PlanJson))(out), {
          calls: 2,
          credits: 2,
          takes: 0,
          rateLimit: 30,
          monthlyCredits: 10_000,
          creditsLeft: null,
          steps: [{
            asset: "rain",
            window: "2026-11-23..2026-11-24",
            subjects: ["oslo", "rome"],
            why: { "never made": 4 },
            provisional: false,
            calls: 2,
            credits: 2
          }],
          pending: [],
          unavailable: []
        })
      }), { COINGECKO_API_KEY: "CG-secret" }))

  it.effect("tells what is left of the month's credits, and when that is not enough", () =>
    Effect.gen(function*() {
      const said = (used: number) =>
        inWorld([], (weather) =>
          Effect.gen(function*() {
            const last = (text: string) => text.split("\n").at(-1)
            const json = JSON.parse((yield* weather("plan", "rain", "--json")).out)
            const backfill = yield* weather("backfill", "rain", "--from", "2026-11-22", "--plan")
            return [last((yield* weather("plan", "rain")).out), last(backfill.out), json.creditsLeft]
          }), { COINGECKO_API_KEY: "CG-secret" }, { usage: Effect.succeedSome({ month: "2026-11", used }) })
      const all = "2 calls to the source, of 10,000 a month"
      const enough = `${all}, 2 of them left. At 30 a minute they need not wait. Nothing was spent.`
      assert.deepStrictEqual(yield* said(9998), [enough, enough, 2])
      const short =
        `${all}, of which ONLY 1 is left: what goes beyond is not asked for. At 30 a minute they need not wait. Nothing was spent.`
      assert.deepStrictEqual(yield* said(9999), [short, short, 1])
      assert.strictEqual((yield* said(10_007))[2], 0)
    }))
})
