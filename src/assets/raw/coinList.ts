import { DateTime, Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { Note } from "../../engine/Note.ts"
import { CoinGecko, CoinId, type CoinListRow, type Rows } from "../../services/CoinGecko.ts"
import * as Column from "../../services/Column.ts"
import { DuckDb } from "../../services/DuckDb.ts"
import * as Table from "../../services/Table.ts"
import * as deadlines from "../deadlines.ts"

/** One row a coin, listed now or once. `symbol` is not unique. */
export class ListedCoin extends Schema.Class<ListedCoin>("ListedCoin")({
  coin_id: CoinId.annotate({ description: "CoinGecko's id: unique, kept for ever, not always like the name" }),
  symbol: Schema.String.annotate({ description: "Ticker; several coins may share one" }),
  name: Schema.String.annotate({ description: "The coin's name, as last seen on the list" }),
  platforms: Schema.String.annotate({ description: "Platform to contract address, as JSON; {} for a coin with a chain of its own" }),
  listed_at: Column.Instant.annotate({ description: "When the coin was first seen on the list (UTC)" }),
  delisted_at: Schema.NullOr(Column.Instant).annotate({
    description: "When the coin was first missing from the list (UTC); empty while it is on it"
  })
}) {}

/** A coin that leaves the list keeps its row, and one that comes back has it again. */
export const coinList = Asset.make("coin_list", {
  about: "Every coin that CoinGecko lists or has listed: id, symbol, name, contract addresses, since when and until when",
  group: "extract",
  source: "GET /coins/list, one call, some 17,000 rows",
  into: Table.make(ListedCoin),
  checks: [Check.unique("coin_id")],
  codeVersion: "2",
  freshFor: "7 days",
  lateAfter: deadlines.list,
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const known = yield* kept
  const answer = yield* gecko.coinList({ includePlatform: true })
  const now = DateTime.formatIso(yield* DateTime.now)
  const rows = merged(known, answer, now)
  const note = yield* Note
  const newly = (is: (row: ListedCoin) => boolean) => rows.filter(is).map((_) => _.coin_id)
  if (known.size > 0) {
    yield* told(note, newly((_) => !known.has(_.coin_id)), "new on the list")
    yield* told(note, newly((_) => _.delisted_at === now), "delisted")
    yield* told(note, newly((_) => _.delisted_at === null && (known.get(_.coin_id)?.delisted_at ?? null) !== null), "listed again")
  }
  return rows
}))

/**
 * What the list that is kept says of a coin that CoinGecko does not find: that it was delisted, is now called otherwise, or was
 * never there; nothing, if no list is kept.
 */
export const whereabouts = Effect.fnUntraced(function*(coin: string) {
  const known = yield* kept
  if (known.size === 0) return "Which coins there are is in coin_list: crypto run coin_list"
  const row = known.get(coin)
  if (row === undefined) {
    const bySymbol = [...known.values()].filter((_) => _.symbol.toLowerCase() === coin.toLowerCase() && _.delisted_at === null)
    return `It was never on the coin list${bySymbol.length === 0 ? "" : `; as a symbol it is that of ${some(bySymbol)}`}`
  }
  const since = row.delisted_at === null
    ? "It is on the coin list still, which may be older"
    : `It was delisted by ${row.delisted_at.slice(0, 10)}`
  const same = [...known.values()].filter((_) =>
    _.coin_id !== coin && _.delisted_at === null && _.symbol.toLowerCase() === row.symbol.toLowerCase() && _.name === row.name
  )
  return `${since}${same.length === 0 ? "" : `; it may be ${some(same)} now, of the same symbol and name`}. Its history is kept`
})

// helpers

interface Known {
  readonly coin_id: string
  readonly symbol: string
  readonly name: string
  readonly platforms: string
  readonly listed_at: string | null
  readonly delisted_at: string | null
}

const iso = (millis: number | null) => (millis === null ? null : DateTime.formatIso(DateTime.makeUnsafe(millis)))

/** The list as it was last kept, also by a version that did not know since when. */
const kept = Effect.gen(function*() {
  const sql = yield* DuckDb
  const columns = yield* sql<{ name: string }>`
    SELECT column_name AS name
    FROM duckdb_columns()
    WHERE database_name = current_database() AND table_name = 'coin_list'`
  const known = new Map<string, Known>()
  if (columns.length === 0) return known
  const instant = (name: string) => columns.some((_) => _.name === name) ? sql`epoch_ms(${sql(name)})` : sql`NULL::BIGINT`
  const rows = yield* sql<Omit<Known, "listed_at" | "delisted_at"> & { listed: number | null; delisted: number | null }>`
    SELECT coin_id, symbol, name, platforms, ${instant("listed_at")} AS listed, ${instant("delisted_at")} AS delisted
    FROM coin_list`
  for (const { delisted, listed, ...row } of rows) known.set(row.coin_id, { ...row, listed_at: iso(listed), delisted_at: iso(delisted) })
  return known
})

/** A row that came and could not be read is on the list as well: its coin is not delisted. */
const merged = (known: ReadonlyMap<string, Known>, { rejected, rows }: Rows<CoinListRow>, now: string): ReadonlyArray<ListedCoin> => {
  const listed = rows.map(({ id, name, platforms, symbol }) =>
    new ListedCoin({
      coin_id: id,
      symbol,
      name,
      platforms: JSON.stringify(platforms),
      listed_at: known.get(id)?.listed_at ?? now,
      delisted_at: null
    })
  )
  const here = new Set(rows.map((_) => _.id))
  const unread = new Set(rejected.map((_) => _.row))
  const gone = [...known.values()].filter((_) => !here.has(_.coin_id)).map((row) =>
    new ListedCoin({
      ...row,
      listed_at: row.listed_at ?? now,
      delisted_at: unread.has(row.coin_id) ? row.delisted_at : row.delisted_at ?? now
    })
  )
  return [...listed, ...gone]
}

const some = (coins: ReadonlyArray<{ readonly coin_id: string }>) => {
  const names = coins.slice(0, 3).map((_) => _.coin_id).join(", ")
  return coins.length > 3 ? `${names} and ${coins.length - 3} more` : names
}

const told = (note: (text: string) => Effect.Effect<void>, coins: ReadonlyArray<string>, what: string) =>
  coins.length === 0
    ? Effect.void
    : note(`${coins.length} ${coins.length === 1 ? "coin" : "coins"} ${what}: ${some(coins.map((coin_id) => ({ coin_id })))}`)
