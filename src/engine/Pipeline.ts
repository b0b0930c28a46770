/**
 * A pipeline is assets and jobs under names that mean one thing each: what a command line, a page or a scheduler works
 * on. Whatever is wrong with its definition is said at once, before anything runs.
 */
import { Effect, Option, Schema } from "effect"
import * as Asset from "./Asset.ts"
import * as Cadence from "./automation/Cadence.ts"
import * as Schedule from "./automation/Schedule.ts"
import type * as Sensor from "./automation/Sensor.ts"
import * as Definition from "./Definition.ts"
import type * as Job from "./Job.ts"
import type { Ledger, LedgerFailed } from "./Ledger.ts"
import type { Manifest } from "./Manifest.ts"
import type { Key } from "./Partition.ts"
import * as Selection from "./Selection.ts"
import * as Status from "./Status.ts"

export interface Pipeline<out Target extends Asset.Any, out R = never> {
  readonly name: string
  /** Sources first. */
  readonly assets: ReadonlyArray<Target>
  readonly jobs: ReadonlyArray<Job.Job<string, Target>>
  readonly schedules: ReadonlyArray<Schedule.Schedule>
  /** `R` is what they ask of the world. */
  readonly sensors: ReadonlyArray<Sensor.Sensor<R>>
}

export type Any = Pipeline<Asset.Any, unknown>

export class DefinitionInvalid extends Schema.TaggedError<DefinitionInvalid>()("DefinitionInvalid", {
  pipeline: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return [`pipeline ${this.pipeline} cannot be used:`, ...this.problems.map((_) => `- ${_}`)].join("\n")
  }
}

/** The pipeline, or everything that is wrong with it. What the assets read belongs to it too, named or not. */
export const make = <
  const Assets extends ReadonlyArray<Asset.Any>,
  const Jobs extends ReadonlyArray<Job.Any> = readonly [],
  const Sensors extends ReadonlyArray<Sensor.Any> = readonly []
>(
  name: string,
  options: {
    readonly assets: Assets
    readonly jobs?: Jobs
    readonly schedules?: ReadonlyArray<Schedule.Schedule>
    readonly sensors?: Sensors
  }
): Effect.Effect<Pipeline<Assets[number] | Jobs[number]["assets"][number], Sensor.Services<Sensors[number]>>, DefinitionInvalid> =>
  Effect.gen(function*() {
    const { schedules = [] } = options
    // what each of them asks of the world, all of them together ask
    const sensors = (options.sensors ?? []) as ReadonlyArray<Sensor.Sensor<Sensor.Services<Sensors[number]>>>
    const jobs: ReadonlyArray<Job.Any> = options.jobs ?? []
    const seen = new Set<Asset.Any>()
    const assets = [...options.assets, ...jobs.flatMap((_) => _.assets)].flatMap((_) => Asset.lineage(_, seen))
    const problems = [...Definition.problems(assets, jobs), ...yield* inTime(assets, jobs, schedules, sensors)]
    if (problems.length > 0) return yield* new DefinitionInvalid({ pipeline: name, problems })
    // lineage gives assets as the engine sees them; they are the ones handed in, and what those read
    return { name, assets, jobs, schedules, sensors }
  })

/** The assets that any of these expressions selects, each once, in the pipeline's order. */
export const select = <Target extends Asset.Any>(
  self: Pipeline<Target, unknown>,
  expressions: ReadonlyArray<string>
): Effect.Effect<
  ReadonlyArray<Target>,
  Selection.SelectionError | LedgerFailed | Effect.Error<Target>,
  Exclude<Effect.Services<Target>, Key> | Manifest | Ledger
> =>
  Effect.gen(function*() {
    const selections = yield* parsed(expressions)
    const asks = selections.some((_) => Selection.asksState(_.expression))
    const found: ReadonlyArray<Status.Status> = asks ? yield* Status.of<ReadonlyArray<Asset.Any>>(self.assets) : []
    return yield* resolved(self, selections, new Map(found.map((_) => [_.asset, Status.toSelection(_)])))
  }) as never // the targets' E and R, as for `Status.of`

/** The same by definitions alone, for what is known before anything runs; asking for a state is an error. */
export const selectDefined = <Target extends Asset.Any>(
  self: Pipeline<Target, unknown>,
  expressions: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Target>, Selection.SelectionError> =>
  Effect.gen(function*() {
    const selections = yield* parsed(expressions)
    const asking = selections.find((_) => Selection.asksState(_.expression))
    if (asking !== undefined) {
      return yield* new Selection.SelectionError({ expression: asking.text, at: 0, reason: { _tag: "AsksState" } })
    }
    return yield* resolved(self, selections, new Map())
  })

// helpers

/** What is wrong with schedules and sensors: each has a name of its own, a cadence that falls due, and runs what there is. */
const inTime = Effect.fnUntraced(function*(
  assets: ReadonlyArray<Asset.Any>,
  jobs: ReadonlyArray<Job.Any>,
  schedules: ReadonlyArray<Schedule.Schedule>,
  sensors: ReadonlyArray<Sensor.Any>
) {
  const all = [...schedules.map((_) => ["schedule", _] as const), ...sensors.map((_) => ["sensor", _] as const)]
  const known = new Set<string>([...assets, ...jobs].map((_) => _.name))
  const problems: Array<string> = []
  for (const [name, bearers] of Map.groupBy(all, ([, { name }]) => name)) {
    if (bearers.length > 1) problems.push(`${name} is the name of ${bearers.map(([kind]) => `a ${kind}`).join(" and ")}`)
    if (!isName(name)) problems.push(notAName(name))
  }
  for (const [kind, { cadence, name }] of all) {
    if (cadence === undefined || Schedule.isAfter(cadence)) continue
    const wrong = yield* Cadence.check(cadence)
    if (Option.isSome(wrong)) problems.push(`${kind} ${name}: ${wrong.value.message}`)
  }
  for (const { cadence, catchUp, name, targets } of schedules) {
    const aims = Schedule.isAfter(cadence) ? [...targets, cadence.name] : targets
    for (const target of aims.filter((_) => !known.has(_))) problems.push(`schedule ${name}: ${target} is no asset or job of the pipeline`)
    if (targets.length === 0) problems.push(`schedule ${name} runs nothing`)
    if (typeof catchUp === "object" && !(Number.isInteger(catchUp.max) && catchUp.max > 0)) {
      problems.push(`schedule ${name} catches up on ${catchUp.max} due times: say 1 or more, or none`)
    }
  }
  return problems
})

const isName = (name: string): boolean => /^[a-z][a-z0-9_]*$/.test(name)
const notAName = (name: string): string => `"${name}" is not a name: use lower-case letters, digits and _, a letter first`

const parsed = (expressions: ReadonlyArray<string>) => Effect.forEach(expressions, (_) => Effect.fromResult(Selection.parse(_)))

const resolved = Effect.fnUntraced(function*<Target extends Asset.Any>(
  self: Pipeline<Target, unknown>,
  selections: ReadonlyArray<Selection.Selection>,
  states: ReadonlyMap<Asset.Any, Selection.State>
) {
  const sets = yield* Effect.forEach(selections, (_) => Effect.fromResult(Selection.resolve(_, self, states)))
  return self.assets.filter((_) => sets.some((set) => set.has(_)))
})
