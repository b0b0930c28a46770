/** The exit codes, and which failure has which: fixed, for scripts rely on them. */
import { Cause, Effect, Predicate, Runtime, Schema } from "effect"
import * as Run from "../engine/Run.ts"
import { plain } from "./plain.ts"

export const code = {
  done: 0,
  /** A step failed. */
  failed: 1,
  /** The command line, the pipeline's definition or the configuration is wrong. */
  usage: 2,
  /** Named subjects failed, and the rest is written. */
  partial: 3,
  /** The month's credits are used up, or what was asked for lies beyond what the plan serves. */
  budget: 4,
  /** Another process has the data file. */
  inUse: 5,
  /** The source gave no answer, and nothing was made. */
  unreachable: 6,
  unhealthy: 7,
  interrupted: 130
} as const

/** Ends the process with a code, and a last word on stderr if there is one. */
export class Exit extends Schema.TaggedError<Exit>()("Exit", { code: Schema.Int, says: Schema.String }) {
  override get message() {
    return this.says
  }
  override get [Runtime.errorExitCode]() {
    return this.code
  }
  /** The command line prints it, so the runtime does not. */
  override get [Runtime.errorReported]() {
    return false
  }
}

/** The arguments do not make sense together. */
export const usage = (says: string): Exit => new Exit({ code: code.usage, says: plain(says) })

/** Whatever a command failed with, as the end of the process; an interruption stays one. */
export const ending = <A, E, R>(command: Effect.Effect<A, E, R>): Effect.Effect<A, Exit, R> =>
  Effect.catchCause(command, (cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    const own = cause.reasons.flatMap((_) => Cause.isFailReason(_) && _.error instanceof Exit ? [_.error] : [])[0]
    const found = codeOf(thrown(cause))
    // what reads the ledger alone goes beside it
    const beside = found === code.inUse ? ". Meanwhile 'status', 'runs' and 'logs --follow' tell what it does" : ""
    return own ?? new Exit({ code: found, says: plain(Run.explain(cause)) + beside })
  })

/** What a run ends with. */
export const ofReports = (reports: ReadonlyArray<Run.Report<unknown>>): number => {
  if (reports.every((_) => _.state === "succeeded")) return code.done
  const results = reports.flatMap((_) => _.results)
  const found = codeOf(results.flatMap(({ outcome }) => outcome._tag === "Failed" ? thrown(outcome.cause) : []))
  // what stops every further run is worth more than where it struck
  if (found === code.budget || found === code.inUse) return found
  if (reports.every((_) => _.state !== "failed")) return code.partial
  return found === code.unreachable && results.some((_) => _.outcome._tag === "Made") ? code.failed : found
}

// helpers

const thrown = (cause: Cause.Cause<unknown>): ReadonlyArray<unknown> =>
  cause.reasons.flatMap((_) => Cause.isFailReason(_) ? [_.error] : Cause.isDieReason(_) ? [_.defect] : [])

/** The code that all agree on. */
const codeOf = (errors: ReadonlyArray<unknown>): number => {
  const codes = new Set(errors.map(codeOfOne))
  const [first = code.failed] = codes
  return codes.size === 1 ? first : code.failed
}

/** Errors are told by tag: their classes need not be loaded to end a process. */
const codeOfOne = (error: unknown): number => {
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  if (Predicate.isTagged(error, "CoinGeckoError")) return coinGecko.get(tagOf(reason)) ?? code.failed
  if (Predicate.isTagged(error, "DuckDbError")) return duckDb.get(tagOf(reason)) ?? code.failed
  // Effect's SqlError keeps ours as the cause of its reason
  if (Predicate.hasProperty(reason, "cause") && Predicate.isTagged(reason.cause, "DuckDbError")) return codeOfOne(reason.cause)
  return wrong.has(tagOf(error)) ? code.usage : code.failed
}

const tagOf = (value: unknown): string => Predicate.hasProperty(value, "_tag") ? String(value._tag) : ""

const coinGecko = new Map<string, number>([
  ["Budget", code.budget],
  ["BeyondDepth", code.budget],
  ["Transport", code.unreachable],
  ["Timeout", code.unreachable],
  ["ServerError", code.unreachable],
  ["RateLimited", code.unreachable]
])

const duckDb = new Map<string, number>([["InUse", code.inUse], ["Foreign", code.usage], ["NotAllowed", code.usage]])

const wrong = new Set(["SettingsInvalid", "ConfigError", "DefinitionInvalid", "SelectionError", "SandboxError"])
