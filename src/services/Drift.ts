/**
 * Drift is an answer that is not of the shape it used to have: a field that is new, missing, or of another type. It is never
 * passed over: what is done about it is declared for each endpoint, and every kind of it is told.
 */
import { Context, Schema } from "effect"

/**
 * - `evolve`: what can be taken is taken. A row stands without a field that it can do without; one that lacks a field it
 *   cannot do without is left out and named.
 * - `discard`: nothing doubtful is taken. A row with a missing or retyped field is left out and named; new fields are dropped.
 * - `freeze`: the call fails, naming the field, what was expected and what came.
 */
export const Policy = Schema.Literals(["evolve", "discard", "freeze"])
export type Policy = typeof Policy.Type

/** The endpoints, by the name their raw answers are kept under. */
export const EndpointName = Schema.Literals([
  "ping",
  "key_usage",
  "coin_list",
  "markets",
  "coin",
  "market_chart",
  "market_chart_range",
  "ohlc",
  "history",
  "simple_price",
  "supported_currencies",
  "global",
  "trending",
  "categories",
  "exchanges"
])
export type EndpointName = typeof EndpointName.Type

/** One field of one endpoint, in so many rows of one answer. */
export const Drift = Schema.Struct({
  endpoint: EndpointName,
  /** Dots for what lies deeper: `market_data.current_price`. */
  field: Schema.String,
  change: Schema.Literals(["new", "missing", "retyped"]),
  expected: Schema.String,
  came: Schema.String,
  rows: Schema.Int
})
export type Drift = typeof Drift.Type

/**
 * Declared otherwise than the endpoint does, by whoever must: `Effect.provideService(Policies, { markets: "freeze" })`, around
 * what builds the CoinGecko layer or around what calls it.
 */
export const Policies = Context.Reference<Readonly<Partial<Record<EndpointName, Policy>>>>("crypto/services/Drift/Policies", {
  defaultValue: () => ({})
})

export const describe = ({ came, change, endpoint, expected, field, rows }: Drift): string => {
  const many = rows === 1 ? "" : ` in ${rows} rows`
  switch (change) {
    case "new":
      return `drift in ${endpoint}: new field ${field} (${came})${many}, which nobody reads`
    case "missing":
      return `drift in ${endpoint}: field ${field} (${expected}) is missing${many}`
    case "retyped":
      return `drift in ${endpoint}: field ${field} should be ${expected} and is ${came}${many}`
  }
}
