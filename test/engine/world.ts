/** A small pipeline world: a calendar, coins, and assets whose rows a test can move. */
import { Clock, DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Asset from "../../src/engine/Asset.ts"
import { Entry, Manifest as ManifestService } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Plan from "../../src/engine/Plan.ts"
import type * as Run from "../../src/engine/Run.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"

export class Day extends Partition.daily<Day>()("test/Day", { exists: "start", due: "35 minutes" }) {}
export class Month extends Partition.monthly<Month>()("test/Month", { due: "35 minutes" }) {}
export class Coin extends Subject.make<Coin>()("test/Coin", Effect.succeed(["btc", "eth"])) {}

export interface Price {
  readonly day: string
  readonly coin: string
  readonly price: number
}
export interface Daily {
  readonly day: string
  readonly value: number
}
export interface Monthly {
  readonly month: string
  readonly value: number
}
export interface Total {
  readonly value: number
}

export const coinByDay = Memory.store<Price>()({ key: "day", subject: "coin" })
export const byDay = Memory.store<Daily>()({ key: "day" })
export const byMonth = Memory.store<Monthly>()({ key: "month" })
export const inOne = Memory.store<Total>()()

/** A source by day that remembers which windows were asked for, and whose values can be moved. */
export const source = <const Name extends string>(
  name: Name,
  options: Partial<Pick<Asset.Any, "codeVersion" | "lookback" | "calls">> & { readonly freshFor?: "1 hour" } = {}
) => {
  const asked: Array<string> = []
  const moved = new Map<string, number>()
  const asset = Asset.make(name, { about: "", into: byDay, per: Day, ...options }, () =>
    Effect.map(Day, (days) => {
      asked.push(`${days}`)
      return days.keys.map((day) => ({ day, value: moved.get(day) ?? Number(day.slice(8)) }))
    }))
  return { asset, asked, move: (day: string, value: number) => void moved.set(day, value) }
}

/** Prices of coins by day, one call a coin. */
export const market = (
  options: { readonly lookback?: number; readonly lateAfter?: "6 hours"; readonly fails?: ReadonlySet<string> } = {}
) => {
  const asked: Array<string> = []
  const moved = new Map<string, number>()
  const prices = Asset.make(
    "prices",
    {
      about: "",
      into: coinByDay,
      per: Day,
      of: Coin,
      calls: () => 1,
      lookback: options.lookback ?? 0,
      lateAfter: options.lateAfter ?? Infinity
    },
    Effect.fnUntraced(function*() {
      const days = yield* Day
      const coin = yield* Coin
      asked.push(`${coin} ${days}`)
      if (options.fails?.has(coin) === true) return yield* Effect.fail("no such coin" as const)
      return days.keys.map((day) => ({ day, coin, price: moved.get(`${coin} ${day}`) ?? Number(day.slice(8)) }))
    })
  )
  return { prices, asked, move: (coin: string, day: string, price: number) => void moved.set(`${coin} ${day}`, price) }
}

/** The rows of one window, one a day. */
export const sumByDay = (rows: ReadonlyArray<Daily>): Effect.Effect<ReadonlyArray<Daily>, never, Day> =>
  Effect.map(Day, (days) => days.keys.map((day) => ({ day, value: rows.reduce((sum, _) => sum + _.value, 0) })))

export const millis = (iso: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))
export const setTime = (iso: string) => TestClock.setTime(millis(iso))
/** Noon of 24 November: the newest due day is the 24th, the newest due month October. */
export const noon = setTime("2026-11-24T12:00:00Z")
/** The horizon, in days. */
export const horizon = (days: number) => Effect.provideService(Partition.Horizon, days)

/** What a plan of these targets would say. */
export const planned = <const Targets extends ReadonlyArray<Asset.Any>>(targets: Targets, options: Plan.Options = {}) =>
  Effect.map(Plan.make(targets, options), Plan.print)

export const told = (report: Run.Report<unknown> | undefined) =>
  (report?.results ?? []).map(({ outcome, step, subject }) =>
    [outcome._tag, step.asset.name, `${step.window}`, subject].filter((_) => _ !== undefined && _ !== "").join(" ")
  )

/** Says in the manifest that a window was published, as if a run had made it. */
export const publish = Effect.fnUntraced(function*(
  asset: Asset.Any,
  window: Partition.Window,
  options: { readonly subject?: string; readonly changed?: boolean; readonly codeVersion?: string; readonly saw?: number } = {}
) {
  const manifest = yield* ManifestService
  const { seq } = yield* manifest.newest([])
  const keys = { first: window.first, last: window.last }
  yield* manifest.publish(
    new Entry({
      id: `m${seq + 1}`,
      asset: asset.name,
      subject: options.subject ?? "",
      window: keys,
      changed: options.changed === false ? [] : [keys],
      codeVersion: options.codeVersion ?? asset.codeVersion,
      sawUpTo: options.saw ?? seq,
      inputs: {},
      rows: 0,
      contentHash: "",
      warnings: [],
      at: yield* Clock.currentTimeMillis
    })
  )
})
