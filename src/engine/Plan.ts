/**
 * A plan is the steps that bring assets up to date, sources first, each with its reasons and its cost in calls.
 *
 * It is made from the manifest alone, so it can be printed before anything is spent; a run executes exactly it.
 * Neighbouring keys that need making become one step. A step whose only reason is that something upstream is made
 * first is PROVISIONAL: it is skipped if that came out as it was. What is `pending` cannot be planned yet, because
 * which subjects there are is known only once another asset has been made; that asset is in the plan. What is
 * `unavailable` lies further back than its source serves: nobody waits for it.
 */
import { Clock, Effect } from "effect"
import * as Asset from "./Asset.ts"
import * as Manifest from "./Manifest.ts"
import * as Partition from "./Partition.ts"
import { type Key, whole, type Window } from "./Partition.ts"
import * as Span from "./Span.ts"
import * as Subject from "./Subject.ts"

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

export interface Plan<out E = never, out R = never> {
  readonly targets: ReadonlyArray<Asset.Asset<string, unknown, E, R>>
  readonly steps: ReadonlyArray<Step>
  readonly pending: ReadonlyArray<Pending>
  readonly unavailable: ReadonlyArray<Unavailable>
}

export interface Options {
  /** Make the targets (or those of them) again, whatever the manifest says. */
  readonly force?: boolean | ReadonlyArray<Asset.Any>
  /** What was made at this instant or later is not forced once more (epoch milliseconds). */
  readonly forcedSince?: number
  /** Leave upstream as it is. */
  readonly only?: boolean
  /** Of the keys that there is a reason to make, those that are meant. */
  readonly narrow?: (asset: Asset.Any, subject: string | undefined, reason: Reason, spans: Span.Spans) => Span.Spans
  /** The targets' keys whose time lies in [start, end), in epoch milliseconds; else all that are due within the horizon. */
  readonly over?: { readonly start?: number; readonly end?: number }
  /** What is fresh now and is not any more before an instant is expired too, if it was made before another (epoch milliseconds). */
  readonly expiring?: { readonly before: number; readonly madeBefore: number }
  /** Of the targets' subjects, these, as far as they are wanted at all; all of them, when none is named. */
  readonly subjects?: ReadonlyArray<string>
}

/**
 * What two targets share is planned once. Nothing is made or spent.
 *
 * ```ts
 * import { Pipeline, pipeline, Plan } from "crypto-pipeline"
 * import { Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const targets = yield* Pipeline.select(yield* pipeline, ["+price_chart"])
 *   const plan = yield* Plan.make(targets)
 *   return { steps: Plan.print(plan), calls: Plan.calls(plan) }
 * })
 * ```
 */
export const make = <const Targets extends ReadonlyArray<Asset.Any>>(
  targets: Targets,
  options: Options = {}
): Effect.Effect<
  Plan<Effect.Error<Targets[number]>, Effect.Services<Targets[number]>>,
  Effect.Error<Targets[number]>,
  Exclude<Effect.Services<Targets[number]>, Key> | Manifest.Manifest
> => Effect.map(survey(targets, options), ({ pending, steps, targets, unavailable }) => ({ targets, steps, pending, unavailable })) as never // the plan is of these targets, and asks no more of the world than they do

/** Calls to the source that the plan costs. */
export const calls = (plan: Pick<Plan<unknown, unknown>, "steps">): number => plan.steps.reduce((sum, _) => sum + _.calls, 0)

/** What those calls cost. */
export const credits = (plan: Pick<Plan<unknown, unknown>, "steps">): number => plan.steps.reduce((sum, _) => sum + _.credits, 0)

/** One line a step: `price_history 2026-11-01..2026-11-03, 10 subjects (missing 30), 10 calls`. */
export const print = (plan: Plan<unknown, unknown>): ReadonlyArray<string> => [
  ...plan.steps.map(label),
  ...plan.pending.map((_) => `${_.asset.name} (to be planned when ${_.after.name} has been made)`),
  ...plan.unavailable.map((_) => `${slice(_)} (unavailable ${keysOf(_)}: further back than the source serves)`)
]

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

/** A plan, and what it was made from. */
export interface Survey extends Plan<unknown, unknown> {
  readonly states: ReadonlyMap<Asset.Any, Manifest.State>
  readonly history: ReadonlyMap<Asset.Any, ReadonlyArray<Manifest.Numbered>>
  /** Whom an asset is made for; nobody, while that cannot be told. */
  readonly subjects: (asset: Asset.Any) => ReadonlyArray<string | undefined>
  /** The keys of an asset that should be there. */
  readonly window: (asset: Asset.Any) => Window
}

export const survey = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, options: Options) {
  const now = yield* Clock.currentTimeMillis
  const days = yield* Partition.Horizon
  const { assets: lineage, extra, lists, pending } = yield* subjectsOf(targets, options.subjects ?? [])
  const waits = new Set(pending.map((_) => _.asset))
  const all = lineage.filter((_) => !waits.has(_))
  const known = new Set(all)
  const aims = new Set([...targets, ...extra].filter((_) => known.has(_)))
  const history = yield* Manifest.historyOf(all)
  const states = statesIn(history)
  const assets = options.only ? all.filter((_) => aims.has(_)) : all
  const dueOf = bounds(options, now, days)
  const demand = demands(assets, aims, extra, options, dueOf, now, days)
  const wished = new Set(targets)
  const again = new Set(typeof options.force === "object" ? options.force : options.force === true ? targets : [])
  const subjects = (asset: Asset.Any) => subjectList(asset, lists)
  const beyond = beyondReach(yield* reachOf(assets, now), demand, states, subjects)
  const settings = new Map<Asset.Any, Asset.Settings>()
  for (const asset of assets) settings.set(asset, yield* Asset.settingsOf(asset))
  const planned = new Map<Asset.Any, ReadonlyArray<Step>>()
  const unavailable: Array<Unavailable> = []
  for (const asset of assets) {
    const wanted = demand.get(asset) ?? Span.empty
    const forced = wished.has(asset) && again.has(asset)
    const found = subjects(asset).map((subject) => {
      const closed = beyond(asset, subject)
      const since = forced ? options.forcedSince ?? Infinity : undefined
      const reasons = why(asset, subject, Span.subtract(wanted, closed), dueOf(asset), since, settings.get(asset) ?? {}, states, planned,
        now, options.expiring)
      const wants = options.narrow === undefined ? reasons : narrowed(asset, subject, reasons, options.narrow)
      const open = wants.map(([reason, spans]) => [reason, Span.subtract(spans, closed)] as const).filter(([, spans]) => spans.length > 0)
      return { subject, reasons: open, never: Span.subtract(closed, Span.of(states.get(asset)?.get(subject ?? "") ?? [])) }
    })
    planned.set(asset, toSteps(asset, found, planned, now))
    unavailable.push(...toUnavailable(asset, found))
  }
  const steps = [...planned.values()].flat()
  const found: Survey = { targets, steps, pending, unavailable, states, history, subjects, window: dueOf }
  return found
})

/** The keys in the window whose inputs changed since they were made, for one subject. */
export const staleKeys = Effect.fnUntraced(function*(asset: Asset.Any, window: Window, subject: string | undefined) {
  const states = statesIn(yield* Manifest.historyOf([asset, ...Object.values(asset.from).map((_) => _.asset)]))
  return Span.intersect(upstreamChanged(asset, subject, states), [window])
})

// helpers

const slice = ({ asset, subjects, window }: Unavailable): string => {
  const many = subjects.length
  const whom = asset.of === undefined ? "" : `, ${many === 1 ? subjects[0] : `${many} subjects`}`
  return `${[asset.name, window.toString()].filter((_) => _ !== "").join(" ")}${whom}`
}

type Planned = ReadonlyMap<Asset.Any, ReadonlyArray<Step>>
type States = ReadonlyMap<Asset.Any, Manifest.State>

const lineageOf = (targets: ReadonlyArray<Asset.Any>): ReadonlyArray<Asset.Any> => {
  const seen = new Set<Asset.Any>()
  return targets.flatMap((_) => Asset.lineage(_, seen))
}

/** All that is upstream of the targets; the list of each subject; and what has to wait, for whom and for what, when a list cannot be told yet. */
const subjectsOf = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, named: ReadonlyArray<string>) {
  const lists = new Map<string, ReadonlyArray<string>>()
  const narrowed = new Set(named.length === 0 ? [] : targets.flatMap((_) => _.of?.key ?? []))
  const extra = new Set<Asset.Any>()
  const pending = new Map<Asset.Any, Pending>()
  let assets = lineageOf(targets)
  // what has to be made first may itself read what is of some subject
  while (true) {
    const known = extra.size
    for (const asset of assets) {
      const waits = Object.values(asset.from).map((_) => pending.get(_.asset)).find((_) => _ !== undefined)
      if (waits !== undefined) pending.set(asset, { asset, after: waits.after })
      else if (asset.of !== undefined && !lists.has(asset.of.key)) {
        const list = yield* Effect.result(listed(asset.of))
        if (list._tag === "Success") {
          lists.set(asset.of.key, narrowed.has(asset.of.key) ? list.success.filter((_) => named.includes(_)) : list.success)
        } else if (list.failure instanceof Subject.Unknown) {
          pending.set(asset, { asset, after: list.failure.after })
          extra.add(list.failure.after)
        } else return yield* Effect.fail(list.failure)
      }
    }
    if (extra.size === known) return { assets, lists, pending: [...pending.values()], extra: [...extra] }
    assets = lineageOf([...targets, ...extra])
  }
})

/** Planning makes nothing: an asset that the list pulls is read. */
const listed = (of: Subject.Any) => Effect.provideService(of.list, Asset.Making, () => Effect.succeedNone)

const subjectList = (asset: Asset.Any, lists: ReadonlyMap<string, ReadonlyArray<string>>): ReadonlyArray<string | undefined> =>
  asset.of === undefined ? [undefined] : lists.get(asset.of.key) ?? []

type History = ReadonlyMap<Asset.Any, ReadonlyArray<Manifest.Numbered>>

const statesIn = (history: History): States =>
  new Map([...history].map(([asset, entries]) => [asset, Manifest.fold(entries, asset.per?.calendar ?? whole.calendar)] as const))

/** An asset's due keys within the horizon, or within what was asked for, if that reaches further back. */
const bounds = ({ over }: Options, now: number, days: number) => (asset: Asset.Any): Window => {
  const window = Partition.due(asset.per, now, days)
  const { calendar } = window
  if (!isInTime(calendar) || over === undefined) return window
  const from = over.start === undefined
    ? window.from
    : Math.max(asset.per?.first ?? -Infinity, Math.min(window.from, Partition.ceiling(calendar, over.start)))
  const to = over.end === undefined ? window.to : Math.min(window.to, calendar.ordinalAt(over.end) - 1)
  return new Partition.Window(calendar, from, to)
}

/** The keys of each asset that are wanted: of the targets, and, however far upstream, of what they read. */
const demands = (
  assets: ReadonlyArray<Asset.Any>,
  aims: ReadonlySet<Asset.Any>,
  extra: ReadonlyArray<Asset.Any>,
  { over }: Options,
  dueOf: (asset: Asset.Any) => Window,
  now: number,
  days: number
): ReadonlyMap<Asset.Any, Span.Spans> => {
  const demand = new Map<Asset.Any, Span.Spans>()
  const add = (asset: Asset.Any, span: Span.Span) => demand.set(asset, Span.union(demand.get(asset) ?? Span.empty, Span.of([span])))
  for (const asset of aims) {
    const { calendar, from, to } = dueOf(asset)
    const start = isInTime(calendar) && !extra.includes(asset) ? over?.start : undefined
    add(asset, { from: start === undefined ? from : Math.max(from, Partition.ceiling(calendar, start)), to })
  }
  for (const asset of assets.toReversed()) {
    for (const input of Object.values(asset.from)) {
      const within = dueOf(input.asset)
      // what closes a period lies after its end, so the end that was asked for does not cut it off
      const newest = Partition.due(input.asset.per, now, days).to
      for (const { from, to } of demand.get(asset) ?? Span.empty) {
        const wants = input.asset.per === undefined ? whole : input.edge.wants(windowOf(asset, from, to), within, now)
        add(input.asset, { from: Math.max(wants.from, within.from), to: Math.min(wants.to, newest) })
      }
    }
  }
  return demand
}

/** The first key that each source serves, where it does not serve all. */
const reachOf = Effect.fnUntraced(function*(assets: ReadonlyArray<Asset.Any>, now: number) {
  const first = new Map<Asset.Any, number>()
  for (const asset of assets) {
    if (asset.reach === undefined || asset.per === undefined) continue
    const days = yield* asset.reach
    if (days < Infinity) first.set(asset, Partition.due(asset.per, now, days).from)
  }
  return first
})

/** The wanted keys that cannot be had: beyond a source's reach, or reading nothing but such. */
const beyondReach = (
  first: ReadonlyMap<Asset.Any, number>,
  demand: ReadonlyMap<Asset.Any, Span.Spans>,
  states: States,
  subjects: (asset: Asset.Any) => ReadonlyArray<string | undefined>
) => {
  const known = new Map<Asset.Any, Map<string | undefined, Span.Spans>>()
  const of = (asset: Asset.Any, subject: string | undefined): Span.Spans => {
    if (first.size === 0) return Span.empty
    const found = known.get(asset)?.get(subject)
    if (found !== undefined) return found
    const wanted = demand.get(asset) ?? Span.empty
    const since = first.get(asset)
    let closed = since === undefined ? Span.empty : Span.intersect(wanted, [{ from: -Infinity, to: since - 1 }])
    for (const input of Object.values(asset.from)) {
      const upstream = input.asset
      const whose = shared(asset, upstream) ? [subject] : subjects(upstream)
      const lacking = Span.of(whose.flatMap((_) => of(upstream, _)))
      if (lacking.length === 0) continue
      const there = Span.of(whose.flatMap((_) => [
        ...Span.subtract(demand.get(upstream) ?? Span.empty, of(upstream, _)),
        ...states.get(upstream)?.get(_ ?? "") ?? []
      ]))
      const touched = (spans: Span.Spans) => Span.of(spans.map((_) => touches(input, _)))
      closed = Span.union(closed, Span.intersect(wanted, Span.subtract(touched(lacking), touched(there))))
    }
    known.set(asset, (known.get(asset) ?? new Map<string | undefined, Span.Spans>()).set(subject, closed))
    return closed
  }
  return of
}

const isInTime = ({ unit }: Partition.Calendar): boolean => unit !== "whole" && unit !== "static"

const windowOf = (asset: Asset.Any, from: number, to: number): Window =>
  asset.per === undefined ? whole : new Partition.Window(asset.per.calendar, from, to)

type Found = ReadonlyArray<readonly [Reason, Span.Spans]>

const narrowed = (asset: Asset.Any, subject: string | undefined, found: Found, narrow: NonNullable<Options["narrow"]>): Found =>
  found.map(([reason, spans]) => [reason, narrow(asset, subject, reason, spans)] as const)

/** Why which of the wanted keys have to be made: the first reason that holds for a key counts. */
const why = (
  asset: Asset.Any,
  subject: string | undefined,
  wanted: Span.Spans,
  due: Window,
  /** What was made before is made again. */
  forced: number | undefined,
  settings: Asset.Settings,
  states: States,
  planned: Planned,
  now: number,
  expiring: Options["expiring"]
): Found => {
  const own = states.get(asset)?.get(subject ?? "") ?? []
  const found: Array<readonly [Reason, Span.Spans]> = []
  let rest = wanted
  const claim = (reason: Reason, spans: () => Span.Spans) => {
    if (rest.length === 0) return
    const keys = Span.intersect(rest, spans())
    if (keys.length === 0) return
    found.push([reason, keys])
    rest = Span.subtract(rest, keys)
  }
  if (forced !== undefined) claim("forced", () => Span.subtract(wanted, Span.of(own.filter((_) => _.at >= forced))))
  claim(own.length === 0 ? "never made" : "missing", () => Span.subtract(wanted, Span.of(own)))
  claim("code changed", () => Span.of(own.filter((_) => _.codeVersion !== asset.codeVersion)))
  for (const [name, value] of Object.entries(settings)) {
    const others = own.filter((_) => _.inputs[name] !== value)
    for (const [was, spans] of Map.groupBy(others, (_) => _.inputs[name])) {
      claim(was === undefined ? `setting ${name} not remembered` : `setting ${name} changed ${was} → ${value}`, () => Span.of(spans))
    }
  }
  // files are called as their asset; rows move to its new name
  if (asset.into.files !== undefined) claim("renamed", () => Span.of(own.filter((_) => _.as !== asset.name)))
  const isExpired = ({ at }: Manifest.Stretch) =>
    now - at > asset.freshFor || (expiring !== undefined && at < expiring.madeBefore && at + asset.freshFor < expiring.before)
  claim("expired", () => Span.of(own.filter(isExpired)))
  claim("upstream changed", () => upstreamChanged(asset, subject, states))
  claim("after upstream", () => afterUpstream(asset, subject, planned))
  const sure = Span.of(found.flatMap(([reason, spans]) => reason === "after upstream" ? [] : spans))
  const first = sure[0]?.from ?? -Infinity
  const before = Span.intersect(Span.of(own), [{ from: Math.max(due.from, first - asset.lookback), to: first - 1 }])
  found.push(["read again", Span.subtract(before, Span.of(found.flatMap(([, spans]) => spans)))])
  return found.filter(([, spans]) => spans.length > 0)
}

const upstreamChanged = (asset: Asset.Any, subject: string | undefined, states: States): Span.Spans => {
  const own = states.get(asset)?.get(subject ?? "") ?? []
  const least = own.reduce((least, _) => Math.min(least, _.sawUpTo), Infinity)
  const stale: Array<Span.Span> = []
  for (const input of Object.values(asset.from)) {
    for (const change of Manifest.changes(states.get(input.asset) ?? new Map(), shared(asset, input.asset) ? subject : undefined)) {
      if (change.changed <= least) continue
      const touched = touches(input, change)
      for (const part of own) if (change.changed > part.sawUpTo) stale.push(...Span.intersect([part], [touched]))
    }
  }
  return Span.of(stale)
}

const afterUpstream = (asset: Asset.Any, subject: string | undefined, planned: Planned): Span.Spans =>
  Span.of(
    Object.values(asset.from).flatMap((input) =>
      (planned.get(input.asset) ?? []).flatMap((step) =>
        !shared(asset, input.asset) || step.subjects.includes(subject) ? [touches(input, step.window)] : []
      )
    )
  )

const shared = (asset: Asset.Any, upstream: Asset.Any): boolean => asset.of !== undefined && asset.of.key === upstream.of?.key

const EVERY: Span.Span = { from: -Infinity, to: Infinity }
const touches = (input: Asset.AnyInput, { from, to }: Span.Span): Span.Span =>
  input.asset.per === undefined ? EVERY : input.edge.touches(windowOf(input.asset, from, to))

/** Subjects that lack the same window share it. */
const toUnavailable = (
  asset: Asset.Any,
  found: ReadonlyArray<{ readonly subject: string | undefined; readonly never: Span.Spans }>
): ReadonlyArray<Unavailable> => {
  const groups = Map.groupBy(found.flatMap(({ never, subject }) => never.map((span) => ({ span, subject }))),
    ({ span }) => `${span.from} ${span.to}`)
  return [...groups.values()].flatMap((of) =>
    of.slice(0, 1).map(({ span }) => ({ asset, window: windowOf(asset, span.from, span.to), subjects: of.map((_) => _.subject) }))
  )
}

/** Neighbouring keys with one destiny become a step; subjects that need the same window share it. */
const toSteps = (
  asset: Asset.Any,
  found: ReadonlyArray<{ readonly subject: string | undefined; readonly reasons: Found }>,
  planned: Planned,
  now: number
): ReadonlyArray<Step> => {
  const groups = new Map<string, Piece & { readonly subjects: Array<string | undefined>; readonly why: Partial<Record<Reason, number>> }>()
  for (const { reasons, subject } of found) {
    for (const { provisional, span } of pieces(asset, reasons)) {
      const key = `${span.from} ${span.to} ${provisional}`
      const group = groups.get(key) ?? { span, provisional, subjects: [], why: {} }
      group.subjects.push(subject)
      for (const [reason, spans] of reasons) {
        const keys = Span.size(Span.intersect(spans, [span]))
        if (keys > 0) group.why[reason] = (group.why[reason] ?? 0) + keys
      }
      groups.set(key, group)
    }
  }
  const fresh = found.filter(({ reasons }) => reasons.length === 0).length
  return [...groups.values()].sort((a, b) => a.span.from - b.span.from || a.span.to - b.span.to).map(
    ({ provisional, span, subjects, why }) => {
      const window = windowOf(asset, span.from, span.to)
      const after = feeding(asset, window, planned, now)
      const [calls, credits] = [subjects.length * asset.calls(window), subjects.length * asset.credits(window)]
      return { asset, window, subjects, why, provisional, fresh, calls, credits, after }
    }
  )
}

interface Piece {
  readonly span: Span.Span
  readonly provisional: boolean
}

/** One by one where the asset is made each; in one piece, sure or not, where pieces cost calls; else as the keys lie. */
const pieces = (asset: Asset.Any, reasons: Found): ReadonlyArray<Piece> => {
  const spansOf = (provisional: boolean) =>
    Span.of(reasons.flatMap(([reason, spans]) => (reason === "after upstream") === provisional ? spans : []))
  const [sure, unsure] = [spansOf(false), spansOf(true)]
  const together = Span.hull(Span.union(sure, unsure))
  if (!asset.each && together.some(({ from, to }) => asset.calls(windowOf(asset, from, to)) > 0)) {
    return together.map((span) => ({ span, provisional: sure.length === 0 }))
  }
  const cut = (spans: Span.Spans) => asset.each ? spans.flatMap(oneByOne) : spans
  return [...cut(sure).map((span) => ({ span, provisional: false })), ...cut(unsure).map((span) => ({ span, provisional: true }))]
}

const oneByOne = ({ from, to }: Span.Span): Span.Spans =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ from: from + i, to: from + i }))

/** The planned steps that make something this window reads. */
const feeding = (asset: Asset.Any, window: Window, planned: Planned, now: number): ReadonlyArray<Step> => {
  const found = Object.values(asset.from).flatMap((input) => {
    const reads = [input.asset.per === undefined ? whole : input.edge.reads(window, now)]
    return (planned.get(input.asset) ?? []).filter((step) => Span.overlaps(reads, step.window))
  })
  return [...new Set(found)]
}
