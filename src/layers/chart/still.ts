/**
 * The spec as a picture shows it: without the views that only a pointer can use, and without what they steer.
 *
 * Such a view's name begins with `page_`, and so does a parameter that it sets; a scale that follows one shows all.
 */
import type { TopLevelSpec } from "vega-lite"
import { pageOnly } from "../../services/chartLines.ts"

// what is left out may be left out of any spec that is sound
export const still = (spec: TopLevelSpec): TopLevelSpec => without(spec) as TopLevelSpec

// helpers

const without = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter((_) => !ofPages(_)).map(without)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) =>
        !(key === "params" && Array.isArray(inner) && inner.every(ofPages)) && !(key === "domain" && isRecord(inner) && of(inner["param"]))
      )
      .map(([key, inner]) => [key, key === "values" ? inner : without(inner)])
  )
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const of = (name: unknown): boolean => typeof name === "string" && name.startsWith(pageOnly)

const ofPages = (value: unknown): boolean => isRecord(value) && of(value["name"])
