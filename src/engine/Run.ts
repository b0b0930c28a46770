/**
 * A run executes a plan, no more and no less: each step once, when the steps it reads have ended.
 *
 * Inside a run an asset is made only at its own step; wherever else it is pulled it is read. What fails stops what
 * reads it, and nothing else: a subject that fails leaves the other subjects, and what reads them all, to go on. A run
 * does not fail, it reports.
 */
import { Cause, Context, Effect, Exit, Predicate, Queue } from "effect"
import * as Asset from "./Asset.ts"
import * as Check from "./Check.ts"
import { type Event, Ledger, type LedgerFailed } from "./Ledger.ts"
import type { Manifest } from "./Manifest.ts"
import { Note } from "./Note.ts"
import type { Key } from "./Partition.ts"
import * as Plan from "./Plan.ts"
import { staleKeys } from "./plan/reasons.ts"
import { shared } from "./plan/upstream.ts"
import { Progress, unheard } from "./Progress.ts"
import * as Span from "./Span.ts"
import type { Publication } from "./Store.ts"

export type Outcome<E> =
  | { readonly _tag: "Made"; readonly publication: Publication }
  | { readonly _tag: "Skipped"; readonly why: string }
  | { readonly _tag: "Failed"; readonly cause: Cause.Cause<E> }
  | { readonly _tag: "Blocked"; readonly by: string }

/** What came of one step for one subject. */
export interface Result<out E> {
  readonly step: Plan.Step
  readonly subject: string | undefined
  readonly outcome: Outcome<E>
}

export interface Report<out E> {
  readonly run: string
  /** partial: subjects failed, and everything else is written. */
  readonly state: "succeeded" | "partial" | "failed"
  /** In the order of the plan. */
  readonly results: ReadonlyArray<Result<E>>
}

/** Where a test may pull the plug: at the points between the commits that tell one step. */
export type CrashPoint = "started" | "staged" | "checked" | "committing" | "published"
export const Plug = Context.Reference<(at: CrashPoint, asset: Asset.Any, subject: string | undefined) => Effect.Effect<void>>(
  "crypto/engine/Run/Plug",
  { defaultValue: () => unplugged }
)

export interface Options {
  /** Slices that are made at the same time. */
  readonly concurrency?: number
  /** Who asked; told to the ledger. */
  readonly trigger?: string
  /** The request it is done for. */
  readonly request?: string
  /** Whether what its source asks to come back to later is told as deferred, since whoever asked will, and not as failed. */
  readonly defers?: boolean
  /** What of whoever asked ends with the run, or, of several, with the last one: it is told in the commit that tells the run's end. */
  readonly closing?: (reports: ReadonlyArray<Report<unknown>>) => ReadonlyArray<Event>
}

export const execute = <E, R>(
  plan: Plan.Plan<E, R>,
  options: Options = {}
): Effect.Effect<Report<E>, LedgerFailed, Exclude<R, Key> | Ledger | Manifest> =>
  // every step is a target or upstream of one, so the targets' E and R hold for all of them
  executed(plan, options) as never

/**
 * Plan and execute, and plan again while something was pending: what a schedule, a sensor and `crypto run` do. One
 * run is told for each plan. `onPlan` sees each plan before anything is spent on it.
 *
 * ```ts
 * import { dailyReturns, Plan, Run } from "crypto-pipeline"
 * import { Console, Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const reports = yield* Run.upToDate([dailyReturns], { onPlan: (plan) => Console.log(Plan.print(plan).join("\n")) })
 *   return reports.every((_) => _.state === "succeeded")
 * })
 * ```
 */
export const upToDate = <const Targets extends ReadonlyArray<Asset.Any>, E2 = never, R2 = never>(
  targets: Targets,
  options: Plan.Options & Options & { readonly onPlan?: (plan: Plan.Plan) => Effect.Effect<void, E2, R2> } = {}
): Effect.Effect<
  ReadonlyArray<Report<Effect.Error<Targets[number]>>>,
  LedgerFailed | Effect.Error<Targets[number]> | E2,
  Exclude<Effect.Services<Targets[number]>, Key> | Ledger | Manifest | R2
> =>
  Effect.gen(function*() {
    const reports: Array<Report<unknown>> = []
    const { closing = none, ...rest } = options
    let waiting = Infinity
    let force = options.force
    while (true) {
      const plan: Plan.Plan<unknown, unknown> = yield* Plan.make(targets, { ...options, force: force ?? false })
      if (options.onPlan !== undefined) yield* options.onPlan(plan as Plan.Plan)
      const isLast = plan.pending.length === 0
      reports.push(yield* execute(plan, { ...rest, closing: isLast ? (last) => closing([...reports, ...last]) : none }))
      // each round must leave less to wait for, or the rest cannot be planned at all
      if (isLast || plan.pending.length >= waiting || reports.at(-1)?.state === "failed") return reports
      waiting = plan.pending.length
      // what was forced in this round is not forced again in the next
      if (force !== undefined && force !== false) force = plan.pending.map((_) => _.asset)
    }
  }) as never // the targets' E and R, as for `execute`

/** The exit of a whole run: failed if something is lost to all its readers, partial if only subjects are. */
export const stateOf = (results: ReadonlyArray<Result<unknown>>): Report<unknown>["state"] => {
  const lost = [...Map.groupBy(results, (_) => _.step.asset).values()].some((_) => lostStep(_) !== undefined)
  return lost ? "failed" : results.some(isBad) ? "partial" : "succeeded"
}

/** What is said of a failure: the errors' own messages, and defects as they are. */
export const explain = (cause: Cause.Cause<unknown>): string => {
  const said = cause.reasons.flatMap((reason) =>
    Cause.isFailReason(reason) ? [message(reason.error)] : Cause.isDieReason(reason) ? [`defect: ${message(reason.defect)}`] : []
  )
  return said.length === 0 ? "interrupted" : [...new Set(said)].join("; ")
}

/** When trying again makes sense, if one of the errors says so (`notBefore`, in epoch milliseconds): the latest of those instants. */
export const notBefore = (cause: Cause.Cause<unknown>): number | undefined => {
  const instants = cause.reasons.flatMap((_) => Cause.isFailReason(_) ? instantOf(_.error) : [])
  return instants.length === 0 ? undefined : Math.max(...instants)
}

// helpers

const none = (): ReadonlyArray<Event> => []

/** No test is there: nothing is asked at the points between the commits. */
const unplugged = (): Effect.Effect<void> => Effect.void

const instantOf = (error: unknown): ReadonlyArray<number> =>
  Predicate.hasProperty(error, "notBefore") && typeof error.notBefore === "number" ? [error.notBefore] : []

/** What the steps of a run have in common. */
interface Here {
  readonly run: string
  readonly defers: boolean
  /** The ledger, and whoever listens to the progress, hear the same. */
  readonly tell: (...events: [Event, ...ReadonlyArray<Event>]) => Effect.Effect<void, LedgerFailed>
  readonly plug: (at: CrashPoint, asset: Asset.Any, subject: string | undefined) => Effect.Effect<void>
}

const executed = Effect.fnUntraced(function*(plan: Plan.Plan<unknown, unknown>, options: Options) {
  const run = yield* Asset.newId
  const { closing = none, concurrency = 4, defers = false, request = null, trigger = "library" } = options
  const ledger = yield* Ledger
  const progress = yield* Progress
  const tell: Here["tell"] = progress === unheard
    ? ledger.record
    : (...events) => Effect.andThen(ledger.record(...events), () => Effect.forEach(events, progress, { discard: true }))
  const here: Here = { run, defers, tell, plug: yield* Plug }
  const started = { _tag: "RunStarted", run, targets: plan.targets.map((_) => _.name), trigger, request } as const
  // the run's own beginning and end cannot be interrupted: what began is told to have ended
  return yield* Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
    const report = (results: ReadonlyArray<Result<unknown>>): Report<unknown> => ({ run, state: stateOf(results), results })
    if (plan.steps.length === 0) {
      const nothing = report([])
      yield* tell(started, { _tag: "RunEnded", run, state: nothing.state }, ...closing([nothing]))
      return nothing
    }
    yield* tell(started)
    const exit = yield* Effect.exit(restore(performed(here, plan.steps, concurrency)))
    if (Exit.isFailure(exit)) {
      if (Cause.hasInterruptsOnly(exit.cause)) yield* Effect.ignore(tell({ _tag: "RunEnded", run, state: "interrupted" }))
      return yield* exit
    }
    const done = report(exit.value)
    yield* tell({ _tag: "RunEnded", run, state: defers && exit.value.some(isWorthAWait) ? "deferred" : done.state }, ...closing([done]))
    return done
  }))
})

/** A step in its turn: what it still waits for, and what came of it. */
interface Turn {
  readonly step: Plan.Step
  readonly reads: Array<Turn>
  readonly readers: Array<Turn>
  /** How many of those that it reads have not ended. */
  waits: number
  /** How many of its slices have not ended. */
  open: number
  /** In the order of the step's subjects. */
  readonly results: Array<Result<unknown>>
}

const turnsOf = (steps: ReadonlyArray<Plan.Step>): ReadonlyArray<Turn> => {
  const turns = new Map(steps.map((step): readonly [Plan.Step, Turn] => [
    step,
    { step, reads: [], readers: [], waits: 0, open: step.subjects.length, results: [] }
  ]))
  for (const turn of turns.values()) {
    for (const upstream of new Set(turn.step.after)) {
      const read = turns.get(upstream)
      if (read === undefined) continue
      turn.reads.push(read)
      read.readers.push(turn)
      turn.waits++
    }
  }
  return [...turns.values()]
}

/** Slices whose turn has come wait in one queue for so many workers; what is blocked waits for nobody. */
const performed = Effect.fnUntraced(function*(here: Here, steps: ReadonlyArray<Plan.Step>, concurrency: number) {
  const turns = turnsOf(steps)
  const workers = Math.min(concurrency, turns.reduce((sum, _) => sum + _.open, 0))
  const ready = yield* Queue.unbounded<readonly [turn: Turn, index: number] | undefined>()
  let left = turns.length

  const begin = (turn: Turn): Effect.Effect<void, LedgerFailed> => {
    const { open, reads, step } = turn
    if (open === 0) return Effect.suspend(() => over(turn))
    if (reads.some((_) => _.results.some(isBad))) return sift(turn)
    for (const index of step.subjects.keys()) Queue.offerUnsafe(ready, [turn, index])
    return Effect.void
  }
  const sift = Effect.fnUntraced(function*(turn: Turn) {
    const { reads, step } = turn
    const before = reads.flatMap((_) => _.results)
    for (const [index, subject] of step.subjects.entries()) {
      const by = blocker(step, subject, before)
      if (by === undefined) Queue.offerUnsafe(ready, [turn, index])
      else yield* ended(turn, index, yield* block(here, step, subject, Plan.label(by)))
    }
  })
  const ended = (turn: Turn, index: number, outcome: Outcome<unknown>) => {
    turn.results[index] = { step: turn.step, subject: turn.step.subjects[index], outcome }
    return --turn.open > 0 ? Effect.void : over(turn)
  }
  const over = ({ readers }: Turn): Effect.Effect<void, LedgerFailed> => {
    if (--left === 0) Queue.offerAllUnsafe(ready, Array.from({ length: workers }, () => undefined))
    const begun = readers.filter((_) => --_.waits === 0).map(begin).filter((_) => _ !== Effect.void)
    return begun.length === 0 ? Effect.void : Effect.all(begun, { discard: true })
  }
  const worker = Effect.gen(function*() {
    while (true) {
      const slice = yield* Queue.take(ready)
      if (slice === undefined) return
      const [turn, index] = slice
      yield* ended(turn, index, yield* settle(here, turn.step, turn.step.subjects[index]))
    }
  })

  for (const turn of turns.filter((_) => _.waits === 0)) yield* begin(turn)
  yield* Effect.all(Array.from({ length: workers }, () => worker), { concurrency: "unbounded" })
  return turns.flatMap((_) => _.results)
})

const isWorthAWait = ({ outcome }: Result<unknown>): boolean => outcome._tag === "Failed" && notBefore(outcome.cause) !== undefined

const isBad = ({ outcome }: Result<unknown>): boolean => outcome._tag === "Failed" || outcome._tag === "Blocked"

/** Of one asset's results: a step that was lost, if no subject came through whole. */
const lostStep = (results: ReadonlyArray<Result<unknown>>): Plan.Step | undefined => {
  const bySubject = [...Map.groupBy(results, (_) => _.subject).values()]
  const through = results.some((_) => _.step.fresh > 0) || bySubject.some((_) => !_.some(isBad))
  return through ? undefined : results.find(isBad)?.step
}

/** Of an asset it reads, a slice needs the same subject; or, if it reads them all, at least one. */
const blocker = (step: Plan.Step, subject: string | undefined, before: ReadonlyArray<Result<unknown>>): Plan.Step | undefined => {
  for (const [upstream, results] of Map.groupBy(before, (_) => _.step.asset)) {
    const by = shared(step.asset, upstream) ? results.find((_) => _.subject === subject && isBad(_))?.step : lostStep(results)
    if (by !== undefined) return by
  }
  return undefined
}

/** Make one slice, unless its provisional reason went away, and tell the ledger how that ended, whatever happens. */
const settle = (here: Here, step: Plan.Step, subject: string | undefined) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const { defers, plug, tell } = here
      const id = yield* Asset.newId
      yield* tell(begun(here, step, subject, id))
      const nothing = { _tag: "StepEnded", id, rows: 0, changed: 0 } as const
      const noted: Array<string> = []
      const exit = yield* Effect.exit(restore(bringAbout(here, step, subject, id, noted)))
      if (Exit.isFailure(exit)) {
        const state = Cause.hasInterruptsOnly(exit.cause)
          ? "interrupted"
          : defers && notBefore(exit.cause) !== undefined
          ? "deferred"
          : "failed"
        yield* tell({ ...nothing, state, note: [explain(exit.cause), ...noted].join("; "), checks: refused(exit.cause) })
        return { _tag: "Failed", cause: exit.cause } as const
      }
      const published = exit.value
      if (published === undefined) {
        const why = "what it reads came out as it was"
        yield* tell({ ...nothing, state: "skipped", note: why })
        return { _tag: "Skipped", why } as const
      }
      yield* plug("published", step.asset, subject)
      const notes = [...noted, ...(published.notes ?? [])]
      const publication: Publication = notes.length === 0 ? published : { ...published, notes }
      const { changed, rows, warnings } = publication
      const note = [...warnings.map(Check.describe), ...notes].join("; ")
      yield* tell({ ...nothing, state: "succeeded", rows, changed: Span.size(changed), note, checks: warnings })
      return { _tag: "Made", publication } as const
    })
  )

/** What blocking checks found. */
const refused = (cause: Cause.Cause<unknown>): ReadonlyArray<Check.Finding> =>
  cause.reasons.flatMap((_) => Cause.isFailReason(_) && _.error instanceof Check.AuditFailed ? _.error.findings : [])

/** What was published; nothing, if there turned out to be no need. */
const bringAbout = (here: Here, step: Plan.Step, subject: string | undefined, id: string, noted: Array<string>) => {
  const making = makeOnly(step, subject, id, noted)
  const made = here.plug === unplugged ? making : Effect.andThen(here.plug("started", step.asset, subject), making)
  if (!step.provisional) return made
  return Effect.flatMap(staleKeys(step.asset, step.window, subject), (keys) => keys.length === 0 ? Effect.undefined : made)
}

const begun = ({ run }: Here, step: Plan.Step, subject: string | undefined, id: string): Event => ({
  _tag: "StepStarted",
  run,
  id,
  asset: step.asset.name,
  window: step.window.toString(),
  subject: subject ?? "",
  why: Plan.reasons(step)
})

const block = (here: Here, step: Plan.Step, subject: string | undefined, by: string) =>
  Effect.uninterruptible(Effect.gen(function*() {
    const id = yield* Asset.newId
    yield* here.tell(begun(here, step, subject, id))
    yield* here.tell({ _tag: "StepEnded", id, state: "blocked", rows: 0, changed: 0, note: `blocked by ${by}` })
    return { _tag: "Blocked", by } as const
  }))

/** The step's asset over the step's slice; all that it pulls is read. What the store said of the publication. */
const makeOnly = ({ asset, window }: Plan.Step, subject: string | undefined, id: string, noted: Array<string>) => {
  let published: Publication = { rows: 0, changed: Span.empty, warnings: [] }
  const over = asset.per === undefined ? asset : Effect.provideContext(asset, asset.per.over(window))
  const one = subject === undefined || asset.of === undefined ? over : Effect.provideContext(over, asset.of.at(subject))
  const known = Effect.succeed(id)
  const making = (pulled: Asset.Any) => pulled === asset ? known : undefined
  const listening = (of: Asset.Any, publication: Publication) => void (published = of === asset ? publication : published)
  const noting = (text: string) => Effect.sync(() => void (noted.includes(text) || noted.push(text)))
  return Effect.map(
    Effect.updateContext(one, (context: Context.Context<unknown>) =>
      context.pipe(
        Context.add(Asset.Making, making),
        Context.add(Asset.Published, listening),
        Context.add(Note, noting)
      )),
    () => published
  )
}

const message = (error: unknown): string => error instanceof Error ? error.message : String(error)
