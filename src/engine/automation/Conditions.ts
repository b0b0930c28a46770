/** What conditions are judged by, as manifest and ledger have it; and the sensor that looks after all of them. */
import { Clock, Effect, Option, Schema } from "effect"
import type * as Asset from "../Asset.ts"
import { Ledger, type StepRow } from "../Ledger.ts"
import * as Manifest from "../Manifest.ts"
import * as Partition from "../Partition.ts"
import * as Span from "../Span.ts"
import type * as Pipeline from "../Pipeline.ts"
import * as Selection from "../Selection.ts"
import { eager, type Facts, soonest, type Truth, type Upstream } from "./Condition.ts"
import * as Sensor from "./Sensor.ts"

/** When each asset was last asked for by its condition, and how it stood when that was all there was to ask for it. */
export const Cursor = Schema.Struct({
  since: Schema.Finite,
  asked: Schema.Record(Schema.String, Schema.Finite),
  stood: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export type Cursor = typeof Cursor.Type

export const name = "conditions"

/** Nothing, when no asset of the pipeline has a condition. */
export const sensorOf = (pipeline: Pipeline.Any): Sensor.Sensor<Ledger | Manifest.Manifest> | undefined => {
  const assets = pipeline.assets.filter((_) => _.when !== undefined)
  if (assets.length === 0) return undefined
  const look = Effect.fnUntraced(function*(cursor: Cursor) {
    const judged = yield* Effect.forEach(assets, (asset) => judge(pipeline, asset, cursor))
    const asking = judged.filter((_) => _.asks)
    if (asking.length === 0) return Option.none()
    return Option.some({
      cursor: asking.reduce(asked, cursor),
      // what it reads is there: a condition of one asset spends nothing on others
      asks: asking.map(({ facts }) => ({
        runs: [facts.asset],
        only: true,
        tags: { condition: facts.asset.name },
        ...overOf(facts)
      })),
      note: asking.map((_) => _.facts.asset.name).join(", ")
    })
  })
  return Sensor.make(name, {
    about: "Asks for each asset when its condition holds",
    cursor: Cursor,
    start: Effect.map(Clock.currentTimeMillis, (since) => ({ since, asked: {} })),
    looks: Sensor.heard({
      text: "when something was made, and when time decides",
      interest: (_) => news.has(_._tag),
      every: "1 hour",
      next: (cursor) =>
        Effect.map(Effect.forEach(assets, (asset) => judge(pipeline, asset, cursor)), (_) => soonest(_.map(({ truth }) => truth.at)))
    }, look)
  })
}

export interface Judged {
  readonly facts: Facts
  readonly truth: Truth
  /** It holds, and the asset was not asked for as it stands, nor is it now. */
  readonly asks: boolean
}

/** The condition of an asset, now; `eager`, if it has none. */
export const judge = Effect.fnUntraced(function*(pipeline: Pipeline.Any, asset: Asset.Any, cursor: Cursor) {
  const facts = yield* factsOf(pipeline, asset, cursor)
  const truth: Truth = yield* (asset.when ?? eager).judge(facts)
  const isAnswered = truth.stands === true && (facts.inProgress || cursor.stood?.[asset.name] === standing(facts))
  const judged: Judged = { facts, truth, asks: truth.holds && !isAnswered }
  return judged
})

/** The cursor after an asset was asked for. */
export const asked = (cursor: Cursor, { facts, truth }: Judged): Cursor => ({
  ...cursor,
  asked: { ...cursor.asked, [facts.asset.name]: facts.now },
  ...(truth.stands === true ? { stood: { ...cursor.stood, [facts.asset.name]: standing(facts) } } : {})
})

/** As far as the sensor has told. */
export const cursorOf = Effect.gen(function*() {
  const standing = (yield* Ledger.use((_) => _.standings)).find((_) => _.name === name)
  const known = standing?.cursor ?? null
  return known === null ? { since: 0, asked: {} } : yield* Schema.decodeEffect(Schema.fromJsonString(Cursor))(known)
})

/** The asset's newest key. */
export const overOf = ({ newest }: Facts) => newest === undefined ? {} : { over: { start: newest.start, end: newest.end } }

// helpers

const standing = ({ asset, madeAt, newest }: Facts): string => `${newest?.key ?? ""} ${madeAt ?? "never"} ${asset.codeVersion}`

const news: ReadonlySet<string> = new Set(["StepEnded", "RunEnded", "RequestEnded"])

const factsOf = Effect.fnUntraced(function*(pipeline: Pipeline.Any, asset: Asset.Any, cursor: Cursor) {
  const now = yield* Clock.currentTimeMillis
  const ledger = yield* Ledger
  const sources = [...new Set(Object.values(asset.from).map((_) => _.asset))]
  const history = yield* Manifest.historyOf([asset, ...sources])
  const busy = yield* busyAssets(pipeline)
  const kept = (of: Asset.Any) => history.get(of) ?? []
  const own = kept(asset)
  const last = own.at(-1)
  const madeAt = last?.at
  const newest = newestOf(asset, now)
  const horizon = yield* Partition.Horizon
  const upstream = sources.map((source): Upstream => {
    const inputs = Object.values(asset.from).filter((_) => _.asset === source)
    const [reads, wants] = [windowsOf(asset, inputs, now, horizon, "reads"), windowsOf(asset, inputs, now, horizon, "wants")]
    const calendar = Partition.calendarOf(source)
    const touches = ({ changed }: Manifest.Numbered) =>
      changed.some(({ first, last }) => {
        const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
        return from !== undefined && to !== undefined && Span.overlaps(reads, { from, to })
      })
    return {
      name: source.name,
      changedAt: kept(source).findLast(touches)?.at,
      missing: lacks(Manifest.fold(kept(source), calendar), wants),
      inProgress: busy.has(source.name)
    }
  })
  const state = Manifest.fold(own, Partition.calendarOf(asset))
  const failure = (yield* ledger.failures(Manifest.namesOf(asset))).at(-1)
  const facts: Facts = {
    asset,
    now,
    newest,
    missing: lacks(state, Span.of([windowOf(asset, now)])),
    madeAt,
    handledAt: Math.max(cursor.since, cursor.asked[asset.name] ?? 0, madeAt ?? 0),
    inProgress: busy.has(asset.name),
    failedAt: failure !== undefined && (madeAt === undefined || madeAt <= (yield* endOf(failure, now))) ? failure.startedAt : undefined,
    codeChanged: last !== undefined && last.codeVersion !== asset.codeVersion,
    upstream
  }
  return facts
})

/** What was made until then was made by the run in which it failed: other subjects of it. */
const endOf = Effect.fnUntraced(function*({ run: id, startedAt }: StepRow, now: number) {
  const [run] = yield* Ledger.use((_) => _.runs(1, { id }))
  return run === undefined ? startedAt : run.endedAt ?? now
})

/** What somebody asks for by a request that has not ended; that what it reads may be made as well does not count. */
const busyAssets = Effect.fnUntraced(function*(pipeline: Pipeline.Any) {
  const open = yield* Ledger.use((_) => _.requests({ states: ["queued", "running"] }))
  const parsed = open.flatMap((_) => _.targets).flatMap((_) => {
    const selection = Selection.parse(_)
    const found = selection._tag === "Success" ? Selection.resolve(selection.success, pipeline, new Map()) : undefined
    return found?._tag === "Success" ? [...found.success] : []
  })
  return new Set(parsed.map((_) => _.name))
})

/** Some subject that is known lacks one of these keys, from its own first one on where they have no beginning; or nothing was ever made. */
const lacks = (state: Manifest.State, keys: Span.Spans): boolean =>
  state.size === 0 || [...state.values()].some((stretches) => {
    const wanted = keys.map(({ from, to }) => ({ from: from === -Infinity ? Math.min(to, ...stretches.map((_) => _.from)) : from, to }))
    return Span.subtract(wanted, Span.of(stretches)).length > 0
  })

/** The asset's newest due key; all, where they lie in no time. */
const windowOf = ({ per }: Asset.Any, now: number): Partition.Window => {
  if (per === undefined) return Partition.whole
  const newest = per.newest(now)
  return new Partition.Window(per.calendar, per.calendar.unit === "static" ? 0 : newest, newest)
}

/** Of what it reads through these inputs, the keys that this one is made from. */
const windowsOf = (
  asset: Asset.Any,
  inputs: ReadonlyArray<Asset.AnyInput>,
  now: number,
  horizon: number,
  which: "reads" | "wants"
): Span.Spans => {
  const window = windowOf(asset, now)
  return Span.of(inputs.map(({ asset: source, edge }) => {
    if (source.per === undefined) return Partition.whole
    if (which === "reads") return edge.reads(window, now)
    const due = Partition.due(source.per, now, horizon)
    const { from, to } = edge.wants(window, due, now)
    // how far back a source serves, and since when a subject is there, is for its own plan to say
    return { from: from <= due.from ? -Infinity : from, to: Math.min(to, due.to) }
  }))
}

const newestOf = ({ per }: Asset.Any, now: number): Facts["newest"] => {
  if (per === undefined || per.calendar.unit === "static") return undefined
  const { calendar, dueAt } = per
  const at = per.newest(now)
  const next = dueAt(at + 1)
  return {
    key: calendar.keyOf(at),
    start: calendar.startOf(at),
    end: calendar.startOf(at + 1),
    dueSince: dueAt(at),
    // the last key of all has none after it
    nextDue: per.newest(next) > at ? next : undefined
  }
}
