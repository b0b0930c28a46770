import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inWorld } from "./world.ts"

describe("completions", () => {
  it.effect.each(["bash", "zsh", "fish", "powershell"])("for %s hold every command, its flags, and the names of assets and jobs",
    (shell) =>
      inWorld([], (weather) =>
        Effect.gen(function*() {
          const { code, err, out } = yield* weather("completions", shell)
          assert.strictEqual(code, 0)
          for (const part of ["graph", "follow", "concurrency", "wettest", "daily_job", "all"])
            assert.include(out, part)
          // for run, plan, graph, check, show and runs
          assert.isAtLeast(out.split("wettest").length - 1, 6)
          assert.match(err, /^(Keep it|Add to)/)
        })))

  it.effect("for another shell are a mistake that tells which there are", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { code, err } = yield* weather("completions", "tcsh")
        assert.strictEqual(code, 2)
        for (const shell of ["bash", "zsh", "fish"]) assert.include(err, shell)
      })))
})
