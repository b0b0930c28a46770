/**
 * One question to the sandbox and the two ways it is answered: what CoinGecko would send with a 200, or the envelope and status
 * it refuses with. Parameters are read as the real API reads them: booleans are the string `true`, lists are joined by commas.
 */
import { Option, Result } from "effect"
import { dayFrom, midnight, SECOND } from "./Calendar.ts"
import type { Coin } from "./Catalogue.ts"
import type { Market } from "./Market.ts"

export interface Ask {
  readonly market: Market
  readonly now: number
  /** The coin in the path, decoded; empty where the path has none. */
  readonly id: string
  readonly query: URLSearchParams
}

export interface Answer {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Refusal {
  readonly status: number
  readonly body: unknown
}

export type Reply = Result.Result<Answer, Refusal>

export const refuse = (status: number, error: string): Result.Result<never, Refusal> => Result.fail({ status, body: { error } })

/** The sandbox quotes two currencies, at one fixed rate: units per USD. */
export const currencies: ReadonlyMap<string, number> = new Map([["usd", 1], ["eur", 0.92]])

export const needed = ({ query }: Ask, name: string): Result.Result<string, Refusal> => {
  const text = query.get(name)
  return text === null || text === "" ? refuse(422, `Missing parameter ${name}`) : Result.succeed(text)
}

/** Units of `vs_currency` per USD. */
export const rate = (ask: Ask): Result.Result<number, Refusal> =>
  Result.flatMap(needed(ask, "vs_currency"), (name) => {
    const found = currencies.get(name)
    return found === undefined ? refuse(400, "invalid vs_currency") : Result.succeed(found)
  })

export const coin = ({ market, id, now }: Ask): Result.Result<Coin, Refusal> => {
  const found = market.find(id, now)
  return found === undefined ? refuse(404, "coin not found") : Result.succeed(found)
}

export const flag = ({ query }: Ask, name: string, otherwise = false): boolean => {
  const text = query.get(name)
  return text === null ? otherwise : text === "true"
}

export const list = ({ query }: Ask, name: string): ReadonlyArray<string> =>
  (query.get(name) ?? "").split(",").filter((text) => text !== "")

/** A whole number from 1, or else the default. */
export const count = ({ query }: Ask, name: string, otherwise: number): number => {
  const text = query.get(name) ?? ""
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : otherwise
}

/** UNIX seconds, `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`, in UTC. */
export const instant = (text: string): Result.Result<number, Refusal> => {
  if (/^\d{1,11}(\.\d+)?$/.test(text)) return Result.succeed(Math.round(Number(text) * SECOND))
  const [, year, month, date, hour = "0", minute = "0"] = /^(\d{4})-(\d\d)-(\d\d)(?:T([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?Z?)?$/.exec(text) ??
    []
  if (year === undefined || month === undefined || date === undefined) return refuse(400, "invalid date")
  return Option.match(dayFrom(year, month, date), {
    onNone: () => refuse(400, "invalid date"),
    onSome: (day) => Result.succeed(midnight(day) + (Number(hour) * 60 + Number(minute)) * 60 * SECOND)
  })
}
