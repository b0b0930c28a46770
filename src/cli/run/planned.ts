/** A plan, said: the steps, why, and what they cost. `crypto plan` prints it, and so does `crypto run --plan`. */
import { Console, Effect, Schema } from "effect"
import * as Plan from "../../engine/Plan.ts"
import { Queue } from "../../engine/Queue.ts"
import { Settings } from "../../services/Settings.ts"
import { page } from "../page.ts"
import { count, counted, duration, jsonText, plain, table, type TableOptions } from "../plain.ts"
import { initial, limitWait } from "../progress/State.ts"
import type { World } from "../world.ts"
import { type Aim, aimed } from "./aim.ts"

/** What `crypto plan --json` and `crypto run --plan --json` print. */
export const PlanJson = Schema.Struct({
  /** Calls to the source. */
  calls: Schema.Int,
  /** What those calls cost of what the source has sold. */
  credits: Schema.Int,
  /** Milliseconds that the rate limit makes them take, at least. */
  takes: Schema.Finite,
  /** Calls in any rolling 60 seconds; none for a source without a limit. */
  rateLimit: Schema.NullOr(Schema.Int),
  /** Successful calls that may be made in a month; none: as many as one likes. */
  monthlyCredits: Schema.NullOr(Schema.Int),
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
  const said = told(yield* Plan.make(targets, options), yield* Settings)
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

const told = (plan: Plan.Plan<unknown, unknown>, { monthlyCredits, rateLimit, source }: Settings["Service"]): typeof PlanJson.Type => {
  const calls = Plan.calls(plan)
  const limit = source === "sandbox" ? undefined : rateLimit
  return {
    calls,
    credits: Plan.credits(plan),
    takes: limitWait(initial(limit), calls, 0),
    rateLimit: limit ?? null,
    monthlyCredits: monthlyCredits._tag === "None" ? null : monthlyCredits.value,
    steps: plan.steps.map((_) => ({
      asset: _.asset.name,
      window: _.window.toString(),
      subjects: _.subjects.flatMap((subject) => subject ?? []),
      why: { ..._.why },
      provisional: _.provisional,
      calls: _.calls,
      credits: _.credits
    })),
    pending: plan.pending.map((_) => ({ asset: _.asset.name, after: _.after.name })),
    unavailable: plan.unavailable.map((_) => ({
      asset: _.asset.name,
      window: _.window.toString(),
      subjects: _.subjects.flatMap((subject) => subject ?? []),
      keys: Plan.keysOf(_)
    }))
  }
}

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
    cost(said)
  ].join("\n"))
}

const whom = ({ subjects }: Pick<Told["steps"][number], "subjects">): string =>
  subjects.length > 1 ? count(subjects.length) + " each" : subjects[0] ?? ""

const reasons = ({ provisional, why, window }: Told["steps"][number]): string =>
  Object.entries(why).map(([reason, keys]) => window === "" ? reason : `${reason} ${count(keys)}`).join(", ") +
  (provisional ? ", if that changed" : "")

const cost = ({ calls, credits, monthlyCredits, pending, rateLimit, takes }: Told): string => {
  const later = pending.length > 0 ? ", and those of what is planned later" : ""
  const sold = monthlyCredits === null || calls === 0 ? "" : `, of ${count(monthlyCredits)} a month`
  const limit = rateLimit === null || calls === 0 ? "" : takes === 0
    ? ` At ${count(rateLimit)} a minute they need not wait.`
    : ` At ${count(rateLimit)} a minute they take ${duration(takes)} at least.`
  return `${counted(calls, "call")} to the source${
    credits === calls ? "" : ` (${counted(credits, "credit")})`
  }${sold}${later}.${limit} Nothing was spent.`
}
