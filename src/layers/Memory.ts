/**
 * Everything a pipeline keeps, in memory: rows, manifest and ledger, for tests and for pipelines that outlive nothing.
 *
 * A store in memory behaves like a table: it writes by write–audit–publish, tells key by key what came out as it was,
 * and gives a reader the slice its edge names. The rows belong to the layer, not to the asset, so every test that
 * provides it starts empty.
 */
import { Clock, Context, DateTime, Effect, Hash, Layer, Option, PubSub, Stream } from "effect"
import type * as Asset from "../engine/Asset.ts"
import { AuditFailed, CAP, type Check, describe, type Finding } from "../engine/Check.ts"
import * as Tick from "../engine/automation/Tick.ts"
import { type Event, type Lease, Ledger, LedgerFailed, type RunRow, type StepRow } from "../engine/Ledger.ts"
import { Entry, Manifest, type Numbered } from "../engine/Manifest.ts"
import type { Calendar, Window } from "../engine/Partition.ts"
import * as Request from "../engine/Request.ts"
import * as Span from "../engine/Span.ts"
import type * as Store from "../engine/Store.ts"
import * as subjects from "./ledger/subjects.ts"
import * as ticksInMemory from "./ledger/ticksInMemory.ts"

/** What each asset's store keeps, by the asset's name. */
export class Rows extends Context.Service<Rows, {
  readonly get: (asset: string) => ReadonlyArray<object>
  readonly set: (asset: string, rows: ReadonlyArray<object>) => void
}>()("crypto/layers/Memory/Rows") {}

/** The columns of a row that hold text. */
type TextColumn<Row> = { readonly [K in keyof Row]: Row[K] extends string ? K : never }[keyof Row] & string

export interface Rowed<Row, Key, Subject> extends Store.Store<ReadonlyArray<Row>, ReadonlyArray<Row>, Row, AuditFailed, Rows | Manifest> {
  readonly keyed: [Key] extends [never] ? false : true
  readonly subjects: [Subject] extends [never] ? false : true
}

/**
 * Rows of one type. `key` is the column that holds the partition's key, or a date or instant in its time; `subject`
 * the column that holds the subject: `Memory.store<Price>()({ key: "day", subject: "coin" })`.
 */
export const store = <Row extends object>() =>
<const Key extends TextColumn<Row> = never, const Subject extends TextColumn<Row> = never>(
  options: { readonly key?: Key; readonly subject?: Subject } = {}
): Rowed<Row, Key, Subject> => {
  const shape: Shape = { key: options.key, subject: options.subject }
  const read = (asset: Asset.Any, slice: Store.Slice) =>
    Rows.useSync((kept) => {
      const rows: ReadonlyArray<object> = adopted(kept, asset).filter((_) => isIn(_, asset, slice, shape))
      // only `write` below puts rows under the asset's name
      return rows as ReadonlyArray<Row>
    })
  const write = Effect.fnUntraced(function*(step: Store.Step, rows: ReadonlyArray<Row>) {
    const kept = yield* Rows
    const { findings, offenders } = audit(step, rows, adopted(kept, step.asset), shape, yield* Clock.currentTimeMillis)
    if (offenders.length > 0) kept.set(OFFENDERS, [...kept.get(OFFENDERS), ...offenders])
    const refused = findings.filter((_) => _.severity === "block")
    const { asset, subject, window } = step
    if (refused.length > 0) {
      return yield* new AuditFailed({
        asset: asset.name,
        window: window.toString(),
        subject: subject ?? "",
        findings: refused
      })
    }
    return yield* published(step, rows, shape, findings)
  })
  const review = Effect.fnUntraced(function*(asset: Asset.Any, window: Window) {
    const kept = (yield* Rows).get(asset.name)
    const rows = kept.filter((_) => isIn(_, asset, { window, subject: undefined }, shape))
    const step = { id: "", asset, window, subject: undefined, sawUpTo: 0, inputs: {} }
    const now = yield* Clock.currentTimeMillis
    return asset.checks.flatMap(({ name, rule, severity }) => {
      // what is kept is its own before: how rows change is asked when they are made
      if (rule._tag === "RowCount") return []
      const found = offending({ step, rows, kept, shape, now, name }, rule)
      return [{ check: name, severity, offenders: found.length, rows: found.slice(0, CAP).map((_) => JSON.stringify(_)) }]
    })
  })
  // keyed and subjects are told by the options, and so are their types: a conditional type cannot be built by expression
  const keyed = (options.key !== undefined) as Rowed<Row, Key, Subject>["keyed"]
  const subjects = (options.subject !== undefined) as Rowed<Row, Key, Subject>["subjects"]
  return { kind: "memory", row: undefined, keyed, subjects, read, write, audit: review }
}

/** Under this name are the rows that checks found. */
export const OFFENDERS = "_offenders"

export const rows: Layer.Layer<Rows> = Layer.sync(Rows, () => {
  const kept = new Map<string, ReadonlyArray<object>>()
  return Rows.of({ get: (asset) => kept.get(asset) ?? [], set: (asset, rows) => void kept.set(asset, rows) })
})

export const manifest: Layer.Layer<Manifest> = Layer.sync(Manifest, () => {
  const log = new Map<string, Array<Numbered>>()
  const ids = new Set<string>()
  const of = (asset: string) => log.get(asset) ?? []
  let seq = 0
  return Manifest.of({
    publish: (entry) =>
      Effect.sync(() => {
        const entries = of(entry.asset)
        entries.push(Object.assign(new Entry(entry), { seq: ++seq }))
        log.set(entry.asset, entries)
        ids.add(entry.id)
      }),
    log: (assets) => Effect.sync(() => [...new Set(assets)].flatMap(of).sort((a, b) => a.seq - b.seq)),
    newest: (assets) =>
      Effect.sync(() => ({ seq, ids: Object.fromEntries(assets.flatMap((_) => of(_).slice(-1).map(({ id }) => [_, id]))) })),
    has: (id) => Effect.sync(() => ids.has(id))
  })
})

export const ledger: Layer.Layer<Ledger> = Layer.effect(Ledger, Effect.gen(function*() {
  const told: Told = { requests: new Map(), leases: [], runs: new Map(), steps: new Map(), ticks: ticksInMemory.empty(), sets: new Map() }
  const hub = yield* Effect.acquireRelease(PubSub.sliding<Event>(1024), PubSub.shutdown)
  return Ledger.of({
    record: Effect.fnUntraced(function*(...events) {
      const now = yield* Clock.currentTimeMillis
      const refused = ticksInMemory.refused(told.ticks, events)
      if (refused !== undefined) {
        return yield* new LedgerFailed({ doing: `record ${events.map((_) => _._tag).join(", ")}`, cause: new Error(refused) })
      }
      events.forEach((event) => apply(told, event, now))
      yield* PubSub.publishAll(hub, events)
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
    begin: (request, leases, owner, until) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
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

/** Rows, manifest and ledger, all new. */
export const layer: Layer.Layer<Rows | Manifest | Ledger> = Layer.mergeAll(rows, manifest, ledger)

// helpers

interface Shape {
  readonly key: string | undefined
  readonly subject: string | undefined
}

/** The asset's rows; those of its old name come along when it is renamed. */
const adopted = (kept: Rows["Service"], { aliases, name }: Asset.Any): ReadonlyArray<object> => {
  const old = aliases.find((_) => kept.get(_).length > 0)
  if (old === undefined || kept.get(name).length > 0) return kept.get(name)
  kept.set(name, kept.get(old))
  kept.set(old, [])
  return kept.get(name)
}

const valueOf = (row: object, column: string): unknown => Reflect.get(row, column)

/** The key in whose time the row lies; nothing, if it lies in none. */
const ordinalOf = (row: object, calendar: Calendar, column: string): number | undefined => {
  const value = valueOf(row, column)
  if (typeof value !== "string") return undefined
  const exact = calendar.ordinalOf(value)
  if (exact !== undefined || calendar.unit === "static") return exact
  const on = calendar.ordinalOn(value)
  if (on !== undefined) return on
  return Option.getOrUndefined(Option.map(DateTime.make(value), (_) => calendar.ordinalAt(DateTime.toEpochMillis(_))))
}

const inWindow = (row: object, asset: Asset.Any, window: Window, { key }: Shape): boolean => {
  if (asset.per === undefined || key === undefined) return true
  const at = ordinalOf(row, window.calendar, key)
  return at !== undefined && window.from <= at && at <= window.to
}

const ofSubject = (row: object, wanted: string | undefined, { subject }: Shape): boolean =>
  wanted === undefined || subject === undefined || valueOf(row, subject) === wanted

const isIn = (row: object, asset: Asset.Any, { subject, window }: Store.Slice, shape: Shape): boolean =>
  inWindow(row, asset, window, shape) && ofSubject(row, subject, shape)

/** What the checks found in the rows that are to be published; the first of the offenders are kept under `_offenders`. */
const audit = (step: Store.Step, rows: ReadonlyArray<object>, kept: ReadonlyArray<object>, shape: Shape, now: number) => {
  const { asset, id, subject } = step
  const all: ReadonlyArray<{ readonly check: string; readonly severity: Finding["severity"]; readonly offending: ReadonlyArray<object> }> =
    [
      { check: "inside the window", severity: "block", offending: rows.filter((_) => !inWindow(_, asset, step.window, shape)) },
      { check: "of the subject", severity: "block", offending: rows.filter((_) => !ofSubject(_, subject, shape)) },
      ...asset.checks.map(({ name, rule, severity }) => ({
        check: name,
        severity,
        offending: offending({ step, rows, kept, shape, now, name }, rule)
      }))
    ]
  const found = all.filter((_) => _.offending.length > 0)
  return {
    findings: found.map(({ check, offending, severity }): Finding => ({ check, severity, offenders: offending.length })),
    offenders: found.flatMap(({ check, offending, severity }) =>
      offending.slice(0, CAP).map((row) => ({ id, asset: asset.name, subject: subject ?? "", check, severity, row: canonical(row) }))
    )
  }
}

interface Audited {
  readonly step: Store.Step
  readonly rows: ReadonlyArray<object>
  /** What is kept of the asset. */
  readonly kept: ReadonlyArray<object>
  readonly shape: Shape
  readonly now: number
  readonly name: string
}

/** What breaks a rule: rows, or what is said of them together. */
const offending = (audited: Audited, rule: Check<never>["rule"]): ReadonlyArray<object> => {
  const { kept, name, now, rows, shape, step } = audited
  const { asset, window } = step
  switch (rule._tag) {
    case "NotNull":
      return rows.filter((row) => rule.columns.some((_) => valueOf(row, _) === null || valueOf(row, _) === undefined))
    case "Unique":
      return twice(rows, (row) => canonical(rule.columns.map((_) => valueOf(row, _))))
    case "Within":
      return rows.filter((row) => {
        const value = valueOf(row, rule.column)
        return typeof value === "number" && !(rule.min <= value && value <= rule.max)
      })
    case "Custom": {
      const { holds } = rule
      if (holds === undefined) throw new TypeError(`${asset.name}: the check "${name}" is SQL alone, which rows in memory do not know`)
      // the check's type says which rows it reads, and the asset that its rows are such
      return rows.filter((_) => !holds(_ as never))
    }
    case "RowCount": {
      const before = kept.filter((_) => isIn(_, asset, step, shape)).length
      const isFine = before === 0 || (rows.length >= before * (1 - rule.drop) && rows.length <= before * (1 + rule.rise))
      return isFine ? [] : [{ rows_before: before, rows: rows.length }]
    }
    case "OnceADay":
      return twice(rows.filter((_) => timeOf(_, rule.column) !== undefined), (row) => {
        const time = timeOf(row, rule.column) ?? 0
        return canonical([rule.by === undefined ? "" : valueOf(row, rule.by), Math.floor(time / DAY)])
      })
    case "Recent": {
      if (asset.per !== undefined && isInTime(window.calendar) && window.to < asset.per.newest(now)) return []
      return [...grouped(audited, rule.by)].flatMap(([by, of]) => {
        const newest = of.reduce((newest, _) => Math.max(newest, timeOf(_, rule.column) ?? -Infinity), -Infinity)
        return newest > -Infinity && newest < now - rule.within ? [{ ...by, newest: DateTime.formatIso(DateTime.makeUnsafe(newest)) }] : []
      })
    }
    case "NoGaps": {
      if (asset.per !== undefined && !isInTime(window.calendar)) return []
      return [...grouped(audited, rule.by)].flatMap(([by, of]) => {
        const keys = new Set(of.flatMap((_) => keyAt(_, asset.per?.calendar, rule.column) ?? []))
        const first = asset.per === undefined ? Math.min(...keys) : Math.max(window.from, Math.min(...keys))
        const last = asset.per === undefined ? Math.max(...keys) : Math.min(window.to, Math.max(...keys))
        const missing = Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, i) => first + i).filter((_) => !keys.has(_))
        return missing.map((_) => ({
          ...by,
          [rule.column]: asset.per?.calendar.keyOf(_) ?? DateTime.formatIso(DateTime.makeUnsafe(_ * DAY))
        }))
      })
    }
  }
}

const DAY = 86_400_000

const isInTime = ({ unit }: Calendar): boolean => unit !== "static" && unit !== "whole"

const twice = (rows: ReadonlyArray<object>, key: (row: object) => string): ReadonlyArray<object> =>
  [...Map.groupBy(rows, key).values()].flatMap((_) => _.length > 1 ? _ : [])

/** What a series will be, for each `by`: the rows, and what is kept of the subject beside them. */
const grouped = ({ kept, rows, shape, step }: Audited, by: string | undefined) => {
  const beside = step.asset.per === undefined
    ? []
    : kept.filter((_) => ofSubject(_, step.subject, shape) && !isIn(_, step.asset, step, shape))
  const groups = Map.groupBy([...rows, ...beside], (_) => by === undefined ? "" : canonical(valueOf(_, by)))
  return [...groups.values()].map((of) => [by === undefined ? {} : { [by]: valueOf(of[0] ?? {}, by) }, of] as const)
}

const timeOf = (row: object, column: string): number | undefined => {
  const value = valueOf(row, column)
  return typeof value !== "string" ? undefined : Option.getOrUndefined(Option.map(DateTime.make(value), DateTime.toEpochMillis))
}

const keyAt = (row: object, calendar: Calendar | undefined, column: string): number | undefined => {
  if (calendar !== undefined) return ordinalOf(row, calendar, column)
  const time = timeOf(row, column)
  return time === undefined ? undefined : Math.floor(time / DAY)
}

/** The slice's rows are swapped and the manifest says so, or, if that fails, neither. */
const published = (step: Store.Step, rows: ReadonlyArray<object>, shape: Shape, warnings: ReadonlyArray<Finding>) =>
  Effect.uninterruptible(Effect.gen(function*() {
    const kept = yield* Rows
    const manifest = yield* Manifest
    const { asset, id, inputs, sawUpTo, subject, window } = step
    const { calendar } = window
    const all = adopted(kept, asset)
    const old = all.filter((_) => isIn(_, asset, step, shape))
    const [before, after] = [contents(old, step, shape), contents(rows, step, shape)]
    const changed = Span.ofKeys([...new Set([...before.keys(), ...after.keys()])].filter((_) => before.get(_) !== after.get(_)))
    yield* manifest.publish(
      new Entry({
        id,
        asset: asset.name,
        subject: subject ?? "",
        window: { first: window.first, last: window.last },
        changed: changed.map(({ from, to }) => ({ first: calendar.keyOf(from), last: calendar.keyOf(to) })),
        codeVersion: asset.codeVersion,
        sawUpTo,
        inputs,
        rows: rows.length,
        contentHash: Hash.string([...after].map(([at, text]) => `${at} ${text}`).join("\n")).toString(16),
        warnings: warnings.map(describe),
        at: yield* Clock.currentTimeMillis
      })
    )
    kept.set(asset.name, [...all.filter((_) => !old.includes(_)), ...rows])
    const publication: Store.Publication = { rows: rows.length, changed, warnings }
    return publication
  }))

/** The content of each key that has rows, whatever their order; of the one nameless key, where none is told apart. */
const contents = (rows: ReadonlyArray<object>, { asset, window }: Store.Step, { key }: Shape): ReadonlyMap<number, string> => {
  const keyed = Map.groupBy(rows,
    (_) => asset.per === undefined || key === undefined ? 0 : ordinalOf(_, window.calendar, key) ?? window.from)
  return new Map([...keyed].sort(([a], [b]) => a - b).map(([at, rows]) => [at, rows.map(canonical).sort().join("\n")]))
}

/** Text that is the same for the same value: keys in order, numbers with 12 significant digits. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}`
    if (typeof value === "number") return Number.isFinite(value) ? Number(value.toPrecision(12)) : `${value}`
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
      : value
  })

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
