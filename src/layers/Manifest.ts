/**
 * The manifest in the data file, in the same transactions as the rows it speaks of. What cannot be read dies: a
 * manifest that nobody understands is no reason to guess.
 */
import { DateTime, Effect, Layer, Schema } from "effect"
import { Entry, Keys, Manifest } from "../engine/Manifest.ts"
import { DuckDb } from "../services/DuckDb.ts"
import { written } from "../services/written.ts"

export const layer: Layer.Layer<Manifest, never, DuckDb> = Layer.effect(
  Manifest,
  Effect.gen(function*() {
    const sql = yield* DuckDb
    const table = sql`
      CREATE TABLE IF NOT EXISTS _manifest (
        seq BIGINT, materialization_id VARCHAR, asset VARCHAR, subject VARCHAR, first_key VARCHAR, last_key VARCHAR,
        changed VARCHAR, code_version VARCHAR, saw_up_to BIGINT, input_ids VARCHAR,
        "rows" BIGINT, content_hash VARCHAR, warnings VARCHAR, published_at TIMESTAMPTZ)`
    if (!sql.isReadOnly) yield* Effect.orDie(table)
    // a transaction that began before another's commit does not see its entries
    let last = 0
    return Manifest.of({
      publish: Effect.fn("Manifest.publish")(function*(entry) {
        const { changed, inputs, warnings } = yield* encodeLists(entry)
        const insert = Effect.suspend(() =>
          sql<{ readonly seq: number }>`${
            written(sql`
              INSERT INTO _manifest
              SELECT
                greatest(coalesce(max(seq), 0), ${last}) + 1, ${entry.id}, ${entry.asset}, ${entry.subject},
                ${entry.window.first}, ${entry.window.last}, ${changed}, ${entry.codeVersion}, ${entry.sawUpTo}, ${inputs},
                ${entry.rows}, ${entry.contentHash}, ${warnings}, ${DateTime.makeUnsafe(entry.at)}
              FROM _manifest
              RETURNING seq`)
          }`
        )
        yield* sql.atomic(Effect.map(insert, ([entry]) => {
          last = entry?.seq ?? last
        }))
      }, Effect.orDie),
      log: Effect.fn("Manifest.log")(function*(assets) {
        if (assets.length === 0) return []
        const all = sql`
          SELECT
            seq, materialization_id AS id, asset, subject, first_key AS first, last_key AS last, changed,
            code_version AS "codeVersion", saw_up_to AS "sawUpTo", input_ids AS inputs, "rows", content_hash AS "contentHash",
            warnings, epoch_ms(published_at) AS at
          FROM _manifest
          WHERE ${sql.in("asset", assets)}`
        const rows = yield* sql`${written(all)}`
        const decoded = (yield* decodeRows(rows)).toSorted((a, b) => a.seq - b.seq)
        return decoded.map(({ first, last, seq, ...row }) => Object.assign(new Entry({ ...row, window: { first, last } }), { seq }))
      }, Effect.orDie),
      newest: Effect.fn("Manifest.newest")(function*(assets) {
        const ids = [...new Set(assets)].map((asset) =>
          sql`max_by(materialization_id, seq) FILTER (asset = ${asset}) AS ${sql(`id of ${asset}`)}`
        )
        const all = sql`SELECT ${sql.csv([sql`coalesce(max(seq), 0) AS seq`, ...ids])} FROM _manifest`
        const [newest] = yield* sql<{ readonly [_: `id of ${string}`]: string | null; readonly seq: number }>`${written(all)}`
        return {
          seq: newest?.seq ?? 0,
          ids: new Map(assets.flatMap((asset) => {
            const id = newest?.[`id of ${asset}`] ?? null
            return id === null ? [] : [[asset, id] as const]
          }))
        }
      }, Effect.orDie),
      has: Effect.fn("Manifest.has")(function*(id) {
        return (yield* sql`SELECT 1 FROM _manifest WHERE materialization_id = ${id} LIMIT 1`).length > 0
      }, Effect.orDie),
      forget: Effect.fn("Manifest.forget")(function*(seqs) {
        if (seqs.length > 0) yield* sql`DELETE FROM _manifest WHERE seq IN (SELECT unnest(${`[${seqs.join()}]`}::BIGINT[]))`
      }, Effect.orDie)
    })
  })
)

// helpers

const Lists = {
  changed: Schema.fromJsonString(Schema.Array(Keys)),
  inputs: Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)),
  warnings: Schema.fromJsonString(Schema.Array(Schema.String))
}
const encodeLists = Schema.encodeEffect(Schema.Struct(Lists))

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
  ...Lists,
  seq: Schema.Int,
  id: Schema.String,
  asset: Schema.String,
  subject: Schema.String,
  first: Schema.String,
  last: Schema.String,
  codeVersion: Schema.String,
  sawUpTo: Schema.Int,
  rows: Schema.Int,
  contentHash: Schema.String,
  at: Schema.Finite
})))
