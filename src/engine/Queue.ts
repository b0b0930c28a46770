/**
 * The queue lets requests begin when it is their turn: higher priorities first, equal ones in the order in which they
 * were asked for, and never more at a time than the limits allow.
 *
 * What a running request takes (a place among the runs, its tags' and pools' places, and each asset that it may make, so
 * that no two make the same) are leases in the ledger. They end with the request, in the transaction that tells its end,
 * whether it succeeded, failed, was cancelled or interrupted; those of a process that died end at the next start, or when
 * it has given no sign of life for long. A request that has to wait for an asset keeps its place: none that was asked for
 * later passes it on that asset.
 *
 * A request whose source asks to come back later than anybody waits (an error with `notBefore`) goes back into the queue
 * until then, where somebody is there to do it: what it had published stays, and is not made again. Where somebody looks
 * on, or who works on it leaves when it is done, it has failed.
 */
import { Cause, Clock, Context, Deferred, Effect, Exit, Latch, Ref, Schema, type Scope, Semaphore, Stream } from "effect"
import * as Asset from "./Asset.ts"
import { narrowing } from "./Backfill.ts"
import { type Event, type Lease, Ledger, type LedgerFailed, reconcile, settle, type StepRow } from "./Ledger.ts"
import { Manifest } from "./Manifest.ts"
import type { Key } from "./Partition.ts"
import * as Pipeline from "./Pipeline.ts"
import type * as Plan from "./Plan.ts"
import * as Request from "./Request.ts"
import * as Run from "./Run.ts"

/** How many requests may run at the same time. */
export interface Limits {
  readonly runs: number
  /** With this tag and value (`team=prices`), or with each value of this tag (`team`). */
  readonly tags: Readonly<Record<string, number>>
  /** That make an asset of this pool: an asset's pool is the value of its tag `pool`. */
  readonly pools: Readonly<Record<string, number>>
}
export const Limits = Context.Reference<Limits>("crypto/engine/Queue/Limits", { defaultValue: () => ({ runs: 4, tags: {}, pools: {} }) })

export class Cancelled extends Schema.TaggedError<Cancelled>()("Cancelled", { request: Schema.String }) {
  override get message() {
    return `request ${this.request} was cancelled`
  }
}

/** What a request's targets are cannot be told. */
export class NotSelected extends Schema.TaggedError<NotSelected>()("NotSelected", { request: Schema.String, says: Schema.String }) {
  override get message() {
    return this.says
  }
}

/** How a request ended, for the ledger; or, what is no end, that it goes back into the queue until an instant (epoch milliseconds). */
export type Ending =
  | { readonly state: Request.Ended; readonly note: string }
  | { readonly state: "deferred"; readonly note: string; readonly notBefore: number }

/** An ending as events, for whoever tells them; none, where it is no end. */
export type Close = (ending: Ending) => ReadonlyArray<Event>

export class Queue extends Context.Service<Queue, {
  /** The steps that a process before this one left open, to be told once. */
  readonly recovered: Effect.Effect<ReadonlyArray<StepRow>>
  /**
   * Asks, waits for its turn, and does it here and now: for somebody who looks on. Interrupted, the request is too.
   * What is done may tell the request's end together with its own (`close`), in one commit; else it is told after that.
   * `waits` is told whom it waits for, once, if it cannot begin at once.
   */
  readonly attend: <A, E, R>(
    asked: Request.Requested,
    perform: (request: Request.Request, close: Close) => Effect.Effect<readonly [A, Ending], E, R>,
    waits?: (by: ReadonlyArray<Request.Request>) => Effect.Effect<void>
  ) => Effect.Effect<A, E | Cancelled | LedgerFailed | NotSelected, R>
  /** Takes back a request that waits or runs. Answers whether there was one. */
  readonly cancel: (request: string) => Effect.Effect<boolean, LedgerFailed>
  /** Something was asked for: look now. */
  readonly wake: Effect.Effect<void>
  /** Lets what waits in the ledger begin, as long as it runs. */
  readonly work: Effect.Effect<never>
  /** The same for some of it: a process that holds the data for a while does what it was started for, and no more. */
  readonly workOn: (mine: (request: Request.Request) => boolean) => Effect.Effect<never>
}>()("crypto/engine/Queue") {}

/** To be made once by the owner of the data: what an owner before it left open is ended first. */
export const make = <Target extends Asset.Any>(
  pipeline: Pipeline.Pipeline<Target, unknown>
): Effect.Effect<
  Queue["Service"],
  LedgerFailed,
  Exclude<Effect.Services<Target>, Key> | Ledger | Manifest | Scope.Scope
> => made(pipeline)

/** How a request is planned and run. */
export const optionsOf = Effect.fnUntraced(
  function*({ expiring, force, forcedSince, id, only, over, subjects, trigger, which }: Request.Request) {
    const narrow = yield* narrowing(which)
    const options: Plan.Options & Run.Options = {
      request: id,
      trigger,
      only,
      force,
      subjects,
      ...(expiring === null ? {} : { expiring }),
      ...(forcedSince === null ? {} : { forcedSince }),
      ...(over === null ? {} : { over }),
      ...(narrow === undefined ? {} : { narrow })
    }
    return options
  }
)

/** What a request ends with when its runs have. */
export const endingOf = (reports: ReadonlyArray<Run.Report<unknown>>, defers = false): Ending => {
  const state = (["failed", "partial"] as const).find((state) => reports.some((_) => _.state === state)) ?? "succeeded"
  const failed = reports.flatMap((_) => _.results).flatMap(({ outcome, step, subject }) =>
    outcome._tag === "Failed"
      ? [`${[step.asset.name, subject].filter((_) => _ !== undefined).join(" ")}: ${Run.explain(outcome.cause)}`]
      : []
  )
  const more = failed.length > TOLD ? ` and ${failed.length - TOLD} more` : ""
  const note = failed.slice(0, TOLD).join("; ") + more
  const results = defers ? reports.flatMap((_) => _.results) : []
  const instants = results.flatMap(({ outcome }) => outcome._tag === "Failed" ? Run.notBefore(outcome.cause) ?? [] : [])
  return instants.length === 0 ? { state, note } : { state: "deferred", note, notBefore: Math.ceil(Math.max(...instants)) }
}

// helpers

/** Failures that a request's note names. */
const TOLD = 3
/** Without a sign of life for so long, an owner is taken for dead. */
const PATIENCE = 60_000
const BEAT = "15 seconds"
/** What somebody at a command line asked for is theirs to ask for again. */
export const PERSON = "command line"
/** A request that dies with its process so often is not taken up once more. */
const TRIES = 3
/** How often the ledger is looked at when nobody says that there is something new. */
const LOOK = "1 second"

const made = Effect.fnUntraced(function*(pipeline: Pipeline.Any) {
  const ledger = yield* Ledger
  const manifest = yield* Manifest
  const limits = yield* Limits
  const context = yield* Effect.context<never>()
  const cutShort = yield* Ref.make(yield* ledger.requests({ states: ["running"] }))
  const recovered = yield* Ref.make<ReadonlyArray<StepRow>>(yield* reconcile)
  const owner = yield* Asset.newId
  const turn = yield* Semaphore.make(1)
  const news = yield* Latch.make()
  const wake = Effect.asVoid(news.open)
  /** Whom a turn is waited for here. */
  const attended = new Map<string, Deferred.Deferred<Request.Request, Cancelled | NotSelected>>()
  /** What runs here, and how it is told to stop. */
  const performed = new Map<string, Deferred.Deferred<void>>()

  /** Whether there is somebody here who does later what a source asks to come back to. */
  let defers = false
  const ended = Effect.fnUntraced(function*(request: string, ending: Ending) {
    if (ending.state !== "deferred") yield* ledger.record({ _tag: "RequestEnded", request, ...ending })
    else {
      const { note, notBefore } = ending
      const [known] = yield* ledger.requests({ ids: [request] })
      yield* ledger.record(known?.cancelledAt === null
        ? { _tag: "RequestDeferred", request, notBefore, note }
        : { _tag: "RequestEnded", request, state: "cancelled", note: "" })
    }
    yield* wake
  })

  /** Nobody goes on with it: what its runs left open has ended too. */
  const lost = Effect.fnUntraced(function*(request: string, note: string) {
    const { runs } = yield* ledger.open
    yield* settle(runs.filter((_) => _.request === request).map((_) => _.id), `lost: ${note}`)
    yield* ended(request, { state: "lost", note })
  }, (_) => Effect.provideService(Effect.provideService(_, Manifest, manifest), Ledger, ledger))

  // the targets are assets of this pipeline, and ask no more of the world than `make` does
  const closed = <A, E>(effect: Effect.Effect<A, E, unknown>) => Effect.provideContext(effect as Effect.Effect<A, E>, context)

  const leasesOf = Effect.fnUntraced(function*(request: Request.Request) {
    const targets = yield* closed(Pipeline.select(pipeline, request.targets)).pipe(
      Effect.mapError((error) => new NotSelected({ request: request.id, says: Run.explain(Cause.fail(error)) }))
    )
    const seen = new Set<Asset.Any>()
    const assets = request.only ? targets : targets.flatMap((_) => Asset.lineage(_, seen))
    return leases(limits, request, assets)
  })

  /**
   * Does what a request asks for; its end is told, whatever comes. Only the doing is restored: whoever is interrupted while the
   * ledger is told that it begins goes on to tell that it ended.
   */
  const bounded = <A, E, R>(
    restore: <B, E2, R2>(effect: Effect.Effect<B, E2, R2>) => Effect.Effect<B, E2, R2>,
    request: Request.Request,
    perform: (request: Request.Request, close: Close) => Effect.Effect<readonly [A, Ending], E, R>
  ): Effect.Effect<A, E | Cancelled | LedgerFailed, R> =>
    Effect.uninterruptible(Effect.gen(function*() {
      const stop = yield* Deferred.make<void>()
      performed.set(request.id, stop)
      const stopped = Effect.andThen(Deferred.await(stop), new Cancelled({ request: request.id }))
      let isClosed = false
      const close: Close = (ending) => {
        if (ending.state === "deferred") return []
        isClosed = true
        return [{ _tag: "RequestEnded", request: request.id, ...ending }]
      }
      const exit = yield* Effect.exit(restore(Effect.raceFirst(perform(request, close), stopped)))
      performed.delete(request.id)
      // what failed may have failed to tell it; an end that was told is not told otherwise
      if (isClosed && Exit.isSuccess(exit)) yield* wake
      else yield* ended(request.id, Exit.isSuccess(exit) ? exit.value[1] : endingOfCause(exit.cause))
      return Exit.isSuccess(exit) ? exit.value[0] : yield* Effect.failCause(exit.cause)
    }))

  const perform = Effect.fnUntraced(function*(request: Request.Request, close: Close) {
    const targets = yield* Pipeline.select(pipeline, request.targets)
    const options = {
      ...yield* optionsOf(request),
      defers,
      closing: (reports: ReadonlyArray<Run.Report<unknown>>) => close(endingOf(reports, defers))
    }
    const reports: ReadonlyArray<Run.Report<unknown>> = yield* Run.upToDate(targets, options)
    return [undefined, endingOf(reports, defers)] as const
  })

  /** Lets begin what may; of what nobody attends to, what is `mine`. */
  const round = (mine: (request: Request.Request) => boolean) =>
    turn.withPermits(1)(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const open = yield* ledger.requests({ states: ["queued", "running"] })
      for (const request of open.filter((_) => _.state === "running")) {
        const stop = performed.get(request.id)
        if (request.owner !== owner) {
          if ((request.heldUntil ?? 0) <= now) yield* lost(request.id, "its process gave no sign of life")
        } else if (stop === undefined) yield* lost(request.id, "its end could not be told when it came")
        else if (request.cancelledAt !== null) yield* Deferred.succeed(stop, undefined)
      }
      for (const [id, granted] of attended) {
        if (!open.some((_) => _.id === id)) yield* Deferred.fail(granted, new Cancelled({ request: id }))
      }
      const kept = new Set<string>()
      const due = open.filter((_) => _.state === "queued" && (_.notBefore ?? 0) <= now)
      for (const request of due.filter((_) => _.owner === null ? mine(_) : attended.has(_.id)).toSorted(Request.byTurn)) {
        const granted = attended.get(request.id)
        const wanted = yield* Effect.result(leasesOf(request))
        if (wanted._tag === "Failure") {
          yield* ended(request.id, { state: "failed", note: wanted.failure.message })
          if (granted !== undefined) yield* Deferred.fail(granted, wanted.failure)
          continue
        }
        const leases = wanted.success
        const passes = leases.some((_) => kept.has(_.name))
        if (passes || !(yield* ledger.begin(request.id, leases, owner, now + PATIENCE))) {
          for (const { name } of leases) if (name !== PLACE) kept.add(name)
        } else if (granted !== undefined) yield* Deferred.succeed(granted, request)
        else {
          performed.set(request.id, yield* Deferred.make<void>())
          yield* Effect.forkIn(Effect.ignoreCause(closed(Effect.uninterruptibleMask((restore) => bounded(restore, request, perform)))),
            scope)
        }
      }
    }))

  const scope = yield* Effect.scope
  const here = (work: Effect.Effect<void, LedgerFailed>) =>
    Effect.suspend(() => performed.size + attended.size === 0 ? Effect.void : Effect.ignore(work))
  const beat = Effect.flatMap(Clock.currentTimeMillis, (now) => ledger.hold(owner, now + PATIENCE))
  // another process may take back what runs here: the ledger is all that it can reach
  yield* Effect.forkIn(Effect.forever(Effect.andThen(Effect.sleep(BEAT), here(beat))), scope)
  yield* Effect.forkIn(Effect.forever(Effect.andThen(Effect.sleep(LOOK), here(round(none)))), scope)

  /** Asks. Where nothing waits and nothing runs, it begins with that. */
  const ask = Effect.fnUntraced(function*(asked: Request.Requested, leases: ReadonlyArray<Lease>) {
    const now = yield* Clock.currentTimeMillis
    const isAlone = (yield* ledger.requests({ states: ["queued", "running"], limit: 1 })).length === 0
    if (!isAlone || leases.length === 0 || (asked.notBefore ?? 0) > now) {
      yield* ledger.record(asked)
      return false
    }
    const begins = yield* ledger.begin(asked, leases, owner, now + PATIENCE)
    if (begins) performed.set(asked.id, yield* Deferred.make<void>())
    return begins
  }, turn.withPermits(1))

  const attend: Queue["Service"]["attend"] = (asked, perform, waits) =>
    Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const mine = { ...asked, owner }
      const request = Request.asked(mine, yield* Clock.currentTimeMillis)
      // what cannot be selected is refused in its turn
      const leases = yield* restore(Effect.orElseSucceed(leasesOf(request), () => []))
      if (yield* ask(mine, leases)) return yield* bounded(restore, request, perform)
      const granted = yield* Deferred.make<Request.Request, Cancelled | NotSelected>()
      attended.set(asked.id, granted)
      const waiting = Effect.gen(function*() {
        yield* round(none)
        if (waits !== undefined && !(yield* Deferred.isDone(granted))) yield* waits(yield* blocking(asked.id))
        yield* wake
        return yield* Effect.never
      })
      const exit = yield* Effect.exit(restore(Effect.raceFirst(Deferred.await(granted), waiting)))
      attended.delete(asked.id)
      if (Exit.isSuccess(exit)) return yield* bounded(restore, exit.value, perform)
      yield* ended(asked.id, endingOfCause(exit.cause))
      return yield* Effect.failCause(exit.cause)
    }))

  const blocking = Effect.fnUntraced(function*(id: string) {
    const [request] = yield* ledger.requests({ ids: [id] })
    if (request === undefined) return []
    const names = new Set((yield* leasesOf(request)).map((_) => _.name).filter((_) => _ !== PLACE))
    const taken = yield* ledger.leases
    const by = new Set(taken.filter((_) => names.has(_.name)).map((_) => _.request))
    return yield* ledger.requests({ ids: by.size === 0 ? taken.map((_) => _.request) : [...by] })
  })

  const asked = Stream.runForEach(Stream.filter(ledger.heard, (_) => _._tag === "RunRequested"), () => wake)
  const looking = (mine: (request: Request.Request) => boolean) =>
    Effect.forever(Effect.gen(function*() {
      yield* news.close
      yield* Effect.catchCause(round(mine), (cause) => Effect.logError(`the queue could not look at the ledger: ${Run.explain(cause)}`))
      yield* Effect.timeoutOption(news.await, LOOK)
    }))
  /** What ran when the process before this one died is asked for again, unless somebody looked on, or it keeps killing its process. */
  const takeUp = Effect.gen(function*() {
    for (const request of yield* Ref.getAndSet(cutShort, [])) {
      let tries = 1
      for (let parent = request.parent; parent !== null; tries++) {
        const [before] = yield* ledger.requests({ ids: [parent], states: ["lost"] })
        parent = before?.parent ?? null
        if (before === undefined) break
      }
      if (request.trigger === PERSON || tries >= TRIES) continue
      yield* ledger.record(Request.again(request, yield* Asset.newId, request.trigger))
    }
  })

  const workOn = (mine: (request: Request.Request) => boolean): Effect.Effect<never> =>
    Effect.raceFirst(looking(mine), Effect.andThen(asked, Effect.never))

  return Queue.of({
    recovered: Ref.getAndSet(recovered, []),
    attend,
    cancel: Effect.fn("Queue.cancel")(function*(request) {
      const [found] = yield* ledger.requests({ ids: [request], states: ["queued", "running"] })
      if (found === undefined) return false
      yield* ledger.record({ _tag: "CancelRequested", request })
      yield* wake
      yield* round(none)
      return true
    }),
    wake,
    work: Effect.suspend(() => {
      defers = true
      return Effect.andThen(Effect.ignore(takeUp), workOn(() => true))
    }),
    workOn
  })
})

/** A place among the runs: it is nobody's in particular, so whoever waits for something else does not keep it. */
const PLACE = "run"

const leases = (limits: Limits, request: Request.Request, assets: ReadonlyArray<Asset.Any>): ReadonlyArray<Lease> => {
  const pools = new Set(assets.flatMap((_) => _.tags["pool"] ?? []))
  const limited = (name: string, limit: number | undefined): ReadonlyArray<Lease> => limit === undefined ? [] : [{ name, limit }]
  return [
    { name: PLACE, limit: limits.runs },
    ...assets.map((_) => ({ name: `asset ${_.name}`, limit: 1 })),
    ...[...pools].flatMap((_) => limited(`pool ${_}`, limits.pools[_])),
    ...Object.entries(request.tags).flatMap(([tag, value]) =>
      limited(`tag ${tag}=${value}`, limits.tags[`${tag}=${value}`] ?? limits.tags[tag])
    )
  ]
}

const none = () => false

const endingOfCause = (cause: Cause.Cause<unknown>): Ending => {
  if (Cause.hasInterruptsOnly(cause)) return { state: "interrupted", note: "its process was told to stop" }
  const cancelled = cause.reasons.some((_) => Cause.isFailReason(_) && _.error instanceof Cancelled)
  return cancelled ? { state: "cancelled", note: "" } : { state: "failed", note: Run.explain(cause) }
}
