/** Sets of subjects that are kept: their table in the ledger's file, the same in memory, and what events do to them. */
import { Schema } from "effect"
import type { Event } from "../../engine/Ledger.ts"
import type { Member } from "../../engine/Subject.ts"
import type { Session } from "../sqlite/Sqlite.ts"

export type Change = Extract<Event, { readonly _tag: "SubjectsAdded" | "SubjectsDeleted" }>

export const isEvent = (event: Event): event is Change => event._tag === "SubjectsAdded" || event._tag === "SubjectsDeleted"

export const tables: ReadonlyArray<string> = [
  `CREATE TABLE subject (
    id INTEGER PRIMARY KEY, kept TEXT NOT NULL, key TEXT NOT NULL, addedAt INTEGER NOT NULL, deletedAt INTEGER, UNIQUE (kept, key)
  ) STRICT`
]

export const member = Schema.Struct({ key: Schema.String, addedAt: Schema.Finite, deletedAt: Schema.NullOr(Schema.Finite) })
export const sql = `SELECT key, addedAt, deletedAt FROM subject WHERE kept = ? ORDER BY id`

export const apply = (session: Session, { _tag, keys, set }: Change, now: number): number =>
  keys.reduce((changed, key) =>
    changed + (_tag === "SubjectsDeleted"
      ? session.run(`UPDATE subject SET deletedAt = ? WHERE kept = ? AND key = ? AND deletedAt IS NULL`, now, set, key)
      : session.run(
        `INSERT INTO subject (kept, key, addedAt) VALUES (?, ?, ?)
        ON CONFLICT (kept, key) DO UPDATE SET addedAt = excluded.addedAt, deletedAt = NULL WHERE deletedAt IS NOT NULL`,
        set,
        key,
        now
      )), 0)

/** By set, then by key. */
export type Sets = Map<string, Map<string, Member>>

export const applyInMemory = (sets: Sets, { _tag, keys, set }: Change, now: number): void => {
  const members = sets.get(set) ?? new Map<string, Member>()
  for (const key of keys) {
    const known = members.get(key)
    const isIn = known !== undefined && known.deletedAt === null
    if (_tag === "SubjectsAdded" && !isIn) members.set(key, { key, addedAt: now, deletedAt: null })
    if (_tag === "SubjectsDeleted" && isIn) members.set(key, { ...known, deletedAt: now })
  }
  sets.set(set, members)
}
