/**
 * The ledger in SQLite: what was recorded is on disk when `record` returns, and another process may read it meanwhile.
 *
 * The file says which version of the tables it holds. An older one is brought up to date when it is opened, in one
 * transaction; one that a newer program wrote is refused.
 */
import { Clock, Effect, Layer, Schema } from "effect"
import { type Event, Ledger, LedgerFailed, RunRow, StepRow } from "../engine/Ledger.ts"
import { open, type Session } from "./sqlite/Sqlite.ts"

/** A file, or ":memory:". */
export const layer = (path: string): Layer.Layer<Ledger, LedgerFailed> =>
  Layer.effect(
    Ledger,
    Effect.gen(function*() {
      const file = yield* open(path).pipe(failing(`open ${path}`))
      const found = yield* file.transaction(migrate).pipe(failing(`open ${path}`))
      if (found > migrations.length) {
        const cause = new Error(`its tables are of version ${found} and this program knows up to ${migrations.length}: use a newer one`)
        return yield* new LedgerFailed({ doing: `open ${path}`, cause })
      }
      const rows = <A, I>(row: Schema.Codec<A, I>, doing: string, sql: string, ...params: ReadonlyArray<string | number>) =>
        file.all(sql, ...params).pipe(
          Effect.map((found) => found.map((_) => ({ ..._ }))),
          Effect.flatMap(Schema.decodeUnknownEffect(Schema.Array(row))),
          failing(doing)
        )
      const steps = Schema.Struct(StepRow.fields)
      const runs = Schema.Struct({ ...RunRow.fields, targets: Schema.fromJsonString(RunRow.fields.targets) })
      return Ledger.of({
        record: Effect.fn("Ledger.record")(function*(...events) {
          const now = yield* Clock.currentTimeMillis
          yield* file.transaction((session) => events.forEach((event) => apply(session, event, now))).pipe(
            failing(`record ${events.map((_) => _._tag).join(", ")}`)
          )
        }),
        runs: Effect.fn("Ledger.runs")((limit) =>
          rows(runs, "list runs", `SELECT ${runColumns} FROM run ORDER BY startedAt DESC, rowid DESC LIMIT ?`, limit)
        ),
        steps: Effect.fn("Ledger.steps")((run) =>
          rows(steps, "list steps", `SELECT ${stepColumns} FROM step WHERE run = ? ORDER BY rowid`, run)
        ),
        open: Effect.all({
          runs: rows(runs, "list open runs", `SELECT ${runColumns} FROM run WHERE endedAt IS NULL ORDER BY rowid`),
          steps: rows(steps, "list open steps", `SELECT ${stepColumns} FROM step WHERE endedAt IS NULL ORDER BY rowid`)
        })
      })
    })
  )

// helpers

const failing = (doing: string) => Effect.mapError((cause: unknown) => new LedgerFailed({ doing, cause }))

/** Each brings the tables one version further; append new ones, and never change one that was released. */
const migrations: ReadonlyArray<ReadonlyArray<string>> = [
  [
    `CREATE TABLE IF NOT EXISTS run (
      id TEXT PRIMARY KEY, targets TEXT NOT NULL, "trigger" TEXT NOT NULL, state TEXT NOT NULL, startedAt INTEGER NOT NULL, endedAt INTEGER
    ) STRICT`,
    `CREATE TABLE IF NOT EXISTS step (
      id TEXT PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), asset TEXT NOT NULL, "window" TEXT NOT NULL, subject TEXT NOT NULL,
      why TEXT NOT NULL, state TEXT NOT NULL, "rows" INTEGER NOT NULL, changed INTEGER NOT NULL, note TEXT NOT NULL,
      startedAt INTEGER NOT NULL, endedAt INTEGER
    ) STRICT`,
    `CREATE INDEX IF NOT EXISTS step_of_run ON step (run)`,
    `CREATE INDEX IF NOT EXISTS step_open ON step (endedAt) WHERE endedAt IS NULL`
  ]
]

/** Answers the version that was found; a newer one is left alone. */
const migrate = (session: Session): number => {
  const found = Number(session.all("PRAGMA user_version")[0]?.["user_version"])
  for (const statement of migrations.slice(found).flat()) session.run(statement)
  if (found < migrations.length) session.run(`PRAGMA user_version = ${migrations.length}`)
  return found
}

const runColumns = `id, targets, "trigger", state, startedAt, endedAt`
const stepColumns = `id, run, asset, "window", subject, why, state, "rows", changed, note, startedAt, endedAt`

/** An end is told once: a second one changes nothing. */
const apply = (session: Session, event: Event, now: number): number => {
  switch (event._tag) {
    case "RunStarted":
      return session.run(`INSERT INTO run VALUES (?, ?, ?, 'started', ?, NULL)`, event.run, JSON.stringify(event.targets), event.trigger,
        now)
    case "RunEnded":
      return session.run(`UPDATE run SET state = ?, endedAt = ? WHERE id = ? AND endedAt IS NULL`, event.state, now, event.run)
    case "StepStarted":
      return session.run(
        `INSERT INTO step VALUES (?, ?, ?, ?, ?, ?, 'started', 0, 0, '', ?, NULL)`,
        event.id,
        event.run,
        event.asset,
        event.window,
        event.subject,
        event.why,
        now
      )
    case "StepEnded":
      return session.run(
        `UPDATE step SET state = ?, "rows" = ?, changed = ?, note = ?, endedAt = ? WHERE id = ? AND endedAt IS NULL`,
        event.state,
        event.rows,
        event.changed,
        event.note,
        now,
        event.id
      )
  }
}
