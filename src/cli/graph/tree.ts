/** The graph as a tree: sources at the left, under each what reads it; what has several sources is told once in full. */
import type * as Asset from "../../engine/Asset.ts"
import { shape, told } from "../list.ts"
import type { Ink } from "../page.ts"
import { clip, oneLine, widthOf } from "../plain.ts"
import { legend, mark, type Standing } from "../standing.ts"
import { edges } from "./drawing.ts"

export const tree = (assets: ReadonlyArray<Asset.Any>, standing: (asset: Asset.Any) => Standing, ink: Ink, columns: number): string => {
  const all = edges(assets)
  const readers = Map.groupBy(all, ([from]) => from)
  const read = Map.groupBy(all, ([, to]) => to)
  const lines: Array<Line> = []
  const seen = new Set<Asset.Any>()
  const visit = (asset: Asset.Any, lead: string, branch: string, below: string) => {
    const again = seen.has(asset)
    lines.push({ lead: lead + branch, asset, again, reads: (read.get(asset) ?? []).map(([from]) => from.name) })
    if (again) return
    seen.add(asset)
    const children = (readers.get(asset) ?? []).map(([, to]) => to)
    children.forEach((child, i) => {
      const isLast = i === children.length - 1
      visit(child, lead + below, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  ")
    })
  }
  for (const asset of assets) if (!read.has(asset)) visit(asset, "", "", "")
  const width = lines.reduce((most, _) => Math.max(most, _.lead.length + _.asset.name.length), 0)
  return [...lines.map((_) => lineOf(_, standing(_.asset), ink, width, columns)), "", legend(ink)].join("\n")
}

// helpers

interface Line {
  readonly lead: string
  readonly asset: Asset.Any
  /** It was told before, under another source. */
  readonly again: boolean
  readonly reads: ReadonlyArray<string>
}

const lineOf = ({ again, asset, lead, reads }: Line, { state, why }: Standing, ink: Ink, width: number, columns: number): string => {
  const name = asset.name.padEnd(width - lead.length)
  const begun = `${ink.dim(lead)}${mark(ink, state)} ${again ? ink.dim(name) : name}  `
  const rest = again ? "(above)" : [
    shape(told(asset)),
    ...(reads.length > 1 ? [`reads ${reads.join(", ")}`] : []),
    ...(why === "" ? [] : [oneLine(why)])
  ].join(" · ")
  return begun + ink.dim(clip(rest, columns - widthOf(lead + name) - 4))
}
