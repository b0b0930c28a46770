/**
 * What is wrong with definitions and no type can tell: every problem of every asset and job, each naming its bearer, so
 * that all are said at once and before anything runs.
 */
import type * as Asset from "./Asset.ts"
import type { Rule } from "./Check.ts"
import * as Edge from "./Edge.ts"
import type * as Job from "./Job.ts"
import * as Selection from "./Selection.ts"
import { columnsOf } from "./Store.ts"

export const problems = (assets: ReadonlyArray<Asset.Any>, jobs: ReadonlyArray<Job.Any>): ReadonlyArray<string> => [
  ...names(assets, jobs),
  ...aliases(assets, jobs),
  ...twins(assets),
  ...assets.flatMap((asset) => [...cycles(asset), ...ofAsset(asset).map((_) => `${asset.name}: ${_}`)]),
  ...jobs.filter((_) => _.assets.length === 0).map((_) => `job ${_.name} has no assets`)
]

// helpers

const names = (assets: ReadonlyArray<Asset.Any>, jobs: ReadonlyArray<Job.Any>): ReadonlyArray<string> => {
  const all = [...assets.map((_) => ["asset", _.name] as const), ...jobs.map((_) => ["job", _.name] as const)]
  return [...Map.groupBy(all, ([, name]) => name)].flatMap(([name, bearers]) => [
    ...(bearers.length > 1
      ? [`${name} is the name of ${bearers.map(([kind]) => `${kind === "asset" ? "an" : "a"} ${kind}`).join(" and ")}`]
      : []),
    ...(Selection.reserved.includes(name)
      ? [`${name} is a word of selections and cannot be the name of ${bearers[0]?.[0] === "job" ? "a job" : "an asset"}`]
      : []),
    ...(isName(name) ? [] : [`"${name}" is not a name: use lower-case letters, digits and _, a letter first`])
  ])
}

const isName = (text: string): boolean => /^[a-z][a-z0-9_]*$/.test(text)

/** An old name is nobody's name now, and was one asset's only. */
const aliases = (assets: ReadonlyArray<Asset.Any>, jobs: ReadonlyArray<Job.Any>): ReadonlyArray<string> => {
  const taken = new Map<string, string>([
    ...jobs.map((_) => [_.name, `job ${_.name}`] as const),
    ...assets.map((_) => [_.name, _.name] as const)
  ])
  const found: Array<string> = []
  for (const asset of assets) {
    for (const alias of asset.aliases) {
      const by = taken.get(alias)
      if (by !== undefined)
        found.push(`${asset.name}: its old name ${alias} is ${by === alias ? "the name of another asset" : `taken by ${by}`}`)
      else if (!isName(alias)) found.push(`${asset.name}: its old name "${alias}" is not a name`)
      else taken.set(alias, asset.name)
    }
  }
  return found
}

/** Two classes under one key: a window of the one would be taken for a window of the other. */
const twins = (assets: ReadonlyArray<Asset.Any>): ReadonlyArray<string> => {
  const partitions = new Set(assets.flatMap((_) => _.per ?? []))
  const subjects = new Set(assets.flatMap((_) => _.of ?? []))
  const twice = (what: string, of: Iterable<{ readonly key: string }>) =>
    [...Map.groupBy([...of], (_) => _.key)].flatMap(([key, bearers]) =>
      bearers.length > 1 ? [`${bearers.length} ${what} are called ${key}`] : []
    )
  return [...twice("partitions", partitions), ...twice("subjects", subjects)]
}

/** Inputs are values, so a circle takes some doing; but then nothing could ever be made first. */
const cycles = (asset: Asset.Any): ReadonlyArray<string> => {
  const path = circle(asset, asset, [], new Set())
  return path === undefined ? [] : [`${asset.name}: it reads itself, by way of ${path.map((_) => _.name).join(" and ")}`]
}

const circle = (
  to: Asset.Any,
  from: Asset.Any,
  by: ReadonlyArray<Asset.Any>,
  seen: Set<Asset.Any>
): ReadonlyArray<Asset.Any> | undefined => {
  for (const { asset } of Object.values(from.from)) {
    if (asset === to) return by.length === 0 ? [to] : by
    if (seen.has(asset)) continue
    seen.add(asset)
    const found = circle(to, asset, [...by, asset], seen)
    if (found !== undefined) return found
  }
  return undefined
}

const ofAsset = (asset: Asset.Any): ReadonlyArray<string> => [
  ...(asset.per?.problems ?? []).map((_) => `its partition ${asset.per?.key}: ${_}`),
  ...Object.entries(asset.from).flatMap(([name, input]) => ofInput(asset, name, input)),
  ...ofChecks(asset),
  ...(asset.per !== undefined && !asset.into.keyed ? [`it is per ${asset.per.key}, and its store cannot tell one key from another`] : []),
  ...(asset.of !== undefined && !asset.into.subjects ? [`it is of ${asset.of.key}, and its store cannot tell one from another`] : []),
  ...(asset.each && asset.per === undefined ? ["it is made each, and has no partition to be made by"] : []),
  ...(Number.isInteger(asset.lookback) && asset.lookback >= 0 ? [] : [`its lookback ${asset.lookback} is no number of keys`]),
  ...(asset.lookback > 0 && asset.per === undefined ? ["it has a lookback, and no partition whose keys to read again"] : []),
  ...[asset.group, asset.owner, ...Object.entries(asset.tags).flat()].flatMap((_) =>
    _ !== undefined && /["\\\r\n]/.test(_)
      ? [`no selection can say ${JSON.stringify(_)}: leave out quotation marks, backslashes and line breaks`]
      : []
  )
]

const ofInput = (asset: Asset.Any, name: string, { asset: upstream, edge }: Asset.AnyInput): ReadonlyArray<string> => {
  const isSame = edge === Edge.same && upstream.per !== undefined && upstream.per !== asset.per
  return [
    ...(edge.problem === undefined ? [] : [`its input ${name}: ${edge.problem}`]),
    ...(isSame
      ? [`its input ${name} is per ${upstream.per?.key}, and it is ${asset.per === undefined ? "per nothing" : `per ${asset.per.key}`}`]
      : [])
  ]
}

const ofChecks = (asset: Asset.Any): ReadonlyArray<string> => {
  if (asset.checks.length === 0) return []
  const known = columnsOf(asset.into)
  return asset.checks.flatMap(({ name, rule }) => ofRule(asset, rule, known).map((_) => `its check ${name} ${_}`))
}

const ofRule = (asset: Asset.Any, rule: Rule, known: ReadonlyArray<string> | undefined): ReadonlyArray<string> => {
  const lacking = known === undefined ? [] : columnsIn(rule).filter((_) => !known.includes(_))
  return [
    ...lacking.map((_) => {
      const near = Selection.nearest(_, known ?? [])
      return `asks for the column ${_}, which its rows lack${near.length === 0 ? "" : `: did you mean ${near.join(" or ")}?`}`
    }),
    ...(rule._tag === "NoGaps" && asset.per?.calendar.unit === "static" ? ["looks for gaps, and its keys lie in no time"] : []),
    ...(rule._tag === "Within" && !(rule.min <= rule.max) ? ["lets nothing through"] : []),
    ...(rule._tag === "RowCount" && !(rule.drop >= 0 && rule.rise >= 0) ? ["counts by a change below 0"] : [])
  ]
}

const columnsIn = (rule: Rule): ReadonlyArray<string> => {
  switch (rule._tag) {
    case "NotNull":
    case "Unique":
      return rule.columns
    case "Within":
      return [rule.column]
    case "NoGaps":
    case "Recent":
    case "OnceADay":
      return rule.by === undefined ? [rule.column] : [rule.column, rule.by]
    case "RowCount":
    case "Custom":
      return []
  }
}
