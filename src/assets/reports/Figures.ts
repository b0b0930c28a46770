/** How a report writes figures: tidy from 1e-12 to 1e13, signed where they are changes, and "n/a" where there is none. */
import { type Html, html, type Value } from "../../services/Html.ts"
import type * as Column from "../../services/Column.ts"
import * as Words from "../words.ts"

/** `67,200`, `1.25M`, `3.4T`, `0.000012`, `1.2e-9` */
export const tidy = (of: number | null | undefined): string => {
  if (of === null || of === undefined) return none
  // as it will be written: 999,999.9 is 1M
  const size = Number(Math.abs(of).toPrecision(6))
  for (const [unit, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"]] as const)
    if (size >= unit) return `${plain(of / unit)}${letter}`
  return size >= 1e-6 || of === 0 ? plain(of) : of.toExponential(3).replace(/\.?0+e/, "e")
}

/** `+12.3 %`: a fraction as a change. */
export const share = (of: number | null | undefined): string => of === null || of === undefined ? none : Words.change(of)

/** The same, coloured; the sign says it without colour. */
export const change = (of: number | null | undefined): Html =>
  of === null || of === undefined || Words.isNothing(of)
    ? html`<span>${share(of)}</span>`
    : html`<span class="${of > 0 ? "up" : "down"}">${share(of)}</span>`

/** `−0.76`: a figure without a unit. */
export const ratio = (of: number | null | undefined): string => of === null || of === undefined ? none : Words.figure(of, 2)

/** `12.3 %`: a fraction as a size. */
export const size = (of: number | null | undefined): string => of === null || of === undefined ? none : Words.size(of)

/** `1 coin`, `3 coins` */
export const coins = (of: number): string => `${of} ${of === 1 ? "coin" : "coins"}`

/** Headline figures. */
export const facts = (all: ReadonlyArray<readonly [name: string, figure: Value, note?: Value]>): Html =>
  html`<ul class="facts">${all.map(([name, figure, note]) => html`<li><span>${name}</span><b>${figure}</b><span>${note}</span></li>`)}</ul>`

export const table = (caption: Value, heads: ReadonlyArray<Value>, rows: ReadonlyArray<ReadonlyArray<Value>>): Html =>
  html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((_) => html`<th scope="col">${_}</th>`)}</tr></thead>
<tbody>${
    rows.map((row) =>
      html`<tr>${row.map((cell, at) => at === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`)}</tr>
`
    )
  }</tbody>
</table></div>`

/** Each column with what it says. */
export const formulas = (columns: ReadonlyArray<Column.Column>): Html =>
  html`<dl class="formulas">${
    columns.flatMap(({ description, name }) => description === undefined ? [] : [html`<dt>${name}</dt><dd>${description}</dd>`])
  }</dl>`

/** Who provided the data; a synthetic market says so in large letters. */
export const provided = (attribution: string): Html =>
  attribution.startsWith("SYNTHETIC") ? html`<p class="synthetic">${attribution}</p>` : html`<p class="line">${attribution}</p>`

// helpers

const none = "n/a"
const plain = Words.written({ maximumSignificantDigits: 6 })
