/**
 * JSON from elsewhere: parsed, and refused where it holds what JSON should not bring in, a `__proto__` key, a number that is
 * none (1e400 parses to Infinity), or nesting without end.
 */
import { Effect } from "effect"
import { BadBody } from "../../services/CoinGeckoError.ts"

export const parse = (text: string): Effect.Effect<unknown, BadBody> =>
  Effect.suspend(() => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return Effect.fail(new BadBody({ problem: "NotJson", detail: `${text.length} characters, cut off or no JSON at all` }))
    }
    const danger = dangerIn(value)
    return danger === undefined ? Effect.succeed(value) : Effect.fail(new BadBody({ problem: "Unsafe", detail: danger }))
  })

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

// helpers

/** No answer of CoinGecko nests deeper than eight. */
const deepest = 32

/** Looked for all the way down, without a copy of anything: an answer may hold a million numbers. */
const dangerIn = (value: unknown, depth = 0): string | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "a number beyond all bounds"
  if (typeof value !== "object" || value === null) return undefined
  if (depth > deepest) return `nested deeper than ${deepest}`
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const danger = dangerIn(value[i], depth + 1)
      if (danger !== undefined) return danger
    }
    return undefined
  }
  for (const [key, child] of Object.entries(value)) {
    if (key === "__proto__") return "a __proto__ key"
    const danger = dangerIn(child, depth + 1)
    if (danger !== undefined) return danger
  }
  return undefined
}
