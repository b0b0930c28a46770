/** The sets of subjects that a pipeline keeps, by the names that somebody types. */
import { Effect } from "effect"
import type * as Pipeline from "../../engine/Pipeline.ts"
import * as Selection from "../../engine/Selection.ts"
import type * as Subject from "../../engine/Subject.ts"
import * as exit from "../exit.ts"
import { oneLine } from "../plain.ts"
import type { World } from "../world.ts"

export const setsOf = ({ assets }: Pipeline.Any): ReadonlyArray<Subject.Any> => [
  ...new Set(assets.flatMap(({ of }) => of?.kept === true ? [of] : []))
]

/** The set of that name. */
export const setOf = Effect.fnUntraced(function*(world: World, name: string) {
  const sets = setsOf(yield* world.pipeline)
  const found = sets.find((_) => _.key === name)
  if (found !== undefined) return found
  const near = Selection.nearest(name, sets.map((_) => _.key))
  const hint = near.length > 0
    ? `Did you mean ${near.join(" or ")}?`
    : sets.length === 0
    ? "This pipeline keeps none: its subjects follow from settings or from rows."
    : `There are: ${sets.map((_) => _.key).join(", ")}.`
  return yield* exit.usage(`There is no set of subjects called "${oneLine(name)}". ${hint}`)
})
