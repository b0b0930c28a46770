/** `crypto doctor`: whether settings, files and versions are well, and what to do about what is not. It mends nothing itself. */
import { Cause, Console, Effect, type Layer, Option, Schema } from "effect"
import { Command } from "effect/cli"
import type { Ledger } from "../engine/Ledger.ts"
import type { Manifest } from "../engine/Manifest.ts"
import * as Run from "../engine/Run.ts"
import type { Finding } from "../layers/Health.ts"
import * as SettingsLayer from "../layers/Settings.ts"
import type { DuckDb } from "../services/DuckDb.ts"
import { Settings } from "../services/Settings.ts"
import * as exit from "./exit.ts"
import { json, type Root, settingsOf } from "./flags.ts"
import { page } from "./page.ts"
import { counted, jsonText, oneLine } from "./plain.ts"
import type { Ground, World } from "./world.ts"

/** What `crypto doctor --json` prints. */
export const DoctorJson = Schema.Struct({
  /** 1 when something is bad. */
  exitCode: Schema.Int,
  findings: Schema.Array(Schema.Struct({
    about: Schema.String,
    /** `note`: worth knowing, and nothing is wrong. */
    level: Schema.Literals(["fine", "note", "bad"]),
    says: Schema.String,
    /** Empty when there is nothing to do. */
    todo: Schema.String
  }))
})

/** `data` is the data file of the settings, opened with its ledger: that is done only when nobody else has it and nothing outside is bad. */
export const doctor = <E>(root: Root, world: World, data: Layer.Layer<DuckDb | Ledger | Manifest, E, Ground>) =>
  Command.make("doctor", { json }, Effect.fn("crypto doctor")(function*({ json }) {
    const chosen = settingsOf(yield* root)
    const settings = yield* Effect.result(SettingsLayer.resolve(chosen))
    const findings: ReadonlyArray<Finding> = settings._tag === "Failure"
      ? [...problemsOf(settings.failure)]
      : [access(settings.success.settings), ...(yield* Effect.provideService(look(world, data), Settings, settings.success.settings))]
    const isBad = findings.some((_) => _.level === "bad")
    const said: typeof DoctorJson.Type = { exitCode: isBad ? exit.code.failed : exit.code.done, findings }
    if (json) yield* Console.log(jsonText(said))
    else {
      const { ink } = yield* page
      const width = findings.reduce((most, _) => Math.max(most, _.about.length), 0)
      const marks = { fine: ink.good("✓"), note: ink.warn("·"), bad: ink.bad("✗") }
      const lines = findings.map(({ about, level, says, todo }) =>
        `${marks[level]} ${ink.dim(oneLine(about).padEnd(width))}  ${oneLine(says)}${
          todo === "" ? "" : `\n  ${" ".repeat(width)}  ${ink.dim(`→ ${oneLine(todo)}`)}`
        }`
      )
      const bad = findings.filter((_) => _.level === "bad").length
      yield* Console.log([...lines, "", isBad ? ink.bad(`${counted(bad, "thing")} to mend.`) : ink.good("All is well.")].join("\n"))
    }
    if (isBad) return yield* new exit.Exit({ code: said.exitCode, says: "" })
  }, exit.ending)).pipe(
    Command.withDescription(
      "Whether versions, settings, the disk, the data file, the ledger and the call log are well: who has the file, what a killed process left, what is damaged or belongs to something else, whether every table can be read and agrees with the ledger. It changes nothing, and ends with 1 when something has to be mended."
    ),
    Command.withShortDescription("Whether files, settings and versions are well; what to do if not"),
    Command.withExamples([
      { command: "crypto doctor", description: "Before asking for help" },
      { command: "crypto doctor --json", description: "For a bug report: it holds no key" }
    ])
  )

// helpers

const look = Effect.fnUntraced(function*<E>(world: World, data: Layer.Layer<DuckDb | Ledger | Manifest, E, Ground>) {
  const health = yield* Effect.promise(() => import("../layers/Health.ts"))
  const outside = yield* health.outside
  const isOpenable = (yield* world.kept) && Option.isNone(yield* world.owner) && outside.every((_) => _.level !== "bad")
  if (!isOpenable) return outside
  const { assets } = yield* world.pipeline
  const inside = yield* health.inside(assets.map((_) => _.name)).pipe(
    Effect.provide(data),
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.succeed<ReadonlyArray<Finding>>([{ about: "data file", level: "bad", says: Run.explain(cause), todo: "See what it says" }])
    )
  )
  return [...outside, ...inside]
})

const problemsOf = (error: unknown): ReadonlyArray<Finding> => {
  const problems = error instanceof SettingsLayer.SettingsInvalid
    ? error.problems
    : [error instanceof Error ? error.message : String(error)]
  return problems.map((says) => ({
    about: "settings",
    level: "bad",
    says,
    todo: "Change it where it comes from: a flag, the environment, or .env"
  }))
}

/** That there is a key, and never which. */
const access = ({ apiKey, baseUrl, plan, rateLimit, source }: Settings["Service"]): Finding => ({
  about: "source",
  level: "fine",
  says: source === "sandbox"
    ? "the sandbox: synthetic, needs no network and no key"
    : `${baseUrl}, ${
      plan === "keyless" ? "without a key" : `a ${plan} key${Option.isSome(apiKey) ? " is set" : ""}`
    }, ${rateLimit} calls a minute`,
  todo: ""
})
