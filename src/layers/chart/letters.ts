/**
 * How wide words are in Inter, as a browser would measure them: Vega without a canvas takes every letter for 0.8 of its
 * size, so it cut labels that had room, left out ticks, and drew pictures wider than what is in them.
 *
 * Widths are those of the font's own table, a letter at a time; kerning is under a hundredth and left out.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as vega from "vega"

/** The two fonts that pictures are set in. */
export const fontFiles = (["400Regular/Inter_400Regular.ttf", "600SemiBold/Inter_600SemiBold.ttf"] as const).map((file) => () =>
  fileURLToPath(import.meta.resolve(`@expo-google-fonts/inter/${file}`))
)

/** The width of one line, in pixels. */
export const widthOf = (text: string, size: number, weight: unknown = "normal"): number => {
  const advance = isBold(weight) ? (semiBold ??= advances(fontFiles[1]?.() ?? "")) : (regular ??= advances(fontFiles[0]?.() ?? ""))
  let width = 0
  for (const letter of text) width += advance(letter.codePointAt(0) ?? 0)
  return width * size
}

/** From here on Vega measures with it. */
export const measure = (): void => {
  // Vega exports it, and lets it be set, for this; its types leave it out
  const metrics = (vega as unknown as { readonly textMetrics: { width: (item: Words, text: unknown) => number } }).textMetrics
  metrics.width = ({ fontSize = 11, fontWeight, limit }, text) => {
    const width = widthOf(text === null || text === undefined ? "" : String(text).trim(), fontSize, fontWeight)
    return limit !== undefined && limit > 0 ? Math.min(width, limit) : width
  }
}

// helpers

interface Words {
  readonly fontSize?: number
  readonly fontWeight?: unknown
  readonly limit?: number
}

type Advance = (codePoint: number) => number

let regular: Advance | undefined
let semiBold: Advance | undefined

const isBold = (weight: unknown): boolean => weight === "bold" || weight === "bolder" || Number(weight) >= 600

/** The advance of each code point in ems, from the tables `cmap` (format 12) and `hmtx` of an OpenType font; one em for a letter it lacks. */
const advances = (file: string): Advance => {
  const bytes = readFileSync(file)
  const tables = new Map(
    Array.from({ length: bytes.readUInt16BE(4) }, (_, at) => 12 + 16 * at)
      .map((at) => [bytes.toString("latin1", at, at + 4), bytes.readUInt32BE(at + 8)] as const)
  )
  const table = (name: string): number => {
    const at = tables.get(name)
    if (at === undefined) throw new Error(`${file} has no table ${name}`)
    return at
  }
  const em = bytes.readUInt16BE(table("head") + 18)
  const metrics = bytes.readUInt16BE(table("hhea") + 34)
  const cmap = table("cmap")
  const groupsAt = Array.from({ length: bytes.readUInt16BE(cmap + 2) }, (_, at) => cmap + bytes.readUInt32BE(cmap + 8 + 8 * at))
    .find((at) => bytes.readUInt16BE(at) === 12)
  if (groupsAt === undefined) throw new Error(`${file} maps its letters in another way than this version of the project expects`)
  const groups = Array.from({ length: bytes.readUInt32BE(groupsAt + 12) }, (_, at) => groupsAt + 16 + 12 * at)
  const known = new Map<number, number>()
  return (codePoint) => {
    const found = known.get(codePoint)
    if (found !== undefined) return found
    const group = groups.find((at) => bytes.readUInt32BE(at) <= codePoint && codePoint <= bytes.readUInt32BE(at + 4))
    const glyph = group === undefined ? undefined : bytes.readUInt32BE(group + 8) + codePoint - bytes.readUInt32BE(group)
    const advance = glyph === undefined ? 1 : bytes.readUInt16BE(table("hmtx") + 4 * Math.min(glyph, metrics - 1)) / em
    known.set(codePoint, advance)
    return advance
  }
}
