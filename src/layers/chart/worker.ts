/**
 * The drawing process: the only place that loads Vega, Vega-Lite and the rasteriser.
 *
 * It draws one spec at a time and answers each question once. It may die of a spec; whoever asked is told by its exit.
 * It ends when whoever started it does.
 */
import type { TopLevelSpec } from "vega-lite"
import type { Format, Reason } from "../../services/Chart.ts"
import { check, compile, Unsound } from "./compile.ts"
import { page, specOfPage, wordsOf } from "./page.ts"
import { mostPixels, png, sizeOf, svg, zoom } from "./picture.ts"
import { still } from "./still.ts"
import type { Answer, Ask, Drawn } from "./protocol.ts"

const draw = async (ask: Ask): Promise<Drawn> => {
  const spec: unknown = JSON.parse(ask.spec)
  check(spec)
  // the schema has just said so
  const sound = spec as TopLevelSpec
  const words = wordsOf(sound)
  const picture = await svg(compile(still(sound)), words)
  const asked = (format: Format) => ask.formats.includes(format)
  const ofPage = asked("html") || asked("live") ? compile(specOfPage(sound)) : undefined
  return {
    svg: picture,
    png: asked("png") ? raster(picture) : undefined,
    html: ofPage !== undefined && asked("html") ? page(words, ofPage, picture) : undefined,
    live: ofPage !== undefined && asked("live") ? JSON.stringify(ofPage) : undefined
  }
}

process.on("message", (ask: Ask) => {
  void draw(ask).then(
    (drawn): Answer => ({ id: ask.id, _tag: "Drawn", drawn }),
    (cause: unknown): Answer => ({ id: ask.id, _tag: "Refused", reason: reasonOf(cause) })
  ).then((answer) => process.send?.(answer, sweep))
})

process.on("disconnect", () => process.exit())

// a rejection nobody awaits inside Vega must not pass for a drawing
process.on("unhandledRejection", (cause) => {
  throw cause
})

// helpers

/** What a drawing leaves is swept when its answer has gone, and not in the midst of the next. */
const sweep = () => {
  globalThis.gc?.({ type: "minor" })
}

const raster = (picture: string): Uint8Array => {
  const { height, width } = sizeOf(picture)
  const pixels = width * height * zoom * zoom
  if (!(pixels <= mostPixels)) throw new TooLarge(pixels)
  return png(picture)
}

class TooLarge extends Error {
  readonly pixels: number
  constructor(pixels: number) {
    super(`${pixels} pixels`)
    this.pixels = pixels
  }
}

const reasonOf = (cause: unknown): Reason =>
  cause instanceof Unsound
    ? { _tag: "Invalid", problems: cause.problems }
    : cause instanceof TooLarge
    ? { _tag: "TooLarge", what: "pixels in a PNG", found: cause.pixels, limit: mostPixels }
    : { _tag: "Failed", problem: cause instanceof Error ? cause.message : String(cause) }
