/** Everything a pipeline keeps, in memory: rows, manifest and ledger, for tests and for pipelines that outlive nothing. */
import { Layer } from "effect"
import type { Ledger } from "../engine/Ledger.ts"
import { inMemory, type Manifest } from "../engine/Manifest.ts"
import { ledger } from "./ledger/inMemory.ts"
import { type Rows, rows } from "./memory/store.ts"

export { ledger } from "./ledger/inMemory.ts"
export { OFFENDERS, type Rowed, Rows, rows, store } from "./memory/store.ts"

export const manifest: Layer.Layer<Manifest> = inMemory()

/** Rows, manifest and ledger, all new. */
export const layer: Layer.Layer<Rows | Manifest | Ledger> = Layer.mergeAll(rows, manifest, ledger)
