/** What users choose and assets depend on, as the inputs that they are: another value makes stale what reads it, and nothing else. */
import { Effect } from "effect"
import type * as Asset from "../engine/Asset.ts"
import { Settings } from "../services/Settings.ts"

/** Which coins are tracked: what is drawn puts them first, in this order, and colours them together. */
export const universe = Settings.useSync(({ coins, top }): Asset.Settings => ({
  CRYPTO_COINS: coins.length > 0 ? coins.join() : `top ${top}`
}))

export const riskFreeRate = Settings.useSync((_): Asset.Settings => ({ CRYPTO_RISK_FREE_RATE: String(_.riskFreeRate) }))

/** How far back those parts look. */
export const windows = (...parts: ReadonlyArray<keyof Settings["Service"]["windows"]>) =>
  Settings.useSync(({ windows }): Asset.Settings => ({
    CRYPTO_WINDOWS: parts.map((_) => `${_}=${windows[_] === Infinity ? "all" : windows[_]}`).join()
  }))

export const universeAndWindows = (...parts: ReadonlyArray<keyof Settings["Service"]["windows"]>) =>
  Effect.map(Effect.all([universe, windows(...parts)]), ([coins, back]): Asset.Settings => ({ ...coins, ...back }))
