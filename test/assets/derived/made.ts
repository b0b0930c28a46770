/** Small markets for hand-computed tests, and what a run made of them. */
import { assert } from "@effect/vitest"
import * as Run from "../../../src/engine/Run.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import { DuckDb } from "../../../src/services/DuckDb.ts"
import { dayOf, isoOf } from "./naive.ts"

export type Row = Readonly<Record<string, unknown>>

/** Prices of consecutive days from `first` on; null is a day without a point. */
export const daily = (first: string, prices: ReadonlyArray<number | null>): ReadonlyArray<CoinGeckoTest.Day> =>
  prices.map((price, i) => [isoOf(dayOf(first) + i), price] as const)

/** The same price for many days. */
export const still = (price: number, days: number): ReadonlyArray<number> => Array.from({ length: days }, () => price)

/** The rows of an asset's table, in the order of its columns. */
export const rows = (name: string) => DuckDb.use((sql) => sql<Row>`FROM ${sql(name)} ORDER BY ALL`)

/** Nothing failed. */
export const succeeds = (reports: ReadonlyArray<Run.Report<unknown>>) =>
  assert.deepStrictEqual(
    reports.flatMap((_) => _.results).flatMap(({ outcome, step }) =>
      outcome._tag === "Failed" ? [`${step.asset.name}: ${Run.explain(outcome.cause)}`] : []
    ),
    []
  )

/** Numbers to 1e-12 of their size, everything else exactly. */
export const same = (found: Row | undefined, expected: Row) => {
  const off = (a: unknown, b: unknown) =>
    typeof a === "number" && typeof b === "number" ? Math.abs(a - b) > 1e-12 * Math.max(Math.abs(a), Math.abs(b)) : a !== b
  const wrong = Object.entries(expected).filter(([column, value]) => off(found?.[column], value))
  assert.deepStrictEqual(Object.fromEntries(wrong.map(([column]) => [column, found?.[column]])), Object.fromEntries(wrong))
}
