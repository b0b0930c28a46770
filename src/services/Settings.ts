/**
 * What a user may choose, decoded once: every layer reads its part here and nothing reads the environment.
 *
 * Where a value comes from (flag, environment, `.env`, default) is the concern of the layer that makes this.
 */
import { Context, type Option, type Redacted } from "effect"

/** Where market data comes from: CoinGecko, the built-in synthetic market, or another server that speaks CoinGecko's API. */
export type Source = "live" | "sandbox" | "custom"

/** CoinGecko's kinds of access: without a key, with a free Demo key, with a paid key. */
export type ApiPlan = "keyless" | "demo" | "pro"

export class Settings extends Context.Service<Settings, {
  readonly source: Source
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly plan: ApiPlan
  readonly apiKey: Option.Option<Redacted.Redacted>
  /** Calls in any rolling 60 seconds. */
  readonly rateLimit: number
  /** Successful calls in a UTC calendar month; none: unlimited. */
  readonly monthlyCredits: Option.Option<number>
  /** The user-level folder whose call log all processes and databases share. */
  readonly stateDir: string
  /** Everything that is made lies below it. */
  readonly dataDir: string
  readonly duckdbPath: string
  /** CoinGecko ids; none: the top coins by market cap. */
  readonly coins: ReadonlyArray<string>
  readonly top: number
  readonly currency: string
  readonly historyDays: number
  /** What a year without risk yields, as a fraction: what the Sharpe and Sortino ratios measure from. */
  readonly riskFreeRate: number
  /** How far back charts and reports look: days of lines, of a report's comparison and of the overview's lines, and months of the table. */
  readonly windows: Readonly<Record<"lines" | "comparison" | "overview" | "months", number>>
  /** Another seed is another synthetic market. */
  readonly sandboxSeed: string
  /** Days for which each is kept; infinite: for ever. */
  readonly keep: Readonly<Record<"runs" | "ticks" | "superseded" | "offenders" | "raw" | "temporary", number>>
  /** How many at a time: `runs`, `pool:NAME`, `tag:NAME` or `tag:NAME=VALUE`. */
  readonly limits: Readonly<Record<string, number>>
  /** Where to post that runs fail, and that they are well again. Whoever knows it may post there, so it is a secret. */
  readonly webhookUrl: Option.Option<Redacted.Redacted>
  /** What to run then, by the shell, with the news as JSON on its standard input. */
  readonly hookCommand: Option.Option<string>
}>()("crypto/services/Settings") {}
