/** The command `crypto`: importing this file runs it. Its pipeline and its layers are loaded by the commands that need them. */
import { Effect, Layer } from "effect"
import manifest from "../../package.json" with { type: "json" }
import * as Cli from "./Cli.ts"

const pipeline = Effect.flatMap(Effect.promise(() => import("../program.ts")), (_) => _.pipeline)
const live = Effect.promise(() => import("../layers/Live.ts"))

Cli.run(pipeline, {
  name: "crypto",
  version: manifest.version,
  about: "Crypto market data: CoinGecko to DuckDB to charts. Data go to stdout, everything else to stderr.",
  layer: Layer.unwrap(Effect.map(live, (_) => _.layer)),
  commands: (root) => [Cli.query(root, Layer.unwrap(Effect.map(live, (_) => _.data))), Cli.sandbox(root)]
})
