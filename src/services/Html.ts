/**
 * Markup that cannot be broken by what it says: in ``html`<p>${anything}</p>` `` whatever is put in is text, and is
 * escaped, unless it is itself markup made so. Attributes stand in quotes.
 */

const TypeId = "~crypto/services/Html"

export interface Html {
  readonly [TypeId]: typeof TypeId
  readonly markup: string
}

/** Text, a number, markup, or several of these; what is missing leaves no trace. */
export type Value = string | number | Html | null | undefined | false | ReadonlyArray<Value>

export const html = (parts: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  trusted(parts.reduce((all, part, at) => all + written(values[at - 1]) + part))

/** Markup from somewhere that answers for it: a drawing. */
export const trusted = (markup: string): Html => ({ [TypeId]: TypeId, markup })

/** Text whose dates stay on one line: a browser breaks a line at their hyphens. */
export const dated = (text: string): Html => trusted(escape(text).replace(/\b\d{4}-\d\d(?:-\d\d)?\b/g, "<time>$&</time>"))

export const escape = (text: string): string => text.replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`)

// helpers

const isHtml = (value: Value): value is Html => typeof value === "object" && value !== null && TypeId in value

const isMany = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)

const written = (value: Value): string => {
  if (value === null || value === undefined || value === false) return ""
  if (isMany(value)) return value.map(written).join("")
  return isHtml(value) ? value.markup : escape(String(value))
}
