/** The asset graph as a drawing in SVG: sources on the left, each asset right of all it reads, and a link to its page. */
import type * as Asset from "../../engine/Asset.ts"
import { type Html, html } from "../../services/Html.ts"

const [width, height, across, down] = [176, 30, 230, 44] as const

/** `pageOf` is where an asset's page is, if it has one. */
export const graph = (assets: ReadonlyArray<Asset.Any>, pageOf: (name: string) => string | undefined): Html => {
  const depths = new Map<Asset.Any, number>()
  // assets come sources first, so all that one reads has its place before it
  for (const asset of assets) {
    depths.set(asset, Math.max(0, ...Object.values(asset.from).map((_) => (depths.get(_.asset) ?? -1) + 1)))
  }
  const columns = Map.groupBy(assets, (_) => depths.get(_) ?? 0)
  const places = new Map(
    [...columns].flatMap(([depth, members]) =>
      members.map((asset, row) => [asset.name, { x: 10 + depth * across, y: 10 + row * down }] as const)
    )
  )
  const edges = assets.flatMap((asset) =>
    Object.values(asset.from).flatMap((input) => {
      const [from, to] = [places.get(input.asset.name), places.get(asset.name)]
      return from === undefined || to === undefined ? [] : [{ from, to }]
    })
  )
  const right = Math.max(0, ...[...places.values()].map((_) => _.x)) + width + 10
  const bottom = Math.max(0, ...[...places.values()].map((_) => _.y)) + height + 10
  return html`<div class="wide" tabindex="0" role="region" aria-label="The asset graph"><svg class="graph" width="${right}" height="${bottom}" viewBox="0 0 ${right} ${bottom}">
<title>What follows from what</title>
${
    edges.map(({ from, to }) => {
      const [x1, y1, x2, y2] = [from.x + width, from.y + height / 2, to.x, to.y + height / 2]
      return html`<path d="M${x1},${y1} C${x1 + 40},${y1} ${x2 - 40},${y2} ${x2},${y2}"/>
`
    })
  }${
    assets.map((asset) => {
      const { x, y } = places.get(asset.name) ?? { x: 0, y: 0 }
      const page = pageOf(asset.name)
      const box = html`<g><title>${asset.about}</title><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/><text x="${
        x + width / 2
      }" y="${y + height / 2 + 4}">${asset.name}</text></g>`
      return page === undefined ?
        html`${box}
` :
        html`<a href="${page}">${box}</a>
`
    })
  }</svg></div>`
}
