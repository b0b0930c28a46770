/** A plan, said: the steps, why, and what they cost. `crypto plan` prints it, and so does `crypto run --plan`. */
import { Console, Effect, Schema } from "effect"
import * as Plan from "../../engine/Plan.ts"
import { Queue } from "../../engine/Queue.ts"
import { BillJson, billOf, text as bill } from "../bill.ts"
import { page } from "../page.ts"
import { count, counted, jsonText, plain, table, type TableOptions } from "../plain.ts"
import type { World } from "../world.ts"
import { type Aim, aimed } from "./aim.ts"

/** What `crypto plan --json` and `crypto run --plan --json` print. */
export const PlanJson = Schema.Struct({
  ...BillJson.fields,
  steps: Schema.Array(Schema.Struct({
    asset: Schema.String,
    window: Schema.String,
    subjects: Schema.Array(Schema.String),
    /** How many keys, and why. */
    why: Schema.Record(Schema.String, Schema.Int),
    /** Skipped, if what it reads comes out as it was. */
    provisional: Schema.Boolean,
    calls: Schema.Int,
    credits: Schema.Int
  })),
  /** What can be planned only when something else has been made. */
  pending: Schema.Array(Schema.Struct({ asset: Schema.String, after: Schema.String })),
  /** What is wanted and lies further back than the source serves. */
  unavailable: Schema.Array(
    Schema.Struct({ asset: Schema.String, window: Schema.String, subjects: Schema.Array(Schema.String), keys: Schema.Int })
  )
})

/** Plans, and says it. What a run before left open is settled first: a plan counts what is published. */
export const sayPlan = Effect.fnUntraced(function*(world: World, aim: Aim, json: boolean) {
  const { options, targets } = yield* aimed(world, aim)
  yield* settle
  const plan = yield* Plan.make(targets, options)
  const said = told(plan, yield* billOf(world, plan.steps))
  if (json) return yield* Console.log(jsonText(said))
  const { columns, ink } = yield* page
  yield* Console.log(text(said, { columns, ink: (cell, row, column) => row === undefined || column === 1 ? ink.dim(cell) : cell }))
})

/** What a run before this one left open is ended, and told. */
export const settle = Effect.gen(function*() {
  const recovered = yield* (yield* Queue).recovered
  if (recovered.length === 0) return
  yield* Console.error(
    `A run before this one was cut short: of its ${
      counted(recovered.length, "open part")
    }, what was published counts, and the rest is missing.`
  )
})

// helpers

const told = ({ pending, steps, unavailable }: Plan.Plan<unknown, unknown>, bill: typeof BillJson.Type): typeof PlanJson.Type => ({
  ...bill,
  steps: steps.map((_) => ({
    asset: _.asset.name,
    window: _.window.toString(),
    subjects: _.subjects.flatMap((subject) => subject ?? []),
    why: Object.fromEntries(Plan.reasonsOf(_.why)),
    provisional: _.provisional,
    calls: _.calls,
    credits: _.credits
  })),
  pending: pending.map((_) => ({ asset: _.asset.name, after: _.after.name })),
  unavailable: unavailable.map((_) => ({
    asset: _.asset.name,
    window: _.window.toString(),
    subjects: _.subjects.flatMap((subject) => subject ?? []),
    keys: Plan.keysOf(_)
  }))
})

type Told = typeof PlanJson.Type

const text = (said: Told, options: TableOptions): string => {
  const { pending, steps, unavailable } = said
  if (steps.length === 0 && pending.length === 0 && unavailable.length === 0) return "Everything is up to date: nothing would run."
  const rows = steps.map((_) => [_.asset, _.window, whom(_), reasons(_), _.calls === 0 ? "" : count(_.calls)])
  const beyond = unavailable.map((
    _
  ) => [_.asset, _.window, whom(_), `unavailable ${count(_.keys)}: further back than the source serves`, ""])
  return plain([
    ...(rows.length + beyond.length === 0 ? [] : [table(["asset", "window", "for", "why", "calls"], [...rows, ...beyond], options)]),
    ...pending.map((_) => `${_.asset}: to be planned when ${_.after} has been made`),
    "",
    `${bill(said, pending.length > 0 ? ", and those of what is planned later" : "")} Nothing was spent.`
  ].join("\n"))
}

const whom = ({ subjects }: Pick<Told["steps"][number], "subjects">): string =>
  subjects.length > 1 ? count(subjects.length) + " each" : subjects[0] ?? ""

const reasons = ({ provisional, why, window }: Told["steps"][number]): string =>
  Object.entries(why).map(([reason, keys]) => window === "" ? reason : Plan.counted(reason, count(keys))).join(", ") +
  (provisional ? ", if that changed" : "")
