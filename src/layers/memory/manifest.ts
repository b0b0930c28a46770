import { Effect, Layer } from "effect"
import { Entry, Manifest, type Numbered } from "../../engine/Manifest.ts"

export const manifest: Layer.Layer<Manifest> = Layer.sync(Manifest, () => {
  const log = new Map<string, Array<Numbered>>()
  const ids = new Set<string>()
  const of = (asset: string) => log.get(asset) ?? []
  let seq = 0
  return Manifest.of({
    publish: (entry) =>
      Effect.sync(() => {
        const entries = of(entry.asset)
        entries.push(Object.assign(new Entry(entry), { seq: ++seq }))
        log.set(entry.asset, entries)
        ids.add(entry.id)
      }),
    log: (assets) => Effect.sync(() => [...new Set(assets)].flatMap(of).sort((a, b) => a.seq - b.seq)),
    newest: (assets) =>
      Effect.sync(() => ({ seq, ids: Object.fromEntries(assets.flatMap((_) => of(_).slice(-1).map(({ id }) => [_, id]))) })),
    has: (id) => Effect.sync(() => ids.has(id))
  })
})
