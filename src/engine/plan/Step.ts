/** What a plan consists of, and how it is said. */
import type * as Asset from "../Asset.ts"
import type { Window } from "../Partition.ts"

export type Reason =
  | "forced"
  | "never made"
  | "missing"
  | "code changed"
  | `setting ${string}`
  | "renamed"
  | "expired"
  | "upstream changed"
  | "after upstream"
  | "read again"

export interface Step {
  readonly asset: Asset.Any
  readonly window: Window
  /** Whom it is made for; one nameless one, if the asset is of nothing. Each is published on its own. */
  readonly subjects: ReadonlyArray<string | undefined>
  /** How many keys, over all subjects, and why. */
  readonly why: Readonly<Partial<Record<Reason, number>>>
  readonly provisional: boolean
  /** How many subjects of the asset need nothing made: they are there, whatever comes of the others. */
  readonly fresh: number
  /** Calls to the source, and what they cost of what it has sold. */
  readonly calls: number
  readonly credits: number
  /** The steps of this plan whose result it reads. */
  readonly after: ReadonlyArray<Step>
}

export interface Pending {
  readonly asset: Asset.Any
  readonly after: Asset.Any
}

/** Keys that are wanted, not there, and further back than the source serves, or the source of all that they read. */
export interface Unavailable {
  readonly asset: Asset.Any
  readonly window: Window
  readonly subjects: ReadonlyArray<string | undefined>
}

/** How many keys, over all subjects. */
export const keysOf = ({ subjects, window }: Pick<Step, "subjects" | "window">): number => window.size * subjects.length

export const label = (step: Step): string => {
  const calls = step.calls === 0 ? "" : `, ${step.calls} ${step.calls === 1 ? "call" : "calls"}`
  return `${slice(step)} (${reasons(step)})${calls}`
}

/** `missing 30, read again 2`; without numbers for an asset that has no partition. */
export const reasons = (step: Step): string =>
  Object.entries(step.why).map(([reason, keys]) => step.asset.per === undefined ? reason : counted(reason, String(keys))).join(", ")

/** `missing 30`; what ends with a value of its own is set off from the number. */
export const counted = (reason: string, keys: string): string => `${reason}${reason.startsWith("setting ") ? ":" : ""} ${keys}`

/** The reasons and their numbers. */
export const reasonsOf = (why: Step["why"]): ReadonlyArray<readonly [Reason, number]> => {
  const pairs = Object.entries(why)
  // the record's keys are reasons, which `entries` forgets
  return pairs as unknown as ReadonlyArray<readonly [Reason, number]>
}

/** `price_history 2026-11-01..2026-11-03, 10 subjects` */
export const slice = ({ asset, subjects, window }: Unavailable): string => {
  const many = subjects.length
  const whom = asset.of === undefined ? "" : `, ${many === 1 ? subjects[0] : `${many} subjects`}`
  return `${[asset.name, window.toString()].filter((_) => _ !== "").join(" ")}${whom}`
}

/** The steps of each asset, as far as it is planned. */
export type Planned = ReadonlyMap<Asset.Any, ReadonlyArray<Step>>
