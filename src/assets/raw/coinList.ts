import { Effect, Schema } from "effect"
import * as Asset from "../../engine/Asset.ts"
import * as Check from "../../engine/Check.ts"
import { CoinGecko, CoinId } from "../../services/CoinGecko.ts"
import * as Table from "../../services/Table.ts"

/** One row a coin, listed now or once. `symbol` is not unique. */
export class ListedCoin extends Schema.Class<ListedCoin>("ListedCoin")({
  coin_id: CoinId,
  symbol: Schema.String,
  name: Schema.String,
  /** Platform to contract address, as JSON; `{}` for a coin with a chain of its own. */
  platforms: Schema.String
}) {}

/** Source: GET /coins/list, one call, some 17,000 rows. */
export const coinList = Asset.make("coin_list", {
  about: "Every coin that CoinGecko lists: id, symbol, name and contract addresses",
  into: Table.make(ListedCoin),
  checks: [Check.unique("coin_id")],
  freshFor: "7 days",
  calls: () => 1
}, Effect.fnUntraced(function*() {
  const gecko = yield* CoinGecko
  const { rows } = yield* gecko.coinList({ includePlatform: true })
  return rows.map(({ id, name, platforms, symbol }) => new ListedCoin({ coin_id: id, symbol, name, platforms: JSON.stringify(platforms) }))
}))
