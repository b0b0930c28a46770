import { Effect } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Condition from "../../engine/automation/Condition.ts"
import { Chart } from "../../services/Chart.ts"
import { attribution } from "../../services/chartFrame.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import { html } from "../../services/Html.ts"
import * as Report from "../../services/Report.ts"
import { Settings } from "../../services/Settings.ts"
import { comparison } from "../charts/coinComparison.ts"
import { overview } from "../charts/marketOverview.ts"
import * as deadlines from "../deadlines.ts"
import { CoinStatistic, coinStatistics } from "../derived/coinStatistics.ts"
import { Day } from "../partitions.ts"
import { coinList } from "../raw/coinList.ts"
import { bySize, marketSnapshot } from "../raw/marketSnapshot.ts"
import { priceHistory } from "../raw/priceHistory.ts"
import { universeAndWindows } from "../settings.ts"
import { change, coins as counted, facts, formulas, provided, ratio, size, table, tidy } from "./Figures.ts"

/** The market at the moment of the newest snapshot, with each coin's history in figures. */
export const marketReport = Asset.make("market_report", {
  about: "The market now in one page: size, movers, every coin with its risk in figures, charts, coverage and formulas",
  group: "reporting",
  source: "market_snapshot, coin_statistics and price_history",
  from: { market: marketSnapshot, statistics: coinStatistics, prices: Asset.every(priceHistory, Day), coins: coinList },
  settings: universeAndWindows("comparison", "overview"),
  into: Report.store,
  lateAfter: deadlines.market,
  // the morning's page follows when figures come later: from what is kept, so it costs no call
  when: Condition.eager
}, Effect.fnUntraced(function*({ coins, market, prices, statistics }) {
  const settings = yield* Settings
  const chart = yield* Chart
  const rows = yield* bySize(market)
  const figures = new Map((yield* statistics.rows).map((_) => [_.coin_id, _]))
  const own = attribution(settings)
  const money = settings.currency.toUpperCase()
  const asOf = rows[0]?.observed_at.replace("T", " ").slice(0, 16) ?? "no time"
  const total = sum(rows.map((_) => _.market_cap))
  const moved = rows
    .flatMap(({ name, price_change_percentage_24h: of }) => of === null ? [] : [{ name, by: of / 100 }])
    .toSorted((a, b) => b.by - a.by)
  const said = (row: typeof moved[number] | undefined, none: string) =>
    row === undefined ? moved.length === 0 ? "n/a" : none : html`${row.name} ${change(row.by)}`
  const bitcoin = rows.find((_) => _.coin_id === "bitcoin")
  const kept = rows.flatMap((_) => figures.get(_.coin_id) ?? [])
  const last = kept.map((_) => _.last_day).toSorted().at(-1)
  const sql = yield* DuckDb
  const lately = sql`(
    SELECT coin_id, day, price, 100 * price / arg_min(price, day) OVER (PARTITION BY coin_id) AS indexed
    FROM ${prices}
    WHERE price > 0 AND day >= (SELECT max(day) - ${settings.windows.comparison} FROM ${prices})
  )`
  const drawn = yield* Effect.forEach(
    [yield* overview({ market, prices }), yield* comparison({ coins, rows: lately })],
    (spec) => Effect.map(chart.render(spec, ["svg", "live"]), (drawn) => ({ spec, drawn }))
  )
  const gaps = kept.filter((_) => _.gaps > 0)
  const ended = kept.filter((_) => _.last_day !== last)
  const unknown = rows.filter((_) => !figures.has(_.coin_id))
  const body = html`<h1>Crypto market report</h1>
<p class="line">As of ${asOf} UTC · amounts in ${money} · ${last === undefined ? "no history yet" : `history up to ${last} 00:00 UTC`}</p>
${provided(own)}
${
    facts([
      ["Market cap of the coins tracked", tidy(total), counted(rows.length)],
      ["Volume, 24 h", tidy(sum(rows.map((_) => _.total_volume))), money],
      ["Bitcoin's share of that cap", size(bitcoin?.market_cap && total ? bitcoin.market_cap / total : null), "of the coins tracked"],
      ["Rose in 24 h", `${moved.filter((_) => _.by > 0).length} of ${moved.length}`, "coins"],
      ["Most up, 24 h", said(moved.find((_) => _.by > 0), "none rose"), ""],
      ["Most down, 24 h", said(moved.findLast((_) => _.by < 0), "none fell"), ""]
    ])
  }
<h2>Every coin</h2>
${
    table(
      `The market as of ${asOf} UTC, by size`,
      ["Coin", "Price", "24 h", "7 d", "30 d", "Market cap", "Volume, 24 h", "Volatility (30 d, a year)", "Deepest fall", "Sharpe", "Beta"],
      rows.map((row) => {
        const own = figures.get(row.coin_id)
        return [
          html`${row.name} <span class="note">${row.coin_id}</span>`,
          tidy(row.price),
          change(hundredth(row.price_change_percentage_24h)),
          change(hundredth(row.price_change_percentage_7d)),
          change(hundredth(row.price_change_percentage_30d)),
          tidy(row.market_cap),
          tidy(row.total_volume),
          size(own?.volatility_30d),
          size(own?.max_drawdown),
          ratio(own?.sharpe),
          ratio(own?.beta)
        ]
      })
    )
  }
<h2>Charts</h2>
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
<h2>Coverage and caveats</h2>
<ul class="plain">
<li>${
    gaps.length === 0
      ? "No day is missing in any history."
      : html`Days are missing in the history of ${
        gaps.map((_) => `${_.coin_id} (${_.gaps})`).join(", ")
      }; what needs them is missing too (n/a).`
  }</li>
${
    ended.length > 0 &&
    html`<li>History ends earlier of ${ended.map((_) => `${_.coin_id} (${_.last_day})`).join(", ")}; figures are as of then.</li>`
  }
${unknown.length > 0 && html`<li>No history is kept of ${unknown.map((_) => _.coin_id).join(", ")} (n/a).</li>`}
<li>Prices, caps, volumes and changes are CoinGecko's at the moment of asking; the figures of risk are ours, from daily prices at 00:00 UTC.</li>
<li>It is the market of the coins tracked, not of all there are.</li>
</ul>
<h2>Formulas</h2>
${formulas(Column.of(CoinStatistic))}`
  return { title: "Crypto market report", body, live: drawn.map((_) => _.drawn.live), rows: rows.length }
}))

// helpers

/** A figure in percent, as a fraction. */
const hundredth = (of: number | null): number | null => of === null ? null : of / 100

const sum = (values: ReadonlyArray<number | null>): number | null => {
  const all = values.filter((_) => _ !== null)
  return all.length === 0 ? null : all.reduce((total, _) => total + _, 0)
}
