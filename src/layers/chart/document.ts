/**
 * A report as one HTML file that needs nothing else: its policy allows its own scripts by their hashes and nothing more;
 * its drawings come alive where scripts run and stay as they are where none do; it fits a phone, is dark where the
 * reader's screen is, and prints light.
 */
import type { Document } from "../../services/Report.ts"
import { boot } from "./boot.ts"
import { head, inScript, libraries, policyOf, sheetOfPages } from "./page.ts"

export const documentPage = ({ body, live, title }: Document): string => {
  const scripts = live.length === 0 ? [] : [...libraries(), boot].map(inScript)
  return `<!doctype html>
<html lang="en">
<head>
${head(title, policyOf(scripts), sheetOfPages + sheetOfDocuments)}
</head>
<body>
<main class="report">
${body.markup}
</main>
<div id="tip" role="status" hidden></div>
${live.map((spec, at) => `<script type="application/json" id="spec${at}">${spec.replaceAll("<", "\\u003c")}</script>`).join("\n")}
${scripts.map((code) => `<script>${code}</script>`).join("\n")}
</body>
</html>
`
}

/** What documents look like beyond what every page does. */
export const sheetOfDocuments = "h2{font-size:1.1rem;margin:2rem 0 .5rem}h3{font-size:.95rem;margin:0}" +
  ".facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.4rem,1fr));gap:.6rem;margin:1rem 0;padding:0;list-style:none}" +
  ".facts li{border:1px solid var(--line);border-radius:8px;padding:.6rem .75rem;overflow-wrap:anywhere}.facts b{display:block;font-size:1.15rem;font-variant-numeric:tabular-nums}" +
  ".facts li>span,.note{color:var(--muted);font-size:.82rem}" +
  ".wide{overflow-x:auto;margin:.5rem 0}table{border-collapse:collapse;width:100%;font-size:.84rem;font-variant-numeric:tabular-nums}" +
  "th,td{padding:.32rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}" +
  "tbody th{white-space:normal;overflow-wrap:anywhere;min-width:9.5rem}th .note,td .note{font-size:inherit;font-weight:400}.words{display:block;min-width:16rem;white-space:normal;text-align:left}thead th{color:var(--muted);font-weight:600;white-space:normal;vertical-align:bottom}caption{text-align:left;color:var(--muted);font-size:.82rem;padding-bottom:.3rem}" +
  ".facts b span{white-space:nowrap}.up{color:var(--gain)}.down{color:var(--loss)}.synthetic{border:2px solid var(--loss);border-radius:8px;padding:.5rem .75rem;font-weight:600}" +
  "dl.formulas{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.2rem 1rem;font-size:.84rem}dl.formulas dt{font-weight:600}dl.formulas dd{margin:0;color:var(--muted)}" +
  "ul.plain{padding-left:1.1rem}nav ul{padding-left:1.1rem}" +
  "@media print{h2,h3{break-after:avoid}figure,table,.facts li{break-inside:avoid}.wide{overflow:visible}table{font-size:.62rem}th,td{padding:.15rem .25rem}}"
