/** Notices coins that the newest `coin_list` has and no list before it had, and asks for the market with them in it. */
import { Effect, Option, Schema } from "effect"
import type { SqlError } from "effect/sql"
import type * as Asset from "../engine/Asset.ts"
import * as Sensor from "../engine/automation/Sensor.ts"
import type * as Job from "../engine/Job.ts"
import { Manifest } from "../engine/Manifest.ts"
import { coinList } from "../assets/raw/coinList.ts"
import { DuckDb } from "../services/DuckDb.ts"

export const Cursor = Schema.Struct({
  /** The materialization that was seen last; nothing, if there was none yet. */
  list: Schema.NullOr(Schema.String),
  /** Every coin that a list ever had. */
  known: Schema.Array(Schema.String)
})

export const newListing = (runs: ReadonlyArray<Job.Any | Asset.Any>) =>
  Sensor.make("new_listing", {
    about: "Brings the market up to date when CoinGecko lists a coin that it never listed before",
    cursor: Cursor,
    start: Effect.gen(function*() {
      const list = yield* newest
      return { list, known: list === null ? [] : yield* listed }
    }),
    looks: Sensor.heard({ text: `when ${coinList.name} was made`, interest: (_) => _._tag === "StepEnded" && _.state === "succeeded" },
      Effect.fnUntraced(function*(cursor: typeof Cursor.Type): Effect.fn.Return<Seen, SqlError.SqlError, DuckDb | Manifest> {
        const list = yield* newest
        if (list === null || list === cursor.list) return Option.none()
        const now = yield* listed
        const before = new Set(cursor.known)
        const found = now.filter((_) => !before.has(_))
        const next = { list, known: [...cursor.known, ...found].sort() }
        // of the first list nobody can tell what is new in it
        if (cursor.list === null || found.length === 0) return Option.some({ cursor: next, note: `none of ${now.length} coins is new` })
        return Option.some({ cursor: next, asks: [{ runs, runKey: list }], note: `${found.length} new: ${said(found)}` })
      }))
  })

// helpers

type Seen = Option.Option<Sensor.Sighting<typeof Cursor.Type>>

const newest = Effect.map(Manifest.use((_) => _.newest([coinList.name])), ({ ids }) => ids.get(coinList.name) ?? null)

const listed = Effect.gen(function*() {
  const sql = yield* DuckDb
  const rows = yield* sql<{ coin_id: string }>`SELECT DISTINCT coin_id FROM coin_list ORDER BY coin_id`
  return rows.map((_) => _.coin_id)
})

const said = (coins: ReadonlyArray<string>): string =>
  coins.slice(0, 10).join(", ") + (coins.length > 10 ? ` and ${coins.length - 10} more` : "")
