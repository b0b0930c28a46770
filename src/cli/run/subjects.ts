/** Which subjects are meant: `--subject NAME`, or `--partition KEY` where the key is in a set that is kept; and which keys of time. */
import { Console, Effect, Option } from "effect"
import type * as Asset from "../../engine/Asset.ts"
import { Ledger } from "../../engine/Ledger.ts"
import * as Selection from "../../engine/Selection.ts"
import * as Subject from "../../engine/Subject.ts"
import * as exit from "../exit.ts"
import { oneLine } from "../plain.ts"
import { answered } from "../reading.ts"
import type { World } from "../world.ts"
import { type Asked, overOf } from "./over.ts"

export interface Chosen {
  readonly subject: ReadonlyArray<string>
}

export const meant = Effect.fnUntraced(function*(world: World, targets: ReadonlyArray<Asset.Any>, asked: Asked & Chosen) {
  const { partition, subject } = asked
  const sets = yield* keptOf(targets)
  for (const { set } of sets.filter((_) => _.keys.length === 0)) {
    yield* Console.error(`${set} is empty: '${world.typed} subject add ${set} KEY…' fills it.`)
  }
  const kept = sets.flatMap((_) => _.keys)
  const key = Option.getOrUndefined(partition)
  if (key === undefined || sets.length === 0 || isKey(targets, key)) {
    yield* known(targets, subject)
    return { subjects: [...new Set(subject)], over: yield* overOf(targets, asked) }
  }
  if (!kept.includes(key)) {
    const near = Selection.nearest(key, kept)
    const hint = near.length > 0 ? `did you mean ${near.map(oneLine).join(" or ")}?` : `'${world.typed} subject list' says which there are`
    return yield* exit.usage(`--partition ${oneLine(key)} is no key of the targets' partitions, and in no set of subjects: ${hint}`)
  }
  yield* known(targets, subject)
  return { subjects: [...new Set([...subject, key])], over: yield* overOf(targets, { ...asked, partition: Option.none() }) }
})

// helpers

/** Each name is a subject of some target. */
const known = Effect.fnUntraced(function*(targets: ReadonlyArray<Asset.Any>, names: ReadonlyArray<string>) {
  if (names.length === 0) return
  const subjects = new Set(targets.flatMap((_) => _.of ?? []))
  if (subjects.size === 0) return yield* exit.usage("--subject: the targets are made for no subject, so leave it out")
  const lists = yield* Effect.forEach(subjects, (_) => Effect.catchIf(answered(_.list), isUnknown, () => Effect.void))
  // which ones there are may be known only once something has been made: then the plan says it
  if (lists.includes(undefined)) return
  const all = lists.flatMap((_) => _ ?? [])
  for (const name of names.filter((_) => !all.includes(_))) {
    const near = Selection.nearest(name, all)
    const hint = near.length > 0
      ? `did you mean ${near.map(oneLine).join(" or ")}?`
      : all.length === 0
      ? "there is none"
      : `there are ${all.slice(0, 10).map(oneLine).join(", ")}${all.length > 10 ? ` and ${all.length - 10} more` : ""}`
    return yield* exit.usage(`--subject ${oneLine(name)} is no subject of the targets: ${hint}`)
  }
})

const isUnknown = (error: unknown): error is Subject.Unknown => error instanceof Subject.Unknown

const isKey = (targets: ReadonlyArray<Asset.Any>, text: string): boolean =>
  targets.some(({ per }) => per?.calendar.ordinalOf(text) !== undefined)

/** The sets of the targets that are kept, and what is in them. */
const keptOf = (targets: ReadonlyArray<Asset.Any>) => {
  const sets = new Set(targets.flatMap(({ of }) => of?.kept === true ? [of.key] : []))
  return Effect.forEach(sets, (set) =>
    Effect.map(Ledger.use((_) => _.subjects(set)), (members) => ({
      set,
      keys: members.flatMap((_) => _.deletedAt === null ? [_.key] : [])
    })))
}
