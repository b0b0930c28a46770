/**
 * A pipeline is assets and jobs under names that mean one thing each: what a command line, a page or a scheduler works
 * on. Whatever is wrong with its definition is said at once, before anything runs.
 */
import { Effect, Schema } from "effect"
import * as Asset from "./Asset.ts"
import type * as Job from "./Job.ts"
import type { Ledger, LedgerFailed } from "./Ledger.ts"
import type { Manifest } from "./Manifest.ts"
import type { Key } from "./Partition.ts"
import * as Selection from "./Selection.ts"
import * as Status from "./Status.ts"

export interface Pipeline<out Target extends Asset.Any> {
  readonly name: string
  /** Sources first. */
  readonly assets: ReadonlyArray<Target>
  readonly jobs: ReadonlyArray<Job.Job<string, Target>>
}

export type Any = Pipeline<Asset.Any>

export class DefinitionInvalid extends Schema.TaggedError<DefinitionInvalid>()("DefinitionInvalid", {
  pipeline: Schema.String,
  problems: Schema.Array(Schema.String)
}) {
  override get message() {
    return [`pipeline ${this.pipeline} cannot be used:`, ...this.problems.map((_) => `- ${_}`)].join("\n")
  }
}

/** The pipeline, or everything that is wrong with it. What the assets read belongs to it too, named or not. */
export const make = <const Assets extends ReadonlyArray<Asset.Any>, const Jobs extends ReadonlyArray<Job.Any> = readonly []>(
  name: string,
  options: { readonly assets: Assets; readonly jobs?: Jobs }
): Effect.Effect<Pipeline<Assets[number] | Jobs[number]["assets"][number]>, DefinitionInvalid> =>
  Effect.suspend(() => {
    const jobs: ReadonlyArray<Job.Any> = options.jobs ?? []
    const seen = new Set<Asset.Any>()
    const assets = [...options.assets, ...jobs.flatMap((_) => _.assets)].flatMap((_) => Asset.lineage(_, seen))
    const problems = [...names(assets, jobs), ...jobs.filter((_) => _.assets.length === 0).map((_) => `job ${_.name} has no assets`)]
    if (problems.length > 0) return new DefinitionInvalid({ pipeline: name, problems })
    // lineage gives assets as the engine sees them; they are the ones handed in, and what those read
    return Effect.succeed({ name, assets, jobs })
  })

/** The assets that any of these expressions selects, each once, in the pipeline's order. */
export const select = <Target extends Asset.Any>(
  self: Pipeline<Target>,
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
  self: Pipeline<Target>,
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

const parsed = (expressions: ReadonlyArray<string>) => Effect.forEach(expressions, (_) => Effect.fromResult(Selection.parse(_)))

const resolved = Effect.fnUntraced(function*<Target extends Asset.Any>(
  self: Pipeline<Target>,
  selections: ReadonlyArray<Selection.Selection>,
  states: ReadonlyMap<Asset.Any, Selection.State>
) {
  const sets = yield* Effect.forEach(selections, (_) => Effect.fromResult(Selection.resolve(_, self, states)))
  return self.assets.filter((_) => sets.some((set) => set.has(_)))
})

const names = (assets: ReadonlyArray<Asset.Any>, jobs: ReadonlyArray<Job.Any>): ReadonlyArray<string> => {
  const all = [...assets.map((_) => ["asset", _.name] as const), ...jobs.map((_) => ["job", _.name] as const)]
  return [...Map.groupBy(all, ([, name]) => name)].flatMap(([name, bearers]) => [
    ...(bearers.length > 1
      ? [`${name} is the name of ${bearers.map(([kind]) => `${kind === "asset" ? "an" : "a"} ${kind}`).join(" and ")}`]
      : []),
    ...(Selection.reserved.includes(name)
      ? [`${name} is a word of selections and cannot be the name of ${bearers[0]?.[0] === "job" ? "a job" : "an asset"}`]
      : []),
    ...(/^[a-z][a-z0-9_]*$/.test(name) ? [] : [`"${name}" is not a name: use lower-case letters, digits and _, a letter first`])
  ])
}
