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
})
