/** The tables of schedules, sensors and their ticks in the ledger's file, and what events do to them. */
import { Schema } from "effect"
import { RunRow } from "../../engine/Ledger.ts"
import { type Event, Standing, Tick, type Which } from "../../engine/automation/Tick.ts"
import type { Session } from "../sqlite/Sqlite.ts"

export const tables: ReadonlyArray<string> = [
  `CREATE TABLE automation (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, "on" INTEGER NOT NULL, since INTEGER NOT NULL, why TEXT NOT NULL, cadence TEXT NOT NULL,
    last INTEGER, cursor TEXT, failures INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE tick (
    source TEXT NOT NULL REFERENCES automation (name), due INTEGER NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
    requests TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, due)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX tick_waiting ON tick (source, due) WHERE state = 'waiting'`,
  `CREATE TABLE watched (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE run_end (seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE) STRICT`
]

export const standing = Schema.Struct({ ...Standing.fields, on: Schema.BooleanFromBit.pipe(Schema.decodeTo(Standing.fields.on)) })
export const standingColumns = `name, kind, "on", since, why, cadence, last, cursor, failures`

export const tick = Schema.Struct({ ...Tick.fields, requests: Schema.fromJsonString(Tick.fields.requests) })
export const tickColumns = `source, due, state, note, requests, at`

export const ended = Schema.Struct({ seq: Schema.Int, ...RunRow.fields, targets: Schema.fromJsonString(RunRow.fields.targets) })

/** The condition, and what it is about. */
export const where = ({ before, from, source, states }: Which): readonly [sql: string, ...params: ReadonlyArray<string | number>] => {
  const given = [
    ...(source === undefined ? [] : [["source = ?", source]] as const),
    ...(states === undefined ? [] : [["state IN (SELECT value FROM json_each(?))", JSON.stringify(states)]] as const),
    ...(from === undefined ? [] : [["due >= ?", from]] as const),
    ...(before === undefined ? [] : [["due < ?", before]] as const)
  ]
  return [given.length === 0 ? "" : `WHERE ${given.map(([condition]) => condition).join(" AND ")}`, ...given.map(([, value]) => value)]
}

export const apply = (session: Session, event: Event, now: number): number => {
  switch (event._tag) {
    case "AutomationSet": {
      const { cadence, cursor, kind, name, on, why } = event
      session.run(
        // a tick that lies ahead was told before the clock was set back: what is due before it is not due again
        `INSERT INTO automation
         VALUES (?, ?, ?, ?, ?, ?, (SELECT max(due) FROM tick WHERE source = ? AND due >= ?), NULL, 0)
         ON CONFLICT (name) DO UPDATE SET
           kind = excluded.kind, "on" = excluded."on", since = excluded.since, why = excluded.why, cadence = excluded.cadence,
           last = excluded.last, failures = 0`,
        name,
        kind,
        Number(on),
        now,
        why,
        cadence,
        name,
        now
      )
      return cursor === undefined ? 1 : session.run(`UPDATE automation SET cursor = ? WHERE name = ?`, cursor, name)
    }
    case "Ticked": {
      const { cursor, due, from, note, requests, source, state } = event
      // a tick that is told again has a key that is taken; one that comes late meets this condition
      const moved = session.run(
        `UPDATE automation SET last = ?, cursor = coalesce(?, cursor), failures = CASE ? WHEN 'failed' THEN failures + 1 ELSE 0 END
         WHERE name = ? AND (last IS NULL OR last < ?) AND cursor IS coalesce(?, cursor)`,
        due,
        cursor ?? null,
        state,
        source,
        due,
        from ?? null
      )
      if (moved === 0) throw new Error(`${doubled(source, due)}, or ${elsewhere(source)}`)
      return session.run(`INSERT INTO tick VALUES (?, ?, ?, ?, ?, ?)`, source, due, state, note, JSON.stringify(requests ?? []), now)
    }
    case "TickSettled": {
      const { due, note, requests, source, state } = event
      const settled = session.run(
        `UPDATE tick SET state = ?, note = ?, requests = ?, at = ? WHERE source = ? AND due = ? AND state = 'waiting'`,
        state,
        note,
        JSON.stringify(requests ?? []),
        now,
        source,
        due
      )
      if (settled === 0) throw new Error(doubled(source, due))
      return settled
    }
    case "CursorSet": {
      const { cursor, from, name } = event
      const moved = session.run(`UPDATE automation SET cursor = ? WHERE name = ? AND cursor IS coalesce(?, cursor)`, cursor, name,
        from ?? null)
      if (moved === 0) throw new Error(elsewhere(name))
      return moved
    }
    case "Watched":
      return session.run(`INSERT INTO watched VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at`, now)
  }
}

/** Ends are numbered in the order in which they are told. */
export const runEnded = (session: Session, run: string): number => session.run(`INSERT INTO run_end (run) VALUES (?)`, run)

export const elsewhere = (source: string): string => `${source} is at another cursor than the one that this follows from`

export const doubled = (source: string, due: number): string =>
  `${source} has told of its tick of ${Number.isFinite(due) ? new Date(due).toISOString() : due}, or of a later one, before`
