/** Every materialization of some assets, each once and in the order of publication, however many there were between two looks. */
import { type Duration, Effect, Option } from "effect"
import type * as Asset from "../Asset.ts"
import type { Ledger, LedgerFailed } from "../Ledger.ts"
import { Manifest, type Numbered } from "../Manifest.ts"
import * as Sensor from "./Sensor.ts"

/** The number of the last entry that was seen. */
export type Cursor = number

/** Whoever begins now sees what is published from now on. */
export const start: Effect.Effect<Cursor, never, Manifest> = Effect.map(Manifest.use((_) => _.newest([])), (_) => _.seq)

export const of = <E, R>(
  assets: ReadonlyArray<Asset.Any>,
  see: (entries: readonly [Numbered, ...ReadonlyArray<Numbered>]) => Effect.Effect<Omit<Sensor.Sighting<Cursor>, "cursor">, E, R>,
  options: { readonly minimum?: Duration.Input } = {}
): Sensor.Looks<Cursor, E | LedgerFailed, R | Ledger | Manifest> => {
  const names = assets.map((_) => _.name)
  const look = Effect.fnUntraced(function*(cursor: Cursor) {
    const manifest = yield* Manifest
    if ((yield* manifest.newest([])).seq <= cursor) return Option.none()
    const [first, ...rest] = (yield* manifest.log(names)).filter((_) => _.seq > cursor)
    if (first === undefined) return Option.none()
    return Option.some({ ...yield* see([first, ...rest]), cursor: rest.at(-1)?.seq ?? first.seq })
  })
  // a step that ends well has published, and is told after that
  return Sensor.heard({
    text: `when ${names.join(" or ")} was made`,
    interest: (_) => _._tag === "StepEnded" && _.state === "succeeded",
    ...options
  }, look)
}
