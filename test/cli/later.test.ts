import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { options } from "../../src/cli/crypto.ts"
import { makeRoot } from "../../src/cli/flags.ts"
import { later } from "../../src/cli/later.ts"
import { usual } from "../../src/cli/usual.ts"
import type { World } from "../../src/cli/world.ts"
import { Command } from "effect/cli"
import { Chart } from "../../src/services/Chart.ts"

const root = makeRoot("crypto", "", options.flags)
const world: World = {
  typed: "npx crypto",
  version: "1.0.0",
  line: () => Effect.void,
  pipeline: Effect.succeed({ name: "empty", assets: [], jobs: [], schedules: [], sensors: [] }),
  layer: Layer.empty as never,
  ledger: Layer.empty as never,
  kept: Effect.succeed(false),
  owner: Effect.succeedNone,
  usage: Effect.succeedNone,
  upkeep: Layer.empty,
  tree: async () => root,
  commands: []
}

describe("a command that is loaded later", () => {
  it.each([...usual, ...options.commands].map((_) => [_.name, _] as const))("%s is what its name and its sentence say, with an example",
    async (name, { about, load }) => {
      const command = await load(root, world)
      assert.deepStrictEqual([command.name, command.shortDescription], [name, about])
      assert.isAbove(command.examples.length, 0)
      for (const { command: example } of command.examples) assert.match(example, new RegExp(`^crypto ${name}( |$)`))
    })

  it("asks for no more than it gets, or does not fit", () => {
    const asks = later("draw", "", "Look", async () => Command.make("draw", {}, () => Effect.asVoid(Chart)))
    const none = later("none", "", "Look", async () => Command.make("none", {}, () => Effect.void))
    assert.strictEqual(none.name, "none")
    // @ts-expect-error it asks for a Chart
    assert.strictEqual(asks.name, "draw")
  })
})
