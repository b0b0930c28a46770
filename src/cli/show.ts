/** `crypto show ASSET`: all that is known of an asset. */
import { Console, DateTime, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import * as Check from "../engine/Check.ts"
import * as Status from "../engine/Status.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { told } from "./list.ts"
import { page } from "./page.ts"
import { jsonText } from "./plain.ts"
import { answered, reading, selected } from "./reading.ts"
import { filesOf } from "./run/results.ts"
import { coverageOf } from "./show/coverage.ts"
import { makingsOf } from "./show/makings.ts"
import { profileOf } from "./show/profile.ts"
import type { Shown } from "./show/told.ts"
import { toText } from "./show/toText.ts"
import { standing } from "./standing.ts"
import type { World } from "./world.ts"

export { ShowJson } from "./show/told.ts"

const flags = {
  asset: Argument.String("asset").pipe(Argument.withDescription("One asset")),
  json
}

export const show = (root: Root, world: World) =>
  Command.make("show", flags, Effect.fn("crypto show")(function*({ asset: name, json }) {
    const data = reading(world, settingsOf(yield* root))
    const [asset, ...others] = yield* selected(world, [name], data)
    if (asset === undefined || others.length > 0) {
      const found = asset === undefined ? "no asset" : [asset, ...others].map((_) => _.name).join(", ")
      return yield* exit.usage(`show tells of one asset, and ${name} selects ${found}`)
    }
    const pipeline = yield* world.pipeline
    const { dataDir, said } = yield* Effect.provide(
      answered(Effect.gen(function*() {
        const [status] = yield* Status.of([asset])
        const failed = status?.failures ?? []
        const { late, madeAt, warnings } = status ?? { late: undefined, madeAt: undefined, warnings: [] }
        const { per, of, ...about } = told(asset)
        const saying: Shown = {
          ...about,
          group: asset.group ?? null,
          owner: asset.owner ?? null,
          source: asset.source ?? null,
          tags: asset.tags,
          codeVersion: asset.codeVersion,
          per,
          of,
          to: pipeline.assets.filter((_) => Object.values(_.from).some((input) => input.asset === asset)).map((_) => _.name),
          freshFor: Number.isFinite(asset.freshFor) ? asset.freshFor : null,
          lateAfter: Number.isFinite(asset.lateAfter) ? asset.lateAfter : null,
          ...(status === undefined ? { state: "unknown", why: "" } as const : standing(status)),
          lateSince: late === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(late.since)),
          madeAt: madeAt === undefined ? null : DateTime.formatIso(DateTime.makeUnsafe(madeAt)),
          coverage: yield* coverageOf(asset),
          checks: asset.checks.map(({ name, severity }) => checkOf(name, severity, madeAt !== undefined, warnings, failed)),
          makings: yield* makingsOf(asset, 5),
          files: yield* filesOf(asset),
          profile: yield* profileOf(asset, 5)
        }
        return { said: saying, dataDir: (yield* Settings).dataDir }
      })),
      data
    )
    yield* Console.log(json ? jsonText(said) : toText(said, dataDir, yield* page))
  }, exit.ending)).pipe(
    Command.withDescription(
      "All that is known of an asset: how it stands and why, where it comes from, which keys there are, what its checks said, its last makings, what each column means and holds, and its last rows."
    ),
    Command.withShortDescription("All that is known of an asset"),
    Command.withExamples([
      { command: "crypto show price_history", description: "A table: its keys, checks, columns and last rows" },
      { command: "crypto show price_chart", description: "A chart: its files" },
      { command: "crypto show daily_returns --json", description: "For a script" }
    ])
  )

// helpers

type CheckSaid = Shown["checks"][number]

/** What a check last said: of what is kept, or of an attempt that was not made good since. */
const checkOf = (
  check: string,
  severity: CheckSaid["severity"],
  isMade: boolean,
  warnings: ReadonlyArray<string>,
  failed: ReadonlyArray<Status.Failure>
): CheckSaid => {
  const refused = failed.flatMap((_) => _.checks).find((_) => _.check === check)
  if (refused !== undefined) return { check, severity, result: "failed", note: Check.describe(refused) }
  const warned = warnings.find((_) => _.startsWith(`${check}: `))
  if (warned !== undefined) return { check, severity, result: "warned", note: warned }
  return { check, severity, result: isMade ? "passed" : "not asked yet", note: "" }
}
