/** What the engine's types promise, and the mistakes they catch. `tsc` checks it; nothing runs. */
import { it } from "@effect/vitest"
import { Context, Effect, Schedule } from "effect"
import * as Asset from "../../src/engine/Asset.ts"
import * as Check from "../../src/engine/Check.ts"
import * as Job from "../../src/engine/Job.ts"
import type { Ledger, LedgerFailed } from "../../src/engine/Ledger.ts"
import type { Manifest } from "../../src/engine/Manifest.ts"
import * as Partition from "../../src/engine/Partition.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Plan from "../../src/engine/Plan.ts"
import * as Run from "../../src/engine/Run.ts"
import type * as Store from "../../src/engine/Store.ts"
import * as Subject from "../../src/engine/Subject.ts"
import * as Memory from "../../src/layers/Memory.ts"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

class Day extends Partition.daily<Day>()("test/Day", { exists: "start" }) {}
class Month extends Partition.monthly<Month>()("test/Month") {}
class Api extends Context.Service<Api, { readonly price: (coin: string) => Effect.Effect<number, ApiError> }>()("test/Api") {}
class Names extends Context.Service<Names, { readonly all: Effect.Effect<ReadonlyArray<string>, NamesError> }>()("test/Names") {}
class ApiError {
  readonly _tag = "ApiError"
}
class NamesError {
  readonly _tag = "NamesError"
}
class Coin extends Subject.make<Coin>()("test/Coin", Names.use((_) => _.all)) {}

interface Price {
  readonly day: string
  readonly coin: string
  readonly price: number
}
interface Picture {
  readonly svg: string
}

const about = ""
const table = Memory.store<Price>()({ key: "day", subject: "coin" })
const plain = Memory.store<Price>()()
const drawings: Store.Store<Picture, string, unknown, never, Api> & { readonly keyed: true; readonly subjects: true } = {
  kind: "drawing",
  row: undefined,
  keyed: true,
  subjects: true,
  write: () => Effect.die("nothing here is run"),
  read: () => Effect.die("nothing here is run")
}

const prices = Asset.make("prices", { about, into: table, per: Day, of: Coin }, Effect.fnUntraced(function*() {
  const [api, coin, days] = [yield* Api, yield* Coin, yield* Day]
  const price = yield* api.price(coin)
  return days.keys.map((day) => ({ day, coin, price }))
}))

// what is inferred, exactly

type Kept = Memory.Rows | Manifest
/** The subject is no service that anybody provides: its list is asked for. */
export const pricesR: Equal<Effect.Services<typeof prices>, Api | Names | Day | Kept> = true
export const pricesE: Equal<Effect.Error<typeof prices>, ApiError | NamesError | Check.AuditFailed> = true
export const pricesA: Equal<Effect.Success<typeof prices>, ReadonlyArray<Price>> = true
export const pricesName: Equal<(typeof prices)["name"], "prices"> = true

const returns = Asset.make("returns", { about, from: { prices: Asset.trailing(prices, Day, 2) }, into: table, per: Day, of: Coin },
  ({ prices }) => Effect.succeed(prices))
const index = Asset.make("index", { about, from: { returns }, into: table, per: Day }, ({ returns }) => Effect.succeed(returns))
const byMonth = Asset.make("by_month", { about, from: { all: Asset.within(index, Day, Month) }, into: table, per: Month },
  ({ all }) => Effect.succeed(all))
const total = Asset.make("total", { about, from: { prices: Asset.every(prices, Day) }, into: plain },
  ({ prices }) => Effect.succeed(prices))
const running = Asset.make("running", { about, from: { prices: Asset.upTo(prices, Day) }, into: table, per: Day },
  ({ prices }) => Effect.succeed(prices))
const charts = Asset.make("charts", { about, from: { prices }, into: drawings, per: Day, each: true }, () => Effect.succeed({ svg: "" }))

export const returnsR: Equal<Effect.Services<typeof returns>, Api | Names | Day | Kept> = true
export const byMonthR: Equal<Effect.Services<typeof byMonth>, Api | Names | Month | Kept> = true
export const totalR: Equal<Effect.Services<typeof total>, Api | Names | Kept> = true
export const runningR: Equal<Effect.Services<typeof running>, Api | Names | Day | Kept> = true
export const totalE: Equal<Effect.Error<typeof total>, ApiError | NamesError | Check.AuditFailed> = true
export const one: Equal<Effect.Success<typeof total>, ReadonlyArray<Price>> = true
/** Each: one drawing a key. */
export const each: Equal<Effect.Success<typeof charts>, ReadonlyArray<string>> = true
export const chartsR: Equal<Effect.Services<typeof charts>, Api | Names | Day | Kept> = true

const timed = Asset.make("timed", { about, into: plain, timeout: "1 minute" }, () => Effect.succeed([]))
export const timedE: Equal<Effect.Error<typeof timed>, Check.AuditFailed | Asset.TimedOut> = true
const untimed = Asset.make("untimed", { about, into: plain }, () => Effect.succeed([]))
export const untimedE: Equal<Effect.Error<typeof untimed>, Check.AuditFailed> = true

const plan = Plan.make([total, byMonth])
/** A plan needs no window: it chooses them. */
export const planR: Equal<Effect.Services<typeof plan>, Api | Names | Kept> = true
const run = Effect.flatMap(plan, Run.execute)
export const runR: Equal<Effect.Services<typeof run>, Api | Names | Kept | Ledger> = true
export const runE: Equal<Effect.Error<typeof run>, ApiError | NamesError | Check.AuditFailed | LedgerFailed> = true
const brought = Run.upToDate([timed])
export const broughtE: Equal<Effect.Error<typeof brought>, LedgerFailed | Check.AuditFailed | Asset.TimedOut> = true
export const outcome: Equal<Effect.Success<typeof brought>, ReadonlyArray<Run.Report<Check.AuditFailed | Asset.TimedOut>>> = true

const pipeline = Pipeline.make("test", { assets: [total], jobs: [Job.make("a_job", { about, assets: [timed] })] })
export const pipelineA: Equal<Effect.Success<typeof pipeline>, Pipeline.Pipeline<typeof total | typeof timed>> = true

export const keyedTable: Equal<(typeof table)["keyed"], true> = true
export const unkeyedTable: Equal<(typeof plain)["subjects"], false> = true

// the mistakes

export const never = () => {
  const today = Effect.map(Day, (days): ReadonlyArray<Price> => days.keys.map((day) => ({ day, coin: "", price: 0 })))

  // @ts-expect-error the body asks for Day, and `per` does not name it
  Asset.make("a", { about, into: plain }, () => today)
  // @ts-expect-error the body asks for Day, and `per` names Month
  Asset.make("a", { about, into: table, per: Month }, () => today)
  // @ts-expect-error the body asks for a coin, and `of` does not name it
  Asset.make("a", { about, into: plain }, () => Effect.as(Coin, []))
  // @ts-expect-error the input is per Day, the asset per Month
  Asset.make("a", { about, into: table, per: Month, from: { prices } }, ({ prices }) => Effect.succeed(prices))
  // @ts-expect-error the input is per Day, the asset per nothing
  Asset.make("a", { about, into: plain, from: { prices } }, ({ prices }) => Effect.succeed(prices))
  // @ts-expect-error a month of days needs a Month
  Asset.make("a", { about, into: plain, from: { prices: Asset.within(index, Day, Month) } }, ({ prices }) => Effect.succeed(prices))

  // @ts-expect-error prices are per Day: there is no month of them to look back on
  Asset.trailing(prices, Month, 2)
  // @ts-expect-error prices are per Day
  Asset.upTo(prices, Month)
  // @ts-expect-error prices are per Day
  Asset.every(prices, Month)
  // @ts-expect-error the days of a month, not the months of a day
  Asset.within(prices, Month, Day)
  // @ts-expect-error what has no partition has no keys to look back on
  Asset.trailing(total, Day, 2)

  // @ts-expect-error rows of another shape
  Asset.make("a", { about, into: plain }, () => Effect.succeed([{ day: "2026-05-01", coin: "btc" }]))
  // @ts-expect-error a price is a number
  Asset.make("a", { about, into: plain }, () => Effect.succeed([{ day: "2026-05-01", coin: "btc", price: "1" }]))
  // @ts-expect-error a drawing is not rows
  Asset.make("a", { about, into: plain }, () => Effect.succeed({ svg: "" }))

  // @ts-expect-error without a key column rows cannot be kept day by day
  Asset.make("a", { about, into: plain, per: Day }, () => Effect.succeed([]))
  // @ts-expect-error without a subject column rows cannot be kept coin by coin
  Asset.make("a", { about, into: Memory.store<Price>()({ key: "day" }), per: Day, of: Coin }, () => Effect.succeed([]))
  // @ts-expect-error the key is a column of the row
  Memory.store<Price>()({ key: "month" })
  // @ts-expect-error the key is text
  Memory.store<Price>()({ key: "price" })
  // @ts-expect-error the subject is text
  Memory.store<Price>()({ subject: "price" })

  // @ts-expect-error the row has no such column
  Asset.make("a", { about, into: plain, checks: [Check.unique("coin", "month")] }, () => Effect.succeed([]))
  // @ts-expect-error the row has no such column
  Asset.make("a", { about, into: plain, checks: [Check.notNull("month")] }, () => Effect.succeed([]))
  // @ts-expect-error a drawing has no rows to check
  Asset.make("a", { about, into: drawings, checks: [Check.notNull("coin")] }, () => Effect.succeed({ svg: "" }))
  // @ts-expect-error a coin is not a number
  Asset.make("a", { about, into: plain, checks: [Check.within("coin", 0, 1)] }, () => Effect.succeed([]))
  // @ts-expect-error a price is no day
  Asset.make("a", { about, into: plain, checks: [Check.noGaps("price")] }, () => Effect.succeed([]))
  // @ts-expect-error the row has no such column
  Asset.make("a", { about, into: plain, checks: [Check.recent("day", "1 day", { by: "month" })] }, () => Effect.succeed([]))
  // @ts-expect-error the condition is about other rows
  Asset.make("a", { about, into: plain, checks: [Check.custom("x", { sql: "x", holds: (_: { readonly x: number }) => true })] },
    () => Effect.succeed([]))
  // fine: a warning of the same rows
  Asset.make("a", { about, into: plain, checks: [Check.warn(Check.onceADay("day", { by: "coin" })), Check.rowCount({ drop: 0.5 })] },
    () => Effect.succeed([]))
  // fine: all of these are columns of the row, and price is a number
  Asset.make("a", { about, into: plain, checks: [Check.unique("coin", "day"), Check.notNull("price"), Check.within("price", 0, 1)] },
    () => Effect.succeed([]))

  // @ts-expect-error a schedule sees the body's errors, and there is no such error
  Asset.make("a", { about, into: plain, retry: Schedule.recurs(1).pipe(Schedule.setInputType<"other">()) },
    () => Effect.fail("later" as const))

  // @ts-expect-error nothing answers for the API
  void Effect.runPromise(Run.upToDate([total]).pipe(Effect.provide(Memory.layer)))
  const alone = Asset.make("a", { about, into: table, per: Day }, () => Effect.succeed([])).pipe(Effect.provide(Memory.layer))
  // @ts-expect-error the asset by itself needs a Day
  void Effect.runPromise(alone)
  // fine: it has one
  void Effect.runPromise(Effect.provideContext(alone, Day.at("2026-05-01")))
  // fine: its layer is all it needs
  void Effect.runPromise(Run.upToDate([untimed]).pipe(Effect.provide(Memory.layer)))

  // @ts-expect-error a month is not given where a coin is
  Coin.at(Month.window("2026-05"))
  // @ts-expect-error an asset of another pipeline's is none of this one's
  const other: Effect.Effect<Pipeline.Pipeline<typeof total>, Pipeline.DefinitionInvalid> = Pipeline.make("p", { assets: [timed] })
  return other
}

it("is checked by tsc", () => {})
