/** How an asset stands, in a mark and a few words: what the engine says of its status. */
import type * as Status from "../engine/Status.ts"
import { instant } from "../engine/automation/Cadence.ts"
import * as Plan from "../engine/Plan.ts"
import type { Ink } from "./page.ts"
import { count, oneLine } from "./plain.ts"

/** `waiting`: it can be told when something else has been made; `unknown`: it could not be told. */
export const states = ["fresh", "stale", "late", "missing", "never made", "failed", "waiting", "unknown"] as const
export type State = typeof states[number]

export interface Standing {
  readonly state: State
  /** Empty when it is fresh. */
  readonly why: string
}

export const standing = (status: Status.Status): Standing => {
  const { asset, failures, keys, late, missing, stale, state, waitsFor } = status
  const failed = failures.at(-1)
  if (failed !== undefined) return { state: "failed", why: failed.note }
  if (waitsFor !== undefined) return { state: "waiting", why: `to be planned when ${waitsFor.name} has been made` }
  const per = asset.per !== undefined
  const reasons = Plan.reasonsOf(stale).map(([reason, n]) => per ? Plan.counted(reason, count(n)) : reason)
  const since = late === undefined ? [] : [`since ${instant(late.since)}`]
  const lacks = missing === 0 || state === "never made" ? [] : [`${count(missing)} of ${count(keys)} keys missing`]
  const never = state === "never made" ? [per ? `never made, ${count(keys)} keys` : "never made"] : []
  return { state, why: [...never, ...since, ...lacks, ...reasons].join(", ") }
}

export const mark = (ink: Ink, state: State): string => {
  switch (state) {
    case "fresh":
      return ink.good("●")
    case "stale":
      return ink.warn("◐")
    case "late":
      return ink.bad("◷")
    case "missing":
    case "never made":
      return ink.warn("○")
    case "failed":
      return ink.bad("✗")
    case "waiting":
    case "unknown":
      return ink.dim("◌")
  }
}

export const legend = (ink: Ink): string => ink.dim("● fresh  ◐ stale  ◷ late  ○ missing  ✗ failed  ◌ cannot be told yet")

/** `● fresh`, `◐ stale: upstream changed 3` */
export const inWords = (ink: Ink, { state, why }: Standing): string =>
  `${mark(ink, state)} ${state}${why === "" || why === state ? "" : `: ${oneLine(why)}`}`
