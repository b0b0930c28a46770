import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Cli from "../../src/cli/Cli.ts"
import * as Asset from "../../src/engine/Asset.ts"
import { Ledger } from "../../src/engine/Ledger.ts"
import * as Pipeline from "../../src/engine/Pipeline.ts"
import * as Memory from "../../src/layers/Memory.ts"
import { Looking } from "../../src/services/DuckDb.ts"
import { inWorld, typing, world } from "./world.ts"

it.effect("what only looks says so to whoever opens the data, and what writes does not", () =>
  Effect.gen(function*() {
    const lookings: Array<boolean> = []
    const layer = Layer.unwrap(Effect.map(Looking, (isLooking) => {
      lookings.push(isLooking)
      return Memory.layer
    }))
    const weather = typing(Cli.make(world().pipeline, { name: "weather", version: "1", about: "", layer }), {})
    const opened = Effect.fnUntraced(function*(...line: ReadonlyArray<string>) {
      const before = lookings.length
      yield* weather(...line)
      return [line[0], new Set(lookings.slice(before))]
    })
    assert.deepStrictEqual(
      [
        yield* opened("plan", "all"),
        yield* opened("run", "all", "--plan"),
        yield* opened("show", "rain"),
        yield* opened("check"),
        yield* opened("run", "all")
      ],
      [["plan", new Set([true])], ["run", new Set([true])], ["show", new Set([true])], ["check", new Set([true])], [
        "run",
        new Set([false])
      ]]
    )
  }))

it.effect("a pipeline without a sandbox has no flags for one, in its help, its examples and its first page", () =>
  Effect.gen(function*() {
    const weather = (flags: Cli.Options<never, never>["flags"]) =>
      typing(
        Cli.make(world().pipeline, {
          name: "weather",
          version: "1",
          about: "",
          layer: Memory.layer,
          ...(flags === undefined ? {} : { flags })
        }),
        {}
      )
    const [plain, whole] = [weather(undefined), weather(["source", "data-dir", "seed"])]
    const told = Effect.fnUntraced(function*(typed: typeof plain, ...line: ReadonlyArray<string>) {
      const { out } = yield* typed(...line)
      return ["--source", "--data-dir", "--seed"].filter((_) => out.includes(_))
    })
    assert.deepStrictEqual(
      [yield* told(plain), yield* told(plain, "run", "--help"), yield* told(plain, "--help")],
      [[], ["--data-dir"], ["--data-dir"]]
    )
    assert.deepStrictEqual(
      [yield* told(whole), yield* told(whole, "run", "--help")],
      [["--source"], ["--source", "--data-dir", "--seed"]]
    )
    const refused = yield* plain("plan", "all", "--source", "sandbox")
    assert.strictEqual(refused.code, 2)
    assert.include(refused.err, "--source")
    assert.strictEqual((yield* plain("plan", "all", "--data-dir", "elsewhere")).code, 0)
  }))

describe("run", () => {
  it.effect("brings targets up to date, and says on stdout what there is, on stderr how it goes", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const first = yield* weather("run", "wettest")
        assert.strictEqual(first.code, 0)
        assert.deepStrictEqual(asked, ["oslo 2026-11-22..2026-11-24", "rome 2026-11-22..2026-11-24"])
        assert.strictEqual(first.err, "")
        assert.match(first.screen,
          /^Plan: 2 steps, 2 calls to the source\n {2}rain 2026-11-22..2026-11-24, 2 subjects \(never made 6\), 2 calls\n/)
        assert.match(first.out, /rain +2 +0 +0 +6 +6\nwettest +1 +0 +0 +1 +1\n/)
        const second = yield* weather("run", "all")
        assert.match(second.out, /^Everything is up to date: nothing had to be made\./)
        assert.strictEqual(asked.length, 2)
      })))

  it.effect("with --plan spends nothing and makes nothing", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const text = yield* weather("run", "daily_job", "--plan")
        assert.strictEqual(text.out, (yield* weather("plan", "daily_job")).out)
        assert.include(text.out, "2 calls to the source. At 5 a minute they need not wait. Nothing was spent.")
        const json = yield* weather("run", "daily_job", "--plan", "--json")
        const plan = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.PlanJson))(json.out)
        assert.deepStrictEqual(plan.steps[0], {
          asset: "rain",
          window: "2026-11-22..2026-11-24",
          subjects: ["oslo", "rome"],
          why: { "never made": 6 },
          provisional: false,
          calls: 2,
          credits: 2
        })
        assert.deepStrictEqual(asked, [])
        assert.deepStrictEqual(yield* Ledger.use((_) => _.runs(9)), [])
      })))

  it.effect("with --json prints one document, and it is as its schema says", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("run", "all", "--json")
        const document = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.RunJson))(out)
        assert.strictEqual(document.exitCode, 0)
        assert.deepStrictEqual(document.runs.map((_) => _.state), ["succeeded"])
        assert.deepStrictEqual(document.runs[0]?.steps.map((_) => [_.asset, _.subject, _.outcome, _.rows, _.changed]), [
          ["rain", "oslo", "made", 3, 3],
          ["rain", "rome", "made", 3, 3],
          ["wettest", null, "made", 1, 1]
        ])
        assert.deepStrictEqual(document.results.map((_) => [_.asset, _.first, _.last, _.asOf]), [
          ["rain", "2026-11-22", "2026-11-24", "2026-11-24T12:00:00.000Z"],
          ["wettest", null, null, "2026-11-24T12:00:00.000Z"]
        ])
        assert.deepStrictEqual(JSON.parse(out), yield* Schema.encodeEffect(Cli.RunJson)(document))
      })))

  it.effect("names the subjects that failed, inertly, writes the rest, and ends with 3", () =>
    inWorld(["oslo"], (weather) =>
      Effect.gen(function*() {
        const { code, err, out, screen } = yield* weather("run", "all")
        assert.strictEqual(code, 3)
        assert.strictEqual(err, "failed: rain oslo: no rain gauge[2J in oslo\nEverything else is written.")
        assert.match(out, /rain +1 +0 +1 +3 +3\n/)
        assert.notInclude(out + err + screen, "\x1b")
      })))

  it.effect("ends with 1 when nothing is left for those who read it", () =>
    inWorld(["oslo", "rome"], (weather) =>
      Effect.gen(function*() {
        const { code, err } = yield* weather("run", "all")
        assert.strictEqual(code, 1)
        assert.include(err, "not made: wettest, because of rain 2026-11-22..2026-11-24")
        assert.include(err, "run it again to go on from there")
      })))

  it.effect("--from and --to choose days, both among them; --partition one key; --force makes it again; --only leaves upstream", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        yield* weather("run", "rain", "--from", "2026-11-20", "--to", "2026-11-21")
        yield* weather("run", "rain", "--partition", "2026-11-23")
        yield* weather("run", "rain", "--partition", "2026-11-23")
        yield* weather("run", "rain", "--partition", "2026-11-23", "--force")
        yield* weather("run", "wettest", "--only")
        assert.deepStrictEqual(asked.map((_) => _.replace(/^rome.*/, "")).filter((_) => _ !== ""), [
          "oslo 2026-11-20..2026-11-21",
          "oslo 2026-11-23",
          "oslo 2026-11-23"
        ])
      })))

  it.effect("settles what a run before it left open, and says so", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        yield* ledger.record({ _tag: "RunStarted", run: "old", targets: ["rain"], trigger: "a test" })
        yield* ledger.record({ _tag: "StepStarted", run: "old", id: "x", asset: "rain", window: "", subject: "oslo", why: "" })
        const { err } = yield* weather("run", "rain", "--plan")
        assert.match(err, /^A run before this one was cut short: of its 1 open part, /)
        assert.strictEqual((yield* weather("run", "rain", "--plan")).err, "")
      })))
})

describe("a mistake ends with 2, says what is wrong on stderr, and nothing on stdout:", () => {
  it.effect.each<readonly [string, ReadonlyArray<string>, RegExp]>([
    ["a target that is none", ["run", "wetest"], /There is no asset or job called "wetest"\. Did you mean wettest\?/],
    [
      "no target",
      ["run"],
      /Missing required argument: target\n {2}target: Assets, jobs or selections of them; all for everything\n\nFor example:\n {2}weather run price_chart\n[\s\S]*\n\nSee 'weather run --help'$/
    ],
    [
      "a flag of every command that is none",
      ["run", "all", "--sorce", "live"],
      /--sorce[\s\S]*Did you mean this\?\n {4}--force\n {4}--source\n/
    ],
    ["a word that is none of those there are", ["completions", "bsh"], /"bsh"[\s\S]*Did you mean this\?\n {4}bash\n/],
    ["a command that is none", ["rnu", "all"], /Unknown subcommand "rnu"[\s\S]*Did you mean this\?\n +run[\s\S]*See 'weather --help'$/],
    ["a flag that is none", ["run", "all", "--forse"], /--forse[\s\S]*--force[\s\S]*See 'weather run --help'$/],
    ["a source that is none", ["run", "all", "--source", "moon"], /moon/],
    ["too many at a time", ["run", "all", "--concurrency", "65"], /--concurrency: "65"\. Expected: a value between 1 and 64\n/],
    [
      "a partition that is none",
      ["run", "rain", "--partition", "2026-11"],
      /^--partition 2026-11 is no key of the targets' partitions; a key reads like 2026-11-01$/
    ],
    [
      "a partition of what has none",
      ["run", "wettest", "--partition", "2026-11-01"],
      /^--partition 2026-11-01: the targets have no partition/
    ],
    ["a partition of tomorrow", ["run", "rain", "--partition", "2026-11-25"], /not due yet; the newest key that is due is 2026-11-24$/],
    ["a partition and a stretch", ["run", "rain", "--partition", "2026-11-01", "--to", "2026-11-02"], /one or the other$/],
    ["a day that does not exist", ["run", "rain", "--from", "2026-02-30"], /^--from 2026-02-30 is no day; a day reads like 2026-11-01$/],
    ["a day told otherwise", ["run", "rain", "--to", "2026-1-1"], /^--to 2026-1-1 is no day/],
    ["no day between", ["run", "rain", "--from", "2026-11-02", "--to", "2026-11-01"], /no day between/],
    ["a day to come", ["run", "rain", "--from", "2026-11-25"], /lies in the future$/],
    ["a selection that is none", ["run", "+wettest and"], /found the end\.\n  \+wettest and\n {14}\^$/],
    ["hostile words", ["run", "\x1b[2Jrain"], /found U\+001B[^\x1b]*$/]
  ])("%s", ([_, args, message]) =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const { code, err, out } = yield* weather(...args)
        assert.strictEqual(code, 2)
        assert.match(err.trim(), message)
        assert.strictEqual(out, "")
        assert.notInclude(err, "\x1b")
        assert.deepStrictEqual(asked, [])
      })))

  it.effect("settings, all that are wrong at once", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        for (const args of [["config"], ["run", "all"]]) {
          const { code, err, out } = yield* weather(...args)
          assert.strictEqual(code, 2)
          assert.strictEqual(err,
            "the settings cannot be used:\n- COINGECKO_PLAN is \"gold\", but has to be keyless, demo or pro\n- CRYPTO_TOP is \"0\", but has to be a whole number above 0")
          assert.strictEqual(out, "")
        }
      }), { COINGECKO_PLAN: "gold", CRYPTO_TOP: "0" }))

  it.effect("a definition, of every command that needs it", () =>
    Effect.gen(function*() {
      const asset = Asset.make("all", { about: "", into: Memory.store<{ readonly n: number }>()() }, () => Effect.succeed([]))
      const broken = Cli.make(Pipeline.make("broken", { assets: [asset] }), { name: "x", version: "1", about: "", layer: Memory.layer })
      const exit = yield* Effect.flip(broken(["list"]))
      assert.strictEqual(exit.code, 2)
      assert.include(exit.says, "all is a word of selections")
    }).pipe(Effect.provide(Layer.merge(NodeServices.layer, Cli.Screen.layer))))
})

describe("what lies deeper than the plan serves", () => {
  it.effect("ends with 4 before anything is asked", () =>
    inWorld([], (weather, asked) =>
      Effect.gen(function*() {
        const { code, err } = yield* weather("run", "wettest", "rain", "--from", "2025-11-23")
        assert.strictEqual(code, 4)
        assert.match(err,
          /^rain from 2025-11-23 was asked for, but access without a key serves it from 2025-11-25 on\. Nothing was asked of the source\. Use --from 2025-11-25/)
        assert.deepStrictEqual(asked, [])
        assert.match((yield* weather("plan", "rain", "--from", "2025-11-23")).out,
          /rain +2025-11-25\.\.2026-11-24 +2 each +never made 730 +2\nrain +2025-11-23\.\.2025-11-24 +2 each +unavailable 4: further back than the source serves/)
        assert.strictEqual((yield* weather("run", "rain", "--from", "2025-11-25")).code, 0)
      })))

  it.effect("is no matter for the sandbox, a paid plan, or what costs no call", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* weather("run", "rain", "--from", "2025-01-01", "--source", "sandbox")).code, 0)
        assert.strictEqual((yield* weather("run", "wettest", "--only", "--from", "2025-01-01")).code, 0)
      })))
})

describe("the other commands", () => {
  it.effect("list tells the assets, sources first, and the jobs", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("list")
        assert.include(out,
          "rain     memory, per day, of each city         Rain of each city\nwettest  memory                         rain   The wettest day")
        const list = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.ListJson))((yield* weather("list", "--json")).out)
        assert.deepStrictEqual(list, {
          assets: [
            { name: "rain", about: "Rain of each city", kind: "memory", per: "day", of: "city", from: [] },
            { name: "wettest", about: "The wettest day", kind: "memory", per: null, of: null, from: ["rain"] }
          ],
          jobs: [{ name: "daily_job", about: "Every day", assets: ["wettest"] }]
        })
      })))

  it.effect("config tells each value with its source, and no key", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const { out } = yield* weather("config", "--json", "--data-dir", "elsewhere")
        assert.notInclude(out, "CG-secret")
        const config = yield* Schema.decodeEffect(Schema.fromJsonString(Cli.ConfigJson))(out)
        const found = config.filter((_) => ["CRYPTO_DATA_DIR", "COINGECKO_API_KEY", "CRYPTO_TOP"].includes(_.name)).map((
          _
        ) => [_.value, _.from])
        assert.deepStrictEqual(found, [["elsewhere", "flag"], ["<redacted>", "environment"], ["10", "default"]])
      }), { COINGECKO_API_KEY: "CG-secret" }))

  it.effect("--help has examples, defaults and the variables' names; a bare call is help, and well", () =>
    inWorld([], (weather) =>
      Effect.gen(function*() {
        const run = yield* weather("run", "--help")
        for (const part of ["EXAMPLES", "--partition", "[default 4]", "CRYPTO_SOURCE", "[default: the newest that is due]"])
          assert.include(run.out, part)
        assert.include(run.out, "weather run all --plan")
        assert.notMatch(run.out, /\bcrypto /)
        const bare = yield* weather()
        assert.strictEqual(bare.code, 0)
        for (const part of ["run", "list", "config", "Weather"])
          assert.include(bare.out, part)
        assert.notInclude(bare.out, "wizard")
        assert.include((yield* weather("--version")).out, "1.2.3")
      })))
})

describe("types", () => {
  it("a layer that lacks what the assets ask for does not fit", () => {
    const { pipeline } = world()
    // @ts-expect-error the rows of Memory are missing
    Cli.make(pipeline, { name: "x", version: "1", about: "", layer: Layer.merge(Memory.ledger, Memory.manifest) })
    Cli.make(pipeline, { name: "x", version: "1", about: "", layer: Memory.layer })
  })
})
