/**
 * The analysis as a run makes it (staged, checked, compared with what was there, published with its manifest entry)
 * beside the same statements in a bare DuckDB that creates the same tables: each on a file of its own, in turns.
 *
 *     node bench/analysis.ts [--coins 10] [--years 10] [--rounds 3]
 *
 * On a machine of two processors: 1,000 coins × 10 years, 3.65 million rows, took 1.06 × as long as the bare statements in
 * one run (46 s beside 43 s), and 1.04 × the processor time, in 3.0 GiB, the million pairs of the matrix included: give it
 * `--rounds 1` and five minutes. 10 coins × 10 years took 1.02 to 1.12 × as long, for two steps are made beside each other,
 * and 1.23 to 1.34 × the processor time. There a table takes milliseconds, and a step's own cost shows: its plan, its
 * entries in ledger and manifest, 12 statements, of which one passes over the rows, for what checks refuse and what changed.
 *
 * And a year of 19 coins from responses in memory to the published table, beside the bare appender. Processor time is
 * the steadier of the two on a machine that others use.
 */
import { DuckDBDateValue, DuckDBInstance, DuckDBTimestampTZValue, type DuckDBValue } from "@duckdb/node-api"
import { DateTime, Effect, Layer } from "effect"
import { Statement } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as assets from "../src/assets/index.ts"
import type * as Asset from "../src/engine/Asset.ts"
import { Horizon } from "../src/engine/Partition.ts"
import * as Run from "../src/engine/Run.ts"
import { CoinGeckoTest } from "../src/layers/CoinGecko.ts"
import * as DuckDbLayer from "../src/layers/DuckDb.ts"
import * as Ledger from "../src/layers/Ledger.ts"
import * as Manifest from "../src/layers/Manifest.ts"
import { DuckDb } from "../src/services/DuckDb.ts"

const { values } = parseArgs({
  options: {
    coins: { type: "string", default: "10" },
    years: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" }
  }
})
const [coins, days, rounds] = [Number(values.coins), Math.round(Number(values.years) * 365), Number(values.rounds)]
const folder = mkdtempSync(join(tmpdir(), "bench-analysis-"))

/** A random walk a coin, up to today: the same in both files. */
const prices = `
  SELECT
    CASE WHEN c = 0 THEN 'bitcoin' ELSE 'coin-' || c END AS coin_id,
    today() - (${days - 1} - d)::INTEGER AS day,
    100 * exp(sum((hash(c, d) % 1000000) / 1e6 * 0.1 - 0.05) OVER (PARTITION BY c ORDER BY d)) AS price,
    1e9 + (hash(d, c) % 1000000) AS market_cap,
    1e6 + (hash(c + d) % 1000000) AS total_volume
  FROM range(${coins}) c(c), range(${days}) d(d)
  ORDER BY c, d`

const analysis = [
  assets.dailyReturns,
  assets.priceTrends,
  assets.coinStatistics,
  assets.monthlyPrices,
  assets.monthToDate,
  assets.monthlyRanking,
  assets.indexedPrices,
  assets.marketIndex,
  assets.dominance,
  assets.rollingCorrelation,
  assets.returnDistribution
]

const made = (targets: ReadonlyArray<(typeof analysis)[number] | typeof assets.correlationMatrix>) =>
  Effect.flatMap(Run.upToDate(targets, { only: true, force: true }), (reports) =>
    reports.some((_) => _.state !== "succeeded")
      ? Effect.die(new Error(`${targets.map((_) => _.name).join(", ")}: not made`))
      : Effect.void)

const main = Effect.gen(function*() {
  const sql = yield* DuckDb
  const bare = yield* bareFile("bare.duckdb")
  const handed = listen(analysis)
  yield* sql`CREATE OR REPLACE TABLE price_history AS ${sql.literal(prices)}`
  yield* Effect.promise(() => bare.run(`CREATE TABLE price_history AS ${prices}`))
  console.log(`\n${coins} coins, ${days} days; medians of ${rounds} rounds, in ms: on the clock, and of processors\n`)
  console.log(head("table"))
  const total: [Array<Took>, Array<Took>] = [[], []]
  for (const asset of analysis) {
    const [ours, theirs]: [Array<Took>, Array<Took>] = [[], []]
    for (let round = 0; round < rounds; round++) {
      // both make a table that was not there
      yield* sql`DROP TABLE IF EXISTS ${sql(asset.name)}`
      ours.push(yield* took(made([asset])))
      const [text, parameters] = handed.get(asset.name) ?? ["", []]
      yield* Effect.promise(() => bare.run(`DROP TABLE IF EXISTS ${asset.name}`))
      theirs.push(
        yield* took(Effect.promise(() => bare.run(`CREATE TABLE ${asset.name} AS ${text}`, parameters.map(bound))))
      )
    }
    total[0].push(median(ours))
    total[1].push(median(theirs))
    console.log(line(asset.name, median(ours), median(theirs)))
  }
  console.log(line("all", sum(total[0]), sum(total[1])))
  const [ours, theirs]: [Array<Took>, Array<Took>] = [[], []]
  for (let round = 0; round < rounds; round++) {
    for (const { name } of analysis) {
      yield* sql`DROP TABLE IF EXISTS ${sql(name)}`
      yield* Effect.promise(() => bare.run(`DROP TABLE IF EXISTS ${name}`))
    }
    ours.push(yield* took(made(analysis)))
    theirs.push(
      yield* took(Effect.promise(async () => {
        for (const { name } of analysis) {
          const [text, parameters] = handed.get(name) ?? ["", []]
          await bare.run(`CREATE TABLE ${name} AS ${text}`, parameters.map(bound))
        }
      }))
    )
  }
  console.log(line("all, in one run", median(ours), median(theirs)))
  const matrix: Array<Took> = []
  for (let round = 0; round < rounds; round++) {
    matrix.push(yield* took(made([assets.correlationMatrix])))
  }
  const { clock, processors } = median(matrix)
  console.log(`\ncorrelation_matrix, ${coins ** 2} pairs, without a join: ${clock.toFixed(0)} ms, ${processors.toFixed(0)} of processors`)
  console.log(`peak memory ${process.resourceUsage().maxRSS >> 10} MiB`)
})

/** 19 coins of 365 days, as CoinGecko's answers give them. */
const market = Object.fromEntries(
  Array.from({ length: 19 }, (_, coin) => [
    `coin-${coin}`,
    Array.from(
      { length: 365 },
      (_, day) =>
        [
          new Date(Date.now() - (364 - day) * 86_400_000).toISOString().slice(0, 10),
          100 + ((coin * 31 + day * 17) % 97) / 7,
          1e9 + day,
          1e6 + coin
        ] as const
    )
  ])
)

const ingest = Effect.gen(function*() {
  const bare = yield* bareFile("appended.duckdb")
  const [ours, theirs]: [Array<Took>, Array<Took>] = [[], []]
  const sql = yield* DuckDb
  for (let round = 0; round < rounds; round++) {
    ours.push(yield* took(Run.upToDate([assets.priceHistory], { force: true })))
    yield* Effect.promise(() =>
      bare.run(
        "DROP TABLE IF EXISTS p; CREATE TABLE p (coin_id VARCHAR, day DATE, price DOUBLE, market_cap DOUBLE, total_volume DOUBLE)"
      )
    )
    theirs.push(
      yield* took(Effect.promise(async () => {
        const appender = await bare.createAppender("p")
        for (const [coin, points] of Object.entries(market)) {
          for (const [day, price, cap, volume] of points) {
            appender.appendVarchar(coin)
            appender.appendDate(new DuckDBDateValue(Date.parse(`${day}T00:00:00Z`) / 86_400_000))
            appender.appendDouble(price)
            appender.appendDouble(cap)
            appender.appendDouble(volume)
            appender.endRow()
          }
          appender.flushSync()
        }
        appender.closeSync()
        await bare.run("CHECKPOINT")
      }))
    )
  }
  const [kept] = yield* sql<{ n: number }>`SELECT count(*) AS n FROM price_history`
  console.log(
    `${head("a year of 19 coins")}\n${line(`price_history, ${kept?.n} rows in 19 transactions`, median(ours), median(theirs))}`
  )
  console.log(`peak memory ${process.resourceUsage().maxRSS >> 10} MiB`)
})

// helpers

/** A file of the format that ours have, without anything of ours. */
const bareFile = (name: string) =>
  Effect.promise(async () => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect()
    await connection.run(`SET TimeZone = 'UTC'; ATTACH '${join(folder, name)}' AS bare (STORAGE_VERSION 'latest'); USE bare`)
    return connection
  })

/** What each body hands to its table, as text and parameters. */
const listen = (all: ReadonlyArray<Asset.Any>) => {
  const handed = new Map<string, readonly [string, ReadonlyArray<unknown>]>()
  for (const asset of all) {
    const { write } = asset.into
    Object.assign(asset.into, {
      write: (step: never, value: never) =>
        Effect.flatMap(DuckDb, (sql) => {
          if (Statement.isFragment(value)) handed.set(asset.name, sql`${value}`.compile())
          return write(step, value)
        })
    })
  }
  return handed
}

/** An instant as the driver wants it; everything else is as it is. */
const bound = (value: unknown): DuckDBValue =>
  DateTime.isDateTime(value) ? new DuckDBTimestampTZValue(BigInt(DateTime.toEpochMillis(value)) * 1000n) : value as DuckDBValue

interface Took {
  readonly clock: number
  readonly processors: number
}

const took = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<Took, E, R> =>
  Effect.suspend(() => {
    const [begin, before] = [performance.now(), process.cpuUsage()]
    return Effect.map(self, () => {
      const { system, user } = process.cpuUsage(before)
      return { clock: performance.now() - begin, processors: (system + user) / 1000 }
    })
  })

const middle = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN
const median = (all: ReadonlyArray<Took>): Took => ({
  clock: middle(all.map((_) => _.clock)),
  processors: middle(all.map((_) => _.processors))
})
const sum = (all: ReadonlyArray<Took>): Took => ({
  clock: all.reduce((sum, _) => sum + _.clock, 0),
  processors: all.reduce((sum, _) => sum + _.processors, 0)
})

const head = (what: string) => `| ${what} | run | bare | ratio | run, processors | bare | ratio |\n|---|---:|---:|---:|---:|---:|---:|`
const line = (name: string, ours: Took, theirs: Took) =>
  `| ${name} | ${[ours.clock, theirs.clock].map((_) => _.toFixed(0)).join(" | ")} | ${(ours.clock / theirs.clock).toFixed(2)} | ${
    [ours.processors, theirs.processors].map((_) => _.toFixed(0)).join(" | ")
  } | ${(ours.processors / theirs.processors).toFixed(2)} |`

const world = (file: string, answers: CoinGeckoTest.Market, coins: ReadonlyArray<string>, days: number) =>
  Layer.mergeAll(
    CoinGeckoTest.layer(answers),
    CoinGeckoTest.settings({ coins, historyDays: days }),
    Layer.fresh(Ledger.layer(":memory:")),
    Layer.succeed(Horizon, days),
    Layer.fresh(Manifest.layer.pipe(Layer.provideMerge(
      DuckDbLayer.layer({ path: join(folder, file), stamp: { source: "custom", currency: "usd" } })
    )))
  )

try {
  await Effect.runPromise(ingest.pipe(Effect.provide(world("year.duckdb", market, Object.keys(market), 365))))
  await Effect.runPromise(main.pipe(Effect.provide(world("ours.duckdb", {}, ["bitcoin"], days))))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
