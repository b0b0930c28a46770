/**
 * A picture is where a chart asset is kept: four files below `charts/`, drawn from the Vega-Lite spec that the asset
 * hands over. The files come before the manifest entry: a drawing nobody knows of does no harm.
 */
import { Effect } from "effect"
import type { Manifest } from "../engine/Manifest.ts"
import type * as Store from "../engine/Store.ts"
import { Chart, type ChartError, type TopLevelSpec } from "./Chart.ts"
import { contentHash } from "./contentHash.ts"
import { fileName } from "./fileName.ts"
import { publish } from "./kept.ts"

/** Where a picture lies, below the data folder. */
export interface Files {
  readonly svg: string
  readonly png: string
  readonly html: string
  readonly spec: string
}

export interface Picture extends Store.Store<TopLevelSpec, Files, unknown, ChartError, Chart | Manifest> {
  readonly keyed: true
  readonly subjects: true
}

export const vega: Picture = {
  kind: "chart",
  row: undefined,
  keyed: true,
  subjects: true,
  read: (asset, slice) => {
    const base = baseOf(asset.name, slice)
    return Effect.succeed({ svg: `${base}.svg`, png: `${base}.png`, html: `${base}.html`, spec: `${base}.vl.json` })
  },
  files: (asset, slice) => ["html", "svg", "png", "vl.json"].map((_) => `${baseOf(asset.name, slice)}.${_}`),
  write: Effect.fnUntraced(function*(step, spec) {
    yield* Chart.use((_) => _.draw(baseOf(step.asset.name, step), spec))
    return yield* publish(step, contentHash(JSON.stringify(spec)), rowsOf(spec))
  })
}

// helpers

const baseOf = (asset: string, { subject, window }: Store.Slice): string =>
  `charts/${fileName(asset, { subject, partition: window.last === "" ? undefined : window.last })}`

const rowsOf = (spec: TopLevelSpec): number => {
  const data = "data" in spec ? spec.data : undefined
  return data !== undefined && data !== null && "values" in data && Array.isArray(data.values) ? data.values.length : 0
}
