import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import { Chart, type TopLevelSpec } from "../../services/Chart.ts"
import { colourOf } from "../../services/chartColours.ts"
import { attribution, frame, logAxis, shareAxis } from "../../services/chartFrame.ts"
import { heat, labelLimit } from "../../services/chartHeat.ts"
import { data, hover, level, lines } from "../../services/chartLines.ts"
import { ink } from "../../services/chartTheme.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import { html } from "../../services/Html.ts"
import * as Report from "../../services/Report.ts"
import { Settings } from "../../services/Settings.ts"
import { extent, series } from "../charts/Series.ts"
import * as deadlines from "../deadlines.ts"
import { dailyReturns } from "../derived/dailyReturns.ts"
import { MonthlyPrice, monthlyPrices } from "../derived/monthlyPrices.ts"
import { Day, Month } from "../partitions.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { change, coins, facts, formulas, provided, share, size, table, tidy } from "./Figures.ts"

/** A coin in the month, with what the month before was like for it. */
interface Row {
  readonly coin_id: string
  readonly open: number | null
  readonly high: number
  readonly low: number
  readonly close: number
  readonly monthly_return: number | null
  readonly volatility: number | null
  readonly volume: number | null
  readonly max_drawdown: number | null
  readonly days: number
  readonly closed: boolean
  readonly before_return: number | null
  readonly before_volatility: number | null
  readonly before_volume: number | null
}
interface Returned extends Row {
  readonly monthly_return: number
}
interface InBoth extends Returned {
  readonly before_return: number
}

/** No chart of a month has more lines than the palette can tell apart; the table has every coin. */
const most = 12

/**
 * From rows of the month and of the month before, and of nothing else: coins go by their ids, since a name is what a
 * coin is called today, and "as of" is the point that closes the month. So a closed month's report never changes.
 */
export const monthlyReport = Asset.make("monthly_report", {
  about: "A month in one page: what each coin gained or lost, best and worst, charts, the month before, coverage and formulas",
  group: "reporting",
  source: "monthly_prices of the month and the one before; price_history and daily_returns of the month",
  from: {
    months: Asset.trailing(monthlyPrices, Month, 2),
    prices: Asset.within(priceHistory, Day, Month, 1),
    returns: Asset.within(dailyReturns, Day, Month, 1)
  },
  into: Report.store,
  per: Month,
  each: true,
  codeVersion: "2",
  lateAfter: deadlines.report
}, Effect.fnUntraced(function*({ months, prices, returns }) {
  const sql = yield* DuckDb
  const settings = yield* Settings
  const chart = yield* Chart
  const window = yield* Month
  const month = named(window.start.epochMilliseconds)
  const [first, next] = [day(window.start.epochMilliseconds), day(window.end.epochMilliseconds)]
  const rows = yield* sql<Row>`
    SELECT
      m.coin_id, m.open, m.high, m.low, m.close, m.monthly_return, m.volatility, m.volume, m.max_drawdown, m.days, m.closed,
      b.monthly_return AS before_return, b.volatility AS before_volatility, b.volume AS before_volume
    FROM ${months} m
    LEFT JOIN ${months} b ON b.coin_id = m.coin_id AND b.month = m.month - INTERVAL 1 MONTH
    WHERE m.month = ${first}
    ORDER BY m.monthly_return DESC NULLS LAST, m.coin_id`
  const ids = rows.map((_) => _.coin_id)
  const days = yield* sql<{ coin_id: string; day: string; simple_return: number }>`
    SELECT coin_id, day, simple_return
    FROM ${returns}
    WHERE day > ${first} AND simple_return IS NOT NULL
    ORDER BY coin_id, day`
  const [caps] = yield* sql<{ close: number | null; change: number | null; coins: number }>`
    SELECT sum(c.market_cap) AS close, sum(c.market_cap) / sum(o.market_cap) - 1 AS change, count(*) AS coins
    FROM ${prices} o JOIN ${prices} c ON c.coin_id = o.coin_id AND o.day = ${first} AND c.day = ${next}
    WHERE o.market_cap > 0 AND c.market_cap > 0`
  const own = attribution(settings)
  const money = settings.currency.toUpperCase()
  const known = rows.filter((_): _ is Returned => _.monthly_return !== null)
  const both = known.filter((_): _ is InBoth => _.before_return !== null)
  const moved = both.filter((_) => _.volatility !== null && _.before_volatility !== null)
  const points = (window.end.epochMilliseconds - window.start.epochMilliseconds) / 86_400_000 + 1
  const [best, worst] = [known[0], known.at(-1)]
  const byReturn = days.toSorted((a, b) => b.simple_return - a.simple_return)
  const said = (row: Row | undefined) => row === undefined ? "n/a" : html`${row.coin_id} ${change(row.monthly_return)}`
  const drawn = yield* Effect.forEach(
    [
      ...known.length === 0 ? [] : [
        yield* indexed({
          prices,
          ids: ends(known, most / 2).map((_) => _.coin_id),
          own,
          month,
          of: known.length
        }),
        compared({ rows: known, own, month })
      ],
      ...days.length === 0 ? [] : [calendar({ days, ids, own, month, first, next })]
    ],
    (spec) => Effect.map(chart.render(spec, ["svg", "live"]), (drawn) => ({ spec, drawn }))
  )
  const gaps = rows.filter((_) => _.days < points)
  const body = html`<h1>Crypto market in ${month}</h1>
<p class="line">${first} to ${next}, 00:00 UTC, as of ${next} 00:00 UTC · amounts in ${money}</p>
${provided(own)}
${
    facts([
      [
        "Coins",
        String(rows.length),
        `${known.filter((_) => _.monthly_return > 0).length} rose, ${known.filter((_) => _.monthly_return < 0).length} fell`
      ],
      [
        "Mean return",
        change(mean(known.map((_) => _.monthly_return))),
        html`month before ${share(mean(known.map((_) => _.before_return)))}`
      ],
      [
        "Median return",
        change(median(known.map((_) => _.monthly_return))),
        html`month before ${share(median(known.map((_) => _.before_return)))}`
      ],
      [
        "Market cap at the close",
        tidy(caps?.close),
        html`${share(caps?.change)} since the open (${coins(caps?.coins ?? 0)})`
      ],
      ["Best coin", said(best), "over the month"],
      ["Worst coin", said(worst), "over the month"]
    ])
  }
<h2>Every coin</h2>
${
    table(
      `Prices and returns in ${month}, best first`,
      ["Coin", `Open`, "High", "Low", "Close", "Return", "Month before", "Volatility (a year)", "Deepest fall", "Volume", "Points"],
      rows.map((_) => [
        _.coin_id,
        tidy(_.open),
        tidy(_.high),
        tidy(_.low),
        _.closed ? tidy(_.close) : html`${tidy(_.close)} *`,
        change(_.monthly_return),
        change(_.before_return),
        size(_.volatility),
        size(_.max_drawdown),
        tidy(_.volume),
        `${_.days} of ${points}`
      ])
    )
  }
${
    rows.some((_) => !_.closed) &&
    html`<p class="note">* The point that closes the month is missing; this is the latest one, and the figures go as far as it.</p>`
  }
<h2>Charts</h2>
${drawn.length === 0 && html`<p>There is no return to draw.</p>`}
${
    drawn.map(({ drawn, spec }, at) =>
      Report.figure(at, {
        title: spec.title.text,
        caption: spec.title.subtitle.slice(0, -1).join(" "),
        description: spec.description,
        drawn
      })
    )
  }
<h2>Best and worst</h2>
${
    days.length === 0
      ? html`<p>No two points of a coin lie a day apart.</p>`
      : table(
        "Single days, from 00:00 to 00:00 UTC; the day named is the one at whose start the return ends",
        ["Coin and day", "Return"],
        ends(byReturn, 3).map((_) => [`${_.coin_id}, ${_.day}`, change(_.simple_return)])
      )
  }
<h2>Against the month before</h2>
${
    both.length === 0
      ? html`<p>There are no figures of the month before.</p>`
      : html`${
        facts([
          ["Coins with both months", String(both.length), `of ${rows.length}`],
          ["Did better", String(both.filter((_) => _.monthly_return > _.before_return).length), "than the month before"],
          [
            "Mean volatility (a year)",
            size(mean(moved.map((_) => _.volatility))),
            `month before ${size(mean(moved.map((_) => _.before_volatility)))}`
          ],
          ["Volume", change(ratio(both.map((_) => [_.volume, _.before_volume]))), "of the coins with both"]
        ])
      }`
  }
<h2>Coverage and caveats</h2>
<ul class="plain">
<li>${points} daily points make the month: ${first} to ${next}, the last of them closing it. ${
    gaps.length === 0
      ? "Every coin has all of them."
      : html`Points are missing of ${gaps.map((_) => `${_.coin_id} (${points - _.days})`).join(", ")}.`
  }</li>
<li>A price is the one at 00:00 UTC; highs and lows are those of such points, not of what was traded between them.</li>
<li>Where a figure needs a point that is missing, the figure is missing (n/a): nothing is filled.</li>
<li>Volumes are CoinGecko's figures of the 24 hours before each point, summed; exchanges report them, and nobody can audit them.</li>
<li>Coins go by CoinGecko's ids. The list is of coins with prices kept for the month; it is no index of the whole market.</li>
</ul>
<h2>Formulas</h2>
${formulas(Column.of(MonthlyPrice))}
<p class="note">Mean and median are over the coins with a return, unweighted; those of the month before over such of them as had one then.
Market cap sums the coins with a cap at both ends. Volatility and volume are compared over the coins that have both.</p>`
  return { title: `Crypto market in ${month}`, body, live: drawn.map((_) => _.drawn.live), rows: rows.length }
}))

// helpers

/** `December 2025` */
const named = (millis: number): string => new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(millis)

const day = (millis: number): string => new Intl.DateTimeFormat("sv", { timeZone: "UTC" }).format(millis)

/** The first and the last of them, none twice. */
const ends = <A>(all: ReadonlyArray<A>, each: number): ReadonlyArray<A> => [...all.slice(0, each), ...all.slice(each).slice(-each)]

const present = (values: ReadonlyArray<number | null>): ReadonlyArray<number> => values.filter((_) => _ !== null)

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, _) => total + _, 0)

const mean = (values: ReadonlyArray<number | null>): number | null => {
  const all = present(values)
  return all.length === 0 ? null : sum(all) / all.length
}

const median = (values: ReadonlyArray<number | null>): number | null => {
  const all = present(values).toSorted((a, b) => a - b)
  const [low, high] = [all[Math.floor((all.length - 1) / 2)], all[Math.floor(all.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

/** Sum over sum, − 1, of those that have both. */
const ratio = (pairs: ReadonlyArray<readonly [now: number | null, before: number | null]>): number | null => {
  const all = pairs.flatMap(([now, before]) => now === null || before === null ? [] : [{ now, before }])
  const before = sum(all.map((_) => _.before))
  return before === 0 ? null : sum(all.map((_) => _.now)) / before - 1
}

type Prices = Parameters<typeof series>[0]["rows"]

const indexed = Effect.fnUntraced(function*(
  { ids, month, of, own, prices }: {
    readonly prices: Prices
    readonly ids: ReadonlyArray<string>
    readonly own: string
    readonly month: string
    readonly of: number
  }
) {
  const sql = yield* DuckDb
  const coins = ids.map((id, at) => ({ id, name: id, key: `s${at}`, colour: colourOf(id, ids) }))
  const rows =
    sql`(SELECT coin_id, day, price, 100 * price / arg_min(price, day) OVER (PARTITION BY coin_id) AS indexed FROM ${prices} WHERE price > 0)`
  const shown = { coins, of }
  const drawn = yield* series({ rows, shown, column: "indexed", others: ["price"] })
  const [low, high] = extent(drawn, "indexed")
  return {
    ...frame({
      title: `What 100 became in ${month}`,
      subtitle: `Prices indexed to 100 at the month's first point, 00:00 UTC, log scale${
        of > ids.length ? ` · the best and the worst of ${of} coins` : ""
      }`,
      description: `Line chart of ${ids.join(", ")} in ${month}, each beginning at 100.`,
      attribution: own,
      height: 320
    }),
    data: data(drawn.points),
    layer: [
      ...level("indexed", 100, ""),
      lines({ series: coins, field: "indexed", scale: { type: "log" }, axis: logAxis("Index (first point = 100, log scale)", low, high) }),
      hover({ series: coins, field: "indexed" })
    ]
  } satisfies TopLevelSpec
})

const compared = ({ month, own, rows }: { readonly rows: ReadonlyArray<Row>; readonly own: string; readonly month: string }) => {
  const order = rows.map((_) => _.coin_id)
  const y = {
    field: "coin_id",
    type: "nominal",
    scale: { domain: order },
    axis: { title: null, ticks: false, domain: false, labelLimit: 140 }
  } as const
  return {
    ...frame({
      title: "This month and the month before",
      subtitle: `Bars: return in ${month}; rings: return in the month before`,
      description: `Bar chart of the return of each coin in ${month}, with the month before as a ring. ${
        rows.map((_) => `${_.coin_id} ${share(_.monthly_return)}`).join(", ")
      }.`,
      attribution: own,
      height: { step: 22 }
    }),
    data: data(rows.map(({ before_return, coin_id, monthly_return }) => ({ coin_id, monthly_return, before_return }))),
    encoding: { y },
    layer: [
      {
        mark: { type: "bar" },
        encoding: {
          x: { field: "monthly_return", type: "quantitative", axis: shareAxis("Return") },
          color: { condition: { test: "datum.monthly_return >= 0", value: ink.gain.light }, value: ink.loss.light },
          tooltip: [
            { field: "coin_id", type: "nominal", title: "Coin" },
            { field: "monthly_return", type: "quantitative", title: month, format: "+.2%" }
          ]
        }
      },
      {
        transform: [{ filter: "isValid(datum.before_return)" }],
        mark: { type: "point", size: 55, color: ink.text.light, strokeWidth: 1.5, filled: false, opacity: 1 },
        encoding: {
          x: { field: "before_return", type: "quantitative" },
          tooltip: [
            { field: "coin_id", type: "nominal", title: "Coin" },
            { field: "before_return", type: "quantitative", title: "Month before", format: "+.2%" }
          ]
        }
      }
    ]
  } satisfies TopLevelSpec
}

const calendar = (
  { days, first, ids, month, next, own }: {
    readonly days: ReadonlyArray<{ readonly coin_id: string; readonly day: string; readonly simple_return: number }>
    readonly ids: ReadonlyArray<string>
    readonly own: string
    readonly month: string
    readonly first: string
    readonly next: string
  }
) => {
  const order = [...new Set(days.map((_) => _.day))].toSorted()
  const axis = { title: null, ticks: false, domain: false } as const
  return {
    ...frame({
      title: "Each coin, each day",
      subtitle: `Daily returns from ${first} to ${next}, under the day at whose start they end (00:00 UTC); blank where a point is missing`,
      description: `Heatmap of the daily returns of ${ids.join(", ")} in ${month}.`,
      attribution: own,
      height: { step: 20 }
    }),
    data: data(days),
    mark: { type: "rect", stroke: "#ffffff", strokeWidth: 1 },
    encoding: {
      x: {
        field: "day",
        type: "ordinal",
        scale: { domain: order },
        axis: { ...axis, labelAngle: 0, labelExpr: "slice(datum.label, 8)", labelOverlap: "greedy", labelSeparation: 4 }
      },
      y: { field: "coin_id", type: "nominal", scale: { domain: [...ids] }, axis: { ...axis, labelLimit } },
      color: heat({ field: "simple_return", steps: [0.01, 0.03, 0.06], format: "+.0%", title: "Return over the day" }),
      tooltip: [
        { field: "coin_id", type: "nominal", title: "Coin" },
        { field: "day", type: "nominal", title: "Day" },
        { field: "simple_return", type: "quantitative", title: "Return", format: "+.2%" }
      ]
    }
  } satisfies TopLevelSpec
}
