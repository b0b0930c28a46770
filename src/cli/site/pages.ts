/** The pages of a site: no script, no address but their own files', light or dark as the reader's screen is. */
import type * as Asset from "../../engine/Asset.ts"
import { facts, formulas, provided, table, tidy } from "../../assets/reports/Figures.ts"
import { head, policyOf, sheetOfPages } from "../../layers/chart/page.ts"
import { sheetOfDocuments } from "../../layers/chart/document.ts"
import * as Column from "../../services/Column.ts"
import type { ReadOnlyResult } from "../../services/DuckDb.ts"
import { type Html, html, type Value } from "../../services/Html.ts"
import type { Result } from "../run/results.ts"
import { graph } from "./graph.ts"

export interface Site {
  readonly assets: ReadonlyArray<Asset.Any>
  readonly results: ReadonlyArray<Result>
  readonly attribution: string
  readonly title: string
}

/** `up` is the way to the site's root: nothing, or `../`. */
export const page = (site: Site, title: string, up: "" | "../", body: Html): string =>
  `<!doctype html>
<html lang="en">
<head>
${head(title, policyOf([]).replace("img-src data:", "img-src 'self' file: data:"), sheetOfPages + sheetOfDocuments + sheet)}
</head>
<body>
<main>
${
    html`<nav aria-label="Site"><a href="${up}index.html">Overview</a> <a href="${up}graph.html">Asset graph</a></nav>
${body}
<footer>${provided(site.attribution)}</footer>`.markup
  }
</main>
</body>
</html>
`

export const index = (site: Site): Html => {
  const { assets, results } = site
  const about = (name: string) => assets.find((_) => _.name === name)?.about
  const [reports, charts, tables] = (["report", "chart", "table"] as const).map((kind) => results.filter((_) => _.kind === kind))
  const newest = results.reduce((most, _) => (_.asOf > most ? _.asOf : most), "")
  return html`<h1>${site.title}</h1>
<p class="line">Made from what was kept as of ${instant(newest)} UTC</p>
${
    facts([
      ["Reports", String(reports?.reduce((sum, _) => sum + _.files.length, 0) ?? 0)],
      ["Charts", String(charts?.reduce((sum, _) => sum + pagesOf(_).length, 0) ?? 0)],
      ["Tables", String(tables?.length ?? 0)]
    ])
  }
<h2>Reports</h2>
${
    (reports ?? []).map((_) =>
      html`<h3>${_.asset}</h3><p class="note">${about(_.asset)}</p><ul>${
        _.files.map((file) => html`<li><a href="${file}">${nameOf(file, _.asset)}</a></li>`)
      }</ul>`
    )
  }
<h2>Charts</h2>
<ul class="cards">${
    (charts ?? []).map((_) => {
      // the oldest first: coins in the order in which they are tracked
      const [first, ...more] = pagesOf(_).toReversed()
      return first === undefined ?
        "" :
        html`<li><a href="${first}"><img src="${first.replace(/html$/, "svg")}" alt="${about(_.asset)}" loading="lazy"></a>
<h3><a href="${first}">${nameOf(first, _.asset)}</a></h3><p class="note">${about(_.asset)}</p>${
          more.length > 0 &&
          html`<details><summary>${more.length} more</summary><ul>${
            more.map((file) => html`<li><a href="${file}">${nameOf(file, _.asset)}</a></li>`)
          }</ul></details>`
        }</li>
`
    })
  }</ul>
<h2>Tables</h2>
${
    table("Tables, with their newest rows and all of them as CSV", [
      "Table",
      "Rows",
      "From",
      "To",
      "As of (UTC)",
      html`<span class="words">What it says</span>`
    ], (tables ?? []).map((_) => [
      html`<a href="tables/${_.asset}.html">${_.asset}</a>`,
      (_.rows ?? 0).toLocaleString("en"),
      _.first ?? "",
      _.last ?? "",
      instant(_.asOf),
      html`<span class="words">${about(_.asset)}</span>`
    ]))
  }`
}

export const tablePage = (asset: Asset.Any, result: Result, newest: ReadOnlyResult, whole: boolean): Html => {
  const columns = asset.into.row === undefined ? [] : Column.of(asset.into.row)
  const names = newest.columns.map((_) => _.name)
  return html`<h1>${asset.name}</h1>
<p class="line">${asset.about}${asset.source === undefined ? "" : ` · from: ${asset.source}`} · as of ${instant(result.asOf)} UTC</p>
<p><a href="${asset.name}.csv" download>${asset.name}.csv</a> <span class="note">${
    whole ? "all rows" : "the newest rows"
  }, as CSV in which a spreadsheet finds no formulas; here figures have six digits, there all</span></p>
<h2>Rows</h2>
${
    table(
      newest.rows.length < (result.rows ?? 0)
        ? `The newest ${newest.rows.length} of ${(result.rows ?? 0).toLocaleString("en")} rows`
        : "All rows",
      names,
      newest.rows.map((row) => names.map((_) => said(row[_], columns.some(({ name, type }) => name === _ && type === "DOUBLE"))))
    )
  }
<h2>Columns</h2>
${formulas(columns)}`
}

export const graphPage = (site: Site): Html => {
  const kept = new Map(site.results.map((_) => [_.asset, _]))
  return html`<h1>Asset graph</h1>
<p class="line">What follows from what: an asset reads those on its left that a line joins it to</p>
${
    graph(site.assets, (name) => {
      const of = kept.get(name)
      return of === undefined ? undefined : of.kind === "table" ? `tables/${name}.html` : pagesOf(of)[0]
    })
  }`
}

/** The files for people. */
export const pagesOf = ({ files }: Result): ReadonlyArray<string> => files.filter((_) => _.endsWith(".html"))

// helpers

const instant = (of: string): string => of.slice(0, 16).replace("T", " ")

/** `charts/coin_chart--bitcoin-6b88c087.html` is `bitcoin`, of coin_chart. */
const nameOf = (file: string, asset: string): string => {
  const own = file.slice(file.lastIndexOf("/") + 1).replace(/\.html$/, "").split("--").slice(1).join(" ").replace(/-[0-9a-f]{8}(?= |$)/, "")
  return own === "" ? asset : `${asset}: ${own}`
}

/** A figure as people write it, and on pointing at it as it is kept. */
const said = (value: unknown, isFigure: boolean): Value => {
  if (value === null || value === undefined) return ""
  if (isFigure && typeof value === "number") return html`<data value="${value}" title="${value}">${tidy(value)}</data>`
  return typeof value === "string" ? value : JSON.stringify(value)
}

const sheet = "nav{display:flex;gap:1rem;margin-bottom:1rem;font-size:.85rem}" +
  ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));gap:1rem;list-style:none;padding:0}" +
  ".cards li{border:1px solid var(--line);border-radius:8px;padding:.75rem;overflow-wrap:anywhere}.cards img{width:100%;height:11rem;object-fit:contain;object-position:top;background:#fff;border-radius:4px}" +
  ".cards h3{margin:.4rem 0 0}.cards p{margin:.1rem 0}" +
  ".graph{font:12px Inter,system-ui,sans-serif}.graph rect{fill:var(--paper);stroke:var(--muted)}.graph text{fill:var(--text);text-anchor:middle}.graph path{fill:none;stroke:var(--muted);stroke-width:1;opacity:.6}.graph a:hover rect{stroke-width:2}"
