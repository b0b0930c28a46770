/** `crypto explain ASSET…`: why an asset is, or is not, asked for now: its condition, operand by operand. */
import { Console, Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import * as Condition from "../engine/automation/Condition.ts"
import * as Conditions from "../engine/automation/Conditions.ts"
import * as Schedule from "../engine/automation/Schedule.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText, plain } from "./plain.ts"
import { answered, reading, selected } from "./reading.ts"
import type { World } from "./world.ts"

interface Truth {
  readonly says: string
  readonly holds: boolean
  /** What it follows from; empty for what is made of others. */
  readonly evidence: string
  /** What would make it the opposite. */
  readonly otherwise: string
  readonly of: ReadonlyArray<Truth>
}
const Truth = Schema.Struct({
  says: Schema.String,
  holds: Schema.Boolean,
  evidence: Schema.String,
  otherwise: Schema.String,
  of: Schema.Array(Schema.suspend((): Schema.Codec<Truth> => Truth))
})

/** What `crypto explain --json` prints. */
export const ExplainJson = Schema.Array(Schema.Struct({
  asset: Schema.String,
  /** Whether it has a condition of its own; without one, `truth` is what `eager` would say. */
  own: Schema.Boolean,
  /** The schedules that ask for it. */
  schedules: Schema.Array(Schema.String),
  /** Whether it is asked for now: what holds of how things stand alone asks once. */
  asks: Schema.Boolean,
  truth: Truth
}))

export const explain = (root: Root, world: World) =>
  Command.make("explain", {
    assets: Argument.String("asset").pipe(Argument.withDescription("Assets, or a selection of them"), Argument.variadic({ min: 1 })),
    json
  }, Effect.fn("crypto explain")(function*({ assets, json }) {
    const layer = reading(world, settingsOf(yield* root))
    const pipeline = yield* world.pipeline
    const targets = yield* selected(world, assets, layer)
    const judged = Effect.gen(function*() {
      const cursor = yield* Conditions.cursorOf
      return yield* Effect.forEach(targets,
        (asset) => Effect.map(Conditions.judge(pipeline, asset, cursor), ({ asks, truth }) => ({ asset, asks, truth })))
    })
    const found = yield* answered(judged).pipe(Effect.provide(layer))
    const schedules = (name: string) => pipeline.schedules.filter((_) => _.assets.some((asset) => asset.name === name))
    if (json) {
      const said: typeof ExplainJson.Type = found.map(({ asks, asset, truth }) => ({
        asset: asset.name,
        own: asset.when !== undefined,
        schedules: schedules(asset.name).map((_) => _.name),
        asks,
        truth: told(truth)
      }))
      return yield* Console.log(jsonText(said))
    }
    const text = found.map(({ asks, asset, truth }) => {
      const by = schedules(asset.name).map((_) => Schedule.isAfter(_.cadence) ? `${_.name} (after ${_.cadence.name})` : _.name)
      return [
        asset.when === undefined
          ? `${asset.name} has no condition of its own; eager would say:`
          : `${asset.name} is ${asks ? "asked for now" : truth.holds ? "not asked for again as it stands" : "not asked for"}:`,
        ...Condition.print(truth).map((_) => `  ${_}`),
        by.length === 0 ? "No schedule asks for it." : `Schedules that ask for it: ${by.join(", ")}.`
      ].join("\n")
    })
    yield* Console.log(plain(text.join("\n\n")))
  }, exit.ending)).pipe(
    Command.withDescription(
      "Why an asset is, or is not, asked for now: its condition, operand by operand, each with its evidence and with what would change it."
    ),
    Command.withShortDescription("Why an asset is, or is not, asked for now"),
    Command.withExamples([
      { command: "crypto explain daily_returns", description: "What it waits for" },
      { command: "crypto explain all --json", description: "For a script" }
    ])
  )

// helpers

const told = ({ evidence, holds, of, otherwise, text }: Condition.Truth): Truth => ({
  says: text,
  holds,
  evidence,
  otherwise,
  of: of.map(told)
})
