import { Clock, Effect, Layer, PubSub, Stream } from "effect"
import * as Tick from "../../engine/automation/Tick.ts"
import { type Event, type Lease, Ledger, LedgerFailed, type RunRow, type StepRow } from "../../engine/Ledger.ts"
import * as Request from "../../engine/Request.ts"
import * as subjects from "./subjects.ts"
import * as ticksInMemory from "./ticksInMemory.ts"

export const ledger: Layer.Layer<Ledger> = Layer.effect(Ledger, Effect.gen(function*() {
  const told: Told = { requests: new Map(), leases: [], runs: new Map(), steps: new Map(), ticks: ticksInMemory.empty(), sets: new Map() }
  const hub = yield* Effect.acquireRelease(PubSub.sliding<Event>(1024), PubSub.shutdown)
  return Ledger.of({
    record: (...events) =>
      Clock.clockWith((clock) => {
        const refused = ticksInMemory.refused(told.ticks, events)
        if (refused !== undefined) {
          return new LedgerFailed({ doing: `record ${events.map((_) => _._tag).join(", ")}`, cause: new Error(refused) })
        }
        const now = clock.currentTimeMillisUnsafe()
        for (const event of events) apply(told, event, now)
        // what a slow listener has no room for takes the place of what is oldest
        const surplus = events.filter((_) => !PubSub.publishUnsafe(hub, _))
        return surplus.length === 0 ? Effect.void : Effect.asVoid(PubSub.publishAll(hub, surplus))
      }),
    runs: (limit, { assets, id = "", state } = {}) =>
      Effect.sync(() => {
        const having = new Set([...told.steps.values()].flatMap((_) => assets?.includes(_.asset) === true ? [_.run] : []))
        const meant = [...told.runs.values()].filter((_) =>
          _.id.startsWith(id) && (state === undefined || _.state === state) && (assets === undefined || having.has(_.id))
        )
        return meant.toReversed().slice(0, limit)
      }),
    steps: (run) => Effect.sync(() => [...told.steps.values()].filter((_) => _.run === run)),
    stepsOf: (asset, limit) => Effect.sync(() => [...told.steps.values()].filter((_) => _.asset === asset).toReversed().slice(0, limit)),
    failures: (assets) =>
      Effect.sync(() => {
        const tried = [...told.steps.values()].filter((_) => _.state === "failed" || _.state === "succeeded" || _.state === "skipped")
        const last = new Map(tried.map((_) => [`${_.asset} ${_.subject} ${_.window}`, _]))
        return tried.filter((_) => _.state === "failed" && assets.includes(_.asset) && [...last.values()].includes(_))
      }),
    open: Effect.sync(() => ({
      runs: [...told.runs.values()].filter((_) => _.state === "started"),
      steps: [...told.steps.values()].filter((_) => _.state === "started")
    })),
    requests: ({ ids, limit, runKey, states, tag }) =>
      Effect.sync(() => {
        const found = [...told.requests.values()].filter((_) =>
          (ids?.includes(_.id) ?? true) && (states?.includes(_.state) ?? true) && (runKey === undefined || _.runKey === runKey) &&
          (tag === undefined || _.tags[tag] !== undefined)
        )
        return found.slice(Math.max(0, found.length - (limit ?? Infinity)))
      }),
    unmade: Effect.sync(() => [...told.steps.values()].filter((_) => ["failed", "blocked", "interrupted", "deferred"].includes(_.state))),
    runsOf: (request) => Effect.sync(() => [...told.runs.values()].filter((_) => _.request === request)),
    begin: Effect.fnUntraced(function*(asked, leases, owner, until) {
      const now = yield* Clock.currentTimeMillis
      const request = typeof asked === "string" ? asked : asked.id
      if (typeof asked !== "string") {
        apply(told, asked, now)
        yield* PubSub.publish(hub, asked)
      }
      const found = told.requests.get(request)
      if (found?.state !== "queued" || (found.owner ?? owner) !== owner || !leases.every((_) => isFree(told, _))) return false
      change(told, request, { state: "running", note: "", beganAt: now, owner, heldUntil: until })
      told.leases.push(...leases.map(({ name }) => ({ name, request })))
      return true
    }),
    hold: (owner, heldUntil) =>
      Effect.sync(() => {
        for (const request of told.requests.values()) if (request.owner === owner) change(told, request.id, { heldUntil })
      }),
    // it ends with its process
    forget: () => Effect.succeed({ runs: 0, ticks: 0 }),
    leases: Effect.sync(() => [...told.leases]),
    standings: Effect.sync(() => [...told.ticks.standings.values()].sort((a, b) => a.name < b.name ? -1 : 1)),
    ticks: (which) => Effect.sync(() => ticksInMemory.found(told.ticks, which)),
    watched: Effect.sync(() => told.ticks.watched),
    ends: (after, limit) => Effect.sync(() => ticksInMemory.ended(told.ticks, told.runs, after, limit)),
    newestEnd: Effect.sync(() => told.ticks.ends.length),
    subjects: (set) => Effect.sync(() => [...told.sets.get(set)?.values() ?? []]),
    heard: Stream.fromPubSub(hub)
  })
}))

// helpers

interface Told {
  readonly requests: Map<string, Request.Request>
  leases: Array<{ readonly name: string; readonly request: string }>
  readonly runs: Map<string, RunRow>
  readonly steps: Map<string, StepRow>
  readonly ticks: ticksInMemory.Ticks
  readonly sets: subjects.Sets
}

const isFree = ({ leases }: Told, { limit, name }: Lease): boolean => leases.filter((_) => _.name === name).length < limit

/** Of a request that has not ended: what has ended stays as it ended. */
const change = (told: Told, id: string, fields: Partial<Request.Request>): boolean => {
  const request = told.requests.get(id)
  if (request === undefined || request.endedAt !== null) return false
  told.requests.set(id, new Request.Request({ ...request, ...fields }))
  return true
}

const letGo = (told: Told, id: string, fields: Partial<Request.Request>): void => {
  if (change(told, id, fields)) told.leases = told.leases.filter((_) => _.request !== id)
}

/** An end counts once: what has ended stays as it ended. */
const apply = (told: Told, event: Event, now: number): void => {
  const { runs, steps } = told
  if (Tick.isEvent(event)) return ticksInMemory.apply(told.ticks, event, now)
  if (subjects.isEvent(event)) return subjects.applyInMemory(told.sets, event, now)
  switch (event._tag) {
    case "RunRequested":
      return void told.requests.set(event.id, Request.asked(event, now))
    case "CancelRequested": {
      const waits = told.requests.get(event.request)?.state === "queued"
      if (told.requests.get(event.request)?.cancelledAt !== null) return
      return void change(told, event.request, { cancelledAt: now, ...(waits ? { state: "cancelled", endedAt: now } : {}) })
    }
    case "RequestDeferred": {
      const { note, notBefore } = event
      const known = told.requests.get(event.request)
      const forcedSince = known?.force === true ? known.forcedSince ?? known.beganAt : null
      return letGo(told, event.request, { state: "queued", notBefore, note, beganAt: null, owner: null, heldUntil: null, forcedSince })
    }
    case "RequestEnded":
      return letGo(told, event.request, { state: event.state, note: event.note, endedAt: now, heldUntil: null })
    case "RunStarted":
      return void runs.set(event.run, {
        id: event.run,
        targets: event.targets,
        trigger: event.trigger,
        request: event.request ?? null,
        state: "started",
        startedAt: now,
        endedAt: null
      })
    case "StepStarted": {
      const { asset, id, run, subject, why, window } = event
      return void steps.set(id, {
        id,
        run,
        asset,
        window,
        subject,
        why,
        state: "started",
        rows: 0,
        changed: 0,
        note: "",
        checks: [],
        startedAt: now,
        endedAt: null
      })
    }
    case "StepEnded": {
      const { changed, checks = [], id, note, rows, state } = event
      const step = steps.get(id)
      return step?.state === "started" ? void steps.set(id, { ...step, state, rows, changed, note, checks, endedAt: now }) : undefined
    }
    case "RunEnded": {
      const run = runs.get(event.run)
      if (run?.state !== "started") return
      told.ticks.ends.push(event.run)
      return void runs.set(event.run, { ...run, state: event.state, endedAt: now })
    }
  }
}
