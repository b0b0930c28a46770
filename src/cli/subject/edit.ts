/** `crypto subject add SET KEY…`, `crypto subject delete SET KEY…`: kept in the ledger, and followed by the next plan. */
import { Console, Effect, Schema } from "effect"
import { Argument, Command } from "effect/cli"
import { Ledger } from "../../engine/Ledger.ts"
import * as Selection from "../../engine/Selection.ts"
import * as Subject from "../../engine/Subject.ts"
import * as exit from "../exit.ts"
import { json, type Root, settingsOf } from "../flags.ts"
import { jsonText, oneLine } from "../plain.ts"
import { writing } from "../reading.ts"
import type { World } from "../world.ts"
import { setOf } from "./sets.ts"

/** What `crypto subject add --json` and `crypto subject delete --json` print. */
export const SubjectEditJson = Schema.Struct({
  set: Schema.String,
  /** Those that were not in it before, or were. */
  changed: Schema.Array(Schema.String),
  /** What is in it now, in the order in which it came in first. */
  keys: Schema.Array(Schema.String)
})

const input = {
  set: Argument.String("set").pipe(Argument.withDescription("The set's name, as 'subject list' says it")),
  keys: Argument.String("key").pipe(Argument.withDescription("Subjects"), Argument.variadic({ min: 1 })),
  json
}

export const add = (root: Root, world: World) =>
  Command.make("add", input, Effect.fn("crypto subject add")(function*({ json, keys, set }) {
    const of = yield* setOf(world, set)
    const edit = Subject.add(of, keys).pipe(Effect.catchTag("KeyRefused", (_) => exit.usage(_.message)))
    yield* told(root, world, of, json, edit, {
      some: (_) => `${of.key} holds ${_} from now on: the next run makes what follows from that.`,
      none: `${of.key} holds ${said(keys)} already.`
    })
  }, exit.ending)).pipe(
    Command.withDescription("Put subjects into a set: all, or none if one of them cannot be in it. What was made of one before counts."),
    Command.withShortDescription("Put subjects into a set"),
    Command.withExamples([{ command: "crypto subject add station bern 'St. Gallen'", description: "Two more; the next run makes them" }])
  )

export const remove = (root: Root, world: World) =>
  Command.make("delete", input, Effect.fn("crypto subject delete")(function*({ json, keys, set }) {
    const of = yield* setOf(world, set)
    const edit = Effect.gen(function*() {
      const there = yield* inSet(of)
      const strange = keys.filter((_) => !there.includes(_))
      const near = [...new Set(strange.flatMap((_) => Selection.nearest(_, there)))]
      if (strange.length > 0) {
        const hint = near.length > 0 ? ` Did you mean ${near.map(oneLine).join(" or ")}?` : ""
        return yield* exit.usage(`${said(strange)} ${strange.length === 1 ? "is" : "are"} not in ${of.key}, so nothing was changed.${hint}`)
      }
      return yield* Subject.remove(of, keys)
    })
    yield* told(root, world, of, json, edit, {
      some: (_) => `${of.key} holds ${_} no more. What was made of it stays, and is read as before; no plan has it.`,
      none: ""
    })
  }, exit.ending)).pipe(
    Command.withDescription(
      "Take subjects out of a set: no plan has them any more. What was made of them stays and is read as before; put back, only what is missing by then is made."
    ),
    Command.withShortDescription("Take subjects out of a set; what was made stays"),
    Command.withExamples([{ command: "crypto subject delete station bern", description: "From now on it is not made any more" }])
  )

// helpers

const inSet = (of: Subject.Any) =>
  Effect.map(Ledger.use((_) => _.subjects(of.key)), (_) => _.filter(({ deletedAt }) => deletedAt === null).map(({ key }) => key))

const said = (keys: ReadonlyArray<string>): string => keys.map(oneLine).join(", ")

const told = Effect.fnUntraced(function*<E>(
  root: Root,
  world: World,
  of: Subject.Any,
  json: boolean,
  edit: Effect.Effect<ReadonlyArray<string>, E, Ledger>,
  { none, some }: { readonly some: (keys: string) => string; readonly none: string }
) {
  const document: typeof SubjectEditJson.Type = yield* Effect.gen(function*() {
    const changed = yield* edit
    return { set: of.key, changed, keys: yield* inSet(of) }
  }).pipe(Effect.provide(writing(world, settingsOf(yield* root))))
  if (json) return yield* Console.log(jsonText(document))
  yield* Console.error(document.changed.length > 0 ? some(said(document.changed)) : none)
})
