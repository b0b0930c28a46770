/** How figures are shown: rounded as the recordings of the real API show it, in each currency, as a change in percent. */
import { type Ask, currencies } from "./Ask.ts"

/** A displayed price: whole units from 1000, two decimals from 1.1, else six digits; `precision` says otherwise. */
export const shown = (figure: number, { query }: Ask): number => {
  const precision = query.get("precision")
  if (precision === "full") return figure
  if (precision !== null && /^(\d|1[0-8])$/.test(precision)) return rounded(figure, Number(precision))
  if (figure >= 1_000) return Math.round(figure)
  return figure >= 1.1 ? rounded(figure, 2) : Number(figure.toPrecision(6))
}

/** A price in a chart: whole unless `precision` is given. */
export const charted = (figure: number, ask: Ask): number => ask.query.has("precision") ? shown(figure, ask) : figure

export const rounded = (figure: number, places: number): number => Number(figure.toFixed(places))

export const times = (figure: number | null | undefined, factor: number): number | null =>
  figure === null || figure === undefined ? null : figure * factor

/** In percent; nothing where one of both is not known or the older is 0. */
export const change = (newer: number | null | undefined, older: number | null | undefined): number | null =>
  newer === null || newer === undefined || older === null || older === undefined || older === 0 ? null : (newer / older - 1) * 100

export const difference = (newer: number | null | undefined, older: number | null | undefined): number | null =>
  newer === null || newer === undefined || older === null || older === undefined ? null : newer - older

export const perCurrency = <A>(of: (rate: number) => A): Readonly<Record<string, A>> =>
  Object.fromEntries([...currencies].map(([name, rate]) => [name, of(rate)]))
