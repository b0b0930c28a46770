/** A figure of each coin over time, a strip a coin: what would hide each other in one view. */
import { Effect } from "effect"
import type { Statement } from "effect/sql"
import type { Layer, TopLevelSpec } from "../../services/Chart.ts"
import { attribution, outer } from "../../services/chartFrame.ts"
import { data, type DayX, type Line, strips } from "../../services/chartLines.ts"
import { Settings } from "../../services/Settings.ts"
import type { Rows } from "../../services/Table.ts"
import type { ListedCoin } from "../raw/coinList.ts"
import { coverage, pixels, type Series, series, since } from "./Series.ts"
import { type Shown, shown } from "./Shown.ts"

export interface Strips {
  /** With coin_id, day and the columns. */
  readonly rows: Statement.Fragment
  readonly coins: Rows<ListedCoin>
  /** A coin that has no strip: the one that the others are measured by. */
  readonly but?: string
  readonly column: string
  readonly others?: ReadonlyArray<string>
  readonly title: string
  /** What the subtitle says after the coverage. */
  readonly says: string
  /** The figure, for those who cannot see it, and what stands out. */
  readonly figure: string
  readonly stands: (drawn: Series, shown: Shown) => string
  readonly layer: (line: Line, x: DayX, drawn: Series) => Array<Layer>
}

export const stripChart = Effect.fnUntraced(
  function*({ but, coins, column, figure, layer, others = [], rows, says, stands, title }: Strips) {
    const settings = yield* Settings
    const every = yield* shown({ coins, rows })
    const kept = every.coins.filter((_) => _.id !== but)
    const all = { coins: kept, of: every.of - (every.coins.length - kept.length) }
    const drawn = yield* series({ rows, shown: all, column, others, from: yield* since(rows) })
    return {
      ...outer({
        title,
        subtitle: `${coverage(drawn, all)} · ${says}`,
        description: `One chart a coin of its ${figure} from ${drawn.first} to ${drawn.last}. ${stands(drawn, all)}`,
        attribution: attribution(settings)
      }),
      data: data(drawn.points),
      vconcat: strips({ points: drawn.points, series: all.coins, width: pixels, layer: (line, x) => layer(line, x, drawn) }),
      spacing: 10
    } satisfies TopLevelSpec
  }
)
