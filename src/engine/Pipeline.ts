/**
 * A pipeline is assets and jobs under names that mean one thing each: what a command line, a page or a scheduler works
 * on. Whatever is wrong with its definition is said at once, before anything runs.
 */
import { Effect, Schema } from "effect"
import * as Asset from "./Asset.ts"
import type * as Job from "./Job.ts"

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

export class UnknownTarget extends Schema.TaggedError<UnknownTarget>()("UnknownTarget", {
  target: Schema.String,
  nearest: Schema.Array(Schema.String),
  known: Schema.Array(Schema.String)
}) {
  override get message() {
    const hint = this.nearest.length > 0 ? `Did you mean ${this.nearest.join(" or ")}?` : `There are: ${this.known.join(", ")}.`
    return `There is no asset or job called "${this.target}". ${hint}`
  }
}

/** Reserved for everything. */
export const ALL = "all"

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

/** The assets that targets name, each once, in the pipeline's order; `all` names every one, a job those it holds. */
export const select = <Target extends Asset.Any>(
  self: Pipeline<Target>,
  targets: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Target>, UnknownTarget> =>
  Effect.gen(function*() {
    const wanted = new Set<Asset.Any>()
    const known = [...self.assets, ...self.jobs].map((_) => _.name)
    for (const target of targets) {
      const named = target === ALL ? self.assets : [
        ...self.assets.filter((_) => _.name === target),
        ...self.jobs.filter((_) => _.name === target).flatMap((_) => _.assets)
      ]
      if (named.length === 0) return yield* new UnknownTarget({ target, nearest: nearest(target, known), known })
      for (const asset of named) wanted.add(asset)
    }
    return self.assets.filter((_) => wanted.has(_))
  })

// helpers

const names = (assets: ReadonlyArray<Asset.Any>, jobs: ReadonlyArray<Job.Any>): ReadonlyArray<string> => {
  const all = [...assets.map((_) => ["asset", _.name] as const), ...jobs.map((_) => ["job", _.name] as const)]
  return [...Map.groupBy(all, ([, name]) => name)].flatMap(([name, bearers]) => [
    ...(bearers.length > 1
      ? [`${name} is the name of ${bearers.map(([kind]) => `${kind === "asset" ? "an" : "a"} ${kind}`).join(" and ")}`]
      : []),
    ...(name === ALL
      ? [`${ALL} is reserved for everything and cannot be the name of ${bearers[0]?.[0] === "job" ? "a job" : "an asset"}`]
      : []),
    ...(/^[a-z][a-z0-9_]*$/.test(name) ? [] : [`"${name}" is not a name: use lower-case letters, digits and _, a letter first`])
  ])
}

const nearest = (word: string, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known
    .map((_) => [_, distance(word.toLowerCase(), _)] as const)
    .filter(([name, steps]) => steps <= Math.max(2, Math.floor(name.length / 3)))
    .sort((a, b) => a[1] - b[1])
    .slice(0, 3)
    .map(([name]) => name)

/** Levenshtein: letters to insert, delete or replace. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
