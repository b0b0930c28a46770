/** What every table says of itself: its columns, each with its type, its formula and its unit, and the checks of what came from outside. */
import { assert, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import * as assets from "../../src/assets/index.ts"
import * as Column from "../../src/services/Column.ts"

const tables = Object.values(assets).filter((_) => _.into.row !== undefined).toSorted((a, b) => (a.name < b.name ? -1 : 1))

it("each column says what it holds, and in what", async () => {
  const mute = tables.flatMap((asset) =>
    Column.of(asset.into.row ?? Schema.Struct({})).flatMap((_) => _.description ? [] : [`${asset.name}.${_.name}`])
  )
  assert.deepStrictEqual(mute, [])
  const said = tables.map((asset) =>
    [
      `## ${asset.name}`,
      asset.about,
      "",
      ...Column.of(asset.into.row ?? Schema.Struct({})).map((_) => `- ${_.name} ${_.type}: ${_.description}`),
      ""
    ].join("\n")
  )
  await expect(said.join("\n")).toMatchFileSnapshot("goldens/columns.md")
})

it("what comes from CoinGecko is checked before it is kept; what is merely odd is kept, and told", () =>
  assert.deepStrictEqual(
    Object.fromEntries(
      Object.values(assets).filter((_) => _.group === "extract").map((_) => [
        _.name,
        _.checks.map(({ name, severity }) => severity === "warn" ? `${name} warns` : name)
      ])
    ),
    {
      candles: ["unique(coin_id, closes)"],
      coin_list: ["unique(coin_id)"],
      global_market: ["within(bitcoin_dominance, 0, 100) warns", "within(total_market_cap, 0, 1000000000000000000) warns"],
      market_snapshot: ["unique(coin_id)"],
      price_history: ["unique(coin_id, day)", "within(price, 0, 1000000000000) warns", "noGaps(day of each coin_id) warns"]
    }
  ))
