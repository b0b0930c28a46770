/** What is to be brought up to date: targets, the keys that are meant, and how much of it. `run` and `plan` take the same. */
import { Console, Effect, Schema } from "effect"
import { Argument, Flag } from "effect/cli"
import * as Pipeline from "../../engine/Pipeline.ts"
import { oneLine } from "../plain.ts"
import type { World } from "../world.ts"
import type { Asked } from "./over.ts"
import { type Chosen, meant } from "./subjects.ts"

const day = (name: string, about: string) => Flag.String(name).pipe(Flag.withMetavar("DAY"), Flag.withDescription(about), Flag.optional)
export const isSet = (name: string, about: string) => Flag.Boolean(name).pipe(Flag.withDescription(about), Flag.withDefault(false))

export const subject = Flag.String("subject").pipe(
  Flag.withMetavar("NAME"),
  Flag.withDescription("Of the targets' subjects this one; it may be given several times [default: all]"),
  Flag.atLeast(0)
)

export const aimFlags = {
  targets: Argument.String("target").pipe(Argument.withDescription("Assets, jobs or selections of them; all for everything"),
    Argument.variadic({ min: 1 })),
  partition: Flag.String("partition").pipe(
    Flag.withMetavar("KEY"),
    Flag.withDescription("One key of the targets' partition: a day (2026-11-01), a month (2026-11), or a subject of a set that is kept"),
    Flag.optional
  ),
  subject,
  from: day("from", "From this day on, UTC [default: as far back as CRYPTO_HISTORY_DAYS says]"),
  to: day("to", "To this day, UTC, which is among them [default: the newest that is due]"),
  only: isSet("only", "Leave upstream as it is"),
  force: isSet("force", "Make the targets again, fresh or not")
}

export const concurrency = Flag.Int("concurrency").pipe(
  Flag.withDescription("Parts that are made at the same time [default 4]"),
  Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 64 })))),
  Flag.withDefault(4)
)

export interface Aim extends Asked, Chosen {
  readonly targets: ReadonlyArray<string>
  readonly only: boolean
  readonly force: boolean
}

/** The assets that are meant, and what a plan of them takes. */
export const aimed = Effect.fnUntraced(function*(world: World, aim: Aim) {
  const targets = yield* Pipeline.select(yield* world.pipeline, aim.targets)
  if (targets.length === 0) yield* Console.error(`${oneLine(aim.targets.join(", "))} selects no asset now`)
  const { over, subjects } = yield* meant(world, targets, aim)
  return { targets, options: { only: aim.only, force: aim.force, subjects, ...(over === undefined ? {} : { over }) } }
})
