/** What can be told of the files that the settings name without opening the data file: so also while another process has it. */
import { Effect, FileSystem, Layer } from "effect"
import { Settings } from "../services/Settings.ts"
import { ownerOf } from "./duckdb/owner.ts"
import * as Ledger from "./Ledger.ts"

/** The ledger lies beside the data file, under its name; that of data in memory is in memory. */
export const ledgerPath = (duckdbPath: string): string =>
  duckdbPath === ":memory:" ? duckdbPath : duckdbPath.replace(/(\.duckdb)?$/, ".ledger.sqlite")

const isThere = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs.exists(path).pipe(Effect.orElseSucceed(() => false))
})

/** Is there a data file? One that was never made is not made by looking for it. */
export const kept = Effect.flatMap(Settings, (_) => isThere(_.duckdbPath))

/** The ledger, to look at: an empty one where nothing ever ran. */
export const ledger = Layer.unwrap(Effect.gen(function*() {
  const path = ledgerPath((yield* Settings).duckdbPath)
  return Ledger.layer((yield* isThere(path)) ? path : ":memory:")
}))

/** The process that has the data file now, if one has. */
export const owner = Effect.flatMap(Settings, ({ duckdbPath }) => ownerOf(duckdbPath))
