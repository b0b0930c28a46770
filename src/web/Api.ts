/**
 * What a process that holds the data serves on loopback, typed for both sides: what there is and what would run, the runs,
 * what happens as it happens, and any command of the command line, done there for somebody here.
 *
 * A GET changes nothing. Whatever does is a POST of a JSON document.
 */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema } from "effect/http-api"
import { RunRow, StepRow } from "../engine/Ledger.ts"
import * as Request from "../engine/Request.ts"

/** It was understood, and cannot be done. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { says: Schema.String }, { httpApiStatus: 422 }) {
  override get message() {
    return this.says
  }
}

export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { what: Schema.String }, { httpApiStatus: 404 }) {
  override get message() {
    return `there is no ${this.what}`
  }
}

/** `proof` is told from the caller's nonce and the token: whoever knows the token knows it back before showing it. */
export const Hello = Schema.Struct({ pid: Schema.Int, version: Schema.String, since: Schema.Finite, proof: Schema.String })

/** A command line, and what whoever typed it looks at. No secret goes with it. */
export const Command = Schema.Struct({
  id: Schema.String,
  args: Schema.Array(Schema.String),
  /** Relative paths are meant from here. */
  cwd: Schema.String,
  /** What was chosen where it was typed, by the name of the variable: told apart from what is in force here. */
  settings: Schema.Record(Schema.String, Schema.String),
  facing: Schema.Struct({
    /** Of standard output, and of standard error, where progress is drawn. */
    columns: Schema.Int,
    errColumns: Schema.Int,
    errRows: Schema.Int,
    outIsTerminal: Schema.Boolean,
    hasColour: Schema.Boolean,
    /** Lines can be drawn again on standard error. */
    animates: Schema.Boolean
  })
})

/** What a command says, in order: lines on standard output and error, text as it is on either; and how it ended. */
export const Said = Schema.TaggedUnion({
  Out: { text: Schema.String },
  Err: { text: Schema.String },
  Written: { text: Schema.String },
  Drawn: { text: Schema.String },
  /** A file to be opened as a desktop opens it, where the command was typed. */
  Opened: { file: Schema.String },
  Ended: { code: Schema.Int }
})

export const AssetJson = Schema.Struct({
  name: Schema.String,
  about: Schema.String,
  group: Schema.NullOr(Schema.String),
  owner: Schema.NullOr(Schema.String),
  source: Schema.NullOr(Schema.String),
  tags: Schema.Record(Schema.String, Schema.String),
  /** Of its partition: `day`, `month`; null, if it has none. */
  per: Schema.NullOr(Schema.String),
  /** Is it made for one subject at a time? */
  bySubject: Schema.Boolean,
  kept: Schema.String,
  /** The names of the assets that it reads. */
  from: Schema.Array(Schema.String)
})

/** What is asked for, to be planned or to be run. */
const Wanted = {
  targets: Schema.NonEmptyArray(Schema.String),
  over: Schema.optionalKey(Request.Over),
  force: Schema.optionalKey(Schema.Boolean),
  only: Schema.optionalKey(Schema.Boolean)
}

export const PlanJson = Schema.Struct({
  calls: Schema.Int,
  steps: Schema.Array(Schema.Struct({
    asset: Schema.String,
    window: Schema.String,
    subjects: Schema.Array(Schema.String),
    why: Schema.Record(Schema.String, Schema.Int),
    provisional: Schema.Boolean,
    calls: Schema.Int
  })),
  pending: Schema.Array(Schema.Struct({ asset: Schema.String, after: Schema.String }))
})

/** What happens: a run, a step, a call to the source, a wait. */
export const EventJson = Schema.Struct({ at: Schema.Finite, event: Schema.Record(Schema.String, Schema.Unknown) })

const id = { params: { id: Schema.String } }
const Nothing = Schema.Struct({})

class Daemon extends HttpApiGroup.make("daemon")
  .add(HttpApiEndpoint.get("hello", "/hello", { query: { nonce: Schema.String }, success: Hello }))
  .add(HttpApiEndpoint.post("command", "/commands", { payload: Command, success: HttpApiSchema.StreamSse({ data: Said }) }))
  .add(HttpApiEndpoint.post("interrupt", "/commands/:id/interrupt", { ...id, payload: Nothing, success: Nothing, error: NotFound }))
  .add(HttpApiEndpoint.get("events", "/events", { success: HttpApiSchema.StreamSse({ data: EventJson }) }))
{}

class Assets extends HttpApiGroup.make("assets")
  .add(HttpApiEndpoint.get("list", "/assets", { success: Schema.Array(AssetJson) }))
  .add(HttpApiEndpoint.get("byName", "/assets/:id", { ...id, success: AssetJson, error: NotFound }))
  .add(HttpApiEndpoint.post("plan", "/plan", { payload: Schema.Struct(Wanted), success: PlanJson, error: Refused }))
{}

class Runs extends HttpApiGroup.make("runs")
  .add(HttpApiEndpoint.get("list", "/runs", { query: { limit: Schema.optional(Schema.FiniteFromString) }, success: Schema.Array(RunRow) }))
  .add(HttpApiEndpoint.get("steps", "/runs/:id/steps", { ...id, success: Schema.Array(StepRow) }))
  .add(
    HttpApiEndpoint.get("requests", "/requests", {
      query: { limit: Schema.optional(Schema.FiniteFromString) },
      success: Schema.Array(Request.Request)
    })
  )
  .add(
    HttpApiEndpoint.post("ask", "/requests", {
      payload: Schema.Struct({ ...Wanted, priority: Schema.optionalKey(Schema.Int) }),
      success: Schema.Struct({ request: Schema.String }),
      error: Refused
    })
  )
  .add(HttpApiEndpoint.post("cancel", "/requests/:id/cancel", { ...id, payload: Nothing, success: Nothing, error: NotFound }))
  .add(
    HttpApiEndpoint.post("again", "/requests/:id/again", {
      ...id,
      payload: Nothing,
      success: Schema.Struct({ request: Schema.String }),
      error: [NotFound, Refused]
    })
  )
{}

export class Api
  extends HttpApi.make("crypto").add(Daemon).add(Assets).add(Runs).prefix("/api").middleware(HttpApiMiddleware.ProblemDetails)
{}
