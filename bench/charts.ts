/**
 * How long a chart takes, beside what it is made with: `npm run bundle && node bench/charts.ts`.
 *
 * Each chart of the pipeline, with the sandbox's year of ten coins, drawn by the Chart service (checked, cleaned, in its
 * own process, answered over a pipe) and by bare Vega-Lite, Vega and resvg in this process, both to SVG and PNG, in turns;
 * the median of seven. Then 100,000 points, reduced in SQL and drawn, beside matplotlib where Debian's python has it.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as vega from "vega"
import { compile, type TopLevelSpec } from "vega-lite"
import { series } from "../src/assets/charts/Series.ts"
import * as ChartLayer from "../src/layers/Chart.ts"
import { measure } from "../src/layers/chart/letters.ts"
import { png, sizeOf } from "../src/layers/chart/picture.ts"
import { still } from "../src/layers/chart/still.ts"
import { CoinGeckoTest } from "../src/layers/CoinGecko.ts"
import * as DuckDbLayer from "../src/layers/DuckDb.ts"
import { Chart } from "../src/services/Chart.ts"
import { frame, numberAxis } from "../src/services/chartFrame.ts"
import { data, lines } from "../src/services/chartLines.ts"
import { palette } from "../src/services/chartColours.ts"
import { DuckDb } from "../src/services/DuckDb.ts"

const rounds = Number(process.argv[2] ?? 7)
const folder = mkdtempSync(join(tmpdir(), "bench-charts-"))

const median = (times: ReadonlyArray<number>): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

/** Words are as wide as in the service's pictures, or Vega would draw them a third larger. */
const bare = async (spec: TopLevelSpec): Promise<Uint8Array> => {
  measure()
  const view = new vega.View(vega.parse(compile(spec, { logger: silent }).spec), { renderer: "none" })
  const svg = await view.toSVG()
  view.finalize()
  return png(svg)
}

const silent = vega.logger(vega.None)

const world = Layer.mergeAll(
  ChartLayer.layer.pipe(Layer.provide([NodeServices.layer, CoinGeckoTest.settings({ dataDir: folder })])),
  DuckDbLayer.layerMemory
)

const row = (name: string, ours: number, theirs: number, limit: number) =>
  console.log(
    `${name.padEnd(22)} ${ours.toFixed(0).padStart(6)} ms ${theirs.toFixed(0).padStart(6)} ms   ${
      (ours / theirs).toFixed(2)
    } × (at most ${limit})`
  )

const eachChart = Effect.gen(function*() {
  const chart = yield* Chart
  const services = yield* Effect.context<never>()
  execFileSync(process.execPath, ["dist/crypto.js", "run", "all", "--source", "sandbox", "--data-dir", join(folder, "data")], {
    stdio: "ignore"
  })
  const files = readdirSync(join(folder, "data/charts")).filter((_) => _.endsWith(".vl.json"))
  const one = [...Map.groupBy(files, (_) => _.split("--")[0]?.replace(".vl.json", "") ?? _)].map(([name, [file = ""]]) =>
    [name, file] as const
  )
  console.log(`${"chart".padEnd(22)} ${"service".padStart(9)} ${"bare".padStart(9)}`)
  for (const [name, file] of one) {
    // specs that the service itself has written
    const spec = JSON.parse(readFileSync(join(folder, "data/charts", file), "utf8")) as TopLevelSpec
    const [ours, theirs]: [Array<number>, Array<number>] = [[], []]
    for (let round = -1; round < rounds; round++) {
      const times = [
        yield* Effect.promise(() => timed(() => Effect.runPromiseWith(services)(chart.render(spec, ["svg", "png"])))),
        yield* Effect.promise(() => timed(() => bare(still(spec))))
      ] as const
      if (round < 0) continue
      ours.push(times[0])
      theirs.push(times[1])
    }
    row(name, median(ours), median(theirs), 1.3)
  }
})

const manyPoints = Effect.gen(function*() {
  const sql = yield* DuckDb
  const chart = yield* Chart
  yield* sql`
    CREATE TABLE points AS
    SELECT
      'coin-' || c AS coin_id,
      DATE '1999-01-01' + d::INTEGER AS day,
      exp(sum(sin(hash(c * 100003 + d) % 1000)) OVER (PARTITION BY c ORDER BY d) / 50) * (c + 1) AS price
    FROM range(10) AS coins(c), range(10000) AS days(d)`
  const coins = Array.from({ length: 10 }, (_, at) => ({
    id: `coin-${at}`,
    name: `coin-${at}`,
    key: `s${at}`,
    colour: palette[at]?.light ?? palette[0].light
  }))
  const drawing = Effect.gen(function*() {
    const { points } = yield* series({ rows: sql`points`, shown: { coins, of: 10 }, column: "price" })
    const { svg } = yield* chart.render({
      ...frame({ title: "t", subtitle: "s", description: "d", attribution: "a" }),
      data: data(points),
      layer: [lines({ series: coins, field: "price", scale: { type: "log" }, axis: numberAxis("Price") })]
    }, ["svg", "png"])
    return { points: points.length, ...sizeOf(svg) }
  })
  const services = yield* Effect.context<DuckDb>()
  const times: Array<number> = []
  let drawn = { points: 0, width: 0, height: 0 }
  for (let round = -1; round < rounds; round++) {
    const time = yield* Effect.promise(() =>
      timed(async () => {
        drawn = await Effect.runPromiseWith(services)(drawing)
      })
    )
    if (round >= 0) times.push(time)
  }
  console.log(`\n100,000 points, reduced in SQL to ${drawn.points}, to SVG and PNG: ${median(times).toFixed(0)} ms`)
  const python = spawnSync("/usr/bin/python3", ["-c", matplotlib, `${drawn.width / 100}`, `${drawn.height / 100}`], { encoding: "utf8" })
  if (python.status !== 0) return console.log("matplotlib is not on this machine")
  row("beside matplotlib", median(times), Number(python.stdout), 0.8)
})

/** As many points, to SVG and PNG of the same size (inches of 100 CSS pixels): the median of seven, in milliseconds. */
const matplotlib = `
import io, math, random, statistics, sys, time
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
random.seed(1)
xs = list(range(10000))
lines = []
for c in range(10):
    v, ys = 0.0, []
    for _ in xs:
        v += math.sin(random.random() * 1000) / 50
        ys.append(math.exp(v) * (c + 1))
    lines.append(ys)
times = []
for n in range(8):
    begun = time.perf_counter()
    fig, ax = plt.subplots(figsize=(float(sys.argv[1]), float(sys.argv[2])), dpi=200)
    for ys in lines: ax.plot(xs, ys)
    ax.set_yscale("log")
    fig.savefig(io.BytesIO(), format="svg")
    fig.savefig(io.BytesIO(), format="png")
    plt.close(fig)
    if n: times.append((time.perf_counter() - begun) * 1000)
print(statistics.median(times))
`

try {
  await Effect.runPromise(Effect.andThen(eachChart, manyPoints).pipe(Effect.provide(world), Effect.scoped))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
