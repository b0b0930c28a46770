/**
 * A chart as one HTML file that needs nothing else: it opens from a disk, offline, for years.
 *
 * True of it: its policy allows its own inline scripts by their hashes and nothing more, so no expression is ever
 * compiled to code (Vega's interpreter walks them); text from data is data or text nodes, never markup; it fits a phone;
 * it is dark where the reader's screen is, light on paper; without scripts it shows the SVG.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import type * as vega from "vega"
import type { TopLevelSpec } from "vega-lite"
import { palette } from "../../services/chartColours.ts"
import { coinGecko } from "../../services/chartFrame.ts"
import { diverging, ink } from "../../services/chartTheme.ts"
import { dated, escape } from "../../services/Html.ts"
import { boot } from "./boot.ts"

export interface Page {
  readonly title: string
  readonly line: string
  readonly description: string
  readonly attribution: string
}

/** What the page says in its own words, taken from the spec's frame. */
export const wordsOf = (spec: TopLevelSpec): Page => {
  const title: unknown = spec.title
  const given = isRecord(title) ? title : { text: title }
  const attribution = isRecord(spec.usermeta) ? linesOf(spec.usermeta["attribution"]).join(" ") : ""
  return {
    title: linesOf(given["text"]).join(" ") || "Chart",
    // a picture breaks its subtitle where its width ends; a page breaks where its own does
    line: linesOf(given["subtitle"]).filter((line) => line !== attribution).join(" "),
    description: spec.description ?? "",
    attribution
  }
}

/** The spec as the page draws it: the page has the title, and fits the drawing to the width that there is. */
export const specOfPage = (spec: TopLevelSpec): TopLevelSpec => {
  const { title: _, ...rest } = spec
  return { ...rest, background: "transparent", padding: { left: 2, right: 12, top: 6, bottom: 6 } }
}

export const page = (words: Page, compiled: vega.Spec, svg: string): string => {
  const scripts = [...libraries(), boot].map(inScript)
  return `<!doctype html>
<html lang="en">
<head>
${head(words.title, policyOf(scripts), sheetOfPages)}
<noscript><style>h1,.line{position:absolute;clip-path:inset(50%)}</style></noscript>
</head>
<body>
<main>
<h1 id="title">${escape(words.title)}</h1>
<p class="line">${dated(words.line).markup}</p>
<figure aria-labelledby="title">
<div class="chart" data-spec="spec" role="img" aria-label="${escape(words.description || words.title)}"></div>
<noscript>${svg}</noscript>
<figcaption>${dated(words.description).markup}</figcaption>
</figure>
<footer>${
    words.attribution === coinGecko ? `<a href="https://www.coingecko.com/" rel="noreferrer">${coinGecko}</a>` : escape(words.attribution)
  }</footer>
</main>
<div id="tip" role="status" hidden></div>
<script type="application/json" id="spec">${JSON.stringify(compiled).replaceAll("<", "\\u003c")}</script>
${scripts.map((code) => `<script>${code}</script>`).join("\n")}
</body>
</html>
`
}

/** The scripts that stand in a page, and nothing more. */
export const policyOf = (scripts: ReadonlyArray<string>): string =>
  [
    "default-src 'none'",
    `script-src ${
      scripts.length === 0 ? "'none'" : scripts.map((code) => `'sha256-${createHash("sha256").update(code).digest("base64")}'`).join(" ")
    }`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'"
  ].join("; ")

export const head = (title: string, policy: string, sheet: string): string =>
  `<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escape(title)}</title>
<style>${sheet}</style>`

// helpers

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const linesOf = (value: unknown): ReadonlyArray<string> => [value].flat().filter((line) => typeof line === "string")

/** Code that stands in a script element as it is: neither its end nor a comment's start may be in it. */
export const inScript = (code: string): string => {
  const safe = code.replace(/<\/(script)/gi, "<\\/$1").replaceAll("\r\n", "\n").replace(/\n\/\/# sourceMappingURL=\S*/g, "")
  if (/<!--|\r/.test(safe)) throw new Error("a script that holds <!-- or a bare carriage return cannot stand in a page")
  return safe
}

/** Where a package's module is; the bundle knows no `import.meta.resolve`. */
const resolve = (name: string): string => createRequire(import.meta.url).resolve(name)

let read: ReadonlyArray<string> | undefined
export const libraries = (): ReadonlyArray<string> =>
  read ??= [readFileSync(join(dirname(resolve("vega")), "vega.min.js"), "utf8"), interpreter()]

/** The interpreter ships as a module only: its one import becomes the global it comes from, its one export a global. */
const interpreter = (): string => {
  const module = readFileSync(resolve("vega-interpreter"), "utf8")
  const code = module
    .replace(/^import \{([^}]*)\} from 'vega-util';$/m, "const {$1} = globalThis.vega;")
    .replace(/^export \{ expression as expressionInterpreter \};$/m, "globalThis.vegaInterpreter = expression;")
  if (/^(import|export)\b/m.test(code))
    throw new Error("vega-interpreter is packed in another way than this version of the project expects")
  return `(() => {${code}\n})()`
}

/** A drawing is re-inked, not drawn again: each colour of the theme is known by its light value. */
const inks = [...Object.values(ink), ...diverging, ...palette]
  .map(({ light, dark }) =>
    `.chart [fill="${light}"],noscript [fill="${light}"]{fill:${dark}}.chart [stroke="${light}"],noscript [stroke="${light}"]{stroke:${dark}}`
  )
  .join("")

const sheet = (shade: "light" | "dark") =>
  `:root{--paper:${ink.paper[shade]};--text:${ink.text[shade]};--muted:${ink.muted[shade]};--line:${ink.grid[shade]};--gain:${
    ink.gain[shade]
  };--loss:${ink.loss[shade]}}`

/** What every page looks like. */
export const sheetOfPages = sheet("light") +
  "*{box-sizing:border-box}" +
  "body{margin:0;background:var(--paper);color:var(--text);font:15px/1.5 Inter,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}" +
  "main{max-width:1080px;margin:0 auto;padding:24px 20px}" +
  "h1{font-size:1.35rem;line-height:1.25;margin:0 0 .3rem;overflow-wrap:anywhere}" +
  ".line,figcaption,footer{color:var(--muted);font-size:.85rem;margin:0;overflow-wrap:anywhere}" +
  "time{white-space:nowrap}figure{margin:1rem 0}.chart{width:100%;overflow-x:auto}.chart svg,noscript svg{display:block;max-width:100%;height:auto}" +
  "figcaption{margin-top:.6rem;max-width:75ch}footer{border-top:1px solid var(--line);padding-top:.6rem}a{color:inherit}" +
  "#tip{position:fixed;z-index:9;pointer-events:none;max-width:min(20rem,90vw);padding:.4rem .55rem;border-radius:6px;border:1px solid var(--line);" +
  "background:var(--paper);color:var(--text);font-size:.8rem;box-shadow:0 3px 12px #0003;overflow-wrap:anywhere}" +
  "#tip dl{margin:0;display:grid;grid-template-columns:auto auto;gap:.1rem .7rem}#tip dt{color:var(--muted)}#tip dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}" +
  `@media (max-width:480px){main{padding:16px 12px}h1{font-size:1.15rem}}` +
  `@media screen and (prefers-color-scheme:dark){${sheet("dark")}${inks}}` +
  "@media print{main{padding:0}#tip{display:none}}"
