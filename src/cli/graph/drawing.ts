/** The graph for programs that draw: Mermaid and DOT. Whatever a name or a group holds, it stays text there. */
import type * as Asset from "../../engine/Asset.ts"

/** Who is read by whom, among these. */
export const edges = (assets: ReadonlyArray<Asset.Any>): ReadonlyArray<readonly [from: Asset.Any, to: Asset.Any]> =>
  assets.flatMap((to) =>
    [...new Set(Object.values(to.from).map((_) => _.asset))].flatMap((from) => assets.includes(from) ? [[from, to] as const] : [])
  )

export const mermaid = (assets: ReadonlyArray<Asset.Any>): string => {
  const node = (asset: Asset.Any) => {
    const label = inMermaid(asset.name)
    return `${id(asset)}${asset.into.kind === "table" ? `[("${label}")]` : `["${label}<br/>${inMermaid(asset.into.kind)}"]`}`
  }
  const grouped = [...byGroup(assets)].flatMap(([group, members], i) =>
    group === undefined
      ? members.map((_) => `  ${node(_)}`)
      : [`  subgraph g${i}["${inMermaid(group)}"]`, ...members.map((_) => `    ${node(_)}`), "  end"]
  )
  return ["flowchart LR", ...grouped, ...edges(assets).map(([from, to]) => `  ${id(from)} --> ${id(to)}`)].join("\n")
}

export const dot = (name: string, assets: ReadonlyArray<Asset.Any>): string => {
  const node = (asset: Asset.Any) =>
    `${inDot(asset.name)} [shape=${asset.into.kind === "table" ? "cylinder" : "note"}, tooltip=${inDot(asset.about)}];`
  const grouped = [...byGroup(assets)].flatMap(([group, members], i) =>
    group === undefined
      ? members.map((_) => `  ${node(_)}`)
      : [`  subgraph cluster_${i} {`, `    label=${inDot(group)};`, ...members.map((_) => `    ${node(_)}`), "  }"]
  )
  return [
    `digraph ${inDot(name)} {`,
    "  rankdir=LR;",
    ...grouped,
    ...edges(assets).map(([from, to]) => `  ${inDot(from.name)} -> ${inDot(to.name)};`),
    "}"
  ].join("\n")
}

// helpers

const byGroup = (assets: ReadonlyArray<Asset.Any>) => Map.groupBy(assets, (_) => _.group)

/** Never one of Mermaid's own words: `end`, `graph`, `class`. */
const id = (asset: Asset.Any) => `a_${asset.name}`

/** Mermaid reads HTML and its own `#code;` in labels. */
const inMermaid = (text: string): string => text.replace(/[^\p{L}\p{N} _.,:()/-]/gu, (_) => `#${_.codePointAt(0)};`)

const inDot = (text: string): string => `"${text.replace(/\\/g, "\\\\").replace(/"/g, "\\\"").replace(/\s+/g, " ")}"`
