/** An asset, told to scripts. */
import { Schema } from "effect"
import { states } from "../standing.ts"
import { Coverage } from "./coverage.ts"
import { Making } from "./makings.ts"
import { Profile } from "./profile.ts"

/** What `crypto show ASSET --json` prints. */
export const ShowJson = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  /** How it is kept: a table, a chart. */
  kind: Schema.String,
  group: Schema.NullOr(Schema.String),
  owner: Schema.NullOr(Schema.String),
  /** Where what it makes comes from, or how it follows. */
  source: Schema.NullOr(Schema.String),
  tags: Schema.Record(Schema.String, Schema.String),
  codeVersion: Schema.String,
  /** The unit of its partition's keys. */
  per: Schema.NullOr(Schema.String),
  /** What it is made for, one at a time. */
  of: Schema.NullOr(Schema.String),
  /** What it reads, and what reads it. */
  from: Schema.Array(Schema.String),
  to: Schema.Array(Schema.String),
  /** Milliseconds after which it is made again, whatever upstream says. */
  freshFor: Schema.NullOr(Schema.Finite),
  /** Milliseconds within which its readers are promised what is due. */
  lateAfter: Schema.NullOr(Schema.Finite),
  state: Schema.Literals(states),
  /** Why it stands so; empty when it is fresh. */
  why: Schema.String,
  /** Since when it is late, ISO 8601 in UTC. */
  lateSince: Schema.NullOr(Schema.String),
  /** When any of it was last made, ISO 8601 in UTC. */
  madeAt: Schema.NullOr(Schema.String),
  coverage: Schema.Array(Coverage),
  checks: Schema.Array(Schema.Struct({
    check: Schema.String,
    severity: Schema.Literals(["block", "warn"]),
    /** What it last said: nothing yet, when it was never asked. */
    result: Schema.Literals(["passed", "warned", "failed", "not asked yet"]),
    /** `check: 3 offenders`, when it warned or failed. */
    note: Schema.String
  })),
  /** The newest makings, newest first, those that failed among them. */
  makings: Schema.Array(Making),
  /** Below the data folder. */
  files: Schema.Array(Schema.String),
  /** What its table holds; none for what is no table, or was never made. */
  profile: Schema.NullOr(Profile)
})
/** What is told. */
export type Shown = typeof ShowJson.Type
