/**
 * The settings, from flags, then the environment, then `.env`, then defaults: all read, and all that is wrong said, at
 * once. Each knows where it came from. A key is never shown.
 */
import { Config, ConfigProvider, Context, Effect, FileSystem, Layer, Option, Path, Redacted, Schema } from "effect"
import { homedir, platform } from "node:os"
import { cleanText } from "../services/CleanText.ts"
import { slug } from "../services/fileName.ts"
import { type ApiPlan, Settings, type Source } from "../services/Settings.ts"

/** What flags say, by the name of the variable they stand for. */
export type Flags = Readonly<Partial<Record<Name, string>>>

export interface Row {
  readonly name: Name
  /** As text; a key is masked, and nothing is none. */
  readonly value: string
  readonly from: "flag" | "environment" | ".env" | "default"
  readonly about: string
}

export class SettingsInvalid extends Schema.TaggedError<SettingsInvalid>()("SettingsInvalid", { problems: Schema.Array(Schema.String) }) {
  override get message() {
    return ["the settings cannot be used:", ...this.problems.map((_) => `- ${_}`)].join("\n")
  }
}

const about = {
  CRYPTO_SOURCE: "where data come from: live or sandbox",
  CRYPTO_DATA_DIR: "everything that is made lies below it",
  DUCKDB_PATH: "the data file; the ledger lies beside it",
  COINGECKO_BASE_URL: "the API: https, or http to this machine",
  COINGECKO_API_KEY: "a CoinGecko key",
  COINGECKO_PLAN: "keyless, demo or pro; a key without a plan is a Demo key",
  COINGECKO_RATE_LIMIT: "calls in any rolling 60 seconds",
  COINGECKO_MONTHLY_CREDITS: "successful calls in a UTC month",
  CRYPTO_COINS: "CoinGecko ids, comma-separated; none: the top coins",
  CRYPTO_TOP: "how many coins by market cap",
  CRYPTO_CURRENCY: "the currency of all prices in the data file",
  CRYPTO_HISTORY_DAYS: "how many days of history",
  CRYPTO_RISK_FREE_RATE: "what a year without risk yields: 0.04 is 4 %",
  CRYPTO_WINDOWS: "how far back charts and reports look: days of lines (or all), comparison and overview, and months",
  CRYPTO_KEEP: "days for which runs, ticks, superseded entries, offenders, raw answers and temporary files are kept; see crypto gc",
  CRYPTO_LIMITS: "how many at a time: runs, pool:NAME, tag:NAME or tag:NAME=VALUE",
  CRYPTO_SANDBOX_SEED: "another seed is another synthetic market",
  CRYPTO_STATE_DIR: "the call log that all processes share",
  CRYPTO_WEBHOOK_URL: "where to post that runs fail: https, or http to this machine",
  CRYPTO_HOOK_COMMAND: "what to run when runs fail, with the news on its input"
} as const

export type Name = keyof typeof about

/** The settings, and each with its source. */
export const resolve = Effect.fnUntraced(function*(flags: Flags = {}) {
  const remembered = yield* Remembered
  const key = JSON.stringify(flags)
  const known = remembered?.get(key)
  if (known !== undefined) return known
  const resolved = yield* resolving(flags)
  remembered?.set(key, resolved)
  return resolved
})

export interface Resolved {
  readonly settings: Settings["Service"]
  readonly rows: ReadonlyArray<Row>
}

/** What was resolved before in this process, by the flags: several ask, and neither the environment nor `.env` is read twice. */
export const Remembered = Context.Reference<Map<string, Resolved> | undefined>("crypto/layers/Settings/Remembered", {
  defaultValue: () => undefined
})

const resolving = Effect.fnUntraced(function*(flags: Flags) {
  const path = yield* Path.Path
  const given = yield* read(flags)
  const problems: Array<string> = []
  const defaults = new Map<Name, string>()
  const value = (name: Name, fallback: string | undefined): string | undefined => {
    if (fallback !== undefined) defaults.set(name, fallback)
    return given.get(name)?.value ?? fallback
  }
  const valid = <A>(name: Name, schema: Schema.Codec<A, string>, allowed: string, fallback: A & (string | number)): A => {
    const text = value(name, String(fallback))
    if (!given.has(name)) return fallback
    const result = Schema.decodeUnknownOption(schema)(text)
    if (Option.isSome(result)) return result.value
    problems.push(`${name} is "${text}", but has to be ${allowed}`)
    return fallback
  }

  const wanted = valid("CRYPTO_SOURCE", Schema.Literals(["live", "sandbox"]), "live or sandbox", "live")
  const key = given.get("COINGECKO_API_KEY")?.value.trim()
  const hasKey = key !== undefined && wanted === "live"
  // it travels in a header: what has no place there is no key, and is not repeated here
  if (hasKey && !/^[\x21-\x7e]{1,200}$/.test(key))
    problems.push("COINGECKO_API_KEY holds blanks or characters that no key has: copy it again")
  const plan = valid("COINGECKO_PLAN", Plan, "keyless, demo or pro", hasKey ? "demo" : "keyless")
  if (wanted === "live" && plan !== "keyless" && !hasKey)
    problems.push(`COINGECKO_PLAN is ${plan}, but there is no COINGECKO_API_KEY: give one, or leave both out`)
  const own = wanted === "sandbox"
    ? "https://sandbox.invalid/api/v3"
    : plan === "pro"
    ? "https://pro-api.coingecko.com/api/v3"
    : "https://api.coingecko.com/api/v3"
  // the sandbox answers in this process: whatever address is set, nothing is sent there
  const baseUrl = (wanted === "sandbox" ? own : value("COINGECKO_BASE_URL", own) ?? own).replace(/\/+$/, "")
  const url = URL.parse(baseUrl)
  const source: Source = wanted === "sandbox" ? "sandbox" : url !== null && hosts.has(url.hostname) ? "live" : "custom"
  if (wanted === "live") problems.push(...baseUrlProblems(baseUrl))
  const sandbox = source === "sandbox"
  const rateLimit = valid("COINGECKO_RATE_LIMIT", Positive, "a whole number above 0",
    sandbox ? 600 : { keyless: 5, demo: 30, pro: 250 }[plan])
  const credits = plan === "demo" && !sandbox ? "10000" : undefined
  const monthly = value("COINGECKO_MONTHLY_CREDITS", credits)
  const monthlyCredits = monthly === undefined
    ? Option.none()
    : Option.some(valid("COINGECKO_MONTHLY_CREDITS", Positive, "a whole number above 0", 10_000))
  const coins = (value("CRYPTO_COINS", "") ?? "").split(",").map((_) => _.trim()).filter((_) => _ !== "")
  const odd = coins.filter((_) => cleanText(_, 200) !== _ || /\s/.test(_))
  if (odd.length > 0)
    problems.push(
      `CRYPTO_COINS holds ${odd.map((_) => `"${_}"`).join(", ")}, but has to be CoinGecko ids, comma-separated, such as bitcoin,ethereum`
    )
  const webhookUrl = value("CRYPTO_WEBHOOK_URL", undefined)?.trim()
  if (webhookUrl !== undefined && !isSafe(URL.parse(webhookUrl))) {
    // it is a secret, and not repeated here
    problems.push("CRYPTO_WEBHOOK_URL has to be https, or http to this machine (127.0.0.1, localhost), such as https://example.org/hook")
  }
  const sandboxSeed = value("CRYPTO_SANDBOX_SEED", "1") ?? "1"
  // another seed is another market: its data lie elsewhere
  const sandboxDir = sandboxSeed === "1" ? "sandbox" : `sandbox-${slug(sandboxSeed)}`
  const dataDir = value("CRYPTO_DATA_DIR", sandbox ? path.join("data", sandboxDir) : "data") ?? "data"
  const pairs = (name: Name, fallback: string, allowed: string, read: (key: string, value: string) => number | undefined) => {
    const found: Record<string, number> = {}
    for (const part of (value(name, fallback) ?? "").split(",").map((_) => _.trim()).filter((_) => _ !== "")) {
      const at = part.lastIndexOf("=")
      const number = read(part.slice(0, Math.max(0, at)), part.slice(at + 1))
      if (number === undefined) problems.push(`${name} holds "${part}", but each part has to be ${allowed}`)
      else found[part.slice(0, at)] = number
    }
    return found
  }
  const windows = {
    ...looks,
    ...pairs("CRYPTO_WINDOWS", "lines=all,comparison=90,overview=30,months=24",
      "one of lines, comparison, overview (days) and months, such as lines=180 or months=12",
      (key, text) =>
        !(key in looks) ? undefined : text === "all" && key === "lines" ? Infinity : /^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined)
  }
  const keep = {
    ...kept,
    ...pairs("CRYPTO_KEEP", "runs=400,ticks=400,superseded=30,offenders=90,raw=forever,temporary=1",
      `days of one of ${Object.keys(kept).join(", ")}, such as runs=90 or raw=forever`,
      (key, text) => !(key in kept) ? undefined : text === "forever" ? Infinity : /^\d{1,6}$/.test(text) ? Number(text) : undefined)
  }
  const limits = {
    runs: 4,
    ...pairs("CRYPTO_LIMITS", "runs=4", "a number of runs, of a pool or of a tag, such as runs=2, pool:api=1 or tag:team=prices=1",
      (key, text) => !/^(runs|(pool|tag):.+)$/.test(key) || !/^[1-9]\d{0,5}$/.test(text) ? undefined : Number(text))
  }
  const settings = Settings.of({
    source,
    baseUrl,
    plan: sandbox ? "keyless" : plan,
    apiKey: sandbox || plan === "keyless" ? Option.none() : Option.map(Option.fromNullishOr(key), (_) => Redacted.make(_)),
    rateLimit,
    monthlyCredits: sandbox ? Option.none() : monthlyCredits,
    stateDir: value("CRYPTO_STATE_DIR", yield* stateDir) ?? "",
    dataDir,
    duckdbPath: value("DUCKDB_PATH", path.join(dataDir, "crypto.duckdb")) ?? "",
    coins: [...new Set(coins)],
    top: valid("CRYPTO_TOP", Positive, "a whole number above 0", 10),
    currency: valid("CRYPTO_CURRENCY", Currency, "a currency code such as usd", "usd"),
    historyDays: valid("CRYPTO_HISTORY_DAYS", Positive, "a whole number above 0", 365),
    riskFreeRate: valid("CRYPTO_RISK_FREE_RATE", Rate, "a fraction a year between -1 and 1, such as 0.04", 0),
    windows,
    sandboxSeed,
    keep,
    limits,
    webhookUrl: Option.map(Option.fromNullishOr(webhookUrl), (_) => Redacted.make(_)),
    hookCommand: Option.fromNullishOr(value("CRYPTO_HOOK_COMMAND", undefined))
  })
  if (problems.length > 0) return yield* new SettingsInvalid({ problems })
  const rows = names.map((name): Row => {
    const found = given.get(name)
    const shown = found?.value ?? defaults.get(name) ?? ""
    return {
      name,
      value: isSecret(name) && shown !== "" ? "<redacted>" : shown,
      from: found?.from ?? "default",
      about: about[name]
    }
  })
  const resolved: Resolved = { settings, rows }
  return resolved
})

/** What is in force already, whatever else is said: a command that another process runs for somebody has the settings of that process. */
export const InForce = Context.Reference<Option.Option<Settings["Service"]>>("crypto/layers/Settings/InForce", {
  defaultValue: Option.none
})

export const layer = (flags: Flags = {}): Layer.Layer<Settings, SettingsInvalid | Config.ConfigError, FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    Settings,
    Effect.flatMap(InForce, Option.match({ onNone: () => Effect.map(resolve(flags), (_) => _.settings), onSome: Effect.succeed }))
  )

/** Of what is chosen, what nobody else may see. */
export const isSecret = (name: Name): boolean => secrets.includes(name)

// helpers

const names = Object.keys(about) as ReadonlyArray<Name> // the keys of a constant

const secrets: ReadonlyArray<Name> = ["COINGECKO_API_KEY", "CRYPTO_WEBHOOK_URL"]

const Plan = Schema.Literals(["keyless", "demo", "pro"]) satisfies Schema.Codec<ApiPlan, ApiPlan>
const Positive = Schema.NumberFromString.pipe(Schema.check(Schema.isInt(), Schema.isGreaterThan(0)))
const Rate = Schema.FiniteFromString.pipe(Schema.check(Schema.isBetween({ minimum: -1, maximum: 1 })))
const Currency = Schema.String.pipe(Schema.check(Schema.isPattern(/^[a-z]{2,10}$/)))

/** In days. What is published can be made again from raw answers: they are kept. */
const kept = { runs: 400, ticks: 400, superseded: 30, offenders: 90, raw: Infinity, temporary: 1 }

/** Lines of all that is kept; more than 24 months leave no room for figures. */
const looks = { lines: Infinity, comparison: 90, overview: 30, months: 24 }

interface Given {
  readonly value: string
  readonly from: Row["from"]
}

const read = Effect.fnUntraced(function*(flags: Flags) {
  const fs = yield* FileSystem.FileSystem
  // a folder of that name is a Python project's
  const isFile = yield* fs.stat(".env").pipe(Effect.map((_) => _.type !== "Directory"), Effect.orElseSucceed(() => false))
  const dotenv = !isFile ? undefined : yield* ConfigProvider.fromDotEnv({ path: ".env" }).pipe(
    Effect.mapError((_) =>
      new SettingsInvalid({ problems: [`.env is there, but cannot be read (${_.reason._tag}): make it readable, or remove it`] })
    )
  )
  const environment = yield* ConfigProvider.ConfigProvider
  const given = new Map<Name, Given>()
  for (const name of names) {
    const flag = flags[name]
    const config = Config.option(Config.String(name))
    const env = flag === undefined ? yield* config.parse(environment) : Option.none()
    const file = flag === undefined && Option.isNone(env) && dotenv !== undefined ? yield* config.parse(dotenv) : Option.none()
    if (flag !== undefined) given.set(name, { value: flag, from: "flag" })
    else if (Option.isSome(env)) given.set(name, { value: env.value, from: "environment" })
    else if (Option.isSome(file)) given.set(name, { value: file.value, from: ".env" })
  }
  return given
})

/** CoinGecko's own. */
const hosts = new Set(["api.coingecko.com", "pro-api.coingecko.com"])

/** What is sent there is a key: so it goes over TLS, or does not leave the machine. */
const baseUrlProblems = (baseUrl: string): ReadonlyArray<string> => {
  const url = URL.parse(baseUrl)
  if (url === null) return [`COINGECKO_BASE_URL is "${baseUrl}", which is no URL: it has to read like https://api.coingecko.com/api/v3`]
  if (url.username !== "" || url.password !== "")
    return ["COINGECKO_BASE_URL holds a name or password, and would be shown: leave it out, a key goes into COINGECKO_API_KEY"]
  if (url.search !== "" || url.hash !== "") return [`COINGECKO_BASE_URL is "${baseUrl}", but has to end with its path: no ? and no #`]
  if (isSafe(url)) return []
  return [`COINGECKO_BASE_URL is "${baseUrl}", but has to be https, or http to this machine (127.0.0.1, localhost)`]
}

/** What is sent there is read by nobody on the way. */
const isSafe = (url: URL | null): boolean => {
  if (url === null) return false
  const isLoopback = url.hostname === "localhost" || url.hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(url.hostname)
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback)
}

const stateDir = Effect.gen(function*() {
  const path = yield* Path.Path
  const name = "crypto-pipeline"
  const home = homedir()
  switch (platform()) {
    case "darwin":
      return path.join(home, "Library", "Application Support", name)
    case "win32":
      return path.join(yield* Config.String("LOCALAPPDATA").pipe(Config.withDefault(path.join(home, "AppData", "Local"))), name)
    default: {
      const given = yield* Config.String("XDG_STATE_HOME").pipe(Config.withDefault(""))
      // the XDG specification has relative ones ignored
      return path.join(path.isAbsolute(given) ? given : path.join(home, ".local", "state"), name)
    }
  }
})
