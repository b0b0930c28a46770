/** What the pipeline's charts hand over to be drawn, on a small market with a gap, nulls, a late coin and a hostile name. */
import { Context, Effect, Layer, Ref } from "effect"
import type * as Asset from "../../../src/engine/Asset.ts"
import * as Run from "../../../src/engine/Run.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { Chart, type TopLevelSpec } from "../../../src/services/Chart.ts"

export class Drawn extends Context.Service<Drawn, Ref.Ref<ReadonlyMap<string, TopLevelSpec>>>()("test/Drawn") {}

const day = (at: number) => new Date(Date.UTC(2025, 10, 20) + at * 86_400_000).toISOString().slice(0, 10)

/** Deterministic, and unlike each other. */
const walk = (start: number, swing: number, days: ReadonlyArray<number>) =>
  days.map((at) =>
    [day(at), start * (1 + swing * Math.sin(at / 3) + 0.002 * at), start * 1e6 * (1 + at / 50), start * 1e4 * (2 + Math.cos(at))] as const
  )

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at)

/** 2025-11-20 … 2026-01-02; ethereum lacks three days, `late` begins half-way, `tiny` costs next to nothing. */
export const market = {
  bitcoin: walk(30_000, 0.1, upTo(44)),
  ethereum: walk(2_000, 0.2, upTo(44)).filter((_, at) => at < 20 || at > 22),
  late: walk(5, 0.05, upTo(44)).slice(25),
  tiny: walk(1.5e-12, 0.3, upTo(44)).map(([date, price]) => [date, price, null, 0] as const)
}

/** Brings the targets up to date, and answers what their charts were, by file name. */
export const specsOf = <T extends Asset.Any>(targets: ReadonlyArray<T>) =>
  Effect.gen(function*() {
    const reports = yield* Run.upToDate(targets)
    const failures = reports.flatMap((_) => _.results).flatMap(({ outcome }) =>
      outcome._tag === "Failed" ? [Run.explain(outcome.cause)] : []
    )
    if (failures.length > 0) return yield* Effect.die(new Error(failures.join("\n")))
    return yield* Effect.flatMap(Drawn, Ref.get)
  })

/** A world of its own. */
export const world = (of: TestPipeline.World) =>
  Layer.unwrap(Effect.map(Ref.make<ReadonlyMap<string, TopLevelSpec>>(new Map()), (drawn) => {
    const catching = Chart.of({
      render: () => Effect.die("nothing is rendered here"),
      draw: (base, spec) => Effect.as(Ref.update(drawn, (_) => new Map([..._, [base, spec]])), { files: [] })
    })
    return Layer.mergeAll(TestPipeline.layer(of), Layer.succeed(Drawn, drawn)).pipe(Layer.merge(Layer.succeed(Chart, catching)))
  }))

export const layer = world({ market, now: "2026-01-02T06:00:00Z", settings: { historyDays: 60, plan: "demo" } })
