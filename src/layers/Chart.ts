/** Charts drawn by Vega in a process of their own, and kept as files below the data folder. */
import { Effect, FileSystem, Layer, Path, Semaphore } from "effect"
import { Chart, ChartError, type Drawn, type Format, formats, type Reason, type TopLevelSpec } from "../services/Chart.ts"
import { Settings } from "../services/Settings.ts"
import * as DrawingProcess from "./chart/DrawingProcess.ts"
import { publish } from "./chart/files.ts"
import { type Limits, limits, safeSpec } from "./chart/safeSpec.ts"

export interface Options extends DrawingProcess.Options {
  readonly limits: Limits
}

/** 512 MB draws 20,000 rows with room to spare; 30 s is ten times what that takes on a slow machine. */
export const defaults: Options = { heapMb: 512, seconds: 30, limits }

export const layerWith = (options: Partial<Options> = {}): Layer.Layer<Chart, never, Settings | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(Chart, Effect.gen(function*() {
    const { heapMb, seconds, limits } = { ...defaults, ...options }
    const { dataDir } = yield* Settings
    const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
    const pen = yield* DrawingProcess.make({ heapMb, seconds })
    const writing = yield* Semaphore.make(1)

    const drawing = Effect.fnUntraced(function*<F extends Format>(spec: TopLevelSpec, formats: ReadonlyArray<F>) {
      const safe = JSON.stringify(yield* Effect.fromResult(safeSpec(spec, limits)))
      const drawn = yield* pen.draw(safe, formats)
      const whole = { spec: `${safe}\n`, svg: drawn.svg, png: drawn.png, html: drawn.html, live: drawn.live }
      // it draws what it is asked for, or fails
      return whole as Drawn<F>
    })

    const render = Effect.fn("Chart.render")(<F extends Format>(spec: TopLevelSpec, formats: ReadonlyArray<F>) =>
      drawing(spec, formats).pipe(Effect.mapError(failed(nameOf(spec))))
    )

    const draw = Effect.fn("Chart.draw")(function*(base: string, spec: TopLevelSpec) {
      const drawn = yield* drawing(spec, formats)
      const parts = [
        ...formats.map((format) => ({ extension: format, content: drawn[format] })),
        { extension: "vl.json", content: drawn.spec }
      ]
      const names = yield* publish(dataDir, base, parts).pipe(writing.withPermits(1), Effect.provideContext(files))
      return { files: names }
    }, (effect, base) => Effect.mapError(effect, failed(base)))

    return Chart.of({ render, draw })
  }))

export const layer = layerWith()

// helpers

const failed = (chart: string) => (reason: Reason) => new ChartError({ chart, reason })

const nameOf = (spec: TopLevelSpec): string => {
  const title: unknown = spec.title
  if (typeof title === "string") return title
  return typeof title === "object" && title !== null && "text" in title ? [title.text].flat().join(" ") : "untitled"
}
