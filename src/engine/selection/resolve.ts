/** From expression to assets. */
import { Result } from "effect"
import type * as Asset from "../Asset.ts"
import type * as Job from "../Job.ts"
import { type Attribute, type Expression, type Hops, mayBeEmpty, type states } from "./Expression.ts"
import { columnsOf } from "../Store.ts"
import { nearest } from "./nearest.ts"
import type { Selection } from "./parse.ts"
import { SelectionError } from "./SelectionError.ts"

/** What is known of an asset's state, as far as a selection asks. */
export interface State {
  readonly is: ReadonlySet<typeof states.status[number]>
  readonly checks: ReadonlySet<typeof states.check[number]>
  readonly changed: boolean
}

/** What is selected from. */
export interface Graph {
  /** Sources first, and what they read among them. */
  readonly assets: ReadonlyArray<Asset.Any>
  readonly jobs: ReadonlyArray<Job.Any>
}

/** The assets that are selected; `states` is asked only where `asksState`. */
export const resolve = (
  self: Selection,
  graph: Graph,
  states: ReadonlyMap<Asset.Any, State>
): Result.Result<ReadonlySet<Asset.Any>, SelectionError> =>
  Result.flatMap(new Resolver(self, graph, states).set(self.expression), (set) =>
    set.size > 0 || mayBeEmpty(self.expression)
      ? Result.succeed(set)
      : Result.fail(new SelectionError({ expression: self.text, at: 0, reason: { _tag: "Nothing" } })))

// helpers

type Assets = ReadonlySet<Asset.Any>
type Resolved = Result.Result<Assets, SelectionError>

class Resolver {
  private readonly selection: Selection
  private readonly graph: Graph
  private readonly states: ReadonlyMap<Asset.Any, State>
  private readonly above: ReadonlyMap<Asset.Any, ReadonlyArray<Asset.Any>>
  private readonly below = new Map<Asset.Any, Array<Asset.Any>>()

  constructor(selection: Selection, graph: Graph, states: ReadonlyMap<Asset.Any, State>) {
    this.selection = selection
    this.graph = graph
    this.states = states
    this.above = new Map(graph.assets.map((asset) => [asset, Object.values(asset.from).map((_) => _.asset)]))
    for (const [asset, upstream] of this.above) for (const _ of upstream) this.below.set(_, [...this.below.get(_) ?? [], asset])
  }

  set(self: Expression): Resolved {
    switch (self._tag) {
      case "All":
        return Result.succeed(new Set(this.graph.assets.filter((_) => !_.optIn)))
      case "Changed":
        return this.where((_) => this.states.get(_)?.changed === true)
      case "Name":
        return this.named(self)
      case "Attribute":
        return this.attribute(self)
      case "Tag":
        return this.tagged(self)
      case "Traversal":
        return Result.map(this.set(self.of), (of) => union(this.walk(of, this.above, self.up), this.walk(of, this.below, self.down)))
      case "Roots":
        return Result.map(this.set(self.of), (of) => this.ends(of, this.above))
      case "Sinks":
        return Result.map(this.set(self.of), (of) => this.ends(of, this.below))
      case "Not":
        return Result.map(this.set(self.of), (of) => new Set(this.graph.assets.filter((_) => !of.has(_))))
      case "And":
        return Result.flatMap(this.set(self.left), (left) => Result.map(this.set(self.right), (right) => common(left, right)))
      case "Or":
        return Result.flatMap(this.set(self.left), (left) => Result.map(this.set(self.right), (right) => union(left, right)))
    }
  }

  private where(holds: (asset: Asset.Any) => boolean): Resolved {
    return Result.succeed(new Set(this.graph.assets.filter(holds)))
  }

  private named(self: Expression & { readonly _tag: "Name" }): Resolved {
    const { assets, jobs } = this.graph
    const job = jobs.find((_) => _.name === self.pattern)
    if (job !== undefined) return Result.succeed(new Set(job.assets))
    const found = assets.filter((_) => matches(self.pattern, _.name))
    return found.length > 0 || self.pattern.includes("*")
      ? Result.succeed(new Set(found))
      : this.unknown(self, "asset or job called", self.pattern, [...assets, ...jobs].map((_) => _.name))
  }

  private attribute(self: Expression & { readonly _tag: "Attribute" }): Resolved {
    const { name, value } = self
    if (name === "status") return this.where((_) => [...this.states.get(_)?.is ?? []].some((state) => state === value))
    if (name === "check") return this.where((_) => [...this.states.get(_)?.checks ?? []].some((state) => state === value))
    const values = new Map(this.graph.assets.map((_) => [_, this.valuesOf(name, _)]))
    if (value === null) return this.where((_) => (values.get(_) ?? []).length === 0)
    const isKey = name === "key"
    const found = this.graph.assets.filter((_) => (values.get(_) ?? []).some((has) => isKey ? matches(value, has) : has === value))
    if (found.length > 0 || (isKey && value.includes("*"))) return Result.succeed(new Set(found))
    const job = name === "job" ? this.graph.jobs.map((_) => _.name) : []
    return this.unknown(self, isKey ? "asset called" : name, value, [...new Set([...job, ...[...values.values()].flat()])])
  }

  private valuesOf(name: Exclude<Attribute, "status" | "check">, asset: Asset.Any): ReadonlyArray<string> {
    switch (name) {
      case "key":
        return [asset.name]
      case "group":
        return asset.group === undefined ? [] : [asset.group]
      case "owner":
        return asset.owner === undefined ? [] : [asset.owner]
      case "kind":
        return [asset.into.kind]
      case "column":
        return columnsOf(asset.into) ?? []
      case "job":
        return this.graph.jobs.filter((_) => _.assets.includes(asset)).map((_) => _.name)
    }
  }

  private tagged(self: Expression & { readonly _tag: "Tag" }): Resolved {
    const { name, value } = self
    if (name === null) return this.where((_) => Object.keys(_.tags).length === 0)
    const bearers = this.graph.assets.filter((_) => Object.hasOwn(_.tags, name))
    if (bearers.length === 0) return this.unknown(self, "tag", name, [...new Set(this.graph.assets.flatMap((_) => Object.keys(_.tags)))])
    if (value === undefined) return Result.succeed(new Set(bearers))
    const found = bearers.filter((_) => _.tags[name] === (value ?? ""))
    if (found.length > 0) return Result.succeed(new Set(found))
    return this.unknown(self, `tag ${name} of value`, value ?? "", [...new Set(bearers.flatMap((_) => _.tags[name] ?? []))])
  }

  private walk(from: Assets, steps: ReadonlyMap<Asset.Any, ReadonlyArray<Asset.Any>>, hops: Hops): Assets {
    const reached = new Set(from)
    let edge: Iterable<Asset.Any> = from
    for (let hop = 0; hop < hops; hop++) {
      const next = [...edge].flatMap((_) => steps.get(_) ?? []).filter((_) => !reached.has(_))
      if (next.length === 0) break
      for (const _ of next) reached.add(_)
      edge = new Set(next)
    }
    return reached
  }

  /** Those of a set from which no other of it is reached. */
  private ends(set: Assets, steps: ReadonlyMap<Asset.Any, ReadonlyArray<Asset.Any>>): Assets {
    return new Set([...set].filter((asset) => common(this.walk(new Set([asset]), steps, Infinity), set).size === 1))
  }

  private unknown(self: Expression, what: string, value: string, known: ReadonlyArray<string>): Resolved {
    return Result.fail(
      new SelectionError({
        expression: this.selection.text,
        at: this.selection.places.get(self) ?? 0,
        reason: { _tag: "Unknown", what, value, nearest: nearest(value, known), known }
      })
    )
  }
}

const union = (a: Assets, b: Assets): Assets => new Set([...a, ...b])
const common = (a: Assets, b: Assets): Assets => new Set([...a].filter((_) => b.has(_)))

/** The whole name, `*` being any run of characters. */
const matches = (pattern: string, name: string): boolean => {
  const [first = "", ...rest] = pattern.split("*")
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > name.length - last.length) return false
    at = found + part.length
  }
  return true
}
