/** The world as the settings say it is: CoinGecko or the sandbox, the data file with its manifest, the ledger, charts, hooks. */
import { Clock, Effect, Layer } from "effect"
import { resolve } from "node:path"
import { Horizon } from "../engine/Partition.ts"
import { Limits } from "../engine/Queue.ts"
import { Settings } from "../services/Settings.ts"
import * as Chart from "./Chart.ts"
import * as Later from "./coingecko/Later.ts"
import * as DuckDb from "./DuckDb.ts"
import { ledgerPath } from "./Files.ts"
import * as Hook from "./Hook.ts"
import * as Ledger from "./Ledger.ts"
import * as Manifest from "./Manifest.ts"
import * as Report from "./Report.ts"

/** The data file and its manifest: what a query needs. Opening it makes its folder. */
export const data = Layer.unwrap(Effect.map(Settings, ({ currency, dataDir, duckdbPath, sandboxSeed, source }) => {
  const stamp = { source: source === "sandbox" ? `sandbox (seed ${sandboxSeed})` : source, currency }
  return Manifest.layer.pipe(Layer.provideMerge(DuckDb.layer({ path: duckdbPath, stamp, exports: resolve(dataDir, "exports") })))
}))

/** The data file with its ledger: what is looked at to tell whether they are well. */
export const audited = Layer.unwrap(
  Effect.map(Settings,
    ({ duckdbPath }) => Layer.unwrap(Effect.sync(() => Ledger.layer(ledgerPath(duckdbPath)))).pipe(Layer.provideMerge(data)))
)

/** The ledger lies beside the data file, which has to be owned first: so it is opened after it. */
export const layer = Layer.unwrap(Effect.map(Settings, ({ duckdbPath, historyDays, limits, sandboxSeed, source }) => {
  const ledger = Layer.unwrap(Effect.sync(() => Ledger.layer(ledgerPath(duckdbPath))))
  const market = source === "sandbox"
    ? Layer.unwrap(Effect.map(Clock.Clock, (clock) => Later.layer(() => sandbox(sandboxSeed, () => clock.currentTimeMillisUnsafe()))))
    : Later.layer(async () => (await import("./CoinGecko.ts")).layer)
  const chosen = Layer.merge(Layer.succeed(Horizon, historyDays), Layer.succeed(Limits, limitsOf(limits)))
  return Layer.mergeAll(ledger, market, Chart.layer, Report.layer, Hook.layer, chosen).pipe(
    Layer.provideMerge(data)
  )
}))

// helpers

const sandbox = async (seed: string, now: () => number) => {
  const [{ layerFetch }, { fetchOf, make }] = await Promise.all([import("./CoinGecko.ts"), import("./Sandbox.ts")])
  return layerFetch(fetchOf(make(seed), now))
}

/** `pool:api` and `tag:team=prices`, as the queue has them. */
const limitsOf = (limits: Settings["Service"]["limits"]): Limits => {
  const of = (kind: string) =>
    Object.fromEntries(Object.entries(limits).flatMap(([name, n]) => name.startsWith(`${kind}:`) ? [[name.slice(kind.length + 1), n]] : []))
  return { runs: limits["runs"] ?? 4, tags: of("tag"), pools: of("pool") }
}
