/** What a report says, read from its markup as a reader would; its charts stand empty in it, and are kept as specs. */
import { assert } from "@effect/vitest"
import { Context, Effect, Layer, Ref } from "effect"
import type * as Asset from "../../../src/engine/Asset.ts"
import * as Run from "../../../src/engine/Run.ts"
import { documentPage } from "../../../src/layers/chart/document.ts"
import type { CoinGeckoTest } from "../../../src/layers/CoinGecko.ts"
import * as TestPipeline from "../../../src/layers/TestPipeline.ts"
import { Chart, type TopLevelSpec } from "../../../src/services/Chart.ts"
import { CoinGecko, type MarketRow } from "../../../src/services/CoinGecko.ts"
import { type Document, Report } from "../../../src/services/Report.ts"
import { dayOf, isoOf } from "../derived/naive.ts"

/** The reports that were kept, by file name, and the charts that were drawn for them, in order. */
export class Written extends Context.Service<Written, {
  readonly documents: Ref.Ref<ReadonlyMap<string, Document>>
  readonly charts: Ref.Ref<ReadonlyArray<TopLevelSpec>>
}>()("test/Written") {}

/** A world whose reports are kept here; with `markets`, it is these that CoinGecko answers for the market of now. */
export const world = (of: TestPipeline.World & { readonly markets?: ReadonlyArray<MarketRow> }) =>
  Layer.unwrap(Effect.gen(function*() {
    const documents = yield* Ref.make<ReadonlyMap<string, Document>>(new Map())
    const charts = yield* Ref.make<ReadonlyArray<TopLevelSpec>>([])
    const { markets } = of
    const base = TestPipeline.layer(of)
    return Layer.mergeAll(
      base,
      Layer.succeed(Written, { documents, charts }),
      Layer.succeed(
        Report,
        Report.of({
          page: (document) => Effect.succeed(documentPage(document)),
          keep: (base, document) => Effect.as(Ref.update(documents, (_) => new Map([..._, [base, document]])), { files: [] })
        })
      ),
      Layer.effect(
        Chart,
        Effect.map(Chart, (chart) =>
          Chart.of({
            ...chart,
            render: (spec, forms) => Effect.andThen(Ref.update(charts, (_) => [..._, spec]), chart.render(spec, forms))
          }))
      ).pipe(Layer.provide(base)),
      markets === undefined
        ? Layer.empty
        : Layer.effect(CoinGecko,
          CoinGecko.useSync((_) => CoinGecko.of({ ..._, markets: () => Effect.succeed({ rows: markets, rejected: [] }) })))
          .pipe(Layer.provide(base))
    )
  }))

/** Makes the targets, and answers the document of that name. */
export const written = <T extends Asset.Any>(targets: ReadonlyArray<T>, name: string) =>
  Effect.gen(function*() {
    const { charts, documents } = yield* Written
    yield* Ref.set(charts, [])
    succeeds(yield* Run.upToDate(targets))
    const found = (yield* Ref.get(documents)).get(`reports/${name}`)
    if (found === undefined) return yield* Effect.die(new Error(`reports/${name} was not kept`))
    return found
  })

export const succeeds = (reports: ReadonlyArray<Run.Report<unknown>>) =>
  assert.deepStrictEqual(
    reports.flatMap((_) => _.results).flatMap(({ outcome }) => (outcome._tag === "Failed" ? [Run.explain(outcome.cause)] : [])),
    []
  )

/** The headline figures: name, figure, note. */
export const facts = ({ body }: Document) => all(body.markup, /<li><span>(.*?)<\/span><b>(.*?)<\/b><span>(.*?)<\/span><\/li>/g)

/** The tables: caption, heads, and rows of cells. */
export const tables = ({ body }: Document) =>
  [...body.markup.matchAll(/<table>(.*?)<\/table>/gs)].map(([, table = ""]) => ({
    caption: all(table, /<caption>(.*?)<\/caption>/g).join(),
    heads: all(table, /<th scope="col">(.*?)<\/th>/g).flat(),
    rows: [...table.matchAll(/<tr>(<th scope="row">.*?)<\/tr>/gs)].map(([, row = ""]) => all(row, /<t[hd][^>]*>(.*?)<\/t[hd]>/g).flat())
  }))

/** Everything else that is said: headings, paragraphs and items of lists. */
export const words = ({ body }: Document) =>
  all(body.markup.replaceAll(/<(table|figure|dl)[ >].*?<\/\1>/gs, ""),
    /<(?:h1|h2|p|li)(?: class="[\w ]*")?>((?!<span>).*?)<\/(?:h1|h2|p|li)>/gs).flat()

/** The figures: title, caption, description; as they read, whatever keeps their dates on a line. */
export const figures = ({ body }: Document) =>
  all(body.markup.replaceAll(/<\/?time>/g, ""),
    /<h3>(.*?)<\/h3>\n<p class="line">(.*?)<\/p>\n<div class="chart"[^>]*>.*?<\/div>\n<figcaption>(.*?)<\/figcaption>/gs)

export type Market = CoinGeckoTest.Market

/** The rows that a chart draws. */
export const rowsOf = (spec: TopLevelSpec | undefined): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const values: unknown = Reflect.get(Object(spec?.data), "values")
  return Array.isArray(values) ? values.map((_) => Object(_)) : []
}

/** Points of each day from the first of `prices` to the day before `until`, each price in force from its day on. */
export const points = (
  prices: Readonly<Record<string, number>>,
  until: string,
  { cap = () => null, volume = () => null }: {
    readonly cap?: (price: number) => number | null
    readonly volume?: (day: string) => number | null
  } = {}
): Market[string] => {
  const steps = Object.entries(prices)
  const first = dayOf(steps[0]?.[0] ?? until)
  return Array.from({ length: dayOf(until) - first }, (_, at) => isoOf(first + at)).map((day) => {
    const price = steps.findLast(([from]) => from <= day)?.[1] ?? 0
    return [day, price, cap(price), volume(day)] as const
  })
}

// helpers

/** The groups of each match, as text. */
const all = (markup: string, pattern: RegExp) => [...markup.matchAll(pattern)].map(([, ...groups]) => groups.map((_) => text(_)))

const text = (markup: string) => markup.replaceAll(/<[^>]*>/g, "").replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
