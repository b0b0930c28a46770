/**
 * Assets that are late, told once, and that they are on time again, told once. Those that became late between two looks
 * are told together: a machine that slept for a weekend is one piece of news, not one an asset.
 */
import { Effect, Option, Schema } from "effect"
import type * as Asset from "../Asset.ts"
import * as Lateness from "../Lateness.ts"
import { instant } from "./Cadence.ts"
import * as Sensor from "./Sensor.ts"

/** The assets that were told to be late, and since when they are (epoch milliseconds). */
export const Cursor = Schema.Record(Schema.String, Schema.Finite)
export type Cursor = typeof Cursor.Type

export interface Alert {
  /** The same for the same news, however often it is sent. */
  readonly id: string
  readonly kind: "late" | "recovered"
  readonly assets: ReadonlyArray<string>
  /** Since when the first of them is or was late, in epoch milliseconds. */
  readonly since: number
  readonly says: string
}

/** Hands over each alert, and has told it once that succeeded: it may be handed over again, with the same id. */
export const of = <const Targets extends ReadonlyArray<Asset.Any>, E, R>(
  targets: Targets,
  send: (alert: Alert) => Effect.Effect<void, E, R>
) => {
  const look = Effect.fnUntraced(function*(cursor: Cursor) {
    const late = yield* Lateness.of(targets)
    const told = new Map(Object.entries(cursor))
    const newly = [...late].filter(([name]) => !told.has(name)).map(([name, { since }]) => [name, since] as const)
    const over = [...told].filter(([name]) => !late.has(name))
    const [kind, news] = newly.length > 0 ? ["late", newly] as const : ["recovered", over] as const
    if (news.length === 0) return Option.none()
    const alert = toAlert(kind, news)
    yield* send(alert)
    const after = kind === "late" ? [...told, ...news] : [...told].filter(([name]) => late.has(name))
    return Option.some({ cursor: Object.fromEntries(after), note: alert.says })
  })
  return Sensor.heard({
    text: "at each deadline, and when a run has ended",
    interest: (_) => _._tag === "RunEnded",
    every: "1 hour",
    next: () => Lateness.next(targets)
  }, look)
}

// helpers

type News = ReadonlyArray<readonly [name: string, since: number]>

const toAlert = (kind: Alert["kind"], news: News): Alert => ({
  id: `${news.slice(0, 1).map(([name, since]) => `${name} ${instant(since)}`).join()}${
    news.length > 1 ? ` and ${news.length - 1} more` : ""
  } ${kind}`,
  kind,
  assets: news.map(([name]) => name),
  since: news.reduce((first, [, since]) => Math.min(first, since), Infinity),
  says: kind === "late"
    ? `late: ${listed(news, (since) => `since ${since}`)}`
    : `on time again: ${listed(news, (since) => `late since ${since}`)}`
})

/** `price_history (since 2026-11-24 06:35 UTC)`, and so on. */
const listed = (news: News, said: (since: string) => string): string => {
  const some = news.slice(0, 10).map(([name, since]) => `${name} (${said(instant(since))})`)
  return [...some, ...(news.length > 10 ? [`and ${news.length - 10} more`] : [])].join(", ")
}
