/** `crypto config`: every setting, its value, and where it comes from. */
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import * as SettingsLayer from "../layers/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { jsonText, table } from "./plain.ts"

/** What `crypto config --json` prints. */
export const ConfigJson = Schema.Array(Schema.Struct({
  name: Schema.String,
  /** As text; a key is masked, and nothing is empty. */
  value: Schema.String,
  from: Schema.Literals(["flag", "environment", ".env", "default"]),
  about: Schema.String
}))

export const config = (root: Root) =>
  Command.make("config", { json }, Effect.fn("crypto config")(function*({ json }) {
    const { rows } = yield* SettingsLayer.resolve(settingsOf(yield* root))
    const said: typeof ConfigJson.Type = rows
    yield* Console.log(
      json ? jsonText(said) : table(["name", "value", "from", "meaning"], said.map((_) => [_.name, _.value, _.from, _.about]))
    )
  }, exit.ending)).pipe(
    Command.withDescription(
      "Every setting, its value, and where it comes from: a flag, the environment, .env, or the default. Keys are not shown."
    ),
    Command.withShortDescription("Every setting, its value, and where it comes from"),
    Command.withExamples([
      { command: "crypto config", description: "Check what is in force, and whether it can be used" },
      { command: "crypto config --source sandbox --json", description: "The sandbox's, for a script" }
    ])
  )
