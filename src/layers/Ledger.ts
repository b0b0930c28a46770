/**
 * The ledger in SQLite: what was recorded is on disk when `record` returns, and another process may read it meanwhile.
 *
 * The file says which version of the tables it holds. An older one is brought up to date when it is opened, in one
 * transaction; one that a newer program wrote is refused.
 */
import { Clock, Effect, Layer, PubSub, Schema, Stream } from "effect"
import { type Event, type Lease, Ledger, LedgerFailed, RunRow, StepRow } from "../engine/Ledger.ts"
import * as Request from "../engine/Request.ts"
import * as Tick from "../engine/automation/Tick.ts"
import * as subjects from "./ledger/subjects.ts"
import * as ticks from "./ledger/ticks.ts"
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
          // what reads a row is made when there is one: at most starts nothing is open
          Effect.flatMap((found) =>
            found.length === 0 ? Effect.succeed([]) : Schema.decodeUnknownEffect(Schema.Array(row))(found.map((_) => ({ ..._ })))
          ),
          failing(doing)
        )
      const steps = Schema.Struct({ ...StepRow.fields, checks: Schema.fromJsonString(StepRow.fields.checks) })
      const runs = Schema.Struct({ ...RunRow.fields, targets: Schema.fromJsonString(RunRow.fields.targets) })
      const hub = yield* Effect.acquireRelease(PubSub.sliding<Event>(1024), PubSub.shutdown)
      const change = (doing: string, sql: string, ...params: ReadonlyArray<string | number>) =>
        Effect.asVoid(file.transaction((session) => session.run(sql, ...params)).pipe(failing(doing)))
      return Ledger.of({
        record: Effect.fn("Ledger.record")(function*(...events) {
          const now = yield* Clock.currentTimeMillis
          yield* file.transaction((session) => events.forEach((event) => apply(session, event, now))).pipe(
            failing(`record ${events.map((_) => _._tag).join(", ")}`)
          )
          yield* PubSub.publishAll(hub, events)
        }),
        runs: Effect.fn("Ledger.runs")((limit, { assets, id, state } = {}) => {
          const conditions = [
            ...(id === undefined ? [] : ["substr(id, 1, length(?)) = ?"]),
            ...(state === undefined ? [] : ["state = ?"]),
            ...(assets === undefined
              ? []
              : ["EXISTS (SELECT 1 FROM step WHERE step.run = run.id AND asset IN (SELECT value FROM json_each(?)))"])
          ]
          const which = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`
          const params = [id, id, state, assets === undefined ? undefined : JSON.stringify(assets)].flatMap((_) => _ ?? [])
          return rows(runs, "list runs", `SELECT ${runColumns} FROM run ${which} ORDER BY startedAt DESC, rowid DESC LIMIT ?`, ...params,
            limit)
        }),
        steps: Effect.fn("Ledger.steps")((run) =>
          rows(steps, "list steps", `SELECT ${stepColumns} FROM step WHERE run = ? ORDER BY rowid`, run)
        ),
        failures: Effect.fn("Ledger.failures")((assets) =>
          assets.length === 0 ? Effect.succeed([]) : rows(steps, "list failures", failures(assets.length), ...assets)
        ),
        stepsOf: Effect.fn("Ledger.stepsOf")((asset, limit) =>
          rows(steps, "list steps", `SELECT ${stepColumns} FROM step WHERE asset = ? ORDER BY rowid DESC LIMIT ?`, asset, limit)
        ),
        open: Effect.all({
          runs: rows(runs, "list open runs", `SELECT ${runColumns} FROM run WHERE endedAt IS NULL ORDER BY rowid`),
          steps: rows(steps, "list open steps", `SELECT ${stepColumns} FROM step WHERE endedAt IS NULL ORDER BY rowid`)
        }),
        requests: Effect.fn("Ledger.requests")(function*({ ids, limit, runKey, states, tag }) {
          const given = [
            ...(ids === undefined ? [] : [["id IN (SELECT value FROM json_each(?))", JSON.stringify(ids)]] as const),
            ...(states === undefined ? [] : [["state IN (SELECT value FROM json_each(?))", JSON.stringify(states)]] as const),
            ...(runKey === undefined ? [] : [["runKey = ?", runKey]] as const),
            ...(tag === undefined ? [] : [["json_type(tags, '$.' || json_quote(?)) IS NOT NULL", tag]] as const)
          ]
          const where = given.length === 0 ? "" : `WHERE ${given.map(([condition]) => condition).join(" AND ")}`
          const sql = `SELECT ${requestColumns} FROM request ${where} ORDER BY rowid DESC LIMIT ?`
          const found = yield* rows(requests, "list requests", sql, ...given.map(([, value]) => value), limit ?? -1)
          return found.map((_) => new Request.Request(_)).toReversed()
        }),
        unmade: rows(steps, "list steps",
          `SELECT ${stepColumns} FROM step WHERE state IN ('failed', 'blocked', 'interrupted', 'deferred') ORDER BY rowid`),
        runsOf: Effect.fn("Ledger.runsOf")((request) =>
          rows(runs, "list runs", `SELECT ${runColumns} FROM run WHERE request = ? ORDER BY rowid`, request)
        ),
        begin: Effect.fn("Ledger.begin")(function*(request, leases, owner, until) {
          const now = yield* Clock.currentTimeMillis
          const asked = typeof request === "string" ? [] : [request]
          const begun = yield* file.transaction((session) => {
            asked.forEach((event) => apply(session, event, now))
            return begin(session, typeof request === "string" ? request : request.id, leases, owner, until, now)
          }).pipe(failing("begin a request"))
          yield* PubSub.publishAll(hub, asked)
          return begun
        }),
        hold: Effect.fn("Ledger.hold")((owner, until) =>
          change("hold requests", `UPDATE request SET heldUntil = ? WHERE owner = ? AND endedAt IS NULL`, until, owner)
        ),
        forget: Effect.fn("Ledger.forget")((before, isMeant) =>
          file.transaction((session) => forget(session, before.runs, before.ticks, isMeant)).pipe(failing("forget what is old"))
        ),
        leases: rows(Schema.Struct({ name: Schema.String, request: Schema.String }), "list leases",
          `SELECT name, request FROM lease ORDER BY rowid`),
        standings: rows(ticks.standing, "list schedules and sensors", `SELECT ${ticks.standingColumns} FROM automation ORDER BY name`).pipe(
          Effect.map((found) => found.map((_) => new Tick.Standing(_)))
        ),
        ticks: Effect.fn("Ledger.ticks")(function*(which) {
          const [where, ...params] = ticks.where(which)
          const sql = `SELECT ${ticks.tickColumns} FROM tick ${where} ORDER BY due DESC, source LIMIT ?`
          return (yield* rows(ticks.tick, "list ticks", sql, ...params, which.limit ?? -1)).map((_) => new Tick.Tick(_))
        }),
        watched: rows(Schema.Struct({ at: Schema.Finite }), "tell when it was watched", `SELECT at FROM watched`).pipe(
          Effect.map(([row]) => row?.at)
        ),
        ends: Effect.fn("Ledger.ends")((after, limit) =>
          rows(ticks.ended, "list ended runs",
            `SELECT seq, ${runColumns} FROM run_end JOIN run ON run = id WHERE seq > ? ORDER BY seq LIMIT ?`, after, limit)
        ),
        newestEnd: rows(Schema.Struct({ seq: Schema.Int }), "number ends", `SELECT coalesce(max(seq), 0) AS seq FROM run_end`).pipe(
          Effect.map(([row]) => row?.seq ?? 0)
        ),
        subjects: Effect.fn("Ledger.subjects")((set) => rows(subjects.member, "list a set", subjects.sql, set)),
        heard: Stream.fromPubSub(hub)
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
  ],
  [
    `CREATE TABLE request (
      id TEXT PRIMARY KEY, runKey TEXT, "trigger" TEXT NOT NULL, targets TEXT NOT NULL, over TEXT NOT NULL, force INTEGER NOT NULL,
      forcedSince INTEGER, only INTEGER NOT NULL, priority INTEGER NOT NULL, tags TEXT NOT NULL, parent TEXT, state TEXT NOT NULL,
      note TEXT NOT NULL, requestedAt INTEGER NOT NULL, notBefore INTEGER, beganAt INTEGER, endedAt INTEGER,
      owner TEXT, heldUntil INTEGER, cancelledAt INTEGER
    ) STRICT`,
    `CREATE INDEX request_open ON request (state) WHERE endedAt IS NULL`,
    `CREATE INDEX request_of_key ON request (runKey) WHERE runKey IS NOT NULL`,
    `CREATE TABLE lease (name TEXT NOT NULL, request TEXT NOT NULL REFERENCES request (id), PRIMARY KEY (name, request)) STRICT`,
    `ALTER TABLE run ADD COLUMN request TEXT REFERENCES request (id)`,
    `CREATE INDEX run_of_request ON run (request) WHERE request IS NOT NULL`
  ],
  [
    `ALTER TABLE step ADD COLUMN checks TEXT NOT NULL DEFAULT '[]'`,
    `CREATE INDEX step_of_slice ON step (asset, subject, "window")`
  ],
  ticks.tables,
  [`ALTER TABLE request ADD COLUMN which TEXT NOT NULL DEFAULT 'stale'`],
  [`ALTER TABLE request ADD COLUMN subjects TEXT NOT NULL DEFAULT '[]'`, ...subjects.tables],
  [`ALTER TABLE request ADD COLUMN expiring TEXT NOT NULL DEFAULT 'null'`]
]

/** Answers the version that was found; a newer one is left alone. */
const migrate = (session: Session): number => {
  const found = Number(session.all("PRAGMA user_version")[0]?.["user_version"])
  for (const statement of migrations.slice(found).flat()) session.run(statement)
  if (found < migrations.length) session.run(`PRAGMA user_version = ${migrations.length}`)
  return found
}

const runColumns = `id, targets, "trigger", request, state, startedAt, endedAt`
const stepColumns = `id, run, asset, "window", subject, why, state, "rows", changed, note, checks, startedAt, endedAt`

/** A failure counts until the same slice was tried again. */
const failures = (assets: number): string => `
  SELECT ${stepColumns}
  FROM step s
  WHERE asset IN (${Array(assets).fill("?").join()})
    AND state = 'failed'
    AND NOT EXISTS (
      SELECT 1
      FROM step t
      WHERE t.asset = s.asset AND t.subject = s.subject AND t."window" = s."window" AND t.rowid > s.rowid
        AND t.state IN ('failed', 'succeeded', 'skipped')
    )
  ORDER BY rowid`

const requestColumns =
  `id, runKey, "trigger", targets, over, expiring, subjects, force, forcedSince, "only", which, priority, tags, parent, state, note,
  requestedAt, notBefore, beganAt, endedAt, owner, heldUntil, cancelledAt`
const { expiring, force, only, over, subjects: named, tags, targets } = Request.Request.fields
const requests = Schema.Struct({
  ...Request.Request.fields,
  targets: Schema.fromJsonString(targets),
  over: Schema.fromJsonString(over),
  expiring: Schema.fromJsonString(expiring),
  subjects: Schema.fromJsonString(named),
  tags: Schema.fromJsonString(tags),
  force: Schema.BooleanFromBit.pipe(Schema.decodeTo(force)),
  only: Schema.BooleanFromBit.pipe(Schema.decodeTo(only))
})

const begin = (session: Session, request: string, leases: ReadonlyArray<Lease>, owner: string, until: number, now: number): boolean => {
  const taken = (name: string) => Number(session.all(`SELECT count(*) AS n FROM lease WHERE name = ?`, name)[0]?.["n"])
  if (leases.some(({ limit, name }) => taken(name) >= limit)) return false
  const begun = session.run(
    `UPDATE request SET state = 'running', note = '', beganAt = ?, owner = ?, heldUntil = ?
    WHERE id = ? AND state = 'queued' AND (owner IS NULL OR owner = ?)`,
    now,
    owner,
    until,
    request,
    owner
  )
  if (begun === 0) return false
  for (const { name } of leases) session.run(`INSERT INTO lease VALUES (?, ?)`, name, request)
  return true
}

/** Infinitely long ago, as an instant that a file can hold. */
const instant = (millis: number): number => Math.max(Math.round(millis), -8.64e15)

/** Up to which end all have seen that follow the ends of runs: a schedule's cursor is its number, a sensor's holds it as `seq`. */
const seen = `coalesce((
  SELECT min(CASE WHEN kind = 'schedule' AND json_type(cursor) = 'integer' THEN json_extract(cursor, '$') ELSE json_extract(cursor, '$.seq') END)
  FROM automation
  WHERE "on" = 1 AND json_valid(cursor)), 9007199254740991)`

const forget = (session: Session, runsBefore: number, ticksBefore: number, isMeant: boolean) => {
  const [runs, ticks] = [instant(runsBefore), instant(ticksBefore)]
  // the last try of a slice stays, if it failed: it says how the slice stands
  // and an end stays that a schedule or sensor which is on has yet to see, however old it is
  const old = `SELECT id FROM run WHERE endedAt < ? AND id NOT IN (SELECT run FROM run_end WHERE seq > ${seen}) AND NOT EXISTS (
    SELECT 1 FROM step s WHERE s.run = run.id AND s.state = 'failed' AND NOT EXISTS (
      SELECT 1 FROM step later
      WHERE later.asset = s.asset AND later.subject = s.subject AND later."window" = s."window" AND later.rowid > s.rowid))`
  const oldTicks = `state <> 'waiting' AND due < ? AND due < (SELECT last FROM automation WHERE name = source)`
  const count = (sql: string, before: number) => Number(session.all(sql, before)[0]?.["n"])
  const found = {
    runs: count(`SELECT count(*) AS n FROM (${old})`, runs),
    ticks: count(`SELECT count(*) AS n FROM tick WHERE ${oldTicks}`, ticks)
  }
  if (!isMeant) return found
  session.run(`DELETE FROM step WHERE run IN (${old})`, runs)
  session.run(`DELETE FROM run_end WHERE run IN (${old})`, runs)
  session.run(
    `DELETE FROM run WHERE endedAt < ? AND NOT EXISTS (SELECT 1 FROM step s WHERE s.run = run.id)
      AND NOT EXISTS (SELECT 1 FROM run_end WHERE run_end.run = run.id)`,
    runs
  )
  session.run(`DELETE FROM request WHERE endedAt < ? AND NOT EXISTS (SELECT 1 FROM run WHERE run.request = request.id)`, runs)
  session.run(`DELETE FROM tick WHERE ${oldTicks}`, ticks)
  return found
}

/** What a request held is free; answers how many requests have changed with it. */
const letGo = (session: Session, request: string, sql: string, ...params: ReadonlyArray<string | number>): number => {
  const changed = session.run(`${sql} WHERE id = ? AND endedAt IS NULL`, ...params, request)
  if (changed > 0) session.run(`DELETE FROM lease WHERE request = ?`, request)
  return changed
}

/** An end is told once: a second one changes nothing. */
const apply = (session: Session, event: Event, now: number): number => {
  if (Tick.isEvent(event)) return ticks.apply(session, event, now)
  if (subjects.isEvent(event)) return subjects.apply(session, event, now)
  switch (event._tag) {
    case "RunRequested": {
      const row = Request.asked(event, now)
      return session.run(
        `INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', ?, ?, NULL, NULL, ?, NULL, NULL, ?, ?, ?)`,
        row.id,
        row.runKey,
        row.trigger,
        JSON.stringify(row.targets),
        JSON.stringify(row.over),
        Number(row.force),
        row.forcedSince,
        Number(row.only),
        row.priority,
        JSON.stringify(row.tags),
        row.parent,
        now,
        row.notBefore,
        row.owner,
        row.which,
        JSON.stringify(row.subjects),
        JSON.stringify(row.expiring)
      )
    }
    case "CancelRequested":
      session.run(`UPDATE request SET state = 'cancelled', endedAt = ? WHERE id = ? AND state = 'queued'`, now, event.request)
      return session.run(`UPDATE request SET cancelledAt = ? WHERE id = ? AND state IN ('running', 'cancelled') AND cancelledAt IS NULL`,
        now, event.request)
    case "RequestDeferred":
      return letGo(session, event.request,
        `UPDATE request SET state = 'queued', notBefore = ?, note = ?, beganAt = NULL, owner = NULL, heldUntil = NULL,
          forcedSince = CASE WHEN force THEN coalesce(forcedSince, beganAt) END`, event.notBefore, event.note)
    case "RequestEnded":
      return letGo(session, event.request, `UPDATE request SET state = ?, note = ?, endedAt = ?, heldUntil = NULL`, event.state, event.note,
        now)
    case "RunStarted":
      return session.run(`INSERT INTO run (id, targets, "trigger", state, startedAt, request) VALUES (?, ?, ?, 'started', ?, ?)`, event.run,
        JSON.stringify(event.targets), event.trigger, now, event.request ?? null)
    case "RunEnded": {
      const ended = session.run(`UPDATE run SET state = ?, endedAt = ? WHERE id = ? AND endedAt IS NULL`, event.state, now, event.run)
      return ended === 0 ? 0 : ticks.runEnded(session, event.run)
    }
    case "StepStarted":
      return session.run(
        `INSERT INTO step (${stepColumns}) VALUES (?, ?, ?, ?, ?, ?, 'started', 0, 0, '', '[]', ?, NULL)`,
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
        `UPDATE step SET state = ?, "rows" = ?, changed = ?, note = ?, checks = ?, endedAt = ? WHERE id = ? AND endedAt IS NULL`,
        event.state,
        event.rows,
        event.changed,
        event.note,
        JSON.stringify(event.checks ?? []),
        now,
        event.id
      )
  }
}
