/** `crypto status`: in one line whether everything is fine; if not, what is wrong, and the command that mends it. */
import { Cause, Console, DateTime, Effect, Option, Schema } from "effect"
import { Command } from "effect/cli"
import * as Asset from "../engine/Asset.ts"
import { instant } from "../engine/automation/Cadence.ts"
import type * as Lateness from "../engine/Lateness.ts"
import { Ledger } from "../engine/Ledger.ts"
import * as Pipeline from "../engine/Pipeline.ts"
import { isDeferred } from "../engine/Request.ts"
import * as Run from "../engine/Run.ts"
import * as Status from "../engine/Status.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { count, counted, jsonText, oneLine } from "./plain.ts"
import { answered, looking, reading } from "./reading.ts"
import { RunJson, told } from "./runs.ts"
import { standing } from "./standing.ts"
import type { World } from "./world.ts"

/** Something that is not as it should be, and the command that mends it. */
export const ProblemJson = Schema.Struct({ what: Schema.String, mend: Schema.String })

/** What `crypto status --json` prints. */
export const StatusJson = Schema.Struct({
  /** 0 when everything is fine, else 7. */
  exitCode: Schema.Int,
  says: Schema.String,
  problems: Schema.Array(ProblemJson),
  /** How many assets stand how; none while another process has the data: only that one can tell. */
  assets: Schema.NullOr(Schema.Record(Schema.String, Schema.Int)),
  /** The process that has the data now. */
  busy: Schema.NullOr(Schema.Struct({ pid: Schema.Int, since: Schema.String, command: Schema.String })),
  lastRun: Schema.NullOr(RunJson),
  /** Successful calls in this UTC month, and how many there may be. */
  credits: Schema.NullOr(Schema.Struct({ month: Schema.String, used: Schema.Int, allowed: Schema.NullOr(Schema.Int) }))
})

export const status = (root: Root, world: World) =>
  Command.make("status", { json }, Effect.fn("crypto status")(function*({ json }) {
    const chosen = settingsOf(yield* root)
    const seen = yield* Effect.provide(look(world), looking(world, chosen))
    const all = Effect.provide(answered(stand(world)), reading(world, chosen))
    const found = Option.isSome(seen.busy) ? undefined : yield* Effect.result(Effect.sandbox(all))
    if (found?._tag === "Failure" && Cause.hasInterruptsOnly(found.failure)) return yield* Effect.interrupt
    const assets = found?._tag === "Success" ? found.success.assets : undefined
    const problems = [
      ...problemsOfRuns(world, seen),
      ...problemsOfDeferred(world, seen),
      ...(found?._tag === "Failure" ? problemsOfData(world, found.failure) : []),
      ...(found?._tag === "Success" ? found.success.problems : []),
      ...(assets === undefined ? problemsOfLastRun(world, seen) : problemsOfAssets(world, assets, yield* deferredAssets(world, seen))),
      ...problemsOfCredits(seen)
    ]
    const { busy, credits, lastRun } = seen
    const said: typeof StatusJson.Type = {
      exitCode: problems.length === 0 ? exit.code.done : exit.code.unhealthy,
      says: headline(problems, assets, seen),
      problems,
      assets: assets === undefined ? null : countsOf(assets),
      busy: Option.getOrNull(busy),
      lastRun,
      credits
    }
    if (json) yield* Console.log(jsonText(said))
    else {
      const { ink } = yield* page
      const lines = problems.map((_) => `  ${ink.bad("✗")} ${oneLine(_.what)}\n    ${ink.dim(_.mend)}`)
      const spent = credits === null || (credits.used === 0 && credits.allowed === null) ? [] : [
        ink.dim(
          `${counted(credits.used, "call")} in ${credits.month}${
            credits.allowed === null ? "" : ` of ${count(credits.allowed)}, ${count(Math.max(0, credits.allowed - credits.used))} left`
          }.`
        )
      ]
      yield* Console.log([`${problems.length === 0 ? ink.good("●") : ink.bad("✗")} ${said.says}`, ...lines, ...spent].join("\n"))
    }
    if (said.exitCode !== exit.code.done) return yield* new exit.Exit({ code: said.exitCode, says: "" })
  }, exit.ending)).pipe(
    Command.withDescription(
      "In one line whether everything is fine; if not, what is wrong and the command that mends it, and the exit code is 7. It counts as wrong: an attempt that failed and was not made good, an asset that is late, keys that are due and missing, a run that was cut short, a month's credits used up."
    ),
    Command.withShortDescription("Whether everything is fine; if not, what mends it"),
    Command.withExamples([
      { command: "crypto status", description: "Is everything fine?" },
      { command: "crypto status || crypto run all", description: "Mend it, if it is not" },
      { command: "crypto status --json", description: "For a monitor" }
    ])
  )

// helpers

type Problem = typeof ProblemJson.Type
type Seen = Effect.Success<ReturnType<typeof look>>

/** What can be told beside whoever has the data. */
const look = Effect.fnUntraced(function*(world: World) {
  const { monthlyCredits } = yield* Settings
  const owner = yield* world.owner
  const ledger = yield* Ledger
  const [newest] = yield* ledger.runs(1)
  const lastRun = newest === undefined ? null : yield* told(newest, Option.isSome(owner))
  const { runs: open } = yield* ledger.open
  const usage = yield* world.usage
  const credits = Option.getOrNull(Option.map(usage, (_) => ({ ..._, allowed: Option.getOrNull(monthlyCredits) })))
  // a daemon that is asked has the data itself
  const queued = yield* ledger.requests({ states: ["queued"] })
  const deferred = queued.filter(isDeferred)
  return { owner, deferred, busy: Option.filter(owner, (_) => _.pid !== process.pid), lastRun, open, credits }
})

/** How the assets stand, and what is wrong with where they are kept. */
const stand = Effect.fnUntraced(function*(world: World) {
  const { assets } = yield* world.pipeline
  const data = yield* Effect.serviceOption(DuckDb)
  const problems: ReadonlyArray<Problem> = Option.isSome(data) && data.value.isReadOnly
    ? [{ what: `there is no room to write on the disk of ${data.value.path}`, mend: "make room" }]
    : []
  return { assets: yield* Status.of(assets), problems }
})

const problemsOfRuns = (world: World, { open, owner }: Seen): ReadonlyArray<Problem> =>
  Option.isSome(owner)
    ? []
    : open.map(({ id }) => ({ what: `run ${id} was cut short: its process is gone`, mend: `${world.typed} runs resume ${id}` }))

/** Their source asked to come back later: whoever holds the data does, or nobody. */
const problemsOfDeferred = (world: World, { deferred, owner }: Seen): ReadonlyArray<Problem> =>
  deferred.map(({ id, note, notBefore, targets, trigger }) => ({
    what: `${trigger} (${targets.join(", ")}) is deferred until ${instant(notBefore ?? 0)}: ${note}`,
    mend: Option.isSome(owner) ? `nothing: it goes on then; '${world.typed} runs cancel ${id}' takes it back` : `${world.typed} daemon`
  }))

/** What they make: that it lacks keys is told with them. */
const deferredAssets = Effect.fnUntraced(function*(world: World, { deferred }: Seen) {
  if (deferred.length === 0) return new Set<Asset.Any>()
  const pipeline = yield* world.pipeline
  const targets = yield* Effect.forEach(deferred, (_) => Effect.orElseSucceed(Pipeline.selectDefined(pipeline, _.targets), () => []))
  return new Set(targets.flat().flatMap((_) => Asset.lineage(_)))
})

/** All there is to go by, while the assets cannot be asked. */
const problemsOfLastRun = (world: World, { lastRun }: Seen): ReadonlyArray<Problem> =>
  lastRun?.state === "failed" || lastRun?.state === "partial"
    ? [{ what: `the last run, ${lastRun.run}, ended as ${lastRun.state}`, mend: `${world.typed} logs ${lastRun.run}` }]
    : []

/** The data file cannot be opened, or what is in it cannot be told. */
const problemsOfData = (world: World, cause: Cause.Cause<unknown>): ReadonlyArray<Problem> => [{
  what: Run.explain(cause),
  mend: world.commands.includes("doctor") ? `${world.typed} doctor` : "see what it says"
}]

/** What was never made is no problem, unless nothing was: some are made by whoever wants them. */
const problemsOfAssets = (
  world: World,
  assets: ReadonlyArray<Status.Status>,
  deferred: ReadonlySet<Asset.Any>
): ReadonlyArray<Problem> => {
  if (assets.every((_) => _.madeAt === undefined && _.failures.length === 0)) {
    return [{ what: "nothing was made yet", mend: `${world.typed} run all` }]
  }
  return assets.flatMap((_) => {
    const name = _.asset.name
    if (_.failures.length > 0) {
      const who = _.failures.flatMap((failure) => failure.subject ?? [])
      const what = `${name}${who.length === 0 ? "" : ` of ${who.length > 3 ? counted(who.length, "subject") : who.join(", ")}`} failed`
      return [{ what: `${what}: ${standing(_).why}`, mend: `${world.typed} run ${name}` }]
    }
    if (_.late !== undefined) return problemsOfLate(world, _.asset, _.late, assets)
    return _.madeAt === undefined || _.missing === 0 || deferred.has(_.asset)
      ? []
      : [{ what: `${name} lacks ${counted(_.missing, "key")} of ${count(_.keys)}`, mend: `${world.typed} run ${name}` }]
  })
}

/** One that reads what is late too is told with it: the same command mends both. */
const problemsOfLate = (
  world: World,
  asset: Asset.Any,
  { since, subjects }: Lateness.Late,
  assets: ReadonlyArray<Status.Status>
): ReadonlyArray<Problem> => {
  const late = new Set(assets.flatMap((_) => _.late !== undefined && _.failures.length === 0 ? [_.asset] : []))
  const upstream = (of: Asset.Any) => Asset.lineage(of).filter((_) => _ !== of && late.has(_))
  if (upstream(asset).length > 0) return []
  const after = [...late].filter((_) => upstream(_).includes(asset))
  const who = subjects.length === 0 ? "" : ` of ${subjects.length > 3 ? counted(subjects.length, "subject") : subjects.join(", ")}`
  const more = after.length === 0
    ? ""
    : `, and with it ${after.length > 3 ? counted(after.length, "asset") : after.map((_) => _.name).join(", ")}`
  return [{
    what: `${asset.name}${who} is LATE since ${instant(since)}${more}`,
    mend: `${world.typed} run ${after.length === 0 ? asset.name : "status:late"}`
  }]
}

const problemsOfCredits = ({ credits }: Seen): ReadonlyArray<Problem> =>
  credits === null || credits.allowed === null || credits.used < credits.allowed ? [] : [{
    what: `the credits of ${credits.month} are used up: ${count(credits.used)} of ${count(credits.allowed)}`,
    mend: "wait for the next month, or raise COINGECKO_MONTHLY_CREDITS"
  }]

const countsOf = (assets: ReadonlyArray<Status.Status>): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(assets, (_) => _.state)].map(([state, of]) => [state, of.length]))

const headline = (problems: ReadonlyArray<Problem>, assets: ReadonlyArray<Status.Status> | undefined, seen: Seen): string => {
  const busy = Option.match(seen.busy, {
    onNone: () => "",
    onSome: ({ command, pid, since }) => `; ${command} (pid ${pid}) has the data since ${since.slice(0, 19).replace("T", " ")} UTC`
  })
  if (problems.length > 0) return `not fine: ${counted(problems.length, "problem")}${busy}`
  if (assets === undefined) return `fine, as far as can be told${busy}`
  const order = ["fresh", "stale", "missing", "never made"] as const
  const counts = countsOf(assets)
  const parts = order.flatMap((_) => (counts[_] ?? 0) === 0 ? [] : [`${count(counts[_] ?? 0)} ${_}`])
  const newest = assets.reduce((most, _) => Math.max(most, _.madeAt ?? 0), 0)
  const made = newest === 0 ? "" : `, last made ${DateTime.formatIso(DateTime.makeUnsafe(newest)).slice(0, 16).replace("T", " ")} UTC`
  return `fine: ${parts.join(", ")}${made}`
}
