/** The command `crypto` as a value: its pipeline and its layers are loaded by the commands that need them. */
import { Effect, Layer, Option } from "effect"
import manifest from "../../package.json" with { type: "json" }
import { InForce } from "../layers/Settings.ts"
import { later } from "./later.ts"

export const pipeline = Effect.flatMap(Effect.promise(() => import("../program.ts")), (_) => _.pipeline)

const live = Effect.promise(() => import("../layers/Live.ts"))
const whole = Layer.unwrap(Effect.map(live, (_) => _.layer))
const data = Layer.unwrap(Effect.map(live, (_) => _.data))
/** By itself: DuckDB is loaded, and begun, before all the rest is. */
const spare = Effect.promise(() => import("../layers/duckdb/spare.ts"))
const files = Effect.promise(() => import("../layers/Files.ts"))

export const options = {
  name: "crypto",
  version: manifest.version,
  about: "Crypto market data: CoinGecko to DuckDB to charts. Data go to stdout, everything else to stderr.",
  flags: ["source", "data-dir", "seed"],
  layer: whole,
  // a command that is done for another process has the data open
  early: Layer.unwrap(Effect.flatMap(InForce, (_) => Option.isSome(_) ? Effect.succeed(Layer.empty) : Effect.map(spare, (_) => _.layer))),
  ledger: Layer.unwrap(Effect.map(files, (_) => _.ledger)),
  kept: Effect.flatMap(files, (_) => _.kept),
  owner: Effect.flatMap(files, (_) => _.owner),
  usage: Effect.flatMap(Effect.promise(() => import("../layers/coingecko/CallLogFile.ts")), (_) => _.usage),
  upkeep: Layer.unwrap(
    Effect.zipWith(Effect.promise(() => import("../layers/Retention.ts")), pipeline, (_, { assets }) => _.daily(assets))
  ).pipe(Layer.provide(whole)),
  /** Beside the usual ones: what only this pipeline has. */
  commands: [
    later("report", "The market now, or a month, in one page", "Make",
      (root, world) => import("./report.ts").then((_) => _.report(root, world))),
    later("chart", "A chart of some coins, to a file or drawn here", "Look",
      (root, world) => import("./chart.ts").then((_) => _.chart(root, world))),
    later("site", "What is kept, as a folder of linked pages", "Take out",
      (root, world) => import("./site.ts").then((_) => _.site(root, world))),
    later("query", "One SELECT on the data file, which it cannot change", "Take out",
      (root) => import("./query.ts").then((_) => _.query(root, data))),
    later("export", "Tables as Parquet, CSV, JSON or Arrow files", "Take out",
      (root, world) => import("./export.ts").then((_) => _.exporting(root, world, data))),
    later("gc", "Remove what is older than it is kept", "Keep in order",
      (root, world) => import("./gc.ts").then((_) => _.gc(root, world, whole))),
    later("doctor", "Whether files, settings and versions are well; what to do if not", "Keep in order",
      (root, world) => import("./doctor.ts").then((_) => _.doctor(root, world, Layer.unwrap(Effect.map(live, (_) => _.audited))))),
    later("sandbox", "Serve the synthetic market over HTTP", "Keep in order", (root) => import("./sandbox.ts").then((_) => _.sandbox(root)))
  ]
} as const
