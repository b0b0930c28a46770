/**
 * A condition says when an asset is to be made without anybody asking: a sentence over what the manifest and the ledger
 * know of it and of what it reads. It is judged operand by operand, each with its evidence and with what would change it.
 *
 * What happened counts from the time at which the asset was last handled: made, asked for by its condition, or first
 * looked at. What holds of how things stand alone (it failed, it is missing) asks once, and again when the asset was made
 * since, has another newest key or another code version. It is about the newest key that is due, and asks for no other.
 */
import { Effect, Stream } from "effect"
import type * as Asset from "../Asset.ts"
import * as Cadence from "./Cadence.ts"

/** What is known of an asset that is read: of the keys of it that the newest key is made from. */
export interface Upstream {
  readonly name: string
  /** When their content last changed; nothing, if none was ever made. */
  readonly changedAt: number | undefined
  /** One of them, of those that there should be, is not there. */
  readonly missing: boolean
  readonly inProgress: boolean
}

/** In epoch milliseconds. */
export interface Newest {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly dueSince: number
  /** When the next one falls due; nothing, if there is none after it. */
  readonly nextDue: number | undefined
}

export interface Facts {
  readonly asset: Asset.Any
  readonly now: number
  /** The newest key that is due; nothing, for an asset without a partition in time. */
  readonly newest: Newest | undefined
  readonly missing: boolean
  readonly madeAt: number | undefined
  /** 0 when it never was. */
  readonly handledAt: number
  /** Somebody asked for it, or it is being made. */
  readonly inProgress: boolean
  /** When it was last tried and fell short, for one subject at least, if nothing of it was made by a later run. */
  readonly failedAt: number | undefined
  /** What was made last was made by another code version. */
  readonly codeChanged: boolean
  readonly upstream: ReadonlyArray<Upstream>
}

/** A condition that was judged. */
export interface Truth {
  readonly text: string
  readonly holds: boolean
  /** What it follows from; empty where that is what it is made of. */
  readonly evidence: string
  /** What would make it the opposite. */
  readonly otherwise: string
  /** When the passing of time alone may make it another, in epoch milliseconds; nothing, if it cannot. */
  readonly at?: number | undefined
  /** It is about how things stand, and not about what happened since the asset was handled: being asked for does not end it. */
  readonly stands?: boolean | undefined
  readonly of: ReadonlyArray<Truth>
}

export interface Condition {
  readonly text: string
  readonly judge: (facts: Facts) => Effect.Effect<Truth, Cadence.CadenceInvalid>
}

// operators

export const and = (...conditions: ReadonlyArray<Condition>): Condition =>
  joined("all of", conditions, (_) => _.every(({ holds }) => holds))

export const or = (...conditions: ReadonlyArray<Condition>): Condition => joined("any of", conditions, (_) => _.some(({ holds }) => holds))

export const not = (condition: Condition): Condition => ({
  text: `not ${condition.text}`,
  judge: (facts) => Effect.map(condition.judge(facts), (_) => ({ ..._, text: `not ${_.text}`, holds: !_.holds, stands: true }))
})

// operands

/** Its newest due key is not there. */
export const missing: Condition = state("missing", ({ missing, newest }) => ({
  holds: missing,
  evidence: `${newest?.key ?? "it"} is ${missing ? "not " : ""}there`,
  otherwise: missing ? "it is made" : newest?.nextDue === undefined ? "it is removed" : fallsDue(newest.nextDue),
  at: newest?.nextDue
}))

/** Its newest key fell due since it was handled, and is not there. */
export const newlyMissing: Condition = operand("newly missing", ({ handledAt, missing, newest }) => {
  const isNew = newest === undefined ? handledAt === 0 : newest.dueSince > handledAt
  const nextDue = newest?.nextDue
  const never = newest === undefined ? "never: it has no partition" : "never: no key comes after it"
  const later = { holds: false, otherwise: nextDue === undefined ? never : fallsDue(nextDue), at: nextDue }
  if (!missing) return { ...later, evidence: `${newest?.key ?? "it"} is there` }
  if (!isNew) return { ...later, evidence: `${newest?.key ?? "it"} is missing, and was when ${handled(handledAt)}` }
  const evidence = newest === undefined ? "it was never made" : `${newest.key} fell due at ${Cadence.instant(newest.dueSince)}`
  return { holds: true, evidence, otherwise: "it is made or asked for" }
})

/** Something that it reads changed since it was handled. */
export const anyDepsUpdated: Condition = operand("any of what it reads was updated", ({ handledAt, upstream }) => {
  const newer = upstream.flatMap(({ changedAt, name }) => changedAt !== undefined && changedAt > handledAt ? [{ name, changedAt }] : [])
  const holds = newer.length > 0
  return {
    holds,
    evidence: holds
      ? newer.map((_) => `${_.name} changed at ${Cadence.instant(_.changedAt)}`).join(", ")
      : upstream.length === 0
      ? "it reads nothing"
      : `nothing changed since ${handled(handledAt)}`,
    otherwise: holds ? "it is made or asked for" : upstream.length === 0 ? "never" : `${list(upstream)} changes`
  }
})

export const anyDepsMissing: Condition = state("any of what it reads is missing",
  ({ upstream }) => among(upstream, (_) => _.missing, "missing"))

export const anyDepsInProgress: Condition = state("any of what it reads is in progress",
  ({ upstream }) => among(upstream, (_) => _.inProgress, "in progress"))

export const inProgress: Condition = state("in progress", ({ inProgress }) => ({
  holds: inProgress,
  evidence: inProgress ? "it is asked for, or being made" : "nobody asked for it",
  otherwise: inProgress ? "that run ends" : "somebody asks for it"
}))

/** It was tried, and fell short, by the last run that made or tried it. */
export const failed: Condition = state("failed", ({ failedAt }) => ({
  holds: failedAt !== undefined,
  evidence: failedAt === undefined ? "nothing of it failed since it was made" : `at ${Cadence.instant(failedAt)}`,
  otherwise: failedAt === undefined ? "a try of it falls short" : "it is made"
}))

/** What is kept was made by another code version. */
export const codeChanged: Condition = state("code version changed", ({ asset, codeChanged, madeAt }) => ({
  holds: codeChanged,
  evidence: madeAt === undefined ? "it was never made" : `it was ${codeChanged ? "not " : ""}made by version ${asset.codeVersion}`,
  otherwise: codeChanged ? "it is made" : "its code version is raised"
}))

/** The cadence was due since it was handled. */
export const cronPassed = (cadence: Cadence.Cadence, text: string): Condition =>
  effectful(`${text} has passed`, (facts) =>
    Effect.map(ticks(cadence, facts), ({ last, next }) => ({
      holds: last !== undefined,
      evidence: last === undefined ? `not since ${handled(facts.handledAt)}` : `at ${Cadence.instant(last)}`,
      at: next,
      otherwise: last !== undefined ? "it is made or asked for" : next === undefined ? "never" : `it is ${Cadence.instant(next)}`
    })))

/** Each asset that it reads changed since the cadence was due last. */
export const allDepsUpdatedSince = (cadence: Cadence.Cadence, text: string): Condition =>
  effectful(`all of what it reads was updated since ${text}`, (facts) =>
    Effect.map(ticks(cadence, facts), ({ last }) => {
      if (last === undefined) return { holds: false, evidence: "it has not passed yet", otherwise: "it passes" }
      const old = facts.upstream.filter(({ changedAt }) => changedAt === undefined || changedAt < last)
      return old.length > 0
        ? { holds: false, evidence: `${list(old)} did not change since ${Cadence.instant(last)}`, otherwise: `${list(old)} changes` }
        : { holds: true, evidence: `since ${Cadence.instant(last)}`, otherwise: "it passes again" }
    }))

// presets

/** As soon as a key falls due, or something that it reads changed; once all that it reads is there and at rest. */
export const eager: Condition = and(or(newlyMissing, anyDepsUpdated), not(anyDepsMissing), not(anyDepsInProgress), not(inProgress))

/** Once a key falls due, when all that it reads is there. */
export const onMissing: Condition = and(newlyMissing, not(anyDepsMissing), not(inProgress))

/** When the cron has passed, and everything that it reads changed since. */
export const onCron = (expression: string, zone = "UTC"): Condition => {
  const cadence = Cadence.cron(expression, zone)
  const text = zone === "UTC" ? expression : `${expression} ${zone}`
  return and(cronPassed(cadence, text), allDepsUpdatedSince(cadence, text), not(inProgress))
}

/** As lines: each with its mark and evidence, and, where that decides, what would change it. */
export const print = (truth: Truth): ReadonlyArray<string> => lines(truth, 0, !truth.holds)

// helpers

interface Finding {
  readonly holds: boolean
  readonly evidence: string
  readonly otherwise: string
  readonly at?: number | undefined
  readonly stands?: boolean
}

function effectful(text: string, find: (facts: Facts) => Effect.Effect<Finding, Cadence.CadenceInvalid>): Condition {
  return { text, judge: (facts) => Effect.map(find(facts), (_) => ({ text, of: [], ..._ })) }
}

function operand(text: string, find: (facts: Facts) => Finding): Condition {
  return effectful(text, (facts) => Effect.sync(() => find(facts)))
}

function state(text: string, find: (facts: Facts) => Finding): Condition {
  return operand(text, (facts) => ({ ...find(facts), stands: true }))
}

function joined(text: string, conditions: ReadonlyArray<Condition>, holds: (of: ReadonlyArray<Truth>) => boolean): Condition {
  return {
    text: `${text} (${conditions.map((_) => _.text).join("; ")})`,
    judge: (facts) =>
      Effect.map(Effect.forEach(conditions, (_) => _.judge(facts)), (of): Truth => ({
        text,
        holds: holds(of),
        evidence: "",
        otherwise: "",
        at: soonest(of.map((_) => _.at)),
        stands: of.every((_) => !_.holds || _.stands === true),
        of
      }))
  }
}

/** The first of these instants, if there is one. */
export const soonest = (instants: ReadonlyArray<number | undefined>): number | undefined => {
  const known = instants.flatMap((_) => _ ?? [])
  return known.length === 0 ? undefined : Math.min(...known)
}

const among = (upstream: ReadonlyArray<Upstream>, is: (upstream: Upstream) => boolean, what: string): Finding => {
  const found = upstream.filter(is)
  const holds = found.length > 0
  return {
    holds,
    evidence: holds ? list(found) : upstream.length === 0 ? "it reads nothing" : `none of ${list(upstream)}`,
    otherwise: holds ? `${list(found)} is no longer ${what}` : `one of them is ${what}`
  }
}

const fallsDue = (at: number): string => `the next key falls due at ${Cadence.instant(at)}`

/** Of what nobody looks after, nothing is handled but by being made. */
const handled = (at: number): string => at === 0 ? "the beginning" : `it was handled at ${Cadence.instant(at)}`

const list = (upstream: ReadonlyArray<Upstream>): string => upstream.map((_) => _.name).join(", ")

/** The newest due time since the asset was handled, and the next. */
const ticks = Effect.fnUntraced(function*(cadence: Cadence.Cadence, { asset, handledAt, now }: Facts) {
  const from = handledAt === 0 ? now : handledAt
  const dues = Cadence.dues(cadence, { name: asset.name, since: from, after: from })
  const found = yield* Stream.runCollect(Stream.takeUntil(dues, (due) => due > now))
  return { last: found.findLast((due) => due <= now), next: found.find((due) => due > now) }
})

/** What has to change is told of what stands in the way only: a condition that holds needs nothing. */
const lines = (truth: Truth, depth: number, decides: boolean): ReadonlyArray<string> => {
  const said = truth.evidence === "" ? "" : `: ${truth.evidence}`
  const wants = decides && truth.of.length === 0 ? ` → ${truth.otherwise.startsWith("never") ? "" : "when "}${truth.otherwise}` : ""
  const line = `${"  ".repeat(depth)}${truth.holds ? "✓" : "✗"} ${truth.text}${said}${wants}`
  return [line, ...truth.of.flatMap((_) => lines(_, depth + 1, decides && !_.holds))]
}
