/** `crypto schedule start|stop NAME…`, `crypto sensor start|stop NAME…`: kept in the ledger, and heard by a daemon that runs. */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { fromNow } from "../../engine/automation/standings.ts"
import { Ledger } from "../../engine/Ledger.ts"
import * as exit from "../exit.ts"
import { type Root, settingsOf } from "../flags.ts"
import { writing } from "../reading.ts"
import type { World } from "../world.ts"
import { type Kind, named } from "./told.ts"

export const startSchedule = (root: Root, world: World) =>
  Command.make("start", names("schedule"), Effect.fn("crypto schedule start")(function*({ names }) {
    yield* switched(root, world, "schedule", true, names)
  }, exit.ending)).pipe(described("schedule", true))

export const startSensor = (root: Root, world: World) =>
  Command.make("start", {
    ...names("sensor"),
    reset: Flag.Boolean("reset").pipe(Flag.withDescription("Forget where it was: it sees what happens from now on"),
      Flag.withDefault(false))
  }, Effect.fn("crypto sensor start")(function*({ names, reset }) {
    yield* switched(root, world, "sensor", true, names, reset)
  }, exit.ending)).pipe(described("sensor", true))

export const stop = (root: Root, world: World, kind: Kind) =>
  Command.make("stop", names(kind), Effect.fn(`crypto ${kind} stop`)(function*({ names }) {
    yield* switched(root, world, kind, false, names)
  }, exit.ending)).pipe(described(kind, false))

// helpers

const names = (kind: Kind) => ({
  names: Argument.String("name").pipe(Argument.withDescription(`Names of ${kind}s`), Argument.variadic({ min: 1 }))
})

const described = (kind: Kind, on: boolean) => <N extends string, I, C, E, R>(command: Command.Command<N, I, C, E, R>) =>
  command.pipe(
    Command.withDescription(
      on
        ? `Switch ${kind}s on, from now: what they missed while they were off is not made up for. A daemon that runs hears of it.`
        : `Switch ${kind}s off: they have no due times until they are started. A daemon that runs hears of it.`
    ),
    Command.withShortDescription(on ? `Switch ${kind}s on` : `Switch ${kind}s off`),
    Command.withExamples([{
      command: `crypto ${kind} ${on ? "start" : "stop"} ${kind === "schedule" ? "price_history_daily" : "price_movement"}`,
      description: on ? "From now on" : "Until it is started"
    }])
  )

const switched = Effect.fnUntraced(function*(
  root: Root,
  world: World,
  kind: Kind,
  on: boolean,
  names: ReadonlyArray<string>,
  reset = false
) {
  const items = yield* named(world, kind, names)
  const chosen = settingsOf(yield* root)
  yield* Effect.gen(function*() {
    const { record, standings } = yield* Ledger
    for (const { name, when } of items) {
      const known = (yield* standings).find((_) => _.name === name)
      if (known?.on === on && !reset) yield* Console.error(`${name} is ${on ? "on" : "off"} already.`)
      else {
        const cursor = reset ? { cursor: null } : fromNow(kind)
        yield* record({ _tag: "AutomationSet", name, kind, on, cadence: when, why: "by hand", ...cursor })
        yield* Console.error(`${name} is ${on ? "on: its due times count from now" : "off"}.`)
      }
    }
  }).pipe(Effect.provide(writing(world, chosen)))
})
