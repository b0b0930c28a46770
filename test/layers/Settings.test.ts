import { assert, describe, it } from "@effect/vitest"
import { ByteSize, ConfigProvider, Effect, FileSystem, Layer, Option, Path, Redacted } from "effect"
import { type Flags, Remembered, resolve } from "../../src/layers/Settings.ts"

const none = Option.none()
const info = {
  mtime: none,
  atime: none,
  birthtime: none,
  dev: 0n,
  ino: none,
  mode: 0o600,
  nlink: none,
  uid: none,
  gid: none,
  rdev: none,
  size: ByteSize.bytes(0),
  blksize: none,
  blocks: none
}

/** The settings as these flags, this environment and this `.env` (a folder, if so) make them. */
const under = ({ dotenv, env = {}, flags }: { flags?: Flags; env?: Record<string, string>; dotenv?: string }) =>
  resolve(flags).pipe(
    Effect.provide(Layer.mergeAll(
      Path.layer,
      FileSystem.layerNoop(
        dotenv === undefined ? {} : {
          stat: () => Effect.succeed({ ...info, type: dotenv === "/" ? "Directory" : "File" }),
          readFileString: () => Effect.succeed(dotenv)
        }
      )
    )),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
  )

const problems = (options: Parameters<typeof under>[0]) =>
  Effect.map(Effect.flip(under(options)), (_) => _._tag === "SettingsInvalid" ? _.problems : [])

describe("what nobody said", () => {
  it.effect("is keyless, live, ten coins, a year, US dollars, below data", () =>
    Effect.gen(function*() {
      const { settings } = yield* under({ env: { XDG_STATE_HOME: "/state" } })
      assert.deepStrictEqual(settings, {
        source: "live",
        baseUrl: "https://api.coingecko.com/api/v3",
        plan: "keyless",
        apiKey: Option.none(),
        rateLimit: 5,
        monthlyCredits: Option.none(),
        stateDir: settings.stateDir,
        dataDir: "data",
        duckdbPath: "data/crypto.duckdb",
        coins: [],
        top: 10,
        currency: "usd",
        historyDays: 365,
        riskFreeRate: 0,
        windows: { lines: Infinity, comparison: 90, overview: 30, months: 24 },
        sandboxSeed: "1",
        keep: { runs: 400, ticks: 400, superseded: 30, offenders: 90, raw: Infinity, temporary: 1 },
        limits: { runs: 4 },
        webhookUrl: Option.none(),
        hookCommand: Option.none()
      })
      if (process.platform === "linux") assert.strictEqual(settings.stateDir, "/state/crypto-pipeline")
    }))

  it.effect("a state folder that is relative is not believed", () =>
    Effect.gen(function*() {
      const { settings } = yield* under({ env: { XDG_STATE_HOME: "here" } })
      assert.match(settings.stateDir, /^\/.*crypto-pipeline$/)
    }))

  it.effect("is generous and synthetic in the sandbox, far from live data and any key", () =>
    Effect.gen(function*() {
      const env = { COINGECKO_API_KEY: "secret", COINGECKO_BASE_URL: "https://other.example/api" }
      const { settings } = yield* under({ flags: { CRYPTO_SOURCE: "sandbox" }, env })
      assert.strictEqual(settings.source, "sandbox")
      assert.strictEqual(settings.baseUrl, "https://sandbox.invalid/api/v3")
      assert.deepStrictEqual(settings.apiKey, Option.none())
      assert.strictEqual(settings.plan, "keyless")
      assert.strictEqual(settings.rateLimit, 600)
      assert.strictEqual(settings.duckdbPath, "data/sandbox/crypto.duckdb")
    }))

  it.effect("another seed has a folder of its own", () =>
    Effect.gen(function*() {
      const { settings } = yield* under({ flags: { CRYPTO_SOURCE: "sandbox", CRYPTO_SANDBOX_SEED: "7" } })
      assert.strictEqual(settings.dataDir, "data/sandbox-7")
    }))
})

describe("a webhook", () => {
  const url = "https://hooks.example/T0/B1/secret"

  it.effect("is a secret: it is used and never shown", () =>
    Effect.gen(function*() {
      const { rows, settings } = yield* under({ env: { CRYPTO_WEBHOOK_URL: ` ${url} `, CRYPTO_HOOK_COMMAND: "notify-send" } })
      assert.deepStrictEqual(Option.map(settings.webhookUrl, Redacted.value), Option.some(url))
      assert.deepStrictEqual(settings.hookCommand, Option.some("notify-send"))
      assert.strictEqual(rows.find((_) => _.name === "CRYPTO_WEBHOOK_URL")?.value, "<redacted>")
      assert.notInclude(JSON.stringify([rows, settings]), "secret")
    }))

  it.effect("is https, or http to this machine, and is not repeated when it is neither", () =>
    Effect.gen(function*() {
      for (const ok of ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]/x"]) {
        assert.isTrue(Option.isSome((yield* under({ env: { CRYPTO_WEBHOOK_URL: ok } })).settings.webhookUrl))
      }
      for (const wrong of ["http://hooks.example/secret", "file:///secret", "secret"]) {
        assert.deepStrictEqual(yield* problems({ env: { CRYPTO_WEBHOOK_URL: wrong } }), [
          "CRYPTO_WEBHOOK_URL has to be https, or http to this machine (127.0.0.1, localhost), such as https://example.org/hook"
        ])
      }
    }))
})

describe("who is believed", () => {
  it.effect("a flag before the environment, that before .env, that before the default, and each is told", () =>
    Effect.gen(function*() {
      const { rows, settings } = yield* under({
        flags: { CRYPTO_DATA_DIR: "flagged" },
        env: { CRYPTO_DATA_DIR: "environment", CRYPTO_TOP: "20", CRYPTO_COINS: "" },
        dotenv: "CRYPTO_DATA_DIR=file\nCRYPTO_TOP=30\nCRYPTO_HISTORY_DAYS=90 # three months\nCRYPTO_COINS=bitcoin, ethereum ,bitcoin\n"
      })
      assert.strictEqual(settings.dataDir, "flagged")
      assert.strictEqual(settings.duckdbPath, "flagged/crypto.duckdb")
      assert.strictEqual(settings.top, 20)
      assert.strictEqual(settings.historyDays, 90)
      assert.deepStrictEqual(settings.coins, ["bitcoin", "ethereum"])
      const from = Object.fromEntries(rows.map((_) => [_.name, _.from]))
      assert.deepStrictEqual(
        [from["CRYPTO_DATA_DIR"], from["CRYPTO_TOP"], from["CRYPTO_HISTORY_DAYS"], from["CRYPTO_COINS"], from["CRYPTO_CURRENCY"]],
        ["flag", "environment", ".env", ".env", "default"]
      )
    }))

  it.effect("a folder called .env is somebody else's", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* under({ dotenv: "/" })).settings.top, 10)
    }))
})

describe("a key", () => {
  it.effect("without a plan is a Demo key, with its limits, and is never shown", () =>
    Effect.gen(function*() {
      const { rows, settings } = yield* under({ env: { COINGECKO_API_KEY: " CG-secret " } })
      assert.strictEqual(settings.plan, "demo")
      assert.strictEqual(settings.rateLimit, 30)
      assert.deepStrictEqual(settings.monthlyCredits, Option.some(10_000))
      assert.deepStrictEqual(Option.map(settings.apiKey, Redacted.value), Option.some("CG-secret"))
      assert.notInclude(JSON.stringify({ rows, settings }), "secret")
    }))

  it.effect("of the Pro plan goes to the Pro host, without a monthly limit", () =>
    Effect.gen(function*() {
      const { settings } = yield* under({ env: { COINGECKO_API_KEY: "k", COINGECKO_PLAN: "pro" } })
      assert.strictEqual(settings.baseUrl, "https://pro-api.coingecko.com/api/v3")
      assert.strictEqual(settings.source, "live")
      assert.strictEqual(settings.rateLimit, 250)
      assert.deepStrictEqual(settings.monthlyCredits, Option.none())
    }))

  it.effect("that cannot stand in a header is refused, and not repeated", () =>
    Effect.gen(function*() {
      const said = yield* problems({ env: { COINGECKO_API_KEY: "one\ntwo" } })
      assert.deepStrictEqual(said, ["COINGECKO_API_KEY holds blanks or characters that no key has: copy it again"])
    }))

  it.effect("is asked for where the plan wants one", () =>
    Effect.gen(function*() {
      assert.match((yield* problems({ env: { COINGECKO_PLAN: "pro" } })).join(),
        /^COINGECKO_PLAN is pro, but there is no COINGECKO_API_KEY/)
      assert.strictEqual((yield* under({ env: { COINGECKO_PLAN: "pro" }, flags: { CRYPTO_SOURCE: "sandbox" } })).settings.plan, "keyless")
    }))
})

describe("a base URL", () => {
  it.effect.each<readonly [string, string, string]>([
    ["https://proxy.example/api/v3/", "custom", "https://proxy.example/api/v3"],
    ["http://127.0.0.1:8080/api/v3", "custom", "http://127.0.0.1:8080/api/v3"],
    ["http://localhost:1/api/v3", "custom", "http://localhost:1/api/v3"],
    ["http://[::1]:1/api/v3", "custom", "http://[::1]:1/api/v3"],
    ["https://api.coingecko.com/api/v3/", "live", "https://api.coingecko.com/api/v3"]
  ])("%s is %s", ([given, source, baseUrl]) =>
    Effect.gen(function*() {
      const { settings } = yield* under({ env: { COINGECKO_BASE_URL: given } })
      assert.deepStrictEqual([settings.source, settings.baseUrl], [source, baseUrl])
    }))

  it.effect.each<readonly [string, RegExp]>([
    ["http://proxy.example/api", /has to be https/],
    ["http://127.0.0.1.evil.example/api", /has to be https/],
    ["ftp://127.0.0.1/api", /has to be https/],
    ["nowhere", /is no URL/],
    ["https://proxy.example/api?key=1", /no \? and no #/]
  ])("%s is refused", ([given, message]) =>
    Effect.gen(function*() {
      assert.match((yield* problems({ env: { COINGECKO_BASE_URL: given } })).join(), message)
    }))

  it.effect("with a password is refused without showing it", () =>
    Effect.gen(function*() {
      const said = (yield* problems({ env: { COINGECKO_BASE_URL: "https://me:hunter2@proxy.example/api" } })).join()
      assert.match(said, /holds a name or password/)
      assert.notInclude(said, "hunter2")
    }))
})

describe("what cannot be used", () => {
  it.effect("is not among them: windows, one of them or all", () =>
    Effect.gen(function*() {
      const { settings } = yield* under({ env: { CRYPTO_WINDOWS: "lines=180, months=12" } })
      assert.deepStrictEqual(settings.windows, { lines: 180, comparison: 90, overview: 30, months: 12 })
      assert.deepStrictEqual((yield* under({ env: { CRYPTO_WINDOWS: "lines=all" } })).settings.windows.lines, Infinity)
      for (const wrong of ["months=all", "lines=0", "days=3", "lines", "comparison=-1"]) {
        assert.match((yield* problems({ env: { CRYPTO_WINDOWS: wrong } })).join(), /^CRYPTO_WINDOWS holds "/, wrong)
      }
    }))

  it.effect("is said all at once: the variable, what came, what is allowed", () =>
    Effect.gen(function*() {
      const said = yield* problems({
        env: {
          CRYPTO_SOURCE: "test",
          COINGECKO_PLAN: "gold",
          COINGECKO_RATE_LIMIT: "0",
          COINGECKO_MONTHLY_CREDITS: "1.5",
          CRYPTO_TOP: "ten",
          CRYPTO_CURRENCY: "US dollars",
          CRYPTO_HISTORY_DAYS: "-1",
          CRYPTO_COINS: "bitcoin,two words",
          CRYPTO_KEEP: "runs=90,pictures=9",
          CRYPTO_WINDOWS: "lines=all,months=all",
          CRYPTO_LIMITS: "pool:api=1,runs=0"
        }
      })
      assert.deepStrictEqual(said.map((_) => _.split(" ")[0]).sort(), [
        "COINGECKO_MONTHLY_CREDITS",
        "COINGECKO_PLAN",
        "COINGECKO_RATE_LIMIT",
        "CRYPTO_COINS",
        "CRYPTO_CURRENCY",
        "CRYPTO_HISTORY_DAYS",
        "CRYPTO_KEEP",
        "CRYPTO_LIMITS",
        "CRYPTO_SOURCE",
        "CRYPTO_TOP",
        "CRYPTO_WINDOWS"
      ])
      assert.include(said, "COINGECKO_PLAN is \"gold\", but has to be keyless, demo or pro")
    }))
})

describe("what was resolved in a process", () => {
  const top = (CRYPTO_TOP: string, flags?: Flags) =>
    Effect.map(under({ env: { CRYPTO_TOP }, ...(flags === undefined ? {} : { flags }) }), (_) => _.settings.top)

  it.effect("is remembered by its flags, where there is somebody to remember it; what was wrong is not", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.exit(top("none")))._tag, "Failure")
      assert.deepStrictEqual([yield* top("3"), yield* top("4"), yield* top("5", { CRYPTO_SOURCE: "sandbox" })], [3, 3, 5])
    }).pipe(Effect.provideService(Remembered, new Map())))

  it.effect("is resolved again otherwise", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual([yield* top("3"), yield* top("4")], [3, 4])
    }))
})
