/** Figures in words, wherever there are some: a minus as wide as a plus, and no sign before what is written as 0. */

/** `0.83`, `−12 %` */
export const figure = (of: number, digits: number, unit = ""): string =>
  `${(Number(of.toFixed(digits)) || 0).toFixed(digits).replace("-", "−")}${unit}`

/** A fraction as a size: `12.3 %`. */
export const size = (of: number): string => `${percent(of * 100).replace("-", "−")} %`

/** A fraction as a change: `+12.3 %`, `−1,234.5 %`, `0.0 %`. */
export const change = (of: number): string => `${isNothing(of) ? "" : of > 0 ? "+" : "−"}${size(Math.abs(of))}`

/** Whether a change is written as 0.0 %. */
export const isNothing = (of: number): boolean => Math.abs(of) < 0.0005

/** A fraction as what something did: `rose by 12.3%`, `did not change`. */
export const moved = (by: number): string =>
  Math.abs(by) < 1e-9
    ? "did not change"
    : `${by > 0 ? "rose" : "fell"} by ${Math.abs(by).toLocaleString("en", { style: "percent", maximumSignificantDigits: 3 })}`

/** A way to write numbers, made when the first is written: loading the assets does not wait for it. */
export const written = (options: Intl.NumberFormatOptions) => {
  let format: Intl.NumberFormat | undefined
  return (of: number): string => (format ??= new Intl.NumberFormat("en", options)).format(of)
}

// helpers

const percent = written({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "negative" })
