/**
 * Vega drawn to SVG, and SVG to PNG: no browser, no canvas, no system fonts, no network, no files but two fonts.
 *
 * The same Vega gives the same bytes: ids start anew for each picture, and text is set in Inter.
 */
import { Resvg } from "@resvg/resvg-js"
import * as vega from "vega"
import { listener, Unsound } from "./compile.ts"
import { fontFiles, measure } from "./letters.ts"

/** `words` are what is read out to those who cannot see it. */
export const svg = async (
  spec: vega.Spec,
  words: { readonly title: string; readonly description: string } = { title: "", description: "" }
): Promise<string> => {
  measure()
  vega.resetSVGDefIds()
  const heard: Array<string> = []
  const view = new vega.View(vega.parse(spec), { renderer: "none", loader: locked(), logger: listener(heard) })
  try {
    const text = await view.toSVG()
    // no value yet is a state of the data, not a fault of the spec: such a chart is drawn empty
    const [first, ...rest] = heard.filter((warning) => !/^(Infinite extent|Log scale domain includes zero: \[,\]$)/.test(warning))
    if (first !== undefined) throw new Unsound(first, rest)
    return named(text, words)
  } finally {
    view.finalize()
  }
}

/** Twice the size: sharp on a screen of two device pixels to one, and in print. */
export const png = (text: string): Uint8Array =>
  new Resvg(text, {
    fitTo: { mode: "zoom", value: zoom },
    font: { loadSystemFonts: false, fontFiles: fontFiles.map((file) => file()), defaultFontFamily: "Inter", sansSerifFamily: "Inter" }
  }).render().asPng()

export const zoom = 2

/** The rasteriser's memory is not the JavaScript heap, so its share is bounded by pixels. */
export const mostPixels = 40_000_000

export const sizeOf = (text: string): { readonly width: number; readonly height: number } => {
  const found = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(text)
  return { width: Number(found?.[1] ?? 0), height: Number(found?.[2] ?? 0) }
}

// helpers

const named = (text: string, { description, title }: { readonly title: string; readonly description: string }): string =>
  title === "" ?
    text :
    text.replace(/^<svg([^>]*)>/, (_, attributes: string) =>
      `<svg role="img"${attributes}><title>${escaped(title)}</title>${description === "" ? "" : `<desc>${escaped(description)}</desc>`}`)

const escaped = (words: string): string => words.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const locked = (): vega.Loader => {
  const refuse = (uri: string) => Promise.reject(new Error(`a chart loads nothing, and links to nothing: ${uri.slice(0, 100)}`))
  return { options: {}, load: refuse, sanitize: refuse, http: refuse, file: refuse } as unknown as vega.Loader
}
