/** `crypto sandbox`: the synthetic market, served over HTTP. */
import { Console, Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import * as SettingsLayer from "../layers/Settings.ts"
import * as exit from "./exit.ts"
import { type Root, settingsOf } from "./flags.ts"
import { oneLine } from "./plain.ts"

export const sandbox = (root: Root) =>
  Command.make(
    "sandbox",
    {
      port: Flag.Int("port").pipe(
        Flag.withDescription("On 127.0.0.1; 0 takes a free one [default 0]"),
        Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })))),
        Flag.withDefault(0)
      )
    },
    Effect.fn("crypto sandbox")(function*({ port }) {
      const { settings } = yield* SettingsLayer.resolve({ ...settingsOf(yield* root), CRYPTO_SOURCE: "sandbox" })
      const { serve } = yield* Effect.promise(() => import("../layers/Sandbox.ts"))
      const { url } = yield* serve({ port, seed: settings.sandboxSeed })
      yield* Console.log(url)
      yield* Console.error(
        [
          `A SYNTHETIC market (seed ${
            oneLine(settings.sandboxSeed)
          }) answers there until it is stopped with Ctrl-C. To use it, in another terminal:`,
          `  COINGECKO_BASE_URL=${url} CRYPTO_DATA_DIR=data/served npx crypto run all`
        ].join("\n")
      )
      return yield* Effect.never
    }, Effect.scoped, exit.ending)
  ).pipe(
    Command.withDescription("Serves the synthetic market behind CoinGecko's HTTP contract, on this machine only, until it is stopped."),
    Command.withShortDescription("Serve the synthetic market over HTTP"),
    Command.withExamples([{ command: "crypto sandbox --port 8080 --seed 7", description: "Another market, on a port of choice" }])
  )
