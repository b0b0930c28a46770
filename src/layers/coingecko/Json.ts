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

const dangerIn = (root: unknown): string | undefined => {
  let level: Array<unknown> = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return `nested deeper than ${deepest}`
    const next: Array<unknown> = []
    for (const value of level) {
      if (typeof value === "number" && !Number.isFinite(value)) return "a number beyond all bounds"
      if (typeof value !== "object" || value === null) continue
      if (Object.hasOwn(value, "__proto__")) return "a __proto__ key"
      for (const child of Object.values(value)) next.push(child)
    }
    level = next
  }
  return undefined
}
