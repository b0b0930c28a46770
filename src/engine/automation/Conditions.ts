/** What conditions are judged by, as manifest and ledger have it; and the sensor that looks after all of them. */
import { Clock, Effect, Option, Schema } from "effect"
import type * as Asset from "../Asset.ts"
import { Ledger } from "../Ledger.ts"
import * as Manifest from "../Manifest.ts"
import * as Partition from "../Partition.ts"
import * as Span from "../Span.ts"
import type * as Pipeline from "../Pipeline.ts"
import * as Selection from "../Selection.ts"
import { eager, type Facts, soonest, type Truth, type Upstream } from "./Condition.ts"
import * as Sensor from "./Sensor.ts"

/** When each asset was last asked for by its condition. */
export const Cursor = Schema.Struct({ since: Schema.Finite, asked: Schema.Record(Schema.String, Schema.Finite) })
export type Cursor = typeof Cursor.Type

export const name = "conditions"

/** Nothing, when no asset of the pipeline has a condition. */
export const sensorOf = (pipeline: Pipeline.Any): Sensor.Sensor<Ledger | Manifest.Manifest> | undefined => {
  const assets = pipeline.assets.filter((_) => _.when !== undefined)
  if (assets.length === 0) return undefined
  const look = Effect.fnUntraced(function*(cursor: Cursor) {
    const judged = yield* Effect.forEach(assets, (asset) => Effect.map(judge(pipeline, asset, cursor), (truth) => ({ asset, ...truth })))
    const held = judged.filter((_) => _.truth.holds)
    if (held.length === 0) return Option.none()
    const now = yield* Clock.currentTimeMillis
    return Option.some({
      cursor: { ...cursor, asked: { ...cursor.asked, ...Object.fromEntries(held.map((_) => [_.asset.name, now])) } },
      // what it reads is there: a condition of one asset spends nothing on others
      asks: held.map(({ asset, facts }) => ({ runs: [asset], only: true, tags: { condition: asset.name }, ...overOf(asset, facts) })),
      note: held.map((_) => _.asset.name).join(", ")
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

/** The condition of an asset, now; `eager`, if it has none. */
export const judge = Effect.fnUntraced(function*(pipeline: Pipeline.Any, asset: Asset.Any, cursor: Cursor) {
  const facts = yield* factsOf(pipeline, asset, cursor)
  const truth: Truth = yield* (asset.when ?? eager).judge(facts)
  return { facts, truth }
})

/** As far as the sensor has told. */
export const cursorOf = Effect.gen(function*() {
  const standing = (yield* Ledger.use((_) => _.standings)).find((_) => _.name === name)
  const known = standing?.cursor ?? null
  return known === null ? { since: 0, asked: {} } : yield* Schema.decodeEffect(Schema.fromJsonString(Cursor))(known)
})

/** Of the asset, its newest key. */
export const overOf = (asset: Asset.Any, { newest }: Facts) => {
  const ordinal = newest === undefined ? undefined : asset.per?.calendar.ordinalOf(newest.key)
  return ordinal === undefined || asset.per === undefined
    ? {}
    : { over: { start: asset.per.calendar.startOf(ordinal), end: asset.per.calendar.startOf(ordinal + 1) } }
}

// helpers

const news: ReadonlySet<string> = new Set(["StepEnded", "RunEnded", "RequestEnded"])

const factsOf = Effect.fnUntraced(function*(pipeline: Pipeline.Any, asset: Asset.Any, cursor: Cursor) {
  const now = yield* Clock.currentTimeMillis
  const ledger = yield* Ledger
  const manifest = yield* Manifest.Manifest
  const sources = [...new Set(Object.values(asset.from).map((_) => _.asset))]
  const log = yield* manifest.log([asset, ...sources].map((_) => _.name))
  const busy = yield* busyAssets(pipeline)
  const kept = (of: Asset.Any) => log.filter((_) => _.asset === of.name)
  const own = kept(asset)
  const madeAt = own.at(-1)?.at
  const newest = newestOf(asset, now)
  const horizon = yield* Partition.Horizon
  const upstream = sources.map((source): Upstream => {
    const inputs = Object.values(asset.from).filter((_) => _.asset === source)
    const [reads, wants] = [windowsOf(asset, inputs, now, horizon, "reads"), windowsOf(asset, inputs, now, horizon, "wants")]
    const calendar = source.per?.calendar ?? Partition.whole.calendar
    const touches = ({ changed }: Manifest.Numbered) =>
      changed.some(({ first, last }) => {
        const [from, to] = [calendar.ordinalOf(first), calendar.ordinalOf(last)]
        return from !== undefined && to !== undefined && Span.overlaps(reads, { from, to })
      })
    return {
      name: source.name,
      changedAt: kept(source).findLast(touches)?.at,
      missing: lacks(source, kept(source), wants),
      inProgress: busy.has(source.name)
    }
  })
  const [failure] = (yield* ledger.failures([asset.name])).toReversed()
  const facts: Facts = {
    asset,
    now,
    newest,
    missing: lacks(asset, own, windowsOf(asset, undefined, now, horizon, "wants")),
    madeAt,
    handledAt: Math.max(cursor.since, cursor.asked[asset.name] ?? 0, madeAt ?? 0),
    inProgress: busy.has(asset.name) ||
      (yield* ledger.requests({ states: ["queued", "running"] })).some((_) => _.targets.includes(asset.name)),
    failedAt: failure !== undefined && failure.startedAt >= (madeAt ?? 0) ? failure.startedAt : undefined,
    codeChanged: own.length > 0 && own.at(-1)?.codeVersion !== asset.codeVersion,
    upstream
  }
  return facts
})

/** What some request that has not ended may make. */
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
const lacks = (asset: Asset.Any, log: ReadonlyArray<Manifest.Numbered>, keys: Span.Spans): boolean => {
  const states = [...Manifest.fold(log, asset.per?.calendar ?? Partition.whole.calendar).values()]
  return states.length === 0 || states.some((stretches) => {
    const first = stretches[0]?.from ?? 0
    const wanted = keys.map(({ from, to }) => ({ from: from === -Infinity ? Math.min(first, to) : from, to }))
    return Span.subtract(wanted, Span.of(stretches)).length > 0
  })
}

/** The asset's newest due key; or, of what it reads through these inputs, the keys that this one is made from. */
const windowsOf = (
  asset: Asset.Any,
  inputs: ReadonlyArray<Asset.AnyInput> | undefined,
  now: number,
  horizon: number,
  which: "reads" | "wants"
): Span.Spans => {
  const { per } = asset
  const newest = per?.newest(now) ?? 0
  const window = per === undefined
    ? Partition.whole
    : new Partition.Window(per.calendar, per.calendar.unit === "static" ? 0 : newest, newest)
  if (inputs === undefined) return Span.of([window])
  return Span.of(inputs.map(({ asset: source, edge }) => {
    if (source.per === undefined) return Partition.whole
    if (which === "reads") return edge.reads(window, now)
    const due = Partition.due(source.per, now, horizon)
    const { from, to } = edge.wants(window, due, now)
    // how far back a source serves, and since when a subject is there, is for its own plan to say
    return { from: from <= due.from ? -Infinity : from, to: Math.min(to, due.to) }
  }))
}

const newestOf = (asset: Asset.Any, now: number): Facts["newest"] => {
  const { per } = asset
  if (per === undefined || per.calendar.unit === "static") return undefined
  const at = per.newest(now)
  return { key: per.calendar.keyOf(at), dueSince: dueAt(per, at, now), nextDue: dueAt(per, at + 1, now) }
}

/** When a key falls due: the first instant at which it is the newest, or one before it. */
const dueAt = (per: NonNullable<Asset.Any["per"]>, ordinal: number, now: number): number => {
  const length = per.calendar.startOf(ordinal + 1) - per.calendar.startOf(ordinal)
  let [early, late] = [per.calendar.startOf(ordinal) - length, Math.max(now, per.calendar.startOf(ordinal + 3))]
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2)
    if (per.newest(middle) >= ordinal) late = middle
    else early = middle
  }
  return late
}
