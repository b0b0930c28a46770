/**
 * An asset is a named Effect that remembers where its inputs come from and where its result is kept.
 *
 * `make(name, { from, into, per, of }, body)` is `Effect.all(from)`, then the body, then `into.write`, then
 * `into.read`, over the window its partition gives and for the subject (or every subject) there is, with those facts
 * kept as data: so a graph can be drawn, planned and replayed without running anything, and an asset can be yielded,
 * piped and provided without any engine.
 */
import { Clock, Context, Duration, Effect, Effectable, Option, Random, Record, type Schedule, Schema } from "effect"
import type { Condition } from "./automation/Condition.ts"
import type { Check } from "./Check.ts"
import * as Edge from "./Edge.ts"
import { Manifest, namesOf } from "./Manifest.ts"
import * as Partition from "./Partition.ts"
import type { Window } from "./Partition.ts"
import type * as Store from "./Store.ts"
import type * as Subject from "./Subject.ts"

const TypeId = "~crypto/engine/Asset"

/** An upstream asset, seen over some window of its own. It evaluates to what the asset's store reads there. */
export interface Input<out A, out E = never, out R = never> extends Effect.Effect<A, E, R> {
  readonly asset: Any
  readonly edge: Edge.Edge
}

/** An asset is the plainest input: itself, over the same window. */
export interface Asset<out Name extends string, out A, out E = never, out R = never> extends Input<A, E, R> {
  readonly [TypeId]: typeof TypeId
  readonly name: Name
  /** What it was called before: what was made under these names is its own. */
  readonly aliases: ReadonlyArray<string>
  /** What a row, a drawing or a report of it says, in one sentence. */
  readonly about: string
  /** Where what it makes comes from or how it follows, for whoever asks: `GET /coins/list, one call`. */
  readonly source: string | undefined
  /** What it is listed and selected under. */
  readonly group: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly owner: string | undefined
  /** It is left out of `all`: who wants it names it. */
  readonly optIn: boolean
  /** Raise it when the body means something else: what was made by an older one is stale. */
  readonly codeVersion: string
  readonly from: Inputs
  /** What was chosen and its result depends on, by name and as text: an input like those of `from`. */
  readonly settings: Effect.Effect<Settings, unknown, unknown> | undefined
  readonly into: Store.Any
  readonly per: Partition.Any | undefined
  readonly of: Subject.Any | undefined
  readonly checks: ReadonlyArray<Check<never>>
  readonly each: boolean
  /** A key made longer ago than this is stale, whatever upstream says (milliseconds). */
  readonly freshFor: number
  /** A key that is not there so long after it is due, or what is kept without a key and was made longer ago, is late (milliseconds). */
  readonly lateAfter: number
  /** When some key is made, so many keys before it are made again with it: sources revise what they served. */
  readonly lookback: number
  /** Calls to the source that making a window for one subject costs. */
  readonly calls: (window: Window) => number
  /** What those calls cost of what the source has sold. */
  readonly credits: (window: Window) => number
  /** How many days back its source serves; keys before that are neither missing nor stale: they cannot be had. */
  readonly reach: Effect.Effect<number, unknown, unknown> | undefined
  /** When it is asked for without anybody asking; never, if nothing is said. */
  readonly when: Condition | undefined
}

/** Any asset, as the engine sees it. */
export type Any = Asset<string, unknown, unknown, unknown>
export type AnyInput = Input<unknown, unknown, unknown>
export type Inputs = Readonly<Record<string, AnyInput>>
/** By names that no asset has. */
export type Settings = Readonly<Record<Uppercase<string>, string>>
export type Values<From extends Inputs> = { readonly [K in keyof From]: Effect.Success<From[K]> }

/** What the options lack when the body or an input asks for a partition or subject that they do not name. */
export interface PerOrOfMustName<Identifier> {
  readonly "per or of must name": Identifier
}
type Undeclared<R, P> = Exclude<Extract<R, Partition.Key>, P>
type Declared<R, P> = [Undeclared<R, P>] extends [never] ? unknown : PerOrOfMustName<Undeclared<R, P>>

/** What is made key by key, or subject by subject, is kept where they can be told apart. */
type Keyed<P> = [P] extends [never] ? unknown : { readonly into: { readonly keyed: true } }
type BySubject<S> = [S] extends [never] ? unknown : { readonly into: { readonly subjects: true } }

/** An edge names the partition its asset has, and no other. */
export interface AssetIsNotPer<Identifier> {
  readonly "the asset is not per": Identifier
}
type Per<Self, R> = [Self] extends [R] ? unknown : AssetIsNotPer<Self>

/**
 * The one hook: under which id evaluating an asset here makes it; undefined, if it is only read. By default whatever is
 * pulled is made, under a new id; a run makes the step it is at and reads everything else.
 */
export const Making = Context.Reference<(asset: Any) => Effect.Effect<string> | undefined>("crypto/engine/Asset/Making", {
  defaultValue: () => () => newId
})

/**
 * Who wants to know what the store said of each publication, as a run does. They want to know that and nothing else: what
 * was made is read back for whoever yields the asset only when nobody listens.
 */
export const Published = Context.Reference<((asset: Any, publication: Store.Publication) => void) | undefined>(
  "crypto/engine/Asset/Published",
  { defaultValue: () => undefined }
)

export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", { asset: Schema.String, after: Schema.String }) {
  override get message() {
    return `${this.asset} was not made within ${this.after}, so it was interrupted`
  }
}

/** Materializations and runs have names that sort by the time they began. */
export const newId: Effect.Effect<string> = Effect.withFiberSucceed((fiber) => {
  const chance = Math.floor(fiber.getRef(Random.Random).nextDoubleUnsafe() * 2 ** 40)
  const at = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
  return `${at.toString(36).padStart(9, "0")}-${chance.toString(16).padStart(10, "0")}`
})

/**
 * The body hands its store rows, or the SQL that makes them.
 *
 * ```ts
 * import { Asset, Column, Day, DuckDb, priceHistory, Table } from "crypto-pipeline"
 * import { Schema } from "effect"
 *
 * const Low = Schema.Struct({ coin_id: Schema.String, day: Column.Day, low: Schema.Finite })
 * export const weekLow = Asset.make("week_low", {
 *   about: "The lowest price of the last seven days",
 *   from: { prices: Asset.trailing(priceHistory, Day, 7) },
 *   into: Table.make(Low, { key: "day" }),
 *   per: Day
 * }, ({ prices }) =>
 *   DuckDb.useSync((sql) => sql`
 *     SELECT a.coin_id, a.day, min(b.price) AS low FROM ${prices} a JOIN ${prices} b
 *     ON b.coin_id = a.coin_id AND b.day BETWEEN a.day - 6 AND a.day GROUP BY ALL`))
 * ```
 */
export const make = <
  const Name extends string,
  In,
  Out,
  Row,
  EK,
  RK,
  E,
  R,
  const From extends Inputs = {},
  P extends Partition.Any = never,
  S extends Subject.Any = never,
  const Each extends boolean = false,
  T extends Duration.Input = never,
  RR = never,
  RS = never
>(
  name: Name,
  options:
    & {
      readonly about: string
      readonly source?: string
      readonly group?: string
      /** A tag without a value has the value "". */
      readonly tags?: Readonly<Record<string, string>>
      /** Who answers for it. */
      readonly owner?: string
      /** What it was called before: rows and history come along. */
      readonly aliases?: ReadonlyArray<string>
      /** Left out of `all`: who wants it names it. */
      readonly optIn?: boolean
      readonly from?: From
      /** What was made with other values is stale, and the reason says which. */
      readonly settings?: Effect.Effect<Settings, never, RS>
      readonly into: Store.Store<In, Out, Row, EK, RK>
      readonly per?: P
      readonly of?: S
      readonly checks?: ReadonlyArray<Check<NoInfer<Row>>>
      /** The result is one thing a key (a file, a report): the body sees windows of one key, a reader gets one result a key. */
      readonly each?: Each
      readonly codeVersion?: string
      readonly freshFor?: Duration.Input
      /** What its readers are promised: `Lateness` says exactly what. It makes nothing; `freshFor` does. */
      readonly lateAfter?: Duration.Input
      readonly lookback?: number
      readonly calls?: (window: Window) => number
      /** As many as calls, if nothing else is said. */
      readonly credits?: (window: Window) => number
      /** The newest due day is one of them; Infinity, where the source serves all there is. */
      readonly reach?: Effect.Effect<number, never, RR>
      readonly when?: Condition
      /** One attempt may take so long; then it is interrupted and has failed. */
      readonly timeout?: T
      /** Only errors that say they may pass are worth another attempt: the schedule sees them typed. */
      readonly retry?: Schedule.Schedule<unknown, NoInfer<E> | TimedOut>
    }
    & Keyed<P>
    & BySubject<S>
    & Declared<R | RK | Effect.Services<From[keyof From]>, Partition.Identifier<P> | Subject.Identifier<S>>,
  body: (inputs: Values<From>) => Effect.Effect<In, E, R>
): Asset<
  Name,
  Each extends true ? ReadonlyArray<Out> : Out,
  E | EK | Effect.Error<From[keyof From]> | Subject.ErrorOf<S> | ([T] extends [never] ? never : TimedOut),
  | Exclude<R | Effect.Services<From[keyof From]>, Subject.Identifier<S>>
  | RK
  | Partition.Identifier<P>
  | Subject.ServicesOf<S>
  | RR
  | RS
  | Manifest
> => {
  const { into, of, per } = options
  const from: Inputs = options.from ?? {}
  const sources = Object.values(from).map((_) => _.asset)
  const names = sources.flatMap(namesOf)
  const inputs = Record.map(from, (_) => forItsSubjects(_, _.asset, of))
  const readings = Object.entries(Record.map(from, (_) => forItsSubjects(isAsset(_) ? readingOf(_) : _, _.asset, of)))
  const { retry } = options
  const given: Duration.Input | undefined = options.timeout
  const duration = given === undefined ? undefined : Duration.fromInputUnsafe(given)
  const inTime = <A, E2, R2>(once: Effect.Effect<A, E2, R2>): Effect.Effect<A, E2 | TimedOut, R2> =>
    duration === undefined
      ? once
      : Effect.timeoutOrElse(once, { duration, orElse: () => new TimedOut({ asset: name, after: Duration.format(duration) }) })
  /** An attempt is the body and the writing of what it hands over, which may be the work; what the store refuses is not tried again. */
  const attempt = (values: Values<From>, write: (value: In) => Effect.Effect<Store.Publication, EK, RK>) =>
    retry === undefined
      ? inTime(Effect.flatMap(body(values), write))
      : Effect.flatMap(Effect.retry(inTime(Effect.flatMap(body(values), (value) => Effect.result(write(value)))), retry), Effect.fromResult)
  /** How far it looks, and the newest of what it reads. */
  const newest = Manifest.use((_) => _.newest(names))
  /** By the names that they have now. */
  const idsOf = (ids: ReadonlyMap<string, string>): Record<string, string> =>
    Record.fromEntries(sources.flatMap(({ aliases, name }) => {
      const id = ids.get(name) ?? aliases.map((_) => ids.get(_)).find((_) => _ !== undefined)
      return id === undefined ? [] : [[name, id] as const]
    }))
  const step = (slice: Store.Slice, id: string, hook: typeof Making.Service) =>
    Effect.gen(function*() {
      const chosen = options.settings === undefined ? undefined : yield* options.settings
      const makes = sources.some((_) => hook(_) !== undefined)
      // what is published while the inputs are being read may not have been seen, unless this very reading made it
      const made = makes ? yield* Effect.all(inputs, { concurrency: "unbounded" }) : undefined
      const { ids, seq } = yield* newest
      const values: Record<string, unknown> = made ?? { ...inputs }
      if (made === undefined) { for (const [name, reading] of readings) values[name] = yield* reading }
      const seen = chosen === undefined ? idsOf(ids) : { ...idsOf(ids), ...chosen }
      const publication = yield* attempt(values as Values<From>,
        (value) => into.write({ id, asset: self, ...slice, sawUpTo: seq, inputs: seen }, value))
      const listener = yield* Published
      if (listener === undefined) return yield* into.read(self, slice)
      listener(self, publication)
      return undefined
    }).pipe(
      Effect.withSpan(name, { attributes: { window: slice.window.toString(), subject: slice.subject ?? "" } }, { captureStackTrace: false })
    )
  const calls = options.calls ?? (() => 0)
  const making = (hook: typeof Making.Service, underId: Effect.Effect<string>) => {
    const once = (slice: Store.Slice) => Effect.flatMap(underId, (id) => step(slice, id, hook))
    /** One key at a time, if the result is one thing a key. */
    const overWindow = (window: Window, subject: string | undefined): Effect.Effect<unknown, unknown, unknown> =>
      per === undefined || !options.each
        ? once({ window, subject })
        : Effect.forEach(oneByOne(window), (key) => Effect.provideContext(once({ window: key, subject }), per.over(key)))
    if (of === undefined) return (window: Window) => overWindow(window, undefined)
    /** The subject that the context holds, or each there is. */
    return Effect.fnUntraced(function*(window: Window) {
      const one = yield* current(of)
      if (Option.isSome(one)) return yield* overWindow(window, one.value)
      for (const subject of yield* of.list) yield* Effect.provideContext(overWindow(window, subject), of.at(subject))
      return yield* readerOf(self)({ window, subject: undefined })
    })
  }
  const self = {
    ...Effectable.Prototype<Any>({
      label: "Asset",
      evaluate: () =>
        Effect.flatMap(Making, (hook) => {
          const id = hook(self)
          if (id === undefined) return reading
          const over = making(hook, id)
          return per === undefined ? over(Partition.whole) : Effect.flatMap(per.current, over)
        })
    }),
    [TypeId]: TypeId,
    name,
    aliases: options.aliases ?? [],
    about: options.about,
    source: options.source,
    group: options.group,
    tags: options.tags ?? {},
    owner: options.owner,
    optIn: options.optIn ?? false,
    codeVersion: options.codeVersion ?? "1",
    from,
    settings: options.settings,
    into,
    per,
    of,
    checks: options.checks ?? [],
    each: options.each ?? false,
    freshFor: Duration.toMillis(Duration.fromInputUnsafe(options.freshFor ?? Duration.infinity)),
    lateAfter: Duration.toMillis(Duration.fromInputUnsafe(options.lateAfter ?? Duration.infinity)),
    lookback: options.lookback ?? 0,
    calls,
    credits: options.credits ?? calls,
    reach: options.reach,
    when: options.when,
    get asset() {
      return self
    },
    edge: Edge.same
  } as unknown as Any
  const reading = readingOf(self)
  // the fields are as the signature says; what the value evaluates to is what `evaluate` above composes
  return self as never
}

export const isAsset = (value: unknown): value is Any => typeof value === "object" && value !== null && TypeId in value

/** The asset, read over `count - 1` keys more than are made: what a window function looks back on. */
export const trailing = <const Name extends string, A, E, R, Self, Id extends string>(
  self: Asset<Name, A, E, R>,
  per: Partition.Partition<Self, Id> & Per<Self, NoInfer<R>>,
  count: number
): Input<A, E, R> => seen(self, per, per, Edge.trailing(count))

/** The asset's keys so many further on: −1 is the previous. */
export const offset = <const Name extends string, A, E, R, Self, Id extends string>(
  self: Asset<Name, A, E, R>,
  per: Partition.Partition<Self, Id> & Per<Self, NoInfer<R>>,
  by: number
): Input<A, E, R> => seen(self, per, per, Edge.offset(by))

/** The asset over every key up to the last one made: what a running total looks back on. */
export const upTo = <const Name extends string, A, E, R, Self, Id extends string>(
  self: Asset<Name, A, E, R>,
  per: Partition.Partition<Self, Id> & Per<Self, NoInfer<R>>
): Input<A, E, R> => seen(self, per, per, Edge.upTo)

/** The asset's `inner` keys in the time of the `outer` window, and `more` keys after it that close it. */
export const within = <const Name extends string, A, E, R, Inner, I extends string, Outer, O extends string>(
  self: Asset<Name, A, E, R>,
  inner: Partition.Partition<Inner, I> & Per<Inner, NoInfer<R>>,
  outer: Partition.Partition<Outer, O>,
  more = 0
): Input<A, E, Exclude<R, Inner> | Outer> => seen(self, inner, outer, Edge.within(inner, outer, more))

/** The asset over every key there is, for a maker that is not partitioned. */
export const every = <const Name extends string, A, E, R, Self, Id extends string>(
  self: Asset<Name, A, E, R>,
  per: Partition.Partition<Self, Id> & Per<Self, NoInfer<R>>
): Input<A, E, Exclude<R, Self>> => seen(self, per, undefined, Edge.every(per))

/** Everything upstream of an asset, and the asset: each once, sources first. */
export const lineage = (self: Any, seen: Set<Any> = new Set()): ReadonlyArray<Any> => {
  if (seen.has(self)) return []
  seen.add(self)
  return [...Object.values(self.from).flatMap((input) => lineage(input.asset, seen)), self]
}

/** What is chosen now of what the asset depends on. */
export const settingsOf = ({ settings }: Any): Effect.Effect<Settings, unknown, unknown> => settings ?? none

// helpers

const none = Effect.succeed<Settings>({})

/** The subject that the context holds, if it holds one. */
const current = (of: Subject.Any): Effect.Effect<Option.Option<string>> =>
  Effect.map(Effect.context<never>(), (context) => {
    const value: unknown = context.mapUnsafe.get(of.key)
    return typeof value === "string" ? Option.some(value) : Option.none()
  })

const oneByOne = (window: Window): ReadonlyArray<Window> =>
  Array.from({ length: window.size }, (_, i) => new Partition.Window(window.calendar, window.from + i, window.from + i))

/** What a reader gets of a slice: one result, or one a key. */
const readerOf = (asset: Any) => (slice: Store.Slice): Effect.Effect<unknown, unknown, unknown> =>
  asset.each && asset.per !== undefined
    ? Effect.forEach(oneByOne(slice.window), (window) => asset.into.read(asset, { ...slice, window }))
    : asset.into.read(asset, slice)

/** What is kept of the asset, over the window and of the subject there is: what it evaluates to where nothing is made. */
const readingOf = (asset: Any): Effect.Effect<unknown, unknown, unknown> => {
  const { of, per } = asset
  const read = readerOf(asset)
  const over = of === undefined
    ? (window: Window) => read({ window, subject: undefined })
    : (window: Window) => Effect.flatMap(current(of), (one) => read({ window, subject: Option.getOrUndefined(one) }))
  return per === undefined ? Effect.suspend(() => over(Partition.whole)) : Effect.flatMap(per.current, over)
}

/** An input that is of another subject than its reader, or read by an asset of none, is pulled for all its subjects. */
const forItsSubjects = (
  input: Effect.Effect<unknown, unknown, unknown>,
  { of: other }: Any,
  of: Subject.Any | undefined
): Effect.Effect<unknown, unknown, unknown> =>
  other === undefined || other.key === of?.key ? input : Effect.updateContext(input, other.none)

/**
 * The asset as an edge sees it: brought about over what the edge wants, where assets are made on being pulled, and
 * read over what it reads. Its callers say what that needs.
 */
const seen = (asset: Any, inner: Partition.Any, outer: Partition.Any | undefined, edge: Edge.Edge) => {
  const evaluate = Effect.fnUntraced(function*() {
    const now = yield* Clock.currentTimeMillis
    const window = outer === undefined ? Partition.whole : yield* outer.current
    const horizon = Partition.due(inner, now, yield* Partition.Horizon)
    const wanted = edge.wants(window, horizon, now)
    if ((yield* Making)(asset) !== undefined) yield* Effect.provideContext(asset, inner.over(wanted))
    const subject = asset.of === undefined ? Option.none() : yield* current(asset.of)
    // one result a key, back to the first key of all, would be mostly results that nobody made
    const reads = asset.each ? wanted : edge.reads(window, now)
    return yield* readerOf(asset)({ window: reads, subject: Option.getOrUndefined(subject) })
  })
  const input = { ...Effectable.Prototype<AnyInput>({ label: "Input", evaluate }), asset, edge }
  return input as never
}
